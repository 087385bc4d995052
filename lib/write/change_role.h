/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_WRITE_CHANGE_ROLE_H
#define SVCT_WRITE_CHANGE_ROLE_H

/*
 * Changing roles; as change.h, of which this is a part: edits within a
 * transaction, and on an error that is to be freed.
 *
 * The built-in roles are fixed points of the order, and can be edited but not
 * moved or deleted; custom ones stand in the gaps between them. The record of
 * each role and the list of their names change together.
 */

#include "auth/entity.h"
#include "write/txn.h"

/*
 * Adds a role directly above another one. role->place and role->builtin play
 * no part. When there is no place left between that one and the next, the
 * custom roles of that gap are spread anew, in their order: places are
 * numbers to compare, not to keep.
 *
 * SVCT_E_SYNTAX: name, description, a pattern or a group is not legal;
 * SVCT_E_EXISTS: there is one of that name, or one that differs in the case
 * of letters only; SVCT_E_NOTFOUND: above is no role; SVCT_E_POLICY: nothing
 * goes above Admin, or there are SVCT_ROLES_MAX of them already.
 *
 * role->gids: 0 for a group of the host, else the gid of one that is there by
 * svctoken alone. One that another role has must have the same here, else
 * SVCT_E_EXISTS; a new one is taken (codes of svct_ids_take), in any order.
 */
int svct_change_role_create(struct svct_txn *txn, const struct svct_role *role,
                            const char *above, struct svct_fault *fault);

/* The place directly above a role, for one that is brought in with its place
 * (bulk.h). Others may be moved for it, as above. SVCT_E_NOTFOUND,
 * SVCT_E_POLICY. */
int svct_change_role_place(struct svct_txn *txn, const char *above,
                           uint16_t *ret_place, struct svct_fault *fault);

/* Writes back a role that was fetched from this transaction's view and
 * edited; its name and place stay what they were. SVCT_E_NOTFOUND,
 * SVCT_E_SYNTAX; gids as above, and one of svctoken's own never changes
 * (SVCT_E_POLICY). A group that no role has any more is gone. */
int svct_change_role_update(struct svct_txn *txn, const struct svct_role *role,
                            struct svct_fault *fault);

/* What the roles, but the one named so (NULL: all of them), say of a group:
 * *ret_known false: none has it; else *ret_gid is its gid, 0 when it is one of
 * the host. */
int svct_change_role_group(const struct svct_snapshot *snapshot,
                           const char *group, const char *but, bool *ret_known,
                           uint32_t *ret_gid, struct svct_fault *fault);

/* Who has a role, and the first few of them, in no order. */
#define SVCT_ROLE_USERS_NAMED 3
struct svct_role_users {
    uint64_t accounts; /* that have it */
    uint64_t tokens;   /* that it caps */
    char account[SVCT_ROLE_USERS_NAMED][SVCT_LOGIN_MAX + 1];
    char token[SVCT_ROLE_USERS_NAMED][SVCT_LOGIN_MAX + SVCT_NAME_MAX + 2];
};

/* Reads every account and every token. */
int svct_change_role_users(const struct svct_snapshot *snapshot,
                           const char *name, struct svct_role_users *ret_users,
                           struct svct_fault *fault);

/* SVCT_E_POLICY: it is built in; SVCT_E_EXISTS: it has users. */
int svct_change_role_delete(struct svct_txn *txn, const char *name,
                            struct svct_fault *fault);

#endif
