/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../admin/proctext.h"

/* A text with NULs, of an array. */
#define TEXT(literal) literal, sizeof(literal) - 1

/* ---- environ ---- */

static const char *value_in(const char *text, size_t len)
{
    static char value[24];

    return svct_proctext_environ(text, len, "MARK", value, sizeof value) ? value
                                                                         : NULL;
}

static void a_variable_is_found(void **state)
{
    (void)state;
    assert_string_equal(value_in(TEXT("MARK=a")), "a");
    assert_string_equal(value_in(TEXT("A=1\0MARK=a\0B=2\0")), "a");
    assert_string_equal(value_in(TEXT("MARK=\0")), "");
    assert_string_equal(value_in(TEXT("\0\0MARK=a=b\0")), "a=b");
    assert_string_equal(value_in(TEXT("MARK=a\0MARK=b\0")), "a");
}

static void what_only_looks_like_it(void **state)
{
    (void)state;
    assert_null(value_in(TEXT("")));
    assert_null(value_in(TEXT("MARK")));
    assert_null(value_in(TEXT("MARK\0=a")));
    assert_null(value_in(TEXT("XMARK=a\0")));
    assert_null(value_in(TEXT("MARKX=a\0")));
    assert_null(value_in(TEXT("A=MARK=a\0")));
    assert_null(value_in(TEXT("A=\nMARK=a\0")));
    assert_null(value_in(TEXT("mark=a\0")));
    /* The first counts, and this one is too long for ours. */
    assert_null(value_in(TEXT("MARK=012345678901234567890123\0MARK=a\0")));
    assert_string_equal(value_in(TEXT("MARK=01234567890123456789012\0")),
                        "01234567890123456789012");
}

/* ---- status ---- */

static void the_user_ids(void **state)
{
    uid_t real = 7, effective = 7;

    (void)state;
    assert_true(svct_proctext_uids(
        TEXT("Name:\tsleep\nUid:\t1001\t1002\t0\t0\nGid:\t5\n"), &real,
        &effective));
    assert_int_equal(real, 1001);
    assert_int_equal(effective, 1002);
    /* A name can't begin a line: the kernel escapes it. */
    assert_true(svct_proctext_uids(
        TEXT("Name:\tx\\nUid:\t0\t0\nUid:\t1001\t1001\t1\t1\n"), &real,
        &effective));
    assert_int_equal(real, 1001);
    real = effective = 7;
    assert_false(svct_proctext_uids(TEXT(""), &real, &effective));
    assert_false(svct_proctext_uids(TEXT("Uid:\t1\t1\n"), &real, &effective));
    assert_false(svct_proctext_uids(TEXT("a\nUid:\t1\n"), &real, &effective));
    assert_false(
        svct_proctext_uids(TEXT("a\nUid:\t-1\t1\n"), &real, &effective));
    assert_false(svct_proctext_uids(TEXT("a\nUid:\t4294967296\t1\n"), &real,
                                    &effective));
    assert_false(svct_proctext_uids(TEXT("a\nUid:\t1\t"), &real, &effective));
    assert_int_equal(real, 7);
    assert_int_equal(effective, 7);
}

/* ---- sessionid ---- */

static void the_audit_session(void **state)
{
    uint32_t session = 7;

    (void)state;
    assert_true(svct_proctext_audit(TEXT("42"), &session));
    assert_int_equal(session, 42);
    assert_true(svct_proctext_audit(TEXT("4294967294\n"), &session));
    assert_int_equal(session, 4294967294U);
    session = 7;
    assert_false(svct_proctext_audit(TEXT("4294967295"), &session)); /* unset */
    assert_false(svct_proctext_audit(TEXT("0"), &session));
    assert_false(svct_proctext_audit(TEXT(""), &session));
    assert_false(svct_proctext_audit(TEXT("x"), &session));
    assert_false(svct_proctext_audit(TEXT("5x"), &session));
    assert_int_equal(session, 7);
}

/* ---- cgroup ---- */

static const char *logind_in(const char *text, size_t len)
{
    static char name[SVCT_PROCTEXT_LOGIND + 1];

    return svct_proctext_logind(text, len, name) ? name : NULL;
}

static void the_login_session(void **state)
{
    (void)state;
    assert_string_equal(
        logind_in(TEXT("0::/user.slice/user-1000.slice/session-3.scope\n")),
        "3");
    assert_string_equal(
        logind_in(TEXT("12:pids:/user.slice\n"
                       "1:name=systemd:/user.slice/user-0.slice/"
                       "session-c12.scope/below\n0::/\n")),
        "c12");
    assert_string_equal(logind_in(TEXT("0::/session-1.scope")), "1");
    assert_string_equal(
        logind_in(TEXT("0::/session-1.scope/x/session-2.scope")), "1");
}

static void what_is_no_login_session(void **state)
{
    (void)state;
    assert_null(logind_in(TEXT("")));
    assert_null(logind_in(TEXT("0::/\n")));
    assert_null(logind_in(TEXT("0::/system.slice/ssh.service\n")));
    assert_null(logind_in(TEXT("0::/session-.scope\n")));
    assert_null(logind_in(TEXT("0::/session-1.scopes\n")));
    assert_null(logind_in(TEXT("0::/xsession-1.scope\n")));
    assert_null(logind_in(TEXT("0::/session--a.scope\n")));
    assert_null(logind_in(TEXT("0::/session-1;x.scope\n")));
    assert_null(logind_in(TEXT("0::/session-1 2.scope\n")));
    assert_null(logind_in(
        TEXT("0::/session-012345678901234567890123456789012.scope\n")));
    /* Other hierarchies are anybody's. */
    assert_null(logind_in(TEXT("5:devices:/session-1.scope\n")));
    assert_null(logind_in(TEXT("5:a:name=systemd:/session-1.scope\n")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_variable_is_found),
        cmocka_unit_test(what_only_looks_like_it),
        cmocka_unit_test(the_user_ids),
        cmocka_unit_test(the_audit_session),
        cmocka_unit_test(the_login_session),
        cmocka_unit_test(what_is_no_login_session),
    };

    return cmocka_run_group_tests_name("proctext", tests, NULL, NULL);
}
