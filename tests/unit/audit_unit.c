/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <limits.h>
#include <stdio.h>

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
 * mark, and nothing comes behind it but who did it. */
static void a_full_line_ends_in_its_mark(void **state)
{
    char long_name[200] = "";
    size_t longest = 0;

    (void)state;
    memset(long_name, 'n', sizeof(long_name) - 1);
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
            assert_true(++pairs < 70);
        }
        assert_int_equal(audit.len, strlen(before) + 4);
        assert_memory_equal(audit.line, before, strlen(before));
        assert_string_equal(audit.line + strlen(before), " ...");
        svct_audit_add(&audit, "k", "v");
        svct_audit_change(&audit, "k", "v", "w");
        assert_string_equal(audit.line + strlen(before), " ...");
        svct_audit_sign(&audit, long_name, ULONG_MAX);
        assert_non_null(strstr(audit.line, " ... by=nnn"));
        assert_int_equal(audit.len, strlen(audit.line));
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

/* ---- old and new ---- */

static void a_change_has_both_values(void **state)
{
    struct svct_audit audit;

    (void)state;
    svct_audit_begin(&audit, "account-edit");
    svct_audit_add(&audit, "account", "deploy");
    svct_audit_change(&audit, "role", "Viewer", "Admin");
    svct_audit_change(&audit, "expires", "never", "never");
    svct_audit_change(&audit, "description", "", "a b");
    svct_audit_change(&audit, "comment", "old", NULL);
    svct_audit_change(&audit, "reason", NULL, "");
    svct_audit_sign(&audit, "alice", 1000);
    assert_string_equal(audit.line,
                        "account-edit account=deploy role=Admin "
                        "role-was=Viewer description=a\\x20b "
                        "description-was=- comment=- comment-was=old "
                        "by=alice uid=1000");
}

/* Both values or none: half a change would say something else. */
static void a_change_is_put_whole(void **state)
{
    char value[200] = "";

    (void)state;
    memset(value, 'v', sizeof(value) - 1);
    for (size_t first = 1; first < 250; first++) {
        char lead[256] = "";
        struct svct_audit audit;
        size_t values = 0;

        memset(lead, 'x', first);
        svct_audit_begin(&audit, "x");
        svct_audit_add(&audit, "lead", lead);
        while (!audit.full)
            svct_audit_change(&audit, "key", "old", value);
        for (const char *at = audit.line; (at = strstr(at, "key")) != NULL;
             at++)
            values++;
        assert_int_equal(values % 2, 0);
        assert_string_equal(audit.line + audit.len - 4, " ...");
    }
}

/* ---- the pairs ---- */

static void expect_pair(const struct svct_audit *audit, size_t index,
                        const char *key, const char *old, const char *value)
{
    struct svct_audit_pair pair;

    assert_true(svct_audit_pair(audit, index, &pair));
    assert_string_equal(pair.key, key);
    assert_string_equal(pair.value, value);
    if (old == NULL)
        assert_null(pair.old);
    else
        assert_string_equal(pair.old, old);
}

static void pairs_are_kept_as_they_were_given(void **state)
{
    struct svct_audit audit, copy;
    struct svct_audit_pair pair = {"untouched", "", NULL};
    char key[] = "account";

    (void)state;
    svct_audit_begin(&audit, "account-edit");
    svct_audit_add(&audit, key, "a b=\"c\"\n");
    memset(key, '!', sizeof(key) - 1);
    svct_audit_change(&audit, "role", "Viewer", "Admin");
    svct_audit_change(&audit, "same", "x", "x");
    svct_audit_change(&audit, "text", "", "new");
    svct_audit_add(&audit, "none", NULL);
    copy = audit;
    svct_audit_sign(&audit, "alice", 0);
    svct_audit_begin(&audit, "another");
    assert_string_equal(svct_audit_action(&copy), "account-edit");
    expect_pair(&copy, 0, "account", NULL, "a b=\"c\"\n");
    expect_pair(&copy, 1, "role", "Viewer", "Admin");
    expect_pair(&copy, 2, "text", "", "new");
    expect_pair(&copy, 3, "none", NULL, "");
    assert_false(svct_audit_pair(&copy, 4, &pair));
    assert_string_equal(pair.key, "untouched");
    assert_false(copy.left_out);
    assert_string_equal(svct_audit_action(&audit), "another");
    assert_false(svct_audit_pair(&audit, 0, &pair));
}

/* Longer than the line takes: whole among the pairs. */
static void a_long_value_is_kept_whole(void **state)
{
    char value[3000];
    struct svct_audit audit;

    (void)state;
    memset(value, 'v', sizeof(value) - 1);
    value[sizeof(value) - 1] = '\0';
    svct_audit_begin(&audit, "x");
    svct_audit_change(&audit, "sources", value, "any");
    expect_pair(&audit, 0, "sources", value, "any");
    assert_non_null(strstr(audit.line, "v..."));
}

static void too_many_pairs_are_left_out(void **state)
{
    struct svct_audit audit;
    struct svct_audit_pair pair;
    char key[16];

    (void)state;
    svct_audit_begin(&audit, "x");
    for (int i = 0; i < SVCT_AUDIT_PAIRS_MAX; i++) {
        snprintf(key, sizeof(key), "k%d", i);
        svct_audit_add(&audit, key, "v");
    }
    assert_false(audit.left_out);
    svct_audit_add(&audit, "beyond", "v");
    assert_true(audit.left_out);
    expect_pair(&audit, SVCT_AUDIT_PAIRS_MAX - 1, key, NULL, "v");
    assert_false(svct_audit_pair(&audit, SVCT_AUDIT_PAIRS_MAX, &pair));
}

/* For each size around the last that fits: the whole pair or none of it. */
static void too_much_text_is_left_out(void **state)
{
    static char value[SVCT_AUDIT_TEXT_MAX + 1];
    size_t fits = SVCT_AUDIT_TEXT_MAX - sizeof("x") - sizeof("k") - 1;

    (void)state;
    for (size_t len = fits - 2; len <= fits + 2; len++) {
        static struct svct_audit audit;

        memset(value, 'v', len);
        value[len] = '\0';
        memset(&audit, '!', sizeof(audit));
        svct_audit_begin(&audit, "x");
        svct_audit_add(&audit, "k", value);
        assert_int_equal(audit.left_out, len > fits);
        assert_int_equal(audit.pairs, len <= fits);
        if (len <= fits)
            expect_pair(&audit, 0, "k", NULL, value);
        svct_audit_change(&audit, "role", "Viewer", "Admin");
        assert_true(audit.left_out); /* there is no room for that now */
        assert_non_null(strstr(audit.line, " role=Admin role-was=Viewer"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_line),
        cmocka_unit_test(long_values_are_cut),
        cmocka_unit_test(a_full_line_ends_in_its_mark),
        cmocka_unit_test(dots_of_a_value_are_no_mark),
        cmocka_unit_test(a_change_has_both_values),
        cmocka_unit_test(a_change_is_put_whole),
        cmocka_unit_test(pairs_are_kept_as_they_were_given),
        cmocka_unit_test(a_long_value_is_kept_whole),
        cmocka_unit_test(too_many_pairs_are_left_out),
        cmocka_unit_test(too_much_text_is_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
