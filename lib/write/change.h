/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_WRITE_CHANGE_H
#define SVCT_WRITE_CHANGE_H

/*
 * The changes there are, each an edit within a transaction. What a change
 * must never break is checked here and not by the caller: names are legal and
 * unique, a role exists, a cap is not above the account's role, limits of the
 * policy bind every way of making a token, pages and counts agree.
 *
 * Times are from 1970 to the end of 9999, or SVCT_TIME_NEVER where that is
 * allowed; others are SVCT_E_RANGE.
 *
 * On an error the transaction is to be freed: it may hold half of the change.
 * The fault then says what was wrong and what would be right.
 */

#include "auth/entity.h"
#include "write/txn.h"

/* The built-in roles and the default policy of a new database. */
int svct_change_populate(struct svct_txn *txn, struct svct_fault *fault);

/* The defaults, for reference and tests. */
void svct_change_default_policy(struct svct_policy *ret_policy);

/* account->tokens must be 0; the token of an API key has to follow in the same
 * transaction (change_apikey.h). SVCT_E_EXISTS; SVCT_E_NOTFOUND: no such role;
 * SVCT_E_RANGE: already expired at account->created. With a uid, which is taken
 * here, the codes of svct_ids_take as well; the gid is the uid, or one that is
 * not svctoken's (SVCT_E_POLICY); SVCT_E_EXISTS: a role has an own group of
 * the name that the account's is to have. */
int svct_change_account_create(struct svct_txn *txn,
                               const struct svct_account *account,
                               struct svct_fault *fault);

/* Writes back an account that was fetched from this transaction's view and
 * edited; its name, its count of tokens, its creation and whether it is an API
 * key stay what they were. The token of an API key ends with it: SVCT_E_POLICY
 * when that would be too late for the policy. So it is when the uid or gid is
 * another one; home and shell may be.
 * A role below the cap of a token of its is fine: the lower of the two
 * counts. */
int svct_change_account_update(struct svct_txn *txn,
                               const struct svct_account *account,
                               struct svct_fault *fault);

/* With all its tokens. *ret_tokens: how many these were. */
int svct_change_account_delete(struct svct_txn *txn, const char *name,
                               uint32_t *ret_tokens, struct svct_fault *fault);

/*
 * Adds a token with an id and a hash. SVCT_E_NOTFOUND: no such account or
 * cap; SVCT_E_EXISTS: the account has a token of that name, or the id is
 * taken (then *ret_id_taken is true and another may be tried); SVCT_E_RANGE:
 * already expired at token->created, or ends before it begins; SVCT_E_POLICY:
 * the cap is above the account's role, it lives too long, has no expiry, or
 * the account has too many or is an API key that has its one. ret_id_taken may
 * be NULL. The slot in "usage" is given here, whatever token->slot is; with
 * max_uses the codes of svct_slots_give as well.
 */
int svct_change_token_issue(struct svct_txn *txn,
                            const struct svct_token *token, bool *ret_id_taken,
                            struct svct_fault *fault);

/* For good. SVCT_E_EXISTS when it is revoked already (nothing changes). */
int svct_change_token_revoke(struct svct_txn *txn, const char *id, int64_t now,
                             const char *actor, const char *reason,
                             struct svct_fault *fault);

/* Reversible. SVCT_E_EXISTS when it is so already. */
int svct_change_token_set_disabled(struct svct_txn *txn, const char *id,
                                   bool disabled, struct svct_fault *fault);

/* Removes the record: nobody can tell any more that it was. SVCT_E_POLICY: it
 * is the one of an API key. */
int svct_change_token_delete(struct svct_txn *txn, const char *id,
                             struct svct_fault *fault);

#endif
