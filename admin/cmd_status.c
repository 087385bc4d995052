/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "say.h"
#include "status.h"

enum {
    STATUS_LOG,
    STATUS_VERIFY
};

static const struct svct_opt options[] = {
    [STATUS_LOG] = {"log", "FILE", 0,
                    "read logins from this file of syslogd, in place of this "
                    "host's log"},
    [STATUS_VERIFY] = {"verify", NULL, 0,
                       "look as closely at the database as \"db verify\" does"},
    {NULL, NULL, 0, NULL},
};

/* Behind what is shown. */
static void say_problems(const struct svct_overview *overview)
{
    fflush(stdout);
    for (size_t i = overview->error != 0; i < overview->problems; i++)
        svct_say("%s", overview->problem[i].text);
}

static int run(const struct svct_call *call)
{
    struct svct_overview_wish wish = {
        .inventory = {.now = call->now,
                      .unused = SVCT_OVERVIEW_UNUSED,
                      .rows = call->opts.json ? 100 : SVCT_STATUS_NEXT},
        .logins = true,
        .log = svct_opts_get(&call->opts, STATUS_LOG),
        .verify = svct_opts_given(&call->opts, STATUS_VERIFY)};
    struct svct_overview overview;
    int r = svct_overview_gather(call, &wish, &overview);

    if (r == SVCT_EXIT_DONE)
        r = call->opts.json ? svct_status_json(&overview)
                            : svct_status_print(&overview);
    if (r == SVCT_EXIT_DONE) {
        say_problems(&overview);
        r = svct_overview_exit(&overview);
    }
    svct_overview_done(&overview);
    return r;
}

const struct svct_command svct_cmd_status[] = {
    {.group = "status",
     .summary = "show on one screen how things are",
     .text =
         "Accounts, tokens by state and role, what expires next, who was "
         "refused in the\n"
         "last 24 hours, the last change, and what somebody should look at.\n"
         "\n"
         "Of logins it knows what the journal tells, or else /var/log/auth.log "
         "or\n"
         "/var/log/secure; svctoken(8) says how far that is to be trusted.\n"
         "\n"
         "Ends with 3 when the database can't be read; what is known is shown "
         "then, too.\n"
         "\n"
         "With --json it has \"time\", \"host\", \"version\", \"database\", "
         "\"last_change\",\n"
         "\"accounts\", \"tokens\", \"roles\", \"next\", \"logins\" and "
         "\"problems\".\n"
         "\n"
         "  svctoken status\n"
         "  svctoken status --verify --json\n"
         "  svctoken status --log /var/log/messages\n",
     .options = options,
     .run = run},
    {.group = NULL},
};
