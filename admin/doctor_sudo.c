/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "doctor_accounts.h"
#include "doctor_sudolist.h"
#include "doctor_words.h"
#include "programread.h"
#include "say.h"

#define RUNS_MAX 16    /* accounts that sudo is asked about */
#define PATIENCE 10000 /* milliseconds for one answer */
#define ANSWER_MAX 65536

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

struct asking {
    struct svct_doctor *doctor;
    const char *sudo;
    char *answer; /* ANSWER_MAX bytes */
};

static int hear(struct asking *asking, const char *const *argv)
{
    return svct_programread_text(argv, SVCT_PROGRAMREAD_BOTH, PATIENCE,
                                 asking->answer, ANSWER_MAX);
}

/* Without visudo sudo itself says so, in the place of an answer. */
static bool test_config(struct asking *asking)
{
    static const char *const paths[] = {"/usr/sbin/visudo", "/sbin/visudo",
                                        "/usr/local/sbin/visudo",
                                        "/usr/bin/visudo", NULL};
    const char *const argv[] = {svct_program_find(paths), "-c", "-q", NULL};

    if (argv[0] == NULL || hear(asking, argv) == 0)
        return true;
    svct_finding_mend(svct_findings_add(&asking->doctor->findings,
                                        &kinds[SUDO_BAD_CONFIG],
                                        "\"visudo -c\" says: %s",
                                        svct_doctor_first_line(asking->answer)),
                      "visudo -c");
    return false;
}

static void count(struct asking *asking, int kind, const char *name)
{
    svct_finding_example(
        svct_findings_of(&asking->doctor->findings, &kinds[kind]), "%s", name);
}

/* false: it gives no answer, and would not for others. */
static bool look_at_account(struct asking *asking, const char *name)
{
    const char *const argv[] = {asking->sudo, "-n", "-l", "-U", name, NULL};
    struct svct_sudolist list;

    hear(asking, argv);
    svct_sudolist_read(asking->answer, &list);
    if (!list.known) {
        svct_finding_mend(
            svct_findings_add(&asking->doctor->findings, &kinds[SUDO_UNKNOWN],
                              "sudo does not say what %s may: %s", name,
                              svct_doctor_first_line(asking->answer)),
            "sudo -l -U %s", name);
        return false;
    }
    if (list.nopasswd)
        count(asking, SUDO_NOPASSWD, name);
    else if (list.may && list.ticket)
        count(asking, SUDO_TICKET, name);
    return true;
}

static void look_at_accounts(struct asking *asking,
                             const struct svct_doctor_accounts *accounts)
{
    size_t asked = 0, passed = 0;

    for (size_t i = 0; i < accounts->sample.count; i++) {
        const struct svct_account *account =
            svct_firstof_at(&accounts->sample, i);
        const struct svct_role *role =
            svct_doctor_roles_find(&accounts->roles, account->role);

        if (role == NULL || !svct_doctor_roles_lets(role, NULL, NULL))
            continue; /* refused in the account phase, whatever the rule */
        if (asked == RUNS_MAX)
            passed++;
        else if (look_at_account(asking, account->name))
            asked++;
        else
            return;
    }
    if (passed > 0)
        svct_findings_add(&asking->doctor->findings, &kinds[SUDO_SAMPLE],
                          "sudo was asked about the first %zu of the "
                          "accounts; %llu are active",
                          asked, (unsigned long long)accounts->active);
}

static void say_all(struct asking *asking)
{
    const struct svct_findings *findings = &asking->doctor->findings;
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

static void look(struct asking *asking)
{
    const struct svct_doctor_accounts *accounts =
        svct_doctor_accounts(asking->doctor);

    if (accounts != NULL)
        look_at_accounts(asking, accounts);
    say_all(asking);
}

static void run(struct svct_doctor *doctor)
{
    static const char *const paths[] = {"/usr/bin/sudo", "/bin/sudo",
                                        "/usr/local/bin/sudo", NULL};
    struct asking asking = {.doctor = doctor, .sudo = svct_program_find(paths)};

    if (asking.sudo == NULL) {
        svct_findings_add(&doctor->findings, &kinds[SUDO_ABSENT],
                          "there is no sudo on this host");
        return;
    }
    asking.answer = malloc(ANSWER_MAX);
    if (asking.answer == NULL)
        doctor->findings.nomem = true;
    else if (test_config(&asking))
        look(&asking);
    free(asking.answer);
}

const struct svct_doctor_check svct_doctor_sudo = {
    .name = "sudo",
    .summary = "does sudo ask service accounts for their tokens?",
    .kinds = kinds,
    .run = run,
};
