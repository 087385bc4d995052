/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When nscd has to be told: whenever the public records are not surely the
 * same. (That it is told shows tests/integration/40_account_unix.sh.)
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../admin/nscd.h"
#include "../support/testdb.h"

static void same(void **state)
{
    struct svct_nscd_mark a = {.known = true, .records = 3, .digest = 7};
    struct svct_nscd_mark b = a;

    (void)state;
    assert_true(svct_nscd_same(&a, &b));
    b.records++;
    assert_false(svct_nscd_same(&a, &b));
    b = a;
    b.digest++;
    assert_false(svct_nscd_same(&a, &b));
    b = a;
    b.known = false;
    assert_false(svct_nscd_same(&a, &b));
    assert_false(svct_nscd_same(&b, &a));
    assert_false(svct_nscd_same(&b, &b));
}

static void look(void **state)
{
    struct svct_nscd_mark mark = {.known = true};
    struct svct_nscd_mark before, after;

    (void)state;
    testdb_init(TESTDB);
    svct_nscd_look(TESTDB, &before);
    testdb_commit(testdb_begin(TESTDB));
    svct_nscd_look(TESTDB, &after);
    assert_true(svct_nscd_same(&before, &after));
    svct_nscd_look(TESTDB "/none", &mark);
    assert_false(mark.known);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same),
        cmocka_unit_test(look),
    };

    testdb_enter();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
