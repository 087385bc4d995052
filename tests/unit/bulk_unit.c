/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "auth/lookup.h"
#include "auth/role.h"
#include "auth/usage.h"
#include "../support/testdb.h"
#include "write/bulk.h"
#include "write/change_rotate.h"
#include "write/edit.h"

#define NOW TESTDB_NOW
#define OTHER PRIVDIR "/other"

static struct svct_fault fault;
static struct svct_txn *txn;
static struct svct_bulk *bulk;
static enum svct_bulk_outcome outcome;

static void begin_bulk(bool update, bool exact)
{
    struct svct_bulk_options options = {
        .now = NOW, .update = update, .exact = exact};

    txn = testdb_begin(TESTDB);
    testdb_must(svct_bulk_new(txn, &options, &bulk, &fault), &fault, "new");
}

static int fresh(void **state)
{
    (void)state;
    fault = (struct svct_fault){0};
    testdb_init(TESTDB);
    begin_bulk(false, false);
    return 0;
}

static void end_bulk(void)
{
    testdb_must(svct_bulk_finish(bulk, &fault), &fault, "finish");
    svct_bulk_free(bulk);
    bulk = NULL;
    testdb_commit(txn);
    txn = NULL;
    svct_snapshot_free(testdb_sound(TESTDB, SVCT_PART_PRIVATE));
}

static void again(bool update)
{
    end_bulk();
    begin_bulk(update, false);
}

static int give_up(void **state)
{
    (void)state;
    svct_bulk_free(bulk);
    svct_txn_free(txn);
    bulk = NULL;
    txn = NULL;
    return 0;
}

static int account(const struct svct_account *a)
{
    outcome = 0;
    return svct_bulk_account(bulk, a, &outcome, &fault);
}

static int token(const struct svct_token *t)
{
    outcome = 0;
    return svct_bulk_token(bulk, t, &outcome, &fault);
}

static void have(const char *name)
{
    struct svct_account a = testdb_account(name, "Editor");

    assert_int_equal(account(&a), 0);
}

static void have_token(const char *name, unsigned long number)
{
    struct svct_token t = testdb_token(name, number);

    assert_int_equal(token(&t), 0);
    assert_int_equal(outcome, SVCT_BULK_ADDED);
}

static void set_policy(struct svct_txn *in, int64_t max_ttl, bool never,
                       uint32_t tokens)
{
    struct svct_policy policy = {.default_ttl = 1,
                                 .max_ttl = max_ttl,
                                 .allow_no_expiry = never,
                                 .tokens_per_account = tokens};

    testdb_must(svct_edit_store_policy(in, &policy, &fault), &fault, "policy");
}

static struct svct_token stored(unsigned long number)
{
    struct svct_token t;
    char id[SVCT_TOKEN_ID_LEN + 1];

    testdb_id(number, id);
    assert_int_equal(svct_bulk_get_token(bulk, id, &t), 0);
    return t;
}

/* ---- the plain way is the oracle ---- */

static unsigned long seed;

static unsigned long draw(unsigned long below)
{
    seed = seed * 6364136223846793005UL + 1442695040888963407UL;
    return (seed >> 33) % below;
}

static struct svct_token draw_token(unsigned long ids)
{
    static const int64_t ends[] = {1, 3600, 86400, 86401, -1};
    static const char *const caps[] = {"", "", "Viewer", "Admin", "Nobody"};
    char account_name[8];
    struct svct_token t;

    snprintf(account_name, sizeof account_name, "a%lu", draw(5));
    t = testdb_token(account_name, draw(ids));
    snprintf(t.name, sizeof t.name, "n%lu", draw(150));
    t.created = NOW;
    t.expires = NOW + ends[draw(5)];
    if (draw(9) == 0)
        t.expires = SVCT_TIME_NEVER;
    if (draw(20) == 0)
        t.not_before = NOW + 3600;
    snprintf(t.cap, sizeof t.cap, "%s", caps[draw(5)]);
    if (draw(50) == 0)
        t.comment[0] = '\n';
    return t;
}

