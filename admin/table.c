/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "table.h"

#include <unistd.h>

#include "auth/timefmt.h"
#include "say.h"
#include "wrap.h"

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
void svct_table_text(const struct svct_column *column,
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

/* The words of a list are not cleared: it is many bytes, and "words" counts. */
void svct_table_get(const struct svct_call *call,
                    const struct svct_column *column, const void *row,
                    struct svct_cell *cell)
{
    cell->now = call->now;
    cell->text = NULL;
    cell->null = false;
    cell->number = 0;
    cell->truth = false;
    cell->words = 0;
    cell->room[0] = '\0';
    column->get(row, cell);
}

static void row_text(const struct svct_table *table, size_t index,
                     const void *row, char *out, size_t size)
{
    struct svct_cell cell;

    svct_table_get(table->call, table->shown[index], row, &cell);
    svct_table_text(table->shown[index], &cell, false, out, size);
}

/* ---- tables of libsmartcols ---- */

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

int svct_table_set(struct libscols_line *line, size_t index,
                   const struct svct_column *column, const char *text)
{
    int r = scols_line_set_data(line, index, text);

    if (r == 0 && column->type == SVCT_CELL_STATE)
        r = scols_cell_set_color(scols_line_get_cell(line, index),
                                 state_colour(text));
    return r;
}

struct libscols_table *svct_table_new(void)
{
    struct libscols_table *table = scols_new_table();
    const char *no_color = getenv("NO_COLOR");

    if (table == NULL)
        return NULL;
    if (isatty(STDOUT_FILENO) && (no_color == NULL || no_color[0] == '\0'))
        scols_table_enable_colors(table, 1);
    return table;
}

/* smartcols ends lines but the last. */
static int print(const struct svct_call *call, struct libscols_table *table,
                 const size_t *width, int r)
{
    if (r == 0 && isatty(STDOUT_FILENO))
        r = width != NULL ? svct_wrap_table_to(table, width)
                          : svct_wrap_table(table);
    if (r == 0)
        r = scols_print_table(table);
    scols_unref_table(table);
    return r == 0 ? SVCT_EXIT_DONE
                  : svct_say_cannot(call, "could not print the table");
}

int svct_table_print(const struct svct_call *call, struct libscols_table *table,
                     int r)
{
    return print(call, table, NULL, r);
}

/* ---- which columns ---- */

#define NARROW 80 /* characters a line; with fewer some columns are left out */
#define WIDE 110  /* with fewer some more */

/* termwidth: SIZE_MAX where it is no terminal. */
static bool is_shown(size_t termwidth, const struct svct_column *column)
{
    size_t needed = 0;

    if (!(column->flags & SVCT_COLUMN_LIST))
        return false;
    if (column->flags & SVCT_COLUMN_SPARE)
        needed = NARROW;
    if (column->flags & SVCT_COLUMN_WIDE)
        needed = WIDE;
    return termwidth >= needed;
}

int svct_table_open(struct svct_table *table, const struct svct_call *call,
                    const struct svct_column *columns)
{
    struct libscols_table *asked = svct_table_new();
    size_t termwidth;

    *table = (struct svct_table){.call = call};
    if (asked == NULL)
        return SVCT_E_NOMEM;
    termwidth =
        isatty(STDOUT_FILENO) ? scols_table_get_termwidth(asked) : SIZE_MAX;
    scols_unref_table(asked);
    for (; columns->key != NULL && table->count < SVCT_TABLE_COLUMNS; columns++)
        if (is_shown(termwidth, columns))
            table->shown[table->count++] = columns;
    return 0;
}

void svct_table_done(struct svct_table *table)
{
    svct_table_drop(table);
    for (size_t i = 0; i < table->count; i++)
        free(table->widest[i]);
    *table = (struct svct_table){.count = 0};
}

/* ---- a block of rows ---- */

static int scols_flags(const struct svct_column *column)
{
    if (column->flags & SVCT_COLUMN_WRAP)
        return SCOLS_FL_WRAP;
    return column->type == SVCT_CELL_NUMBER ? SCOLS_FL_RIGHT : 0;
}

/* Of a column, at least; 0: what it needs. Behind the last one is nothing to
 * line up. */
static int least_width(const struct svct_table *table, size_t index)
{
    return index + 1 < table->count ? (int)table->width[index] : 0;
}

/* libsmartcols 2.38 makes a column as wide as its heading at least, also where
 * none is printed, and no hint. 2.41 heeds the hint, and no heading that it does
 * not print. So both have the width. */
static void make_head(const struct svct_table *table, size_t index, char *out,
                      size_t size)
{
    const struct svct_column *column = table->shown[index];
    int width = least_width(table, index);

    if (scols_flags(column) & SCOLS_FL_RIGHT)
        snprintf(out, size, "%*s", width, column->head);
    else
        snprintf(out, size, "%-*s", width, column->head);
}

static struct libscols_table *new_block(const struct svct_table *table)
{
    struct libscols_table *block = svct_table_new();

    if (block == NULL)
        return NULL;
    for (size_t i = 0; i < table->count; i++) {
        char head[SVCT_TABLE_TEXT];

        make_head(table, i, head, sizeof(head));
        if (scols_table_new_column(block, head, least_width(table, i),
                                   scols_flags(table->shown[i])) == NULL) {
            scols_unref_table(block);
            return NULL;
        }
    }
    scols_table_enable_noheadings(block, table->headed);
    return block;
}

int svct_table_add(struct svct_table *table, const void *row)
{
    struct libscols_line *line;

    if (table->rows == NULL)
        table->rows = new_block(table);
    if (table->rows == NULL)
        return SVCT_E_NOMEM;
    line = scols_table_new_line(table->rows, NULL);
    if (line == NULL)
        return SVCT_E_NOMEM;
    for (size_t i = 0; i < table->count; i++) {
        char text[SVCT_TABLE_TEXT];

        row_text(table, i, row, text, sizeof(text));
        if (svct_table_set(line, i, table->shown[i], text) != 0)
            return SVCT_E_NOMEM;
    }
    table->rows_count++;
    return 0;
}

void svct_table_drop(struct svct_table *table)
{
    scols_unref_table(table->rows);
    table->rows = NULL;
    table->rows_count = 0;
}

int svct_table_flush(struct svct_table *table)
{
    struct libscols_table *block = table->rows;

    if (block == NULL)
        return SVCT_EXIT_DONE;
    table->rows = NULL;
    table->rows_count = 0;
    table->headed = true;
    return print(table->call, block, table->fixed ? table->width : NULL, 0);
}

/* ---- widths for many blocks ---- */

int svct_table_measure(struct svct_table *table, const void *row)
{
    for (size_t i = 0; i < table->count; i++) {
        char text[SVCT_TABLE_TEXT];
        size_t cells;
        char *copy;

        row_text(table, i, row, text, sizeof(text));
        cells = svct_wrap_cells(text);
        if (table->widest[i] != NULL && cells <= table->cells[i])
            continue;
        copy = strdup(text);
        if (copy == NULL)
            return SVCT_E_NOMEM;
        free(table->widest[i]);
        table->widest[i] = copy;
        table->cells[i] = cells;
    }
    return 0;
}

/* A table of one row, the widest cells of all: libsmartcols lays it out for
 * this terminal, and all blocks are laid out like it. */
static int lay_out(struct svct_table *table, struct libscols_table *model)
{
    struct libscols_line *line = scols_table_new_line(model, NULL);
    char *drawn = NULL;
    int r = line != NULL ? 0 : -1;

    for (size_t i = 0; r == 0 && i < table->count; i++)
        r = scols_line_set_data(line, i, table->widest[i]);
    if (r == 0)
        r = scols_print_table_to_string(model, &drawn);
    free(drawn);
    for (size_t i = 0; r == 0 && i < table->count; i++)
        table->width[i] =
            scols_column_get_width(scols_table_get_column(model, i));
    return r;
}

int svct_table_fix(struct svct_table *table)
{
    struct libscols_table *model = new_block(table);
    int r = model != NULL ? lay_out(table, model) : -1;

    scols_unref_table(model);
    table->fixed = r == 0;
    return r == 0 ? 0 : SVCT_E_NOMEM;
}
