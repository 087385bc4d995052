/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "auth/timefmt.h"

#include <stdio.h>
#include <string.h>

#include "base/parse.h"

#define DAY INT64_C(86400)

/* ---- durations ---- */

static const struct unit {
    char letter;
    int64_t seconds;
} units[] = {
    {'w', 7 * DAY}, {'d', DAY}, {'h', 3600}, {'m', 60}, {'s', 1},
};

#define UNITS (sizeof(units) / sizeof(units[0]))

/* The place of a letter in units, from "from" on; UNITS if not there. */
static size_t unit_find(char letter, size_t from)
{
    while (from < UNITS && units[from].letter != letter)
        from++;
    return from;
}

/* Adds count units to *total as long as that stays within the maximum. */
static bool duration_add(int64_t *total, uint64_t count, int64_t seconds)
{
    int64_t room = SVCT_DURATION_MAX - *total;

    if (count > (uint64_t)(room / seconds))
        return false;
    *total += (int64_t)count * seconds;
    return true;
}

int svct_duration_parse(const char *text, int64_t *ret_seconds)
{
    const char *pos = text;
    const char *end;
    int64_t total = 0;
    size_t unit = 0; /* the largest that may still come */
    bool fits = true;

    if (text == NULL)
        return SVCT_E_SYNTAX;
    end = text + strlen(text);
    do {
        uint64_t count = 0;
        int rc = svct_parse_digits(&pos, end, UINT64_MAX, &count);

        if (rc < 0)
            return rc;
        unit = unit_find(*pos, unit);
        if (unit == UNITS)
            return SVCT_E_SYNTAX;
        /* A bad form further on is the better thing to say: read on. */
        fits = fits && duration_add(&total, count, units[unit].seconds);
        unit++;
        pos++;
    } while (pos != end);
    if (!fits)
        return SVCT_E_RANGE;
    if (total == 0)
        return SVCT_E_SYNTAX;
    *ret_seconds = total;
    return 0;
}

/* Puts "<count><letter>" behind what is in out, if there is room. */
static void put_count(char *out, size_t size, int64_t count, char letter)
{
    size_t len = strlen(out);

    snprintf(out + len, size - len, "%lld%c", (long long)count, letter);
}

char *svct_duration_format(char *out, size_t size, int64_t seconds)
{
    int64_t left = seconds > 0 ? seconds : 0;
    /* 30d and not 4w2d, but 2w. */
    size_t unit = left % units[0].seconds == 0 ? 0 : 1;

    if (size == 0)
        return out;
    out[0] = '\0';
    for (; unit < UNITS; unit++) {
        int64_t count = left / units[unit].seconds;

        if (count > 0)
            put_count(out, size, count, units[unit].letter);
        left -= count * units[unit].seconds;
    }
    if (out[0] == '\0')
        snprintf(out, size, "0s");
    return out;
}

/* ---- the calendar ---- */

struct date {
    int64_t year;
    int month; /* 1..12 */
    int day;   /* 1..31 */
};

