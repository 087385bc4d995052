/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth/lookup.h"
#include "auth/role.h"
#include "../support/testdb.h"

static struct svct_fault fault;

/* Each test changes one transaction; most never commit it. */
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

static int create(const struct svct_account *account)
{
    return svct_change_account_create(txn, account, &fault);
}

static void have_account(const char *name, const char *role)
{
    struct svct_account account = testdb_account(name, role);

    assert_int_equal(create(&account), 0);
}

static int issue(const struct svct_token *token)
{
    return svct_change_token_issue(txn, token, NULL, &fault);
}

static struct svct_account account_now(const char *name)
{
    struct svct_account account;

    assert_int_equal(svct_lookup_account(view(), name, &account), 0);
    return account;
}

static struct svct_token token_now(unsigned long number)
{
    char id[SVCT_TOKEN_ID_LEN + 1];
    struct svct_token token;

    testdb_id(number, id);
    assert_int_equal(svct_lookup_token(view(), id, &token), 0);
    return token;
}

static void set_policy(const struct svct_policy *policy)
{
    struct svct_key key = svct_key_policy();
    struct svct_record_writer writer;

    svct_policy_encode(policy, &writer);
    assert_int_equal(
        svct_txn_store(txn, SVCT_PART_PRIVATE, &key, &writer, &fault), 0);
}

/* Compared as records: memory has padding. */
static void assert_same_account(const struct svct_account *a,
                                const struct svct_account *b)
{
    struct svct_record_writer wa, wb;

    svct_account_encode(a, &wa);
    svct_account_encode(b, &wb);
    assert_memory_equal(wa.value, wb.value, sizeof wa.value);
}

static void assert_same_token(const struct svct_token *a,
                              const struct svct_token *b)
{
    struct svct_record_writer wa, wb;

    svct_token_encode(a, &wa);
    svct_token_encode(b, &wb);
    assert_memory_equal(wa.value, wb.value, sizeof wa.value);
}

static void assert_same_role(const struct svct_role *a,
                             const struct svct_role *b)
{
    struct svct_record_writer wa, wb;

    svct_role_encode(a, &wa);
    svct_role_encode(b, &wb);
    assert_memory_equal(wa.value, wb.value, sizeof wa.value);
}

/* An error must come with its sentence. */
#define assert_refused(call, expected)          \
    do {                                        \
        fault = (struct svct_fault){0};         \
        assert_int_equal(call, expected);       \
        assert_int_equal(fault.code, expected); \
        assert_true(fault.what[0] != '\0');     \
    } while (0)

/* ---- a new database ---- */

static void a_new_database_has_roles_and_a_policy(void **state)
{
    struct svct_policy policy, expected;
    struct svct_role role, builtin;

    (void)state;
    for (unsigned i = 0; svct_role_builtin(i, &builtin); i++) {
        assert_int_equal(svct_lookup_role(view(), builtin.name, &role), 0);
        assert_same_role(&role, &builtin);
    }
    svct_change_default_policy(&expected);
    assert_int_equal(svct_lookup_policy(view(), &policy), 0);
    assert_int_equal(policy.default_ttl, 8 * 3600);
    assert_int_equal(policy.default_ttl, expected.default_ttl);
    assert_int_equal(policy.max_ttl, expected.max_ttl);
    assert_int_equal(policy.allow_no_expiry, expected.allow_no_expiry);
    assert_int_equal(policy.tokens_per_account, expected.tokens_per_account);
    assert_int_equal(policy.warn_before, expected.warn_before);
}

/* ---- accounts ---- */

static void an_account_is_kept_as_given(void **state)
{
    struct svct_account account = testdb_account("deploy", "Editor"), found;

    (void)state;
    memcpy(account.description,
           "Bau und \xc3\x9c\x62"
           "ergabe",
           18);
    account.disabled = true;
    account.expires = TESTDB_NOW + 1;
    assert_int_equal(svct_sources_add(&account.sources, "192.0.2.0/24"), 0);
    assert_int_equal(svct_sources_add(&account.sources, "local"), 0);
    assert_int_equal(create(&account), 0);
    commit_and_begin();
    found = account_now("deploy");
    assert_same_account(&found, &account);
}

