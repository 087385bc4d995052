/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_WRITE_CHANGE_POLICY_H
#define SVCT_WRITE_CHANGE_POLICY_H

/*
 * The rules of this host for tokens that are still to be made, and changing
 * them. Tokens that are there already stay as they are.
 *
 *                       least  most
 *   default_ttl         1m     36600d  and no more than max_ttl
 *   max_ttl             1m     36600d  or 0: no maximum
 *   allow_no_expiry                    not together with a max_ttl
 *   tokens_per_account  1      10000
 *   warn_before         0      366d    0: no warning
 *   uid_range           1000   4294967293  both ends; not 65534 and 65535; the
 *                                      higher one not below id_next, if they
 *                                      change; or 0 in both: the default range
 */

#include "auth/entity.h"
#include "write/txn.h"

/* What is shorter has ended before it was carried to where it is used: a slip
 * of the unit. (A single token may be shorter.) */
#define SVCT_POLICY_TTL_MIN INT64_C(60)
/* What a duration can say; who means "for ever" says so. */
#define SVCT_POLICY_TTL_MAX SVCT_DURATION_MAX
/* None would be made by any account. */
#define SVCT_POLICY_TOKENS_MIN 1
/* What the pages of an account hold. */
#define SVCT_POLICY_TOKENS_MAX SVCT_TOKENS_PER_ACCOUNT_MAX
/* Earlier than a year ahead, each token would be about to expire at once. */
#define SVCT_POLICY_WARN_MAX (INT64_C(366) * 86400)

/* Numbers of a range of uids and gids: half of all. */
#define SVCT_POLICY_IDS_MAX (UINT32_C(1) << 31)

/*
 * Is each value within its bounds, and do they go together? A maximum with
 * tokens that never end would be none, so the two exclude each other.
 * old: the policy whose place it takes.
 * SVCT_E_RANGE: a bound; SVCT_E_POLICY: two contradict each other. The fault
 * has the name of the value and what would be right.
 */
int svct_change_policy_check(const struct svct_policy *old,
                             const struct svct_policy *policy,
                             struct svct_fault *fault);

/* The same, and stores it. policy->extra should be what was fetched. */
int svct_change_policy_set(struct svct_txn *txn,
                           const struct svct_policy *policy,
                           struct svct_fault *fault);

/* From when on the life of a token counts: that it was made, or that it got the
 * secret it has. */
int64_t svct_change_policy_since(const struct svct_token *token);

/*
 * May a token live from since to expires (SVCT_TIME_NEVER: for ever)? The
 * one place where this is told: it binds every way of making a token.
 * SVCT_E_POLICY, and the fault has the policy's value. Both are moments.
 */
int svct_change_policy_lifetime(const struct svct_policy *policy, int64_t since,
                                int64_t expires, struct svct_fault *fault);

#endif
