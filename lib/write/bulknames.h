/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_WRITE_BULKNAMES_H
#define SVCT_WRITE_BULKNAMES_H

/*
 * The names of one account's tokens in memory, to tell whether one is taken.
 * Clearing it costs nothing, so that it can be used for one account after the
 * other. At most SVCT_TOKENS_PER_ACCOUNT_MAX of them. Zeroed memory is empty.
 */

#include "auth/entity.h"

struct svct_bulknames {
    char (*name)[SVCT_NAME_MAX + 1];
    size_t count;
    size_t room;
    struct svct_bulknames_place *place; /* a hash table */
    uint32_t round;                     /* places of another round are empty */
};

void svct_bulknames_done(struct svct_bulknames *names);
void svct_bulknames_clear(struct svct_bulknames *names);

/* SVCT_E_EXISTS when it is there; SVCT_E_NOMEM; SVCT_E_TOOBIG. */
int svct_bulknames_add(struct svct_bulknames *names, const char *name);

#endif
