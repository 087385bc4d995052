/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which groups a capped session must not have: the pure rule against a naive
 * one over all small cases, and read from a database.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/testdb.h"
#include "auth/groups.h"
#include "auth/lookup.h"
#include "write/change_role.h"
#include "write/edit.h"

/* ---- pure ---- */

static struct svct_role role_of(const char *name, uint16_t place,
                                const char *letters)
{
    struct svct_role role = {.place = place};

    snprintf(role.name, sizeof role.name, "%s", name);
    for (; *letters != '\0'; letters++)
        role.groups[role.groups_count++][0] = *letters;
    return role;
}

static bool has(const struct svct_groups *groups, char letter)
{
    unsigned times = 0;

    for (size_t i = 0; i < groups->count; i++)
        times += groups->name[i][0] == letter && groups->name[i][1] == '\0';
    assert_in_range(times, 0, 1); /* none twice */
    return times > 0;
}

static struct svct_groups groups; /* too much for a stack */

static void among_four(const struct svct_role *roles, int role, int cap)
{
    memset(&groups, 0, sizeof groups);
    for (int i = 0; i < 4; i++)
        assert_int_equal(svct_groups_add_beyond(&groups, &roles[role],
                                                &roles[cap], &roles[i]),
                         0);
}

static void what_a_lower_cap_takes(void **state)
{
    const struct svct_role roles[] = {
        role_of("None", 0, "n"),
        role_of("Viewer", 1000, "v"),
        role_of("Editor", 2000, "ve"),
        role_of("Admin", 3000, "vea"),
    };

    (void)state;
    among_four(roles, 3, 2); /* an Admin as Editor */
    assert_false(has(&groups, 'v'));
    assert_false(has(&groups, 'e'));
    assert_true(has(&groups, 'a'));
    assert_int_equal(groups.count, 1);
    among_four(roles, 3, 1); /* as Viewer */
    assert_false(has(&groups, 'v'));
    assert_true(has(&groups, 'e'));
    assert_true(has(&groups, 'a'));
    among_four(roles, 3, 3); /* the same role again: what is above, nothing */
    assert_int_equal(groups.count, 0);
    among_four(roles, 2, 2);
    assert_int_equal(groups.count, 1);
    assert_true(has(&groups, 'a'));
    among_four(roles, 3, 0); /* as None */
    assert_int_equal(groups.count, 4);
    among_four(roles, 1, 3); /* the account was lowered below the cap */
    assert_false(has(&groups, 'v'));
    assert_true(has(&groups, 'e'));
    assert_true(has(&groups, 'a'));
}

/* Every set of three groups for three roles, every pair of role and cap. */
static void as_the_naive_rule(void **state)
{
    static const char *const sets[] = {"",  "x",  "y",  "xy",
                                       "z", "xz", "yz", "xyz"};
    struct svct_role roles[3];

    (void)state;
    for (int c = 0; c < 8 * 8 * 8 * 9; c++) {
        int which[3] = {c % 8, c / 8 % 8, c / 64 % 8};
        int role = c / 512 % 3, cap = c / 1536;
        int low = role < cap ? role : cap;

        memset(&groups, 0, sizeof groups);
        for (int i = 0; i < 3; i++)
            roles[i] = role_of((const char *[]){"A", "B", "C"}[i],
                               (uint16_t)(i * 10), sets[which[i]]);
        for (int i = 0; i < 3; i++)
            assert_int_equal(svct_groups_add_beyond(&groups, &roles[role],
                                                    &roles[cap], &roles[i]),
                             0);
        for (int g = 0; g < 3; g++) {
            bool both = (which[role] & which[cap] & 1 << g) != 0;
            bool named = ((which[role] | which[cap]) & 1 << g) != 0;

            for (int i = low + 1; i < 3; i++)
                named = named || (which[i] & 1 << g) != 0;
            assert_int_equal(has(&groups, "xyz"[g]), named && !both);
        }
    }
}

