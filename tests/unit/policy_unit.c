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

#include <stdio.h>

#define NOW INT64_C(1800000000)

/* One case: all that is granted, to be spoilt in one place by each test. */
struct stage {
    struct svct_account account;
    struct svct_token token;
    struct svct_role role, cap;
    struct svct_subject subject;
    struct svct_facts facts;
};

static void set_text(char *out, size_t size, const char *text)
{
    assert_true((size_t)snprintf(out, size, "%s", text) < size);
}

#define SET(array, text) set_text(array, sizeof(array), text)

static void set_stage(struct stage *stage)
{
    memset(stage, 0, sizeof(*stage));
    assert_true(svct_role_builtin(3, &stage->role));
    assert_true(svct_role_builtin(2, &stage->cap));
    SET(stage->account.name, "deploy");
    SET(stage->account.role, "Admin");
    stage->account.expires = SVCT_TIME_NEVER;
    SET(stage->token.id, "0123456789");
    SET(stage->token.name, "ci");
    SET(stage->token.account, "deploy");
    stage->token.expires = NOW + 1;
    stage->subject = (struct svct_subject){
        .account = &stage->account,
        .role = &stage->role,
        .token = &stage->token,
    };
    stage->facts = (struct svct_facts){
        .phase = SVCT_PHASE_TOKEN,
        .proof = SVCT_PROOF_MATCHED,
        .user = "deploy",
        .service = "sshd",
        .rhost = "192.0.2.7",
        .now = NOW,
        .committed = NOW - 5,
    };
}

static void add_cap(struct stage *stage)
{
    SET(stage->token.cap, "Editor");
    stage->subject.cap = &stage->cap;
}

/* With and without a trace: the same. */
static enum svct_verdict decide(const struct stage *stage)
{
    struct svct_trace trace;
    enum svct_verdict verdict =
        svct_policy_decide(&stage->subject, &stage->facts, NULL);

    assert_int_equal(svct_policy_decide(&stage->subject, &stage->facts, &trace),
                     verdict);
    return verdict;
}

#define ASSERT_VERDICT(stage, verdict)                    \
    assert_string_equal(svct_verdict_name(decide(stage)), \
                        svct_verdict_name(verdict))

static void grants_what_is_good(void **state)
{
    struct stage stage;

    (void)state;
    set_stage(&stage);
    ASSERT_VERDICT(&stage, SVCT_GRANTED);
    add_cap(&stage);
    ASSERT_VERDICT(&stage, SVCT_GRANTED);
    stage.facts.phase = SVCT_PHASE_ACCOUNT;
    ASSERT_VERDICT(&stage, SVCT_GRANTED);
    stage.subject.token = NULL;
    stage.subject.cap = NULL;
    stage.facts.proof = SVCT_PROOF_NONE;
    ASSERT_VERDICT(&stage, SVCT_GRANTED);
}

static void zeros_refuse(void **state)
{
    struct stage stage;
    struct svct_subject subject = {0};
    struct svct_facts facts = {0};
    struct svct_trace trace;

    (void)state;
    set_stage(&stage);
    assert_int_equal(svct_policy_decide(NULL, NULL, NULL), SVCT_UNDECIDED);
    assert_int_equal(svct_policy_decide(&subject, &facts, NULL),
                     SVCT_UNDECIDED);
    assert_int_equal(svct_policy_decide(&stage.subject, NULL, NULL),
                     SVCT_UNDECIDED);
    assert_int_equal(svct_policy_decide(NULL, &stage.facts, &trace),
                     SVCT_UNDECIDED);
    assert_int_equal(svct_policy_decide(&stage.subject, &facts, NULL),
                     SVCT_UNDECIDED);
    assert_int_equal(svct_policy_decide(&subject, &stage.facts, NULL),
                     SVCT_UNDECIDED);
    assert_int_equal(trace.count, 1);
    assert_int_equal(trace.rule[0].reason, SVCT_UNDECIDED);
    assert_false(trace.rule[0].passed);
}