/* The same record under the same key in the other database. */
static int is_in_other(void *arg, const struct svct_key *key,
                       struct svct_record *record)
{
    struct svct_value value;
    int r = svct_snapshot_fetch(arg, key, record->kind, &value);

    return r == 0 && value.record.sum == record->sum ? 0 : 1;
}

static void assert_equal_databases(void)
{
    struct svct_snapshot *a = testdb_sound(TESTDB, SVCT_PART_PRIVATE);
    struct svct_snapshot *b = testdb_sound(OTHER, SVCT_PART_PRIVATE);

    assert_int_equal(svct_snapshot_each(a, 0, is_in_other, b, &fault), 0);
    assert_true(svct_snapshot_meta(a)->records ==
                svct_snapshot_meta(b)->records);
    assert_true(svct_snapshot_meta(a)->digest == svct_snapshot_meta(b)->digest);
    svct_snapshot_free(a);
    svct_snapshot_free(b);
}

static void one_token_both_ways(struct svct_txn *other, unsigned *taken)
{
    struct svct_token t = draw_token(400);
    struct svct_fault why = {0};
    int want = svct_change_token_issue(other, &t, NULL, &why);
    int got = token(&t);

    /* Of several things that are wrong each may name another. */
    if (got == 0 && outcome == SVCT_BULK_SAME)
        assert_true(want != 0);
    else if ((got == 0) != (want == 0))
        fail_msg("%s/%s: %d (%s), not %d (%s)", t.account, t.name, got,
                 fault.what, want, why.what);
    *taken += want == 0;
}

static void both_ways(unsigned long number, int64_t max, bool never,
                      bool ungrouped)
{
    struct svct_txn *other;
    unsigned taken = 0;

    seed = number;
    testdb_init(OTHER);
    other = testdb_begin(OTHER);
    set_policy(other, max, never, 70);
    set_policy(txn, max, never, 70);
    svct_bulk_free(bulk);
    svct_bulk_new(txn, &(struct svct_bulk_options){.now = NOW}, &bulk, &fault);
    for (int i = 0; i < 4; i++) { /* there is no a4 */
        char name[8];
        struct svct_account a;

        snprintf(name, sizeof name, "a%d", i);
        a = testdb_account(name, i == 0 ? "Admin" : "Editor");
        assert_int_equal(account(&a), 0);
        testdb_must(svct_change_account_create(other, &a, &fault), &fault, "a");
    }
    for (int i = 0; i < 1200; i++) {
        one_token_both_ways(other, &taken);
        if (ungrouped && i % 300 == 299) {
            end_bulk();
            begin_bulk(false, false);
        }
    }
    assert_true(taken > 100);
    testdb_commit(other);
    end_bulk();
    assert_equal_databases();
    begin_bulk(false, false);
}

static void it_does_what_the_plain_way_does(void **state)
{
    (void)state;
    both_ways(1, 0, true, false);
}

static void it_does_so_with_a_maximum(void **state)
{
    (void)state;
    both_ways(2, 86400, true, true);
}

static void it_does_so_without_never(void **state)
{
    (void)state;
    both_ways(3, 0, false, true);
}

/* ---- pages ---- */

static void pages_fill_and_go_on(void **state)
{
    struct svct_account a;

    (void)state;
    set_policy(txn, 0, true, 1000);
    svct_bulk_free(bulk);
    svct_bulk_new(txn, &(struct svct_bulk_options){.now = NOW}, &bulk, &fault);
    have("deploy");
    have("bot");
    for (unsigned long i = 0; i < 64; i++)
        have_token("deploy", i);
    again(false);
    for (unsigned long i = 64; i < 130; i++)
        have_token("deploy", i);
    have_token("bot", 200);
    for (unsigned long i = 130; i < 193; i++)
        have_token("deploy", i);
    again(false);
    assert_int_equal(svct_bulk_get_account(bulk, "deploy", &a), 0);
    assert_int_equal(a.tokens, 193);
    have_token("deploy", 193);
}

