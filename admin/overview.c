/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "overview.h"

#include <stdarg.h>
#include <unistd.h>

#include "dbcheck.h"
#include "hint.h"
#include "lastchange.h"
#include "say.h"

/* ---- what somebody should look at ---- */

static void __attribute__((format(printf, 2, 3)))
add_problem(struct svct_overview *overview, const char *format, ...)
{
    char sentence[400];
    va_list args;

    if (overview->problems == SVCT_OVERVIEW_PROBLEMS)
        return;
    va_start(args, format);
    vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    overview->problem[overview->problems++] = svct_say_bare_long(sentence);
}

static void note_clock(struct svct_overview *overview)
{
    char words[400];

    if (overview->inventory.clock_suspect)
        add_problem(overview, "%s",
                    svct_hint_clock(words, sizeof(words), overview->call->now,
                                    overview->inventory.meta.committed));
}

/* A change writes one more copy of the generation, and keeps room for another.
 */
static void note_disk(struct svct_overview *overview)
{
    const struct svct_dbsize *size = &overview->inventory.size;
    int64_t needed = 2 * svct_dbsize_generation(size);

    if (size->disk > 0 && size->disk_free < needed)
        add_problem(overview,
                    "the disk has %lld bytes left, and a change may need %lld",
                    (long long)size->disk_free, (long long)needed);
}

static void note_usage(struct svct_overview *overview)
{
    const struct svct_lastuse *lastuse = &overview->inventory.lastuse;

    if (lastuse->code != 0)
        add_problem(overview, "when tokens were last used is not known: %s",
                    lastuse->fault.what);
    else if (lastuse->odd > 0)
        add_problem(overview,
                    "of %llu tokens it is not known when they were last used: "
                    "\"svctoken db verify\" tells why",
                    (unsigned long long)lastuse->odd);
}

static void note_database(struct svct_overview *overview)
{
    if (overview->error != 0)
        add_problem(overview, "the database can't be read: %s",
                    overview->fault.what[0] != '\0'
                        ? overview->fault.what
                        : svct_err_text(overview->error));
    if (overview->opened) {
        note_clock(overview);
        note_disk(overview);
        note_usage(overview);
    }
    if (overview->verified && overview->verify_problems > 0)
        add_problem(overview, "\"svctoken db verify\" finds %llu problem%s",
                    (unsigned long long)overview->verify_problems,
                    svct_say_s(overview->verify_problems));
}

/* ---- gathering ---- */

static void ignore_problem(void *arg, const char *sentence)
{
    (void)arg;
    (void)sentence;
}

static void verify(struct svct_overview *overview)
{
    struct svct_dbcheck check = {.report = ignore_problem,
                                 .now = overview->call->now};
    struct svct_fault fault = {0};

    overview->verified =
        svct_dbcheck_run(&check, overview->call->db, &fault) == 0;
    overview->verify_problems = check.problems;
}

static void look_at_database(struct svct_overview *overview,
                             const struct svct_inventory_wish *wish)
{
    struct svct_view view;

    overview->error =
        svct_access_open(overview->call->db, &view, &overview->fault);
    if (overview->error < 0)
        return;
    overview->error = svct_inventory_gather(&view, wish, &overview->inventory,
                                            &overview->fault);
    overview->opened = true;
    overview->change = svct_lastchange_find(overview->call->db,
                                            overview->inventory.meta.sequence);
    svct_access_done(&view);
}

static int look_at_log(struct svct_overview *overview, const char *file)
{
    const struct svct_call *call = overview->call;
    int r = svct_loginlog_read(file, call->now, SVCT_OVERVIEW_WINDOW,
                               &overview->logins);

    if (r == 0)
        return SVCT_EXIT_DONE;
    svct_say_cannot(call, "--log: %s: %s", svct_say_quote(file).text,
                    overview->logins.why.what);
    return svct_say_exit(r);
}

/* Who is not root is told that, and not that the database is down. */
static bool is_not_for_us(const struct svct_overview *overview)
{
    if (overview->error == SVCT_E_NOMEM)
        return true;
    return overview->error == SVCT_E_ACCESS && geteuid() != 0;
}

int svct_overview_gather(const struct svct_call *call,
                         const struct svct_overview_wish *wish,
                         struct svct_overview *ret_overview)
{
    struct svct_overview *overview = ret_overview;

    *overview = (struct svct_overview){.call = call};
    if (gethostname(overview->host, sizeof(overview->host) - 1) != 0)
        snprintf(overview->host, sizeof(overview->host), "this host");
    if (wish->logins) {
        int r = look_at_log(overview, wish->log);

        if (r != SVCT_EXIT_DONE)
            return r;
        overview->logins_wanted = true;
    }
    look_at_database(overview, &wish->inventory);
    if (overview->error < 0)
        svct_say_fault(call, overview->error, &overview->fault);
    if (is_not_for_us(overview))
        return SVCT_EXIT_CANNOT;
    if (wish->verify)
        verify(overview);
    note_database(overview);
    return SVCT_EXIT_DONE;
}

void svct_overview_done(struct svct_overview *overview)
{
    svct_inventory_done(&overview->inventory);
    json_decref(overview->change);
    overview->change = NULL;
}

int svct_overview_exit(const struct svct_overview *overview)
{
    return overview->error == 0 ? SVCT_EXIT_DONE : SVCT_EXIT_CANNOT;
}