/* Everything given, but one record is all zeros (with the names that make it
 * belong there). */
static void zeroed_records_refuse(void **state)
{
    struct stage stage;

    (void)state;
    set_stage(&stage);
    memset(&stage.account, 0, sizeof(stage.account));
    ASSERT_VERDICT(&stage, SVCT_UNDECIDED);
    SET(stage.account.name, "deploy");
    SET(stage.account.role, "Admin");
    ASSERT_VERDICT(&stage, SVCT_ACCOUNT_EXPIRED);
    stage.facts.phase = SVCT_PHASE_ACCOUNT;
    ASSERT_VERDICT(&stage, SVCT_ACCOUNT_EXPIRED);

    set_stage(&stage);
    memset(&stage.token, 0, sizeof(stage.token));
    ASSERT_VERDICT(&stage, SVCT_TOKEN_OTHER_ACCOUNT);
    SET(stage.token.account, "deploy");
    ASSERT_VERDICT(&stage, SVCT_TOKEN_EXPIRED);

    set_stage(&stage);
    memset(&stage.role, 0, sizeof(stage.role));
    ASSERT_VERDICT(&stage, SVCT_UNDECIDED);
    SET(stage.role.name, "Admin");
    ASSERT_VERDICT(&stage, SVCT_ROLE_SERVICE);

    set_stage(&stage);
    add_cap(&stage);
    memset(&stage.cap, 0, sizeof(stage.cap));
    ASSERT_VERDICT(&stage, SVCT_UNDECIDED);
    SET(stage.cap.name, "Editor");
    ASSERT_VERDICT(&stage, SVCT_ROLE_SERVICE);
}

static void what_does_not_belong_together(void **state)
{
    struct stage stage;

    (void)state;
    set_stage(&stage);
    stage.subject.account = NULL;
    ASSERT_VERDICT(&stage, SVCT_UNDECIDED);
    set_stage(&stage);
    stage.subject.role = NULL;
    ASSERT_VERDICT(&stage, SVCT_UNDECIDED);
    set_stage(&stage);
    stage.facts.user = NULL;
    ASSERT_VERDICT(&stage, SVCT_UNDECIDED);
    set_stage(&stage);
    stage.facts.user = "other";
    ASSERT_VERDICT(&stage, SVCT_UNDECIDED);
    set_stage(&stage);
    SET(stage.account.role, "Viewer");
    ASSERT_VERDICT(&stage, SVCT_UNDECIDED);
}

static void caps_belong_to_their_token(void **state)
{
    struct stage stage;

    (void)state;
    set_stage(&stage);
    SET(stage.token.cap, "Editor"); /* lacks */
    ASSERT_VERDICT(&stage, SVCT_UNDECIDED);
    stage.facts.phase = SVCT_PHASE_ACCOUNT; /* no token, no cap */
    ASSERT_VERDICT(&stage, SVCT_GRANTED);
    set_stage(&stage);
    stage.subject.cap = &stage.cap; /* not asked for */
    ASSERT_VERDICT(&stage, SVCT_UNDECIDED);
    set_stage(&stage);
    add_cap(&stage);
    SET(stage.cap.name, "Viewer"); /* another */
    ASSERT_VERDICT(&stage, SVCT_UNDECIDED);
    set_stage(&stage);
    stage.subject.cap = &stage.cap;
    stage.subject.token = NULL; /* a cap of nothing */
    ASSERT_VERDICT(&stage, SVCT_TOKEN_UNKNOWN);
    stage.facts.phase = SVCT_PHASE_ACCOUNT;
    stage.cap.place = 0;
    ASSERT_VERDICT(&stage, SVCT_GRANTED);
}

