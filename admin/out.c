/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "out.h"

#include <errno.h>
#include <libsmartcols.h>
#include <unistd.h>

#include "auth/timefmt.h"
#include "say.h"
#include "wrap.h"

#define TEXT_MAX 4352 /* a list cell in full */

void svct_cell_add(struct svct_cell *cell, const char *word)
{
    if (cell->words < SVCT_CELL_WORDS) {
        snprintf(cell->word[cell->words], sizeof(cell->word[0]), "%s", word);
        cell->words++;
    }
}

/* ---- times ---- */

/* To two units: nobody wants the seconds of a year. */
static int64_t rounded(int64_t seconds)
{
    static const int64_t unit[] = {7 * 86400, 86400, 3600, 60};

    for (size_t i = 0; i < 4; i++) {
        int64_t next = i < 3 ? unit[i + 1] : 1;

        if (seconds >= unit[i])
            return seconds - seconds % next;
    }
    return seconds;
}

char *svct_out_span(char *out, size_t size, int64_t seconds)
{
    char text[40];

    if (seconds == 0) {
        snprintf(out, size, "now");
    } else if (seconds > 0) {
        svct_duration_format(text, sizeof(text), rounded(seconds));
        snprintf(out, size, "in %s", text);
    } else {
        svct_duration_format(text, sizeof(text), rounded(-seconds));
        snprintf(out, size, "%s ago", text);
    }
    return out;
}

char *svct_out_time(char *out, size_t size, int64_t time, int64_t now)
{
    char moment[40], span[48];

    svct_time_format(moment, sizeof(moment), time);
    if (time == SVCT_TIME_NEVER)
        snprintf(out, size, "%s", moment);
    else
        snprintf(out, size, "%s (%s)", moment,
                 svct_out_span(span, sizeof(span), time - now));
    return out;
}

/* ---- cells as text ---- */

static void join(const struct svct_cell *cell, char *out, size_t size)
{
    size_t len = 0;

    snprintf(out, size, "-");
    for (size_t i = 0; i < cell->words && len < size; i++)
        len += (size_t)snprintf(out + len, size - len, "%s%s",
                                i > 0 ? ", " : "", cell->word[i]);
}

/* sheet: there is room for more words. */
static void cell_text(const struct svct_column *column,
                      const struct svct_cell *cell, bool sheet, char *out,
                      size_t size)
{
    if (cell->null || column->type == SVCT_CELL_TEXT ||
        column->type == SVCT_CELL_STATE) {
        bool any = cell->text != NULL && cell->text[0] != '\0';

        snprintf(out, size, "%s", any ? cell->text : "-");
        return;
    }
    switch (column->type) {
    case SVCT_CELL_NUMBER:
        snprintf(out, size, "%lld", (long long)cell->number);
        break;
    case SVCT_CELL_BOOL:
        snprintf(out, size, "%s", cell->truth ? "yes" : "no");
        break;
    case SVCT_CELL_TIME:
        if (sheet)
            svct_out_time(out, size, cell->number, cell->now);
        else
            svct_time_format(out, size, cell->number);
        break;
    case SVCT_CELL_SPAN:
        svct_out_span(out, size, cell->number);
        break;
    default:
        join(cell, out, size);
    }
}

static void get(const struct svct_call *call, const struct svct_column *column,
                const void *row, struct svct_cell *cell)
{
    *cell = (struct svct_cell){.now = call->now};
    column->get(row, cell);
}

/* ---- tables ---- */

static const char *state_colour(const char *state)
{
    static const struct {
        const char *state;
        const char *colour;
    } known[] = {
        {"active", "green"},    {"granted", "green"},
        {"disabled", "yellow"}, {"expired", "red"},
        {"revoked", "red"},     {"refused", "red"},
        {"used-up", "red"},     {"not-yet-valid", "yellow"},
        {"pass", "green"},      {"FAIL", "red"},
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(known[i].state, state) == 0)
            return known[i].colour;
    }
    return "yellow";
}

static int set_cell(struct libscols_line *line, size_t index,
                    const struct svct_column *column, const char *text)
{
    int r = scols_line_set_data(line, index, text);

    if (r == 0 && column->type == SVCT_CELL_STATE)
        r = scols_cell_set_color(scols_line_get_cell(line, index),
                                 state_colour(text));
    return r;
}

#define NARROW 80 /* characters a line; with fewer some columns are left out */
#define WIDE 110  /* with fewer some more */

static bool is_shown(const struct libscols_table *table,
                     const struct svct_column *column)
{
    size_t needed = 0;

    if (!(column->flags & SVCT_COLUMN_LIST))
        return false;
    if (column->flags & SVCT_COLUMN_SPARE)
        needed = NARROW;
    if (column->flags & SVCT_COLUMN_WIDE)
        needed = WIDE;
    return needed == 0 || !isatty(STDOUT_FILENO) ||
           scols_table_get_termwidth(table) >= needed;
}

