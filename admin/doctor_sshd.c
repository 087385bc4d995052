/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <string.h>

#include "auth/lookup.h"
#include "auth/role.h"
#include "doctor_accounts.h"
#include "doctor_ask.h"
#include "doctor_sshdconf.h"
#include "doctor_sshdhost.h"
#include "doctor_words.h"
#include "say.h"

#define TOKENS_MAX 1000 /* of an account, looked at for their sources */
#define TRIES_FEW 2

enum {
    SSHD_ABSENT,
    SSHD_UNKNOWN,
    SSHD_BAD_CONFIG,
    SSHD_NO_PAM,
    SSHD_NO_PASSWORD,
    SSHD_NEEDS_MORE,
    SSHD_SHUT_OUT,
    SSHD_EMPTY,
    SSHD_DNS,
    SSHD_TRIES,
    SSHD_SERVICE,
    SSHD_SAMPLE
};

static const struct svct_finding_kind kinds[] = {
    [SSHD_ABSENT] = {"sshd_absent", SVCT_SEVERITY_NOTE,
                     "Nothing to look at; if there is one elsewhere, it was "
                     "not found."},
    [SSHD_UNKNOWN] = {"sshd_unknown", SVCT_SEVERITY_UNKNOWN,
                      "Whether sshd lets service accounts in by their tokens "
                      "is not known."},
    [SSHD_BAD_CONFIG] = {"sshd_bad_config", SVCT_SEVERITY_ERROR,
                         "With this configuration sshd does not start again, "
                         "after a reload or the next boot, and nobody gets "
                         "in."},
    [SSHD_NO_PAM] = {"sshd_no_pam", SVCT_SEVERITY_ERROR,
                     "Without PAM nobody asks for a token, and SSH keys of "
                     "accounts that are disabled or expired go on working."},
    [SSHD_NO_PASSWORD] = {"sshd_no_password", SVCT_SEVERITY_ERROR,
                          "A token goes where a password goes. sshd asks "
                          "these accounts for none, so no token lets them "
                          "in."},
    [SSHD_NEEDS_MORE] = {"sshd_needs_more", SVCT_SEVERITY_NOTE,
                         "AuthenticationMethods demands something else (a "
                         "key) besides the token."},
    [SSHD_SHUT_OUT] = {"sshd_shut_out", SVCT_SEVERITY_ERROR,
                       "sshd refuses the user whatever the token is."},
    [SSHD_EMPTY] = {"sshd_empty_passwords", SVCT_SEVERITY_WARNING,
                    "Whoever has an empty password gets in without any, a "
                    "service account beside its tokens, if PAM passes it on."},
    [SSHD_DNS] = {"sshd_dns", SVCT_SEVERITY_WARNING,
                  "sshd hands on the name of the client, where it finds one, "
                  "in the place of its address, and a name fits no list of "
                  "sources: such logins are refused."},
    [SSHD_TRIES] = {"sshd_tries", SVCT_SEVERITY_NOTE,
                    "Each SSH key that a client offers counts as a try: with "
                    "an agent it is refused before it can give the token."},
    [SSHD_SERVICE] = {"sshd_service", SVCT_SEVERITY_WARNING,
                      "Roles allow services by name: Viewer allows sshd, and "
                      "not this one."},
    [SSHD_SAMPLE] = {"sshd_sample", SVCT_SEVERITY_NOTE,
                     "sshd has to be asked about each account by itself."},
    {NULL, SVCT_SEVERITY_NOTE, NULL},
};

struct asking {
    struct svct_doctor_ask ask;
    bool dns;          /* for some account */
    bool sources;      /* some account, or token of one, has a list of them */
    bool no_pam;       /* is said, for all */
    bool once;         /* what is the same for all is said */
    char methods[160]; /* a line for a Match block, of the first account */
};

/* ---- asking sshd ---- */

static bool test_config(struct asking *asking)
{
    const char *const argv[] = {asking->ask.path, "-t", NULL};
    struct svct_findings *findings = &asking->ask.doctor->findings;
    int code = svct_doctor_ask(&asking->ask, argv);
    bool unready = strstr(asking->ask.answer, "separation directory") != NULL;
    bool keyless = strstr(asking->ask.answer, "no hostkeys") != NULL;
    const char *words = svct_doctor_first_line(asking->ask.answer);

    if (code == 0)
        return true;
    if (code < 0 || unready)
        svct_finding_mend(svct_findings_add(findings, &kinds[SSHD_UNKNOWN],
                                            "\"%s -t\" could not be run: %s",
                                            asking->ask.path, words),
                          "%s",
                          unready ? "mkdir -p -m 0755 /run/sshd" : "sshd -t");
    else
        svct_finding_mend(svct_findings_add(findings, &kinds[SSHD_BAD_CONFIG],
                                            "\"%s -t\" says: %s",
                                            asking->ask.path, words),
                          "%s", keyless ? "ssh-keygen -A" : "sshd -t");
    return false;
}