/* It is refused before a rule looks at a role, whatever the cap. */
static void an_unproven_token_needs_no_cap(void **state)
{
    static const enum svct_proof right[] = {SVCT_PROOF_MATCHED,
                                            SVCT_PROOF_FORMER};
    struct stage stage;

    (void)state;
    set_stage(&stage);
    SET(stage.token.cap, "Editor"); /* lacks */
    stage.facts.proof = SVCT_PROOF_NONE;
    ASSERT_VERDICT(&stage, SVCT_TOKEN_WRONG_SECRET);
    SET(stage.token.account, "other");
    ASSERT_VERDICT(&stage, SVCT_TOKEN_WRONG_SECRET);
    for (size_t i = 0; i < 2; i++) {
        stage.facts.proof = right[i];
        SET(stage.token.account, "other");
        ASSERT_VERDICT(&stage, SVCT_TOKEN_OTHER_ACCOUNT);
        SET(stage.token.account, "deploy");
        ASSERT_VERDICT(&stage, SVCT_UNDECIDED);
    }
}

static void odd_enum_values_refuse(void **state)
{
    static const int odd[] = {-2147483647 - 1, -1, 3, 4, 99, 2147483647};
    struct stage stage;

    (void)state;
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        set_stage(&stage);
        memcpy(&stage.facts.phase, &odd[i], sizeof(odd[i]));
        ASSERT_VERDICT(&stage, SVCT_UNDECIDED);
        set_stage(&stage);
        memcpy(&stage.facts.proof, &odd[i], sizeof(odd[i]));
        ASSERT_VERDICT(&stage, SVCT_TOKEN_WRONG_SECRET);
    }
    set_stage(&stage);
    stage.facts.phase = SVCT_PHASE_NONE;
    ASSERT_VERDICT(&stage, SVCT_UNDECIDED);
}

static void what_is_presented(void **state)
{
    struct stage stage;

    (void)state;
    set_stage(&stage);
    SET(stage.token.account, "deplo");
    ASSERT_VERDICT(&stage, SVCT_TOKEN_OTHER_ACCOUNT);
    stage.facts.proof = SVCT_PROOF_NONE;
    ASSERT_VERDICT(&stage, SVCT_TOKEN_WRONG_SECRET);
    stage.subject.token = NULL;
    ASSERT_VERDICT(&stage, SVCT_TOKEN_UNKNOWN);
    stage.facts.proof = SVCT_PROOF_MATCHED;
    ASSERT_VERDICT(&stage, SVCT_TOKEN_UNKNOWN);
}

static void clock_bounds(void **state)
{
    static const struct {
        int64_t now, committed;
        bool sane;
    } cases[] = {
        {NOW, NOW, true},
        {NOW, NOW + 300, true},
        {NOW, NOW + 301, false},
        {NOW, 0, true},
        {NOW, INT64_MIN, true},
        {NOW, INT64_MAX, false},
        {0, 300, true},
        {0, 301, false},
        {-1, 0, false},
        {-1, INT64_MIN, false},
        {INT64_MIN, INT64_MAX, false},
        {INT64_MIN, INT64_MIN, false},
        {SVCT_TIME_MAX, NOW, true},
        {SVCT_TIME_MAX + 1, NOW, false},
        {INT64_MAX, INT64_MAX, false},
    };
    struct stage stage;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        set_stage(&stage);
        stage.token.expires = SVCT_TIME_NEVER;
        stage.facts.now = cases[i].now;
        stage.facts.committed = cases[i].committed;
        ASSERT_VERDICT(&stage,
                       cases[i].sane ? SVCT_GRANTED : SVCT_CLOCK_SUSPECT);
        stage.facts.phase = SVCT_PHASE_ACCOUNT;
        ASSERT_VERDICT(&stage, SVCT_GRANTED);
        stage.account.expires = SVCT_TIME_NEVER - 1;
        ASSERT_VERDICT(&stage,
                       cases[i].sane ? SVCT_GRANTED : SVCT_CLOCK_SUSPECT);
    }
}

