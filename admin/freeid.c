/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "freeid.h"

#include "say.h"
#include "unixid.h"
#include "write/ids.h"

#define NAMED_MAX 5 /* of the numbers that are passed over */

static void say_passed(uint32_t id, const struct svct_unixid *owner,
                       unsigned passed)
{
    if (passed < NAMED_MAX)
        svct_say("%lu is the %s %s on this host: passed over",
                 (unsigned long)id, svct_unixid_what(owner),
                 svct_say_bare(owner->name).text);
    else if (passed == NAMED_MAX)
        svct_say("and others");
}

int svct_freeid_find(const struct svct_call *call, const struct svct_txn *txn,
                     uint32_t from, uint32_t *ret_id)
{
    struct svct_fault fault = {0};
    struct svct_unixid owner;
    uint32_t id;

    for (unsigned passed = 0;; passed++) {
        int r = svct_ids_candidate(txn, from, &id, &fault);

        if (r == 0)
            r = svct_unixid_owner(id, false, &owner, &fault);
        if (r < 0)
            return svct_say_fault(call, r, &fault);
        if (owner.kind == SVCT_UNIXID_NOBODY)
            break;
        say_passed(id, &owner, passed);
        from = id + 1;
    }
    *ret_id = id;
    return SVCT_EXIT_DONE;
}
