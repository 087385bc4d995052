/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whom the name service could mean, before it opens a file; and the names in
 * keys of the file, which damage can give any length.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../nss/find.h"

static void the_name_in_a_key(void **state)
{
    struct svct_key key = svct_key_pubuser("deploy");
    char name[SVCT_WORD_MAX + 1] = "untouched";

    (void)state;
    assert_true(svct_find_key_name(&key, name));
    assert_string_equal(name, "deploy");
    key = svct_key_pubgroup("g");
    assert_true(svct_find_key_name(&key, name));
    assert_string_equal(name, "g");
}

static void a_key_without_a_name(void **state)
{
    char name[SVCT_WORD_MAX + 1] = "untouched";
    struct svct_key key = {.data = {SVCT_KIND_PUBUSER}};

    (void)state;
    for (key.len = 0; key.len <= 9; key.len++)
        assert_false(svct_find_key_name(&key, name));
    assert_string_equal(name, "untouched");
    assert_true(svct_find_key_name(&key, name)); /* of one byte */
}

/* The longest key has room for more than a name. */
static void a_key_with_too_long_a_name(void **state)
{
    struct svct_key key = {.data = {SVCT_KIND_PUBUSER}};
    char name[SVCT_WORD_MAX + 1] = "untouched";

    (void)state;
    memset(key.data + 1, 'a', sizeof key.data - 1);
    assert_true(sizeof key.data >= 9 + SVCT_WORD_MAX);
    key.len = 9 + SVCT_WORD_MAX;
    assert_true(svct_find_key_name(&key, name));
    assert_int_equal(strlen(name), SVCT_WORD_MAX);
    snprintf(name, sizeof name, "untouched");
    for (key.len++; key.len <= sizeof key.data; key.len++)
        assert_false(svct_find_key_name(&key, name));
    assert_string_equal(name, "untouched");
}

static void who_can_be_meant(void **state)
{
    (void)state;
    assert_true(svct_find_may_be_user("deploy"));
    assert_true(svct_find_may_be_group("deploy"));
    assert_false(svct_find_may_be_user(""));
    assert_false(svct_find_may_be_group(""));
    assert_false(svct_find_may_be_user("de:ploy"));
    assert_false(svct_find_may_be_group("de\nploy"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_name_in_a_key),
        cmocka_unit_test(a_key_without_a_name),
        cmocka_unit_test(a_key_with_too_long_a_name),
        cmocka_unit_test(who_can_be_meant),
    };

    return cmocka_run_group_tests_name("find", tests, NULL, NULL);
}
