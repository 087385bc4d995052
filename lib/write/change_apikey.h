/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_WRITE_CHANGE_APIKEY_H
#define SVCT_WRITE_CHANGE_APIKEY_H

/*
 * An API key: a service account and its one token, made in one step, ending at
 * the same second, deleted in one step. Here are the rules that keep the two
 * together; change.h asks them wherever an account or a token is changed:
 *
 *   - its account has one token, always;
 *   - a second one is not made, and the one is not deleted alone (it may be
 *     disabled and revoked like any other);
 *   - who moves the end of the account moves that of the token;
 *   - a service account never becomes an API key, nor the other way round.
 *
 * On an error the transaction is to be freed.
 */

#include "auth/entity.h"
#include "write/txn.h"

/* The name of its token. */
#define SVCT_APIKEY_TOKEN "key"

/*
 * Makes both. token->account is account->name, account->apikey is set, both
 * expire at the same time: otherwise SVCT_E_RANGE. Else the codes of
 * svct_change_account_create and svct_change_token_issue, with whose rules
 * both are made; ret_id_taken as there.
 */
int svct_change_apikey_create(struct svct_txn *txn,
                              const struct svct_account *account,
                              const struct svct_token *token,
                              bool *ret_id_taken, struct svct_fault *fault);

/* Deletes both. SVCT_E_NOTFOUND; SVCT_E_POLICY: it is a service account and no
 * API key. */
int svct_change_apikey_delete(struct svct_txn *txn, const char *name,
                              struct svct_fault *fault);

/* ---- for the other changes; each is 0 for what is no API key ---- */

/* May this token be added? SVCT_E_POLICY: it would be a second one, or ends at
 * another time. */
int svct_apikey_check_issue(const struct svct_account *account,
                            const struct svct_token *token,
                            struct svct_fault *fault);

/* May a token of this account be deleted alone? SVCT_E_POLICY. */
int svct_apikey_check_delete(const struct svct_account *account,
                             struct svct_fault *fault);

/*
 * The account, as it is stored, is to end at expires: its token is set to end
 * then, too. The account is the caller's to store. SVCT_E_POLICY: the token
 * would live longer than the policy allows, counted from when it was made;
 * SVCT_E_RANGE: it would end before it begins.
 */
int svct_apikey_move_end(struct svct_txn *txn,
                         const struct svct_account *account, int64_t expires,
                         struct svct_fault *fault);

#endif
