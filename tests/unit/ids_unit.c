/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../support/testdb.h"
#include "write/change_policy.h"
#include "write/change_role.h"
#include "write/edit.h"
#include "write/ids.h"

static struct svct_fault fault;
static struct svct_txn *txn;

static int fresh(void **state)
{
    (void)state;
    fault = (struct svct_fault){0};
    testdb_init(TESTDB);
    txn = testdb_begin(TESTDB);
    return 0;
}

static int give_up(void **state)
{
    (void)state;
    svct_txn_free(txn);
    return 0;
}

static uint32_t next(void)
{
    struct svct_policy policy;

    assert_int_equal(svct_edit_get_policy(txn, &policy, &fault), 0);
    return policy.id_next;
}

static int set_range(uint32_t min, uint32_t max)
{
    struct svct_policy policy;

    assert_int_equal(svct_edit_get_policy(txn, &policy, &fault), 0);
    policy.id_min = min;
    policy.id_max = max;
    return svct_change_policy_set(txn, &policy, &fault);
}

static void goes_up_only(void **state)
{
    uint32_t id = 0;

    (void)state;
    assert_int_equal(next(), 0);
    assert_int_equal(svct_ids_candidate(txn, 0, &id, &fault), 0);
    assert_int_equal(id, SVCT_ID_RANGE_MIN);
    assert_int_equal(next(), 0); /* asking takes nothing */
    assert_int_equal(svct_ids_take(txn, id + 10, &fault), 0);
    assert_int_equal(next(), id + 11);
    assert_int_equal(svct_ids_take(txn, id + 10, &fault), SVCT_E_POLICY);
    assert_int_equal(svct_ids_take(txn, id, &fault), SVCT_E_POLICY);
    assert_int_equal(svct_ids_candidate(txn, 0, &id, &fault), 0);
    assert_int_equal(id, SVCT_ID_RANGE_MIN + 11);
    assert_int_equal(svct_ids_candidate(txn, id + 5, &id, &fault), 0);
    assert_int_equal(id, SVCT_ID_RANGE_MIN + 16);
}

/* Whoever read the policy before takes back nothing with it. */
static void an_older_policy_does_not_go_back(void **state)
{
    struct svct_policy older, policy;

    (void)state;
    assert_int_equal(svct_edit_get_policy(txn, &older, &fault), 0);
    policy = older;
    policy.rolelist = true;
    older.rolelist = false;
    assert_int_equal(svct_edit_store_policy(txn, &policy, &fault), 0);
    assert_int_equal(svct_ids_take(txn, SVCT_ID_RANGE_MIN, &fault), 0);
    assert_int_equal(svct_edit_store_policy(txn, &older, &fault), 0);
    assert_int_equal(svct_edit_get_policy(txn, &policy, &fault), 0);
    assert_int_equal(policy.id_next, SVCT_ID_RANGE_MIN + 1);
    assert_true(policy.rolelist);
}

static void outside_is_the_administrators(void **state)
{
    (void)state;
    assert_int_equal(svct_ids_take(txn, 5000, &fault), 0);
    assert_int_equal(svct_ids_take(txn, SVCT_ID_MOST, &fault), 0);
    assert_int_equal(next(), 0);
    assert_int_equal(svct_ids_take(txn, 999, &fault), SVCT_E_RANGE);
    assert_int_equal(svct_ids_take(txn, 65534, &fault), SVCT_E_RANGE);
    assert_int_equal(svct_ids_take(txn, 65535, &fault), SVCT_E_RANGE);
    assert_int_equal(svct_ids_take(txn, UINT32_MAX, &fault), SVCT_E_RANGE);
}

static void used_up(void **state)
{
    uint32_t id = 0;

    (void)state;
    assert_int_equal(set_range(70000, 70001), 0);
    assert_int_equal(svct_ids_take(txn, 70001, &fault), 0);
    assert_int_equal(svct_ids_candidate(txn, 0, &id, &fault), SVCT_E_POLICY);
    assert_int_equal(set_range(66000, 70001), SVCT_E_POLICY);
    assert_int_equal(set_range(66000, 70002), 0);
    assert_int_equal(svct_ids_candidate(txn, 0, &id, &fault), 0);
    assert_int_equal(id, 70002);
}

