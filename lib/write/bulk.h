/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_WRITE_BULK_H
#define SVCT_WRITE_BULK_H

/*
 * Bringing many objects into one transaction: an import, a restore. The rules
 * are those of change.h; what differs is the cost, which does not grow with
 * the tokens that an account has already: the account's record, its last page
 * and the names of its tokens stay in memory until another account comes.
 * Objects that come grouped by account are cheap, any other order is right too.
 *
 * An object that is there already is compared: the same is left alone, a
 * different one is refused (SVCT_E_EXISTS), or with "update" replaced. What is
 * revoked stays revoked, whatever comes, and of a token that was rotated the
 * secret is only replaced by one that was rotated later (SVCT_E_POLICY).
 *
 * An error SVCT_E_SYNTAX, RANGE, TOOBIG, POLICY, EXISTS or NOTFOUND is about
 * the object, and nothing of it was stored: the next one may be tried, for
 * more errors; the transaction should not be committed. After any other error
 * it can only be freed. While a bulk is at work nobody else changes accounts
 * or tokens of its transaction.
 */

#include "auth/entity.h"
#include "write/txn.h"

enum svct_bulk_outcome {
    SVCT_BULK_ADDED = 1,
    SVCT_BULK_SAME,
    SVCT_BULK_UPDATED,
    SVCT_BULK_KEPT_REVOKED /* updated or the same, but for that */
};

struct svct_bulk_options {
    int64_t now;
    bool update;      /* what is there and differs is replaced */
    bool exact;       /* a restore: limits of the policy do not bind */
    uint32_t id_next; /* of what a restore takes the place of, 0: none is
                         known; id_next never goes back */
    bool dry; /* will not be committed: touches nothing but the transaction */
};

struct svct_bulk;

/* Is an error of a bulk about the object alone? */
bool svct_bulk_is_refusal(int code);

int svct_bulk_new(struct svct_txn *txn, const struct svct_bulk_options *options,
                  struct svct_bulk **ret_bulk, struct svct_fault *fault);
void svct_bulk_free(struct svct_bulk *bulk);

/* Numbers below this one may have been handed out, too: what a restore learns
 * of the generation before. */
void svct_bulk_id_known(struct svct_bulk *bulk, uint32_t id_next);

/* id_next is not taken from it, but in a restore the higher one counts. */
int svct_bulk_policy(struct svct_bulk *bulk, const struct svct_policy *policy,
                     enum svct_bulk_outcome *ret_outcome,
                     struct svct_fault *fault);

/*
 * With its place: a built-in role's is fixed; a custom one's must lie between
 * those of None and Admin and be nobody else's. Names that differ only in the
 * case of letters are the same name (SVCT_E_EXISTS).
 */
int svct_bulk_role(struct svct_bulk *bulk, const struct svct_role *role,
                   enum svct_bulk_outcome *ret_outcome,
                   struct svct_fault *fault);

/* account->tokens plays no part. That it is an API key does not change, nor do
 * its uid and gid (SVCT_E_POLICY). Uids, and the gids of roles, may come in any
 * order: none must be below the id_next from before, but in a restore, where
 * the policy must have come first (SVCT_E_NOTFOUND). */
int svct_bulk_account(struct svct_bulk *bulk,
                      const struct svct_account *account,
                      enum svct_bulk_outcome *ret_outcome,
                      struct svct_fault *fault);

/*
 * The longest time to live binds from now on and from its creation, but not a
 * token that has ended or is revoked: that is a record of one; nor one that is
 * there and shall not live longer: what it has it keeps, so that it can be
 * disabled or limited whatever the policy says now. token->slot is
 * what an exact bulk stores; else a new token gets a slot if it needs one, and
 * one that is there keeps its own. SVCT_E_EXISTS, too, when the id is another
 * account's.
 */
int svct_bulk_token(struct svct_bulk *bulk, const struct svct_token *token,
                    enum svct_bulk_outcome *ret_outcome,
                    struct svct_fault *fault);

/* The slot of a token of the generation before that is gone now: another token
 * may get it, after this transaction. */
int svct_bulk_slot_back(struct svct_bulk *bulk, uint32_t slot,
                        struct svct_fault *fault);

/* What is there, as changed so far. SVCT_E_NOTFOUND, and as lookup.h. */
int svct_bulk_get_account(struct svct_bulk *bulk, const char *name,
                          struct svct_account *ret_account);
int svct_bulk_get_token(const struct svct_bulk *bulk, const char *id,
                        struct svct_token *ret_token);
int svct_bulk_get_policy(const struct svct_bulk *bulk,
                         struct svct_policy *ret_policy);

/* Stores what is in memory, and checks what can only be told at the end: each
 * API key that came has its token. Then the transaction may be committed. */
int svct_bulk_finish(struct svct_bulk *bulk, struct svct_fault *fault);

#endif