/* ---- what is there already ---- */

static void the_same_stays_and_another_is_refused(void **state)
{
    struct svct_account a = testdb_account("deploy", "Editor");
    struct svct_token t = testdb_token("deploy", 1), other;

    (void)state;
    assert_int_equal(account(&a), 0);
    assert_int_equal(outcome, SVCT_BULK_ADDED);
    assert_int_equal(account(&a), 0);
    assert_int_equal(outcome, SVCT_BULK_SAME);
    assert_int_equal(token(&t), 0);
    assert_int_equal(token(&t), 0);
    assert_int_equal(outcome, SVCT_BULK_SAME);
    again(false);
    assert_int_equal(token(&t), 0);
    assert_int_equal(outcome, SVCT_BULK_SAME);
    a.disabled = true;
    assert_int_equal(account(&a), SVCT_E_EXISTS);
    other = t;
    other.expires += 1;
    assert_int_equal(token(&other), SVCT_E_EXISTS);
    other = t;
    other.hash[0] ^= 1;
    assert_int_equal(token(&other), SVCT_E_EXISTS);
    assert_memory_equal(stored(1).hash, t.hash, sizeof t.hash);
}

static void an_update_replaces(void **state)
{
    struct svct_account a = testdb_account("deploy", "Editor"), now;
    struct svct_token t = testdb_token("deploy", 1);

    (void)state;
    have("deploy");
    have("bot");
    have_token("deploy", 1);
    have_token("deploy", 2);
    again(true);
    a.disabled = true;
    assert_int_equal(account(&a), 0);
    assert_int_equal(outcome, SVCT_BULK_UPDATED);
    have_token("deploy", 3);
    snprintf(t.name, sizeof t.name, "t2");
    assert_int_equal(token(&t), SVCT_E_EXISTS); /* the name of another */
    snprintf(t.name, sizeof t.name, "new");
    assert_int_equal(token(&t), 0);
    assert_int_equal(outcome, SVCT_BULK_UPDATED);
    assert_string_equal(stored(1).name, "new");
    t = testdb_token("deploy", 4);
    snprintf(t.name, sizeof t.name, "t1"); /* is free again */
    assert_int_equal(token(&t), 0);
    t = testdb_token("bot", 2);
    assert_int_equal(token(&t), SVCT_E_EXISTS); /* of another account */
    assert_int_equal(svct_bulk_get_account(bulk, "deploy", &now), 0);
    assert_true(now.disabled && now.tokens == 4);
    end_bulk();
    begin_bulk(false, false);
}

static void what_is_revoked_stays_so(void **state)
{
    struct svct_token t = testdb_token("deploy", 1), revoked, now;

    (void)state;
    have("deploy");
    have_token("deploy", 1);
    end_bulk();
    txn = testdb_begin(TESTDB);
    testdb_must(
        svct_change_token_revoke(txn, t.id, NOW, "alice", "lost", &fault),
        &fault, "revoke");
    testdb_commit(txn);
    begin_bulk(false, false);
    revoked = stored(1);
    assert_int_equal(token(&t), SVCT_E_EXISTS);
    again(true);
    assert_int_equal(token(&t), 0);
    assert_int_equal(outcome, SVCT_BULK_KEPT_REVOKED);
    t.hash[3] ^= 1;
    t.expires += 60;
    assert_int_equal(token(&t), 0);
    assert_int_equal(outcome, SVCT_BULK_KEPT_REVOKED);
    /* Another reason, another time: the first one stays. */
    t.revoked = true;
    t.revoked_at = NOW - 5;
    assert_int_equal(token(&t), 0);
    now = stored(1);
    assert_true(now.revoked);
    assert_true(now.revoked_at == revoked.revoked_at);
    assert_string_equal(now.revoked_reason, "lost");
    assert_string_equal(now.revoked_by, "alice");
}

