/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "timescale.h"

#define HOUR INT64_C(3600)
#define DAY (24 * HOUR)

const struct svct_timescale_mark svct_timescale_marks[SVCT_TIMESCALE_SECTIONS +
                                                      1] = {
    {"now", 0},      {"1h", HOUR},      {"8h", 8 * HOUR},  {"1d", DAY},
    {"7d", 7 * DAY}, {"30d", 30 * DAY}, {"90d", 90 * DAY}, {"1y", 365 * DAY},
};

unsigned svct_timescale_place(int64_t seconds, unsigned parts)
{
    const struct svct_timescale_mark *mark = svct_timescale_marks;
    unsigned each = parts / SVCT_TIMESCALE_SECTIONS, section = 0;
    int64_t within, whole;

    if (seconds < 0)
        return 0;
    while (section < SVCT_TIMESCALE_SECTIONS &&
           seconds >= mark[section + 1].seconds)
        section++;
    if (section == SVCT_TIMESCALE_SECTIONS)
        return parts;
    within = seconds - mark[section].seconds;
    whole = mark[section + 1].seconds - mark[section].seconds;
    return section * each + (unsigned)(within * each / whole);
}
