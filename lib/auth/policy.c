/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "auth/policy.h"

#include <string.h>

#include "auth/role.h"

static bool same_name(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* ---- two of the rules, which tell as well what must be known ---- */

static bool secret_right(const struct svct_subject *s,
                         const struct svct_facts *f)
{
    (void)s;
    return f->proof == SVCT_PROOF_MATCHED || f->proof == SVCT_PROOF_FORMER;
}

static bool token_own(const struct svct_subject *s, const struct svct_facts *f)
{
    return s->token != NULL && same_name(s->token->account, f->user);
}

/* ---- what must be so before any rule can be asked ---- */

/* The cap that is given is the one the token names: none for "". */
static bool cap_fits(const struct svct_token *token,
                     const struct svct_role *cap)
{
    return same_name(token->cap, cap != NULL ? cap->name : "");
}

/* Of a token that is refused for its secret or its account, before any rule
 * about roles, the cap need not be known. */
static bool cap_matters(const struct svct_subject *s,
                        const struct svct_facts *f)
{
    return f->phase == SVCT_PHASE_TOKEN && s->token != NULL &&
           secret_right(s, f) && token_own(s, f);
}

static bool phase_known(enum svct_phase phase)
{
    return phase == SVCT_PHASE_TOKEN || phase == SVCT_PHASE_ACCOUNT;
}

static bool is_decidable(const struct svct_subject *s,
                         const struct svct_facts *f)
{
    if (s == NULL || f == NULL || !phase_known(f->phase))
        return false;
    if (s->account == NULL || s->role == NULL)
        return false;
    if (!same_name(s->account->name, f->user) ||
        !same_name(s->account->role, s->role->name))
        return false;
    return !cap_matters(s, f) || cap_fits(s->token, s->cap);
}

/* ---- the other rules: true when they hold ---- */

/* "expires <= now is expired"; never is later than whatever a clock says. */
static bool not_expired(int64_t expires, int64_t now)
{
    return expires == SVCT_TIME_NEVER || expires > now;
}

static bool clock_is_sane(const struct svct_facts *f)
{
    if (f->now < 0 || f->now > SVCT_TIME_MAX)
        return false;
    return f->committed <= f->now ||
           f->committed - f->now <= SVCT_CLOCK_TOLERANCE;
}

static bool token_known(const struct svct_subject *s,
                        const struct svct_facts *f)
{
    (void)f;
    return s->token != NULL;
}

static bool clock_good(const struct svct_subject *s, const struct svct_facts *f)
{
    /* An account that does not expire needs no clock. */
    if (f->phase == SVCT_PHASE_ACCOUNT &&
        s->account->expires == SVCT_TIME_NEVER)
        return true;
    return clock_is_sane(f);
}

static bool account_enabled(const struct svct_subject *s,
                            const struct svct_facts *f)
{
    (void)f;
    return !s->account->disabled;
}

static bool account_current(const struct svct_subject *s,
                            const struct svct_facts *f)
{
    return not_expired(s->account->expires, f->now);
}

static bool account_source(const struct svct_subject *s,
                           const struct svct_facts *f)
{
    return svct_sources_match(&s->account->sources, f->rhost);
}

static bool token_unrevoked(const struct svct_subject *s,
                            const struct svct_facts *f)
{
    (void)f;
    return s->token != NULL && !s->token->revoked;
}

static bool token_enabled(const struct svct_subject *s,
                          const struct svct_facts *f)
{
    (void)f;
    return s->token != NULL && !s->token->disabled;
}

static bool token_begun(const struct svct_subject *s,
                        const struct svct_facts *f)
{
    return s->token != NULL && s->token->not_before <= f->now;
}

static bool token_current(const struct svct_subject *s,
                          const struct svct_facts *f)
{
    return s->token != NULL && not_expired(s->token->expires, f->now);
}

/* Without an overlap it ended with the rotation, whatever a clock says that
 * was set back since. */
static bool secret_current(const struct svct_subject *s,
                           const struct svct_facts *f)
{
    if (s->token == NULL)
        return false;
    return f->proof != SVCT_PROOF_FORMER ||
           (s->token->rotated &&
            s->token->former_until > s->token->rotated_at &&
            s->token->former_until > f->now);
}

static bool token_source(const struct svct_subject *s,
                         const struct svct_facts *f)
{
    return s->token != NULL && svct_sources_match(&s->token->sources, f->rhost);
}

static bool token_service(const struct svct_subject *s,
                          const struct svct_facts *f)
{
    return s->token != NULL &&
           (s->token->services.count == 0 ||
            svct_globs_match(&s->token->services, f->service));
}

static bool is_limited(const struct svct_subject *s, const struct svct_facts *f)
{
    return s->token == NULL || (s->token->max_uses != 0 && !f->use_taken);
}

static bool usage_there(const struct svct_subject *s,
                        const struct svct_facts *f)
{
    return !is_limited(s, f) || f->uses_known;
}

/* Uses that are not known are counted as 0: usage_there has refused them. */
static bool uses_left(const struct svct_subject *s, const struct svct_facts *f)
{
    uint32_t uses = f->uses_known ? f->uses : 0;

    if (!is_limited(s, f))
        return true;
    return s->token != NULL && uses < s->token->max_uses;
}

/* The cap that counts: without a token there is none. */
static const struct svct_role *cap_of(const struct svct_subject *s,
                                      const struct svct_facts *f)
{
    return f->phase == SVCT_PHASE_TOKEN && s->token != NULL ? s->cap : NULL;
}

static bool role_service(const struct svct_subject *s,
                         const struct svct_facts *f)
{
    const struct svct_role *cap = cap_of(s, f);

    return svct_role_allows(s->role, f->service) &&
           (cap == NULL || svct_role_allows(cap, f->service));
}

static bool role_high_enough(const struct svct_subject *s,
                             const struct svct_facts *f)
{
    return !f->min_place_set ||
           svct_role_place(s->role, cap_of(s, f)) >= f->min_place;
}

/* ---- their order ---- */

typedef bool rule_fn(const struct svct_subject *s, const struct svct_facts *f);

static const struct rule {
    enum svct_verdict reason;
    bool without_token; /* asked in the account phase too */
    rule_fn *holds;
} rules[] = {
    {SVCT_TOKEN_UNKNOWN, false, token_known},
    {SVCT_TOKEN_WRONG_SECRET, false, secret_right},
    {SVCT_TOKEN_OTHER_ACCOUNT, false, token_own},
    {SVCT_CLOCK_SUSPECT, true, clock_good},
    {SVCT_ACCOUNT_DISABLED, true, account_enabled},
    {SVCT_ACCOUNT_EXPIRED, true, account_current},
    {SVCT_ACCOUNT_SOURCE, true, account_source},
    {SVCT_TOKEN_REVOKED, false, token_unrevoked},
    {SVCT_TOKEN_DISABLED, false, token_enabled},
    {SVCT_TOKEN_NOT_YET_VALID, false, token_begun},
    {SVCT_TOKEN_EXPIRED, false, token_current},
    {SVCT_TOKEN_SUPERSEDED, false, secret_current},
    {SVCT_TOKEN_SOURCE, false, token_source},
    {SVCT_TOKEN_SERVICE, false, token_service},
    {SVCT_USAGE_UNAVAILABLE, false, usage_there},
    {SVCT_TOKEN_USED_UP, false, uses_left},
    {SVCT_ROLE_SERVICE, true, role_service},
    {SVCT_ROLE_TOO_LOW, true, role_high_enough},
};

#define RULES (sizeof(rules) / sizeof(rules[0]))

_Static_assert(RULES <= SVCT_VERDICT_COUNT, "a trace holds every rule");

static void note(struct svct_trace *trace, enum svct_verdict reason,
                 bool passed)
{
    if (trace != NULL)
        trace->rule[trace->count++] = (struct svct_rule){reason, passed};
}

enum svct_verdict svct_policy_decide(const struct svct_subject *subject,
                                     const struct svct_facts *facts,
                                     struct svct_trace *trace)
{
    enum svct_verdict verdict = SVCT_GRANTED;

    if (trace != NULL)
        *trace = (struct svct_trace){0};
    if (!is_decidable(subject, facts)) {
        note(trace, SVCT_UNDECIDED, false);
        return SVCT_UNDECIDED;
    }
    for (size_t i = 0; i < RULES; i++) {
        bool holds;

        if (facts->phase == SVCT_PHASE_ACCOUNT && !rules[i].without_token)
            continue;
        holds = rules[i].holds(subject, facts);
        note(trace, rules[i].reason, holds);
        if (!holds && verdict == SVCT_GRANTED)
            verdict = rules[i].reason;
        if (!holds && trace == NULL)
            break;
    }
    return verdict;
}

/* ---- words ---- */

static const struct words {
    const char *name, *text;
} words[SVCT_VERDICT_COUNT] = {
    [SVCT_UNDECIDED] = {"undecided", "no decision could be made"},
    [SVCT_GRANTED] = {"granted", "access is granted"},
    [SVCT_TOKEN_MALFORMED] = {"token_malformed",
                              "this is no token, or not all of one"},
    [SVCT_TOKEN_UNKNOWN] = {"token_unknown", "there is no such token"},
    [SVCT_TOKEN_WRONG_SECRET] = {"token_wrong_secret",
                                 "the secret of the token is wrong"},
    [SVCT_TOKEN_OTHER_ACCOUNT] = {"token_other_account",
                                  "the token belongs to another account"},
    [SVCT_CLOCK_SUSPECT] = {"clock_suspect",
                            "the clock is earlier than the last change of "
                            "the database"},
    [SVCT_ACCOUNT_DISABLED] = {"account_disabled", "the account is disabled"},
    [SVCT_ACCOUNT_EXPIRED] = {"account_expired", "the account has expired"},
    [SVCT_ACCOUNT_SOURCE] = {"account_source",
                             "the account may not log in from there"},
    [SVCT_TOKEN_REVOKED] = {"token_revoked", "the token is revoked"},
    [SVCT_TOKEN_DISABLED] = {"token_disabled", "the token is disabled"},
    [SVCT_TOKEN_NOT_YET_VALID] = {"token_not_yet_valid",
                                  "the token is not valid yet"},
    [SVCT_TOKEN_EXPIRED] = {"token_expired", "the token has expired"},
    [SVCT_TOKEN_SUPERSEDED] = {"token_superseded",
                               "the token has got a new secret since"},
    [SVCT_TOKEN_SOURCE] = {"token_source",
                           "the token may not be used from there"},
    [SVCT_TOKEN_SERVICE] = {"token_service",
                            "the token is not for this service"},
    [SVCT_USAGE_UNAVAILABLE] = {"usage_unavailable",
                                "the uses of the token can't be counted"},
    [SVCT_TOKEN_USED_UP] = {"token_used_up", "the token is used up"},
    [SVCT_ROLE_SERVICE] = {"role_service",
                           "the role does not allow this service"},
    [SVCT_ROLE_TOO_LOW] = {"role_too_low",
                           "the role is lower than this service demands"},
};

static const struct words *words_of(enum svct_verdict verdict)
{
    bool known = (unsigned)verdict < SVCT_VERDICT_COUNT;

    return &words[known ? verdict : SVCT_UNDECIDED];
}

const char *svct_verdict_name(enum svct_verdict verdict)
{
    return words_of(verdict)->name;
}

const char *svct_verdict_text(enum svct_verdict verdict)
{
    return words_of(verdict)->text;
}
