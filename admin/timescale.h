/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_TIMESCALE_H
#define SVCT_ADMIN_TIMESCALE_H

/*
 * The scale on which ends of tokens are drawn, on a terminal and on a page.
 * Some live for hours and some for months, so its marks are now, an hour, eight
 * hours, a day, a week, a month, a quarter and a year, with sections of the
 * same width between them. Pure.
 */

#include <stddef.h>
#include <stdint.h>

#define SVCT_TIMESCALE_SECTIONS 7u

struct svct_timescale_mark {
    const char *label;
    int64_t seconds; /* from now on */
};

/* The beginning of each section, and the end of the last. */
extern const struct svct_timescale_mark
    svct_timescale_marks[SVCT_TIMESCALE_SECTIONS + 1];

/*
 * Where that moment is on a scale of so many parts, of the same number in each
 * section: 0 to parts - 1, and parts for what is behind its end. What is over
 * is at 0. parts: a multiple of the sections, at most 10000.
 */
unsigned svct_timescale_place(int64_t seconds, unsigned parts);

#endif