static void accounts_that_are_refused(void **state)
{
    struct svct_account good = testdb_account("deploy", "Viewer"), bad;

    (void)state;
    bad = good;
    memcpy(bad.name, "Deploy", 7);
    assert_refused(create(&bad), SVCT_E_SYNTAX);
    bad.name[0] = '\0';
    assert_refused(create(&bad), SVCT_E_SYNTAX);
    bad = good;
    memcpy(bad.description, "two\nlines", 10);
    assert_refused(create(&bad), SVCT_E_SYNTAX);
    bad = good;
    memcpy(bad.role, "Owner", 6);
    assert_refused(create(&bad), SVCT_E_NOTFOUND);
    bad.role[0] = '\0';
    assert_refused(create(&bad), SVCT_E_NOTFOUND);
    bad = good;
    bad.expires = bad.created;
    assert_refused(create(&bad), SVCT_E_RANGE);
    bad.expires = 0;
    assert_refused(create(&bad), SVCT_E_RANGE);
    bad.expires = SVCT_TIME_MAX + 1;
    assert_refused(create(&bad), SVCT_E_RANGE);
    bad = good;
    bad.created = -1;
    assert_refused(create(&bad), SVCT_E_RANGE);
    bad = good;
    bad.tokens = 1;
    assert_refused(create(&bad), SVCT_E_RANGE);
    assert_int_equal(create(&good), 0);
    assert_refused(create(&good), SVCT_E_EXISTS);
    assert_non_null(strstr(fault.what, "deploy"));
}

static void an_update_keeps_what_is_not_its_business(void **state)
{
    struct svct_account account, found;
    struct svct_token token = testdb_token("deploy", 1);

    (void)state;
    have_account("deploy", "Viewer");
    assert_int_equal(issue(&token), 0);
    account = account_now("deploy");
    account.disabled = true;
    memcpy(account.role, "Admin", 6);
    account.tokens = 77;
    account.created = 1;
    memcpy(account.created_by, "x", 2);
    assert_int_equal(svct_change_account_update(txn, &account, &fault), 0);
    found = account_now("deploy");
    assert_true(found.disabled);
    assert_string_equal(found.role, "Admin");
    assert_int_equal(found.tokens, 1);
    assert_int_equal(found.created, TESTDB_NOW);
    assert_string_equal(found.created_by, "testdb");
    memcpy(account.role, "Owner", 6);
    assert_refused(svct_change_account_update(txn, &account, &fault),
                   SVCT_E_NOTFOUND);
    memcpy(account.role, "Admin", 6);
    account.expires = -1;
    assert_refused(svct_change_account_update(txn, &account, &fault),
                   SVCT_E_RANGE);
    account = testdb_account("nobody", "Viewer");
    assert_refused(svct_change_account_update(txn, &account, &fault),
                   SVCT_E_NOTFOUND);
}

static void deleting_an_account_takes_its_tokens(void **state)
{
    char id[SVCT_TOKEN_ID_LEN + 1];
    uint64_t records = svct_snapshot_meta(view())->records;
    struct svct_token token, found;
    struct svct_account account;
    uint32_t tokens = 9;

    (void)state;
    have_account("deploy", "Viewer");
    have_account("other", "Viewer");
    for (unsigned long i = 0; i < 100; i++) {
        token = testdb_token(i == 50 ? "other" : "deploy", i);
        assert_int_equal(issue(&token), 0);
    }
    assert_int_equal(svct_change_account_delete(txn, "deploy", &tokens, &fault),
                     0);
    assert_int_equal(tokens, 99);
    assert_int_equal(svct_lookup_account(view(), "deploy", &account),
                     SVCT_E_NOTFOUND);
    for (unsigned long i = 0; i < 100; i++) {
        testdb_id(i, id);
        assert_int_equal(svct_lookup_token(view(), id, &found),
                         i == 50 ? 0 : SVCT_E_NOTFOUND);
    }
    /* "other", its token, and its page. */
    assert_int_equal(svct_snapshot_meta(view())->records, records + 3);
    assert_refused(svct_change_account_delete(txn, "deploy", &tokens, &fault),
                   SVCT_E_NOTFOUND);
    assert_refused(svct_change_account_delete(txn, "No", &tokens, &fault),
                   SVCT_E_NOTFOUND);
    commit_and_begin();
    assert_int_equal(account_now("other").tokens, 1);
}