static void ends_and_beginnings(void **state)
{
    struct stage stage;

    (void)state;
    set_stage(&stage);
    stage.token.expires = NOW;
    ASSERT_VERDICT(&stage, SVCT_TOKEN_EXPIRED);
    stage.token.expires = INT64_MIN;
    ASSERT_VERDICT(&stage, SVCT_TOKEN_EXPIRED);
    stage.token.expires = SVCT_TIME_NEVER;
    ASSERT_VERDICT(&stage, SVCT_GRANTED);
    stage.token.not_before = NOW;
    ASSERT_VERDICT(&stage, SVCT_GRANTED);
    stage.token.not_before = NOW + 1;
    ASSERT_VERDICT(&stage, SVCT_TOKEN_NOT_YET_VALID);
    stage.account.expires = NOW + 1;
    ASSERT_VERDICT(&stage, SVCT_TOKEN_NOT_YET_VALID);
    stage.account.expires = NOW;
    ASSERT_VERDICT(&stage, SVCT_ACCOUNT_EXPIRED);
}

static void switches(void **state)
{
    struct stage stage;

    (void)state;
    set_stage(&stage);
    stage.token.disabled = true;
    ASSERT_VERDICT(&stage, SVCT_TOKEN_DISABLED);
    stage.token.revoked = true;
    ASSERT_VERDICT(&stage, SVCT_TOKEN_REVOKED);
    stage.account.disabled = true;
    ASSERT_VERDICT(&stage, SVCT_ACCOUNT_DISABLED);
}

static void sources(void **state)
{
    static const char *const elsewhere[] = {NULL, "", "192.0.3.1", "host", ":"};
    struct stage stage;

    (void)state;
    set_stage(&stage);
    assert_int_equal(svct_sources_add(&stage.token.sources, "192.0.2.0/24"), 0);
    ASSERT_VERDICT(&stage, SVCT_GRANTED);
    for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++) {
        stage.facts.rhost = elsewhere[i];
        ASSERT_VERDICT(&stage, SVCT_TOKEN_SOURCE);
    }
    assert_int_equal(svct_sources_add(&stage.account.sources, "10.0.0.0/8"), 0);
    ASSERT_VERDICT(&stage, SVCT_ACCOUNT_SOURCE);
    stage.facts.rhost = "10.1.2.3"; /* both have to hold */
    ASSERT_VERDICT(&stage, SVCT_TOKEN_SOURCE);
    stage.facts.rhost = NULL;
    stage.account.sources.local = true;
    stage.token.sources.local = true;
    ASSERT_VERDICT(&stage, SVCT_GRANTED);
}

static void services(void **state)
{
    struct stage stage;

    (void)state;
    set_stage(&stage);
    stage.facts.service = NULL;
    ASSERT_VERDICT(&stage, SVCT_ROLE_SERVICE);
    stage.facts.service = "";
    ASSERT_VERDICT(&stage, SVCT_ROLE_SERVICE);
    assert_int_equal(svct_globs_add(&stage.token.services, "*"), 0);
    ASSERT_VERDICT(&stage, SVCT_TOKEN_SERVICE);
    stage.facts.service = "sudo";
    ASSERT_VERDICT(&stage, SVCT_GRANTED);
    add_cap(&stage); /* Editor refuses it, Admin's role does not */
    ASSERT_VERDICT(&stage, SVCT_ROLE_SERVICE);
    stage.token.services.count = SVCT_GLOBS_MAX + 1;
    ASSERT_VERDICT(&stage, SVCT_TOKEN_SERVICE);
}

