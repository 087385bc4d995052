/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_WRITE_PUBGROUPS_H
#define SVCT_WRITE_PUBGROUPS_H

/* For publish.c: the public records of the groups that roles have, and of
 * their gids. */

#include "auth/entity.h"
#include "write/pubroles.h"

/*
 * The groups of the role in memory become those of the private one; NULL:
 * none. SVCT_E_EXISTS, and nothing was stored: a gid or the name of a group is
 * another one's, or it has another gid in another role.
 */
int svct_pubgroups_set(struct svct_txn *txn, struct svct_pubstate *state,
                       const struct svct_role *role, struct svct_fault *fault);

/* The record that says whose the number is. SVCT_E_EXISTS: it is in use. */
int svct_pubgroups_check_id(const struct svct_txn *txn, uint32_t id,
                            struct svct_fault *fault);
int svct_pubgroups_store_id(struct svct_txn *txn, const struct svct_pubid *id,
                            struct svct_fault *fault);
int svct_pubgroups_delete_id(struct svct_txn *txn, uint32_t id,
                             struct svct_fault *fault);

#endif
