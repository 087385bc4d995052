/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The first so many of many: the same as sorting all and cutting, whichever way
 * they come, in room for those that are kept.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../admin/firstof.h"

static int by_value(const void *a, const void *b)
{
    const unsigned *left = a, *right = b;

    return (*left > *right) - (*left < *right);
}

static struct svct_firstof first_of(size_t most)
{
    return (struct svct_firstof){
        .size = sizeof(unsigned), .most = most, .compare = by_value};
}

static unsigned at(const struct svct_firstof *first, size_t index)
{
    return *(const unsigned *)svct_firstof_at(first, index);
}

#define COUNT 1009u /* a prime: each factor gives each rest once */

static void keeps_the_first(void **state)
{
    (void)state;
    for (unsigned factor = 1; factor < COUNT; factor += 83) {
        for (size_t most = 1; most < 40; most += 3) {
            struct svct_firstof first = first_of(most);

            for (unsigned i = 0; i < COUNT; i++) {
                unsigned value = i * factor % COUNT;

                assert_int_equal(svct_firstof_add(&first, &value), 0);
            }
            svct_firstof_sort(&first);
            assert_int_equal(first.seen, COUNT);
            assert_int_equal(first.count, most);
            assert_in_range(first.room, most, most + 16);
            for (unsigned i = 0; i < most; i++)
                assert_int_equal(at(&first, i), i);
            svct_firstof_done(&first);
        }
    }
}

static void fewer_than_most(void **state)
{
    struct svct_firstof first = first_of(1000000);
    const unsigned values[] = {3, 1, 2, 2};

    (void)state;
    svct_firstof_sort(&first);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(svct_firstof_add(&first, &values[i]), 0);
    svct_firstof_sort(&first);
    assert_int_equal(first.count, 4);
    assert_in_range(first.room, 4, 16);
    assert_int_equal(at(&first, 0), 1);
    assert_int_equal(at(&first, 2), 2);
    assert_int_equal(at(&first, 3), 3);
    svct_firstof_done(&first);
    assert_int_equal(first.count, 0);
}

static void none(void **state)
{
    struct svct_firstof first = first_of(0);
    const unsigned value = 1;

    (void)state;
    assert_int_equal(svct_firstof_add(&first, &value), 0);
    svct_firstof_sort(&first);
    assert_int_equal(first.seen, 1);
    assert_int_equal(first.count, 0);
    assert_null(first.item);
    svct_firstof_done(&first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_first),
        cmocka_unit_test(fewer_than_most),
        cmocka_unit_test(none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