static struct libscols_table *new_table(void)
{
    struct libscols_table *table = scols_new_table();
    const char *no_color = getenv("NO_COLOR");

    if (table == NULL)
        return NULL;
    if (isatty(STDOUT_FILENO) && (no_color == NULL || no_color[0] == '\0'))
        scols_table_enable_colors(table, 1);
    return table;
}

static int scols_flags(const struct svct_column *column)
{
    if (column->flags & SVCT_COLUMN_WRAP)
        return SCOLS_FL_WRAP;
    return column->type == SVCT_CELL_NUMBER ? SCOLS_FL_RIGHT : 0;
}

static int add_heads(struct libscols_table *table,
                     const struct svct_column *columns)
{
    for (; columns->key != NULL; columns++) {
        if (is_shown(table, columns) &&
            scols_table_new_column(table, columns->head, 0,
                                   scols_flags(columns)) == NULL)
            return -1;
    }
    return 0;
}

static int add_row(const struct svct_call *call, struct libscols_table *table,
                   const struct svct_column *columns, const void *row)
{
    struct libscols_line *line = scols_table_new_line(table, NULL);
    size_t index = 0;

    if (line == NULL)
        return -1;
    for (; columns->key != NULL; columns++) {
        struct svct_cell cell;
        char text[TEXT_MAX];

        if (!is_shown(table, columns))
            continue;
        get(call, columns, row, &cell);
        cell_text(columns, &cell, false, text, sizeof(text));
        if (set_cell(line, index++, columns, text) != 0)
            return -1;
    }
    return 0;
}

/* smartcols ends lines but the last. */
static int print_table(const struct svct_call *call,
                       struct libscols_table *table, int r)
{
    if (r == 0 && isatty(STDOUT_FILENO))
        r = svct_wrap_table(table);
    if (r == 0)
        r = scols_print_table(table);
    scols_unref_table(table);
    return r == 0 ? SVCT_EXIT_DONE
                  : svct_say_cannot(call, "could not print the table");
}

int svct_out_table(const struct svct_call *call,
                   const struct svct_column *columns, const void *const *rows,
                   size_t count)
{
    struct libscols_table *table;
    int r;

    if (count == 0)
        return SVCT_EXIT_DONE;
    table = new_table();
    if (table == NULL)
        return svct_say_fault(call, SVCT_E_NOMEM, NULL);
    r = add_heads(table, columns);
    for (size_t i = 0; r == 0 && i < count; i++)
        r = add_row(call, table, columns, rows[i]);
    return print_table(call, table, r);
}

/* ---- sheets ---- */

/* "NOT BEFORE" is "Not before" where it does not head a column. */
static void label(const char *head, char *out, size_t size)
{
    size_t i;

    for (i = 0; head[i] != '\0' && i + 2 < size; i++) {
        bool letter = head[i] >= 'A' && head[i] <= 'Z';

        out[i] = (char)(i > 0 && letter ? head[i] + ('a' - 'A') : head[i]);
    }
    out[i] = ':';
    out[i + 1] = '\0';
}

static bool is_empty(const struct svct_column *column,
                     const struct svct_cell *cell)
{
    if (cell->null)
        return true;
    switch (column->type) {
    case SVCT_CELL_TEXT:
        return cell->text == NULL || cell->text[0] == '\0';
    case SVCT_CELL_BOOL:
        return !cell->truth;
    case SVCT_CELL_LIST:
    case SVCT_CELL_NUMBERS:
        return cell->words == 0;
    default:
        return false;
    }
}

static int add_line(const struct svct_call *call, struct libscols_table *table,
                    const struct svct_column *column, const void *row)
{
    struct svct_cell cell;
    struct libscols_line *line;
    char text[TEXT_MAX], head[40];

    if ((column->flags & SVCT_COLUMN_JSON) || column->type == SVCT_CELL_SPAN)
        return 0;
    get(call, column, row, &cell);
    if ((column->flags & SVCT_COLUMN_QUIET) && is_empty(column, &cell))
        return 0;
    line = scols_table_new_line(table, NULL);
    if (line == NULL)
        return -1;
    label(column->head, head, sizeof(head));
    cell_text(column, &cell, true, text, sizeof(text));
    if (scols_line_set_data(line, 0, head) != 0)
        return -1;
    return set_cell(line, 1, column, text);
}