/* ---- tokens ---- */

static void a_token_is_kept_as_given(void **state)
{
    struct svct_token token = testdb_token("deploy", 1), found;

    (void)state;
    have_account("deploy", "Editor");
    memcpy(token.name, "CI.build_1-x", 13);
    memcpy(token.comment, "of the build host", 18);
    memcpy(token.cap, "Viewer", 7);
    token.not_before = TESTDB_NOW + 60;
    assert_int_equal(svct_sources_add(&token.sources, "2001:db8::/32"), 0);
    assert_int_equal(svct_globs_add(&token.services, "ssh*"), 0);
    token.disabled = true;
    assert_int_equal(issue(&token), 0);
    commit_and_begin();
    found = token_now(1);
    token.slot = 1; /* all but this, which is given by the change */
    assert_same_token(&found, &token);
    assert_int_equal(svct_lookup_token_named(view(),
                                             &(struct svct_account){
                                                 .name = "deploy",
                                                 .tokens = 1,
                                             },
                                             "CI.build_1-x", &found),
                     0);
    assert_string_equal(found.id, token.id);
}

static void tokens_that_are_refused(void **state)
{
    struct svct_token good = testdb_token("deploy", 1), bad;
    bool id_taken = true;

    (void)state;
    have_account("deploy", "Viewer");
    have_account("other", "Viewer");
    bad = good;
    bad.id[3] = '-';
    assert_refused(issue(&bad), SVCT_E_SYNTAX);
    bad = good;
    memcpy(bad.name, "-x", 3);
    assert_refused(issue(&bad), SVCT_E_SYNTAX);
    bad.name[0] = '\0';
    assert_refused(issue(&bad), SVCT_E_SYNTAX);
    bad = good;
    memcpy(bad.comment, "\x1b[31m", 6);
    assert_refused(issue(&bad), SVCT_E_SYNTAX);
    bad = good;
    memcpy(bad.account, "nobody", 7);
    assert_refused(issue(&bad), SVCT_E_NOTFOUND);
    bad = good;
    memcpy(bad.cap, "Owner", 6);
    assert_refused(issue(&bad), SVCT_E_NOTFOUND);
    bad = good;
    bad.expires = bad.created;
    assert_refused(issue(&bad), SVCT_E_RANGE);
    bad = good;
    bad.not_before = bad.expires;
    assert_refused(issue(&bad), SVCT_E_RANGE);
    bad = good;
    bad.not_before = -1;
    assert_refused(issue(&bad), SVCT_E_RANGE);
    bad = good;
    bad.created = INT64_MIN;
    assert_refused(issue(&bad), SVCT_E_RANGE);
    bad = good;
    bad.expires = SVCT_TIME_MAX + 1;
    assert_refused(issue(&bad), SVCT_E_RANGE);
    assert_int_equal(issue(&good), 0);
    /* The same name, and the same id. */
    bad = good;
    testdb_id(2, bad.id);
    fault.what[0] = '\0';
    assert_int_equal(svct_change_token_issue(txn, &bad, &id_taken, &fault),
                     SVCT_E_EXISTS);
    assert_false(id_taken);
    assert_non_null(strstr(fault.what, "t1"));
    bad = good;
    memcpy(bad.name, "t2", 3);
    memcpy(bad.account, "other", 6);
    assert_int_equal(svct_change_token_issue(txn, &bad, &id_taken, &fault),
                     SVCT_E_EXISTS);
    assert_true(id_taken);
    /* The same name in another account. */
    bad = good;
    memcpy(bad.account, "other", 6);
    testdb_id(2, bad.id);
    assert_int_equal(svct_change_token_issue(txn, &bad, &id_taken, &fault), 0);
    assert_false(id_taken);
    assert_int_equal(account_now("deploy").tokens, 1);
    assert_int_equal(account_now("other").tokens, 1);
}

