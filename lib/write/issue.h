/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_WRITE_ISSUE_H
#define SVCT_WRITE_ISSUE_H

/*
 * The rules of svct_change_token_issue (change.h), for those in lib/write that
 * bring tokens in by another way: they are the same for every way. That id and
 * name are not taken is not among them. And an account that is brought in.
 */

#include "auth/entity.h"
#include "write/ids.h"

#define SVCT_ISSUE_FORM 1u     /* id, name, texts, times */
#define SVCT_ISSUE_LIFETIME 2u /* what the policy says about its end */
#define SVCT_ISSUE_CAP 4u      /* the cap is not above the account's role */
#define SVCT_ISSUE_COUNT 8u    /* the account may have one more */

/* Those of the rules that "which" has. Codes as svct_change_token_issue. */
int svct_issue_check(const struct svct_txn *txn,
                     const struct svct_account *account,
                     const struct svct_policy *policy,
                     const struct svct_token *token, unsigned which,
                     struct svct_fault *fault);

/* svct_change_account_create with its uid taken from ids, which may be NULL
 * when it has none. */
int svct_issue_account(struct svct_txn *txn, const struct svct_account *account,
                       struct svct_ids *ids, struct svct_fault *fault);

/* The uid and gid of an account that is there stay: SVCT_E_POLICY. */
int svct_issue_unix_kept(const struct svct_account *old,
                         const struct svct_account *account,
                         struct svct_fault *fault);

#endif
