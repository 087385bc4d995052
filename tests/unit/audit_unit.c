/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "write/audit.h"

static void one_line(void **state)
{
    struct svct_audit audit;

    (void)state;
    svct_audit_begin(&audit, "account-create");
    assert_string_equal(audit.line, "account-create");
    svct_audit_add(&audit, "account", "deploy");
    svct_audit_add(&audit, "by", "a b=\"c\"\n");
    svct_audit_add(&audit, "reason", "");
    svct_audit_add(&audit, "tty", NULL);
    assert_string_equal(audit.line,
                        "account-create account=deploy "
                        "by=a\\x20b\\x3d\\x22c\\x22\\x0a reason=- tty=-");
    assert_int_equal(audit.len, strlen(audit.line));
}

static void long_values_are_cut(void **state)
{
    char value[1000];
    struct svct_audit audit;

    (void)state;
    memset(value, 'v', sizeof(value) - 1);
    value[sizeof(value) - 1] = '\0';
    svct_audit_begin(&audit, "x");
    svct_audit_add(&audit, "k", value);
    assert_int_equal(audit.len, 4 + SVCT_AUDIT_VALUE_MAX);
    assert_string_equal(audit.line + audit.len - 5, "vv...");
    svct_audit_add(&audit, "by", "alice");
    assert_non_null(strstr(audit.line, "... by=alice"));
    svct_audit_begin(&audit, value);
    assert_int_equal(audit.len, SVCT_AUDIT_VALUE_MAX);
}

/* For each length of a first value: pairs stay whole, the line ends in the
 * mark, and nothing comes behind it. */
static void a_full_line_ends_in_its_mark(void **state)
{
    size_t longest = 0;

    (void)state;
    for (size_t first = 1; first < 60; first++) {
        struct svct_audit audit;
        char before[SVCT_AUDIT_MAX] = "";
        char value[64] = "";
        int pairs = 0;

        memset(value, 'x', first);
        memset(&audit, '!', sizeof(audit));
        svct_audit_begin(&audit, "fill");
        svct_audit_add(&audit, "a", value);
        while (strstr(audit.line, " ...") == NULL) {
            memcpy(before, audit.line, audit.len + 1);
            svct_audit_add(&audit, "key", "0123456789012345678901234567");
            assert_int_equal(audit.len, strlen(audit.line));
            assert_true(++pairs < 40);
        }
        assert_int_equal(audit.len, strlen(before) + 4);
        assert_memory_equal(audit.line, before, strlen(before));
        assert_string_equal(audit.line + strlen(before), " ...");
        assert_true(audit.len > SVCT_AUDIT_MAX - 1 - 33 - 4);
        svct_audit_add(&audit, "k", "v");
        assert_string_equal(audit.line + strlen(before), " ...");
        if (audit.len > longest)
            longest = audit.len;
    }
    assert_int_equal(longest, SVCT_AUDIT_MAX - 1);
}

/* The dots of a cut value are not the mark: more may follow. */
static void dots_of_a_value_are_no_mark(void **state)
{
    struct svct_audit audit;

    (void)state;
    svct_audit_begin(&audit, "x");
    svct_audit_add(&audit, "k", " ...");
    svct_audit_add(&audit, "l", "v");
    assert_string_equal(audit.line, "x k=\\x20... l=v");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_line),
        cmocka_unit_test(long_values_are_cut),
        cmocka_unit_test(a_full_line_ends_in_its_mark),
        cmocka_unit_test(dots_of_a_value_are_no_mark),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
