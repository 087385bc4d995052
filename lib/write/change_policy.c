/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/change_policy.h"

#include "write/edit.h"

static int check_span(const char *name, int64_t value, int64_t min, int64_t max,
                      const char *or_else, struct svct_fault *fault)
{
    char least[32], most[32];

    if (value >= min && value <= max)
        return 0;
    return svct_fault_set(fault, SVCT_E_RANGE, 0, "%s must be %s to %s%s", name,
                          svct_duration_format(least, sizeof least, min),
                          svct_duration_format(most, sizeof most, max),
                          or_else);
}

static int check_bounds(const struct svct_policy *policy,
                        struct svct_fault *fault)
{
    int r = check_span("default_ttl", policy->default_ttl, SVCT_POLICY_TTL_MIN,
                       SVCT_POLICY_TTL_MAX, "", fault);

    if (r == 0 && policy->max_ttl != 0)
        r = check_span("max_ttl", policy->max_ttl, SVCT_POLICY_TTL_MIN,
                       SVCT_POLICY_TTL_MAX, ", or none", fault);
    if (r == 0 && policy->warn_before != 0)
        r = check_span("warn_before", policy->warn_before, 1,
                       SVCT_POLICY_WARN_MAX, ", or none", fault);
    if (r == 0 && (policy->tokens_per_account < SVCT_POLICY_TOKENS_MIN ||
                   policy->tokens_per_account > SVCT_POLICY_TOKENS_MAX))
        r = svct_fault_set(fault, SVCT_E_RANGE, 0,
                           "tokens_per_account must be %d to %d",
                           SVCT_POLICY_TOKENS_MIN, SVCT_POLICY_TOKENS_MAX);
    return r;
}

/* One that is used up stays as it is, and other values can be changed. */
static bool is_same_range(const struct svct_policy *a,
                          const struct svct_policy *b)
{
    return a->id_min == b->id_min && a->id_max == b->id_max;
}

static int check_ids(const struct svct_policy *old,
                     const struct svct_policy *policy, struct svct_fault *fault)
{
    unsigned long min = policy->id_min, max = policy->id_max;

    if (min == 0 && max == 0)
        return 0;
    if (!svct_id_is_usable(policy->id_min) ||
        !svct_id_is_usable(policy->id_max))
        return svct_fault_set(fault, SVCT_E_RANGE, 0,
                              "the ends of uid_range must be %lu to %lu, and "
                              "not 65534 or 65535",
                              (unsigned long)SVCT_ID_LEAST,
                              (unsigned long)SVCT_ID_MOST);
    if (min > max)
        return svct_fault_set(fault, SVCT_E_RANGE, 0,
                              "uid_range must go up: %lu is above %lu", min,
                              max);
    if (max - min >= SVCT_POLICY_IDS_MAX)
        return svct_fault_set(fault, SVCT_E_RANGE, 0,
                              "uid_range must not have more than %lu numbers",
                              (unsigned long)SVCT_POLICY_IDS_MAX);
    if (policy->id_max < policy->id_next && !is_same_range(old, policy))
        return svct_fault_set(fault, SVCT_E_POLICY, 0,
                              "all of the uid_range may have been handed out, "
                              "and nothing is handed out twice: it must go to "
                              "%lu or higher",
                              (unsigned long)policy->id_next);
    return 0;
}

int svct_change_policy_check(const struct svct_policy *old,
                             const struct svct_policy *policy,
                             struct svct_fault *fault)
{
    char ttl[32], max[32];
    int r = check_bounds(policy, fault);

    if (r == 0)
        r = check_ids(old, policy, fault);
    if (r != 0 || policy->max_ttl == 0)
        return r;
    svct_duration_format(max, sizeof max, policy->max_ttl);
    if (policy->default_ttl > policy->max_ttl)
        return svct_fault_set(
            fault, SVCT_E_POLICY, 0,
            "default_ttl (%s) must not be longer than max_ttl (%s); both "
            "can be set at once",
            svct_duration_format(ttl, sizeof ttl, policy->default_ttl), max);
    if (policy->allow_no_expiry)
        return svct_fault_set(fault, SVCT_E_POLICY, 0,
                              "allow_no_expiry=yes contradicts max_ttl (%s): "
                              "it goes with max_ttl=none alone",
                              max);
    return 0;
}

int svct_change_policy_set(struct svct_txn *txn,
                           const struct svct_policy *policy,
                           struct svct_fault *fault)
{
    struct svct_policy old;
    int r = svct_edit_get_policy(txn, &old, fault);

    if (r == 0)
        r = svct_change_policy_check(&old, policy, fault);
    return r == 0 ? svct_edit_store_policy(txn, policy, fault) : r;
}

int64_t svct_change_policy_since(const struct svct_token *token)
{
    return token->rotated ? token->rotated_at : token->created;
}

int svct_change_policy_lifetime(const struct svct_policy *policy, int64_t since,
                                int64_t expires, struct svct_fault *fault)
{
    char max[32];

    svct_duration_format(max, sizeof max, policy->max_ttl);
    if (expires == SVCT_TIME_NEVER && policy->max_ttl > 0)
        return svct_fault_set(fault, SVCT_E_POLICY, 0,
                              "a token must expire here: the longest time to "
                              "live is %s (max_ttl of the policy)",
                              max);
    if (expires == SVCT_TIME_NEVER && !policy->allow_no_expiry)
        return svct_fault_set(fault, SVCT_E_POLICY, 0,
                              "tokens without expiry are not allowed here "
                              "(allow_no_expiry=no in the policy)");
    /* No overflow: both are moments, >= 0. */
    if (expires != SVCT_TIME_NEVER && policy->max_ttl > 0 &&
        expires - since > policy->max_ttl)
        return svct_fault_set(fault, SVCT_E_POLICY, 0,
                              "the token would live too long: the longest "
                              "time to live is %s (max_ttl of the policy)",
                              max);
    return 0;
}
