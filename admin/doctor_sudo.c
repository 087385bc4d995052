/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "doctor_accounts.h"
#include "doctor_ask.h"
#include "doctor_sudolist.h"
#include "doctor_words.h"
#include "program.h"
#include "say.h"

enum {
    SUDO_ABSENT,
    SUDO_UNKNOWN,
    SUDO_BAD_CONFIG,
    SUDO_NOPASSWD,
    SUDO_TICKET,
    SUDO_SAMPLE
};

static const struct svct_finding_kind kinds[] = {
    [SUDO_ABSENT] = {"sudo_absent", SVCT_SEVERITY_NOTE,
                     "Nothing to look at; if there is one elsewhere, it was "
                     "not found."},
    [SUDO_UNKNOWN] = {"sudo_unknown", SVCT_SEVERITY_UNKNOWN,
                      "Whether sudo asks for a token is not known."},
    [SUDO_BAD_CONFIG] = {"sudo_bad_config", SVCT_SEVERITY_ERROR,
                         "sudo passes over what it does not understand, or "
                         "refuses everybody."},
    [SUDO_NOPASSWD] = {"sudo_nopasswd", SVCT_SEVERITY_WARNING,
                       "sudo asks for no token there. Only the account line "
                       "of /etc/pam.d/sudo still looks at the account; that "
                       "the token of the session was revoked, has expired or "
                       "is limited, nobody sees."},
    [SUDO_TICKET] = {"sudo_ticket", SVCT_SEVERITY_NOTE,
                     "Who has given a token is not asked again for a while, "
                     "also when that token has been revoked meanwhile."},
    [SUDO_SAMPLE] = {"sudo_sample", SVCT_SEVERITY_NOTE,
                     "sudo has to be asked about each account by itself."},
    {NULL, SVCT_SEVERITY_NOTE, NULL},
};

/* Without visudo sudo itself says so, in the place of an answer. */
static bool test_config(struct svct_doctor_ask *ask)
{
    static const char *const paths[] = {"/usr/sbin/visudo", "/sbin/visudo",
                                        "/usr/local/sbin/visudo",
                                        "/usr/bin/visudo", NULL};
    const char *const argv[] = {svct_program_find(paths), "-c", "-q", NULL};

    if (argv[0] == NULL || svct_doctor_ask(ask, argv) == 0)
        return true;
    svct_finding_mend(svct_findings_add(&ask->doctor->findings,
                                        &kinds[SUDO_BAD_CONFIG],
                                        "\"visudo -c\" says: %s",
                                        svct_doctor_first_line(ask->answer)),
                      "visudo -c");
    return false;
}

static void count(struct svct_doctor_ask *ask, int kind, const char *name)
{
    svct_finding_example(svct_findings_of(&ask->doctor->findings, &kinds[kind]),
                         "%s", name);
}

/* false: it gives no answer, and would not for others. */
static bool look_at_account(struct svct_doctor_ask *ask, const char *name)
{
    const char *const argv[] = {ask->path, "-n", "-l", "-U", name, NULL};
    struct svct_sudolist list;

    svct_doctor_ask(ask, argv);
    svct_sudolist_read(ask->answer, &list);
    if (!list.known) {
        svct_finding_mend(
            svct_findings_add(&ask->doctor->findings, &kinds[SUDO_UNKNOWN],
                              "sudo does not say what %s may: %s", name,
                              svct_doctor_first_line(ask->answer)),
            "sudo -l -U %s", name);
        return false;
    }
    if (list.nopasswd)
        count(ask, SUDO_NOPASSWD, name);
    else if (list.may && list.ticket)
        count(ask, SUDO_TICKET, name);
    return true;
}

static void look_at_accounts(struct svct_doctor_ask *ask,
                             const struct svct_doctor_accounts *accounts)
{
    for (size_t i = 0; i < accounts->sample.count; i++) {
        const struct svct_account *account =
            svct_firstof_at(&accounts->sample, i);
        const struct svct_role *role =
            svct_doctor_roles_find(&accounts->roles, account->role);

        if (role == NULL || !svct_doctor_roles_lets(role, NULL, NULL))
            continue; /* refused in the account phase, whatever the rule */
        if (svct_doctor_ask_another(ask) &&
            !look_at_account(ask, account->name))
            return;
    }
    svct_doctor_ask_say_few(ask, &kinds[SUDO_SAMPLE], accounts->active);
}

static void say_all(struct svct_doctor_ask *ask)
{
    const struct svct_findings *findings = &ask->doctor->findings;
    struct svct_finding *finding =
        svct_findings_there(findings, &kinds[SUDO_NOPASSWD]);
    char users[SVCT_DOCTOR_NAMES];

    if (finding != NULL) {
        svct_finding_say(finding,
                         "sudo lets %llu account%s do something "
                         "without asking",
                         (unsigned long long)finding->count,
                         svct_say_s(finding->count));
        svct_finding_mend(finding, "grep -rnE 'NOPASSWD|!authenticate' "
                                   "/etc/sudoers /etc/sudoers.d");
    }
    finding = svct_findings_there(findings, &kinds[SUDO_TICKET]);
    if (finding != NULL) {
        svct_finding_say(finding, "sudo remembers a token of %llu account%s",
                         (unsigned long long)finding->count,
                         svct_say_s(finding->count));
        svct_finding_mend(finding,
                          "(umask 0227 && echo 'Defaults:%s "
                          "timestamp_timeout=0' >>/etc/sudoers.d/svctoken) && "
                          "visudo -c",
                          svct_doctor_join(finding, users));
    }
}

static void look(struct svct_doctor_ask *ask)
{
    const struct svct_doctor_accounts *accounts =
        svct_doctor_accounts(ask->doctor);

    if (accounts != NULL)
        look_at_accounts(ask, accounts);
    say_all(ask);
}

static void run(struct svct_doctor *doctor)
{
    static const char *const paths[] = {"/usr/bin/sudo", "/bin/sudo",
                                        "/usr/local/bin/sudo", NULL};
    struct svct_doctor_ask ask;

    if (svct_doctor_ask_open(&ask, doctor, "sudo", paths,
                             &kinds[SUDO_ABSENT]) &&
        test_config(&ask))
        look(&ask);
    svct_doctor_ask_done(&ask);
}

const struct svct_doctor_check svct_doctor_sudo = {
    .name = "sudo",
    .summary = "does sudo ask service accounts for their tokens?",
    .kinds = kinds,
    .run = run,
};