static void a_gid_goes_along(void **state)
{
    struct svct_role role = role_of("A", 1, ""), cap = role_of("B", 0, ""),
                     other = role_of("C", 9, "xy");

    (void)state;
    memset(&groups, 0, sizeof groups);
    other.gids[1] = 65540;
    for (int i = 0; i < 2; i++)
        assert_int_equal(svct_groups_add_beyond(&groups, &role, &cap, &other),
                         0);
    assert_int_equal(groups.count, 2);
    assert_string_equal(groups.name[0], "x");
    assert_int_equal(groups.gid[0], 0);
    assert_string_equal(groups.name[1], "y");
    assert_int_equal(groups.gid[1], 65540);
}

static void counts_that_lie(void **state)
{
    struct svct_role role = role_of("A", 1, "x"), cap = role_of("B", 0, "x"),
                     other = role_of("C", 9, "x");

    (void)state;
    memset(&groups, 0, sizeof groups);
    other.groups_count = SVCT_GROUPS_MAX + 1;
    assert_int_equal(svct_groups_add_beyond(&groups, &role, &cap, &other),
                     SVCT_E_TOOBIG);
    other = role_of("C", 9, "x");
    cap.groups_count = SVCT_GROUPS_MAX + 1; /* then it has none */
    assert_int_equal(svct_groups_add_beyond(&groups, &role, &cap, &other), 0);
    assert_true(has(&groups, 'x'));
}

static void the_most_there_can_be(void **state)
{
    struct svct_role role = role_of("A", 1, ""), cap = role_of("B", 0, "");
    struct svct_role other = role_of("C", 9, "");

    (void)state;
    memset(&groups, 0, sizeof groups);
    for (int n = 0; n < SVCT_ROLES_MAX; n++) {
        other.groups_count = SVCT_GROUPS_MAX;
        for (int i = 0; i < SVCT_GROUPS_MAX; i++)
            snprintf(other.groups[i], sizeof other.groups[i], "g%d-%d", n, i);
        assert_int_equal(svct_groups_add_beyond(&groups, &role, &cap, &other),
                         0);
    }
    assert_int_equal(groups.count, SVCT_GROUPS_BEYOND_MAX);
    other = role_of("C", 9, "x");
    assert_int_equal(svct_groups_add_beyond(&groups, &role, &cap, &other),
                     SVCT_E_TOOBIG);
}

/* ---- from a database ---- */

static struct svct_fault fault;
static struct svct_txn *txn;

static void add_role(const char *name, const char *above, const char *letters)
{
    struct svct_role role = role_of(name, 0, letters);

    testdb_must(svct_change_role_create(txn, &role, above, &fault), &fault,
                name);
}

static void add_token(unsigned long number, const char *cap)
{
    struct svct_token token = testdb_token("deploy", number);

    snprintf(token.cap, sizeof token.cap, "%s", cap);
    testdb_must(svct_change_token_issue(txn, &token, NULL, &fault), &fault,
                "token");
}

/* Low {l}, High {l, h}, Top {t}; deploy is High. */
static int fresh(void **state)
{
    struct svct_account deploy = testdb_account("deploy", "High");
    struct svct_account other = testdb_account("other", "High");

    (void)state;
    testdb_init(TESTDB);
    txn = testdb_begin(TESTDB);
    add_role("Top", "Viewer", "t");
    add_role("High", "Viewer", "lh");
    add_role("Low", "Viewer", "l");
    testdb_must(svct_change_account_create(txn, &deploy, &fault), &fault, "");
    testdb_must(svct_change_account_create(txn, &other, &fault), &fault, "");
    add_token(1, "Low");
    add_token(2, "");
    testdb_commit(txn);
    fault = (struct svct_fault){0};
    return 0;
}

static int beyond(const char *user, unsigned long number,
                  struct svct_groups **ret_groups)
{
    char id[SVCT_TOKEN_ID_LEN + 1];

    testdb_id(number, id);
    return svct_groups_beyond(TESTDB, user, id, ret_groups, &fault);
}

static void a_capped_token(void **state)
{
    struct svct_groups *found = NULL;
    unsigned descriptors = testdb_descriptors();

    (void)state;
    assert_int_equal(beyond("deploy", 1, &found), 0);
    assert_non_null(found);
    assert_int_equal(found->count, 2);
    assert_true(has(found, 'h'));
    assert_true(has(found, 't'));
    free(found);
    assert_int_equal(testdb_descriptors(), descriptors);
}

