/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Roles that are made, edited and deleted: what is refused, and that their
 * order is that of a plain list, however often the places are used up.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../support/testdb.h"
#include "auth/lookup.h"
#include "auth/role.h"
#include "write/change_role.h"
#include "write/edit.h"

static struct svct_fault fault;
static struct svct_txn *txn;

static int fresh(void **state)
{
    (void)state;
    testdb_init(TESTDB);
    txn = testdb_begin(TESTDB);
    fault = (struct svct_fault){0};
    return 0;
}

static int give_up(void **state)
{
    (void)state;
    svct_txn_free(txn);
    txn = NULL;
    return 0;
}

static const struct svct_snapshot *view(void)
{
    return svct_txn_view(txn, SVCT_PART_PRIVATE);
}

static void commit_and_begin(void)
{
    testdb_commit(txn);
    txn = testdb_begin(TESTDB);
}

static struct svct_role named(const char *name)
{
    struct svct_role role = {.place = 77, .builtin = true};

    snprintf(role.name, sizeof role.name, "%s", name);
    return role;
}

static int create(const char *name, const char *above)
{
    struct svct_role role = named(name);

    return svct_change_role_create(txn, &role, above, &fault);
}

static struct svct_role role_now(const char *name)
{
    struct svct_role role;

    assert_int_equal(svct_lookup_role(view(), name, &role), 0);
    return role;
}

static int place_of(const char *name)
{
    return role_now(name).place;
}

static struct svct_rolelist list_now(void)
{
    struct svct_rolelist list;

    assert_int_equal(svct_lookup_rolelist(view(), &list), 0);
    return list;
}

static bool is_listed(const char *name)
{
    struct svct_rolelist list = list_now();

    for (unsigned i = 0; i < list.count; i++)
        if (strcmp(list.name[i], name) == 0)
            return true;
    return false;
}

#define assert_refused(call, expected)          \
    do {                                        \
        fault = (struct svct_fault){0};         \
        assert_int_equal(call, expected);       \
        assert_int_equal(fault.code, expected); \
        assert_true(fault.what[0] != '\0');     \
    } while (0)

/* ---- create ---- */

static void a_role_stands_directly_above(void **state)
{
    (void)state;
    assert_int_equal(create("Low", "None"), 0);
    assert_int_equal(create("B", "Viewer"), 0);
    assert_int_equal(create("A", "Viewer"), 0);
    assert_int_equal(create("C", "B"), 0);
    assert_int_equal(create("High", "Editor"), 0);
    assert_in_range(place_of("Low"), 1, 999);
    assert_in_range(place_of("A"), 1001, place_of("B") - 1);
    assert_in_range(place_of("C"), place_of("B") + 1, 1999);
    assert_in_range(place_of("High"), 2001, 2999);
    assert_int_equal(list_now().count, 9);
}

static void a_role_is_kept_as_given(void **state)
{
    struct svct_role role = named("Deployer"), found;

    (void)state;
    assert_int_equal(svct_globs_add(&role.allow, "sshd"), 0);
    assert_int_equal(svct_globs_add(&role.allow, "sudo*"), 0);
    assert_int_equal(svct_globs_add(&role.refuse, "sudo-i"), 0);
    snprintf(role.groups[0], sizeof role.groups[0], "www-data");
    snprintf(role.groups[1], sizeof role.groups[1], "Debian-exim");
    role.groups_count = 2;
    snprintf(role.description, sizeof role.description, "web");
    assert_int_equal(svct_change_role_create(txn, &role, "Viewer", &fault), 0);
    commit_and_begin();
    found = role_now("Deployer");
    assert_int_equal(found.place, 1500);
    assert_false(found.builtin);
    assert_int_equal(found.allow.count, 2);
    assert_string_equal(found.allow.item[1], "sudo*");
    assert_string_equal(found.refuse.item[0], "sudo-i");
    assert_int_equal(found.groups_count, 2);
    assert_string_equal(found.groups[1], "Debian-exim");
    assert_string_equal(found.description, "web");
    assert_true(is_listed("Deployer"));
    assert_true(is_listed("Admin"));
    assert_int_equal(list_now().count, 5);
}