static void a_cap_is_not_above_the_account(void **state)
{
    static const char *const roles[] = {"None", "Viewer", "Editor", "Admin"};
    unsigned long number = 0;

    (void)state;
    for (int role = 0; role < 4; role++) {
        char name[8] = "account";

        name[0] = (char)('a' + role);
        have_account(name, roles[role]);
        for (int cap = 0; cap < 4; cap++) {
            struct svct_token token = testdb_token(name, number++);

            memcpy(token.cap, roles[cap], strlen(roles[cap]) + 1);
            if (cap <= role)
                assert_int_equal(issue(&token), 0);
            else
                assert_refused(issue(&token), SVCT_E_POLICY);
        }
    }
}

static void lifetimes(void **state)
{
    static const struct {
        int64_t max_ttl;
        bool allow_no_expiry;
        int64_t life; /* SVCT_TIME_NEVER: no expiry */
        int code;
    } cases[] = {
        {0, true, SVCT_TIME_NEVER, 0},
        {0, false, SVCT_TIME_NEVER, SVCT_E_POLICY},
        {100, true, SVCT_TIME_NEVER, SVCT_E_POLICY},
        {100, false, SVCT_TIME_NEVER, SVCT_E_POLICY},
        {100, true, 100, 0},
        {100, true, 101, SVCT_E_POLICY},
        {0, false, SVCT_TIME_MAX - TESTDB_NOW, 0},
        {1, false, SVCT_TIME_MAX - TESTDB_NOW, SVCT_E_POLICY},
    };
    struct svct_policy policy;

    (void)state;
    have_account("deploy", "Viewer");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct svct_token token = testdb_token("deploy", i);

        svct_change_default_policy(&policy);
        policy.max_ttl = cases[i].max_ttl;
        policy.allow_no_expiry = cases[i].allow_no_expiry;
        set_policy(&policy);
        token.expires = cases[i].life == SVCT_TIME_NEVER
                            ? SVCT_TIME_NEVER
                            : TESTDB_NOW + cases[i].life;
        if (cases[i].code == 0)
            assert_int_equal(issue(&token), 0);
        else
            assert_refused(issue(&token), cases[i].code);
    }
}

/* A policy that allows nothing is what zeros are. */
static void a_zeroed_policy_allows_no_token(void **state)
{
    struct svct_policy policy = {0};
    struct svct_token token = testdb_token("deploy", 1);

    (void)state;
    have_account("deploy", "Viewer");
    set_policy(&policy);
    assert_refused(issue(&token), SVCT_E_POLICY);
}

static void the_number_of_tokens_is_limited(void **state)
{
    struct svct_policy policy;
    struct svct_token token;

    (void)state;
    have_account("deploy", "Viewer");
    svct_change_default_policy(&policy);
    policy.tokens_per_account = 3;
    set_policy(&policy);
    for (unsigned long i = 0; i < 3; i++) {
        token = testdb_token("deploy", i);
        assert_int_equal(issue(&token), 0);
    }
    token = testdb_token("deploy", 3);
    assert_refused(issue(&token), SVCT_E_POLICY);
    assert_non_null(strstr(fault.what, "3"));
    assert_int_equal(svct_change_token_delete(txn, token_now(1).id, &fault), 0);
    assert_int_equal(issue(&token), 0);
}

/* Tokens and pages of a full account, stored as issuing would have done, for
 * issuing looks through all names each time. */
