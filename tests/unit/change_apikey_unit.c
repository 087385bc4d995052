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
#include "write/change_apikey.h"
#include "write/change_policy.h"
#include "write/change_rotate.h"

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

#define KEY_END (TESTDB_NOW + 3600)

static struct svct_account key_account(void)
{
    struct svct_account account = testdb_account("backup", "Viewer");

    account.apikey = true;
    account.expires = KEY_END;
    return account;
}

static struct svct_token key_token(unsigned long number)
{
    struct svct_token token = testdb_token("backup", number);

    token.expires = KEY_END;
    return token;
}

static int create(const struct svct_account *account,
                  const struct svct_token *token)
{
    return svct_change_apikey_create(txn, account, token, NULL, &fault);
}

static void have_key(void)
{
    struct svct_account account = key_account();
    struct svct_token token = key_token(1);

    assert_int_equal(create(&account, &token), 0);
}

static void have_account(const char *name)
{
    struct svct_account account = testdb_account(name, "Viewer");

    assert_int_equal(svct_change_account_create(txn, &account, &fault), 0);
}

static struct svct_account account_now(void)
{
    struct svct_account account;

    assert_int_equal(svct_lookup_account(view(), "backup", &account), 0);
    return account;
}

static struct svct_token token_now(void)
{
    char id[SVCT_TOKEN_ID_LEN + 1];
    struct svct_token token;

    testdb_id(1, id);
    assert_int_equal(svct_lookup_token(view(), id, &token), 0);
    return token;
}

/* Account and token are there and end then. */
static void assert_ends(int64_t expires)
{
    struct svct_account account = account_now();

    assert_true(account.apikey);
    assert_int_equal(account.tokens, 1);
    assert_true(account.expires == expires);
    assert_true(token_now().expires == expires);
}

static void set_policy(int64_t max_ttl, bool allow_no_expiry)
{
    struct svct_policy policy;

    svct_change_default_policy(&policy);
    policy.max_ttl = max_ttl;
    policy.allow_no_expiry = allow_no_expiry;
    if (max_ttl > 0)
        policy.default_ttl = max_ttl;
    assert_int_equal(svct_change_policy_set(txn, &policy, &fault), 0);
}

/* ---- making ---- */

static void it_is_an_account_and_a_token(void **state)
{
    (void)state;
    have_key();
    assert_ends(KEY_END);
    testdb_commit(txn);
    txn = testdb_begin(TESTDB);
    assert_ends(KEY_END);
}

static void what_is_none_is_not_made(void **state)
{
    struct svct_account account = key_account();
    struct svct_token token = key_token(1);

    (void)state;
    account.apikey = false;
    assert_refused(create(&account, &token), SVCT_E_RANGE, "API key");
    account.apikey = true;
    token.expires++;
    assert_refused(create(&account, &token), SVCT_E_RANGE, "end together");
    token.expires = SVCT_TIME_NEVER;
    assert_refused(create(&account, &token), SVCT_E_RANGE, "end together");
    token = testdb_token("other", 1);
    token.expires = KEY_END;
    assert_refused(create(&account, &token), SVCT_E_RANGE, "API key");
}

static void the_rules_of_both_hold(void **state)
{
    struct svct_account account = key_account();
    struct svct_token token = key_token(1), other = testdb_token("other", 1);
    bool id_taken = false;

    (void)state;
    memcpy(account.role, "Owner", 6);
    assert_refused(create(&account, &token), SVCT_E_NOTFOUND, "Owner");
    account = key_account();
    account.expires = token.expires = TESTDB_NOW;
    assert_refused(create(&account, &token), SVCT_E_RANGE, "expired already");
    have_account("other");
    assert_int_equal(svct_change_token_issue(txn, &other, NULL, &fault), 0);
    account = key_account();
    token = key_token(1);
    assert_int_equal(
        svct_change_apikey_create(txn, &account, &token, &id_taken, &fault),
        SVCT_E_EXISTS);
    assert_true(id_taken);
}

static void its_name_must_be_free(void **state)
{
    struct svct_account account = key_account();
    struct svct_token token = key_token(1);

    (void)state;
    have_account("backup");
    assert_refused(create(&account, &token), SVCT_E_EXISTS, "backup");
    assert_false(account_now().apikey);
}

