/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "status.h"

#include <langinfo.h>
#include <stdarg.h>
#include <unistd.h>

#include "auth/timefmt.h"
#include "logrow.h"
#include "say.h"
#include "table.h"
#include "timeline.h"

#define WIDTH 80       /* where it is no terminal */
#define WIDTH_LEAST 40 /* narrower lines are cut by the terminal */
#define WIDTH_MOST 160
#define HEAD 11 /* characters before the text of a line */

/* ---- the screen ---- */

/* Colours are given to tables, so the rules are theirs. */
static int look_at_screen(struct svct_timeline *ret_screen)
{
    struct svct_timeline screen = {.width = WIDTH};
    struct libscols_table *table = svct_table_new();
    const char *terminal = getenv("TERM");

    if (table == NULL)
        return SVCT_E_NOMEM;
    if (isatty(STDOUT_FILENO))
        screen.width = (unsigned)scols_table_get_termwidth(table);
    if (screen.width < WIDTH_LEAST)
        screen.width = WIDTH_LEAST;
    if (screen.width > WIDTH_MOST)
        screen.width = WIDTH_MOST;
    screen.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    screen.colour = scols_table_colors_wanted(table) == 1 &&
                    (terminal == NULL || strcmp(terminal, "dumb") != 0);
    scols_unref_table(table);
    *ret_screen = screen;
    return 0;
}

/* ASCII, cut where the screen ends. */
static void put_line(const struct svct_timeline *screen, const char *text)
{
    int room = (int)screen->width - 1;
    bool fits = strlen(text) <= (size_t)room;

    if (fits)
        printf("%s\n", text);
    else
        printf("%.*s..\n", room - 2, text);
}

static void __attribute__((format(printf, 3, 4)))
put(const struct svct_timeline *screen, const char *head, const char *format,
    ...)
{
    char text[1024];
    int at = snprintf(text, sizeof(text), "%-*s", HEAD, head);
    va_list args;

    va_start(args, format);
    vsnprintf(text + at, sizeof(text) - (size_t)at, format, args);
    va_end(args);
    put_line(screen, text);
}

/* ---- numbers ---- */

/* "12.3 GiB" */
static char *bytes_text(char *out, size_t size, int64_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    size_t unit = 0;
    int64_t tenths = bytes * 10;

    while (tenths >= 10240 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        tenths /= 1024;
        unit++;
    }
    if (unit == 0)
        snprintf(out, size, "%lld B", (long long)bytes);
    else
        snprintf(out, size, "%lld.%lld %s", (long long)(tenths / 10),
                 (long long)(tenths % 10), units[unit]);
    return out;
}

/* "3 active, 1 expired": those of which there is one, the first in any case. */
static void list_states(char *out, size_t size, const char *const *states,
                        const uint64_t *count)
{
    size_t len = 0;

    for (size_t i = 0; states[i] != NULL && len < size; i++) {
        if (count[i] > 0 || i == 0)
            len += (size_t)snprintf(out + len, size - len, "%s%llu %s",
                                    len > 0 ? ", " : "",
                                    (unsigned long long)count[i], states[i]);
    }
}

/* ---- the database ---- */

static void put_database(const struct svct_timeline *screen,
                         const struct svct_overview *overview)
{
    const struct svct_inventory *inventory = &overview->inventory;
    char size[32], left[32];

    if (!overview->opened) {
        put(screen, "Database", "DOWN");
        return;
    }
    put(screen, "Database", "%s: generation %llu, %s; %s of the disk are free",
        overview->error == 0 ? "up" : "DOWN",
        (unsigned long long)inventory->meta.sequence,
        bytes_text(size, sizeof(size),
                   svct_dbsize_generation(&inventory->size)),
        bytes_text(left, sizeof(left), inventory->size.disk_free));
}

static void put_change(const struct svct_timeline *screen,
                       const struct svct_overview *overview)
{
    char time[96];
    struct svct_logrow row;
    const char *action, *by;

    if (!overview->opened)
        return;
    svct_out_time(time, sizeof(time), overview->inventory.meta.committed,
                  overview->call->now);
    if (overview->change == NULL) {
        put(screen, "Changed", "%s", time);
        return;
    }
    svct_logrow_fill(&row, overview->change);
    action = json_string_value(json_object_get(overview->change, "action"));
    by = json_string_value(json_object_get(overview->change, "by"));
    put(screen, "Changed", "%s: %s%s%s by %s", time, svct_say_bare(action).text,
        row.about[0] != '\0' ? " " : "", svct_say_bare(row.about).text,
        svct_say_bare(by).text);
}

