/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_APPLYDIFF_H
#define SVCT_ADMIN_APPLYDIFF_H

/*
 * What an apply changes, for people and as JSON: kept in a file without a name
 * while the lock is held, for nobody may have to be waited for then, and
 * printed later. Nothing secret is in it.
 *
 *     + token deploy/ci
 *         expires: "2027-01-31T12:00:00Z"
 *     ~ account deploy
 *         role: "Viewer" -> "Editor"
 *     - account old (2 tokens)
 */

#include "bringin.h"
#include "out.h"

struct svct_applydiff {
    const struct svct_call *call;
    FILE *file;
    int sys_errno; /* of the first that could not be written; 0: none */
    uint64_t created, updated, removed;
};

/* Says what is wrong and returns an exit code. */
int svct_applydiff_open(const struct svct_call *call,
                        struct svct_applydiff *ret_diff);
void svct_applydiff_done(struct svct_applydiff *diff);

/* An object that is new or was changed. generate: where its secret is written
 * to; NULL: it has none. */
void svct_applydiff_change(struct svct_applydiff *diff,
                           const struct svct_bringin_change *change,
                           const char *generate);

/* One that goes. */
void svct_applydiff_role_gone(struct svct_applydiff *diff, const char *name);
void svct_applydiff_account_gone(struct svct_applydiff *diff,
                                 const struct svct_account *account);
void svct_applydiff_token_revoked(struct svct_applydiff *diff,
                                  const struct svct_token *token);

/* Before the commit: is all of it kept? Says what is wrong and returns an exit
 * code. */
int svct_applydiff_settle(struct svct_applydiff *diff);

/* With --json an object with all that "columns" has of row, and "changes". */
int svct_applydiff_print(const struct svct_applydiff *diff,
                         const struct svct_column *columns, const void *row);

#endif
