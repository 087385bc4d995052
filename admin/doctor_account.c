/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "doctor_account.h"

#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doctor_accounts.h"
#include "doctor_words.h"
#include "unixid.h"
#include "unixuser.h"

const struct svct_finding_kind svct_doctor_account_kinds[] = {
    [ACCOUNT_ROOT] = {"account_root", SVCT_SEVERITY_ERROR,
                      "The module never asks for a token where the uid is 0: "
                      "the password of that user opens it, and its tokens "
                      "nothing."},
    [ACCOUNT_UID_TAKEN] = {"account_uid_taken", SVCT_SEVERITY_ERROR,
                           "Each of the two may do with the files and "
                           "processes of the other what it likes. Give the "
                           "Unix user another uid (usermod -u), or make the "
                           "account anew."},
    [ACCOUNT_GID_TAKEN] = {"account_gid_taken", SVCT_SEVERITY_ERROR,
                           "Members of the one are members of the other. Give "
                           "the group of the host another gid (groupmod "
                           "-g)."},
    [ACCOUNT_OTHER_UID] = {"account_other_uid", SVCT_SEVERITY_ERROR,
                           "The users of the host come first: a login gets "
                           "that uid, and what the account owned before is "
                           "not its own."},
    [ACCOUNT_PASSWORD] = {"account_password", SVCT_SEVERITY_WARNING,
                          "Wherever a service does without the module, the "
                          "password still opens the account."},
    [ACCOUNT_ADMINISTRATOR] = {"account_administrator", SVCT_SEVERITY_WARNING,
                               "Members of this group can do what is as good "
                               "as being root, whatever the role of the "
                               "account says."},
    [ACCOUNT_UNIX_EXPIRED] = {"account_unix_expired", SVCT_SEVERITY_ERROR,
                              "pam_unix refuses it in the account phase, "
                              "whatever the token is."},
    [ACCOUNT_NO_USER] = {"account_no_user", SVCT_SEVERITY_WARNING,
                         "Nobody can log in to it, and whoever gets a user of "
                         "that name one day gets the account with it."},
    [ACCOUNT_NO_SHELL] = {"account_no_shell", SVCT_SEVERITY_ERROR,
                          "sshd refuses a user whose shell can't be run."},
    [ACCOUNT_EXPIRING] = {"account_expiring", SVCT_SEVERITY_WARNING,
                          "From then on all tokens of the account are "
                          "refused."},
    [ACCOUNT_NO_TOKEN] = {"account_no_token", SVCT_SEVERITY_NOTE,
                          "Nothing but an SSH key or cron can use it."},
    [ACCOUNT_KEY] = {"account_key", SVCT_SEVERITY_NOTE,
                     "An SSH key never expires and has no limit of sources. "
                     "It opens the account beside the tokens, as long as "
                     "account and role let it."},
    [ACCOUNT_SAMPLE] = {"account_sample", SVCT_SEVERITY_NOTE,
                        "Unix users, shells and SSH keys cost a look each."},
    [ACCOUNT_UNKNOWN] = {"account_unknown", SVCT_SEVERITY_UNKNOWN,
                         "Whether users and groups of the host get in the way "
                         "of accounts is not known."},
    {NULL, SVCT_SEVERITY_NOTE, NULL},
};
#define KIND(kind) (&svct_doctor_account_kinds[kind])

static void count(struct svct_doctor *doctor, int kind, const char *name)
{
    svct_finding_example(svct_findings_of(&doctor->findings, KIND(kind)), "%s",
                         name);
}

/* ---- what the database says of all ---- */

static void look_at_all(struct svct_doctor *doctor,
                        const struct svct_doctor_accounts *accounts)
{
    for (size_t i = 0; i < accounts->owners; i++) {
        const struct svct_doctor_owner *owner = &accounts->owner[i];

        if (owner->flags & SVCT_DOCTOR_CLOSED)
            continue;
        if (!(owner->flags & SVCT_DOCTOR_TOKENS))
            count(doctor, ACCOUNT_NO_TOKEN, owner->name);
        if (owner->flags & SVCT_DOCTOR_ENDING)
            count(doctor, ACCOUNT_EXPIRING, owner->name);
    }
}

/* ---- what the host says of a few ---- */

static bool has_key(const char *home)
{
    static const char *const names[] = {"authorized_keys", "authorized_keys2"};
    char path[SVCT_PUB_PATH_MAX + 40];
    struct stat st;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/.ssh/%s", home, names[i]);
        if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
            return true;
    }
    return false;
}