static void a_superseded_secret_stays_so(void **state)
{
    struct svct_token first = testdb_token("deploy", 1), second = first;

    (void)state;
    have("deploy");
    second.hash[0] ^= 1;
    second.rotated = true;
    memcpy(second.former_hash, first.hash, sizeof first.hash);
    second.rotated_at = second.former_until = NOW;
    assert_int_equal(token(&second), 0);
    again(true);
    assert_int_equal(token(&first), SVCT_E_POLICY);
    assert_memory_equal(stored(1).hash, second.hash, sizeof second.hash);
    /* A third one may be from before that: this record does not tell. */
    first.hash[0] ^= 2;
    assert_int_equal(token(&first), SVCT_E_POLICY);
    first.rotated = true;
    first.rotated_at = first.former_until = NOW;
    memset(first.former_hash, 7, sizeof first.former_hash);
    assert_int_equal(token(&first), SVCT_E_POLICY);
    first.rotated_at++;
    assert_int_equal(token(&first), 0);
    assert_memory_equal(stored(1).hash, first.hash, sizeof first.hash);
}

static void a_rotation_is_one_that_could_be(void **state)
{
    struct svct_token t = testdb_token("deploy", 1);

    (void)state;
    have("deploy");
    t.rotated = true;
    t.rotated_at = NOW;
    t.former_until = NOW + SVCT_ROTATE_OVERLAP_MAX + 1;
    memset(t.former_hash, 7, sizeof t.former_hash);
    assert_int_equal(token(&t), SVCT_E_POLICY);
    t.former_until--;
    t.rotated_at = NOW + 301;
    assert_int_equal(token(&t), SVCT_E_RANGE);
    t.rotated_at--;
    memcpy(t.former_hash, t.hash, sizeof t.hash);
    assert_int_equal(token(&t), SVCT_E_RANGE);
    t.former_hash[0] ^= 1;
    assert_int_equal(token(&t), 0);
}

static void an_import_can_revoke(void **state)
{
    struct svct_token t = testdb_token("deploy", 1);

    (void)state;
    have("deploy");
    have_token("deploy", 1);
    t.revoked = true;
    t.revoked_at = NOW;
    assert_int_equal(token(&t), SVCT_E_EXISTS);
    again(true);
    assert_int_equal(token(&t), 0);
    assert_int_equal(outcome, SVCT_BULK_UPDATED);
    assert_true(stored(1).revoked);
}

/* ---- limits ---- */

static void the_maximum_binds_from_now_and_from_creation(void **state)
{
    struct svct_token t = testdb_token("deploy", 1);

    (void)state;
    have("deploy");
    set_policy(txn, 100, true, 100);
    svct_bulk_free(bulk);
    svct_bulk_new(txn, &(struct svct_bulk_options){.now = NOW}, &bulk, &fault);
    t.created = NOW - 50;
    t.expires = NOW + 51; /* 101 from creation */
    assert_int_equal(token(&t), SVCT_E_POLICY);
    t.created = NOW + 1000000;
    t.expires = t.created + 1; /* 1 from a creation to come */
    assert_int_equal(token(&t), SVCT_E_POLICY);
    t.created = 0; /* zero gives no more */
    t.expires = NOW + 1;
    assert_int_equal(token(&t), SVCT_E_POLICY);
    t.created = NOW;
    t.expires = SVCT_TIME_NEVER;
    assert_int_equal(token(&t), SVCT_E_POLICY);
    t.expires = 0;
    assert_int_equal(token(&t), SVCT_E_RANGE);
    t.expires = NOW + 101;
    assert_int_equal(token(&t), SVCT_E_POLICY);
    t.expires = NOW + 100;
    assert_int_equal(token(&t), 0);
}

