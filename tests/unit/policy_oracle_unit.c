/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth/policy.h"
#include "auth/role.h"

/*
 * The decision against a second one, written from the promises in plain words
 * and not from the library, over every combination of small inputs.
 *
 * Each combination is a row of digits, one a dimension. The values of a
 * dimension from "clock" on are in the order in which they restrict: raising
 * such a digit adds a restriction.
 */

#define NOW INT64_C(1800000000)

enum dimension {
    PHASE,      /* token, account */
    PRESENTED,  /* own token, one of somebody else, none */
    PROOF,      /* right, wrong, the former one, that when its time is over */
    CLOCK,      /* good, far before the last commit */
    A_DISABLED, /* no, yes */
    A_EXPIRES,  /* never, in a second, now */
    A_SOURCE,   /* no limit, from here, from elsewhere */
    T_REVOKED,  /* no, yes */
    T_DISABLED, /* no, yes */
    T_BEGINS,   /* now, in a second */
    T_EXPIRES,  /* in a second, now */
    T_SOURCE,   /* no limit, elsewhere */
    T_SERVICE,  /* no limit, others only */
    T_USES,     /* no limit, one left, none left, not known */
    ROLE,       /* Admin, Ops, Viewer */
    CAP,        /* none, Ops, None */
    DEMANDED,   /* nothing, Viewer, Admin */
    DIMENSIONS
};

#define FIRST_RESTRICTION CLOCK

static const unsigned sizes[DIMENSIONS] = {
    [PHASE] = 2,      [PRESENTED] = 3, [PROOF] = 4,     [CLOCK] = 2,
    [A_DISABLED] = 2, [A_EXPIRES] = 3, [A_SOURCE] = 3,  [T_REVOKED] = 2,
    [T_DISABLED] = 2, [T_BEGINS] = 2,  [T_EXPIRES] = 2, [T_SOURCE] = 2,
    [T_SERVICE] = 2,  [T_USES] = 4,    [ROLE] = 3,      [CAP] = 3,
    [DEMANDED] = 3,
};

#define COMBINATIONS 5971968 /* the product of the sizes */

/* What was decided about each: 1 granted, 0 not. */
static uint8_t granted[COMBINATIONS];

static void digits_of(unsigned n, unsigned digit[DIMENSIONS])
{
    for (unsigned d = 0; d < DIMENSIONS; d++) {
        digit[d] = n % sizes[d];
        n /= sizes[d];
    }
    assert_int_equal(n, 0);
}

/* ---- what the words say ---- */

/* The service is "sudo": Admin and Ops, a custom role below it, allow it,
 * Viewer and None do not. */
static enum svct_verdict naive_decision(const unsigned v[DIMENSIONS])
{
    bool with_token = v[PHASE] == 0;
    bool capped_out = with_token && v[CAP] == 2;
    int place = v[ROLE] == 0 ? 3 : v[ROLE] == 1 ? 2 : 1;

    if (capped_out)
        place = 0;
    else if (with_token && v[CAP] == 1 && place > 2)
        place = 2;
    if (with_token) {
        if (v[PRESENTED] == 2)
            return SVCT_TOKEN_UNKNOWN;
        if (v[PROOF] == 1)
            return SVCT_TOKEN_WRONG_SECRET;
        if (v[PRESENTED] == 1)
            return SVCT_TOKEN_OTHER_ACCOUNT;
        if (v[CLOCK] == 1)
            return SVCT_CLOCK_SUSPECT;
    } else if (v[CLOCK] == 1 && v[A_EXPIRES] != 0) {
        return SVCT_CLOCK_SUSPECT;
    }
    if (v[A_DISABLED] == 1)
        return SVCT_ACCOUNT_DISABLED;
    if (v[A_EXPIRES] == 2)
        return SVCT_ACCOUNT_EXPIRED;
    if (v[A_SOURCE] == 2)
        return SVCT_ACCOUNT_SOURCE;
    if (with_token) {
        if (v[T_REVOKED] == 1)
            return SVCT_TOKEN_REVOKED;
        if (v[T_DISABLED] == 1)
            return SVCT_TOKEN_DISABLED;
        if (v[T_BEGINS] == 1)
            return SVCT_TOKEN_NOT_YET_VALID;
        if (v[T_EXPIRES] == 1)
            return SVCT_TOKEN_EXPIRED;
        if (v[PROOF] == 3)
            return SVCT_TOKEN_SUPERSEDED;
        if (v[T_SOURCE] == 1)
            return SVCT_TOKEN_SOURCE;
        if (v[T_SERVICE] == 1)
            return SVCT_TOKEN_SERVICE;
        if (v[T_USES] == 3)
            return SVCT_USAGE_UNAVAILABLE;
        if (v[T_USES] == 2)
            return SVCT_TOKEN_USED_UP;
    }
    if (v[ROLE] == 2 || capped_out)
        return SVCT_ROLE_SERVICE;
    if (v[DEMANDED] == 1 && place < 1)
        return SVCT_ROLE_TOO_LOW;
    if (v[DEMANDED] == 2 && place < 3)
        return SVCT_ROLE_TOO_LOW;
    return SVCT_GRANTED;
}

