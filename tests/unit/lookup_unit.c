/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#include "auth/lookup.h"
#include "write/change_policy.h"
#include "write/change_role.h"
#include "../support/testdb.h"

/* What a snapshot shows while the records are made by hand: contradictions
 * that changes would never write. */
static struct svct_txn *txn;

static int fresh(void **state)
{
    (void)state;
    testdb_init(TESTDB);
    testdb_add_account(TESTDB, "alice");
    testdb_add_account(TESTDB, "bob");
    for (unsigned long i = 0; i < 70; i++)
        testdb_add_token(TESTDB, "alice", i);
    testdb_add_token(TESTDB, "bob", 100);
    txn = testdb_begin(TESTDB);
    return 0;
}

static int give_up(void **state)
{
    (void)state;
    svct_txn_free(txn);
    return 0;
}

static const struct svct_snapshot *view(void)
{
    return svct_txn_view(txn, SVCT_PART_PRIVATE);
}

static void store(const struct svct_key *key, struct svct_record_writer *writer)
{
    assert_int_equal(svct_txn_store(txn, SVCT_PART_PRIVATE, key, writer, NULL),
                     0);
}

static void what_is_there(void **state)
{
    char id[SVCT_TOKEN_ID_LEN + 1];
    struct svct_account account;
    struct svct_policy policy;
    struct svct_token token;
    struct svct_role role;

    (void)state;
    assert_int_equal(svct_lookup_account(view(), "alice", &account), 0);
    assert_string_equal(account.name, "alice");
    assert_int_equal(account.tokens, 70);
    testdb_id(7, id);
    assert_int_equal(svct_lookup_token(view(), id, &token), 0);
    assert_string_equal(token.name, "t7");
    assert_int_equal(svct_lookup_role(view(), "Viewer", &role), 0);
    assert_string_equal(role.name, "Viewer");
    assert_int_equal(svct_lookup_policy(view(), &policy), 0);
}

static void what_is_not(void **state)
{
    static const char *const names[] = {"carol", "alic", "alice2", "Alice",
                                        "",      "a/b",  "viewer"};
    struct svct_account account = {.tokens = 7};
    struct svct_token token = {.created = 7};
    struct svct_role role = {.place = 7};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_int_equal(svct_lookup_account(view(), names[i], &account),
                         SVCT_E_NOTFOUND);
        assert_int_equal(svct_lookup_token(view(), names[i], &token),
                         SVCT_E_NOTFOUND);
        assert_int_equal(svct_lookup_role(view(), names[i], &role),
                         SVCT_E_NOTFOUND);
    }
    assert_int_equal(svct_lookup_token(view(), "0000000000", &token),
                     SVCT_E_NOTFOUND);
    assert_int_equal(account.tokens, 7);
    assert_int_equal(token.created, 7);
    assert_int_equal(role.place, 7);
}

/* A record with a good check that calls itself by another name. */
static void a_record_of_another_name(void **state)
{
    struct svct_account account = testdb_account("mallory", "Admin");
    struct svct_token token = testdb_token("alice", 500);
    struct svct_key key = svct_key_account("carol");
    struct svct_record_writer writer;
    struct svct_role role;

    (void)state;
    svct_account_encode(&account, &writer);
    store(&key, &writer);
    assert_int_equal(svct_lookup_account(view(), "carol", &account),
                     SVCT_E_DAMAGED);
    svct_token_encode(&token, &writer);
    testdb_id(501, token.id);
    key = svct_key_token(token.id);
    store(&key, &writer);
    assert_int_equal(svct_lookup_token(view(), token.id, &token),
                     SVCT_E_DAMAGED);
    assert_int_equal(svct_lookup_role(view(), "Admin", &role), 0);
    svct_role_encode(&role, &writer);
    key = svct_key_role("Viewer");
    store(&key, &writer);
    assert_int_equal(svct_lookup_role(view(), "Viewer", &role), SVCT_E_DAMAGED);
}

struct seen {
    unsigned count;
    unsigned stop_at;
};

static int see(void *arg, const struct svct_token *token)
{
    struct seen *seen = arg;

    assert_string_equal(token->account, "alice");
    return ++seen->count == seen->stop_at ? 7 : 0;
}

static int tokens_of(const char *name, uint32_t count, struct seen *seen)
{
    struct svct_account account = testdb_account(name, "Admin");

    account.tokens = count;
    return svct_lookup_tokens_of(view(), &account, see, seen);
}

static void all_tokens_of_an_account(void **state)
{
    struct seen seen = {0};

    (void)state;
    assert_int_equal(tokens_of("alice", 70, &seen), 0);
    assert_int_equal(seen.count, 70);
    seen = (struct seen){.stop_at = 65};
    assert_int_equal(tokens_of("alice", 70, &seen), 7);
    assert_int_equal(seen.count, 65);
    assert_int_equal(tokens_of("alice", 0, &seen), 0);
}