/* A rule that came later does not keep rights from being taken away. */
static void what_a_token_has_it_keeps(void **state)
{
    struct svct_token t = testdb_token("deploy", 1), long_one;
    struct svct_account a = testdb_account("deploy", "Viewer");

    (void)state;
    have("deploy");
    t.expires = NOW + 1000;
    t.not_before = NOW + 10;
    snprintf(t.cap, sizeof t.cap, "Editor");
    assert_int_equal(token(&t), 0);
    set_policy(txn, 100, false, 1);
    again(true);
    assert_int_equal(account(&a), 0); /* lower than the cap now */
    long_one = t;
    t.disabled = true;
    t.max_uses = 3;
    assert_int_equal(token(&t), 0);
    assert_int_equal(outcome, SVCT_BULK_UPDATED);
    t.expires--;
    assert_int_equal(token(&t), 0);
    t.expires++;
    assert_int_equal(token(&t), SVCT_E_POLICY);
    t = long_one;
    t.expires--;
    t.not_before--; /* it would begin earlier */
    assert_int_equal(token(&t), SVCT_E_POLICY);
    t.not_before++;
    t.hash[0] ^= 1; /* another secret */
    assert_int_equal(token(&t), SVCT_E_POLICY);
    t.hash[0] ^= 1;
    snprintf(t.cap, sizeof t.cap, "Admin");
    assert_int_equal(token(&t), SVCT_E_POLICY);
    snprintf(t.cap, sizeof t.cap, "Viewer");
    assert_int_equal(token(&t), 0);
}

static void records_of_what_has_ended_come_in(void **state)
{
    struct svct_token t = testdb_token("deploy", 1);

    (void)state;
    have("deploy");
    set_policy(txn, 100, false, 100);
    svct_bulk_free(bulk);
    svct_bulk_new(txn, &(struct svct_bulk_options){.now = NOW}, &bulk, &fault);
    t.created = NOW - 100000;
    t.expires = NOW; /* expired at this second */
    assert_int_equal(token(&t), 0);
    t = testdb_token("deploy", 2);
    t.expires = SVCT_TIME_NEVER;
    t.revoked = true;
    t.revoked_at = NOW - 1;
    assert_int_equal(token(&t), 0);
    again(true);
    t.revoked = false; /* and no way back */
    assert_int_equal(token(&t), 0);
    assert_int_equal(outcome, SVCT_BULK_KEPT_REVOKED);
    t = testdb_token("deploy", 1);
    t.expires = NOW + 100000;
    assert_int_equal(token(&t), SVCT_E_POLICY);
}

static void an_api_key_has_one_token_and_its_end(void **state)
{
    struct svct_account a = testdb_account("key", "Editor");
    struct svct_token t = testdb_token("key", 1);

    (void)state;
    a.apikey = true;
    a.expires = t.expires;
    assert_int_equal(account(&a), 0);
    assert_int_equal(svct_bulk_finish(bulk, &fault), SVCT_E_POLICY);
    t.expires += 1;
    assert_int_equal(token(&t), SVCT_E_POLICY);
    t.expires -= 1;
    assert_int_equal(token(&t), 0);
    t = testdb_token("key", 2);
    assert_int_equal(token(&t), SVCT_E_POLICY);
    again(true);
    a.apikey = false;
    assert_int_equal(account(&a), SVCT_E_EXISTS);
    a.apikey = true;
    a.expires += 1; /* takes its token along */
    assert_int_equal(account(&a), 0);
    assert_int_equal(outcome, SVCT_BULK_UPDATED);
    assert_true(stored(1).expires == a.expires);
    t = testdb_token("key", 1);
    assert_int_equal(token(&t), SVCT_E_POLICY); /* not without its account */
    t.expires += 1;
    assert_int_equal(token(&t), 0);
    assert_int_equal(outcome, SVCT_BULK_SAME);
    end_bulk();
    begin_bulk(false, false);
}

