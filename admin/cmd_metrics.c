/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "openmetrics.h"
#include "outfile.h"
#include "say.h"

enum {
    METRICS_OUT,
    METRICS_LOG,
    METRICS_VERIFY
};

static const struct svct_opt options[] = {
    [METRICS_OUT] = {"out", "FILE", 0,
                     "write them to this file, in the place of the one that is "
                     "there"},
    [METRICS_LOG] = {"log", "FILE", 0,
                     "read logins from this file of syslogd, in place of this "
                     "host's log"},
    [METRICS_VERIFY] = {"verify", NULL, 0,
                        "look as closely at the database as \"db verify\" "
                        "does"},
    {NULL, NULL, 0, NULL},
};

static int check(const struct svct_call *call)
{
    const char *out = svct_opts_get(&call->opts, METRICS_OUT);

    if (call->opts.json)
        return svct_say_usage(call, "metrics are no JSON: \"svctoken status "
                                    "--json\" has the same");
    if (out != NULL && (out[0] == '\0' || strcmp(out, "-") == 0))
        return svct_say_usage(call, "--out: name the file; without --out they "
                                    "go to standard output");
    return SVCT_EXIT_DONE;
}

static void say_name(const char *out)
{
    const char *dot = strrchr(out, '.');

    if (dot == NULL || strcmp(dot, ".prom") != 0)
        svct_say("node_exporter reads files that end in .prom only");
}

static int write_metrics(const struct svct_call *call,
                         const struct svct_overview *overview)
{
    const char *out = svct_opts_get(&call->opts, METRICS_OUT);
    struct svct_outfile file;
    int r = svct_outfile_open(call, out, 0644, true, &file);

    if (r != SVCT_EXIT_DONE)
        return r;
    svct_openmetrics_write(overview, file.file);
    r = svct_outfile_finish(&file);
    svct_outfile_done(&file);
    if (r == SVCT_EXIT_DONE && out != NULL)
        say_name(out);
    return r;
}

static int run(const struct svct_call *call)
{
    struct svct_overview_wish wish = {
        .inventory = {.now = call->now,
                      .unused = SVCT_OVERVIEW_UNUSED,
                      .rows = 1},
        .logins = true,
        .log = svct_opts_get(&call->opts, METRICS_LOG),
        .verify = svct_opts_given(&call->opts, METRICS_VERIFY)};
    struct svct_overview overview;
    int r = check(call);

    if (r != SVCT_EXIT_DONE)
        return r;
    r = svct_overview_gather(call, &wish, &overview);
    if (r == SVCT_EXIT_DONE)
        r = write_metrics(call, &overview);
    if (r == SVCT_EXIT_DONE)
        r = svct_overview_exit(&overview);
    svct_overview_done(&overview);
    return r;
}

const struct svct_command svct_cmd_metrics[] = {
    {.group = "metrics",
     .summary = "write numbers for Prometheus",
     .text =
         "Gauges in the text format of Prometheus, which is OpenMetrics as "
         "well: for the\n"
         "textfile collector of node_exporter. FILE is there whole or not at "
         "all, and\n"
         "readable by all (0644); no name of an account or token is in it.\n"
         "\n"
         "Ends with 3 when the database can't be read; they are written then, "
         "too, with\n"
         "svctoken_database_up 0.\n"
         "\n"
         "  svctoken metrics\n"
         "  svctoken metrics --out "
         "/var/lib/prometheus/node-exporter/svctoken.prom\n",
     .options = options,
     .run = run},
    {.group = NULL},
};
