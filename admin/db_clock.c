/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "access.h"
#include "db.h"
#include "out.h"
#include "say.h"
#include "trail.h"
#include "tty.h"

enum {
    ACCEPT_YES
};

const struct svct_opt svct_db_accept_clock_options[] = {
    [ACCEPT_YES] = {"yes", NULL, 0, "do not ask"},
    {NULL, NULL, 0, NULL},
};

static int check_behind(const struct svct_call *call, int64_t committed)
{
    char clock[40], change[40];

    if (committed > call->now)
        return SVCT_EXIT_DONE;
    return svct_say_no(call,
                       "the clock (%s) is not behind the last change (%s): "
                       "there is nothing to mend",
                       svct_time_format(clock, sizeof(clock), call->now),
                       svct_time_format(change, sizeof(change), committed));
}

/* Without a lock: people think. */
static int look(const struct svct_call *call, int64_t *ret_committed)
{
    struct svct_view view;
    int r = svct_access_read(call, &view);

    if (r != SVCT_EXIT_DONE)
        return r;
    *ret_committed = svct_snapshot_meta(view.snapshot)->committed;
    svct_access_done(&view);
    return check_behind(call, *ret_committed);
}

static int confirm(const struct svct_call *call, int64_t committed)
{
    char clock[40], change[40], question[200];

    if (svct_opts_given(&call->opts, ACCEPT_YES))
        return SVCT_EXIT_DONE;
    svct_time_format(clock, sizeof(clock), call->now);
    if (!svct_tty_present())
        return svct_say_usage(call,
                              "there is no terminal to ask at whether %s is "
                              "the right time: give --yes",
                              clock);
    snprintf(question, sizeof(question),
             "The clock says %s, the last change of the database %s.\n"
             "Is the clock right now?",
             clock, svct_time_format(change, sizeof(change), committed));
    if (svct_tty_confirm(question))
        return SVCT_EXIT_DONE;
    return svct_say_no(call, "nothing was changed");
}

static int print_accepted(const struct svct_call *call, int64_t committed)
{
    char clock[40], change[40];
    json_t *object;

    svct_time_format(clock, sizeof(clock), call->now);
    svct_time_format(change, sizeof(change), committed);
    svct_say("the last change counts as made at %s now, no longer at %s: "
             "tokens are taken again",
             clock, change);
    svct_say("what was made while the clock was ahead may end later than was "
             "meant: see \"svctoken token list\"");
    if (!call->opts.json)
        return SVCT_EXIT_DONE;
    object = json_object();
    svct_out_put(&object, "committed", json_string(clock));
    svct_out_put(&object, "old_committed", json_string(change));
    return svct_out_json(call, object);
}

int svct_db_accept_clock(const struct svct_call *call)
{
    struct svct_audit audit;
    struct svct_txn *txn;
    int64_t committed;
    int r = look(call, &committed);

    if (r == SVCT_EXIT_DONE)
        r = confirm(call, committed);
    if (r == SVCT_EXIT_DONE)
        r = svct_access_begin_again(call, false, &txn);
    if (r != SVCT_EXIT_DONE)
        return r;
    committed =
        svct_snapshot_meta(svct_txn_view(txn, SVCT_PART_PRIVATE))->committed;
    r = check_behind(call, committed);
    if (r != SVCT_EXIT_DONE) {
        svct_access_drop(txn);
        return r;
    }
    svct_txn_accept_clock(txn);
    svct_audit_begin(&audit, "clock-accept");
    svct_trail_change_time(&audit, "committed", committed, call->now);
    r = svct_access_commit(call, txn, &audit);
    return r == SVCT_EXIT_DONE ? print_accepted(call, committed) : r;
}