static void demanded_places(void **state)
{
    struct stage stage;

    (void)state;
    set_stage(&stage);
    stage.facts.min_place_set = true;
    stage.facts.min_place = stage.role.place;
    ASSERT_VERDICT(&stage, SVCT_GRANTED);
    stage.facts.min_place++;
    ASSERT_VERDICT(&stage, SVCT_ROLE_TOO_LOW);
    add_cap(&stage);
    stage.facts.min_place = stage.cap.place;
    ASSERT_VERDICT(&stage, SVCT_GRANTED);
    stage.facts.min_place++;
    ASSERT_VERDICT(&stage, SVCT_ROLE_TOO_LOW);
    stage.facts.phase = SVCT_PHASE_ACCOUNT; /* knows the account's role only */
    ASSERT_VERDICT(&stage, SVCT_GRANTED);
    stage.facts.min_place = UINT16_MAX;
    ASSERT_VERDICT(&stage, SVCT_ROLE_TOO_LOW);
    stage.facts.min_place_set = false;
    ASSERT_VERDICT(&stage, SVCT_GRANTED);
}

static void former_secrets(void **state)
{
    struct stage stage;

    (void)state;
    set_stage(&stage);
    stage.facts.proof = SVCT_PROOF_FORMER;
    stage.token.former_until = NOW + 1;
    ASSERT_VERDICT(&stage, SVCT_TOKEN_SUPERSEDED); /* never rotated */
    stage.token.rotated = true;
    ASSERT_VERDICT(&stage, SVCT_GRANTED);
    stage.token.former_until = NOW;
    ASSERT_VERDICT(&stage, SVCT_TOKEN_SUPERSEDED);
    stage.facts.proof = SVCT_PROOF_MATCHED; /* the new one goes on */
    ASSERT_VERDICT(&stage, SVCT_GRANTED);
    stage.token.former_until = NOW + 1;
    stage.facts.proof = SVCT_PROOF_FORMER;
    stage.token.rotated_at = NOW; /* by a clock that was set back since */
    ASSERT_VERDICT(&stage, SVCT_GRANTED);
    stage.token.rotated_at = NOW + 1; /* without an overlap */
    ASSERT_VERDICT(&stage, SVCT_TOKEN_SUPERSEDED);
    stage.token.rotated_at = NOW;
    stage.token.expires = NOW; /* the token's own end counts for both */
    ASSERT_VERDICT(&stage, SVCT_TOKEN_EXPIRED);
}

static void limits_of_uses(void **state)
{
    struct stage stage;

    (void)state;
    set_stage(&stage);
    stage.token.max_uses = 2;
    ASSERT_VERDICT(&stage, SVCT_USAGE_UNAVAILABLE);
    stage.facts.uses = 1; /* means nothing unless it is known */
    ASSERT_VERDICT(&stage, SVCT_USAGE_UNAVAILABLE);
    stage.facts.uses_known = true;
    ASSERT_VERDICT(&stage, SVCT_GRANTED);
    stage.facts.uses = 2;
    ASSERT_VERDICT(&stage, SVCT_TOKEN_USED_UP);
    stage.facts.uses = UINT32_MAX;
    ASSERT_VERDICT(&stage, SVCT_TOKEN_USED_UP);
    stage.facts.use_taken = true; /* by this very login */
    ASSERT_VERDICT(&stage, SVCT_GRANTED);
    stage.facts.use_taken = false;
    stage.token.max_uses = 0;
    ASSERT_VERDICT(&stage, SVCT_GRANTED);
}

/* The whole of a trace, in order, failing rules and all. */
static void trace_shows_all_rules(void **state)
{
    static const enum svct_verdict in_account[] = {
        SVCT_CLOCK_SUSPECT,  SVCT_ACCOUNT_DISABLED, SVCT_ACCOUNT_EXPIRED,
        SVCT_ACCOUNT_SOURCE, SVCT_ROLE_SERVICE,     SVCT_ROLE_TOO_LOW,
    };
    struct stage stage;
    struct svct_trace trace;

    (void)state;
    set_stage(&stage);
    stage.account.disabled = true;
    stage.token.revoked = true;
    svct_policy_decide(&stage.subject, &stage.facts, &trace);
    assert_int_equal(trace.count, SVCT_ROLE_TOO_LOW - SVCT_TOKEN_MALFORMED);
    for (size_t i = 0; i < trace.count; i++) {
        enum svct_verdict reason = trace.rule[i].reason;

        assert_int_equal(reason, SVCT_TOKEN_UNKNOWN + (int)i);
        assert_int_equal(trace.rule[i].passed,
                         reason != SVCT_ACCOUNT_DISABLED &&
                             reason != SVCT_TOKEN_REVOKED);
    }
    stage.facts.phase = SVCT_PHASE_ACCOUNT;
    svct_policy_decide(&stage.subject, &stage.facts, &trace);
    assert_int_equal(trace.count, 6);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(trace.rule[i].reason, in_account[i]);
}