static void put_counts(const struct svct_timeline *screen,
                       const struct svct_inventory_counts *counts)
{
    char text[400];

    list_states(text, sizeof(text), svct_account_states, counts->accounts_in);
    put(screen, "Accounts", "%llu: %s; %llu of them API keys",
        (unsigned long long)counts->accounts, text,
        (unsigned long long)counts->apikeys);
    list_states(text, sizeof(text), svct_token_states, counts->tokens_in);
    put(screen, "Tokens", "%llu: %s", (unsigned long long)counts->tokens, text);
}

static void put_roles(const struct svct_timeline *screen,
                      const struct svct_inventory *inventory)
{
    char text[600] = "";
    size_t len = 0;

    for (size_t i = inventory->roles; i-- > 0 && len < sizeof(text);) {
        const struct svct_inventory_role *role = &inventory->role[i];

        if (role->tokens > 0)
            len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s %llu",
                                    len > 0 ? ", " : "", role->name,
                                    (unsigned long long)role->tokens);
    }
    put(screen, "In use", "%llu open something%s%s",
        (unsigned long long)inventory->counts.live, len > 0 ? ": " : "", text);
}

static void put_watch(const struct svct_timeline *screen,
                      const struct svct_inventory *inventory)
{
    const struct svct_inventory_counts *counts = &inventory->counts;
    char span[40], shut[80] = "";

    svct_duration_format(span, sizeof(span), inventory->wish.unused);
    if (counts->shut > 0)
        snprintf(shut, sizeof(shut), ", %llu of shut accounts",
                 (unsigned long long)counts->shut);
    put(screen, "Watch", "%llu end within 7d, %llu never, %llu unused for %s%s",
        (unsigned long long)counts->within_week,
        (unsigned long long)counts->immortal,
        (unsigned long long)counts->unused, span, shut);
}

static void put_next(const struct svct_timeline *screen,
                     const struct svct_inventory *inventory)
{
    char line[SVCT_TIMELINE_ROOM];

    if (inventory->next.count > 0)
        printf("\n%s\n", svct_timeline_head(screen, "EXPIRES NEXT", line));
    for (size_t i = 0; i < inventory->next.count && i < SVCT_STATUS_NEXT; i++) {
        const struct svct_inventory_token *token =
            svct_firstof_at(&inventory->next, i);
        int64_t left = token->ends - inventory->wish.now;
        char label[SVCT_LOGIN_MAX + SVCT_NAME_MAX + 2], span[48];

        snprintf(label, sizeof(label), "%s/%s", token->account, token->name);
        svct_out_span(span, sizeof(span), left);
        printf("%s\n", svct_timeline_row(screen, label,
                                         left > 0 ? span + strlen("in ") : span,
                                         left, line));
    }
}

/* ---- the log ---- */

static void source_text(const struct svct_loginlog *logins, char *out,
                        size_t size)
{
    if (logins->source == SVCT_LOGINLOG_JOURNAL)
        snprintf(out, size, "the journal");
    else
        snprintf(out, size, "%s", logins->file);
}

static void put_logins(const struct svct_timeline *screen,
                       const struct svct_overview *overview)
{
    const struct svct_loginlog *logins = &overview->logins;
    char source[200], since[96] = "24h";

    putchar('\n');
    if (logins->source == SVCT_LOGINLOG_NOTHING) {
        put(screen, "Logins", "not known: %s", logins->why.what);
        return;
    }
    source_text(logins, source, sizeof(source));
    if (!logins->whole)
        svct_duration_format(since, sizeof(since),
                             overview->call->now - logins->since);
    put(screen, "Logins",
        "%llu granted, %llu denied, %llu undecided in %s%s (%s)",
        (unsigned long long)logins->granted, (unsigned long long)logins->denied,
        (unsigned long long)logins->undecided, logins->whole ? "" : "the last ",
        since, source);
}

static void put_refused(const struct svct_timeline *screen,
                        const struct svct_overview *overview)
{
    const struct svct_loginlog *logins = &overview->logins;

    if (logins->last_count > 0)
        put_line(screen, "REFUSED     ACCOUNT/TOKEN          REASON            "
                         "  SERVICE  FROM");
    for (size_t i = 0; i < logins->last_count && i < SVCT_STATUS_REFUSED; i++) {
        const struct svct_loginline *line = &logins->last[i];
        char span[48], label[SVCT_LOGINLINE_WORD_MAX + SVCT_NAME_MAX + 2];
        char text[512];

        snprintf(label, sizeof(label), "%s%s%s", line->user,
                 line->token[0] != '\0' ? "/" : "", line->token);
        svct_out_span(span, sizeof(span), line->time - overview->call->now);
        snprintf(text, sizeof(text), "%-11s %-22.22s %-19s %-8.8s %s", span,
                 label, line->reason, line->service, line->rhost);
        put_line(screen, text);
    }
}

