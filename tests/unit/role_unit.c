/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth/role.h"

static struct svct_role builtin(unsigned index)
{
    struct svct_role role = {0};

    assert_true(svct_role_builtin(index, &role));
    return role;
}

static void four_in_their_order(void **state)
{
    static const char *const names[] = {"None", "Viewer", "Editor", "Admin"};
    struct svct_role role;
    int place = -1;

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        role = builtin(i);
        assert_string_equal(role.name, names[i]);
        assert_true(role.builtin);
        assert_true(role.place > place);
        assert_int_equal(svct_name_check_role(role.name), 0);
        assert_true(role.description[0] != '\0');
        assert_int_equal(svct_name_check_text(role.description), 0);
        assert_int_equal(role.groups_count, 0);
        assert_int_equal(role.extra.len, 0);
        place = role.place;
    }
    role.place = 7;
    assert_false(svct_role_builtin(4, &role));
    assert_false(svct_role_builtin(UINT32_MAX, &role));
    assert_int_equal(role.place, 7);
}

/* A custom role has to fit below and between them all. */
static void there_is_room_between(void **state)
{
    (void)state;
    assert_int_equal(builtin(0).place, 0);
    for (unsigned i = 1; i < 4; i++)
        assert_true(builtin(i).place - builtin(i - 1).place >= 100);
    assert_true(builtin(3).place <= UINT16_MAX - 100);
}

static void what_they_allow(void **state)
{
    static const struct {
        const char *service;
        bool allowed[4];
    } cases[] = {
        {"sshd", {false, true, true, true}},
        {"systemd-user", {false, true, true, true}},
        {"su", {false, false, true, true}},
        {"login", {false, false, true, true}},
        {"cron", {false, false, true, true}},
        {"sshd2", {false, false, true, true}},
        {"sudo2", {false, false, true, true}},
        {"sudo", {false, false, false, true}},
        {"sudo-i", {false, false, false, true}},
        {"doas", {false, false, false, true}},
        {"polkit-1", {false, false, false, true}},
        {"", {false, false, false, false}},
        {NULL, {false, false, false, false}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (unsigned k = 0; k < 4; k++) {
            struct svct_role role = builtin(k);

            if (svct_role_allows(&role, cases[i].service) !=
                cases[i].allowed[k])
                fail_msg("%s %s", role.name, cases[i].service);
        }
    }
}

static void what_is_no_role_allows_nothing(void **state)
{
    struct svct_role zeroed = {0};
    struct svct_role role = builtin(3);

    (void)state;
    assert_false(svct_role_allows(NULL, "sshd"));
    assert_false(svct_role_allows(&zeroed, "sshd"));
    assert_true(svct_role_allows(&role, "sshd"));
    role.refuse.count = SVCT_GLOBS_MAX + 1;
    assert_false(svct_role_allows(&role, "sshd"));
    role = builtin(3);
    role.allow.count = SVCT_GLOBS_MAX + 1;
    assert_false(svct_role_allows(&role, "sshd"));
}

static void the_lower_of_two(void **state)
{
    struct svct_role role[4];
    struct svct_role twin = builtin(2);

    (void)state;
    for (unsigned i = 0; i < 4; i++)
        role[i] = builtin(i);
    for (unsigned a = 0; a < 4; a++) {
        for (unsigned b = 0; b < 4; b++) {
            unsigned low = a < b ? a : b;

            assert_int_equal(svct_role_place(&role[a], &role[b]),
                             role[low].place);
            assert_ptr_equal(svct_role_lower(&role[a], &role[b]), &role[low]);
        }
        assert_int_equal(svct_role_place(&role[a], NULL), role[a].place);
        assert_ptr_equal(svct_role_lower(&role[a], NULL), &role[a]);
    }
    assert_ptr_equal(svct_role_lower(&role[2], &twin), &role[2]);
    assert_int_equal(svct_role_place(NULL, &role[3]), 0);
    assert_null(svct_role_lower(NULL, &role[3]));
}

static void which_groups_it_has(void **state)
{
    struct svct_role role = {.groups = {"ops", "web", "gone"},
                             .groups_count = 2};

    (void)state;
    assert_true(svct_role_has_group(&role, "ops"));
    assert_true(svct_role_has_group(&role, "web"));
    assert_false(svct_role_has_group(&role, "gone"));
    assert_false(svct_role_has_group(&role, "we"));
    assert_false(svct_role_has_group(&role, ""));
    role.groups_count = SVCT_GROUPS_MAX + 1;
    assert_false(svct_role_has_group(&role, "ops"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(four_in_their_order),
        cmocka_unit_test(there_is_room_between),
        cmocka_unit_test(what_they_allow),
        cmocka_unit_test(what_is_no_role_allows_nothing),
        cmocka_unit_test(the_lower_of_two),
        cmocka_unit_test(which_groups_it_has),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
