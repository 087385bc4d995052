/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_AUTH_LOOKUP_H
#define SVCT_AUTH_LOOKUP_H

/*
 * Finding accounts, tokens and roles in a snapshot: fetch and decode, and the
 * contradictions between records that a single record can't show.
 *
 * SVCT_E_NOTFOUND when it is not there, SVCT_E_DAMAGED, SVCT_E_VERSION,
 * SVCT_E_IO, SVCT_E_NOMEM; an illegal name is not there.
 */

#include "auth/entity.h"
#include "auth/lists.h"
#include "base/snapshot.h"

int svct_lookup_account(const struct svct_snapshot *snapshot, const char *name,
                        struct svct_account *ret_account);
int svct_lookup_token(const struct svct_snapshot *snapshot, const char *id,
                      struct svct_token *ret_token);
int svct_lookup_role(const struct svct_snapshot *snapshot, const char *name,
                     struct svct_role *ret_role);
int svct_lookup_policy(const struct svct_snapshot *snapshot,
                       struct svct_policy *ret_policy);

/* The names of all roles; the four built in where there is no list, and the
 * policy knows of none. */
int svct_lookup_rolelist(const struct svct_snapshot *snapshot,
                         struct svct_rolelist *ret_list);

/* A page that the account's count of tokens says exists: absent is damage. */
int svct_lookup_page(const struct svct_snapshot *snapshot,
                     const struct svct_account *account, uint32_t number,
                     struct svct_page *ret_page);

/*
 * Calls visit for each token of an account, in the order of its pages. Other
 * than 0 ends the walk and is the result. A token that lacks, or that names
 * another account, is SVCT_E_DAMAGED.
 */
typedef int svct_lookup_visit_fn(void *arg, const struct svct_token *token);
int svct_lookup_tokens_of(const struct svct_snapshot *snapshot,
                          const struct svct_account *account,
                          svct_lookup_visit_fn *visit, void *arg);

/* The token of that name. */
int svct_lookup_token_named(const struct svct_snapshot *snapshot,
                            const struct svct_account *account,
                            const char *name, struct svct_token *ret_token);

#endif
