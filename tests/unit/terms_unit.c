/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../support/dbmake.h"
#include "../support/privdir.h"
#include "auth/terms.h"

#define DB PRIVDIR "/db"
#define HOUR INT64_C(3600)

static int64_t now;

static struct svct_terms found(const char *token_id)
{
    struct svct_terms terms;
    struct svct_fault fault = {0};

    if (svct_terms_find(DB, "deploy", token_id, &terms, &fault) != 0)
        fail_msg("%s", fault.what);
    return terms;
}

static int before_each(void **state)
{
    struct svct_account account = dbmake_account("deploy", "Editor");

    (void)state;
    now = time(NULL);
    dbmake_init(DB);
    dbmake_add_account(DB, &account);
    account = dbmake_account("other", "Admin");
    dbmake_add_account(DB, &account);
    return 0;
}

static void the_earlier_end_counts(void **state)
{
    struct svct_account account = dbmake_account("deploy", "Editor");
    struct svct_token token = dbmake_token("deploy", "ci");
    struct svct_terms terms;
    struct minted ci;

    (void)state;
    token.expires = now + HOUR;
    ci = dbmake_add_token(DB, &token);
    terms = found(ci.id);
    assert_int_equal(terms.expires, now + HOUR);
    assert_true(terms.token_ends);
    assert_string_equal(terms.token_name, "ci");
    assert_string_equal(terms.role, "Editor");
    assert_true(found(NULL).expires == SVCT_TIME_NEVER);
    assert_false(found("").token_ends);
    account.expires = now + HOUR - 1;
    dbmake_update_account(DB, &account);
    terms = found(ci.id);
    assert_int_equal(terms.expires, now + HOUR - 1);
    assert_false(terms.token_ends);
    assert_int_equal(found(NULL).expires, now + HOUR - 1);
    account.expires = now + HOUR;
    dbmake_update_account(DB, &account);
    assert_true(found(ci.id).token_ends);
}

static void a_cap_counts(void **state)
{
    struct svct_token token = dbmake_token("deploy", "capped");
    struct minted capped;

    (void)state;
    snprintf(token.cap, sizeof token.cap, "Viewer");
    capped = dbmake_add_token(DB, &token);
    assert_string_equal(found(capped.id).role, "Viewer");
    assert_string_equal(found(NULL).role, "Editor");
}

static void a_token_that_is_gone_has_ended(void **state)
{
    struct svct_token token = dbmake_token("other", "theirs");
    struct minted theirs = dbmake_add_token(DB, &token);
    struct svct_terms terms = found(theirs.id);

    (void)state;
    assert_string_equal(terms.token_name, "");
    assert_int_equal(terms.expires, 0);
    assert_string_equal(found("0000000000").token_name, "");
    assert_int_equal(found("0000000000").expires, 0);
    assert_true(found("").expires == SVCT_TIME_NEVER); /* none */
    assert_string_equal(found("no id").token_name, "");
}

static void the_policy_says_when_to_warn(void **state)
{
    struct svct_terms terms = found(NULL);

    (void)state;
    assert_true(terms.warn_before >= 0);
    assert_true(terms.warn_before < SVCT_DURATION_MAX);
}

static void nothing_is_left_on_failure(void **state)
{
    static const struct svct_terms zero;
    struct svct_terms terms;

    (void)state;
#define FAILS(dir, user, code)                                           \
    do {                                                                 \
        memset(&terms, 0x5a, sizeof terms);                              \
        assert_int_equal(svct_terms_find(dir, user, NULL, &terms, NULL), \
                         code);                                          \
        assert_memory_equal(&terms, &zero, sizeof terms);                \
    } while (0)
    FAILS(DB, "nobody", SVCT_E_NOTFOUND);
    FAILS(DB, "No Name", SVCT_E_NOTFOUND);
    FAILS(DB, NULL, SVCT_E_NOTFOUND);
    FAILS(PRIVDIR "/none", "deploy", SVCT_E_NODB);
    FAILS("relative", "deploy", SVCT_E_SYNTAX);
}

/* warn_before, and the last quarter of its life, whichever is later. */
static void when_an_end_is_near(void **state)
{
    const int64_t hours = 8 * 3600, days = 90 * 86400, week = 7 * 86400;
    struct svct_token token = {.created = 100, .not_before = 50};

    (void)state;
    assert_false(svct_terms_is_ending(0, hours, week, 0));
    assert_false(svct_terms_is_ending(0, hours, week, 6 * 3600 - 1));
    assert_true(svct_terms_is_ending(0, hours, week, 6 * 3600));
    assert_true(svct_terms_is_ending(0, hours, week, hours - 1));
    assert_false(svct_terms_is_ending(0, hours, week, hours));
    assert_false(svct_terms_is_ending(0, days, week, days - week - 1));
    assert_true(svct_terms_is_ending(0, days, week, days - week));
    assert_false(svct_terms_is_ending(0, days, 0, days - 1));
    assert_true(svct_terms_is_ending(9, 10, week, 9)); /* one second in all */
    assert_false(svct_terms_is_ending(10, 10, week, 9));
    assert_false(svct_terms_is_ending(0, SVCT_TIME_NEVER, INT64_MAX, 1));
    assert_true(
        svct_terms_is_ending(0, SVCT_TIME_MAX, INT64_MAX, SVCT_TIME_MAX - 1));
    assert_false(svct_terms_is_ending(-1, 100, week, 99));
    assert_false(svct_terms_is_ending(0, 100, week, -1));
    assert_int_equal(svct_terms_begun(&token), 100);
    token.not_before = 150;
    assert_int_equal(svct_terms_begun(&token), 150);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, before_each)
        TEST(the_earlier_end_counts),
        TEST(a_cap_counts),
        TEST(a_token_that_is_gone_has_ended),
        TEST(the_policy_says_when_to_warn),
        TEST(nothing_is_left_on_failure),
        TEST(when_an_end_is_near),
    };
    const char *reason;

    if (!privdir_enter(&reason)) {
        printf("terms_unit: skipped, %s\n", reason);
        return 77;
    }
    return cmocka_run_group_tests_name("terms", tests, NULL, NULL);
}
