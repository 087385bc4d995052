/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "wrap.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* Cells of the next character on the screen; its bytes to ret_len. */
static size_t next_width(const char *text, size_t *ret_len)
{
    mbstate_t state = {0};
    wchar_t c;
    size_t len;
    int width;

    *ret_len = 1;
    if (*text >= ' ' && *text <= '~') /* most are: no need to ask */
        return 1;
    len = mbrtowc(&c, text, strlen(text), &state);
    if (len == 0 || len == (size_t)-1 || len == (size_t)-2)
        return 1;
    width = wcwidth(c);
    *ret_len = len;
    return width > 0 ? (size_t)width : 0;
}

/* Puts line ends in place of blanks, so that no line is wider where there is
 * a blank to break at. */
static void break_lines(char *text, size_t width)
{
    char *blank = NULL; /* the last one of this line */
    size_t used = 0, behind = 0, len;

    for (char *at = text; *at != '\0'; at += len) {
        size_t cells = next_width(at, &len);

        if (*at == ' ') {
            blank = at;
            behind = 0;
        } else {
            behind += cells;
        }
        used += cells;
        if (used > width && blank != NULL && blank != at) {
            *blank = '\n';
            blank = NULL;
            used = behind;
        }
    }
}

/* Breaks inside a word where one line is still too wide. */
static char *break_words(const char *text, size_t width)
{
    char *out = malloc(strlen(text) * 2 + 1);
    size_t used = 0, put = 0, len;

    if (out == NULL)
        return NULL;
    for (; *text != '\0'; text += len) {
        size_t cells = next_width(text, &len);

        if (*text == '\n') {
            used = 0;
            cells = 0;
        } else if (used + cells > width && used > 0) {
            out[put++] = '\n';
            used = 0;
        }
        memcpy(out + put, text, len);
        put += len;
        used += cells;
    }
    out[put] = '\0';
    return out;
}

static int wrap_cell(struct libscols_cell *cell, size_t width)
{
    const char *text = scols_cell_get_data(cell);
    char *lines = text != NULL && width > 0 ? strdup(text) : NULL;
    char *broken;

    if (text == NULL || width == 0)
        return 0;
    if (lines == NULL)
        return -1;
    break_lines(lines, width);
    broken = break_words(lines, width);
    free(lines);
    return broken != NULL ? scols_cell_refer_data(cell, broken) : -1;
}

static int wrap_column(struct libscols_table *table,
                       struct libscols_column *column, size_t width)
{
    struct libscols_iter *iter = scols_new_iter(SCOLS_ITER_FORWARD);
    struct libscols_line *line;
    int r = iter != NULL ? 0 : -1;

    while (r == 0 && scols_table_next_line(table, iter, &line) == 0)
        r = wrap_cell(scols_line_get_column_cell(line, column), width);
    scols_free_iter(iter);
    if (r != 0 || scols_column_set_safechars(column, "\n") != 0)
        return -1;
    return scols_column_set_wrapfunc(column, scols_wrapnl_chunksize,
                                     scols_wrapnl_nextchunk, NULL);
}

int svct_wrap_table_to(struct libscols_table *table, const size_t *width)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < scols_table_get_ncols(table); i++) {
        struct libscols_column *column = scols_table_get_column(table, i);

        if (scols_column_is_wrap(column))
            r = wrap_column(table, column,
                            width != NULL ? width[i]
                                          : scols_column_get_width(column));
    }
    return r;
}

int svct_wrap_table(struct libscols_table *table)
{
    char *drawn = NULL;
    int r = scols_print_table_to_string(table, &drawn);

    free(drawn); /* the widths it needed are what counts */
    return r == 0 ? svct_wrap_table_to(table, NULL) : r;
}

size_t svct_wrap_cells(const char *text)
{
    size_t cells = 0, len;

    for (; *text != '\0'; text += len)
        cells += next_width(text, &len);
    return cells;
}
