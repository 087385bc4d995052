/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../support/testdb.h"
#include "auth/lookup.h"
#include "write/change_policy.h"

static struct svct_fault fault;

/* Each test changes one transaction, and never commits it. */
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

/* An error must come with its sentence, and with these words in it. */
static void assert_refused_(int r, int expected, const char *words)
{
    assert_int_equal(r, expected);
    assert_int_equal(fault.code, expected);
    if (strstr(fault.what, words) == NULL)
        fail_msg("no \"%s\" in \"%s\"", words, fault.what);
}
#define assert_refused(call, expected, words)   \
    do {                                        \
        fault = (struct svct_fault){0};         \
        assert_refused_(call, expected, words); \
    } while (0)

#define DAY INT64_C(86400)

static struct svct_policy defaults(void)
{
    struct svct_policy policy;

    svct_change_default_policy(&policy);
    return policy;
}

static struct svct_policy policy_now(void)
{
    struct svct_policy policy;

    assert_int_equal(svct_lookup_policy(view(), &policy), 0);
    return policy;
}

static void assert_same(const struct svct_policy *a,
                        const struct svct_policy *b)
{
    struct svct_record_writer wa, wb;

    svct_policy_encode(a, &wa);
    svct_policy_encode(b, &wb);
    assert_memory_equal(wa.value, wb.value, sizeof wa.value);
}

/* Refused, and the policy that is there stays. */
static void refuse(const struct svct_policy *policy, int expected,
                   const char *words)
{
    struct svct_policy before = policy_now(), after;

    assert_refused(svct_change_policy_set(txn, policy, &fault), expected,
                   words);
    after = policy_now();
    assert_same(&before, &after);
}

static void accept(const struct svct_policy *policy)
{
    struct svct_policy after;

    assert_int_equal(svct_change_policy_set(txn, policy, &fault), 0);
    after = policy_now();
    assert_same(policy, &after);
}

static void the_default_policy_is_one(void **state)
{
    struct svct_policy policy = defaults();

    (void)state;
    accept(&policy);
}

static void each_value_has_its_least_and_most(void **state)
{
    struct svct_policy policy = defaults();

    (void)state;
    policy.default_ttl = SVCT_POLICY_TTL_MIN;
    accept(&policy);
    policy.default_ttl = SVCT_POLICY_TTL_MAX;
    accept(&policy);
    policy = defaults();
    policy.allow_no_expiry = false;
    policy.default_ttl = policy.max_ttl = SVCT_POLICY_TTL_MIN;
    accept(&policy);
    policy.max_ttl = SVCT_POLICY_TTL_MAX;
    accept(&policy);
    policy.max_ttl = 0;
    accept(&policy);
    policy.tokens_per_account = SVCT_POLICY_TOKENS_MIN;
    accept(&policy);
    policy.tokens_per_account = SVCT_POLICY_TOKENS_MAX;
    accept(&policy);
    policy.warn_before = 0;
    accept(&policy);
    policy.warn_before = 1;
    accept(&policy);
    policy.warn_before = SVCT_POLICY_WARN_MAX;
    accept(&policy);
}

static void a_time_out_of_bounds_is_refused(void **state)
{
    static const int64_t bad[] = {
        INT64_MIN,      -1, 1, SVCT_POLICY_TTL_MIN - 1, SVCT_POLICY_TTL_MAX + 1,
        SVCT_TIME_NEVER};
    struct svct_policy policy;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        policy = defaults();
        policy.default_ttl = bad[i];
        refuse(&policy, SVCT_E_RANGE, "default_ttl must be 1m to 36600d");
        policy = defaults();
        policy.allow_no_expiry = false;
        policy.default_ttl = 60;
        policy.max_ttl = bad[i];
        refuse(&policy, SVCT_E_RANGE, "max_ttl must be 1m to 36600d, or none");
    }
    policy = defaults();
    policy.default_ttl = 0;
    refuse(&policy, SVCT_E_RANGE, "default_ttl");
    policy = defaults();
    policy.warn_before = -1;
    refuse(&policy, SVCT_E_RANGE, "warn_before must be 1s to 366d, or none");
    policy.warn_before = SVCT_POLICY_WARN_MAX + 1;
    refuse(&policy, SVCT_E_RANGE, "warn_before");
}

static void a_count_out_of_bounds_is_refused(void **state)
{
    struct svct_policy policy = defaults();

    (void)state;
    policy.tokens_per_account = 0;
    refuse(&policy, SVCT_E_RANGE, "tokens_per_account must be 1 to 10000");
    policy.tokens_per_account = SVCT_POLICY_TOKENS_MAX + 1;
    refuse(&policy, SVCT_E_RANGE, "tokens_per_account");
    policy.tokens_per_account = UINT32_MAX;
    refuse(&policy, SVCT_E_RANGE, "tokens_per_account");
}

