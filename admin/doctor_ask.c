/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "doctor_ask.h"

#include <stdlib.h>

#include "programread.h"

#define ACCOUNTS_MAX 16  /* that a program is asked about */
#define PATIENCE 10000   /* milliseconds for one answer */
#define ANSWER_MAX 65536 /* bytes of one */

bool svct_doctor_ask_open(struct svct_doctor_ask *ask,
                          struct svct_doctor *doctor, const char *name,
                          const char *const *paths,
                          const struct svct_finding_kind *absent)
{
    *ask = (struct svct_doctor_ask){
        .doctor = doctor, .name = name, .path = svct_program_find(paths)};
    if (ask->path == NULL) {
        svct_findings_add(&doctor->findings, absent,
                          "there is no %s on this host", name);
        return false;
    }
    ask->answer = malloc(ANSWER_MAX);
    if (ask->answer == NULL)
        doctor->findings.nomem = true;
    return ask->answer != NULL;
}

void svct_doctor_ask_done(struct svct_doctor_ask *ask)
{
    free(ask->answer);
    ask->answer = NULL;
}

int svct_doctor_ask(struct svct_doctor_ask *ask, const char *const *argv)
{
    return svct_programread_text(argv, SVCT_PROGRAMREAD_BOTH, PATIENCE,
                                 ask->answer, ANSWER_MAX);
}

bool svct_doctor_ask_another(struct svct_doctor_ask *ask)
{
    if (ask->asked == ACCOUNTS_MAX) {
        ask->passed++;
        return false;
    }
    ask->asked++;
    return true;
}

void svct_doctor_ask_say_few(const struct svct_doctor_ask *ask,
                             const struct svct_finding_kind *few,
                             uint64_t active)
{
    if (ask->passed > 0)
        svct_findings_add(&ask->doctor->findings, few,
                          "%s was asked about the first %zu of the accounts; "
                          "%llu are active",
                          ask->name, ask->asked, (unsigned long long)active);
}
