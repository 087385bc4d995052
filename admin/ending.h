/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_ENDING_H
#define SVCT_ADMIN_ENDING_H

/*
 * --expiring DURATION|soon of the lists: what ends within that time, or what is
 * about to expire as the policy has it (auth/terms.h). All zero: not asked for.
 */

#include "auth/lookup.h"
#include "cmd.h"

struct svct_ending {
    int64_t within; /* seconds; 0: not asked for */
    bool soon;
    int64_t warn_before; /* of the policy; for soon */
};

/* index: of the option. An exit code, after words about what is wrong. */
int svct_ending_get(const struct svct_call *call, size_t index,
                    struct svct_ending *ret_ending);

/* Reads of the policy what soon needs; else does nothing. SVCT_E_*. */
int svct_ending_ready(const struct svct_snapshot *snapshot,
                      struct svct_ending *ending);

/* Is it one of these? true for all where it was not asked for. begun: when what
 * ends at expires was made, or became valid. */
bool svct_ending_is(const struct svct_ending *ending, int64_t begun,
                    int64_t expires, int64_t now);

#endif