/* passwd(5): an empty one is /bin/sh. */
static void look_at_user(struct svct_doctor *doctor, const struct passwd *pw)
{
    const char *shell = pw->pw_shell[0] != '\0' ? pw->pw_shell : "/bin/sh";

    if (access(shell, X_OK) != 0)
        svct_findings_add(&doctor->findings, KIND(ACCOUNT_NO_SHELL),
                          "the shell of %s, %s, can't be run", pw->pw_name,
                          shell);
    if (has_key(pw->pw_dir))
        count(doctor, ACCOUNT_KEY, pw->pw_name);
}

/* A user of a directory: those of /etc/passwd are gone through besides. */
static void look_for_namesake(struct svct_doctor *doctor,
                              const struct svct_account *account)
{
    struct svct_unixid owner;

    if (svct_unixid_owner(account->uid, true, &owner, NULL) == 0 &&
        owner.kind == SVCT_UNIXID_USER &&
        strcmp(owner.name, account->name) != 0 &&
        svct_findings_there(&doctor->findings, KIND(ACCOUNT_UID_TAKEN)) == NULL)
        svct_findings_add(&doctor->findings, KIND(ACCOUNT_UID_TAKEN),
                          "the account %s and the Unix user %s have the uid "
                          "%lu",
                          account->name, owner.name,
                          (unsigned long)account->uid);
}

static void look_at_account(struct svct_doctor *doctor,
                            const struct svct_account *account)
{
    uid_t uid;
    struct passwd *pw;

    if (account->uid != 0)
        look_for_namesake(doctor, account);
    else if (svct_unixuser_uid(account->name, &uid) == SVCT_E_NOTFOUND)
        count(doctor, ACCOUNT_NO_USER, account->name);
    pw = getpwnam(account->name);
    if (pw != NULL)
        look_at_user(doctor, pw);
}

static void look_at_some(struct svct_doctor *doctor,
                         const struct svct_doctor_accounts *accounts)
{
    for (size_t i = 0; i < accounts->sample.count; i++)
        look_at_account(doctor, svct_firstof_at(&accounts->sample, i));
    if (accounts->active > accounts->sample.count)
        svct_findings_add(&doctor->findings, KIND(ACCOUNT_SAMPLE),
                          "of %llu active accounts the first %zu were looked "
                          "at one by one",
                          (unsigned long long)accounts->active,
                          accounts->sample.count);
}

/* ---- words ---- */

struct words {
    enum svct_doctor_account_kind kind;
    const char *one;
    const char *many;
    const char *command; /* "": the one that is there stays */
};

static const struct words words[] = {
    {ACCOUNT_ROOT, "account is a Unix user with the uid 0",
     "accounts are Unix users with the uid 0", ""},
    {ACCOUNT_PASSWORD, "account is a Unix user with a password",
     "accounts are Unix users with a password", ""},
    {ACCOUNT_NO_USER, "account has no Unix user", "accounts have no Unix user",
     "svctoken account list"},
    {ACCOUNT_EXPIRING, "account is about to expire",
     "accounts are about to expire", "svctoken account list"},
    {ACCOUNT_NO_TOKEN, "active account has no token",
     "active accounts have no token", ""},
    {ACCOUNT_KEY, "account has SSH keys", "accounts have SSH keys", ""},
};

static void say_all(struct svct_doctor *doctor)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        struct svct_finding *finding =
            svct_findings_there(&doctor->findings, KIND(words[i].kind));

        if (finding == NULL)
            continue;
        svct_finding_say(finding, "%llu %s", (unsigned long long)finding->count,
                         finding->count == 1 ? words[i].one : words[i].many);
        if (words[i].command[0] != '\0')
            svct_finding_mend(finding, "%s", words[i].command);
    }
}

static void run(struct svct_doctor *doctor)
{
    const struct svct_doctor_accounts *accounts = svct_doctor_accounts(doctor);

    if (accounts == NULL)
        return;
    look_at_all(doctor, accounts);
    if (doctor->here) {
        svct_doctor_locals(doctor);
        look_at_some(doctor, accounts);
    }
    say_all(doctor);
}

const struct svct_doctor_check svct_doctor_account = {
    .name = "account",
    .summary = "are the Unix users of accounts theirs alone?",
    .kinds = svct_doctor_account_kinds,
    .run = run,
};