int svct_status_print(const struct svct_overview *overview)
{
    struct svct_timeline screen;
    char time[40];

    if (look_at_screen(&screen) < 0)
        return svct_say_fault(overview->call, SVCT_E_NOMEM, NULL);
    put(&screen, "Host", "%s, %s", svct_say_bare(overview->host).text,
        svct_time_format(time, sizeof(time), overview->call->now));
    put_database(&screen, overview);
    put_change(&screen, overview);
    if (overview->error == 0) {
        put_counts(&screen, &overview->inventory.counts);
        put_roles(&screen, &overview->inventory);
        put_watch(&screen, &overview->inventory);
        put_next(&screen, &overview->inventory);
    }
    put_logins(&screen, overview);
    put_refused(&screen, overview);
    return SVCT_EXIT_DONE;
}

/* ---- JSON ---- */

static json_t *number(uint64_t value)
{
    return json_integer((json_int_t)value);
}

static json_t *moment(int64_t time)
{
    char text[40];

    return time == SVCT_TIME_NEVER
               ? json_null()
               : json_string(svct_time_format(text, sizeof(text), time));
}

static json_t *json_word(const char *text)
{
    return text[0] != '\0' ? json_string(text) : json_null();
}

static json_t *json_database(const struct svct_overview *overview)
{
    const struct svct_inventory *inventory = &overview->inventory;
    const struct svct_dbsize *size = &inventory->size;
    bool opened = overview->opened;
    json_t *object = json_object();

    svct_out_put(&object, "up", json_boolean(overview->error == 0));
    svct_out_put(&object, "folder",
                 json_string(svct_say_bare(overview->call->db).text));
    svct_out_put(&object, "sequence",
                 opened ? number(inventory->meta.sequence) : json_null());
    svct_out_put(&object, "committed",
                 opened ? moment(inventory->meta.committed) : json_null());
    svct_out_put(&object, "clock_suspect",
                 opened ? json_boolean(inventory->clock_suspect) : json_null());
    svct_out_put(&object, "generation_bytes",
                 opened ? json_integer(svct_dbsize_generation(size))
                        : json_null());
    svct_out_put(&object, "disk_bytes",
                 opened ? json_integer(size->disk) : json_null());
    svct_out_put(&object, "disk_free_bytes",
                 opened ? json_integer(size->disk_free) : json_null());
    svct_out_put(&object, "verify_problems",
                 overview->verified ? number(overview->verify_problems)
                                    : json_null());
    return object;
}

/* "total", and a number for each state by its name. */
static json_t *json_states(uint64_t total, const char *const *states,
                           const uint64_t *count)
{
    json_t *object = json_object();

    svct_out_put(&object, "total", number(total));
    for (size_t i = 0; states[i] != NULL; i++)
        svct_out_put(&object, states[i], number(count[i]));
    return object;
}

static json_t *json_accounts(const struct svct_inventory_counts *counts)
{
    json_t *object =
        json_states(counts->accounts, svct_account_states, counts->accounts_in);

    svct_out_put(&object, "apikeys", number(counts->apikeys));
    return object;
}

static json_t *json_tokens(const struct svct_inventory *inventory)
{
    const struct svct_inventory_counts *counts = &inventory->counts;
    json_t *object =
        json_states(counts->tokens, svct_token_states, counts->tokens_in);

    svct_out_put(&object, "live", number(counts->live));
    svct_out_put(&object, "shut_with_account", number(counts->shut));
    svct_out_put(&object, "never_end", number(counts->immortal));
    svct_out_put(&object, "unused", number(counts->unused));
    svct_out_put(&object, "unused_after", json_integer(inventory->wish.unused));
    svct_out_put(&object, "ending_1d", number(counts->within_day));
    svct_out_put(&object, "ending_7d", number(counts->within_week));
    svct_out_put(&object, "ending_30d", number(counts->within_month));
    return object;
}

/* Adds to an array; out of memory is remembered. */
static void append(json_t **array, json_t *value)
{
    if (*array == NULL) {
        json_decref(value);
    } else if (json_array_append_new(*array, value) < 0) {
        json_decref(*array);
        *array = NULL;
    }
}

static json_t *json_roles(const struct svct_inventory *inventory)
{
    json_t *array = json_array();

    for (size_t i = 0; i < inventory->roles; i++) {
        const struct svct_inventory_role *role = &inventory->role[i];
        json_t *object = json_object();

        svct_out_put(&object, "name", json_string(role->name));
        svct_out_put(&object, "accounts", number(role->accounts));
        svct_out_put(&object, "live_tokens", number(role->tokens));
        svct_out_put(&object, "never_end", number(role->immortal));
        svct_out_put(&object, "unused", number(role->unused));
        append(&array, object);
    }
    return array;
}