static void a_token_without_a_cap(void **state)
{
    struct svct_groups *found = (struct svct_groups *)&fault;

    (void)state;
    assert_int_equal(beyond("deploy", 2, &found), 0);
    assert_null(found);
}

static void what_is_not_there(void **state)
{
    struct svct_groups *found = (struct svct_groups *)&fault;

    (void)state;
    assert_int_equal(beyond("deploy", 9, &found), SVCT_E_NOTFOUND);
    assert_int_equal(fault.code, SVCT_E_NOTFOUND);
    assert_int_equal(beyond("nobody", 1, &found), SVCT_E_NOTFOUND);
    assert_int_equal(beyond("other", 1, &found), SVCT_E_DAMAGED);
    assert_ptr_equal(found, &fault); /* untouched */
    privdir_remove(TESTDB);
    assert_int_not_equal(beyond("deploy", 1, &found), 0);
}

/* The four built in, where there is no list: not for a token of others. */
static void a_list_that_got_lost(void **state)
{
    struct svct_groups *found = NULL;
    struct svct_key key = svct_key_rolelist();

    (void)state;
    txn = testdb_begin(TESTDB);
    testdb_must(svct_txn_delete(txn, SVCT_PART_PRIVATE, &key, &fault), &fault,
                "list");
    testdb_commit(txn);
    assert_int_equal(beyond("deploy", 1, &found), SVCT_E_DAMAGED);
    assert_null(found);
}

/* Whose groups would be missing among those to be left. */
static void a_role_that_got_lost(void **state)
{
    static const char *const names[] = {"Low", "High", "Top"};
    struct svct_groups *found = NULL;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct svct_key key = svct_key_role(names[i]);

        fresh(state);
        txn = testdb_begin(TESTDB);
        testdb_must(svct_txn_delete(txn, SVCT_PART_PRIVATE, &key, &fault),
                    &fault, "role");
        testdb_commit(txn);
        assert_int_equal(beyond("deploy", 1, &found), SVCT_E_DAMAGED);
        assert_non_null(strstr(fault.what, names[i]));
        assert_null(found);
    }
}

static void store_list_without(const char *name)
{
    struct svct_rolelist list, less = {.count = 0};

    txn = testdb_begin(TESTDB);
    testdb_must(
        svct_lookup_rolelist(svct_txn_view(txn, SVCT_PART_PRIVATE), &list),
        &fault, "list");
    for (unsigned i = 0; i < list.count; i++)
        if (strcmp(list.name[i], name) != 0)
            memcpy(less.name[less.count++], list.name[i], sizeof less.name[0]);
    assert_int_equal(less.count + 1, list.count);
    testdb_must(svct_edit_store_rolelist(txn, &less, &fault), &fault, name);
    testdb_commit(txn);
}

/* An old list may lack others, too. */
static void a_list_without_the_token_s_own_roles(void **state)
{
    struct svct_groups *found = NULL;

    store_list_without("High");
    assert_int_equal(beyond("deploy", 1, &found), SVCT_E_DAMAGED);
    fresh(state);
    store_list_without("Low");
    assert_int_equal(beyond("deploy", 1, &found), SVCT_E_DAMAGED);
    assert_null(found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_lower_cap_takes),
        cmocka_unit_test(as_the_naive_rule),
        cmocka_unit_test(a_gid_goes_along),
        cmocka_unit_test(counts_that_lie),
        cmocka_unit_test(the_most_there_can_be),
        cmocka_unit_test_setup(a_capped_token, fresh),
        cmocka_unit_test_setup(a_token_without_a_cap, fresh),
        cmocka_unit_test_setup(what_is_not_there, fresh),
        cmocka_unit_test_setup(a_list_that_got_lost, fresh),
        cmocka_unit_test_setup(a_role_that_got_lost, fresh),
        cmocka_unit_test_setup(a_list_without_the_token_s_own_roles, fresh),
    };

    testdb_enter();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
