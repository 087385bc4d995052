/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/parse.h"

static void digits_stop_where_they_end(void **state)
{
    const char *text = "042x";
    const char *pos = text;
    uint64_t value = 7;

    (void)state;
    assert_int_equal(svct_parse_digits(&pos, text + 4, 42, &value), 0);
    assert_int_equal(value, 42);
    assert_ptr_equal(pos, text + 3);
    pos = text;
    assert_int_equal(svct_parse_digits(&pos, text + 2, 42, &value), 0);
    assert_int_equal(value, 4);
    assert_ptr_equal(pos, text + 2);
}

static void digits_leave_all_as_it_was(void **state)
{
    static const struct {
        const char *text;
        uint64_t max;
        int code;
    } cases[] = {
        {"", 9, SVCT_E_SYNTAX},
        {"x", 9, SVCT_E_SYNTAX},
        {"-1", 9, SVCT_E_SYNTAX},
        {"+1", 9, SVCT_E_SYNTAX},
        {" 1", 9, SVCT_E_SYNTAX},
        {"10", 9, SVCT_E_RANGE},
        {"18446744073709551616", UINT64_MAX, SVCT_E_RANGE},
        {"000000000000000000001", UINT64_MAX, SVCT_E_RANGE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *pos = cases[i].text;
        uint64_t value = 7;

        assert_int_equal(
            svct_parse_digits(&pos, pos + strlen(pos), cases[i].max, &value),
            cases[i].code);
        assert_ptr_equal(pos, cases[i].text);
        assert_int_equal(value, 7);
    }
}

static void numbers_are_whole_texts(void **state)
{
    uint64_t value = 7;

    (void)state;
    assert_int_equal(
        svct_parse_number("18446744073709551615", 0, UINT64_MAX, &value), 0);
    assert_true(value == UINT64_MAX);
    assert_int_equal(svct_parse_number("00000000000000000005", 5, 5, &value),
                     0);
    assert_int_equal(value, 5);
}

static void numbers_refused(void **state)
{
    static const struct {
        const char *text;
        int code;
    } cases[] = {
        {NULL, SVCT_E_SYNTAX},
        {"", SVCT_E_SYNTAX},
        {"5 ", SVCT_E_SYNTAX},
        {"0x5", SVCT_E_SYNTAX},
        {"5.0", SVCT_E_SYNTAX},
        {"\xd9\xa5", SVCT_E_SYNTAX},
        {"2", SVCT_E_RANGE},
        {"10", SVCT_E_RANGE},
        {"18446744073709551619", SVCT_E_RANGE},
        {"99999999999999999999", SVCT_E_RANGE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t value = 7;

        assert_int_equal(svct_parse_number(cases[i].text, 3, 9, &value),
                         cases[i].code);
        assert_int_equal(value, 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digits_stop_where_they_end),
        cmocka_unit_test(digits_leave_all_as_it_was),
        cmocka_unit_test(numbers_are_whole_texts),
        cmocka_unit_test(numbers_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
