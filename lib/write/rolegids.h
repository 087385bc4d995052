/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_WRITE_ROLEGIDS_H
#define SVCT_WRITE_ROLEGIDS_H

/* The rules for the gids of a role's groups, for change_role.c and
 * bulk_role.c. */

#include "write/ids.h"

/*
 * May the role have these, and whose number is new? A group that another role
 * has keeps what it has there, a gid or 0; an own group that this role had
 * keeps its gid. old: as the role is so far, NULL: it is new. New gids are
 * taken from ids. SVCT_E_EXISTS, SVCT_E_POLICY, and the codes of svct_ids_add.
 */
int svct_rolegids_take(const struct svct_txn *txn, const struct svct_role *old,
                       const struct svct_role *role, struct svct_ids *ids,
                       struct svct_fault *fault);

#endif