static void fill_account(const char *name, uint32_t count)
{
    struct svct_account account = account_now(name);
    struct svct_record_writer writer;
    struct svct_page page = {0};
    struct svct_key key;

    for (uint32_t i = 0; i < count; i++) {
        struct svct_token token = testdb_token(name, i);

        svct_token_encode(&token, &writer);
        key = svct_key_token(token.id);
        assert_int_equal(
            svct_txn_store(txn, SVCT_PART_PRIVATE, &key, &writer, NULL), 0);
        memcpy(page.id[page.count++], token.id, sizeof token.id);
        if (page.count < SVCT_PAGE_IDS && i + 1 < count)
            continue;
        svct_page_encode(&page, &writer);
        key = svct_key_page(name, i / SVCT_PAGE_IDS);
        assert_int_equal(
            svct_txn_store(txn, SVCT_PART_PRIVATE, &key, &writer, NULL), 0);
        page.count = 0;
    }
    account.tokens = count;
    svct_account_encode(&account, &writer);
    key = svct_key_account(name);
    assert_int_equal(
        svct_txn_store(txn, SVCT_PART_PRIVATE, &key, &writer, NULL), 0);
}

static void ten_thousand_tokens_are_the_most(void **state)
{
    struct svct_policy policy;
    struct svct_token token;
    uint32_t tokens = 0;

    (void)state;
    have_account("deploy", "Viewer");
    svct_change_default_policy(&policy);
    policy.tokens_per_account = UINT32_MAX;
    set_policy(&policy);
    fill_account("deploy", SVCT_TOKENS_PER_ACCOUNT_MAX - 1);
    token = testdb_token("deploy", SVCT_TOKENS_PER_ACCOUNT_MAX - 1);
    assert_int_equal(issue(&token), 0);
    commit_and_begin();
    token = testdb_token("deploy", SVCT_TOKENS_PER_ACCOUNT_MAX);
    assert_refused(issue(&token), SVCT_E_POLICY);
    assert_non_null(strstr(fault.what, "10000 are not"));
    /* First, last, and one in the middle. */
    assert_int_equal(svct_change_token_delete(txn, token_now(0).id, &fault), 0);
    assert_int_equal(svct_change_token_delete(txn, token_now(5000).id, &fault),
                     0);
    assert_int_equal(
        svct_change_token_delete(
            txn, token_now(SVCT_TOKENS_PER_ACCOUNT_MAX - 1).id, &fault),
        0);
    assert_int_equal(account_now("deploy").tokens,
                     SVCT_TOKENS_PER_ACCOUNT_MAX - 3);
    assert_int_equal(svct_change_account_delete(txn, "deploy", &tokens, &fault),
                     0);
    assert_int_equal(tokens, SVCT_TOKENS_PER_ACCOUNT_MAX - 3);
    commit_and_begin();
    /* Four roles, the policy, and which slots are given out. */
    assert_int_equal(svct_snapshot_meta(view())->records, 6);
}

static void revoking_is_for_good(void **state)
{
    struct svct_token token = testdb_token("deploy", 1), found;
    char reason[SVCT_TEXT_MAX + 2];
    char actor[200];

    (void)state;
    have_account("deploy", "Viewer");
    assert_int_equal(issue(&token), 0);
    memset(reason, 'r', sizeof reason - 1);
    reason[sizeof reason - 1] = '\0';
    assert_refused(svct_change_token_revoke(txn, token.id, TESTDB_NOW, "me",
                                            reason, &fault),
                   SVCT_E_SYNTAX);
    assert_false(token_now(1).revoked);
    reason[SVCT_TEXT_MAX] = '\0';
    memset(actor, 'a', sizeof actor - 1);
    actor[sizeof actor - 1] = '\0';
    assert_int_equal(svct_change_token_revoke(txn, token.id, TESTDB_NOW + 1,
                                              actor, reason, &fault),
                     0);
    found = token_now(1);
    assert_true(found.revoked);
    assert_int_equal(found.revoked_at, TESTDB_NOW + 1);
    assert_string_equal(found.revoked_reason, reason);
    assert_int_equal(strlen(found.revoked_by), SVCT_ACTOR_MAX);
    assert_refused(
        svct_change_token_revoke(txn, token.id, TESTDB_NOW, "me", "", &fault),
        SVCT_E_EXISTS);
    assert_int_equal(token_now(1).revoked_at, TESTDB_NOW + 1);
    /* Enabling does not bring it back. */
    assert_int_equal(
        svct_change_token_set_disabled(txn, token.id, true, &fault), 0);
    assert_int_equal(
        svct_change_token_set_disabled(txn, token.id, false, &fault), 0);
    assert_true(token_now(1).revoked);
    assert_refused(
        svct_change_token_revoke(txn, "0000000000", 1, "me", "", &fault),
        SVCT_E_NOTFOUND);
    assert_refused(svct_change_token_revoke(txn, "no id", 1, "me", "", &fault),
                   SVCT_E_NOTFOUND);
}