/* ---- the same as real records ---- */

static struct world {
    struct svct_role none, viewer, ops, admin;
    struct svct_sources here, elsewhere, no_limit;
    struct svct_globs others, no_list;
    struct svct_account account;
    struct svct_token token;
} world;

static int set_up(void **state)
{
    (void)state;
    assert_true(svct_role_builtin(0, &world.none));
    assert_true(svct_role_builtin(1, &world.viewer));
    assert_true(svct_role_builtin(3, &world.admin));
    world.ops = (struct svct_role){.name = "Ops", .place = 2500};
    assert_int_equal(svct_globs_add(&world.ops.allow, "su*"), 0);
    assert_int_equal(svct_sources_add(&world.here, "192.0.2.0/24"), 0);
    assert_int_equal(svct_sources_add(&world.elsewhere, "2001:db8::/32"), 0);
    assert_int_equal(svct_globs_add(&world.others, "su"), 0);
    memcpy(world.account.name, "deploy", 7);
    memcpy(world.token.id, "0123456789", 11);
    return 0;
}

static void set_name(char *out, const char *name)
{
    memcpy(out, name, strlen(name) + 1);
}

static void set_account(const unsigned v[DIMENSIONS])
{
    static const char *const roles[] = {"Admin", "Ops", "Viewer"};
    static const int64_t expires[] = {SVCT_TIME_NEVER, NOW + 1, NOW};
    const struct svct_sources *sources[] = {&world.no_limit, &world.here,
                                            &world.elsewhere};

    set_name(world.account.role, roles[v[ROLE]]);
    world.account.disabled = v[A_DISABLED] == 1;
    world.account.expires = expires[v[A_EXPIRES]];
    world.account.sources = *sources[v[A_SOURCE]];
}

static void set_token(const unsigned v[DIMENSIONS])
{
    static const char *const caps[] = {"", "Ops", "None"};

    set_name(world.token.account, v[PRESENTED] == 1 ? "other" : "deploy");
    set_name(world.token.cap, caps[v[CAP]]);
    world.token.revoked = v[T_REVOKED] == 1;
    world.token.disabled = v[T_DISABLED] == 1;
    world.token.not_before = NOW + v[T_BEGINS];
    world.token.expires = NOW + (v[T_EXPIRES] == 0 ? 1 : 0);
    world.token.sources = v[T_SOURCE] == 0 ? world.no_limit : world.elsewhere;
    world.token.max_uses = v[T_USES] == 0 ? 0 : 5;
    world.token.rotated = v[PROOF] >= 2;
    world.token.former_until = v[PROOF] == 2 ? NOW + 1 : NOW;
    world.token.services = v[T_SERVICE] == 0 ? world.no_list : world.others;
}

static struct svct_subject subject_of(const unsigned v[DIMENSIONS])
{
    const struct svct_role *roles[] = {&world.admin, &world.ops, &world.viewer};
    const struct svct_role *caps[] = {NULL, &world.ops, &world.none};

    return (struct svct_subject){
        .account = &world.account,
        .role = roles[v[ROLE]],
        .token = v[PRESENTED] == 2 ? NULL : &world.token,
        .cap = v[PRESENTED] == 2 ? NULL : caps[v[CAP]],
    };
}

static struct svct_facts facts_of(const unsigned v[DIMENSIONS])
{
    static const enum svct_proof proofs[] = {SVCT_PROOF_MATCHED,
                                             SVCT_PROOF_NONE, SVCT_PROOF_FORMER,
                                             SVCT_PROOF_FORMER};

    return (struct svct_facts){
        .phase = v[PHASE] == 0 ? SVCT_PHASE_TOKEN : SVCT_PHASE_ACCOUNT,
        .proof = proofs[v[PROOF]],
        .user = "deploy",
        .service = "sudo",
        .rhost = "192.0.2.7",
        .now = NOW,
        .committed = v[CLOCK] == 0 ? NOW : NOW + 301,
        .uses_known = v[T_USES] != 3,
        .uses = v[T_USES] == 2 ? 5 : 4,
        .min_place_set = v[DEMANDED] != 0,
        .min_place = v[DEMANDED] == 1 ? world.viewer.place : world.admin.place,
    };
}

static enum svct_verdict first_failed(const struct svct_trace *trace)
{
    for (size_t i = 0; i < trace->count; i++) {
        if (!trace->rule[i].passed)
            return trace->rule[i].reason;
    }
    return SVCT_GRANTED;
}

