/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_DOCTOR_ACCOUNT_H
#define SVCT_ADMIN_DOCTOR_ACCOUNT_H

/*
 * The check "account" has two halves: what the database says of all accounts
 * and the host of a few (doctor_account.c), and what /etc/passwd, /etc/group
 * and /etc/shadow say of users and groups that are accounts, or have a number
 * of one (doctor_locals.c). The latter goes through these files and not
 * through the accounts, so that it is complete with any number of them.
 */

#include "doctor.h"

enum svct_doctor_account_kind {
    ACCOUNT_ROOT,
    ACCOUNT_UID_TAKEN,
    ACCOUNT_GID_TAKEN,
    ACCOUNT_OTHER_UID,
    ACCOUNT_PASSWORD,
    ACCOUNT_ADMINISTRATOR,
    ACCOUNT_UNIX_EXPIRED,
    ACCOUNT_NO_USER,
    ACCOUNT_NO_SHELL,
    ACCOUNT_EXPIRING,
    ACCOUNT_NO_TOKEN,
    ACCOUNT_KEY,
    ACCOUNT_SAMPLE,
    ACCOUNT_UNKNOWN
};

extern const struct svct_finding_kind svct_doctor_account_kinds[];

/* The second half. Only for a doctor with a database. */
void svct_doctor_locals(struct svct_doctor *doctor);

#endif