static void a_limited_token_gets_a_slot_of_its_own(void **state)
{
    struct svct_token t = testdb_token("deploy", 1), one, two;

    (void)state;
    have("deploy");
    t.max_uses = 1;
    t.slot = 9; /* that of where it comes from */
    assert_int_equal(token(&t), 0);
    t = testdb_token("deploy", 2);
    t.max_uses = 1;
    assert_int_equal(token(&t), 0);
    have_token("deploy", 3);
    one = stored(1);
    two = stored(2);
    assert_true(one.slot != 0 && two.slot != 0 && one.slot != two.slot);
    assert_true(stored(3).slot != one.slot && stored(3).slot != two.slot);
    again(true);
    t.max_uses = 2; /* its count goes on */
    assert_int_equal(token(&t), 0);
    assert_int_equal(stored(2).slot, two.slot);
}

static void use(unsigned long number, uint32_t minutes)
{
    struct svct_token t = stored(number);
    struct svct_seen seen = {.uses = minutes, .last_used = 5};
    struct svct_usage usage;
    int dir_fd = testdb_open(TESTDB);

    memcpy(seen.id, t.id, sizeof seen.id);
    memcpy(seen.rhost, "192.0.2.7", 10);
    assert_int_equal(svct_usage_open(dir_fd, O_RDWR, &usage, &fault), 0);
    assert_int_equal(svct_usage_write_note(&usage, t.slot, &seen), 0);
    svct_usage_close(&usage);
    close(dir_fd);
}

static int count_of(unsigned long number, struct svct_seen *ret_seen)
{
    struct svct_token t = stored(number);
    struct svct_usage usage;
    int dir_fd = testdb_open(TESTDB), r;

    assert_int_equal(svct_usage_open(dir_fd, O_RDONLY, &usage, &fault), 0);
    r = svct_usage_read_count(&usage, t.slot, t.id, ret_seen);
    svct_usage_close(&usage);
    close(dir_fd);
    return r;
}

/* Its slot was never written, or counts the minutes in which it was used. */
static void a_token_gets_a_limit(void **state)
{
    struct svct_token t = testdb_token("deploy", 1);
    struct svct_seen seen = {.uses = 9};
    uint32_t slot;

    (void)state;
    have("deploy");
    have_token("deploy", 1);
    have_token("deploy", 2);
    again(true);
    slot = stored(1).slot;
    use(2, 7);
    t.max_uses = 3;
    assert_int_equal(token(&t), 0);
    assert_int_equal(outcome, SVCT_BULK_UPDATED);
    t = testdb_token("deploy", 2);
    t.max_uses = 3;
    assert_int_equal(token(&t), 0);
    /* The former slots are those of the present generation still. */
    assert_true(stored(1).slot > 2 && stored(2).slot > 2);
    end_bulk();
    begin_bulk(true, false);
    assert_int_equal(count_of(1, &seen), 0);
    assert_int_equal(seen.uses, 0);
    assert_int_equal(seen.last_used, 0);
    assert_int_equal(count_of(2, &seen), 0);
    assert_int_equal(seen.uses, 0);
    assert_int_equal(seen.last_used, 5);
    assert_string_equal(seen.rhost, "192.0.2.7");
    have_token("deploy", 3);
    have_token("deploy", 4);
    assert_true(stored(3).slot == slot || stored(4).slot == slot);
}

static void a_dry_run_touches_no_file(void **state)
{
    struct svct_bulk_options options = {.now = NOW, .dry = true};
    struct svct_token t = testdb_token("deploy", 1);

    (void)state;
    svct_bulk_free(bulk);
    svct_bulk_new(txn, &options, &bulk, &fault);
    have("deploy");
    t.max_uses = 1;
    assert_int_equal(unlink(TESTDB "/usage"), 0);
    assert_int_equal(token(&t), 0);
    assert_int_equal(svct_bulk_finish(bulk, &fault), 0);
    assert_int_equal(access(TESTDB "/usage", F_OK), -1);
}

/* ---- roles and policy ---- */

