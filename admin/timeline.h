/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_TIMELINE_H
#define SVCT_ADMIN_TIMELINE_H

/*
 * Ends of tokens as lines on a terminal, below the marks of timescale.h: a
 * label, the time that is left, and a bar to where that is. Pure.
 *
 *     EXPIRES NEXT         IN       now   1h    8h    1d    7d    30d   90d  1y
 *     deploy/ci            3h2m     ━━━━━━━━●
 *
 * Where it is narrow the bar is left out.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct svct_timeline {
    unsigned width; /* of the screen, characters */
    bool utf8;      /* may it be drawn with more than ASCII? */
    bool colour;
};

#define SVCT_TIMELINE_ROOM 1024 /* bytes for a line, however wide */

/* The line with the marks, without a line end. title: ASCII. Returns out. */
char *svct_timeline_head(const struct svct_timeline *timeline,
                         const char *title, char out[SVCT_TIMELINE_ROOM]);

/* A line for one that ends in so many seconds; span says the same in words.
 * Both ASCII; what is too long for its column is cut, and ends in "..".
 * Returns out. */
char *svct_timeline_row(const struct svct_timeline *timeline, const char *label,
                        const char *span, int64_t seconds,
                        char out[SVCT_TIMELINE_ROOM]);

#endif
