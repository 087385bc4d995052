/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "out.h"

#include <errno.h>

#include "auth/timefmt.h"
#include "say.h"
#include "table.h"

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

/* ---- tables ---- */

int svct_out_table(const struct svct_call *call,
                   const struct svct_column *columns, const void *const *rows,
                   size_t count)
{
    struct svct_table table;
    int r = svct_table_open(&table, call, columns);

    for (size_t i = 0; r == 0 && i < count; i++)
        r = svct_table_add(&table, rows[i]);
    r = r == 0 ? svct_table_flush(&table) : svct_say_fault(call, r, NULL);
    svct_table_done(&table);
    return r;
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
    char text[SVCT_TABLE_TEXT], head[40];

    if ((column->flags & SVCT_COLUMN_JSON) || column->type == SVCT_CELL_SPAN)
        return 0;
    svct_table_get(call, column, row, &cell);
    if ((column->flags & SVCT_COLUMN_QUIET) && is_empty(column, &cell))
        return 0;
    line = scols_table_new_line(table, NULL);
    if (line == NULL)
        return -1;
    label(column->head, head, sizeof(head));
    svct_table_text(column, &cell, true, text, sizeof(text));
    if (scols_line_set_data(line, 0, head) != 0)
        return -1;
    return svct_table_set(line, 1, column, text);
}

int svct_out_sheet(const struct svct_call *call,
                   const struct svct_column *columns, const void *row)
{
    struct libscols_table *table = svct_table_new();
    int r = 0;

    if (table == NULL)
        return svct_say_fault(call, SVCT_E_NOMEM, NULL);
    scols_table_enable_noheadings(table, 1);
    if (scols_table_new_column(table, "", 0, 0) == NULL ||
        scols_table_new_column(table, "", 0, SCOLS_FL_WRAP) == NULL)
        r = -1;
    for (; r == 0 && columns->key != NULL; columns++)
        r = add_line(call, table, columns, row);
    return svct_table_print(call, table, r);
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
        svct_table_get(call, columns, row, &cell);
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

/* ---- lists ---- */

struct list {
    const struct svct_call *call;
    const struct svct_column *columns;
    struct svct_table table;
    uint64_t count; /* of this walk */
};

/* As jansson writes an object that is two levels deep. A line end within a
 * string is none here: it is written as \\n. */
static void write_deep(const char *text)
{
    const char *end;

    for (; (end = strchr(text, '\n')) != NULL; text = end + 1) {
        fwrite(text, 1, (size_t)(end - text), stdout);
        fputs("\n    ", stdout);
    }
    fputs(text, stdout);
}

static int put_object(void *arg, const void *row)
{
    struct list *list = arg;
    json_t *object = svct_out_object(list->call, list->columns, row);
    char *text = object != NULL ? json_dumps(object, JSON_INDENT(2)) : NULL;

    json_decref(object);
    if (text == NULL)
        return svct_say_fault(list->call, SVCT_E_NOMEM, NULL);
    fputs(list->count++ > 0 ? ",\n    " : "\n    ", stdout);
    write_deep(text);
    free(text);
    /* svct_out_flush says so */
    return ferror(stdout) ? SVCT_EXIT_CANNOT : SVCT_EXIT_DONE;
}

/* The bytes of svct_out_json, of which one object at a time is in memory. */
static int print_objects(struct list *list, const char *key,
                         svct_out_walk_fn *walk, void *arg)
{
    int r;

    printf("{\n  \"%s\": [", key);
    r = walk(arg, put_object, list);
    if (r == SVCT_EXIT_DONE)
        printf("%s]\n}\n", list->count > 0 ? "\n  " : "");
    return r;
}

/* Keeps the rows of the first block, for a list that ends with it. */
static int measure_row(void *arg, const void *row)
{
    struct list *list = arg;
    int r = svct_table_measure(&list->table, row);

    if (list->count++ == SVCT_TABLE_BLOCK)
        svct_table_drop(&list->table);
    if (r == 0 && list->count <= SVCT_TABLE_BLOCK)
        r = svct_table_add(&list->table, row);
    return r == 0 ? SVCT_EXIT_DONE : svct_say_fault(list->call, r, NULL);
}

static int put_row(void *arg, const void *row)
{
    struct list *list = arg;
    int r = svct_table_add(&list->table, row);

    if (r < 0)
        return svct_say_fault(list->call, r, NULL);
    if (list->table.rows_count < SVCT_TABLE_BLOCK)
        return SVCT_EXIT_DONE;
    r = svct_table_flush(&list->table);
    /* Nobody may be reading any more. */
    return r == SVCT_EXIT_DONE && ferror(stdout) ? SVCT_EXIT_CANNOT : r;
}

static int print_rows(struct list *list, const char *key,
                      svct_out_walk_fn *walk, void *arg)
{
    int r = walk(arg, measure_row, list);

    if (r == SVCT_EXIT_DONE && list->count == 0)
        svct_say("no %s", key);
    if (r == SVCT_EXIT_DONE && list->count > SVCT_TABLE_BLOCK) {
        r = svct_table_fix(&list->table);
        r = r == 0 ? walk(arg, put_row, list)
                   : svct_say_fault(list->call, r, NULL);
    }
    return r == SVCT_EXIT_DONE ? svct_table_flush(&list->table) : r;
}

int svct_out_walk(const struct svct_call *call, const char *key,
                  const struct svct_column *columns, svct_out_walk_fn *walk,
                  void *arg)
{
    struct list list = {.call = call, .columns = columns};
    int r;

    if (call->opts.json)
        return print_objects(&list, key, walk, arg);
    r = svct_table_open(&list.table, call, columns);
    r = r == 0 ? print_rows(&list, key, walk, arg)
               : svct_say_fault(call, r, NULL);
    svct_table_done(&list.table);
    return r;
}

struct array {
    const void *const *rows;
    size_t count;
};

static int walk_array(void *arg, svct_out_put_fn *put, void *put_arg)
{
    const struct array *array = arg;
    int r = SVCT_EXIT_DONE;

    for (size_t i = 0; r == SVCT_EXIT_DONE && i < array->count; i++)
        r = put(put_arg, array->rows[i]);
    return r;
}

int svct_out_list(const struct svct_call *call, const char *key,
                  const struct svct_column *columns, const void *const *rows,
                  size_t count)
{
    struct array array = {rows, count};

    return svct_out_walk(call, key, columns, walk_array, &array);
}

/* ---- what commands use ---- */

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
