/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth/timefmt.h"

#include <stdio.h>

static void durations_read(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } cases[] = {
        {"1s", 1},
        {"90s", 90},
        {"15m", 900},
        {"8h", 28800},
        {"1d12h", 129600},
        {"7d", 604800},
        {"2w", 1209600},
        {"1w2d3h4m5s", 788645},
        {"1d0h", 86400},
        {"007s", 7},
        {"36600d", SVCT_DURATION_MAX},
        {"3162240000s", SVCT_DURATION_MAX},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t seconds = -1;

        assert_int_equal(svct_duration_parse(cases[i].text, &seconds), 0);
        assert_int_equal(seconds, cases[i].seconds);
    }
}

static void durations_refused(void **state)
{
    static const struct {
        const char *text;
        int code;
    } cases[] = {
        {NULL, SVCT_E_SYNTAX},
        {"", SVCT_E_SYNTAX},
        {"8", SVCT_E_SYNTAX},
        {"h", SVCT_E_SYNTAX},
        {"0s", SVCT_E_SYNTAX},
        {"0d0h", SVCT_E_SYNTAX},
        {"-8h", SVCT_E_SYNTAX},
        {"+8h", SVCT_E_SYNTAX},
        {" 8h", SVCT_E_SYNTAX},
        {"8 h", SVCT_E_SYNTAX},
        {"8h ", SVCT_E_SYNTAX},
        {"8H", SVCT_E_SYNTAX},
        {"1.5h", SVCT_E_SYNTAX},
        {"1y", SVCT_E_SYNTAX},
        {"1h1h", SVCT_E_SYNTAX},
        {"1m1h", SVCT_E_SYNTAX},
        {"1s1w", SVCT_E_SYNTAX},
        {"8h30", SVCT_E_SYNTAX},
        {"99999999999d5", SVCT_E_SYNTAX},
        {"36600d1s", SVCT_E_RANGE},
        {"3162240001s", SVCT_E_RANGE},
        {"5229w", SVCT_E_RANGE},
        {"18446744073709551615w", SVCT_E_RANGE},
        {"18446744073709551616s", SVCT_E_RANGE},
        {"30500568904943w", SVCT_E_RANGE}, /* wraps at 2^64 */
        {"99999d1s", SVCT_E_RANGE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t seconds = -1;
        int rc = svct_duration_parse(cases[i].text, &seconds);

        if (rc != cases[i].code)
            fail_msg("\"%s\" gives %d", cases[i].text, rc);
        assert_int_equal(seconds, -1);
    }
}

static void durations_written(void **state)
{
    static const struct {
        int64_t seconds;
        const char *text;
    } cases[] = {
        {0, "0s"},
        {-5, "0s"},
        {INT64_MIN, "0s"},
        {1, "1s"},
        {60, "1m"},
        {90, "1m30s"},
        {28800, "8h"},
        {129600, "1d12h"},
        {604800, "1w"},
        {691200, "8d"},
        {1209600, "2w"},
        {2592000, "30d"},
        {1209601, "14d1s"},
        {788645, "9d3h4m5s"},
        {INT64_MAX, "106751991167300d15h30m7s"},
    };
    char out[32];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_ptr_equal(
            svct_duration_format(out, sizeof(out), cases[i].seconds), out);
        assert_string_equal(out, cases[i].text);
    }
    assert_string_equal(svct_duration_format(out, 4, 788645), "9d3");
    memcpy(out, "x", 2);
    assert_string_equal(svct_duration_format(out, 0, 1), "x");
}

static void durations_come_back(void **state)
{
    char out[32];
    int64_t back = 0;

    (void)state;
    for (int64_t s = 1; s <= SVCT_DURATION_MAX; s += s < 200000 ? 1 : 1048573) {
        svct_duration_format(out, sizeof(out), s);
        assert_int_equal(svct_duration_parse(out, &back), 0);
        assert_int_equal(back, s);
    }
}

