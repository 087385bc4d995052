/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../admin/udiff.h"

static void assert_diff(const char *old, const char *new, const char *wanted)
{
    struct svct_udiff_text from = {"old", old, strlen(old)};
    struct svct_udiff_text to = {"new", new, strlen(new)};
    char *diff = NULL;

    assert_int_equal(svct_udiff(&from, &to, &diff), 0);
    assert_string_equal(diff, wanted);
    free(diff);
}

#define HEAD "--- old\n+++ new\n"

static void the_same(void **state)
{
    (void)state;
    assert_diff("", "", "");
    assert_diff("a\nb\n", "a\nb\n", "");
    assert_diff("a", "a", "");
}

/* What diff -u of GNU says of these. */
static void lines_come_and_go(void **state)
{
    (void)state;
    assert_diff("", "a\n", HEAD "@@ -0,0 +1 @@\n+a\n");
    assert_diff("a\n", "", HEAD "@@ -1 +0,0 @@\n-a\n");
    assert_diff("1\n2\n3\n4\n5\n", "1\n2\n3\n4\nx\n5\n",
                HEAD "@@ -2,4 +2,5 @@\n 2\n 3\n 4\n+x\n 5\n");
    assert_diff("1\n2\n3\n4\n5\nx\n6\n", "1\n2\n3\n4\n5\n6\n",
                HEAD "@@ -3,5 +3,4 @@\n 3\n 4\n 5\n-x\n 6\n");
    assert_diff("1\n", "x\n1\ny\n", HEAD "@@ -1 +1,3 @@\n+x\n 1\n+y\n");
}

/* Six lines between two changes: one hunk; seven: two. */
static void hunks(void **state)
{
    (void)state;
    assert_diff("1\n2\n3\n4\n5\n6\n", "x\n1\n2\n3\n4\n5\n6\ny\n",
                HEAD "@@ -1,6 +1,8 @@\n+x\n 1\n 2\n 3\n 4\n 5\n 6\n+y\n");
    assert_diff("1\n2\n3\n4\n5\n6\n7\n", "x\n1\n2\n3\n4\n5\n6\n7\ny\n",
                HEAD "@@ -1,3 +1,4 @@\n+x\n 1\n 2\n 3\n"
                     "@@ -5,3 +6,4 @@\n 5\n 6\n 7\n+y\n");
}

static void no_end(void **state)
{
    (void)state;
    assert_diff("a", "x\na",
                HEAD "@@ -1 +1,2 @@\n+x\n a\n\\ No newline at end of file\n");
    assert_diff("a", "a\nb\n",
                HEAD "@@ -1 +1,2 @@\n-a\n\\ No newline at end of file\n+a\n"
                     "+b\n");
}

static void all_else(void **state)
{
    (void)state;
    assert_diff("a\nb\n", "b\na\n", HEAD "@@ -1,2 +1,2 @@\n-a\n-b\n+b\n+a\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same), cmocka_unit_test(lines_come_and_go),
        cmocka_unit_test(hunks),    cmocka_unit_test(no_end),
        cmocka_unit_test(all_else),
    };

    return cmocka_run_group_tests_name("udiff", tests, NULL, NULL);
}