static void what_contradicts_itself_is_refused(void **state)
{
    struct svct_policy policy = defaults();

    (void)state;
    policy.allow_no_expiry = false;
    policy.max_ttl = policy.default_ttl;
    accept(&policy);
    policy.default_ttl++;
    refuse(&policy, SVCT_E_POLICY,
           "default_ttl (8h1s) must not be longer than max_ttl (8h)");
    policy.default_ttl--;
    policy.allow_no_expiry = true;
    refuse(&policy, SVCT_E_POLICY, "allow_no_expiry=yes contradicts max_ttl");
    policy.max_ttl = 0;
    accept(&policy);
}

/* Fields of a newer program are carried through. */
static void what_is_not_known_is_kept(void **state)
{
    struct svct_policy policy = defaults();
    static const uint8_t field[] = {0x00, 0x63, 0x00, 0x01, 0x2a};

    (void)state;
    memcpy(policy.extra.data, field, sizeof field);
    policy.extra.len = sizeof field;
    accept(&policy);
    policy = policy_now();
    assert_int_equal(policy.extra.len, sizeof field);
    policy.warn_before = DAY;
    accept(&policy);
}

static void a_life_is_held_to_the_second(void **state)
{
    struct svct_policy policy = defaults();

    (void)state;
    assert_int_equal(
        svct_change_policy_lifetime(&policy, 0, SVCT_TIME_NEVER, &fault), 0);
    assert_int_equal(
        svct_change_policy_lifetime(&policy, 0, SVCT_TIME_MAX, &fault), 0);
    policy.allow_no_expiry = false;
    assert_refused(
        svct_change_policy_lifetime(&policy, 0, SVCT_TIME_NEVER, &fault),
        SVCT_E_POLICY, "allow_no_expiry=no");
    policy.max_ttl = 2 * DAY;
    assert_refused(
        svct_change_policy_lifetime(&policy, 0, SVCT_TIME_NEVER, &fault),
        SVCT_E_POLICY, "is 2d (max_ttl of the policy)");
    assert_int_equal(svct_change_policy_lifetime(&policy, TESTDB_NOW,
                                                 TESTDB_NOW + 2 * DAY, &fault),
                     0);
    assert_refused(svct_change_policy_lifetime(
                       &policy, TESTDB_NOW, TESTDB_NOW + 2 * DAY + 1, &fault),
                   SVCT_E_POLICY, "is 2d (max_ttl of the policy)");
    /* As an older version could store it: the maximum counts. */
    policy.allow_no_expiry = true;
    assert_refused(
        svct_change_policy_lifetime(&policy, 0, SVCT_TIME_NEVER, &fault),
        SVCT_E_POLICY, "is 2d (max_ttl of the policy)");
    assert_int_equal(
        svct_change_policy_lifetime(&policy, 0, SVCT_TIME_NEVER, NULL),
        SVCT_E_POLICY);
}

/* What is set binds the very next token, in the same transaction. */
static void a_policy_binds_at_once(void **state)
{
    struct svct_account account = testdb_account("deploy", "Viewer");
    struct svct_token token = testdb_token("deploy", 1);
    struct svct_policy policy = defaults();

    (void)state;
    assert_int_equal(svct_change_account_create(txn, &account, &fault), 0);
    policy.allow_no_expiry = false;
    policy.default_ttl = policy.max_ttl = 1800;
    policy.tokens_per_account = 1;
    accept(&policy);
    assert_refused(svct_change_token_issue(txn, &token, NULL, &fault),
                   SVCT_E_POLICY, "is 30m (max_ttl of the policy)");
    token.expires = token.created + 1800;
    assert_int_equal(svct_change_token_issue(txn, &token, NULL, &fault), 0);
    token = testdb_token("deploy", 2);
    token.expires = token.created + 60;
    assert_refused(svct_change_token_issue(txn, &token, NULL, &fault),
                   SVCT_E_POLICY, "more than 1 are not allowed");
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, fresh, give_up)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        FRESH(the_default_policy_is_one),
        FRESH(each_value_has_its_least_and_most),
        FRESH(a_time_out_of_bounds_is_refused),
        FRESH(a_count_out_of_bounds_is_refused),
        FRESH(what_contradicts_itself_is_refused),
        FRESH(what_is_not_known_is_kept),
        FRESH(a_life_is_held_to_the_second),
        FRESH(a_policy_binds_at_once),
    };

    testdb_enter();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