static void moments_read(void **state)
{
    static const struct {
        const char *text;
        int64_t time;
        bool date_only;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0, false},
        {"1970-01-01", 0, true},
        {"2027-01-31T12:00:00Z", 1801396800, false},
        {"2027-01-31T14:00:00+02:00", 1801396800, false},
        {"2027-01-31t12:00:00z", 1801396800, false},
        {"2027-01-31 06:30:00-05:30", 1801396800, false},
        {"2027-01-31T12:00:00-00:00", 1801396800, false},
        {"2027-01-31", 1801353600, true},
        {"2000-02-29", 951782400, true},
        {"1969-12-31T23:59:59-00:01", 59, false},
        {"9999-12-31T23:59:59Z", SVCT_TIME_MAX, false},
        {"now", 1000, false},
        {"+8h", 29800, false},
        {"+1s", 1001, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t time = -1;
        bool date_only = !cases[i].date_only;

        assert_int_equal(
            svct_time_parse(cases[i].text, 1000, &time, &date_only), 0);
        assert_int_equal(time, cases[i].time);
        assert_int_equal(date_only, cases[i].date_only);
        assert_int_equal(svct_time_parse(cases[i].text, 1000, &time, NULL), 0);
    }
}

static void moments_refused(void **state)
{
    static const struct {
        const char *text;
        int code;
    } cases[] = {
        {NULL, SVCT_E_SYNTAX},
        {"", SVCT_E_SYNTAX},
        {"never", SVCT_E_SYNTAX},
        {"Now", SVCT_E_SYNTAX},
        {"now ", SVCT_E_SYNTAX},
        {"8h", SVCT_E_SYNTAX},
        {"+", SVCT_E_SYNTAX},
        {"+0s", SVCT_E_SYNTAX},
        {"-8h", SVCT_E_SYNTAX},
        {"1234567890", SVCT_E_SYNTAX},
        {"2027", SVCT_E_SYNTAX},
        {"2027-01", SVCT_E_SYNTAX},
        {"2027-1-31", SVCT_E_SYNTAX},
        {"2027-01-3", SVCT_E_SYNTAX},
        {"02027-01-31", SVCT_E_SYNTAX},
        {"2027/01/31", SVCT_E_SYNTAX},
        {"31-01-2027", SVCT_E_SYNTAX},
        {"2027-01-31T", SVCT_E_SYNTAX},
        {"2027-01-31 ", SVCT_E_SYNTAX},
        {" 2027-01-31", SVCT_E_SYNTAX},
        {"2027-01-31T12:00Z", SVCT_E_SYNTAX},
        {"2027-01-31T12:00:00", SVCT_E_SYNTAX},
        {"2027-01-31T12:00:00.5Z", SVCT_E_SYNTAX},
        {"2027-01-31T12:00:00Zx", SVCT_E_SYNTAX},
        {"2027-01-31T12:00:00+02", SVCT_E_SYNTAX},
        {"2027-01-31T12:00:00+0200", SVCT_E_SYNTAX},
        {"2027-01-31T12:00:00 +02:00", SVCT_E_SYNTAX},
        {"2027-01-31T12:00:00\xe2\x88\x92"
         "02:00",
         SVCT_E_SYNTAX},
        {"2027-01-31x12:00:00Z", SVCT_E_SYNTAX},
        {"2027-xx-31", SVCT_E_SYNTAX},
        {"2027-01x31", SVCT_E_SYNTAX},
        {"2027-01-31Txx:00:00Z", SVCT_E_SYNTAX},
        {"2027-01-31T12x00:00Z", SVCT_E_SYNTAX},
        {"2027-01-31T12:xx:00Z", SVCT_E_SYNTAX},
        {"2027-01-31T12:00x00Z", SVCT_E_SYNTAX},
        {"2027-01-31T12:00:xxZ", SVCT_E_SYNTAX},
        {"2027-01-31T12:00:00+xx:00", SVCT_E_SYNTAX},
        {"2027-01-31T12:00:00+02x00", SVCT_E_SYNTAX},
        {"2027-01-31T12:00:00+02:xx", SVCT_E_SYNTAX},
        {"2027-00-31", SVCT_E_RANGE},
        {"2027-13-31", SVCT_E_RANGE},
        {"2027-01-00", SVCT_E_RANGE},
        {"2027-02-29", SVCT_E_RANGE},
        {"2100-02-29", SVCT_E_RANGE},
        {"2027-01-31T24:00:00Z", SVCT_E_RANGE},
        {"2027-01-31T23:60:00Z", SVCT_E_RANGE},
        {"2016-12-31T23:59:60Z", SVCT_E_RANGE},
        {"2027-01-31T12:00:00+24:00", SVCT_E_RANGE},
        {"2027-01-31T12:00:00+02:60", SVCT_E_RANGE},
        {"1969-12-31", SVCT_E_RANGE},
        {"1970-01-01T00:00:00+00:01", SVCT_E_RANGE},
        {"9999-12-31T23:59:59-00:01", SVCT_E_RANGE},
        {"0000-01-01", SVCT_E_RANGE},
        {"+36601d", SVCT_E_RANGE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t time = -1;
        bool date_only = true;
        int rc = svct_time_parse(cases[i].text, 1000, &time, &date_only);

        if (rc != cases[i].code)
            fail_msg("\"%s\" gives %d", cases[i].text, rc);
        assert_int_equal(time, -1);
        assert_true(date_only);
    }
}

static void relative_moments_have_bounds(void **state)
{
    int64_t time = -1;

    (void)state;
    assert_int_equal(svct_time_parse("now", -1, &time, NULL), SVCT_E_RANGE);
    assert_int_equal(svct_time_parse("now", SVCT_TIME_MAX + 1, &time, NULL),
                     SVCT_E_RANGE);
    assert_int_equal(svct_time_parse("+1s", INT64_MIN, &time, NULL),
                     SVCT_E_RANGE);
    assert_int_equal(svct_time_parse("+1s", INT64_MAX, &time, NULL),
                     SVCT_E_RANGE);
    assert_int_equal(svct_time_parse("+1s", SVCT_TIME_MAX, &time, NULL),
                     SVCT_E_RANGE);
    assert_int_equal(time, -1);
    assert_int_equal(svct_time_parse("+1s", SVCT_TIME_MAX - 1, &time, NULL), 0);
    assert_int_equal(time, SVCT_TIME_MAX);
    assert_int_equal(svct_time_parse("now", SVCT_TIME_MAX, &time, NULL), 0);
    assert_int_equal(svct_time_parse("now", 0, &time, NULL), 0);
    assert_int_equal(time, 0);
}

static void moments_written(void **state)
{
    static const struct {
        int64_t time;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00Z"},
        {86399, "1970-01-01T23:59:59Z"},
        {1801396801, "2027-01-31T12:00:01Z"},
        {SVCT_TIME_MAX, "9999-12-31T23:59:59Z"},
        {SVCT_TIME_NEVER, "never"},
        {SVCT_TIME_MAX + 1, "invalid"},
        {SVCT_TIME_NEVER - 1, "invalid"},
        {-1, "invalid"},
        {INT64_MIN, "invalid"},
    };
    char out[32];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_ptr_equal(svct_time_format(out, sizeof(out), cases[i].time),
                         out);
        assert_string_equal(out, cases[i].text);
    }
}