/* With the largest record there can be, and with a clock that is wrong. */
static void revoking_always_works(void **state)
{
    struct svct_token token = testdb_token("deploy", 1);
    char text[64];

    (void)state;
    have_account("deploy", "Viewer");
    memset(token.name, 'n', SVCT_NAME_MAX);
    memset(token.comment, 'c', SVCT_TEXT_MAX);
    memset(token.created_by, 'b', SVCT_ACTOR_MAX);
    for (int i = 0; i < SVCT_SOURCES_MAX; i++) {
        snprintf(text, sizeof text, "2001:db8:%x::/48", i);
        assert_int_equal(svct_sources_add(&token.sources, text), 0);
    }
    for (int i = 0; i < SVCT_GLOBS_MAX; i++) {
        snprintf(text, sizeof text, "%032d", i);
        assert_int_equal(svct_globs_add(&token.services, text), 0);
    }
    token.extra.len = sizeof token.extra.data;
    token.extra.data[1] = 99;
    token.extra.data[2] = (uint8_t)((sizeof token.extra.data - 4) >> 8);
    token.extra.data[3] = (uint8_t)(sizeof token.extra.data - 4);
    assert_int_equal(issue(&token), 0);
    memset(text, 'r', sizeof text);
    memcpy(token.revoked_reason, token.comment, sizeof token.comment);
    assert_int_equal(svct_change_token_revoke(txn, token.id, -5,
                                              token.created_by,
                                              token.revoked_reason, &fault),
                     0);
    assert_true(token_now(1).revoked);
    assert_int_equal(token_now(1).revoked_at, 0);
    assert_int_equal(token_now(1).extra.len, token.extra.len);
    commit_and_begin();
}

static void disabling_is_reversible(void **state)
{
    struct svct_token token = testdb_token("deploy", 1);

    (void)state;
    have_account("deploy", "Viewer");
    assert_int_equal(issue(&token), 0);
    assert_refused(svct_change_token_set_disabled(txn, token.id, false, &fault),
                   SVCT_E_EXISTS);
    assert_int_equal(
        svct_change_token_set_disabled(txn, token.id, true, &fault), 0);
    assert_true(token_now(1).disabled);
    assert_refused(svct_change_token_set_disabled(txn, token.id, true, &fault),
                   SVCT_E_EXISTS);
    assert_int_equal(
        svct_change_token_set_disabled(txn, token.id, false, &fault), 0);
    assert_false(token_now(1).disabled);
    assert_refused(
        svct_change_token_set_disabled(txn, "0000000000", true, &fault),
        SVCT_E_NOTFOUND);
    assert_refused(svct_change_token_delete(txn, "0000000000", &fault),
                   SVCT_E_NOTFOUND);
}

/* ---- pages and counts, against a list ---- */

#define MODEL_ACCOUNTS 3
#define MODEL_TOKENS 400

static const char *const model_names[MODEL_ACCOUNTS] = {"a", "b", "c"};