static int role(const char *name, uint16_t place)
{
    struct svct_role r = {.place = place};

    snprintf(r.name, sizeof r.name, "%s", name);
    svct_globs_add(&r.allow, "sshd");
    outcome = 0;
    return svct_bulk_role(bulk, &r, &outcome, &fault);
}

static void roles_keep_their_order(void **state)
{
    struct svct_rolelist list;
    struct svct_role builtin;

    (void)state;
    assert_int_equal(role("Deployer", 1500), 0);
    assert_int_equal(outcome, SVCT_BULK_ADDED);
    assert_int_equal(role("Deployer", 1500), 0);
    assert_int_equal(outcome, SVCT_BULK_SAME);
    assert_int_equal(role("Deployer", 1501), SVCT_E_EXISTS);
    assert_int_equal(role("deployer", 1600), SVCT_E_EXISTS);
    assert_int_equal(role("Other", 1500), SVCT_E_EXISTS);
    assert_int_equal(role("Low", 0), SVCT_E_POLICY);
    assert_int_equal(role("High", 3000), SVCT_E_POLICY);
    assert_int_equal(role("High", 65535), SVCT_E_POLICY);
    assert_true(svct_role_builtin(1, &builtin));
    assert_int_equal(svct_bulk_role(bulk, &builtin, &outcome, &fault), 0);
    assert_int_equal(outcome, SVCT_BULK_SAME);
    builtin.allow.count = 0;
    assert_int_equal(svct_bulk_role(bulk, &builtin, &outcome, &fault),
                     SVCT_E_EXISTS);
    again(true);
    assert_int_equal(svct_bulk_role(bulk, &builtin, &outcome, &fault), 0);
    assert_int_equal(outcome, SVCT_BULK_UPDATED);
    builtin.place = 5;
    assert_int_equal(svct_bulk_role(bulk, &builtin, &outcome, &fault),
                     SVCT_E_POLICY);
    assert_int_equal(role("Deployer", 2500), 0);
    assert_int_equal(svct_lookup_rolelist(svct_edit_view(txn), &list), 0);
    assert_int_equal(list.count, 5);
    for (int i = 0; i < SVCT_ROLES_MAX - 5; i++) {
        char name[16];

        snprintf(name, sizeof name, "R%d", i);
        assert_int_equal(role(name, (uint16_t)(100 + i)), 0);
    }
    assert_int_equal(role("TooMany", 900), SVCT_E_POLICY);
}

static void the_policy_needs_an_update(void **state)
{
    struct svct_policy policy;

    (void)state;
    assert_int_equal(svct_bulk_get_policy(bulk, &policy), 0);
    assert_int_equal(svct_bulk_policy(bulk, &policy, &outcome, &fault), 0);
    assert_int_equal(outcome, SVCT_BULK_SAME);
    policy.max_ttl = 86400;
    policy.allow_no_expiry = false;
    assert_int_equal(svct_bulk_policy(bulk, &policy, &outcome, &fault),
                     SVCT_E_EXISTS);
    again(true);
    policy.max_ttl = 1; /* below the default */
    assert_int_equal(svct_bulk_policy(bulk, &policy, &outcome, &fault),
                     SVCT_E_RANGE);
    policy.max_ttl = 86400;
    policy.tokens_per_account = 10001;
    assert_int_equal(svct_bulk_policy(bulk, &policy, &outcome, &fault),
                     SVCT_E_RANGE);
    policy.tokens_per_account = 1;
    assert_int_equal(svct_bulk_policy(bulk, &policy, &outcome, &fault), 0);
    have("deploy");
    have_token("deploy", 1);
    {
        struct svct_token t = testdb_token("deploy", 2);

        assert_int_equal(token(&t), SVCT_E_POLICY); /* it binds at once */
    }
}

