/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../pam_module/notice.h"
#include "../../pam_module/runtime.h"
#include "auth/timefmt.h"

#define NOW INT64_C(1800000000)

/* ---- the limit of a session ---- */

static const char *limit(int64_t expires, int64_t now)
{
    static char text[SVCT_RUNTIME_TEXT];

    snprintf(text, sizeof text, "(none)");
    return svct_runtime_format(expires, now, text) ? text : "(none)";
}

static void seconds_until_the_end(void **state)
{
    (void)state;
    assert_string_equal(limit(NOW + 1, NOW), "1");
    assert_string_equal(limit(NOW + 3600, NOW), "3600");
    assert_string_equal(limit(SVCT_TIME_MAX, NOW), "251602300799");
}

/* 0 and less would be no limit, or one that nobody knows. */
static void never_less_than_one(void **state)
{
    (void)state;
    assert_string_equal(limit(NOW, NOW), "1");
    assert_string_equal(limit(NOW - 1, NOW), "1");
    assert_string_equal(limit(0, NOW), "1");
    assert_string_equal(limit(INT64_MIN, NOW), "1");
    assert_string_equal(limit(NOW, INT64_MIN), "1");
    assert_string_equal(limit(NOW, -1), "1");
}

static void without_an_end_there_is_none(void **state)
{
    char text[SVCT_RUNTIME_TEXT] = "untouched";

    (void)state;
    assert_false(svct_runtime_format(SVCT_TIME_NEVER, NOW, text));
    assert_string_equal(text, "untouched");
}

static void only_a_plain_shorter_number_stays(void **state)
{
    static const char *const others[] = {
        "3601", "0",        "",      "infinity",
        "1h",   "1h 30min", "10s",   " 10",
        "10 ",  "-10",      "+10",   "1e2",
        "0x5",  "10.5",     "00000", "99999999999999999999999",
    };

    (void)state;
    assert_true(svct_runtime_is_shorter("1", "3600"));
    assert_true(svct_runtime_is_shorter("3599", "3600"));
    assert_true(svct_runtime_is_shorter("3600", "3600"));
    assert_false(svct_runtime_is_shorter(NULL, "3600"));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (svct_runtime_is_shorter(others[i], "3600"))
            fail_msg("\"%s\" stays", others[i]);
}

/* ---- the notice ---- */

static const char *words(int64_t seconds)
{
    static char text[96];

    return svct_notice_words(text, sizeof text, seconds);
}

static void times_in_words(void **state)
{
    (void)state;
    assert_string_equal(words(0), "0 seconds");
    assert_string_equal(words(-5), "0 seconds");
    assert_string_equal(words(INT64_MIN), "0 seconds");
    assert_string_equal(words(1), "1 second");
    assert_string_equal(words(59), "59 seconds");
    assert_string_equal(words(60), "1 minute");
    assert_string_equal(words(61), "1 minute 1 second");
    assert_string_equal(words(7143), "1 hour 59 minutes 3 seconds");
    assert_string_equal(words(86400), "1 day");
    assert_string_equal(words(2 * 86400 + 1), "2 days 1 second");
    assert_string_equal(words(SVCT_TIME_MAX),
                        "2932896 days 23 hours 59 minutes 59 seconds");
    assert_string_equal(words(INT64_MAX),
                        "106751991167300 days 15 hours 30 minutes 7 seconds");
}

static bool is_due(int64_t expires, int64_t warn_before)
{
    struct svct_terms terms = {.expires = expires, .warn_before = warn_before};

    return svct_notice_is_due(&terms, NOW);
}

static void when_it_is_due(void **state)
{
    (void)state;
    assert_true(is_due(NOW + 1, 3600));
    assert_true(is_due(NOW + 3600, 3600));
    assert_false(is_due(NOW + 3601, 3600));
    assert_false(is_due(NOW + 1, 0)); /* never warn */
    assert_false(is_due(NOW, 3600));  /* it has ended */
    assert_false(is_due(NOW - 1, 3600));
    assert_false(is_due(0, 3600));
    assert_false(is_due(SVCT_TIME_NEVER, INT64_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seconds_until_the_end),
        cmocka_unit_test(never_less_than_one),
        cmocka_unit_test(without_an_end_there_is_none),
        cmocka_unit_test(only_a_plain_shorter_number_stays),
        cmocka_unit_test(times_in_words),
        cmocka_unit_test(when_it_is_due),
    };

    return cmocka_run_group_tests_name("runtime", tests, NULL, NULL);
}
