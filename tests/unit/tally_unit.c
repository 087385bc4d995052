/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How often accounts were met: summed up by name, in room that goes with the
 * names, and not with how often they are added.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../admin/tally.h"
#include "base/err.h"

static void sums_up(void **state)
{
    struct svct_tally tally = {.count = 0};

    (void)state;
    assert_null(svct_tally_find(&tally, "alice"));
    svct_tally_sort(&tally);
    assert_int_equal(svct_tally_add(&tally, "carol", 1), 0);
    assert_int_equal(svct_tally_add(&tally, "alice", 2), 0);
    assert_int_equal(svct_tally_add(&tally, "carol", 3), 0);
    assert_int_equal(svct_tally_add(&tally, "bob", 0), 0);
    svct_tally_sort(&tally);
    assert_int_equal(tally.count, 3);
    assert_string_equal(tally.item[0].name, "alice");
    assert_string_equal(tally.item[1].name, "bob");
    assert_string_equal(tally.item[2].name, "carol");
    assert_int_equal(svct_tally_find(&tally, "alice")->count, 2);
    assert_int_equal(svct_tally_find(&tally, "bob")->count, 0);
    assert_int_equal(svct_tally_find(&tally, "carol")->count, 4);
    assert_null(svct_tally_find(&tally, "dave"));
    assert_null(svct_tally_find(&tally, ""));
    svct_tally_done(&tally);
    assert_int_equal(tally.count, 0);
    svct_tally_done(NULL);
}

static void takes_names_only(void **state)
{
    struct svct_tally tally = {.count = 0};
    char name[SVCT_LOGIN_MAX + 2] = "";

    (void)state;
    memset(name, 'a', SVCT_LOGIN_MAX);
    assert_int_equal(svct_tally_add(&tally, name, 1), 0);
    name[SVCT_LOGIN_MAX] = 'a';
    assert_int_equal(svct_tally_add(&tally, name, 1), SVCT_E_TOOBIG);
    assert_int_equal(tally.count, 1);
    svct_tally_done(&tally);
}

#define NAMES 300
#define TIMES 500

static void is_bounded(void **state)
{
    struct svct_tally tally = {.count = 0};
    char name[16];

    (void)state;
    for (unsigned i = 0; i < NAMES * TIMES; i++) {
        snprintf(name, sizeof(name), "a%u", i * 7 % NAMES);
        assert_int_equal(svct_tally_add(&tally, name, 1), 0);
    }
    assert_in_range(tally.room, NAMES, 4 * NAMES);
    svct_tally_sort(&tally);
    assert_int_equal(tally.count, NAMES);
    for (unsigned i = 0; i < NAMES; i++)
        assert_int_equal(tally.item[i].count, TIMES);
    svct_tally_done(&tally);
}

/* As many as there may be, in an order that is none. */
static void sorts_any_number(void **state)
{
    (void)state;
    for (unsigned number = 0; number < 100; number++) {
        struct svct_tally tally = {.count = 0};
        char name[16];

        for (unsigned i = 0; i < number; i++) {
            snprintf(name, sizeof(name), "a%02u", i * 37 % 101);
            assert_int_equal(svct_tally_add(&tally, name, i), 0);
        }
        svct_tally_sort(&tally);
        assert_int_equal(tally.count, number);
        for (unsigned i = 1; i < number; i++)
            assert_true(strcmp(tally.item[i - 1].name, tally.item[i].name) < 0);
        for (unsigned i = 0; i < number; i++) {
            snprintf(name, sizeof(name), "a%02u", i * 37 % 101);
            assert_int_equal(svct_tally_find(&tally, name)->count, i);
        }
        svct_tally_done(&tally);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_up),
        cmocka_unit_test(takes_names_only),
        cmocka_unit_test(is_bounded),
        cmocka_unit_test(sorts_any_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
