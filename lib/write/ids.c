/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/ids.h"

#include "write/edit.h"
#include "write/pubgroups.h"

void svct_ids_range(const struct svct_policy *policy, uint32_t *ret_min,
                    uint32_t *ret_max)
{
    bool given = policy->id_max != 0;

    *ret_min = given ? policy->id_min : SVCT_ID_RANGE_MIN;
    *ret_max = given ? policy->id_max : SVCT_ID_RANGE_MAX;
}

/* Above the range that is in force there may be numbers of a former one. */
static uint32_t first_of(const struct svct_policy *policy)
{
    uint32_t min, max;

    svct_ids_range(policy, &min, &max);
    return policy->id_next > min ? policy->id_next : min;
}

int svct_ids_candidate(const struct svct_txn *txn, uint32_t from,
                       uint32_t *ret_id, struct svct_fault *fault)
{
    struct svct_policy policy;
    uint32_t min, max, id;
    int r = svct_edit_get_policy(txn, &policy, fault);

    if (r != 0)
        return r;
    svct_ids_range(&policy, &min, &max);
    id = first_of(&policy);
    for (id = id > from ? id : from; id <= max; id++) {
        r = svct_id_is_usable(id) ? svct_pubgroups_check_id(txn, id, fault)
                                  : SVCT_E_EXISTS;
        if (r == 0)
            *ret_id = id;
        if (r != SVCT_E_EXISTS)
            return r;
    }
    return svct_fault_set(fault, SVCT_E_POLICY, 0,
                          "the range of uids and gids, %lu to %lu, is used "
                          "up, and none is handed out twice: \"svctoken "
                          "policy set uid_range=MIN-MAX\" with a MAX above it",
                          (unsigned long)min, (unsigned long)max);
}

/* ---- taking them ---- */

void svct_ids_of(const struct svct_policy *policy, struct svct_ids *ret_ids)
{
    *ret_ids =
        (struct svct_ids){.first = policy->id_next, .next = policy->id_next};
    svct_ids_range(policy, &ret_ids->min, &ret_ids->max);
}

int svct_ids_begin(const struct svct_txn *txn, struct svct_ids *ret_ids,
                   struct svct_fault *fault)
{
    struct svct_policy policy;
    int r = svct_edit_get_policy(txn, &policy, fault);

    if (r == 0)
        svct_ids_of(&policy, ret_ids);
    return r;
}

int svct_ids_add(const struct svct_txn *txn, struct svct_ids *ids, uint32_t id,
                 struct svct_fault *fault)
{
    int r;

    if (!svct_id_is_usable(id))
        return svct_fault_set(fault, SVCT_E_RANGE, 0,
                              "a uid or gid of svctoken is %lu to %lu, and "
                              "not 65534 or 65535",
                              (unsigned long)SVCT_ID_LEAST,
                              (unsigned long)SVCT_ID_MOST);
    r = svct_pubgroups_check_id(txn, id, fault);
    if (r != 0 || id < ids->min || id > ids->max)
        return r;
    if (id < ids->first && !ids->exact)
        return svct_fault_set(fault, SVCT_E_POLICY, 0,
                              "%lu was handed out before, or may have been, "
                              "and none is handed out twice: the next one is "
                              "%lu",
                              (unsigned long)id, (unsigned long)ids->first);
    if (id >= ids->next)
        ids->next = id + 1;
    return 0;
}

int svct_ids_end(struct svct_txn *txn, const struct svct_ids *ids,
                 struct svct_fault *fault)
{
    struct svct_policy policy;
    int r = svct_edit_get_policy(txn, &policy, fault);

    if (r != 0 || policy.id_next >= ids->next)
        return r;
    policy.id_next = ids->next;
    return svct_edit_store_policy(txn, &policy, fault);
}

int svct_ids_take(struct svct_txn *txn, uint32_t id, struct svct_fault *fault)
{
    struct svct_ids ids;
    int r = svct_ids_begin(txn, &ids, fault);

    if (r == 0)
        r = svct_ids_add(txn, &ids, id, fault);
    return r == 0 ? svct_ids_end(txn, &ids, fault) : r;
}