struct model {
    int owner[MODEL_TOKENS]; /* of the token of that number; -1: not there */
    bool revoked[MODEL_TOKENS];
    bool there[MODEL_ACCOUNTS];
    uint64_t seed;
};

static unsigned draw(struct model *model, unsigned below)
{
    model->seed = model->seed * UINT64_C(6364136223846793005) + 1442695041;
    return (unsigned)(model->seed >> 33) % below;
}

static void model_account(struct model *model, int account)
{
    uint32_t tokens = 0, expected = 0;

    if (!model->there[account]) {
        have_account(model_names[account], "Admin");
        model->there[account] = true;
        return;
    }
    for (int i = 0; i < MODEL_TOKENS; i++)
        if (model->owner[i] == account) {
            model->owner[i] = -1;
            expected++;
        }
    assert_int_equal(
        svct_change_account_delete(txn, model_names[account], &tokens, &fault),
        0);
    assert_int_equal(tokens, expected);
    model->there[account] = false;
}

static void model_token(struct model *model, int number, int account)
{
    struct svct_token token =
        testdb_token(model_names[account], (unsigned long)number);

    if (model->owner[number] >= 0 && draw(model, 4) == 0) {
        assert_int_equal(svct_change_token_revoke(txn, token.id, TESTDB_NOW,
                                                  "me", "", &fault),
                         model->revoked[number] ? SVCT_E_EXISTS : 0);
        model->revoked[number] = true;
    } else if (model->owner[number] >= 0) {
        assert_int_equal(svct_change_token_delete(txn, token.id, &fault), 0);
        model->owner[number] = -1;
    } else if (model->there[account]) {
        assert_int_equal(issue(&token), 0);
        model->owner[number] = account;
        model->revoked[number] = false;
    } else {
        assert_int_equal(issue(&token), SVCT_E_NOTFOUND);
    }
}

struct tally {
    const struct model *model;
    int account;
    bool seen[MODEL_TOKENS];
};

static int count_token(void *arg, const struct svct_token *token)
{
    struct tally *tally = arg;
    int number = 0;

    for (const char *p = token->name + 1; *p != '\0'; p++)
        number = number * 10 + (*p - '0');
    assert_false(tally->seen[number]);
    tally->seen[number] = true;
    assert_int_equal(tally->model->owner[number], tally->account);
    assert_int_equal(tally->model->revoked[number], token->revoked);
    return 0;
}

static uint64_t compare_account(const struct model *model, int account)
{
    struct tally tally = {.model = model, .account = account};
    struct svct_account found;
    uint32_t expected = 0;
    int r = svct_lookup_account(view(), model_names[account], &found);

    assert_int_equal(r, model->there[account] ? 0 : SVCT_E_NOTFOUND);
    if (r != 0)
        return 0;
    assert_int_equal(svct_lookup_tokens_of(view(), &found, count_token, &tally),
                     0);
    for (int i = 0; i < MODEL_TOKENS; i++) {
        assert_int_equal(tally.seen[i], model->owner[i] == account);
        expected += model->owner[i] == account;
    }
    assert_int_equal(found.tokens, expected);
    return 1 + expected + (expected + SVCT_PAGE_IDS - 1) / SVCT_PAGE_IDS;
}

static void compare_all(const struct model *model)
{
    struct svct_key key = svct_key_slots();
    uint64_t records = 5; /* four roles and the policy */
    struct svct_value value;

    /* Stored with the first commit of a token. */
    records += svct_snapshot_fetch(view(), &key, SVCT_KIND_SLOTS, &value) == 0;
    for (int i = 0; i < MODEL_ACCOUNTS; i++)
        records += compare_account(model, i);
    assert_int_equal(svct_snapshot_meta(view())->records, records);
}

