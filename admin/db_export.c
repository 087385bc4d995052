/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "access.h"
#include "db.h"
#include "dump.h"
#include "say.h"

/* "-" and nothing are standard output. */
static const char *path_of(const struct svct_call *call)
{
    const char *path = svct_opts_operand(&call->opts, 0);

    return path != NULL && strcmp(path, "-") != 0 ? path : NULL;
}

int svct_db_export(const struct svct_call *call)
{
    struct svct_dump_counts counts;
    struct svct_lineout out;
    struct svct_view view;
    int r = svct_access_read(call, &view);

    if (r != SVCT_EXIT_DONE)
        return r;
    r = svct_lineout_open(call, path_of(call), false, &out);
    if (r == SVCT_EXIT_DONE) {
        r = svct_dump(call, view.snapshot, &out, NULL, &counts);
        if (r == SVCT_EXIT_DONE)
            r = svct_lineout_finish(&out);
        svct_lineout_done(&out);
    }
    svct_access_done(&view);
    if (r == SVCT_EXIT_DONE)
        svct_say("%llu accounts, %llu tokens and %llu roles exported",
                 (unsigned long long)counts.accounts,
                 (unsigned long long)counts.tokens,
                 (unsigned long long)counts.roles);
    return r;
}
