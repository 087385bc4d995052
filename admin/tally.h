/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_TALLY_H
#define SVCT_ADMIN_TALLY_H

/*
 * How often each account was met, of as many meetings as there may be: what
 * is in memory grows with the accounts, not with the meetings.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/name.h"

struct svct_tally_item {
    char name[SVCT_LOGIN_MAX + 1];
    bool known;     /* the caller's: the host has a Unix user of that name, */
    uid_t uid;      /* with this uid */
    uint32_t count; /* how often */
};

/* All zero is empty. */
struct svct_tally {
    struct svct_tally_item *item;
    size_t count;
    size_t room;
};

void svct_tally_done(struct svct_tally *tally);

/* A name may be added again; its counts are summed up. SVCT_E_NOMEM;
 * SVCT_E_TOOBIG for what is too long to be a name. */
int svct_tally_add(struct svct_tally *tally, const char *name, uint32_t count);

/* Sorts by name, each one once. Before the next. */
void svct_tally_sort(struct svct_tally *tally);

/* NULL when it is not there. */
struct svct_tally_item *svct_tally_find(const struct svct_tally *tally,
                                        const char *name);

#endif