static void roles_that_are_refused(void **state)
{
    struct svct_role role = named("Deployer");

    (void)state;
    assert_refused(create("", "Viewer"), SVCT_E_SYNTAX);
    assert_refused(create("1st", "Viewer"), SVCT_E_SYNTAX);
    assert_refused(create("two words", "Viewer"), SVCT_E_SYNTAX);
    assert_refused(create("Viewer", "None"), SVCT_E_EXISTS);
    assert_refused(create("viewer", "None"), SVCT_E_EXISTS);
    assert_refused(create("ADMIN", "None"), SVCT_E_EXISTS);
    assert_refused(create("Deployer", "Owner"), SVCT_E_NOTFOUND);
    assert_refused(create("Deployer", "viewer"), SVCT_E_NOTFOUND);
    assert_refused(create("Deployer", ""), SVCT_E_NOTFOUND);
    assert_refused(create("Deployer", "Deployer"), SVCT_E_NOTFOUND);
    assert_refused(create("Deployer", "Admin"), SVCT_E_POLICY);
    snprintf(role.description, sizeof role.description, "two\nlines");
    assert_refused(svct_change_role_create(txn, &role, "Viewer", &fault),
                   SVCT_E_SYNTAX);
    assert_int_equal(list_now().count, 4);
}

static int create_with(void (*spoil)(struct svct_role *role))
{
    struct svct_role role = named("Deployer");

    spoil(&role);
    return svct_change_role_create(txn, &role, "Viewer", &fault);
}

static void a_pattern_that_is_none(struct svct_role *role)
{
    snprintf(role->allow.item[0], sizeof role->allow.item[0], "ss hd");
    role->allow.count = 1;
}

static void a_pattern_twice(struct svct_role *role)
{
    snprintf(role->refuse.item[0], sizeof role->refuse.item[0], "sshd");
    snprintf(role->refuse.item[1], sizeof role->refuse.item[1], "sshd");
    role->refuse.count = 2;
}

static void too_many_patterns(struct svct_role *role)
{
    role->allow.count = SVCT_GLOBS_MAX + 1;
}

static void a_group_that_is_none(struct svct_role *role)
{
    snprintf(role->groups[0], sizeof role->groups[0], "a,b");
    role->groups_count = 1;
}

static void a_group_without_a_name(struct svct_role *role)
{
    role->groups_count = 1;
}

static void a_group_twice(struct svct_role *role)
{
    snprintf(role->groups[0], sizeof role->groups[0], "adm");
    snprintf(role->groups[1], sizeof role->groups[1], "adm");
    role->groups_count = 2;
}

static void too_many_groups(struct svct_role *role)
{
    for (int i = 0; i < SVCT_GROUPS_MAX; i++)
        snprintf(role->groups[i], sizeof role->groups[i], "g%d", i);
    role->groups_count = SVCT_GROUPS_MAX + 1;
}

static void contents_that_are_refused(void **state)
{
    (void)state;
    assert_refused(create_with(a_pattern_that_is_none), SVCT_E_SYNTAX);
    assert_refused(create_with(a_pattern_twice), SVCT_E_SYNTAX);
    assert_refused(create_with(too_many_patterns), SVCT_E_SYNTAX);
    assert_refused(create_with(a_group_that_is_none), SVCT_E_SYNTAX);
    assert_refused(create_with(a_group_without_a_name), SVCT_E_SYNTAX);
    assert_refused(create_with(a_group_twice), SVCT_E_SYNTAX);
    assert_refused(create_with(too_many_groups), SVCT_E_SYNTAX);
    assert_int_equal(list_now().count, 4);
}

static void the_largest_role_fits(void **state)
{
    struct svct_role role = named("Largest");

    (void)state;
    for (int i = 0; i < SVCT_GLOBS_MAX; i++) {
        snprintf(role.allow.item[i], sizeof role.allow.item[i], "%032d", i);
        snprintf(role.refuse.item[i], sizeof role.refuse.item[i], "%032d", i);
    }
    role.allow.count = role.refuse.count = SVCT_GLOBS_MAX;
    for (int i = 0; i < SVCT_GROUPS_MAX; i++)
        snprintf(role.groups[i], sizeof role.groups[i], "g%031d", i);
    role.groups_count = SVCT_GROUPS_MAX;
    memset(role.description, 'x', SVCT_TEXT_MAX);
    assert_int_equal(svct_change_role_create(txn, &role, "Viewer", &fault), 0);
    assert_int_equal(role_now("Largest").groups_count, SVCT_GROUPS_MAX);
}

/* ---- the order, against a plain list ---- */

static char model[SVCT_ROLES_MAX][SVCT_ROLE_MAX + 1];
static size_t model_count;

