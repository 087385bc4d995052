/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/ids.h"

#include "base/publook.h"
#include "write/edit.h"

void svct_ids_range(const struct svct_policy *policy, uint32_t *ret_min,
                    uint32_t *ret_max)
{
    bool given = policy->id_max != 0;

    *ret_min = given ? policy->id_min : SVCT_ID_RANGE_MIN;
    *ret_max = given ? policy->id_max : SVCT_ID_RANGE_MAX;
}

/* Has an account or a group of svctoken this number? 0: nobody. */
static int check_free(const struct svct_txn *txn, uint32_t id,
                      struct svct_fault *fault)
{
    struct svct_pubid owner;
    int r = svct_publook_id(svct_txn_view(txn, SVCT_PART_PUBLIC), id, &owner);

    if (r == SVCT_E_NOTFOUND)
        return 0;
    if (r != 0)
        return svct_fault_set(fault, r, 0, "the public record of %lu: %s",
                              (unsigned long)id, svct_err_text(r));
    return svct_fault_set(
        fault, SVCT_E_EXISTS, 0, "%lu is the %s of \"%s\"", (unsigned long)id,
        owner.owner == SVCT_PUBID_USER ? "uid" : "gid", owner.name);
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
        r = svct_id_is_usable(id) ? check_free(txn, id, fault) : SVCT_E_EXISTS;
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

int svct_ids_take(struct svct_txn *txn, uint32_t id, struct svct_fault *fault)
{
    struct svct_policy policy;
    uint32_t min, max;
    int r;

    if (!svct_id_is_usable(id))
        return svct_fault_set(fault, SVCT_E_RANGE, 0,
                              "a uid or gid of svctoken is %lu to %lu, and "
                              "not 65534 or 65535",
                              (unsigned long)SVCT_ID_LEAST,
                              (unsigned long)SVCT_ID_MOST);
    r = check_free(txn, id, fault);
    if (r == 0)
        r = svct_edit_get_policy(txn, &policy, fault);
    if (r != 0)
        return r;
    svct_ids_range(&policy, &min, &max);
    if (id < min || id > max)
        return 0;
    if (id < policy.id_next)
        return svct_fault_set(fault, SVCT_E_POLICY, 0,
                              "%lu was handed out before, or may have been, "
                              "and none is handed out twice: the next one is "
                              "%lu",
                              (unsigned long)id, (unsigned long)policy.id_next);
    policy.id_next = id + 1;
    return svct_edit_store_policy(txn, &policy, fault);
}
