/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#include "../support/testdb.h"
#include "auth/lookup.h"
#include "write/change_purge.h"
#include "write/edit.h"
#include "write/pages.h"

#define NOW TESTDB_NOW
#define DAY INT64_C(86400)

static struct svct_fault fault;
static struct svct_txn *txn;
static struct svct_purge purge;

static int fresh(void **state)
{
    (void)state;
    testdb_init(TESTDB);
    txn = testdb_begin(TESTDB);
    fault = (struct svct_fault){0};
    purge = (struct svct_purge){0};
    return 0;
}

static int give_up(void **state)
{
    (void)state;
    svct_purge_done(&purge);
    svct_txn_free(txn);
    txn = NULL;
    return 0;
}

static const struct svct_snapshot *view(void)
{
    return svct_txn_view(txn, SVCT_PART_PRIVATE);
}

static void have_account(const char *name, bool apikey)
{
    struct svct_account account = testdb_account(name, "Viewer");

    account.apikey = apikey;
    assert_int_equal(svct_change_account_create(txn, &account, &fault), 0);
}

/* Past the rules: tokens that have ended, and more than the policy allows. */
static void have_token(const struct svct_token *token)
{
    struct svct_account account;

    assert_int_equal(svct_lookup_account(view(), token->account, &account), 0);
    assert_int_equal(svct_edit_store_token(txn, token, &fault), 0);
    assert_int_equal(svct_pages_append(txn, &account, token->id, &fault), 0);
}

static void have(const char *account, unsigned long number, int64_t expires,
                 int64_t revoked_at)
{
    struct svct_token token = testdb_token(account, number);

    token.expires = expires;
    token.revoked = revoked_at != 0;
    token.revoked_at = revoked_at;
    have_token(&token);
}

static int find(int64_t older, const char *account)
{
    struct svct_purge_wish wish = {
        .now = NOW, .older = older, .account = account};

    svct_purge_done(&purge);
    return svct_purge_find(view(), &wish, &purge, &fault);
}

static void must_purge(void)
{
    int r = svct_change_token_purge(txn, &purge, &fault);

    if (r != 0)
        fail_msg("%s: %s", svct_err_text(r), fault.what);
}

static bool is_there(unsigned long number)
{
    char id[SVCT_TOKEN_ID_LEN + 1];
    struct svct_token token;

    testdb_id(number, id);
    return svct_lookup_token(view(), id, &token) == 0;
}

static uint32_t tokens_of(const char *name)
{
    struct svct_account account;

    assert_int_equal(svct_lookup_account(view(), name, &account), 0);
    return account.tokens;
}

/* ---- which ---- */

static void to_the_second(void **state)
{
    (void)state;
    have_account("deploy", false);
    have("deploy", 1, NOW - DAY, 0);                   /* just so long */
    have("deploy", 2, NOW - DAY + 1, 0);               /* a second less */
    have("deploy", 3, NOW + DAY, NOW - DAY);           /* revoked */
    have("deploy", 4, NOW + DAY, NOW - DAY + 1);       /* ... too late */
    have("deploy", 5, NOW - 9 * DAY, NOW - 1);         /* its record is new */
    have("deploy", 6, SVCT_TIME_NEVER, NOW - 9 * DAY); /* revoked */
    have("deploy", 7, SVCT_TIME_NEVER, 0);
    assert_int_equal(find(DAY, NULL), 0);
    assert_int_equal(purge.count, 3);
    assert_int_equal(purge.accounts, 1);
    assert_int_equal(purge.more + purge.apikeys, 0);
    must_purge();
    assert_false(is_there(1) || is_there(3) || is_there(6));
    assert_true(is_there(2) && is_there(4) && is_there(5) && is_there(7));
    assert_int_equal(tokens_of("deploy"), 4);
}

static void all_that_have_ended(void **state)
{
    struct svct_token token = testdb_token("deploy", 4);

    (void)state;
    have_account("deploy", false);
    have("deploy", 1, NOW, 0);
    have("deploy", 2, NOW + 1, 0);
    have("deploy", 3, NOW + DAY, NOW);
    token.disabled = true; /* has not ended: it can be enabled */
    have_token(&token);
    assert_int_equal(find(0, NULL), 0);
    assert_int_equal(purge.count, 2);
    must_purge();
    assert_true(is_there(2) && is_there(4));
}

static void of_one_account(void **state)
{
    (void)state;
    have_account("deploy", false);
    have_account("backup", false);
    have("deploy", 1, NOW - DAY, 0);
    have("backup", 2, NOW - DAY, 0);
    assert_int_equal(find(0, "backup"), 0);
    assert_int_equal(purge.count, 1);
    assert_string_equal(purge.item[0].account, "backup");
    assert_string_equal(purge.item[0].name, "t2");
    must_purge();
    assert_true(is_there(1));
    assert_false(is_there(2));
}

static void one_that_is_not_there(void **state)
{
    (void)state;
    assert_int_equal(find(0, "nobody"), SVCT_E_NOTFOUND);
    assert_non_null(strstr(fault.what, "nobody"));
    assert_int_equal(find(-1, NULL), SVCT_E_RANGE);
    assert_null(purge.item);
}