static void model_init(void)
{
    struct svct_role role;

    for (model_count = 0; svct_role_builtin((unsigned)model_count, &role);
         model_count++)
        memcpy(model[model_count], role.name, sizeof role.name);
}

static void model_insert(size_t behind, const char *name)
{
    for (size_t i = model_count++; i > behind + 1; i--)
        memcpy(model[i], model[i - 1], sizeof model[i]);
    snprintf(model[behind + 1], sizeof model[0], "%s", name);
}

static void model_remove(size_t index)
{
    model_count--;
    for (size_t i = index; i < model_count; i++)
        memcpy(model[i], model[i + 1], sizeof model[i]);
}

static bool is_builtin(const char *name)
{
    struct svct_role role;

    for (unsigned i = 0; svct_role_builtin(i, &role); i++)
        if (strcmp(role.name, name) == 0)
            return true;
    return false;
}

static void assert_as_model(void)
{
    struct svct_role role;
    int before = -1;

    assert_int_equal(list_now().count, model_count);
    for (size_t i = 0; i < model_count; i++) {
        role = role_now(model[i]);
        if (role.place <= before)
            fail_msg("%s has the place %d, behind %d", model[i], role.place,
                     before);
        before = role.place;
        assert_true(is_listed(model[i]));
        assert_int_equal(role.builtin, is_builtin(model[i]));
    }
    for (unsigned i = 0; svct_role_builtin(i, &role); i++)
        assert_int_equal(place_of(role.name), role.place);
}

/* The places between two are used up after some ten. */
static void the_same_place_again_and_again(void **state)
{
    char name[16];

    (void)state;
    model_init();
    for (int i = 0; model_count < SVCT_ROLES_MAX; i++) {
        snprintf(name, sizeof name, "R%d", i);
        assert_int_equal(create(name, "Viewer"), 0);
        model_insert(1, name);
        assert_as_model();
    }
    commit_and_begin();
    assert_as_model();
    assert_refused(create("OneMore", "None"), SVCT_E_POLICY);
    assert_non_null(strstr(fault.what, "64"));
    assert_int_equal(svct_change_role_delete(txn, "R0", &fault), 0);
    assert_int_equal(create("OneMore", "None"), 0);
}

/* For who stores the role by its place: above Viewer and below all others. */
static void a_place_is_told(void **state)
{
    char name[16] = "Editor";
    uint16_t place = 0;

    (void)state;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(svct_change_role_place(txn, "Viewer", &place, &fault),
                         0);
        assert_in_range(place, place_of("Viewer") + 1, place_of(name) - 1);
        snprintf(name, sizeof name, "r%d", i);
        assert_int_equal(create(name, "Viewer"), 0);
    }
    assert_refused(svct_change_role_place(txn, "Nobody", &place, &fault),
                   SVCT_E_NOTFOUND);
    assert_refused(svct_change_role_place(txn, "Admin", &place, &fault),
                   SVCT_E_POLICY);
}

static void always_the_last_one(void **state)
{
    char name[16], above[16] = "Editor";

    (void)state;
    model_init();
    for (int i = 0; model_count < SVCT_ROLES_MAX; i++) {
        snprintf(name, sizeof name, "R%d", i);
        assert_int_equal(create(name, above), 0);
        model_insert(model_count - 2, name);
        assert_as_model();
        memcpy(above, name, sizeof name);
    }
}

static void in_any_order(void **state)
{
    uint32_t seed = 20260101, number = 0;
    char name[16];

    (void)state;
    model_init();
    for (int step = 0; step < 600; step++) {
        size_t at = (seed = seed * 1664525 + 1013904223) >> 16;

        at %= model_count;
        if ((seed & 0x300) != 0 && model_count < SVCT_ROLES_MAX) {
            snprintf(name, sizeof name, "R%u", (unsigned)number++);
            if (strcmp(model[at], "Admin") == 0) {
                assert_refused(create(name, model[at]), SVCT_E_POLICY);
                continue;
            }
            assert_int_equal(create(name, model[at]), 0);
            model_insert(at, name);
        } else if (is_builtin(model[at])) {
            assert_refused(svct_change_role_delete(txn, model[at], &fault),
                           SVCT_E_POLICY);
            continue;
        } else {
            assert_int_equal(svct_change_role_delete(txn, model[at], &fault),
                             0);
            model_remove(at);
        }
        if (step % 20 == 0)
            assert_as_model();
    }
    assert_as_model();
    commit_and_begin();
    assert_as_model();
}

