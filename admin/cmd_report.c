/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "args.h"
#include "htmlpage.h"
#include "outfile.h"
#include "say.h"

enum {
    REPORT_HTML,
    REPORT_REPLACE,
    REPORT_ROWS,
    REPORT_UNUSED
};

#define ROWS 1000
#define ROWS_MAX 20000

static const struct svct_opt options[] = {
    [REPORT_HTML] = {"html", "FILE", 0,
                     "write a page of HTML to this new file; \"-\": to "
                     "standard output"},
    [REPORT_REPLACE] = {"replace", NULL, 0,
                        "in the place of the file, if it is there"},
    [REPORT_ROWS] = {"rows", "N", 0,
                     "show at most so many in each list, 1 to 20000; 1000 if "
                     "not given"},
    [REPORT_UNUSED] = {"unused", "DURATION", 0,
                       "how long a token was not used that is called unused; "
                       "90d if not given"},
    {NULL, NULL, 0, NULL},
};

/* NULL: standard output. */
static int read_path(const struct svct_call *call, const char **ret_path)
{
    const char *path = svct_opts_get(&call->opts, REPORT_HTML);

    if (call->opts.json)
        return svct_say_usage(call, "a report is no JSON: \"svctoken status\", "
                                    "\"account list\" and \"token list\" have "
                                    "that");
    if (path == NULL || path[0] == '\0')
        return svct_say_usage(call, "--html FILE is missing: name a new file, "
                                    "or \"-\" for standard output");
    *ret_path = strcmp(path, "-") != 0 ? path : NULL;
    return SVCT_EXIT_DONE;
}

/* Before a walk that may take long it is known that the file can be made. */
static int write_report(const struct svct_call *call,
                        const struct svct_overview_wish *wish, const char *path)
{
    struct svct_overview overview;
    struct svct_outfile file;
    int r = svct_outfile_open(
        call, path, 0600, svct_opts_given(&call->opts, REPORT_REPLACE), &file);

    if (r != SVCT_EXIT_DONE)
        return r;
    r = svct_overview_gather(call, wish, &overview);
    if (r == SVCT_EXIT_DONE)
        r = svct_overview_exit(&overview);
    if (r == SVCT_EXIT_DONE) {
        svct_htmlpage_write(&overview, file.file);
        r = svct_outfile_finish(&file);
    }
    svct_outfile_done(&file);
    svct_overview_done(&overview);
    return r;
}

static int run(const struct svct_call *call)
{
    struct svct_overview_wish wish = {
        .inventory = {.now = call->now,
                      .unused = SVCT_OVERVIEW_UNUSED,
                      .rows = ROWS,
                      .all = true}};
    uint64_t rows = ROWS;
    const char *path = NULL;
    int r = read_path(call, &path);

    if (r == SVCT_EXIT_DONE)
        r = svct_args_get_count(call, REPORT_ROWS, ROWS_MAX, &rows);
    if (r == SVCT_EXIT_DONE)
        r = svct_args_get_duration(call, REPORT_UNUSED, &wish.inventory.unused);
    wish.inventory.rows = (size_t)rows;
    return r == SVCT_EXIT_DONE ? write_report(call, &wish, path) : r;
}

const struct svct_command svct_cmd_report[] = {
    {.group = "report",
     .summary = "write a page about all accounts and tokens",
     .text =
         "One file that needs nothing beside itself, for a browser or a printer: what\n"
         "there is, when tokens end, which are unused, which never end, by role. It is\n"
         "for root alone (0600), is there whole or not at all, and no secret and no hash\n"
         "is in it.\n"
         "\n"
         "  svctoken report --html /root/svctoken.html\n"
         "  svctoken report --html - --unused 30d >svctoken.html\n",
     .options = options,
     .run = run},
    {.group = NULL},
};
