/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "base/err.h"

static void a_fault_is_filled(void **state)
{
    struct svct_fault fault = {0};

    (void)state;
    errno = EINTR;
    assert_int_equal(
        svct_fault_set(&fault, SVCT_E_UNSAFE, EPERM, "%s is %d", "it", 7),
        SVCT_E_UNSAFE);
    assert_int_equal(errno, EINTR);
    assert_int_equal(fault.code, SVCT_E_UNSAFE);
    assert_int_equal(fault.sys_errno, EPERM);
    assert_string_equal(fault.what, "it is 7");
    assert_int_equal(svct_fault_set(NULL, SVCT_E_UNSAFE, 0, "x"),
                     SVCT_E_UNSAFE);
}

static void the_code_of_an_errno(void **state)
{
    static const struct {
        int sys_errno;
        int code;
    } cases[] = {
        {EACCES, SVCT_E_ACCESS},  {EPERM, SVCT_E_ACCESS},
        {ENOSPC, SVCT_E_NOSPACE}, {EDQUOT, SVCT_E_NOSPACE},
        {ENOMEM, SVCT_E_NOMEM},   {EIO, SVCT_E_IO},
        {ENOENT, SVCT_E_IO},      {0, SVCT_E_IO},
        {123456, SVCT_E_IO},      {-1, SVCT_E_IO},
    };
    struct svct_fault fault;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        memset(&fault, 0, sizeof fault);
        errno = EINTR;
        assert_int_equal(
            svct_fault_errno(&fault, cases[i].sys_errno, "can't do it"),
            cases[i].code);
        assert_int_equal(errno, EINTR);
        assert_int_equal(fault.code, cases[i].code);
        assert_int_equal(fault.sys_errno, cases[i].sys_errno);
        assert_int_equal(svct_fault_errno(NULL, cases[i].sys_errno, "x"),
                         cases[i].code);
    }
    svct_fault_errno(&fault, ENOENT, "can't open %s", "x");
    assert_string_equal(fault.what, "can't open x: No such file or directory");
    svct_fault_errno(&fault, 123456, "can't");
    assert_string_equal(fault.what, "can't: unknown system error");
}

static void a_long_text_is_cut(void **state)
{
    struct {
        struct svct_fault fault;
        char behind[8];
    } it = {.behind = "behind"};
    char text[400];

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (size_t len = 0; len < sizeof text; len++) {
        svct_fault_errno(&it.fault, ENOENT, "%s", text + len);
        assert_true(strlen(it.fault.what) < sizeof it.fault.what);
        svct_fault_set(&it.fault, SVCT_E_IO, 0, "%s", text + len);
        assert_true(strlen(it.fault.what) < sizeof it.fault.what);
        assert_string_equal(it.behind, "behind");
    }
}

static void each_code_has_its_words(void **state)
{
    (void)state;
    for (int code = 0; code >= SVCT_E_LAST; code--) {
        assert_string_not_equal(svct_err_text(code), "unknown error");
        for (int other = code - 1; other >= SVCT_E_LAST; other--)
            assert_string_not_equal(svct_err_text(code), svct_err_text(other));
    }
    assert_string_equal(svct_err_text(SVCT_E_LAST - 1), "unknown error");
    assert_string_equal(svct_err_text(1), "unknown error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fault_is_filled),
        cmocka_unit_test(the_code_of_an_errno),
        cmocka_unit_test(a_long_text_is_cut),
        cmocka_unit_test(each_code_has_its_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