/* What moves a role takes nothing else from it. */
static void spreading_keeps_the_rest(void **state)
{
    struct svct_role role = named("First");
    char name[16];

    (void)state;
    snprintf(role.description, sizeof role.description, "stays");
    assert_int_equal(svct_globs_add(&role.allow, "sshd"), 0);
    assert_int_equal(svct_change_role_create(txn, &role, "Viewer", &fault), 0);
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "R%d", i);
        assert_int_equal(create(name, "Viewer"), 0);
    }
    role = role_now("First");
    assert_int_not_equal(role.place, 1500);
    assert_string_equal(role.description, "stays");
    assert_string_equal(role.allow.item[0], "sshd");
}

static void a_list_that_names_what_is_not_there(void **state)
{
    struct svct_rolelist list = list_now();

    (void)state;
    snprintf(list.name[list.count++], sizeof list.name[0], "Ghost");
    assert_int_equal(svct_edit_store_rolelist(txn, &list, &fault), 0);
    assert_refused(create("Deployer", "Viewer"), SVCT_E_DAMAGED);
}

/* ---- edit ---- */

static void an_edit_keeps_name_and_place(void **state)
{
    struct svct_role role;

    (void)state;
    assert_int_equal(create("Deployer", "Viewer"), 0);
    role = role_now("Deployer");
    role.place = 2999;
    role.builtin = true;
    assert_int_equal(svct_globs_add(&role.allow, "cron"), 0);
    assert_int_equal(svct_change_role_update(txn, &role, &fault), 0);
    role = role_now("Deployer");
    assert_int_equal(role.place, 1500);
    assert_false(role.builtin);
    assert_string_equal(role.allow.item[0], "cron");
}

static void a_built_in_role_is_edited(void **state)
{
    struct svct_role role = role_now("Viewer");

    (void)state;
    role.builtin = false;
    role.place = 5;
    assert_int_equal(svct_globs_add(&role.allow, "sudo"), 0);
    snprintf(role.groups[0], sizeof role.groups[0], "users");
    role.groups_count = 1;
    assert_int_equal(svct_change_role_update(txn, &role, &fault), 0);
    commit_and_begin();
    role = role_now("Viewer");
    assert_true(role.builtin);
    assert_int_equal(role.place, 1000);
    assert_true(svct_role_allows(&role, "sudo"));
    assert_string_equal(role.groups[0], "users");
}

static void edits_that_are_refused(void **state)
{
    struct svct_role role = named("Ghost");

    (void)state;
    assert_refused(svct_change_role_update(txn, &role, &fault),
                   SVCT_E_NOTFOUND);
    role = role_now("Viewer");
    a_group_twice(&role);
    assert_refused(svct_change_role_update(txn, &role, &fault), SVCT_E_SYNTAX);
    role = role_now("Viewer");
    a_pattern_that_is_none(&role);
    assert_refused(svct_change_role_update(txn, &role, &fault), SVCT_E_SYNTAX);
}

/* ---- delete ---- */

static void have_account(const char *name, const char *role)
{
    struct svct_account account = testdb_account(name, role);

    assert_int_equal(svct_change_account_create(txn, &account, &fault), 0);
}

static void have_token(const char *account, unsigned long number,
                       const char *cap)
{
    struct svct_token token = testdb_token(account, number);

    snprintf(token.cap, sizeof token.cap, "%s", cap);
    assert_int_equal(svct_change_token_issue(txn, &token, NULL, &fault), 0);
}

static void deletions_that_are_refused(void **state)
{
    struct svct_role role;

    (void)state;
    for (unsigned i = 0; svct_role_builtin(i, &role); i++)
        assert_refused(svct_change_role_delete(txn, role.name, &fault),
                       SVCT_E_POLICY);
    assert_refused(svct_change_role_delete(txn, "Ghost", &fault),
                   SVCT_E_NOTFOUND);
    assert_int_equal(create("Deployer", "Viewer"), 0);
    assert_int_equal(create("Cap", "Viewer"), 0);
    have_account("one", "Deployer");
    have_token("one", 1, "Cap");
    assert_refused(svct_change_role_delete(txn, "Deployer", &fault),
                   SVCT_E_EXISTS);
    assert_refused(svct_change_role_delete(txn, "Cap", &fault), SVCT_E_EXISTS);
    commit_and_begin();
    assert_refused(svct_change_role_delete(txn, "Cap", &fault), SVCT_E_EXISTS);
}

