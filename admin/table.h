/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_TABLE_H
#define SVCT_ADMIN_TABLE_H

/*
 * Tables of libsmartcols, for out.h: cells as text, and printing a table of
 * any length in blocks of rows, so that one block at most is in memory.
 *
 *     svct_table_open(&table, call, columns)
 *     svct_table_measure(&table, row) ...      each row, nothing is kept
 *     svct_table_fix(&table)                   widths for all blocks
 *     svct_table_add(&table, row) ...          SVCT_TABLE_BLOCK of them
 *     svct_table_flush(&table)                 the first with the headings
 *     ...
 *     svct_table_done(&table)
 *
 * Without measure and fix it is one block, as wide as its rows need.
 */

#include <libsmartcols.h>

#include "out.h"

#define SVCT_TABLE_TEXT 4352 /* a list cell in full */
#define SVCT_TABLE_COLUMNS 32
#define SVCT_TABLE_BLOCK 1000 /* rows */

struct svct_table {
    const struct svct_call *call;
    const struct svct_column *shown[SVCT_TABLE_COLUMNS];
    size_t count;                     /* of these */
    char *widest[SVCT_TABLE_COLUMNS]; /* of the measured cells; NULL: none */
    size_t cells[SVCT_TABLE_COLUMNS]; /* its characters on the screen */
    size_t width[SVCT_TABLE_COLUMNS]; /* fixed */
    bool fixed;
    bool headed;                 /* the headings were printed */
    struct libscols_table *rows; /* of this block; NULL: none yet */
    size_t rows_count;
};

/* Which columns are shown depends on the terminal. SVCT_E_NOMEM. */
int svct_table_open(struct svct_table *table, const struct svct_call *call,
                    const struct svct_column *columns);
void svct_table_done(struct svct_table *table);

/* SVCT_E_NOMEM, for each of the three. */
int svct_table_measure(struct svct_table *table, const void *row);
int svct_table_fix(struct svct_table *table);
int svct_table_add(struct svct_table *table, const void *row);

/* Forgets the rows of this block. */
void svct_table_drop(struct svct_table *table);

/* Prints and forgets them; nothing if there are none. Returns an exit code,
 * and has said what was wrong. */
int svct_table_flush(struct svct_table *table);

/* ---- for sheets ---- */

/* What a column makes of a row. */
void svct_table_get(const struct svct_call *call,
                    const struct svct_column *column, const void *row,
                    struct svct_cell *cell);

/* sheet: there is room for more words. */
void svct_table_text(const struct svct_column *column,
                     const struct svct_cell *cell, bool sheet, char *out,
                     size_t size);

/* NULL when out of memory. */
struct libscols_table *svct_table_new(void);

/* Text and colour of a cell; 0, or what libsmartcols says. */
int svct_table_set(struct libscols_line *line, size_t index,
                   const struct svct_column *column, const char *text);

/* Prints and frees it; r: what went wrong before, or 0. As flush. */
int svct_table_print(const struct svct_call *call, struct libscols_table *table,
                     int r);

#endif
