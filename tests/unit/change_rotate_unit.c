/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>

#include "../support/testdb.h"
#include "auth/lookup.h"
#include "auth/verify.h"
#include "write/change_rotate.h"
#include "write/edit.h"
#include "write/mint.h"

#define NOW TESTDB_NOW
#define DAY INT64_C(86400)

static struct svct_fault fault;
static struct svct_txn *txn;
static struct svct_rotated rotated;

/* An account with a token (number 1, ends in an hour), in a transaction. */
static int fresh(void **state)
{
    struct svct_account account = testdb_account("deploy", "Editor");
    struct svct_token token = testdb_token("deploy", 1);

    (void)state;
    svct_txn_free(txn); /* of a test that begins a second time */
    testdb_init(TESTDB);
    txn = testdb_begin(TESTDB);
    fault = (struct svct_fault){0};
    memset(&rotated, 0xff, sizeof rotated);
    assert_int_equal(svct_change_account_create(txn, &account, &fault), 0);
    assert_int_equal(svct_change_token_issue(txn, &token, NULL, &fault), 0);
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

static struct svct_token token_now(void)
{
    char id[SVCT_TOKEN_ID_LEN + 1];
    struct svct_token token;

    testdb_id(1, id);
    assert_int_equal(svct_lookup_token(view(), id, &token), 0);
    return token;
}

static struct svct_account account_now(void)
{
    struct svct_account account;

    assert_int_equal(svct_lookup_account(view(), "deploy", &account), 0);
    return account;
}

/* Puts it in as a test needs it, past all rules. */
static void put_token(const struct svct_token *token)
{
    assert_int_equal(svct_edit_store_token(txn, token, &fault), 0);
}

static void put_policy(int64_t max_ttl, bool allow_no_expiry)
{
    struct svct_policy policy;

    svct_change_default_policy(&policy);
    policy.max_ttl = max_ttl;
    policy.allow_no_expiry = allow_no_expiry;
    assert_int_equal(svct_edit_store_policy(txn, &policy, &fault), 0);
}

/* A hash that is another for each number. */
static struct svct_rotation rotation_to(uint8_t number)
{
    struct svct_rotation rotation = {.now = NOW + 10, .actor = "alice"};

    memset(rotation.hash, number, sizeof rotation.hash);
    return rotation;
}

static int rotate(const struct svct_rotation *rotation)
{
    char id[SVCT_TOKEN_ID_LEN + 1];

    testdb_id(1, id);
    return svct_change_token_rotate(txn, id, rotation, &rotated, &fault);
}

static void must_rotate(const struct svct_rotation *rotation)
{
    int r = rotate(rotation);

    if (r != 0)
        fail_msg("%s: %s", svct_err_text(r), fault.what);
}

/* Compared as records: memory has padding. */
static void assert_same_token(const struct svct_token *a,
                              const struct svct_token *b)
{
    struct svct_record_writer wa, wb;

    svct_token_encode(a, &wa);
    svct_token_encode(b, &wb);
    assert_memory_equal(wa.value, wb.value, sizeof wa.value);
}

/* An error comes with its sentence, which has the word, and nothing has
 * changed. */
static void refused(const struct svct_rotation *rotation, int code,
                    const char *word)
{
    struct svct_token before = token_now(), after;
    struct svct_rotated untouched = rotated;

    fault = (struct svct_fault){0};
    assert_int_equal(rotate(rotation), code);
    assert_int_equal(fault.code, code);
    if (strstr(fault.what, word) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", fault.what, word);
    after = token_now();
    assert_same_token(&before, &after);
    assert_memory_equal(&untouched, &rotated, sizeof rotated);
}

/* ---- what it does ---- */

static void all_but_the_secret_stays(void **state)
{
    struct svct_token before = token_now(), after, expected;
    struct svct_rotation rotation = rotation_to(9);

    (void)state;
    memcpy(before.comment, "what it is for", 15);
    memcpy(before.cap, "Viewer", 7);
    before.not_before = NOW + 60;
    before.max_uses = 10;
    before.slot = 3;
    assert_int_equal(svct_sources_add(&before.sources, "192.0.2.0/24"), 0);
    assert_int_equal(svct_globs_add(&before.services, "sshd"), 0);
    put_token(&before);
    rotation.overlap = 900;
    must_rotate(&rotation);
    testdb_commit(txn);
    svct_snapshot_free(testdb_sound(TESTDB, SVCT_PART_PRIVATE));
    txn = testdb_begin(TESTDB);
    after = token_now();
    expected = before;
    memset(expected.hash, 9, sizeof expected.hash);
    expected.rotated = true;
    memcpy(expected.former_hash, before.hash, sizeof before.hash);
    expected.former_until = NOW + 910;
    expected.rotated_at = NOW + 10;
    memcpy(expected.rotated_by, "alice", 6);
    assert_same_token(&after, &expected);
    assert_same_token(&rotated.before, &before);
    assert_same_token(&rotated.after, &after);
    assert_false(rotated.apikey || rotated.shortened || rotated.ended_one);
    assert_int_equal(account_now().tokens, 1);
}

static void no_overlap_ends_it_at_once(void **state)
{
    struct svct_rotation rotation = rotation_to(9);

    (void)state;
    must_rotate(&rotation);
    assert_int_equal(token_now().former_until, NOW + 10);
    assert_false(rotated.shortened || rotated.ended_one);
}

/* Not by a rotation does a secret live longer than it would have. */
static void never_longer_than_the_token(void **state)
{
    struct svct_rotation rotation = rotation_to(9);

    (void)state;
    rotation.overlap = 2 * 3600;
    must_rotate(&rotation);
    assert_int_equal(token_now().former_until, NOW + 3600);
    assert_true(rotated.shortened);
    assert_int_equal(token_now().expires, NOW + 3600);
    fresh(NULL);
    rotation.new_expiry = true;
    rotation.expires = NOW + 30 * DAY;
    must_rotate(&rotation);
    assert_int_equal(token_now().former_until, NOW + 3600);
    assert_true(rotated.shortened);
    assert_int_equal(token_now().expires, NOW + 30 * DAY);
    fresh(NULL);
    rotation.expires = NOW + 60;
    must_rotate(&rotation);
    assert_int_equal(token_now().former_until, NOW + 60);
}

static void one_former_secret_is_kept(void **state)
{
    struct svct_rotation rotation = rotation_to(9), again = rotation_to(10);

    (void)state;
    rotation.overlap = 900;
    must_rotate(&rotation);
    again.now += 5;
    must_rotate(&again);
    assert_true(rotated.ended_one);
    assert_int_equal(rotated.before.former_until, NOW + 910);
    assert_memory_equal(token_now().former_hash, rotation.hash,
                        sizeof rotation.hash);
    assert_int_equal(token_now().former_until, NOW + 15);
    again = rotation_to(11);
    again.now = NOW + 15; /* it has ended by then */
    must_rotate(&again);
    assert_false(rotated.ended_one);
}

static void the_actor_is_cut(void **state)
{
    struct svct_rotation rotation = rotation_to(9);
    char actor[SVCT_ACTOR_MAX + 10];

    (void)state;
    memset(actor, 'a', sizeof actor);
    actor[sizeof actor - 1] = '\0';
    rotation.actor = actor;
    must_rotate(&rotation);
    assert_int_equal(strlen(token_now().rotated_by), SVCT_ACTOR_MAX);
}

/* ---- states ---- */

static void a_disabled_one_stays_disabled(void **state)
{
    struct svct_token token = token_now();
    struct svct_rotation rotation = rotation_to(9);

    (void)state;
    token.disabled = true;
    put_token(&token);
    must_rotate(&rotation);
    assert_true(token_now().disabled);
}

static void a_revoked_one_is_refused(void **state)
{
    struct svct_token token = token_now();
    struct svct_rotation rotation = rotation_to(9);

    (void)state;
    token.revoked = true;
    token.revoked_at = NOW;
    put_token(&token);
    refused(&rotation, SVCT_E_EXISTS, "revoked");
    rotation.new_expiry = true;
    rotation.expires = NOW + DAY;
    refused(&rotation, SVCT_E_EXISTS, "revoked");
}

/* And its old secret stays dead, whatever the overlap. */
static void an_expired_one_needs_a_new_end(void **state)
{
    struct svct_rotation rotation = rotation_to(9);

    (void)state;
    rotation.now = NOW + 3600;
    rotation.overlap = 900;
    refused(&rotation, SVCT_E_RANGE, "--ttl");
    rotation.new_expiry = true;
    rotation.expires = rotation.now + DAY;
    must_rotate(&rotation);
    assert_int_equal(token_now().expires, rotation.now + DAY);
    assert_int_equal(token_now().former_until, NOW + 3600);
    assert_true(rotated.shortened);
}

static void one_that_is_not_there(void **state)
{
    struct svct_rotation rotation = rotation_to(9);

    (void)state;
    assert_int_equal(svct_change_token_rotate(txn, "0000000000", &rotation,
                                              &rotated, &fault),
                     SVCT_E_NOTFOUND);
    assert_int_equal(fault.code, SVCT_E_NOTFOUND);
}

/* ---- what is asked for ---- */

static void requests_that_are_refused(void **state)
{
    struct svct_rotation good = rotation_to(9), bad = good;

    (void)state;
    bad.overlap = -1;
    refused(&bad, SVCT_E_RANGE, "30d");
    bad.overlap = SVCT_ROTATE_OVERLAP_MAX + 1;
    refused(&bad, SVCT_E_RANGE, "30d");
    bad = good;
    bad.now = -1;
    refused(&bad, SVCT_E_RANGE, "clock");
    bad.now = SVCT_TIME_MAX + 1;
    refused(&bad, SVCT_E_RANGE, "clock");
    bad = good;
    memcpy(bad.hash, token_now().hash, sizeof bad.hash);
    refused(&bad, SVCT_E_EXISTS, "this very secret");
    bad = good;
    bad.new_expiry = true;
    bad.expires = bad.now;
    refused(&bad, SVCT_E_RANGE, "expired already");
    bad.expires = 0;
    refused(&bad, SVCT_E_RANGE, "expired already");
    bad.expires = -1;
    refused(&bad, SVCT_E_RANGE, "1970");
    bad.expires = SVCT_TIME_MAX + 1;
    refused(&bad, SVCT_E_RANGE, "1970");
    good.overlap = SVCT_ROTATE_OVERLAP_MAX;
    must_rotate(&good);
}

static void an_end_before_its_beginning(void **state)
{
    struct svct_token token = token_now();
    struct svct_rotation rotation = rotation_to(9);

    (void)state;
    token.not_before = NOW + 1800;
    put_token(&token);
    rotation.new_expiry = true;
    rotation.expires = NOW + 1800;
    refused(&rotation, SVCT_E_RANGE, "before it begins");
    rotation.expires = NOW + 1801;
    must_rotate(&rotation);
}

/* ---- the policy ---- */

static void the_policy_binds_a_new_end(void **state)
{
    struct svct_rotation rotation = rotation_to(9);

    (void)state;
    put_policy(7 * DAY, true);
    rotation.new_expiry = true;
    rotation.expires = rotation.now + 7 * DAY + 1;
    refused(&rotation, SVCT_E_POLICY, "1w");
    rotation.expires = SVCT_TIME_NEVER;
    refused(&rotation, SVCT_E_POLICY, "1w");
    rotation.expires = rotation.now + 7 * DAY;
    must_rotate(&rotation);
    fresh(NULL);
    put_policy(0, false);
    rotation.expires = SVCT_TIME_NEVER;
    refused(&rotation, SVCT_E_POLICY, "without expiry");
    put_policy(0, true);
    must_rotate(&rotation);
    assert_true(token_now().expires == SVCT_TIME_NEVER);
}

/* Made before the policy was: a new secret is where it begins to count. */
static void the_policy_binds_the_end_it_has(void **state)
{
    struct svct_token token = token_now();
    struct svct_rotation rotation = rotation_to(9);

    (void)state;
    put_policy(DAY, true);
    token.expires = rotation.now + DAY + 1;
    put_token(&token);
    refused(&rotation, SVCT_E_POLICY, "1d");
    assert_non_null(strstr(fault.what, "--ttl"));
    token.expires = SVCT_TIME_NEVER;
    put_token(&token);
    refused(&rotation, SVCT_E_POLICY, "1d");
    put_policy(0, false);
    refused(&rotation, SVCT_E_POLICY, "--ttl");
    put_policy(DAY, true);
    token.expires = rotation.now + DAY;
    put_token(&token);
    must_rotate(&rotation);
}

/* ---- API keys ---- */

static void make_apikey(void)
{
    struct svct_account account = account_now();

    account.apikey = true;
    account.expires = NOW + 3600;
    assert_int_equal(svct_edit_store_account(txn, &account, &fault), 0);
}

static void an_api_key_ends_with_its_token(void **state)
{
    struct svct_rotation rotation = rotation_to(9);

    (void)state;
    make_apikey();
    must_rotate(&rotation);
    assert_false(rotated.apikey);
    assert_int_equal(account_now().expires, NOW + 3600);
    rotation = rotation_to(10);
    rotation.new_expiry = true;
    rotation.expires = NOW + DAY;
    must_rotate(&rotation);
    assert_true(rotated.apikey);
    assert_int_equal(rotated.account_before, NOW + 3600);
    assert_int_equal(account_now().expires, NOW + DAY);
    assert_int_equal(svct_change_token_unrotate(txn, &rotated, &fault), 0);
    assert_int_equal(account_now().expires, NOW + 3600);
    assert_int_equal(token_now().expires, NOW + 3600);
}

/* "make another" would be refused, too. */
static void a_revoked_api_key_names_the_way(void **state)
{
    struct svct_token token = token_now();
    struct svct_rotation rotation = rotation_to(9);

    (void)state;
    make_apikey();
    token.revoked = true;
    token.revoked_at = NOW;
    put_token(&token);
    refused(&rotation, SVCT_E_EXISTS, "apikey delete");
}

static void another_account_keeps_its_end(void **state)
{
    struct svct_rotation rotation = rotation_to(9);

    (void)state;
    rotation.new_expiry = true;
    rotation.expires = NOW + DAY;
    must_rotate(&rotation);
    assert_false(rotated.apikey);
    assert_true(account_now().expires == SVCT_TIME_NEVER);
}

/* ---- taking it back ---- */

static void taken_back(void **state)
{
    struct svct_rotation rotation = rotation_to(9);
    struct svct_token before, after;

    (void)state;
    rotation.overlap = 900;
    must_rotate(&rotation);
    before = token_now();
    rotation = rotation_to(10);
    rotation.now += 5;
    rotation.new_expiry = true;
    rotation.expires = NOW + DAY;
    must_rotate(&rotation);
    assert_int_equal(svct_change_token_unrotate(txn, &rotated, &fault), 0);
    after = token_now();
    assert_same_token(&before, &after);
}

static void to_a_token_that_was_never_rotated(void **state)
{
    struct svct_rotation rotation = rotation_to(9);
    struct svct_token before = token_now(), after;

    (void)state;
    must_rotate(&rotation);
    assert_int_equal(svct_change_token_unrotate(txn, &rotated, &fault), 0);
    after = token_now();
    assert_same_token(&before, &after);
}

/* What somebody did since is not undone: above all no revocation. */
static void what_came_after_stays(void **state)
{
    struct svct_rotation rotation = rotation_to(9);
    struct svct_token token;

    (void)state;
    rotation.new_expiry = true;
    rotation.expires = NOW + DAY;
    must_rotate(&rotation);
    token = token_now();
    token.disabled = true;
    token.revoked = true;
    token.revoked_at = NOW + 20;
    token.expires = NOW + 2 * DAY;
    put_token(&token);
    assert_int_equal(svct_change_token_unrotate(txn, &rotated, &fault), 0);
    assert_true(token_now().revoked && token_now().disabled);
    assert_int_equal(token_now().expires, NOW + 2 * DAY);
    assert_memory_equal(token_now().hash, rotated.before.hash,
                        sizeof token.hash);
}

static void when_somebody_was_faster(void **state)
{
    struct svct_rotation first = rotation_to(9), second = rotation_to(10);
    struct svct_rotated mine;
    struct svct_token before, after;

    (void)state;
    must_rotate(&first);
    mine = rotated;
    must_rotate(&second);
    before = token_now();
    assert_int_equal(svct_change_token_unrotate(txn, &mine, &fault),
                     SVCT_E_EXISTS);
    assert_true(fault.what[0] != '\0');
    after = token_now();
    assert_same_token(&before, &after);
    assert_int_equal(svct_change_token_delete(txn, before.id, &fault), 0);
    assert_int_equal(svct_change_token_unrotate(txn, &rotated, &fault),
                     SVCT_E_NOTFOUND);
}

/* ---- against a simple model, through the real decision ---- */

/* The same numbers every time. */
static uint64_t state_of_draw = 88172645463325252U;

static int64_t draw(int64_t below)
{
    state_of_draw ^= state_of_draw << 13;
    state_of_draw ^= state_of_draw >> 7;
    state_of_draw ^= state_of_draw << 17;
    return (int64_t)(state_of_draw % (uint64_t)below);
}

#define SECRETS 60

/* The text of the n-th secret of the token. */
static void secret_text(unsigned n, struct svct_secret *ret_text,
                        uint8_t ret_hash[SVCT_DIGEST_LEN])
{
    char secret[SVCT_TOKEN_SECRET_LEN + 1], id[SVCT_TOKEN_ID_LEN + 1];

    testdb_id(1, id);
    snprintf(secret, sizeof secret, "%043u", n);
    assert_int_equal(svct_mint_assemble(id, secret, ret_text), 0);
    svct_digest_token(ret_text->text, ret_text->len, ret_hash);
}

static enum svct_verdict login(unsigned n, int64_t at)
{
    struct svct_attempt attempt = {
        .dir = TESTDB, .user = "deploy", .service = "sshd", .now = at};
    uint8_t hash[SVCT_DIGEST_LEN];
    struct svct_outcome outcome;
    struct svct_secret text;

    secret_text(n, &text, hash);
    assert_int_equal(
        svct_verify_token(&attempt, text.text, text.len, &outcome, &fault), 0);
    svct_secret_done(&text);
    return outcome.verdict;
}

/* What ought to be known: the number of the present secret, when the one
 * before it ends, when all of it does. */
struct model {
    unsigned present;
    int64_t former_until;
    int64_t expires;
};

static enum svct_verdict model_verdict(const struct model *model, unsigned n,
                                       int64_t at)
{
    if (n > model->present || n + 1 < model->present)
        return SVCT_TOKEN_WRONG_SECRET;
    if (at >= model->expires)
        return SVCT_TOKEN_EXPIRED;
    if (n < model->present && at >= model->former_until)
        return SVCT_TOKEN_SUPERSEDED;
    return SVCT_GRANTED;
}

static void compare_with(const struct model *model, int64_t now)
{
    const int64_t at[] = {now,
                          now + 1,
                          model->former_until - 1,
                          model->former_until,
                          model->expires - 1,
                          model->expires};

    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++)
        for (unsigned n = model->present < 3 ? 0 : model->present - 3;
             n <= model->present + 1; n++) {
            if (at[i] < now)
                continue;
            if (login(n, at[i]) != model_verdict(model, n, at[i]))
                fail_msg("secret %u of %u at %lld", n, model->present,
                         (long long)at[i]);
        }
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void begin_with_secret(unsigned n)
{
    struct svct_token token = token_now();
    struct svct_secret text;

    secret_text(n, &text, token.hash);
    svct_secret_done(&text);
    put_token(&token);
    testdb_commit(txn);
    txn = NULL;
}

static void rotate_and_commit(unsigned n, struct svct_rotation *rotation)
{
    struct svct_secret text;

    secret_text(n, &text, rotation->hash);
    svct_secret_done(&text);
    txn = testdb_begin(TESTDB);
    must_rotate(rotation);
    testdb_commit(txn);
    txn = NULL;
}

static void as_the_model_says(void **state)
{
    static const int64_t overlaps[] = {0, 1, 60, 4000, SVCT_ROTATE_OVERLAP_MAX};
    struct model model = {0, 0, NOW + 3600};
    int64_t now = NOW;

    (void)state;
    begin_with_secret(0);
    for (unsigned n = 1; n < SECRETS; n++) {
        struct svct_rotation rotation = {.now = now, .actor = "model"};
        int64_t old_end = model.expires;

        rotation.overlap = overlaps[draw(5)];
        rotation.new_expiry = now >= model.expires || draw(3) == 0;
        rotation.expires = now + 1 + draw(5000);
        rotate_and_commit(n, &rotation);
        if (rotation.new_expiry)
            model.expires = rotation.expires;
        model.present = n;
        model.former_until =
            least(now + rotation.overlap, least(old_end, model.expires));
        compare_with(&model, now);
        now += draw(3) == 0 ? 0 : draw(3000);
    }
}

/* ---- logins meanwhile ---- */

#define ROTATIONS 120
#define THREADS 2

/* Rotations that may have begun, and those that are done: the secret of that
 * number is the present one when both are the same. Every third has no
 * overlap. */
static atomic_uint begun, done;
static atomic_ulong looks, at_the_change;
static atomic_bool failed;

static bool has_overlap(unsigned rotation)
{
    return rotation % 3 != 0;
}

static enum svct_verdict login_quietly(unsigned n)
{
    struct svct_attempt attempt = {
        .dir = TESTDB, .user = "deploy", .service = "sshd", .now = NOW};
    struct svct_outcome outcome;
    struct svct_secret text;
    char secret[SVCT_TOKEN_SECRET_LEN + 1], id[SVCT_TOKEN_ID_LEN + 1];
    int r;

    testdb_id(1, id);
    snprintf(secret, sizeof secret, "%043u", n);
    if (svct_mint_assemble(id, secret, &text) != 0)
        return SVCT_UNDECIDED;
    r = svct_verify_token(&attempt, text.text, text.len, &outcome, NULL);
    svct_secret_done(&text);
    return r == 0 ? outcome.verdict : SVCT_UNDECIDED;
}

/* With one secret, then, if that was refused, the next: one of them works. */
static void look(void)
{
    unsigned n = atomic_load(&done);
    enum svct_verdict old = login_quietly(n), next = SVCT_GRANTED;
    unsigned by_then = atomic_load(&begun);

    if (old == SVCT_TOKEN_SUPERSEDED)
        next = login_quietly(n + 1);
    atomic_fetch_add(&looks, 1);
    if (by_then > n + 1 || atomic_load(&begun) > n + 1)
        return; /* too slow to know what to expect */
    if (by_then == n + 1)
        atomic_fetch_add(&at_the_change, 1);
    if (old == SVCT_GRANTED)
        return;
    if (old != SVCT_TOKEN_SUPERSEDED || by_then == n || has_overlap(n + 1) ||
        next != SVCT_GRANTED)
        atomic_store(&failed, true);
}

static void *look_on(void *unused)
{
    (void)unused;
    while (atomic_load(&done) < ROTATIONS && !atomic_load(&failed))
        look();
    return NULL;
}

static void never_without_a_valid_secret(void **state)
{
    pthread_t thread[THREADS];

    (void)state;
    begin_with_secret(0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, look_on, NULL), 0);
    for (unsigned n = 1; n <= ROTATIONS; n++) {
        struct svct_rotation rotation = {.now = NOW, .actor = "test"};

        rotation.overlap = has_overlap(n) ? 600 : 0;
        atomic_store(&begun, n);
        rotate_and_commit(n, &rotation);
        atomic_store(&done, n);
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(thread[i], NULL), 0);
    assert_false(atomic_load(&failed));
    assert_true(atomic_load(&at_the_change) > 20);
    print_message("%lu looks, %lu of them during a rotation\n",
                  atomic_load(&looks), atomic_load(&at_the_change));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fresh, give_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(all_but_the_secret_stays),
        CASE(no_overlap_ends_it_at_once),
        CASE(never_longer_than_the_token),
        CASE(one_former_secret_is_kept),
        CASE(the_actor_is_cut),
        CASE(a_disabled_one_stays_disabled),
        CASE(a_revoked_one_is_refused),
        CASE(an_expired_one_needs_a_new_end),
        CASE(one_that_is_not_there),
        CASE(requests_that_are_refused),
        CASE(an_end_before_its_beginning),
        CASE(the_policy_binds_a_new_end),
        CASE(the_policy_binds_the_end_it_has),
        CASE(an_api_key_ends_with_its_token),
        CASE(a_revoked_api_key_names_the_way),
        CASE(another_account_keeps_its_end),
        CASE(taken_back),
        CASE(to_a_token_that_was_never_rotated),
        CASE(what_came_after_stays),
        CASE(when_somebody_was_faster),
        CASE(as_the_model_says),
        CASE(never_without_a_valid_secret),
    };

    testdb_enter();
    if (svct_secret_setup() != 0)
        return 99;
    return cmocka_run_group_tests_name("change_rotate", tests, NULL, NULL);
}
