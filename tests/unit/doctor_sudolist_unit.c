/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../admin/doctor_sudolist.h"

#define DEFAULTS "Matching Defaults entries for deploy on host:\n    env_reset"
#define RULES \
    "\n\nUser deploy may run the following commands on host:\n    (root) "

static struct svct_sudolist list_of(const char *text)
{
    struct svct_sudolist list;

    svct_sudolist_read(text, &list);
    return list;
}

static void who_may_nothing(void **state)
{
    struct svct_sudolist list =
        list_of("User deploy is not allowed to run sudo on host.\n");

    (void)state;
    assert_true(list.known);
    assert_false(list.may || list.nopasswd || list.ticket);
}

static void what_is_no_answer(void **state)
{
    (void)state;
    assert_false(list_of("").known);
    assert_false(list_of("sudo: unknown user deploy\n").known);
    assert_false(list_of("sudo: a password is required\n").known);
}

static void who_is_asked_for_a_password(void **state)
{
    struct svct_sudolist list =
        list_of(DEFAULTS ", mail_badpass" RULES "/usr/bin/id\n");

    (void)state;
    assert_true(list.known && list.may && list.ticket);
    assert_false(list.nopasswd);
    /* A command may have such a name. */
    assert_false(list_of(DEFAULTS RULES "/bin/NOPASSWD:x\n").nopasswd);
}

static void who_is_not(void **state)
{
    (void)state;
    assert_true(list_of(DEFAULTS RULES "NOPASSWD: /bin/id\n").nopasswd);
    assert_true(list_of(DEFAULTS RULES "/bin/a, NOPASSWD: /bin/b\n").nopasswd);
    assert_true(list_of(DEFAULTS RULES "NOEXEC: NOPASSWD: /bin/id\n").nopasswd);
    assert_true(
        list_of(DEFAULTS RULES "/bin/a\n    (ALL) NOPASSWD: ALL\n").nopasswd);
    assert_true(list_of(DEFAULTS ", !authenticate" RULES "ALL\n").nopasswd);
    assert_false(list_of(DEFAULTS ", authenticate" RULES "ALL\n").nopasswd);
    /* Long lines are broken. */
    assert_true(
        list_of(DEFAULTS ",\n    !authenticate" RULES "ALL\n").nopasswd);
}

static void who_is_asked_each_time(void **state)
{
    (void)state;
    assert_false(
        list_of(DEFAULTS ", timestamp_timeout=0" RULES "ALL\n").ticket);
    assert_false(
        list_of(DEFAULTS ",\n    timestamp_timeout=0, a" RULES "ALL\n").ticket);
    assert_true(list_of(DEFAULTS ", timestamp_timeout=5" RULES "ALL\n").ticket);
    assert_true(
        list_of(DEFAULTS ", timestamp_timeout=-1" RULES "ALL\n").ticket);
    assert_true(
        list_of(DEFAULTS ", timestamp_timeout=0.5" RULES "ALL\n").ticket);
    /* A command may have such an argument. */
    assert_true(list_of(DEFAULTS RULES "/bin/a timestamp_timeout=0\n").ticket);
    assert_false(list_of(DEFAULTS RULES "/bin/a !authenticate\n").nopasswd);
    /* That for the user comes behind the one for all, and counts. */
    assert_false(list_of(DEFAULTS
                         ", timestamp_timeout=5, timestamp_timeout=0" RULES
                         "ALL\n")
                     .ticket);
    assert_true(list_of(DEFAULTS
                        ", timestamp_timeout=0, timestamp_timeout=5" RULES
                        "ALL\n")
                    .ticket);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_may_nothing),
        cmocka_unit_test(what_is_no_answer),
        cmocka_unit_test(who_is_asked_for_a_password),
        cmocka_unit_test(who_is_not),
        cmocka_unit_test(who_is_asked_each_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
