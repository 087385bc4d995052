/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_DOCTOR_ACCOUNTS_H
#define SVCT_ADMIN_DOCTOR_ACCOUNTS_H

/*
 * The accounts for the checks of svctoken doctor, read once for all of them:
 * of each what counts for its tokens (40 bytes, so that a million fit), and the
 * whole of a few, for what costs a look or a run of another program for each.
 * Those few are the first ones by name that are neither disabled nor expired.
 */

#include "doctor.h"
#include "doctor_roles.h"
#include "firstof.h"

#define SVCT_DOCTOR_SAMPLE 100

#define SVCT_DOCTOR_CLOSED 1u   /* disabled or expired */
#define SVCT_DOCTOR_ANYWHERE 2u /* it has no list of sources */
#define SVCT_DOCTOR_APIKEY 4u
#define SVCT_DOCTOR_ENDING 8u  /* it is about to expire */
#define SVCT_DOCTOR_TOKENS 16u /* it has some */

struct svct_doctor_owner {
    char name[SVCT_LOGIN_MAX + 1];
    uint8_t flags;
    uint8_t role; /* index into the roles */
};

struct svct_doctor_accounts {
    struct svct_policy policy;
    struct svct_doctor_roles roles;
    struct svct_doctor_owner *owner; /* all, by name */
    size_t owners;
    size_t room;
    uint64_t active;            /* of these */
    struct svct_firstof sample; /* of the active ones: struct svct_account */
};

/* Reads them at the first call. NULL when they can't be read, which is a
 * finding of the check "db" then, once. doctor's to free. */
const struct svct_doctor_accounts *svct_doctor_accounts(
    struct svct_doctor *doctor);

void svct_doctor_accounts_free(struct svct_doctor_accounts *accounts);

/* NULL when there is none of that name. */
const struct svct_doctor_owner *svct_doctor_accounts_find(
    const struct svct_doctor_accounts *accounts, const char *name);

#endif