/* From where the account may come; else from an address that is nobody's. */
static void pick_address(const struct svct_sources *sources, char *out,
                         size_t size)
{
    snprintf(out, size, "192.0.2.1");
    if (sources != NULL && sources->count > 0) {
        char text[64];

        svct_cidr_format(text, sizeof(text), &sources->item[0]);
        snprintf(out, size, "%.*s", (int)strcspn(text, "/"), text);
    }
}

static bool ask_about(struct asking *asking, const char *user,
                      const struct svct_sources *sources,
                      struct svct_sshdconf *ret_conf)
{
    char address[64], spec[256];
    const char *const argv[] = {asking->ask.path, "-T", "-C", spec, NULL};
    int code;

    pick_address(sources, address, sizeof(address));
    snprintf(spec, sizeof(spec),
             "user=%s,host=%s,addr=%s,laddr=127.0.0.1,lport=22", user, address,
             address);
    code = svct_doctor_ask(&asking->ask, argv);
    svct_sshdconf_read(asking->ask.answer, ret_conf);
    if (code == 0 && ret_conf->known)
        return true;
    svct_findings_add(&asking->ask.doctor->findings, &kinds[SSHD_UNKNOWN],
                      "sshd does not say what holds for %s: %s", user,
                      svct_doctor_first_line(asking->ask.answer));
    return false;
}

/* At the head of the file: of a setting the first value counts, no Match block
 * is open yet, and lists add up. */
static void set_first(struct svct_finding *finding, const char *name,
                      const char *value)
{
    svct_finding_mend(finding, "sed -i '1i %s %s' /etc/ssh/sshd_config && %s",
                      name, value, svct_sshdhost_reload());
}

/* ---- what is the same for all ---- */

static void look_at_all(struct asking *asking, const struct svct_sshdconf *conf)
{
    struct svct_findings *findings = &asking->ask.doctor->findings;

    if (asking->once)
        return;
    asking->once = true;
    if (!conf->pam) {
        asking->no_pam = true;
        set_first(
            svct_findings_add(findings, &kinds[SSHD_NO_PAM], "UsePAM is off"),
            "UsePAM", "yes");
    }
    if (conf->service[0] != '\0' && strcmp(conf->service, "sshd") != 0)
        set_first(svct_findings_add(findings, &kinds[SSHD_SERVICE],
                                    "PAMServiceName is %s", conf->service),
                  "PAMServiceName", "sshd");
}

/* ---- an account ---- */

/* The name of a group of a directory could mean something to a shell. */
static bool is_plain(const char *name)
{
    return name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-"
                             "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] == '\0';
}

static void say_shut_out(struct asking *asking, const char *user,
                         const char *group, enum svct_sshdconf_user how,
                         const char *list)
{
    struct svct_finding *finding = svct_findings_add(
        &asking->ask.doctor->findings, &kinds[SSHD_SHUT_OUT], "%s %s %s", list,
        how == SVCT_SSHDCONF_DENIED ? "has" : "has not got", user);

    if (how == SVCT_SSHDCONF_DENIED)
        svct_finding_mend(finding, "grep -rinE '^ *%s' /etc/ssh", list);
    else if (is_plain(group))
        set_first(finding, list,
                  strcmp(list, "AllowUsers") == 0 ? user : group);
}

static void look_at_lists(struct asking *asking, const char *user)
{
    struct svct_sshdhost_groups groups;
    char list[16];
    enum svct_sshdconf_user how;

    if (!svct_sshdhost_groups(user, &groups))
        return; /* no Unix user, which others tell */
    how = svct_sshdconf_lets(asking->ask.answer, user,
                             (const char *const *)groups.name, list);
    if (how != SVCT_SSHDCONF_LET)
        say_shut_out(asking, user,
                     groups.name[0] != NULL ? groups.name[0] : user, how, list);
    svct_sshdhost_groups_done(&groups);
}

static void count(struct asking *asking, int kind, const char *user)
{
    svct_finding_example(
        svct_findings_of(&asking->ask.doctor->findings, &kinds[kind]), "%s",
        user);
}

static void look_at_methods(struct asking *asking,
                            const struct svct_sshdconf *conf, const char *user)
{
    switch (svct_sshdconf_password(conf)) {
    case SVCT_SSHDCONF_ALONE:
        break;
    case SVCT_SSHDCONF_BESIDES:
        count(asking, SSHD_NEEDS_MORE, user);
        break;
    default:
        count(asking, SSHD_NO_PASSWORD, user);
        if (conf->methods[0] != '\0' && asking->methods[0] == '\0')
            snprintf(asking->methods, sizeof(asking->methods),
                     "    AuthenticationMethods %.100s password\\n",
                     conf->methods);
        break;
    }
}

static int has_sources(void *arg, const struct svct_token *token)
{
    unsigned *left = arg;

    if (token->sources.count > 0)
        return 1;
    return (*left)-- == 0 ? 2 : 0;
}

