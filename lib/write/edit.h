/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_WRITE_EDIT_H
#define SVCT_WRITE_EDIT_H

/*
 * What all changes are made of: fetching a record of the private database as
 * the transaction has it so far, storing one, and the sentence when a thing is
 * not there. For lib/write/change_*.c; no rule is checked here.
 */

#include "auth/entity.h"
#include "auth/lists.h"
#include "write/txn.h"

/* The state as changed so far; the transaction's. */
const struct svct_snapshot *svct_edit_view(const struct svct_txn *txn);

/*
 * What is to be read of an account or a role in public.gdbm is kept in step
 * (publish.h, whose errors these have); where nothing of that changes, the
 * public file plays no part, so that an account can be disabled whatever has
 * become of it.
 */
int svct_edit_store_account(struct svct_txn *txn,
                            const struct svct_account *account,
                            struct svct_fault *fault);
int svct_edit_store_token(struct svct_txn *txn, const struct svct_token *token,
                          struct svct_fault *fault);
int svct_edit_store_role(struct svct_txn *txn, const struct svct_role *role,
                         struct svct_fault *fault);

/* Nothing but the record; a role has no users and no place in the list any
 * more, an account no tokens. */
int svct_edit_delete_account(struct svct_txn *txn, const char *name,
                             struct svct_fault *fault);
int svct_edit_delete_role(struct svct_txn *txn, const char *name,
                          struct svct_fault *fault);

int svct_edit_store_policy(struct svct_txn *txn,
                           const struct svct_policy *policy,
                           struct svct_fault *fault);
int svct_edit_store_rolelist(struct svct_txn *txn,
                             const struct svct_rolelist *list,
                             struct svct_fault *fault);

/* Takes the record of a token out and its slot back (slots.h); the pages are
 * the caller's. A token that
 * is not there is SVCT_E_DAMAGED: something listed it. */
int svct_edit_delete_token(struct svct_txn *txn, const char *id,
                           struct svct_fault *fault);

/* One without ids is deleted. */
int svct_edit_store_page(struct svct_txn *txn, const char *account,
                         uint32_t number, const struct svct_page *page,
                         struct svct_fault *fault);

/* Fills the fault with what could not be found (SVCT_E_NOTFOUND), or what else
 * was wrong with it, and returns code; 0 does nothing. */
int svct_edit_lookup_fault(struct svct_fault *fault, int code, const char *what,
                           const char *name);

/* SVCT_E_NOTFOUND, and the other codes of lookup.h, with the sentence. */
int svct_edit_get_account(const struct svct_txn *txn, const char *name,
                          struct svct_account *ret_account,
                          struct svct_fault *fault);
int svct_edit_get_token(const struct svct_txn *txn, const char *id,
                        struct svct_token *ret_token, struct svct_fault *fault);
int svct_edit_get_role(const struct svct_txn *txn, const char *name,
                       struct svct_role *ret_role, struct svct_fault *fault);
int svct_edit_get_policy(const struct svct_txn *txn,
                         struct svct_policy *ret_policy,
                         struct svct_fault *fault);

/* What a record can hold as a time, and as an end. */
bool svct_edit_is_moment(int64_t time);
bool svct_edit_is_end(int64_t time);

#endif