/* The count of the account and its pages must agree. */
static void counts_that_contradict(void **state)
{
    static const uint32_t counts[] = {1, 63, 64, 65, 69, 71, 128, 129, 10000};
    struct seen seen = {0};

    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        if (counts[i] != 64) /* a full page and no other can't be told */
            assert_int_equal(tokens_of("alice", counts[i], &seen),
                             SVCT_E_DAMAGED);
    assert_int_equal(tokens_of("carol", 1, &seen), SVCT_E_DAMAGED);
}

static void pages_beyond_the_count(void **state)
{
    struct svct_account account;
    struct svct_page page;

    (void)state;
    assert_int_equal(svct_lookup_account(view(), "alice", &account), 0);
    assert_int_equal(svct_lookup_page(view(), &account, 0, &page), 0);
    assert_int_equal(page.count, 64);
    assert_int_equal(svct_lookup_page(view(), &account, 1, &page), 0);
    assert_int_equal(page.count, 6);
    assert_int_equal(svct_lookup_page(view(), &account, 2, &page),
                     SVCT_E_NOTFOUND);
    assert_int_equal(svct_lookup_page(view(), &account, UINT32_MAX, &page),
                     SVCT_E_NOTFOUND);
    assert_int_equal(svct_lookup_page(view(), &account, 1u << 26, &page),
                     SVCT_E_NOTFOUND);
}

/* A page of "alice" that lists a token of "bob", or of nobody. */
static void a_page_with_a_wrong_token(void **state)
{
    struct svct_key key = svct_key_page("alice", 1);
    struct svct_record_writer writer;
    struct svct_account account;
    struct seen seen = {0};
    struct svct_page page;

    (void)state;
    for (unsigned long number = 100; number <= 101; number++) {
        assert_int_equal(svct_lookup_account(view(), "alice", &account), 0);
        assert_int_equal(svct_lookup_page(view(), &account, 1, &page), 0);
        testdb_id(number, page.id[5]);
        svct_page_encode(&page, &writer);
        store(&key, &writer);
        assert_int_equal(tokens_of("alice", 70, &seen), SVCT_E_DAMAGED);
    }
}

static void a_token_by_its_name(void **state)
{
    struct svct_account account;
    struct svct_token token;

    (void)state;
    assert_int_equal(svct_lookup_account(view(), "alice", &account), 0);
    assert_int_equal(svct_lookup_token_named(view(), &account, "t69", &token),
                     0);
    assert_string_equal(token.name, "t69");
    assert_int_equal(svct_lookup_token_named(view(), &account, "t100", &token),
                     SVCT_E_NOTFOUND);
    assert_int_equal(svct_lookup_token_named(view(), &account, "", &token),
                     SVCT_E_NOTFOUND);
    assert_string_equal(token.name, "t69");
}

static void no_policy(void **state)
{
    struct svct_key key = svct_key_policy();
    struct svct_policy policy;

    (void)state;
    assert_int_equal(svct_txn_delete(txn, SVCT_PART_PRIVATE, &key, NULL), 0);
    assert_int_equal(svct_lookup_policy(view(), &policy), SVCT_E_NOTFOUND);
}

/* None is none; one that the policy knows of and that is not found is lost,
 * and must not pass for the four built in. */
static void a_list_of_roles_that_is_lost(void **state)
{
    struct svct_key key = svct_key_rolelist();
    struct svct_rolelist list;
    struct svct_policy policy;
    struct svct_role role = {.name = "Ops"};
    struct svct_fault fault = {0};

    (void)state;
    assert_int_equal(svct_lookup_rolelist(view(), &list), 0);
    assert_int_equal(list.count, 4);
    assert_int_equal(svct_change_role_create(txn, &role, "Viewer", &fault), 0);
    assert_int_equal(svct_lookup_rolelist(view(), &list), 0);
    assert_int_equal(list.count, 5);
    svct_change_default_policy(&policy); /* knows nothing of it */
    assert_int_equal(svct_change_policy_set(txn, &policy, &fault), 0);
    assert_int_equal(svct_txn_delete(txn, SVCT_PART_PRIVATE, &key, &fault), 0);
    assert_int_equal(svct_lookup_rolelist(view(), &list), SVCT_E_DAMAGED);
    assert_int_equal(list.count, 5);
}

int main(void)
{
#define FRESH(test) cmocka_unit_test_setup_teardown(test, fresh, give_up)
    const struct CMUnitTest tests[] = {
        FRESH(what_is_there),
        FRESH(what_is_not),
        FRESH(a_record_of_another_name),
        FRESH(all_tokens_of_an_account),
        FRESH(counts_that_contradict),
        FRESH(pages_beyond_the_count),
        FRESH(a_page_with_a_wrong_token),
        FRESH(a_token_by_its_name),
        FRESH(no_policy),
        FRESH(a_list_of_roles_that_is_lost),
    };

    testdb_enter();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
