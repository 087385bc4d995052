/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The scale of ends and how it is drawn: where each mark is, that it never goes
 * back, and that no line is wider than the screen.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../admin/timeline.h"
#include "../../admin/timescale.h"

#define HOUR INT64_C(3600)
#define DAY (24 * HOUR)

/* ---- the scale ---- */

static void marks(void **state)
{
    (void)state;
    for (unsigned each = 1; each <= 20; each++) {
        unsigned parts = each * SVCT_TIMESCALE_SECTIONS;

        for (unsigned i = 0; i <= SVCT_TIMESCALE_SECTIONS; i++) {
            int64_t seconds = svct_timescale_marks[i].seconds;

            assert_int_equal(svct_timescale_place(seconds, parts), i * each);
            if (i > 0)
                assert_int_equal(svct_timescale_place(seconds - 1, parts),
                                 i * each - 1);
        }
    }
}

static void never_back(void **state)
{
    unsigned before = 0;

    (void)state;
    assert_int_equal(svct_timescale_place(-1, 70), 0);
    assert_int_equal(svct_timescale_place(INT64_MIN, 70), 0);
    assert_int_equal(svct_timescale_place(INT64_MAX, 70), 70);
    for (int64_t seconds = 0; seconds < 400 * DAY; seconds += 601) {
        unsigned place = svct_timescale_place(seconds, 70);

        assert_in_range(place, before, before + 2);
        before = place;
    }
    assert_int_equal(before, 70);
}

/* ---- lines ---- */

static const struct svct_timeline plain = {.width = 80};

static void head(void **state)
{
    char out[SVCT_TIMELINE_ROOM];

    (void)state;
    assert_string_equal(
        svct_timeline_head(&plain, "EXPIRES NEXT", out),
        "EXPIRES NEXT             IN       now   1h    8h    1d    7d    30d   "
        "90d   1y");
}

static void rows(void **state)
{
    char out[SVCT_TIMELINE_ROOM];

    (void)state;
    assert_string_equal(
        svct_timeline_row(&plain, "deploy/ci", "1h", HOUR, out),
        "deploy/ci                1h       ------o     .     .     .     .     "
        ".     .");
    assert_string_equal(
        svct_timeline_row(&plain, "deploy/ci", "now", 0, out),
        "deploy/ci                now      o     .     .     .     .     .     "
        ".     .");
    assert_string_equal(
        svct_timeline_row(&plain, "deploy/ci", "52w", 364 * DAY, out),
        "deploy/ci                52w      "
        "-----------------------------------------o.");
    assert_string_equal(
        svct_timeline_row(&plain, "deploy/ci", "730d", 730 * DAY, out),
        "deploy/ci                730d     "
        "------------------------------------------>");
}

static void cut(void **state)
{
    char out[SVCT_TIMELINE_ROOM];

    (void)state;
    svct_timeline_row(&plain, "an-account-with-a/name-that-is-long", "1h", HOUR,
                      out);
    assert_memory_equal(out, "an-account-with-a/name.. 1h ", 28);
}

static void drawn(void **state)
{
    const struct svct_timeline screen = {
        .width = 60, .utf8 = true, .colour = true};
    char out[SVCT_TIMELINE_ROOM];

    (void)state;
    assert_non_null(strstr(svct_timeline_row(&screen, "a/b", "1h", HOUR, out),
                           "\033[31m\xe2\x94\x81\xe2\x94\x81\xe2\x94\x81"
                           "\xe2\x94\x81\xe2"
                           "\x97\x8f\033[0m"));
    assert_non_null(strstr(
        svct_timeline_row(&screen, "a/b", "2d", 2 * DAY, out), "\033[33m"));
    assert_non_null(strstr(
        svct_timeline_row(&screen, "a/b", "9d", 9 * DAY, out), "\033[32m"));
    assert_non_null(
        strstr(svct_timeline_row(&screen, "a/b", "x", 999 * DAY, out),
               "\xe2\x96\xb6\033[0m"));
}

/* Characters on the screen: neither continuation bytes nor colours. */
static size_t columns(const char *text)
{
    size_t count = 0;

    for (; *text != '\0'; text++) {
        if (*text == '\033')
            text += strcspn(text, "m");
        else if (((unsigned char)*text & 0xc0) != 0x80)
            count++;
    }
    return count;
}

static void never_too_wide(void **state)
{
    static const char label[] =
        "abcdefghijklmnopqrstuvwxyz-and-that/abcdefghijklmnopqrstuvwxyz-and-"
        "that-once-more-and-longer-than-any";
    char out[SVCT_TIMELINE_ROOM];

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        for (unsigned width = 24; width <= 400; width++) {
            const struct svct_timeline screen = {
                .width = width, .utf8 = i & 1, .colour = i & 2};

            assert_in_range(columns(svct_timeline_head(&screen, label, out)),
                            20, width - 1);
            for (int64_t days = 0; days < 500; days += 99)
                assert_in_range(columns(svct_timeline_row(&screen, label,
                                                          "a long span of time",
                                                          days * DAY, out)),
                                20, width - 1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marks),
        cmocka_unit_test(never_back),
        cmocka_unit_test(head),
        cmocka_unit_test(rows),
        cmocka_unit_test(cut),
        cmocka_unit_test(drawn),
        cmocka_unit_test(never_too_wide),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
