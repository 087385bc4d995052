/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_DOCTOR_H
#define SVCT_ADMIN_DOCTOR_H

/*
 * The checks of "svctoken doctor", and what each is given.
 *
 * To add one:
 *
 *   1. admin/doctor_NAME.c, with a table of its kinds (finding.h), whose codes
 *      begin with NAME, and
 *          const struct svct_doctor_check svct_doctor_NAME = {...};
 *      What is pure goes to a file of its own, with a unit test.
 *   2. A line below, in the table of cmd_doctor.c (the order of the checks),
 *      and in Makemodule.am.
 *   3. Its codes in svctoken.8, FINDINGS OF THE DOCTOR, which
 *      tests/check_man.sh holds to "svctoken doctor --list".
 *   4. tests/integration/51_doctor.sh: plant each fault and see its code; the
 *      healthy host there must stay without a finding.
 *
 * The rules:
 *
 *   - It changes nothing: no file, no lock, no word to another program that
 *     would change it.
 *   - It looks at what is there, as the parts that count would see it (sshd -T,
 *     not a reading of our own of sshd_config).
 *   - What can't be looked at is said, by a kind of the severity UNKNOWN; that
 *     there is nothing to look at (no sshd on this host) by a NOTE at most.
 *     A check that returns without a finding says that all of it is well. (That
 *     the database can't be read is said once, before all checks.)
 *   - A fault that the healthy state of any distribution shows is no finding.
 *   - It is bounded: a number of runs of other programs (doctor_ask.h), a number
 *     of accounts that are looked at one by one (then it says so); no finding
 *     for each of a million tokens.
 *   - A check may be run alone, and in any order.
 */

#include "cmd.h"
#include "base/snapshot.h"
#include "finding.h"

struct svct_doctor {
    const struct svct_call *call; /* db, now */
    struct svct_findings findings;
    bool here;  /* the database is the one that this host's modules read */
    int dir_fd; /* its folder; -1: it can't be opened */
    struct svct_snapshot *snapshot; /* of its private file; NULL: that can't */
    struct svct_doctor_accounts *accounts; /* see doctor_accounts.h; NULL: not
                                              read yet, or */
    bool accounts_failed;                  /* not to be read */
};

struct svct_doctor_check {
    const char *name;    /* on the command line and in JSON; an interface */
    const char *summary; /* what it looks at, for the help */
    const struct svct_finding_kind *kinds;
    void (*run)(struct svct_doctor *doctor);
};

extern const struct svct_doctor_check svct_doctor_account;
extern const struct svct_doctor_check svct_doctor_db;
extern const struct svct_doctor_check svct_doctor_host;
extern const struct svct_doctor_check svct_doctor_nss;
extern const struct svct_doctor_check svct_doctor_pam;
extern const struct svct_doctor_check svct_doctor_role;
extern const struct svct_doctor_check svct_doctor_sshd;
extern const struct svct_doctor_check svct_doctor_sudo;
extern const struct svct_doctor_check svct_doctor_token;

/* Before the checks: opens the database. What can't be opened is NULL or -1,
 * and a finding of the check "db", whichever checks are made: the others need
 * not say so again, and pass over what they can't do without it. */
void svct_doctor_db_open(struct svct_doctor *doctor);
void svct_doctor_db_close(struct svct_doctor *doctor);

/* For a check whose read of the open database has failed: a finding of the
 * check "db". */
void svct_doctor_db_unread(struct svct_doctor *doctor, int code,
                           const struct svct_fault *fault);

#endif