static bool is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int64_t year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Days from 0000-01-01 to January 1st of a year, year >= 0. Year 0 is leap. */
static int64_t days_before_year(int64_t year)
{
    if (year == 0)
        return 0;
    return year * 365 + (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400 +
           1;
}

#define EPOCH_DAYS INT64_C(719528) /* days_before_year(1970) */

static int64_t date_to_days(const struct date *date)
{
    int64_t days = days_before_year(date->year) - EPOCH_DAYS;

    for (int month = 1; month < date->month; month++)
        days += days_in_month(date->year, month);
    return days + date->day - 1;
}

/* days >= 0 since 1970-01-01. */
static struct date date_from_days(int64_t days)
{
    struct date date = {.month = 1};

    days += EPOCH_DAYS;
    date.year =
        days / 366; /* never too late, at most some twenty years early */
    while (days_before_year(date.year + 1) <= days)
        date.year++;
    days -= days_before_year(date.year);
    while (days >= days_in_month(date.year, date.month)) {
        days -= days_in_month(date.year, date.month);
        date.month++;
    }
    date.day = (int)days + 1;
    return date;
}

/* ---- moments ---- */

/* What RFC 3339 writes, as read, before any of it is believed. */
struct moment {
    unsigned year, month, day;
    unsigned hour, minute, second;
    bool west; /* the sign of the offset is "-" */
    unsigned offset_hour, offset_minute;
};

/* Exactly width digits. */
static bool take_number(const char **pos, unsigned width, unsigned *ret_value)
{
    unsigned value = 0;

    for (; width > 0; width--, (*pos)++) {
        if (**pos < '0' || **pos > '9')
            return false;
        value = value * 10 + (unsigned)(**pos - '0');
    }
    *ret_value = value;
    return true;
}

/* One character out of a set; the end of the text is in no set. */
static bool take_one_of(const char **pos, const char *set)
{
    if (**pos == '\0' || strchr(set, **pos) == NULL)
        return false;
    (*pos)++;
    return true;
}

static bool take_date(const char **pos, struct moment *moment)
{
    return take_number(pos, 4, &moment->year) && take_one_of(pos, "-") &&
           take_number(pos, 2, &moment->month) && take_one_of(pos, "-") &&
           take_number(pos, 2, &moment->day);
}

static bool take_clock(const char **pos, struct moment *moment)
{
    return take_one_of(pos, "Tt ") && take_number(pos, 2, &moment->hour) &&
           take_one_of(pos, ":") && take_number(pos, 2, &moment->minute) &&
           take_one_of(pos, ":") && take_number(pos, 2, &moment->second);
}

static bool take_offset(const char **pos, struct moment *moment)
{
    if (take_one_of(pos, "Zz"))
        return true;
    moment->west = **pos == '-';
    return take_one_of(pos, "+-") &&
           take_number(pos, 2, &moment->offset_hour) && take_one_of(pos, ":") &&
           take_number(pos, 2, &moment->offset_minute);
}

static bool moment_exists(const struct moment *moment)
{
    if (moment->month < 1 || moment->month > 12 || moment->day < 1)
        return false;
    if (moment->day > (unsigned)days_in_month(moment->year, (int)moment->month))
        return false;
    return moment->hour < 24 && moment->minute < 60 && moment->second < 60 &&
           moment->offset_hour < 24 && moment->offset_minute < 60;
}

/* All parts are small and checked: nothing here comes near an overflow. */
static int64_t moment_to_time(const struct moment *moment)
{
    struct date date = {moment->year, (int)moment->month, (int)moment->day};
    int64_t clock = moment->hour * INT64_C(3600) +
                    moment->minute * INT64_C(60) + moment->second;
    int64_t offset = moment->offset_hour * INT64_C(3600) +
                     moment->offset_minute * INT64_C(60);

    return date_to_days(&date) * DAY + clock +
           (moment->west ? offset : -offset);
}

static bool in_range(int64_t time)
{
    return time >= 0 && time <= SVCT_TIME_MAX;
}

static int parse_absolute(const char *text, int64_t *ret_time,
                          bool *ret_date_only)
{
    struct moment moment = {0};
    const char *pos = text;
    bool date_only;
    int64_t time;

    if (!take_date(&pos, &moment))
        return SVCT_E_SYNTAX;
    date_only = *pos == '\0';
    if (!date_only && !(take_clock(&pos, &moment) &&
                        take_offset(&pos, &moment) && *pos == '\0'))
        return SVCT_E_SYNTAX;
    if (!moment_exists(&moment))
        return SVCT_E_RANGE;
    time = moment_to_time(&moment);
    if (!in_range(time))
        return SVCT_E_RANGE;
    *ret_time = time;
    *ret_date_only = date_only;
    return 0;
}

/* text is "now" or "+" and a duration. */
static int parse_relative(const char *text, int64_t now, int64_t *ret_time)
{
    int64_t ahead = 0;

    if (text[0] == '+') {
        int rc = svct_duration_parse(text + 1, &ahead);

        if (rc < 0)
            return rc;
    }
    if (!in_range(now) || ahead > SVCT_TIME_MAX - now)
        return SVCT_E_RANGE;
    *ret_time = now + ahead;
    return 0;
}

int svct_time_parse(const char *text, int64_t now, int64_t *ret_time,
                    bool *ret_date_only)
{
    bool date_only = false;
    int rc;

    if (text == NULL)
        return SVCT_E_SYNTAX;
    if (text[0] == '+' || strcmp(text, "now") == 0)
        rc = parse_relative(text, now, ret_time);
    else
        rc = parse_absolute(text, ret_time, &date_only);
    if (rc == 0 && ret_date_only != NULL)
        *ret_date_only = date_only;
    return rc;
}

char *svct_time_format(char *out, size_t size, int64_t time)
{
    struct date date;
    int clock;

    if (!in_range(time)) {
        snprintf(out, size, time == SVCT_TIME_NEVER ? "never" : "invalid");
        return out;
    }
    date = date_from_days(time / DAY);
    clock = (int)(time % DAY);
    snprintf(out, size, "%04d-%02d-%02dT%02d:%02d:%02dZ", (int)date.year,
             date.month, date.day, clock / 3600, clock / 60 % 60, clock % 60);
    return out;
}