/* ---- against a calendar that only knows how to turn the page ---- */

static const int month_length[] = {31, 28, 31, 30, 31, 30,
                                   31, 31, 30, 31, 30, 31};

static int naive_length(int year, int month)
{
    int leap = month == 2 && year % 4 == 0;

    if (year % 100 == 0 && year % 400 != 0)
        leap = 0;
    return month_length[month - 1] + leap;
}

static void put_number(char *out, int width, int value)
{
    while (width-- > 0) {
        out[width] = (char)('0' + value % 10);
        value /= 10;
    }
}

/* One day: its first and its last second, both ways. */
static void check_day(int64_t day, int year, int month, int date)
{
    char text[] = "yyyy-mm-ddT23:59:59Z";
    char out[32];
    int64_t time = -1;
    bool date_only = false;

    put_number(text, 4, year);
    put_number(text + 5, 2, month);
    put_number(text + 8, 2, date);
    if (day < 0) {
        assert_int_equal(svct_time_parse(text, 0, &time, NULL), SVCT_E_RANGE);
        return;
    }
    assert_int_equal(svct_time_parse(text, 0, &time, &date_only), 0);
    assert_int_equal(time, day * 86400 + 86399);
    svct_time_format(out, sizeof(out), time);
    assert_string_equal(out, text);
    text[10] = '\0';
    assert_int_equal(svct_time_parse(text, 0, &time, &date_only), 0);
    assert_true(date_only);
    assert_int_equal(time, day * 86400);
}

