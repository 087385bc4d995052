/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_DOCTOR_ASK_H
#define SVCT_ADMIN_DOCTOR_ASK_H

/*
 * For a check that asks another program (sshd, sudo) what it would do, about
 * one account after the other:
 *
 *     if (svct_doctor_ask_open(&ask, doctor, "sudo", paths, &kinds[X_ABSENT]))
 *         for each account that may use it
 *             if (svct_doctor_ask_another(&ask))
 *                 svct_doctor_ask(&ask, argv), and ask.answer is read
 *         svct_doctor_ask_say_few(&ask, &kinds[X_SAMPLE], accounts->active)
 *     svct_doctor_ask_done(&ask)
 *
 * Each answer is waited for in bounded time, and cut where it is too long; the
 * accounts that are asked about are few.
 */

#include "doctor.h"

struct svct_doctor_ask {
    struct svct_doctor *doctor;
    const char *name; /* of the program, for people */
    const char *path; /* where it is */
    char *answer;     /* to what was asked last; the check may change it */
    size_t asked;     /* accounts that it was asked about */
    size_t passed;    /* and not, for they were too many */
};

/* false: there is nobody to ask. That the program is absent (at all of these
 * paths, which end in NULL) is a finding of that kind; that memory ran out,
 * remembered in the findings. name lasts as long as the asking. */
bool svct_doctor_ask_open(struct svct_doctor_ask *ask,
                          struct svct_doctor *doctor, const char *name,
                          const char *const *paths,
                          const struct svct_finding_kind *absent);

/* Zeroed memory, and what could not be opened, is fine. */
void svct_doctor_ask_done(struct svct_doctor_ask *ask);

/* Runs argv, whose first is a path; standard output and error are the answer.
 * Its exit code; -1: it did not come to its end, or could not be started. */
int svct_doctor_ask(struct svct_doctor_ask *ask, const char *const *argv);

/* Counts one more account. May the program be asked about it, too? */
bool svct_doctor_ask_another(struct svct_doctor_ask *ask);

/* Says that the accounts it was asked about are not all of the active ones, if
 * any was passed over. */
void svct_doctor_ask_say_few(const struct svct_doctor_ask *ask,
                             const struct svct_finding_kind *few,
                             uint64_t active);

#endif
