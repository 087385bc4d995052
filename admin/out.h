/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_OUT_H
#define SVCT_ADMIN_OUT_H

/*
 * Answers, on standard output, as tables (table.h) or JSON.
 *
 * One array of columns describes a kind of row; the table of a list, the
 * sheet of a "show", the JSON object and the help about its keys all come
 * from it. JSON keys are an interface: never renamed.
 *
 * The functions return an exit code, and have said what was wrong.
 */

#include <jansson.h>

#include "cmd.h"

enum svct_cell_type {
    SVCT_CELL_TEXT,
    SVCT_CELL_STATE, /* text, coloured by its meaning */
    SVCT_CELL_NUMBER,
    SVCT_CELL_BOOL,
    SVCT_CELL_TIME,   /* Unix seconds; JSON: RFC 3339 */
    SVCT_CELL_SPAN,   /* seconds from now on, negative: ago; JSON: seconds */
    SVCT_CELL_LIST,   /* of words */
    SVCT_CELL_NUMBERS /* a list of numbers; JSON: null for an empty word */
};

#define SVCT_CELL_WORDS 64

struct svct_cell {
    int64_t now;      /* for get, the time of this command */
    const char *text; /* TEXT, STATE; for the others when null, in a table */
    bool null;        /* JSON null: "never", "none"; text is then for people */
    int64_t number;   /* NUMBER, TIME, SPAN */
    bool truth;       /* BOOL */
    size_t words;     /* LIST */
    char word[SVCT_CELL_WORDS][SVCT_NAME_MAX + 1];
    char room[SVCT_NAME_MAX + 1]; /* for a text that get makes itself */
};

struct svct_column {
    const char *key; /* in JSON; NULL ends an array */
    enum svct_cell_type type;
    unsigned flags;
    const char *head; /* in a table and, in small letters, in a sheet */
    const char *help;
    void (*get)(const void *row, struct svct_cell *cell);
};

#define SVCT_COLUMN_LIST 1u  /* is in the table of a list */
#define SVCT_COLUMN_QUIET 2u /* not in a sheet when it is empty */
#define SVCT_COLUMN_JSON 4u  /* not in a sheet at all */
#define SVCT_COLUMN_TEXT 8u  /* not in JSON */
#define SVCT_COLUMN_WRAP 16u /* may take several lines where it is narrow */

#define SVCT_COLUMN_SPARE 32u /* not in a table on a narrow terminal */
#define SVCT_COLUMN_WIDE 64u  /* on a terminal only if that is a wide one */

/* Adds a word to a list cell; what exceeds it is left out. */
void svct_cell_add(struct svct_cell *cell, const char *word);

/* A table with a heading, nothing if there is no row. */
int svct_out_table(const struct svct_call *call,
                   const struct svct_column *columns, const void *const *rows,
                   size_t count);

/* One row, a line for each column. */
int svct_out_sheet(const struct svct_call *call,
                   const struct svct_column *columns, const void *row);

/* NULL when out of memory. */
json_t *svct_out_object(const struct svct_call *call,
                        const struct svct_column *columns, const void *row);
json_t *svct_out_array(const struct svct_call *call,
                       const struct svct_column *columns,
                       const void *const *rows, size_t count);

/* Prints the document and frees it; NULL is "out of memory". */
int svct_out_json(const struct svct_call *call, json_t *document);

/*
 * A list of any length: {"key": [...]} or a table, or a word that there is
 * none. The rows are not kept, but for the first thousand: walk hands each of
 * them to put, in their order, and is called a second time for a longer table,
 * whose columns are as wide as all of its rows need. walk returns an exit
 * code, and has said what was wrong; what put returns other than
 * SVCT_EXIT_DONE ends it and is the result.
 */
typedef int svct_out_put_fn(void *put_arg, const void *row);
typedef int svct_out_walk_fn(void *arg, svct_out_put_fn *put, void *put_arg);
int svct_out_walk(const struct svct_call *call, const char *key,
                  const struct svct_column *columns, svct_out_walk_fn *walk,
                  void *arg);

/* The same of rows that are in memory. */
int svct_out_list(const struct svct_call *call, const char *key,
                  const struct svct_column *columns, const void *const *rows,
                  size_t count);

/* One thing: its object or its sheet. */
int svct_out_one(const struct svct_call *call,
                 const struct svct_column *columns, const void *row);

/* After a change: its object with --json, else nothing. */
int svct_out_changed(const struct svct_call *call,
                     const struct svct_column *columns, const void *row);

/* An object that takes what "make" gave; out of memory is remembered. */
void svct_out_put(json_t **object, const char *key, json_t *value);

/* "in 7h59m", "3d4h ago", "now". At least 48 bytes. Returns out. */
char *svct_out_span(char *out, size_t size, int64_t seconds);

/* "2027-01-31T12:00:00Z (in 7h59m)", "never". At least 80 bytes. */
char *svct_out_time(char *out, size_t size, int64_t time, int64_t now);

/* Was all of it written? Once, at the end. */
int svct_out_flush(const struct svct_call *call);

#endif