/* What else the policy says can be changed then. */
static void used_up_and_another_rule(void **state)
{
    struct svct_policy policy;

    (void)state;
    assert_int_equal(set_range(70000, 70001), 0);
    assert_int_equal(svct_ids_take(txn, 70001, &fault), 0);
    assert_int_equal(svct_edit_get_policy(txn, &policy, &fault), 0);
    policy.allow_no_expiry = false;
    policy.max_ttl = policy.default_ttl;
    assert_int_equal(svct_change_policy_set(txn, &policy, &fault), 0);
    policy.id_min = 69000; /* used up, too */
    assert_int_equal(svct_change_policy_set(txn, &policy, &fault),
                     SVCT_E_POLICY);
}

static void ranges(void **state)
{
    (void)state;
    assert_int_equal(set_range(0, 0), 0);
    assert_int_equal(set_range(70000, 70000), 0);
    assert_int_equal(set_range(70001, 70000), SVCT_E_RANGE);
    assert_int_equal(set_range(999, 70000), SVCT_E_RANGE);
    assert_int_equal(set_range(1000, 65534), SVCT_E_RANGE);
    assert_int_equal(set_range(0, 70000), SVCT_E_RANGE);
    assert_int_equal(set_range(1000, 1000 + (UINT32_C(1) << 31)), SVCT_E_RANGE);
    assert_int_equal(set_range(1000, 999 + (UINT32_C(1) << 31)), 0);
}

static void together_in_any_order(void **state)
{
    struct svct_ids ids;

    (void)state;
    assert_int_equal(svct_ids_take(txn, 70000, &fault), 0);
    assert_int_equal(svct_ids_begin(txn, &ids, &fault), 0);
    assert_int_equal(svct_ids_add(txn, &ids, 70009, &fault), 0);
    assert_int_equal(svct_ids_add(txn, &ids, 70001, &fault), 0);
    assert_int_equal(svct_ids_add(txn, &ids, 69999, &fault), SVCT_E_POLICY);
    ids.exact = true;
    assert_int_equal(svct_ids_add(txn, &ids, 69999, &fault), 0);
    assert_int_equal(svct_ids_end(txn, &ids, &fault), 0);
    assert_int_equal(next(), 70010);
}

static void what_roles_say(void **state)
{
    struct svct_role role;
    uint32_t gid = 1;
    bool known = true;

    (void)state;
    assert_int_equal(svct_edit_get_role(txn, "Viewer", &role, &fault), 0);
    snprintf(role.groups[0], sizeof role.groups[0], "readers");
    snprintf(role.groups[1], sizeof role.groups[1], "adm");
    role.groups_count = 2;
    role.gids[0] = 70000;
    assert_int_equal(svct_change_role_update(txn, &role, &fault), 0);
    assert_int_equal(next(), 70001);
    assert_int_equal(svct_change_role_group(svct_edit_view(txn), "readers",
                                            NULL, &known, &gid, &fault),
                     0);
    assert_true(known);
    assert_int_equal(gid, 70000);
    assert_int_equal(svct_change_role_group(svct_edit_view(txn), "adm", NULL,
                                            &known, &gid, &fault),
                     0);
    assert_true(known);
    assert_int_equal(gid, 0);
    assert_int_equal(svct_change_role_group(svct_edit_view(txn), "no", NULL,
                                            &known, &gid, &fault),
                     0);
    assert_false(known);
    role.gids[0] = 70005;
    assert_int_equal(svct_change_role_update(txn, &role, &fault),
                     SVCT_E_POLICY);
    role.groups_count = 0;
    assert_int_equal(svct_change_role_update(txn, &role, &fault), 0);
    assert_int_equal(svct_ids_take(txn, 70000, &fault), SVCT_E_POLICY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(goes_up_only, fresh, give_up),
        cmocka_unit_test_setup_teardown(an_older_policy_does_not_go_back, fresh,
                                        give_up),
        cmocka_unit_test_setup_teardown(outside_is_the_administrators, fresh,
                                        give_up),
        cmocka_unit_test_setup_teardown(used_up, fresh, give_up),
        cmocka_unit_test_setup_teardown(used_up_and_another_rule, fresh,
                                        give_up),
        cmocka_unit_test_setup_teardown(ranges, fresh, give_up),
        cmocka_unit_test_setup_teardown(together_in_any_order, fresh, give_up),
        cmocka_unit_test_setup_teardown(what_roles_say, fresh, give_up),
    };

    testdb_enter();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
