/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth/options.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

static void nothing_given(void **state)
{
    struct svct_options options;

    (void)state;
    assert_int_equal(svct_options_parse(0, NULL, &options), 0);
    assert_string_equal(options.dir, SVCT_DBDIR);
    assert_null(options.role);
    assert_false(options.debug);
    assert_false(options.use_first_pass);
    assert_false(options.try_first_pass);
    assert_string_equal(options.error, "");
}

static void all_given(void **state)
{
    static const char *const argv[] = {"try_first_pass", "role=Admin", "debug",
                                       "db=/srv/tokens/", "use_first_pass"};
    struct svct_options options;

    (void)state;
    assert_int_equal(svct_options_parse(COUNT(argv), argv, &options), 0);
    assert_string_equal(options.dir, "/srv/tokens/");
    assert_string_equal(options.role, "Admin");
    assert_true(options.debug);
    assert_true(options.use_first_pass);
    assert_true(options.try_first_pass);
    assert_string_equal(options.error, "");
}

static void wrong_ones_are_named(void **state)
{
    static const struct {
        const char *arg, *error;
    } cases[] = {
        {"nullok", "option nullok is not known"},
        {"", "option - is not known"},
        {"Debug", "option Debug is not known"},
        {"debugx", "option debugx is not known"},
        {"debug=1", "option debug\\x3d1 is not known"},
        {"db", "option db is not known"},
        {"db=", "option db\\x3d is not an absolute path"},
        {"db=srv", "option db\\x3dsrv is not an absolute path"},
        {"db=/a/../b", "option db\\x3d/a/../b must not have \".\" or \"..\" "
                       "in it"},
        {"db=/.", "option db\\x3d/. must not have \".\" or \"..\" in it"},
        {"role=", "option role\\x3d is not the name of a role"},
        {"role=1st", "option role\\x3d1st is not the name of a role"},
        {"role= Admin", "option role\\x3d\\x20Admin is not the name of a role"},
        {"role", "option role is not known"},
        {"a\nb\x1b[2J", "option a\\x0ab\\x1b[2J is not known"},
    };

    (void)state;
    for (int i = 0; i < COUNT(cases); i++) {
        struct svct_options options;

        assert_int_equal(svct_options_parse(1, &cases[i].arg, &options),
                         SVCT_E_SYNTAX);
        assert_string_equal(options.error, cases[i].error);
        assert_string_equal(options.dir, SVCT_DBDIR);
        assert_null(options.role);
    }
}

static void twice_is_an_error(void **state)
{
    static const char *const cases[][2] = {
        {"debug", "debug"},
        {"db=/a", "db=/b"},
        {"role=Admin", "role=Admin"},
        {"use_first_pass", "use_first_pass"},
        {"try_first_pass", "try_first_pass"},
    };

    (void)state;
    for (int i = 0; i < COUNT(cases); i++) {
        struct svct_options options;

        assert_int_equal(svct_options_parse(2, cases[i], &options),
                         SVCT_E_SYNTAX);
        assert_non_null(strstr(options.error, "is given twice"));
    }
}

static void first_of_two_counts(void **state)
{
    static const char *const argv[] = {"db=/a", "db=/b"};
    struct svct_options options;

    (void)state;
    assert_int_equal(svct_options_parse(2, argv, &options), SVCT_E_SYNTAX);
    assert_string_equal(options.dir, "/a");
}

/* db= must be understood to tell whom to refuse. */
static void the_rest_is_read_after_an_error(void **state)
{
    static const char *const argv[] = {"what", "ever", "db=/a", "role=None",
                                       "debug"};
    struct svct_options options;

    (void)state;
    assert_int_equal(svct_options_parse(COUNT(argv), argv, &options),
                     SVCT_E_SYNTAX);
    assert_string_equal(options.error, "option what is not known");
    assert_string_equal(options.dir, "/a");
    assert_string_equal(options.role, "None");
    assert_true(options.debug);
}

static void a_long_one_is_cut(void **state)
{
    char arg[2000];
    const char *argv[] = {arg};
    struct svct_options options;

    (void)state;
    memset(arg, 'x', sizeof arg);
    arg[sizeof arg - 1] = '\0';
    assert_int_equal(svct_options_parse(1, argv, &options), SVCT_E_SYNTAX);
    assert_non_null(strstr(options.error, "... is not known"));
    assert_true(strlen(options.error) < SVCT_OPTIONS_ERROR_MAX);
}

static void a_path_too_long_is_an_error(void **state)
{
    char arg[5000];
    const char *argv[] = {arg};
    struct svct_options options;

    (void)state;
    memset(arg, 'x', sizeof arg);
    memcpy(arg, "db=/", 4);
    arg[sizeof arg - 1] = '\0';
    assert_int_equal(svct_options_parse(1, argv, &options), SVCT_E_SYNTAX);
    assert_string_equal(options.dir, SVCT_DBDIR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_given),
        cmocka_unit_test(all_given),
        cmocka_unit_test(wrong_ones_are_named),
        cmocka_unit_test(twice_is_an_error),
        cmocka_unit_test(first_of_two_counts),
        cmocka_unit_test(the_rest_is_read_after_an_error),
        cmocka_unit_test(a_long_one_is_cut),
        cmocka_unit_test(a_path_too_long_is_an_error),
    };

    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
