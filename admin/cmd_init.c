/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "access.h"
#include "out.h"
#include "say.h"

static int print_made(const struct svct_call *call, uint64_t sequence)
{
    json_t *object = json_object();

    svct_out_put(&object, "folder", json_string(svct_say_bare(call->db).text));
    svct_out_put(&object, "sequence", json_integer((json_int_t)sequence));
    return svct_out_json(call, object);
}

static int init(const struct svct_call *call)
{
    struct svct_fault fault = {0};
    struct svct_audit audit;
    struct svct_txn *txn;
    uint64_t sequence;
    int r = svct_access_create(call, &txn);

    if (r != SVCT_EXIT_DONE)
        return r;
    r = svct_change_populate(txn, &fault);
    if (r < 0)
        return svct_access_give_up(call, txn, r, &fault);
    svct_audit_begin(&audit, "init");
    svct_audit_add(&audit, "db", call->db);
    sequence = svct_txn_sequence(txn);
    r = svct_access_commit(call, txn, &audit);
    if (r != SVCT_EXIT_DONE)
        return r;
    svct_say("made the database %s", svct_say_bare(call->db).text);
    return call->opts.json ? print_made(call, sequence) : SVCT_EXIT_DONE;
}

const struct svct_command svct_cmd_init[] = {
    {.group = "init",
     .summary = "make the database",
     .text = "Makes the database folder and an empty database in it, with the\n"
             "roles None, Viewer, Editor and Admin.\n"
             "\n"
             "  svctoken init\n",
     .run = init},
    {.group = NULL},
};