static void pages_and_counts_agree(void **state)
{
    static struct model model;
    struct svct_policy policy;

    (void)state;
    svct_change_default_policy(&policy);
    policy.tokens_per_account = 1000;
    set_policy(&policy);
    for (int i = 0; i < MODEL_TOKENS; i++)
        model.owner[i] = -1;
    for (int step = 1; step <= 6000; step++) {
        if (draw(&model, 300) == 0)
            model_account(&model, (int)draw(&model, MODEL_ACCOUNTS));
        else
            model_token(&model, (int)draw(&model, MODEL_TOKENS),
                        (int)draw(&model, MODEL_ACCOUNTS));
        if (step % 100 == 0)
            compare_all(&model);
        if (step % 1000 == 0) {
            commit_and_begin();
            svct_snapshot_free(testdb_sound(TESTDB, SVCT_PART_PRIVATE));
        }
    }
}

/* ---- contradictions in the database ---- */

static void store_account_count(const char *name, uint32_t tokens)
{
    struct svct_account account = account_now(name);
    struct svct_key key = svct_key_account(name);
    struct svct_record_writer writer;

    account.tokens = tokens;
    svct_account_encode(&account, &writer);
    assert_int_equal(
        svct_txn_store(txn, SVCT_PART_PRIVATE, &key, &writer, NULL), 0);
}

static void contradictions_are_damage(void **state)
{
    struct svct_token token = testdb_token("deploy", 1);
    struct svct_key key;
    uint32_t tokens;

    (void)state;
    have_account("deploy", "Viewer");
    assert_int_equal(issue(&token), 0);
    /* One token more than its page holds. */
    store_account_count("deploy", 2);
    assert_refused(svct_change_token_delete(txn, token.id, &fault),
                   SVCT_E_DAMAGED);
    assert_refused(svct_change_account_delete(txn, "deploy", &tokens, &fault),
                   SVCT_E_DAMAGED);
    token = testdb_token("deploy", 2);
    assert_refused(issue(&token), SVCT_E_DAMAGED);
    store_account_count("deploy", 0);
    testdb_id(1, token.id);
    assert_refused(svct_change_token_delete(txn, token.id, &fault),
                   SVCT_E_DAMAGED);
    store_account_count("deploy", 1);
    /* A token without its account. */
    key = svct_key_account("deploy");
    assert_int_equal(svct_txn_delete(txn, SVCT_PART_PRIVATE, &key, NULL), 0);
    assert_refused(svct_change_token_delete(txn, token.id, &fault),
                   SVCT_E_DAMAGED);
}

static void a_listed_token_that_lacks_is_damage(void **state)
{
    struct svct_token token = testdb_token("deploy", 1);
    struct svct_key key = svct_key_token(token.id);
    uint32_t tokens;

    (void)state;
    have_account("deploy", "Viewer");
    assert_int_equal(issue(&token), 0);
    assert_int_equal(svct_txn_delete(txn, SVCT_PART_PRIVATE, &key, NULL), 0);
    assert_refused(svct_change_account_delete(txn, "deploy", &tokens, &fault),
                   SVCT_E_DAMAGED);
    assert_refused(issue(&token), SVCT_E_DAMAGED);
}

int main(void)
{
#define FRESH(test) cmocka_unit_test_setup_teardown(test, fresh, give_up)
    const struct CMUnitTest tests[] = {
        FRESH(a_new_database_has_roles_and_a_policy),
        FRESH(an_account_is_kept_as_given),
        FRESH(accounts_that_are_refused),
        FRESH(an_update_keeps_what_is_not_its_business),
        FRESH(deleting_an_account_takes_its_tokens),
        FRESH(a_token_is_kept_as_given),
        FRESH(tokens_that_are_refused),
        FRESH(a_cap_is_not_above_the_account),
        FRESH(lifetimes),
        FRESH(a_zeroed_policy_allows_no_token),
        FRESH(the_number_of_tokens_is_limited),
        FRESH(ten_thousand_tokens_are_the_most),
        FRESH(revoking_is_for_good),
        FRESH(revoking_always_works),
        FRESH(disabling_is_reversible),
        FRESH(pages_and_counts_agree),
        FRESH(contradictions_are_damage),
        FRESH(a_listed_token_that_lacks_is_damage),
    };

    testdb_enter();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
