/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_AUTH_TIMEFMT_H
#define SVCT_AUTH_TIMEFMT_H

/*
 * Moments and durations as text. Whole seconds, UTC, the proleptic Gregorian
 * calendar without leap seconds; no time zone data, no locale, no clock.
 *
 * A moment is Unix seconds from 0 (1970) to SVCT_TIME_MAX (the end of the year
 * 9999). SVCT_TIME_NEVER stands for "no end" and is later than every moment.
 */

#include "base/err.h"

#define SVCT_TIME_MAX INT64_C(253402300799)
#define SVCT_TIME_NEVER INT64_MAX
#define SVCT_DURATION_MAX (INT64_C(100) * 366 * 86400) /* seconds */

/*
 * A duration: one or more of <number><unit>, units w d h m s in falling
 * order, each at most once: "8h", "1d12h", "90s". 1 s to SVCT_DURATION_MAX.
 * A number without a unit, a sum of zero, a blank: SVCT_E_SYNTAX. Too much:
 * SVCT_E_RANGE.
 */
int svct_duration_parse(const char *text, int64_t *ret_seconds);

/* The usual such text: no part of it is zero, and weeks only when it is whole
 * weeks ("2w", "30d", "1d12h", "1m30s"). svct_duration_parse gives the same
 * value back, up to its maximum. 0 and less give "0s", which parse refuses.
 * At least 32 bytes. Returns out. */
char *svct_duration_format(char *out, size_t size, int64_t seconds);

/*
 * A moment: RFC 3339 with "Z" or an offset ("2027-01-31T12:00:00Z",
 * "2027-01-31T14:00:00+02:00"; "t", "z" and a blank between date and time as
 * the RFC allows; a fraction of a second is refused), a date alone (midnight
 * UTC as it begins; ret_date_only tells), "now", or "+" and a duration. now is
 * what the two last are counted from. SVCT_E_SYNTAX; SVCT_E_RANGE for a day
 * or an hour that does not exist (a leap second does not) or a moment out of
 * bounds. ret_date_only may be NULL.
 */
int svct_time_parse(const char *text, int64_t now, int64_t *ret_time,
                    bool *ret_date_only);

/* "2027-01-31T12:00:00Z", or "never"; "invalid" for a number that is neither.
 * At least 32 bytes. Returns out. */
char *svct_time_format(char *out, size_t size, int64_t time);

#endif