static void as_the_words_say(void **state)
{
    unsigned v[DIMENSIONS];
    size_t seen[SVCT_VERDICT_COUNT] = {0};

    (void)state;
    for (unsigned n = 0; n < COMBINATIONS; n++) {
        struct svct_subject subject;
        struct svct_facts facts;
        struct svct_trace trace;
        enum svct_verdict verdict, traced, expected;

        digits_of(n, v);
        set_account(v);
        set_token(v);
        subject = subject_of(v);
        facts = facts_of(v);
        expected = naive_decision(v);
        verdict = svct_policy_decide(&subject, &facts, NULL);
        traced = svct_policy_decide(&subject, &facts, &trace);
        if (verdict != expected || traced != expected ||
            first_failed(&trace) != expected)
            fail_msg("combination %u: %s, with a trace %s, not %s", n,
                     svct_verdict_name(verdict), svct_verdict_name(traced),
                     svct_verdict_name(expected));
        granted[n] = verdict == SVCT_GRANTED;
        seen[verdict]++;
    }
    /* Each verdict of the decision came up. */
    for (int i = SVCT_GRANTED; i < SVCT_VERDICT_COUNT; i++)
        assert_true(i == SVCT_TOKEN_MALFORMED || seen[i] > 0);
}

/* A restriction added to what is refused: still refused. */
static void restrictions_only_narrow(void **state)
{
    unsigned v[DIMENSIONS];
    size_t narrowed = 0;

    (void)state;
    for (unsigned n = 0; n < COMBINATIONS; n++) {
        unsigned step = 1;

        digits_of(n, v);
        for (unsigned d = 0; d < DIMENSIONS; step *= sizes[d], d++) {
            unsigned last = d < FIRST_RESTRICTION ? v[d] : sizes[d] - 1;

            for (unsigned k = 1; v[d] + k <= last; k++) {
                if (!granted[n] && granted[n + k * step])
                    fail_msg("combination %u, dimension %u", n, d);
                narrowed += granted[n] && !granted[n + k * step];
            }
        }
    }
    assert_true(narrowed > 0);
}

/* Nothing is granted when any part of a good case is zeroed. */
static void zeroed_parts_refuse(void **state)
{
    static const unsigned best[DIMENSIONS] = {0};
    struct svct_account no_account = {0};
    struct svct_token no_token = {0};
    struct svct_role no_role = {0};
    struct svct_facts no_facts = {0};
    struct svct_facts facts = facts_of(best);
    struct svct_subject good, bad;

    (void)state;
    set_account(best);
    set_token(best);
    good = subject_of(best);
    assert_int_equal(svct_policy_decide(&good, &facts, NULL), SVCT_GRANTED);
    assert_int_not_equal(svct_policy_decide(&good, &no_facts, NULL),
                         SVCT_GRANTED);
    bad = good;
    bad.account = &no_account;
    assert_int_not_equal(svct_policy_decide(&bad, &facts, NULL), SVCT_GRANTED);
    bad = good;
    bad.token = &no_token;
    assert_int_not_equal(svct_policy_decide(&bad, &facts, NULL), SVCT_GRANTED);
    bad = good;
    bad.role = &no_role;
    assert_int_not_equal(svct_policy_decide(&bad, &facts, NULL), SVCT_GRANTED);
    memset(&bad, 0, sizeof(bad));
    assert_int_not_equal(svct_policy_decide(&bad, &facts, NULL), SVCT_GRANTED);
}

/* Any bytes in the numbers and enums of the facts: a verdict, the same with
 * and without a trace, and a grant only for what the words demand of them. */
static void any_facts_give_a_verdict(void **state)
{
    static const unsigned best[DIMENSIONS] = {0};
    struct svct_subject subject;
    uint64_t seed = 88172645463325252u;
    size_t yes = 0;

    (void)state;
    set_account(best);
    set_token(best);
    subject = subject_of(best);
    world.token.expires = SVCT_TIME_NEVER;
    for (int round = 0; round < 200000; round++) {
        struct svct_facts facts = facts_of(best);
        struct svct_trace trace;
        enum svct_verdict verdict;
        uint8_t junk[32];

        for (size_t i = 0; i < sizeof(junk); i++) {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            junk[i] = (uint8_t)(seed >> 32);
        }
        memcpy(&facts.phase, junk, junk[31] & 1 ? sizeof(facts.phase) : 0);
        memcpy(&facts.proof, junk + 4, junk[31] & 2 ? sizeof(facts.proof) : 0);
        memcpy(&facts.now, junk + 8, junk[31] & 4 ? 5 : 0);
        memcpy(&facts.committed, junk + 16, junk[31] & 8 ? 4 : 0);
        memcpy(&facts.now, junk + 8, junk[31] & 16 ? 8 : 0);
        verdict = svct_policy_decide(&subject, &facts, NULL);
        assert_int_equal(svct_policy_decide(&subject, &facts, &trace), verdict);
        if (verdict != SVCT_GRANTED)
            continue;
        yes++;
        assert_true(facts.phase == SVCT_PHASE_TOKEN ||
                    facts.phase == SVCT_PHASE_ACCOUNT);
        assert_true(facts.phase == SVCT_PHASE_ACCOUNT ||
                    (facts.proof == SVCT_PROOF_MATCHED && facts.now >= NOW &&
                     facts.now <= SVCT_TIME_MAX &&
                     facts.committed - 300 <= facts.now));
    }
    assert_true(yes > 0 && yes < 200000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_the_words_say),
        cmocka_unit_test(restrictions_only_narrow),
        cmocka_unit_test(zeroed_parts_refuse),
        cmocka_unit_test(any_facts_give_a_verdict),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