static void the_policy_binds_it(void **state)
{
    struct svct_account account = key_account();
    struct svct_token token = key_token(1);

    (void)state;
    set_policy(3599, false);
    assert_refused(create(&account, &token), SVCT_E_POLICY,
                   "is 59m59s (max_ttl of the policy)");
    svct_txn_free(txn);
    txn = testdb_begin(TESTDB);
    set_policy(0, false);
    account.expires = token.expires = SVCT_TIME_NEVER;
    assert_refused(create(&account, &token), SVCT_E_POLICY,
                   "allow_no_expiry=no");
    svct_txn_free(txn);
    txn = testdb_begin(TESTDB);
    assert_int_equal(create(&account, &token), 0);
    assert_ends(SVCT_TIME_NEVER);
}

/* ---- one token, always ---- */

static void it_gets_no_second_token(void **state)
{
    struct svct_token token = key_token(2);

    (void)state;
    have_key();
    assert_refused(svct_change_token_issue(txn, &token, NULL, &fault),
                   SVCT_E_POLICY, "it has one token");
    assert_ends(KEY_END);
}

/* The way of an import: the account, then its token. */
static void its_token_ends_with_it(void **state)
{
    struct svct_account account = key_account();
    struct svct_token token = key_token(1);

    (void)state;
    assert_int_equal(svct_change_account_create(txn, &account, &fault), 0);
    token.expires--;
    assert_refused(svct_change_token_issue(txn, &token, NULL, &fault),
                   SVCT_E_POLICY, "end together");
    token.expires++;
    assert_int_equal(svct_change_token_issue(txn, &token, NULL, &fault), 0);
    assert_ends(KEY_END);
}

static void its_token_is_not_deleted_alone(void **state)
{
    char id[SVCT_TOKEN_ID_LEN + 1];

    (void)state;
    have_key();
    testdb_id(1, id);
    assert_refused(svct_change_token_delete(txn, id, &fault), SVCT_E_POLICY,
                   "apikey delete backup");
    assert_ends(KEY_END);
}

static void its_token_can_be_disabled_and_revoked(void **state)
{
    char id[SVCT_TOKEN_ID_LEN + 1];

    (void)state;
    have_key();
    testdb_id(1, id);
    assert_int_equal(svct_change_token_set_disabled(txn, id, true, &fault), 0);
    assert_int_equal(
        svct_change_token_revoke(txn, id, TESTDB_NOW, "root", "", &fault), 0);
    assert_true(token_now().revoked);
    assert_ends(KEY_END);
}

static void nothing_becomes_one_or_ceases_to_be(void **state)
{
    struct svct_account account;

    (void)state;
    have_key();
    account = account_now();
    account.apikey = false;
    memcpy(account.role, "Editor", 7);
    assert_int_equal(svct_change_account_update(txn, &account, &fault), 0);
    assert_ends(KEY_END);
    assert_string_equal(account_now().role, "Editor");
    have_account("other");
    account = testdb_account("other", "Viewer");
    account.apikey = true;
    assert_int_equal(svct_change_account_update(txn, &account, &fault), 0);
    assert_int_equal(svct_lookup_account(view(), "other", &account), 0);
    assert_false(account.apikey);
}

/* ---- one end ---- */

static int move_end(int64_t expires)
{
    struct svct_account account = account_now();

    account.expires = expires;
    return svct_change_account_update(txn, &account, &fault);
}

static void both_ends_move(void **state)
{
    (void)state;
    have_key();
    assert_int_equal(move_end(KEY_END + 1), 0);
    assert_ends(KEY_END + 1);
    assert_int_equal(move_end(TESTDB_NOW + 1), 0);
    assert_ends(TESTDB_NOW + 1);
    assert_int_equal(move_end(SVCT_TIME_NEVER), 0);
    assert_ends(SVCT_TIME_NEVER);
}

static void the_policy_binds_the_move(void **state)
{
    (void)state;
    have_key();
    set_policy(1800, false);
    /* It stays as it is though it is too long now, and may end earlier. */
    assert_int_equal(move_end(KEY_END - 1), 0);
    assert_ends(KEY_END - 1);
    assert_refused(move_end(KEY_END), SVCT_E_POLICY,
                   "is 30m (max_ttl of the policy)");
    assert_refused(move_end(SVCT_TIME_NEVER), SVCT_E_POLICY,
                   "is 30m (max_ttl of the policy)");
    assert_ends(KEY_END - 1);
}