static json_t *json_next(const struct svct_inventory *inventory)
{
    json_t *array = json_array();

    for (size_t i = 0; i < inventory->next.count; i++) {
        const struct svct_inventory_token *token =
            svct_firstof_at(&inventory->next, i);
        json_t *object = json_object();

        svct_out_put(&object, "account", json_string(token->account));
        svct_out_put(&object, "name", json_string(token->name));
        svct_out_put(&object, "id", json_string(token->id));
        svct_out_put(&object, "role", json_string(token->role));
        svct_out_put(&object, "ends", moment(token->ends));
        svct_out_put(&object, "ends_in",
                     json_integer(token->ends - inventory->wish.now));
        append(&array, object);
    }
    return array;
}

static json_t *json_refused(const struct svct_loginlog *logins)
{
    json_t *array = json_array();

    for (size_t i = 0; i < logins->last_count; i++) {
        const struct svct_loginline *line = &logins->last[i];
        json_t *object = json_object();

        svct_out_put(&object, "time", moment(line->time));
        svct_out_put(&object, "reason", json_string(line->reason));
        svct_out_put(
            &object, "phase",
            json_string(line->phase[0] != '\0' ? line->phase : "auth"));
        svct_out_put(&object, "user", json_string(line->user));
        svct_out_put(&object, "token", json_word(line->token));
        svct_out_put(&object, "id", json_word(line->id));
        svct_out_put(&object, "service", json_string(line->service));
        svct_out_put(
            &object, "rhost",
            json_word(strcmp(line->rhost, "-") != 0 ? line->rhost : ""));
        append(&array, object);
    }
    return array;
}

static json_t *json_reasons(const struct svct_loginlog *logins)
{
    json_t *object = json_object();

    for (unsigned i = 0; i < SVCT_LOGINLOG_REASONS; i++) {
        if (logins->reason[i].count > 0)
            svct_out_put(&object, svct_loginlog_reason(i),
                         number(logins->reason[i].count));
    }
    return object;
}

static json_t *json_logins(const struct svct_loginlog *logins)
{
    static const char *const sources[] = {NULL, "journal", "file"};
    bool known = logins->source != SVCT_LOGINLOG_NOTHING;
    json_t *object = json_object();

    svct_out_put(&object, "source",
                 known ? json_string(sources[logins->source]) : json_null());
    svct_out_put(&object, "file", json_word(logins->file));
    svct_out_put(&object, "why_not",
                 json_word(svct_say_bare(logins->why.what).text));
    svct_out_put(&object, "since", known ? moment(logins->since) : json_null());
    svct_out_put(&object, "whole_day", json_boolean(known && logins->whole));
    svct_out_put(&object, "granted",
                 known ? number(logins->granted) : json_null());
    svct_out_put(&object, "denied",
                 known ? number(logins->denied) : json_null());
    svct_out_put(&object, "undecided",
                 known ? number(logins->undecided) : json_null());
    svct_out_put(&object, "reasons", json_reasons(logins));
    svct_out_put(&object, "refused", json_refused(logins));
    return object;
}

static json_t *json_problems(const struct svct_overview *overview)
{
    json_t *array = json_array();

    for (size_t i = 0; i < overview->problems; i++)
        append(&array, json_string(overview->problem[i].text));
    return array;
}

int svct_status_json(const struct svct_overview *overview)
{
    const struct svct_inventory *inventory = &overview->inventory;
    bool up = overview->error == 0;
    json_t *object = json_object();

    svct_out_put(&object, "time", moment(overview->call->now));
    svct_out_put(&object, "host",
                 json_string(svct_say_bare(overview->host).text));
    svct_out_put(&object, "version", json_string(PACKAGE_VERSION));
    svct_out_put(&object, "database", json_database(overview));
    svct_out_put(&object, "last_change",
                 overview->change != NULL
                     ? svct_logrow_object(overview->call, overview->change)
                     : json_null());
    svct_out_put(&object, "accounts",
                 up ? json_accounts(&inventory->counts) : json_null());
    svct_out_put(&object, "tokens", up ? json_tokens(inventory) : json_null());
    svct_out_put(&object, "roles", up ? json_roles(inventory) : json_null());
    svct_out_put(&object, "next", up ? json_next(inventory) : json_null());
    svct_out_put(&object, "logins", json_logins(&overview->logins));
    svct_out_put(&object, "problems", json_problems(overview));
    return svct_out_json(overview->call, object);
}
