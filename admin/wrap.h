/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_WRAP_H
#define SVCT_ADMIN_WRAP_H

/*
 * Tables that are too wide for the terminal: libsmartcols wraps a cell at any
 * letter, this at blanks. Only a word that is wider than its column is broken.
 */

#include <libsmartcols.h>

/* Breaks the cells of the columns that wrap, for the widths that the library
 * will give them. Before the table is printed. 0, or negative. */
int svct_wrap_table(struct libscols_table *table);

/* The same for widths that are known already, one for each column; NULL: those
 * of the last time the table was printed. */
int svct_wrap_table_to(struct libscols_table *table, const size_t *width);

/* How many characters of the screen a text takes. */
size_t svct_wrap_cells(const char *text);

#endif