int svct_out_sheet(const struct svct_call *call,
                   const struct svct_column *columns, const void *row)
{
    struct libscols_table *table = new_table();
    int r = 0;

    if (table == NULL)
        return svct_say_fault(call, SVCT_E_NOMEM, NULL);
    scols_table_enable_noheadings(table, 1);
    if (scols_table_new_column(table, "", 0, 0) == NULL ||
        scols_table_new_column(table, "", 0, SCOLS_FL_WRAP) == NULL)
        r = -1;
    for (; r == 0 && columns->key != NULL; columns++)
        r = add_line(call, table, columns, row);
    return print_table(call, table, r);
}

/* ---- JSON ---- */

void svct_out_put(json_t **object, const char *key, json_t *value)
{
    if (*object == NULL) {
        json_decref(value);
    } else if (json_object_set_new(*object, key, value) < 0) {
        json_decref(*object);
        *object = NULL;
    }
}

static json_t *json_number(const char *word)
{
    return word[0] == '\0' ? json_null()
                           : json_integer(strtoll(word, NULL, 10));
}

static json_t *json_list(const struct svct_cell *cell, bool numbers)
{
    json_t *array = json_array();

    for (size_t i = 0; array != NULL && i < cell->words; i++) {
        const char *word = cell->word[i];

        if (json_array_append_new(array, numbers ? json_number(word)
                                                 : json_string(word)) < 0) {
            json_decref(array);
            array = NULL;
        }
    }
    return array;
}

/* What is no UTF-8, which the program itself never stores, is escaped. */
static json_t *json_text(const char *text)
{
    json_t *string = json_string(text != NULL ? text : "");

    return string != NULL ? string : json_string(svct_say_bare(text).text);
}

static json_t *json_cell(const struct svct_column *column,
                         const struct svct_cell *cell)
{
    char text[40];

    if (cell->null)
        return json_null();
    switch (column->type) {
    case SVCT_CELL_NUMBER:
    case SVCT_CELL_SPAN:
        return json_integer(cell->number);
    case SVCT_CELL_BOOL:
        return json_boolean(cell->truth);
    case SVCT_CELL_TIME:
        return json_string(svct_time_format(text, sizeof(text), cell->number));
    case SVCT_CELL_LIST:
        return json_list(cell, false);
    case SVCT_CELL_NUMBERS:
        return json_list(cell, true);
    default:
        return json_text(cell->text);
    }
}

json_t *svct_out_object(const struct svct_call *call,
                        const struct svct_column *columns, const void *row)
{
    json_t *object = json_object();

    for (; columns->key != NULL; columns++) {
        struct svct_cell cell;

        if (columns->flags & SVCT_COLUMN_TEXT)
            continue;
        get(call, columns, row, &cell);
        svct_out_put(&object, columns->key, json_cell(columns, &cell));
    }
    return object;
}

json_t *svct_out_array(const struct svct_call *call,
                       const struct svct_column *columns,
                       const void *const *rows, size_t count)
{
    json_t *array = json_array();

    for (size_t i = 0; array != NULL && i < count; i++) {
        json_t *object = svct_out_object(call, columns, rows[i]);

        if (json_array_append_new(array, object) < 0) {
            json_decref(array);
            array = NULL;
        }
    }
    return array;
}

int svct_out_json(const struct svct_call *call, json_t *document)
{
    int r;

    if (document == NULL)
        return svct_say_fault(call, SVCT_E_NOMEM, NULL);
    r = json_dumpf(document, stdout, JSON_INDENT(2));
    json_decref(document);
    if (r == 0 && putchar('\n') != EOF)
        return SVCT_EXIT_DONE;
    if (ferror(stdout))
        return SVCT_EXIT_CANNOT; /* svct_out_flush says so */
    return svct_say_cannot(call, "could not write the answer");
}

/* ---- what commands use ---- */

int svct_out_list(const struct svct_call *call, const char *key,
                  const struct svct_column *columns, const void *const *rows,
                  size_t count)
{
    if (call->opts.json) {
        json_t *document = json_object();

        svct_out_put(&document, key,
                     svct_out_array(call, columns, rows, count));
        return svct_out_json(call, document);
    }
    if (count == 0)
        svct_say("no %s", key);
    return svct_out_table(call, columns, rows, count);
}

int svct_out_one(const struct svct_call *call,
                 const struct svct_column *columns, const void *row)
{
    if (call->opts.json)
        return svct_out_json(call, svct_out_object(call, columns, row));
    return svct_out_sheet(call, columns, row);
}

int svct_out_changed(const struct svct_call *call,
                     const struct svct_column *columns, const void *row)
{
    if (!call->opts.json)
        return SVCT_EXIT_DONE;
    return svct_out_json(call, svct_out_object(call, columns, row));
}

int svct_out_flush(const struct svct_call *call)
{
    if (fflush(stdout) != 0)
        return svct_say_cannot(call, "could not write the answer: %s",
                               strerror(errno));
    if (ferror(stdout))
        return svct_say_cannot(call, "could not write the answer");
    return SVCT_EXIT_DONE;
}