static void look_for_sources(struct asking *asking,
                             const struct svct_account *account)
{
    unsigned left = TOKENS_MAX;

    if (account->sources.count > 0 ||
        svct_lookup_tokens_of(asking->ask.doctor->snapshot, account,
                              has_sources, &left) == 1)
        asking->sources = true;
}

static void look_at_account(struct asking *asking,
                            const struct svct_account *account)
{
    struct svct_sshdconf conf;

    if (!ask_about(asking, account->name, &account->sources, &conf))
        return;
    look_at_all(asking, &conf);
    look_at_lists(asking, account->name);
    if (!asking->no_pam)
        look_at_methods(asking, &conf, account->name);
    if (conf.empty)
        count(asking, SSHD_EMPTY, account->name);
    if (conf.tries > 0 && conf.tries <= TRIES_FEW)
        count(asking, SSHD_TRIES, account->name);
    asking->dns = asking->dns || conf.dns;
    look_for_sources(asking, account);
}

/* ---- a person ---- */

static void look_at_person(struct asking *asking)
{
    struct svct_sshdconf conf;
    char name[SVCT_LOGIN_MAX + 1];

    svct_sshdhost_person(name);
    if (!ask_about(asking, name, NULL, &conf))
        return;
    look_at_all(asking, &conf);
    if (conf.empty)
        count(asking, SSHD_EMPTY, name);
    asking->dns = asking->dns || conf.dns;
}

/* ---- all of them ---- */

static bool may_use_sshd(const struct svct_doctor_roles *roles,
                         const struct svct_account *account)
{
    return svct_role_allows(svct_doctor_roles_find(roles, account->role),
                            "sshd");
}

static void look_at_accounts(struct asking *asking,
                             const struct svct_doctor_accounts *accounts)
{
    for (size_t i = 0; i < accounts->sample.count; i++) {
        const struct svct_account *account =
            svct_firstof_at(&accounts->sample, i);

        if (may_use_sshd(&accounts->roles, account) &&
            svct_doctor_ask_another(&asking->ask))
            look_at_account(asking, account);
    }
    svct_doctor_ask_say_few(&asking->ask, &kinds[SSHD_SAMPLE],
                            accounts->active);
}

static struct svct_finding *there(struct asking *asking, int kind)
{
    return svct_findings_there(&asking->ask.doctor->findings, &kinds[kind]);
}

static void say_no_password(struct asking *asking)
{
    struct svct_finding *finding = there(asking, SSHD_NO_PASSWORD);
    char users[SVCT_DOCTOR_NAMES];

    if (finding == NULL)
        return;
    svct_finding_say(finding, "sshd takes no password from %llu account%s",
                     (unsigned long long)finding->count,
                     svct_say_s(finding->count));
    svct_finding_mend(finding,
                      "printf 'Match User %s\\n    PasswordAuthentication "
                      "yes\\n%s' >>%s && %s",
                      svct_doctor_join(finding, users), asking->methods,
                      svct_sshdhost_match_file(), svct_sshdhost_reload());
}

static void say_all(struct asking *asking)
{
    struct svct_finding *finding = there(asking, SSHD_NEEDS_MORE);

    say_no_password(asking);
    if (finding != NULL)
        svct_finding_say(finding, "a token alone opens no login by SSH");
    finding = there(asking, SSHD_EMPTY);
    if (finding != NULL) {
        svct_finding_say(finding, "PermitEmptyPasswords is on");
        set_first(finding, "PermitEmptyPasswords", "no");
    }
    finding = there(asking, SSHD_TRIES);
    if (finding != NULL) {
        svct_finding_say(finding, "MaxAuthTries is %d or less", TRIES_FEW);
        set_first(finding, "MaxAuthTries", "6");
    }
    if (asking->dns && asking->sources)
        set_first(
            svct_findings_add(&asking->ask.doctor->findings, &kinds[SSHD_DNS],
                              "UseDNS is on, and accounts or tokens have a "
                              "list of sources"),
            "UseDNS", "no");
}

static void look(struct asking *asking)
{
    const struct svct_doctor_accounts *accounts =
        svct_doctor_accounts(asking->ask.doctor);

    look_at_person(asking);
    if (accounts != NULL)
        look_at_accounts(asking, accounts);
    say_all(asking);
}

static void run(struct svct_doctor *doctor)
{
    static const char *const paths[] = {"/usr/sbin/sshd", "/usr/bin/sshd",
                                        "/sbin/sshd", "/usr/local/sbin/sshd",
                                        NULL};
    struct asking asking = {.dns = false};

    if (svct_doctor_ask_open(&asking.ask, doctor, "sshd", paths,
                             &kinds[SSHD_ABSENT]) &&
        test_config(&asking))
        look(&asking);
    svct_doctor_ask_done(&asking.ask);
}

const struct svct_doctor_check svct_doctor_sshd = {
    .name = "sshd",
    .summary = "does sshd ask service accounts for their tokens?",
    .kinds = kinds,
    .run = run,
};
