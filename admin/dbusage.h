/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_DBUSAGE_H
#define SVCT_ADMIN_DBUSAGE_H

/*
 * For dbcheck: the slots of a generation, and the file "usage" that goes with
 * the current one.
 *
 *     no two tokens have one slot
 *     the record of the slots and those that the tokens have
 *     the head of the file, and both copies of each slot that a token has
 *
 * Gathered token by token, compared at the end.
 */

#include "auth/lists.h"
#include "auth/usage.h"

struct svct_dbusage_token;

struct svct_dbusage {
    struct svct_dbusage_token *token; /* of those that have a slot */
    size_t count;
    size_t room;
    struct svct_slots slots; /* next 0: there is no record */
};

/* SVCT_E_NOMEM. Zeroed memory is an empty one. */
int svct_dbusage_take(struct svct_dbusage *usage,
                      const struct svct_token *token);
void svct_dbusage_done(struct svct_dbusage *usage);

typedef void svct_dbusage_tell_fn(void *arg, const char *sentence);

/* Tells each problem. dir_fd: the database folder, or -1 for a generation that
 * is not the current one. */
void svct_dbusage_compare(struct svct_dbusage *usage, int dir_fd,
                          svct_dbusage_tell_fn *tell, void *arg);

#endif
