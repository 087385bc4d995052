/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../admin/doctor_shadow.h"

#define DAY INT64_C(86400)

static struct spwd line(const char *password)
{
    return (struct spwd){.sp_pwdp = (char *)(uintptr_t)password,
                         .sp_lstchg = 19000,
                         .sp_max = -1,
                         .sp_inact = -1,
                         .sp_expire = -1};
}

static bool opens(const char *password)
{
    struct spwd spwd = line(password);

    return svct_doctor_shadow_opens(&spwd);
}

static void passwords_that_can_be_typed(void **state)
{
    (void)state;
    assert_true(opens("$6$salt$hash"));
    assert_true(opens("")); /* needs none */
    assert_true(opens(NULL));
    assert_true(opens("x"));
    assert_false(opens("!"));
    assert_false(opens("*"));
    assert_false(opens("!$6$salt$hash"));
    assert_false(opens("!*"));
}

static void users_that_expire(void **state)
{
    struct spwd spwd = line("!");

    (void)state;
    assert_null(svct_doctor_shadow_refuses(&spwd, 20000 * DAY));
    spwd.sp_expire = 20000;
    assert_null(svct_doctor_shadow_refuses(&spwd, 20000 * DAY - 1));
    assert_string_equal(svct_doctor_shadow_refuses(&spwd, 20000 * DAY),
                        "has expired");
    spwd.sp_expire = 0; /* pam_unix: on the first day of 1970 */
    assert_string_equal(svct_doctor_shadow_refuses(&spwd, 20000 * DAY),
                        "has expired");
}

static void passwords_that_grow_old(void **state)
{
    struct spwd spwd = line("!");

    (void)state;
    spwd.sp_max = 90;
    assert_null(svct_doctor_shadow_refuses(&spwd, 19090 * DAY));
    assert_string_equal(svct_doctor_shadow_refuses(&spwd, 19091 * DAY),
                        "has a password that is too old");
    spwd.sp_max = 99999;
    assert_null(svct_doctor_shadow_refuses(&spwd, 30000 * DAY));
    spwd.sp_lstchg = -1; /* nobody knows */
    spwd.sp_max = 1;
    assert_null(svct_doctor_shadow_refuses(&spwd, 30000 * DAY));
    spwd.sp_lstchg = 0;
    spwd.sp_max = -1;
    assert_string_equal(svct_doctor_shadow_refuses(&spwd, 30000 * DAY),
                        "must change its password");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passwords_that_can_be_typed),
        cmocka_unit_test(users_that_expire),
        cmocka_unit_test(passwords_that_grow_old),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
