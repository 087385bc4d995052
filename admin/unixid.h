/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_UNIXID_H
#define SVCT_ADMIN_UNIXID_H

/*
 * What numbers this host knows, by whatever means: before a user of ours gets
 * one. The name service is asked, so users and groups of ours are known, too,
 * where the host asks svctoken.
 */

#include "base/err.h"

/* Names of a directory may be longer than ours; they are cut. */
#define SVCT_UNIXID_NAME 64

enum svct_unixid_kind {
    SVCT_UNIXID_NOBODY,
    SVCT_UNIXID_USER,
    SVCT_UNIXID_GROUP
};

struct svct_unixid {
    enum svct_unixid_kind kind;
    char name[SVCT_UNIXID_NAME]; /* "" if nobody's */
};

/* Whose is the number, as uid, or else as gid? user_only: gids are not looked
 * at. SVCT_E_IO, SVCT_E_NOMEM, SVCT_E_ACCESS when it can't be told. */
int svct_unixid_owner(uint32_t id, bool user_only,
                      struct svct_unixid *ret_owner, struct svct_fault *fault);

/* "uid of the user" or "gid of the group", for a sentence that goes on with the
 * name. */
const char *svct_unixid_what(const struct svct_unixid *owner);

/* Is there a group of this number? The codes, and SVCT_E_NOTFOUND. */
int svct_unixid_gid(uint32_t gid, struct svct_fault *fault);

/* For errno where getpwnam(3) or one of its kin returned NULL: SVCT_E_NOTFOUND
 * for all that the manual pages list for "not there", else what went wrong. */
int svct_unixid_absence(int error, const char *what, const char *name,
                        struct svct_fault *fault);

#endif