static void a_role_without_users_goes(void **state)
{
    uint64_t records;
    struct svct_role role;

    (void)state;
    assert_int_equal(create("Keep", "Viewer"), 0);
    commit_and_begin();
    records = svct_snapshot_meta(view())->records;
    assert_int_equal(create("Deployer", "Viewer"), 0);
    assert_int_equal(svct_change_role_delete(txn, "Deployer", &fault), 0);
    assert_int_equal(svct_lookup_role(view(), "Deployer", &role),
                     SVCT_E_NOTFOUND);
    assert_false(is_listed("Deployer"));
    assert_true(is_listed("Keep"));
    assert_int_equal(svct_snapshot_meta(view())->records, records);
    commit_and_begin();
    assert_int_equal(svct_change_role_delete(txn, "Keep", &fault), 0);
    assert_int_equal(list_now().count, 4);
    assert_int_equal(create("Keep", "None"), 0); /* the name is free again */
}

static void the_first_few_users(void **state)
{
    struct svct_role_users users;
    char name[8];

    (void)state;
    assert_int_equal(create("Deployer", "Viewer"), 0);
    assert_int_equal(svct_change_role_users(view(), "Deployer", &users, &fault),
                     0);
    assert_int_equal(users.accounts + users.tokens, 0);
    have_account("one", "Deployer");
    have_account("other", "Admin");
    have_token("other", 1, "Deployer");
    have_token("other", 2, "");
    assert_int_equal(svct_change_role_users(view(), "Deployer", &users, &fault),
                     0);
    assert_int_equal(users.accounts, 1);
    assert_string_equal(users.account[0], "one");
    assert_int_equal(users.tokens, 1);
    assert_string_equal(users.token[0], "other/t1");
    for (int i = 0; i < 10; i++) {
        snprintf(name, sizeof name, "a%d", i);
        have_account(name, "Deployer");
        have_token("other", 10 + (unsigned)i, "Deployer");
    }
    assert_int_equal(svct_change_role_users(view(), "Deployer", &users, &fault),
                     0);
    assert_int_equal(users.accounts, 11);
    assert_int_equal(users.tokens, 11);
    for (int i = 0; i < SVCT_ROLE_USERS_NAMED; i++) {
        assert_true(users.account[i][0] == 'a' || users.account[i][0] == 'o');
        assert_memory_equal(users.token[i], "other/t", 7);
    }
}

/* ---- caps ---- */

static int issue_capped(const char *account, unsigned long number,
                        const char *cap)
{
    struct svct_token token = testdb_token(account, number);

    snprintf(token.cap, sizeof token.cap, "%s", cap);
    return svct_change_token_issue(txn, &token, NULL, &fault);
}

static void a_cap_is_not_above_its_account(void **state)
{
    struct svct_account account;

    (void)state;
    assert_int_equal(create("Low", "Viewer"), 0);
    assert_int_equal(create("High", "Low"), 0);
    have_account("low", "Low");
    assert_int_equal(issue_capped("low", 1, "Viewer"), 0);
    assert_int_equal(issue_capped("low", 2, "Low"), 0);
    assert_refused(issue_capped("low", 3, "High"), SVCT_E_POLICY);
    assert_refused(issue_capped("low", 3, "Editor"), SVCT_E_POLICY);
    assert_refused(issue_capped("low", 3, "Ghost"), SVCT_E_NOTFOUND);
    /* Lowered below a cap: allowed, and the lower of the two counts. */
    assert_int_equal(svct_lookup_account(view(), "low", &account), 0);
    snprintf(account.role, sizeof account.role, "None");
    assert_int_equal(svct_change_account_update(txn, &account, &fault), 0);
    assert_refused(issue_capped("low", 3, "Viewer"), SVCT_E_POLICY);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, give_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_role_stands_directly_above),
        TEST(a_place_is_told),
        TEST(a_role_is_kept_as_given),
        TEST(roles_that_are_refused),
        TEST(contents_that_are_refused),
        TEST(the_largest_role_fits),
        TEST(the_same_place_again_and_again),
        TEST(always_the_last_one),
        TEST(in_any_order),
        TEST(spreading_keeps_the_rest),
        TEST(a_list_that_names_what_is_not_there),
        TEST(an_edit_keeps_name_and_place),
        TEST(a_built_in_role_is_edited),
        TEST(edits_that_are_refused),
        TEST(deletions_that_are_refused),
        TEST(a_role_without_users_goes),
        TEST(the_first_few_users),
        TEST(a_cap_is_not_above_its_account),
    };

    testdb_enter();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
