/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_WRITE_PUBROLES_H
#define SVCT_WRITE_PUBROLES_H

/*
 * For publish.c: the public records of the roles that a transaction changes,
 * their counts of members and their last pages, in memory until the settling.
 * Pages before the last one are stored at once.
 */

#include "base/pubrec.h"
#include "write/txn.h"

struct svct_pubstate {
    struct svct_pubrole role;
    bool stored; /* there was a record of it, or its groups were published */
    bool dirty;
    struct svct_pubpage last; /* of its members; count 0: there is none */
    bool page_known;
    bool page_dirty;
};

/* The part of a transaction in this; zeroed memory is its beginning. */
#define SVCT_PUBLISHWORK_ROLES 64
struct svct_publishwork {
    struct svct_pubstate *state[SVCT_PUBLISHWORK_ROLES];
    size_t count;
};

void svct_pubroles_done(struct svct_publishwork *work);

/* The state of a role, which may have no record yet ("stored"); good until the
 * next call for another role. */
int svct_pubroles_get(struct svct_txn *txn, const char *name,
                      struct svct_pubstate **ret_state,
                      struct svct_fault *fault);

/* The role has one member more; *ret_member: its place. */
int svct_pubroles_append(struct svct_txn *txn, struct svct_pubstate *state,
                         const char *name, uint32_t *ret_member,
                         struct svct_fault *fault);

/* The last member takes the place of this one, and its record says so.
 * SVCT_E_DAMAGED: there is another one in that place. */
int svct_pubroles_remove(struct svct_txn *txn, struct svct_pubstate *state,
                         const char *name, uint32_t member,
                         struct svct_fault *fault);

/* The role is gone, and so is its record; it has no members and no groups. */
int svct_pubroles_forget(struct svct_txn *txn, struct svct_pubstate *state,
                         struct svct_fault *fault);

int svct_pubroles_settle(struct svct_txn *txn, struct svct_fault *fault);

/* A sentence for a public record that could not be had; returns code. */
int svct_pubroles_fault(struct svct_fault *fault, int code, const char *what,
                        const char *name);

#endif