static void check_no_such_days(int year, int month)
{
    char text[] = "yyyy-mm-dd";
    int64_t time = -1;

    put_number(text, 4, year);
    put_number(text + 5, 2, month);
    for (int date = naive_length(year, month) + 1; date < 100; date++) {
        put_number(text + 8, 2, date);
        assert_int_equal(svct_time_parse(text, 0, &time, NULL), SVCT_E_RANGE);
    }
}

static int64_t days_to_1970(void)
{
    int64_t days = 0;

    for (int year = 0; year < 1970; year++) {
        for (int month = 1; month <= 12; month++)
            days += naive_length(year, month);
    }
    return days;
}

static void every_day(void **state)
{
    int64_t day = -days_to_1970();

    (void)state;
    for (int year = 0; year <= 9999; year++) {
        for (int month = 1; month <= 12; month++) {
            for (int date = 1; date <= naive_length(year, month); date++)
                check_day(day++, year, month, date);
            if (year % 100 < 5)
                check_no_such_days(year, month);
        }
    }
    assert_int_equal(day * 86400, SVCT_TIME_MAX + 1);
}

static void every_second_of_a_day(void **state)
{
    char text[] = "2028-02-29Thh:mm:ssZ";
    char out[32];
    int64_t time = -1;

    (void)state;
    for (int s = 0; s < 86400; s++) {
        put_number(text + 11, 2, s / 3600);
        put_number(text + 14, 2, s / 60 % 60);
        put_number(text + 17, 2, s % 60);
        assert_int_equal(svct_time_parse(text, 0, &time, NULL), 0);
        assert_int_equal(time, INT64_C(1835395200) + s);
        assert_string_equal(svct_time_format(out, sizeof(out), time), text);
    }
}

/* And against the C library's own, in long strides. */
static void as_timegm_has_it(void **state)
{
    (void)state;
    for (int64_t t = 0; t <= SVCT_TIME_MAX; t += 7654321) {
        char out[32];
        struct tm tm = {0};

        svct_time_format(out, sizeof(out), t);
        assert_int_equal(sscanf(out, "%d-%d-%dT%d:%d:%dZ", &tm.tm_year,
                                &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
                                &tm.tm_min, &tm.tm_sec),
                         6);
        tm.tm_year -= 1900;
        tm.tm_mon -= 1;
        assert_int_equal(timegm(&tm), t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_read),
        cmocka_unit_test(durations_refused),
        cmocka_unit_test(durations_written),
        cmocka_unit_test(durations_come_back),
        cmocka_unit_test(moments_read),
        cmocka_unit_test(moments_refused),
        cmocka_unit_test(relative_moments_have_bounds),
        cmocka_unit_test(moments_written),
        cmocka_unit_test(every_day),
        cmocka_unit_test(every_second_of_a_day),
        cmocka_unit_test(as_timegm_has_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