/* Without a token there is nothing the token's rules could pass on. */
static void trace_without_a_token(void **state)
{
    struct stage stage;
    struct svct_trace trace;

    (void)state;
    set_stage(&stage);
    stage.subject.token = NULL;
    assert_int_equal(svct_policy_decide(&stage.subject, &stage.facts, &trace),
                     SVCT_TOKEN_UNKNOWN);
    for (size_t i = 0; i < trace.count; i++) {
        const char *name = svct_verdict_name(trace.rule[i].reason);
        bool of_token = (strncmp(name, "token_", 6) == 0 &&
                         trace.rule[i].reason != SVCT_TOKEN_WRONG_SECRET) ||
                        trace.rule[i].reason == SVCT_USAGE_UNAVAILABLE;

        assert_int_equal(trace.rule[i].passed, !of_token);
    }
}

static void names_are_an_interface(void **state)
{
    static const char *const names[SVCT_VERDICT_COUNT] = {
        "undecided",           "granted",
        "token_malformed",     "token_unknown",
        "token_wrong_secret",  "token_other_account",
        "clock_suspect",       "account_disabled",
        "account_expired",     "account_source",
        "token_revoked",       "token_disabled",
        "token_not_yet_valid", "token_expired",
        "token_superseded",    "token_source",
        "token_service",       "usage_unavailable",
        "token_used_up",       "role_service",
        "role_too_low",
    };

    (void)state;
    for (int i = 0; i < SVCT_VERDICT_COUNT; i++) {
        assert_string_equal(svct_verdict_name((enum svct_verdict)i), names[i]);
        assert_true(strlen(svct_verdict_text((enum svct_verdict)i)) > 10);
        for (int k = 0; k < i; k++)
            assert_string_not_equal(svct_verdict_text((enum svct_verdict)i),
                                    svct_verdict_text((enum svct_verdict)k));
    }
    assert_string_equal(svct_verdict_name(SVCT_VERDICT_COUNT), "undecided");
    assert_string_equal(svct_verdict_text(SVCT_VERDICT_COUNT),
                        svct_verdict_text(SVCT_UNDECIDED));
}

static void names_of_no_verdict(void **state)
{
    enum svct_verdict odd;
    int value = -1;

    (void)state;
    memcpy(&odd, &value, sizeof(odd));
    assert_string_equal(svct_verdict_name(odd), "undecided");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grants_what_is_good),
        cmocka_unit_test(zeros_refuse),
        cmocka_unit_test(zeroed_records_refuse),
        cmocka_unit_test(what_does_not_belong_together),
        cmocka_unit_test(caps_belong_to_their_token),
        cmocka_unit_test(an_unproven_token_needs_no_cap),
        cmocka_unit_test(odd_enum_values_refuse),
        cmocka_unit_test(what_is_presented),
        cmocka_unit_test(clock_bounds),
        cmocka_unit_test(ends_and_beginnings),
        cmocka_unit_test(switches),
        cmocka_unit_test(sources),
        cmocka_unit_test(services),
        cmocka_unit_test(demanded_places),
        cmocka_unit_test(former_secrets),
        cmocka_unit_test(limits_of_uses),
        cmocka_unit_test(trace_shows_all_rules),
        cmocka_unit_test(trace_without_a_token),
        cmocka_unit_test(names_are_an_interface),
        cmocka_unit_test(names_of_no_verdict),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
