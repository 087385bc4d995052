/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/change.h"

#include "auth/role.h"
#include "write/edit.h"

#define DAY INT64_C(86400)

void svct_change_default_policy(struct svct_policy *ret_policy)
{
    *ret_policy = (struct svct_policy){
        .default_ttl = 8 * 3600,
        .max_ttl = 0,
        .allow_no_expiry = true,
        .tokens_per_account = 100,
        .warn_before = 7 * DAY,
        .id_min = SVCT_ID_RANGE_MIN,
        .id_max = SVCT_ID_RANGE_MAX,
    };
}

int svct_change_populate(struct svct_txn *txn, struct svct_fault *fault)
{
    struct svct_policy policy;
    struct svct_role role;
    int r;

    for (unsigned i = 0; svct_role_builtin(i, &role); i++) {
        r = svct_edit_store_role(txn, &role, fault);
        if (r != 0)
            return r;
    }
    svct_change_default_policy(&policy);
    return svct_edit_store_policy(txn, &policy, fault);
}