static void nothing_to_be_done(void **state)
{
    (void)state;
    have_account("deploy", false);
    have("deploy", 1, NOW + 1, 0);
    assert_int_equal(find(0, NULL), 0);
    assert_int_equal(purge.count + purge.accounts, 0);
    must_purge();
    assert_int_equal(find(101 * 366 * DAY, NULL), 0);
    assert_int_equal(purge.count, 0);
}

static void api_keys_stay(void **state)
{
    (void)state;
    have_account("deploy", false);
    have_account("robot", true);
    have("deploy", 1, NOW - DAY, 0);
    have("robot", 2, NOW - DAY, 0);
    assert_int_equal(find(0, NULL), 0);
    assert_int_equal(purge.count, 1);
    assert_int_equal(purge.apikeys, 1);
    must_purge();
    assert_true(is_there(2));
    assert_int_equal(find(0, "robot"), 0);
    assert_int_equal(purge.count, 0);
    assert_int_equal(purge.apikeys, 1);
}

/* Those of API keys are not among the most, or they would be in the way for
 * ever. */
static void not_more_than_the_most(void **state)
{
    struct svct_purge_wish wish = {.now = NOW, .most = 10};

    (void)state;
    have_account("deploy", false);
    have_account("robot", true);
    for (unsigned long n = 0; n < 25; n++)
        have(n % 2 == 0 ? "deploy" : "robot", n, NOW - 1, 0);
    assert_int_equal(svct_purge_find(view(), &wish, &purge, &fault), 0);
    assert_int_equal(purge.count, 10);
    assert_int_equal(purge.more, 3);
    assert_int_equal(purge.apikeys, 12);
    must_purge();
    svct_purge_done(&purge);
    assert_int_equal(svct_purge_find(view(), &wish, &purge, &fault), 0);
    assert_int_equal(purge.count, 3);
    assert_int_equal(purge.more, 0);
}

static void the_same_or_not(void **state)
{
    struct svct_purge first;

    (void)state;
    have_account("deploy", false);
    have("deploy", 1, NOW - 1, 0);
    assert_int_equal(find(0, NULL), 0);
    first = purge;
    purge = (struct svct_purge){0};
    assert_int_equal(find(0, NULL), 0);
    assert_true(svct_purge_same(&first, &purge));
    must_purge();
    have("deploy", 2, NOW - 1, 0);
    assert_int_equal(find(0, NULL), 0);
    assert_int_equal(purge.count, first.count);
    assert_false(svct_purge_same(&first, &purge));
    have("deploy", 3, NOW - 1, 0);
    assert_int_equal(find(0, NULL), 0);
    assert_false(svct_purge_same(&first, &purge));
    svct_purge_done(&first);
}

/* ---- damage ---- */

static void a_token_that_no_page_lists(void **state)
{
    struct svct_token token = testdb_token("deploy", 2);

    (void)state;
    have_account("deploy", false);
    have("deploy", 1, NOW + DAY, 0);
    token.expires = NOW - 1;
    assert_int_equal(svct_edit_store_token(txn, &token, &fault), 0);
    assert_int_equal(find(0, NULL), 0);
    assert_int_equal(purge.count, 1);
    assert_int_equal(svct_change_token_purge(txn, &purge, &fault),
                     SVCT_E_DAMAGED);
    assert_non_null(strstr(fault.what, "deploy"));
}

static void a_token_of_no_account(void **state)
{
    struct svct_token token = testdb_token("nobody", 1);

    (void)state;
    token.expires = NOW - 1;
    assert_int_equal(svct_edit_store_token(txn, &token, &fault), 0);
    assert_int_equal(find(0, NULL), SVCT_E_DAMAGED);
    assert_int_equal(fault.code, SVCT_E_DAMAGED);
    assert_true(fault.what[0] != '\0');
}

/* ---- against a simple model ---- */

/* The same numbers every time. */
static uint64_t state_of_draw = 88172645463325252U;

static int64_t draw(int64_t below)
{
    state_of_draw ^= state_of_draw << 13;
    state_of_draw ^= state_of_draw >> 7;
    state_of_draw ^= state_of_draw << 17;
    return (int64_t)(state_of_draw % (uint64_t)below);
}

#define ACCOUNTS 8
#define TOKENS 1500

/* Each token of the model: in which account it is, or -1. */
static int account_of[TOKENS];
static int64_t end_of[TOKENS];

static const char *account_name(int number)
{
    static char name[16];

    snprintf(name, sizeof name, "a%d", number);
    return name;
}

static int count_visit(void *arg, const struct svct_token *token)
{
    unsigned char *seen = arg;
    unsigned long number = strtoul(token->name + 1, NULL, 10);

    assert_true(number < TOKENS);
    seen[number]++;
    return 0;
}