/* As if it had been made then: what "token rotate" allows, an edit does. */
static void the_policy_counts_from_its_secret(void **state)
{
    struct svct_rotation rotation = {.now = TESTDB_NOW + 1000, .actor = "root"};
    struct svct_rotated rotated;
    char id[SVCT_TOKEN_ID_LEN + 1];

    (void)state;
    have_key();
    set_policy(3600, false);
    testdb_id(1, id);
    assert_refused(move_end(KEY_END + 1), SVCT_E_POLICY, "is 1h (max_ttl");
    assert_int_equal(
        svct_change_token_rotate(txn, id, &rotation, &rotated, &fault), 0);
    assert_int_equal(move_end(KEY_END + 1000), 0);
    assert_ends(KEY_END + 1000);
    assert_refused(move_end(KEY_END + 1001), SVCT_E_POLICY, "is 1h (max_ttl");
}

static void it_does_not_end_before_it_begins(void **state)
{
    struct svct_account account = key_account();
    struct svct_token token = key_token(1);

    (void)state;
    token.not_before = TESTDB_NOW + 60;
    assert_int_equal(create(&account, &token), 0);
    assert_refused(move_end(TESTDB_NOW + 60), SVCT_E_RANGE, "before it begins");
    assert_int_equal(move_end(TESTDB_NOW + 61), 0);
    assert_ends(TESTDB_NOW + 61);
}

static void an_account_that_is_none_moves_alone(void **state)
{
    struct svct_token token = testdb_token("backup", 1);

    (void)state;
    have_account("backup");
    assert_int_equal(svct_change_token_issue(txn, &token, NULL, &fault), 0);
    assert_int_equal(move_end(TESTDB_NOW + 60), 0);
    assert_true(account_now().expires == TESTDB_NOW + 60);
    assert_true(token_now().expires == token.expires);
}

/* ---- deleting ---- */

static void it_goes_whole(void **state)
{
    char id[SVCT_TOKEN_ID_LEN + 1];
    uint64_t records = svct_snapshot_meta(view())->records;
    struct svct_account account;
    struct svct_token token;

    (void)state;
    have_key();
    assert_int_equal(svct_change_apikey_delete(txn, "backup", &fault), 0);
    assert_int_equal(svct_snapshot_meta(view())->records, records);
    testdb_id(1, id);
    assert_int_equal(svct_lookup_account(view(), "backup", &account),
                     SVCT_E_NOTFOUND);
    assert_int_equal(svct_lookup_token(view(), id, &token), SVCT_E_NOTFOUND);
    assert_refused(svct_change_apikey_delete(txn, "backup", &fault),
                   SVCT_E_NOTFOUND, "backup");
}

static void deleting_its_account_takes_all(void **state)
{
    uint64_t records = svct_snapshot_meta(view())->records;
    uint32_t tokens = 0;

    (void)state;
    have_key();
    assert_int_equal(svct_change_account_delete(txn, "backup", &tokens, &fault),
                     0);
    assert_int_equal(tokens, 1);
    assert_int_equal(svct_snapshot_meta(view())->records, records);
}

static void a_service_account_is_not_deleted_as_one(void **state)
{
    (void)state;
    have_account("backup");
    assert_refused(svct_change_apikey_delete(txn, "backup", &fault),
                   SVCT_E_POLICY, "account delete backup");
    assert_int_equal(account_now().tokens, 0);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, fresh, give_up)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        FRESH(it_is_an_account_and_a_token),
        FRESH(what_is_none_is_not_made),
        FRESH(the_rules_of_both_hold),
        FRESH(its_name_must_be_free),
        FRESH(the_policy_binds_it),
        FRESH(it_gets_no_second_token),
        FRESH(its_token_ends_with_it),
        FRESH(its_token_is_not_deleted_alone),
        FRESH(its_token_can_be_disabled_and_revoked),
        FRESH(nothing_becomes_one_or_ceases_to_be),
        FRESH(both_ends_move),
        FRESH(the_policy_binds_the_move),
        FRESH(the_policy_counts_from_its_secret),
        FRESH(it_does_not_end_before_it_begins),
        FRESH(an_account_that_is_none_moves_alone),
        FRESH(it_goes_whole),
        FRESH(deleting_its_account_takes_all),
        FRESH(a_service_account_is_not_deleted_as_one),
    };

    testdb_enter();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
