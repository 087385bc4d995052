/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "ending.h"

#include <string.h>

#include "args.h"
#include "auth/terms.h"
#include "rows.h"
#include "say.h"

int svct_ending_get(const struct svct_call *call, size_t index,
                    struct svct_ending *ret_ending)
{
    const char *text = svct_opts_get(&call->opts, index);

    if (text != NULL && strcmp(text, "soon") == 0) {
        ret_ending->soon = true;
        return SVCT_EXIT_DONE;
    }
    return svct_args_get_duration(call, index, &ret_ending->within);
}

int svct_ending_ready(const struct svct_snapshot *snapshot,
                      struct svct_ending *ending)
{
    struct svct_policy policy;
    int r;

    if (!ending->soon)
        return 0;
    r = svct_lookup_policy(snapshot, &policy);
    if (r < 0)
        return r == SVCT_E_NOTFOUND ? SVCT_E_DAMAGED : r;
    ending->warn_before = policy.warn_before;
    return 0;
}

bool svct_ending_is(const struct svct_ending *ending, int64_t begun,
                    int64_t expires, int64_t now)
{
    if (ending->soon)
        return svct_terms_is_ending(begun, expires, ending->warn_before, now);
    return ending->within == 0 ||
           svct_rows_expiring(expires, now, ending->within);
}