/* Pages, counts and records say what the model says. */
static void compare_all(const struct svct_snapshot *snapshot)
{
    static unsigned char seen[TOKENS];

    for (int a = 0; a < ACCOUNTS; a++) {
        struct svct_account account;
        uint32_t expected = 0;

        memset(seen, 0, sizeof seen);
        assert_int_equal(
            svct_lookup_account(snapshot, account_name(a), &account), 0);
        assert_int_equal(
            svct_lookup_tokens_of(snapshot, &account, count_visit, seen), 0);
        for (int t = 0; t < TOKENS; t++) {
            assert_int_equal(seen[t], account_of[t] == a);
            expected += account_of[t] == a;
        }
        assert_int_equal(account.tokens, expected);
    }
}

static unsigned long model_purge(int64_t until, int only)
{
    unsigned long gone = 0;

    for (int t = 0; t < TOKENS; t++) {
        if (account_of[t] < 0 || end_of[t] > until ||
            (only >= 0 && account_of[t] != only))
            continue;
        account_of[t] = -1;
        gone++;
    }
    return gone;
}

/* Accounts of very different size: none, one, and several pages. */
static void fill(int64_t now)
{
    for (int t = 0; t < TOKENS; t++) {
        if (account_of[t] >= 0 || draw(3) == 0)
            continue;
        account_of[t] = draw(4) == 0 ? (int)draw(ACCOUNTS) : t % 3;
        end_of[t] = now + draw(20 * DAY) - 10 * DAY;
        have(account_name(account_of[t]), (unsigned long)t,
             draw(2) == 0 ? end_of[t] : SVCT_TIME_NEVER, 0);
    }
}

/* Not from "have": a token that never ends by itself was revoked then. */
static void revoke_endless(void)
{
    for (int t = 0; t < TOKENS; t++) {
        char id[SVCT_TOKEN_ID_LEN + 1];
        struct svct_token token;

        if (account_of[t] < 0)
            continue;
        testdb_id((unsigned long)t, id);
        assert_int_equal(svct_lookup_token(view(), id, &token), 0);
        if (token.expires != SVCT_TIME_NEVER || token.revoked)
            continue;
        token.revoked = true;
        token.revoked_at = end_of[t];
        assert_int_equal(svct_edit_store_token(txn, &token, &fault), 0);
    }
}

static void as_the_model_says(void **state)
{
    (void)state;
    memset(account_of, -1, sizeof account_of);
    for (int a = 0; a < ACCOUNTS; a++)
        have_account(account_name(a), false);
    for (int round = 0; round < 12; round++) {
        int only = round % 3 == 0 ? (int)draw(ACCOUNTS) : -1;
        int64_t older = draw(8 * DAY);
        struct svct_purge_wish wish = {
            .now = NOW, .older = older, .account = NULL};
        struct svct_snapshot *snapshot;

        fill(NOW);
        revoke_endless();
        if (only >= 0)
            wish.account = account_name(only);
        if (round == 11) { /* everything */
            wish = (struct svct_purge_wish){.now = NOW + 20 * DAY};
            only = -1;
        }
        svct_purge_done(&purge);
        assert_int_equal(svct_purge_find(view(), &wish, &purge, &fault), 0);
        must_purge();
        assert_int_equal(purge.count, model_purge(wish.now - wish.older, only));
        testdb_commit(txn);
        snapshot = testdb_sound(TESTDB, SVCT_PART_PRIVATE);
        compare_all(snapshot);
        svct_snapshot_free(snapshot);
        txn = testdb_begin(TESTDB);
    }
}

/* ---- what it costs ---- */

/* An account at its limit, half of which has ended: each page is written
 * once, not once for each token of it. */
static void ten_thousand_in_one_account(void **state)
{
    struct timespec before, after;
    double seconds;

    (void)state;
    have_account("deploy", false);
    for (unsigned long n = 0; n < 10000; n++)
        have("deploy", n, n % 2 == 0 ? NOW - 1 : NOW + 1, 0);
    assert_int_equal(find(0, NULL), 0);
    assert_int_equal(purge.count, 5000);
    clock_gettime(CLOCK_MONOTONIC, &before);
    must_purge();
    clock_gettime(CLOCK_MONOTONIC, &after);
    seconds = (double)(after.tv_sec - before.tv_sec) +
              (double)(after.tv_nsec - before.tv_nsec) / 1e9;
    print_message("5000 of 10000 tokens in %.3f s\n", seconds);
    assert_true(seconds < 20);
    assert_int_equal(tokens_of("deploy"), 5000);
    testdb_commit(txn);
    svct_snapshot_free(testdb_sound(TESTDB, SVCT_PART_PRIVATE));
    txn = testdb_begin(TESTDB);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fresh, give_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(to_the_second),
        CASE(all_that_have_ended),
        CASE(of_one_account),
        CASE(one_that_is_not_there),
        CASE(nothing_to_be_done),
        CASE(api_keys_stay),
        CASE(not_more_than_the_most),
        CASE(the_same_or_not),
        CASE(a_token_that_no_page_lists),
        CASE(a_token_of_no_account),
        CASE(as_the_model_says),
        CASE(ten_thousand_in_one_account),
    };

    testdb_enter();
    return cmocka_run_group_tests_name("change_purge", tests, NULL, NULL);
}