/* A range that is used up here is no reason to refuse what else it says. */
static void a_policy_with_a_range_that_is_used_up(void **state)
{
    struct svct_policy policy;

    (void)state;
    assert_int_equal(svct_edit_get_policy(txn, &policy, &fault), 0);
    policy.id_next = policy.id_max + 1;
    assert_int_equal(svct_edit_store_policy(txn, &policy, &fault), 0);
    again(true);
    policy.tokens_per_account = 1;
    assert_int_equal(svct_bulk_policy(bulk, &policy, &outcome, &fault), 0);
    policy.id_max--;
    assert_int_equal(svct_bulk_policy(bulk, &policy, &outcome, &fault),
                     SVCT_E_POLICY);
}

/* ---- a restore ---- */

static void exact_stores_what_is_given(void **state)
{
    struct svct_account a = testdb_account("deploy", "Viewer");
    struct svct_token t = testdb_token("deploy", 1), now;

    (void)state;
    set_policy(txn, 100, false, 0);
    svct_bulk_free(bulk);
    svct_bulk_new(txn, &(struct svct_bulk_options){.now = NOW, .exact = true},
                  &bulk, &fault);
    assert_int_equal(account(&a), 0);
    assert_int_equal(account(&a), SVCT_E_EXISTS);
    snprintf(t.cap, sizeof t.cap, "Admin");
    t.expires = SVCT_TIME_NEVER;
    t.max_uses = 5;
    t.slot = 77;
    t.extra.len = 4;
    memcpy(t.extra.data, "\x7f\xff\0\0", 4);
    assert_int_equal(token(&t), 0);
    assert_int_equal(token(&t), SVCT_E_EXISTS);
    now = stored(1);
    assert_int_equal(now.slot, 77);
    assert_int_equal(now.extra.len, 4);
    snprintf(t.cap, sizeof t.cap, "Nobody");
    testdb_id(2, t.id);
    assert_int_equal(token(&t), SVCT_E_NOTFOUND);
    snprintf(t.cap, sizeof t.cap, "%s", "");
    t.name[0] = '-';
    assert_int_equal(token(&t), SVCT_E_SYNTAX);
}

static void ten_thousand_names_are_told_apart(void **state)
{
    (void)state;
    set_policy(txn, 0, true, 10000);
    svct_bulk_free(bulk);
    svct_bulk_new(txn, &(struct svct_bulk_options){.now = NOW}, &bulk, &fault);
    have("deploy");
    for (unsigned long i = 0; i < 10000; i++)
        have_token("deploy", i);
    for (unsigned long i = 0; i < 3; i++) {
        struct svct_token t = testdb_token("deploy", 20000 + i);

        assert_int_equal(token(&t), SVCT_E_POLICY);
    }
    again(false);
}

int main(void)
{
#define FRESH(test) cmocka_unit_test_setup_teardown(test, fresh, give_up)
    const struct CMUnitTest tests[] = {
        FRESH(it_does_what_the_plain_way_does),
        FRESH(it_does_so_with_a_maximum),
        FRESH(it_does_so_without_never),
        FRESH(pages_fill_and_go_on),
        FRESH(the_same_stays_and_another_is_refused),
        FRESH(an_update_replaces),
        FRESH(what_is_revoked_stays_so),
        FRESH(a_superseded_secret_stays_so),
        FRESH(a_rotation_is_one_that_could_be),
        FRESH(an_import_can_revoke),
        FRESH(the_maximum_binds_from_now_and_from_creation),
        FRESH(what_a_token_has_it_keeps),
        FRESH(records_of_what_has_ended_come_in),
        FRESH(an_api_key_has_one_token_and_its_end),
        FRESH(a_limited_token_gets_a_slot_of_its_own),
        FRESH(a_token_gets_a_limit),
        FRESH(a_dry_run_touches_no_file),
        FRESH(roles_keep_their_order),
        FRESH(the_policy_needs_an_update),
        FRESH(a_policy_with_a_range_that_is_used_up),
        FRESH(exact_stores_what_is_given),
        FRESH(ten_thousand_names_are_told_apart),
    };

    testdb_enter();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
