/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "auth/verify.h"

#include "auth/lookup.h"
#include "auth/role.h"
#include "auth/secret.h"
#include "auth/sight.h"
#include "auth/use.h"
#include "base/buf.h"
#include "base/crc64.h"

/* The sight is open then, or closed. */
static int look(struct svct_sight *sight, const char *dir, const char *user,
                struct svct_ownership *ret_ownership, struct svct_fault *fault)
{
    struct svct_ownership ownership = {SVCT_WHOSE_NOT_OURS, false};
    int err = 0;

    if (user != NULL && svct_name_check_login(user) == 0) {
        err = svct_sight_open(sight, dir, user, fault);
        ownership.listed = sight->listed || sight->stored;
        if (err != 0)
            ownership.whose = SVCT_WHOSE_UNKNOWN;
        else if (sight->stored)
            ownership.whose = SVCT_WHOSE_OURS;
    }
    *ret_ownership = ownership;
    return err;
}

int svct_verify_whose(const char *dir, const char *user,
                      struct svct_ownership *ret_ownership,
                      struct svct_fault *fault)
{
    struct svct_sight sight = {.dir_fd = -1};
    int err = look(&sight, dir, user, ret_ownership, fault);

    svct_sight_close(&sight);
    return err;
}

/* That there is no memory to keep it in is no matter of whose it is. */
int svct_verify_look(const char *dir, const char *user,
                     struct svct_ownership *ret_ownership,
                     struct svct_sight **ret_sight, struct svct_fault *fault)
{
    struct svct_sight *sight = malloc(sizeof *sight);
    int err;

    *ret_sight = NULL;
    if (sight == NULL)
        return svct_verify_whose(dir, user, ret_ownership, fault);
    *sight = (struct svct_sight){.dir_fd = -1};
    err = look(sight, dir, user, ret_ownership, fault);
    svct_sight_suspend(sight);
    if (sight->snapshot != NULL)
        *ret_sight = sight;
    else
        free(sight);
    return err;
}

void svct_verify_end(struct svct_sight *sight)
{
    if (sight != NULL)
        svct_sight_close(sight);
    free(sight);
}

/* ---- what the decision needs ---- */

/* What is presented. A digest of NULL stands for "as if it were right". */
struct evidence {
    const char *token_id; /* NULL: no token, the account phase */
    const uint8_t *digest;
    bool login; /* a grant is used at once */
};

struct hearing {
    const struct svct_attempt *attempt;
    const struct evidence *evidence;
    bool all_rules; /* are to be judged, not the first that fails alone */
    struct svct_sight *sight; /* the one that was kept, or own */
    struct svct_sight own;
    struct svct_role role;
    struct svct_role cap;
    struct svct_token token;
    struct svct_subject subject;
    struct svct_facts facts;
    struct svct_fault usage_fault;
    struct svct_fault *fault;
};

static int hearing_failed(struct hearing *hearing, int err, const char *what,
                          const char *name)
{
    return svct_fault_set(hearing->fault, err, 0, "%s %s: %s", what, name,
                          svct_err_text(err));
}

/* A role that another record names: that it is not there is damage. */
static int load_role(struct hearing *hearing, const char *name,
                     struct svct_role *ret_role)
{
    int err = svct_lookup_role(hearing->sight->snapshot, name, ret_role);

    if (err == SVCT_E_NOTFOUND)
        err = SVCT_E_DAMAGED;
    return err == 0 ? 0 : hearing_failed(hearing, err, "role", name);
}

/* So many bytes take as long to be checked as a token's record, which has 256
 * as a rule, takes to be checked and taken apart (tests/campaigns/sidechannel). */
#define TAKEN_APART 500

_Static_assert(sizeof(struct svct_token) >= TAKEN_APART, "read from there");

static void check_bytes(const void *bytes, size_t len)
{
    volatile uint64_t unused = svct_crc64(0, bytes, len);

    (void)unused;
}

/*
 * Fetches the token. To find that there is none takes as many reads, of as many
 * places; bytes are checked that mean nothing, so that an unknown id costs the
 * work of a known one, too.
 */
static int load_token(struct hearing *hearing, bool *ret_found)
{
    const char *id = hearing->evidence->token_id;
    int err = svct_lookup_token(hearing->sight->snapshot, id, &hearing->token);

    *ret_found = err == 0;
    if (err == SVCT_E_NOTFOUND) {
        check_bytes(&hearing->token, TAKEN_APART);
        err = 0;
    }
    return err == 0 ? 0 : hearing_failed(hearing, err, "token", id);
}

/*
 * Compares with both hashes in every case, and only those of a token that was
 * found, and rotated, can match: a zero hash proves nothing.
 */
static enum svct_proof compare(const struct hearing *hearing, bool found)
{
    static const uint8_t nothing[SVCT_DIGEST_LEN];
    const struct svct_token *token = &hearing->token;
    const uint8_t *digest = hearing->evidence->digest;
    bool rotated = found && token->rotated;
    bool is_current, is_former;

    if (digest == NULL)
        return found ? SVCT_PROOF_MATCHED : SVCT_PROOF_NONE;
    is_current = svct_digest_equal(digest, found ? token->hash : nothing);
    is_former =
        svct_digest_equal(digest, rotated ? token->former_hash : nothing);
    if (found && is_current)
        return SVCT_PROOF_MATCHED;
    return rotated && is_former ? SVCT_PROOF_FORMER : SVCT_PROOF_NONE;
}

/* The secret is right, and the account's own. */
static bool is_proven(const struct hearing *hearing)
{
    const struct svct_token *token = hearing->subject.token;
    enum svct_proof proof = hearing->facts.proof;

    return token != NULL &&
           (proof == SVCT_PROOF_MATCHED || proof == SVCT_PROOF_FORMER) &&
           strcmp(token->account, hearing->sight->account.name) == 0;
}

/* Is what is known of the token more than that it is refused? Whoever has not
 * its secret must not cost more for a cap or a limit that it has. */
static bool is_judged(const struct hearing *hearing)
{
    return is_proven(hearing) || hearing->all_rules;
}

static int load_cap(struct hearing *hearing)
{
    int err;

    if (hearing->token.cap[0] == '\0' || !is_judged(hearing))
        return 0;
    err = load_role(hearing, hearing->token.cap, &hearing->cap);
    if (err == 0)
        hearing->subject.cap = &hearing->cap;
    return err;
}

static int load_evidence(struct hearing *hearing)
{
    bool found = false;
    int err;

    hearing->facts.phase = SVCT_PHASE_ACCOUNT;
    if (hearing->evidence->token_id == NULL)
        return 0;
    hearing->facts.phase = SVCT_PHASE_TOKEN;
    err = load_token(hearing, &found);
    if (err != 0)
        return err;
    hearing->facts.proof = compare(hearing, found);
    if (!found)
        return 0;
    hearing->subject.token = &hearing->token;
    return load_cap(hearing);
}

static int load_min_role(struct hearing *hearing)
{
    const char *name = hearing->attempt->min_role;
    struct svct_role role;
    int err;

    if (name == NULL)
        return 0;
    err = svct_lookup_role(hearing->sight->snapshot, name, &role);
    if (err == SVCT_E_NOTFOUND)
        return svct_fault_set(hearing->fault, SVCT_E_RANGE, 0,
                              "role=%s: there is no such role", name);
    if (err != 0)
        return hearing_failed(hearing, err, "role", name);
    hearing->facts.min_place_set = true;
    hearing->facts.min_place = role.place;
    return 0;
}

static void load_facts(struct hearing *hearing)
{
    const struct svct_attempt *attempt = hearing->attempt;

    hearing->facts.user = attempt->user;
    hearing->facts.service = attempt->service;
    hearing->facts.rhost = attempt->rhost;
    hearing->facts.now = attempt->now;
    hearing->facts.committed =
        svct_snapshot_meta(hearing->sight->snapshot)->committed;
}

static int load_all(struct hearing *hearing)
{
    const struct svct_attempt *attempt = hearing->attempt;
    const char *user = attempt->user;
    int err;

    if (user == NULL || svct_name_check_login(user) != 0)
        return svct_fault_set(hearing->fault, SVCT_E_NOTFOUND, 0,
                              "no service account can have this name");
    err = svct_sight_resume(hearing->sight, attempt->dir, user, hearing->fault);
    if (err != 0)
        return err;
    if (!hearing->sight->stored)
        return svct_fault_set(hearing->fault, SVCT_E_NOTFOUND, 0,
                              "there is no service account %s", user);
    err = load_role(hearing, hearing->sight->account.role, &hearing->role);
    if (err != 0)
        return err;
    hearing->subject.account = &hearing->sight->account;
    hearing->subject.role = &hearing->role;
    load_facts(hearing);
    err = load_evidence(hearing);
    return err != 0 ? err : load_min_role(hearing);
}

/* ---- uses ---- */

static bool is_limited(const struct hearing *hearing)
{
    return hearing->subject.token != NULL && hearing->token.max_uses != 0;
}

/* How often it was used; that this can't be told is a fact for the decision. */
static void load_uses(struct hearing *hearing)
{
    struct svct_facts *facts = &hearing->facts;

    facts->use_taken = hearing->attempt->use_taken;
    if (!is_limited(hearing) || facts->use_taken || !is_judged(hearing))
        return;
    facts->uses_known =
        svct_use_count(hearing->sight->dir_fd, hearing->token.slot,
                       hearing->token.id, &facts->uses,
                       &hearing->usage_fault) == 0;
}

/* What a granted login does; the verdict that remains. */
static enum svct_verdict use_token(struct hearing *hearing)
{
    const struct svct_attempt *attempt = hearing->attempt;
    const struct svct_use use = {.id = hearing->token.id,
                                 .slot = hearing->token.slot,
                                 .service = attempt->service,
                                 .rhost = attempt->rhost,
                                 .now = attempt->now};

    if (is_limited(hearing))
        return svct_use_take(hearing->sight->dir_fd, &use,
                             hearing->token.max_uses, &hearing->facts.uses,
                             &hearing->usage_fault);
    svct_use_note(hearing->sight->dir_fd, &use, &hearing->usage_fault);
    return SVCT_GRANTED;
}

/* ---- the decision and what is told of it ---- */

static enum svct_verdict decide(struct hearing *hearing,
                                struct svct_trace *trace)
{
    enum svct_verdict verdict;

    load_uses(hearing);
    verdict = svct_policy_decide(&hearing->subject, &hearing->facts, trace);
    if (verdict == SVCT_GRANTED && hearing->evidence->login)
        verdict = use_token(hearing);
    return verdict;
}

/* The secret before a rotation ends earlier than its token. */
static void report_former(const struct svct_token *token,
                          struct svct_outcome *outcome)
{
    outcome->superseded = true;
    outcome->superseded_until = token->former_until;
    if (token->former_until < outcome->expires)
        outcome->expires = token->former_until;
}

static void report(const struct hearing *hearing, enum svct_verdict verdict,
                   struct svct_outcome *outcome)
{
    const struct svct_account *account = &hearing->sight->account;
    const struct svct_token *token = hearing->subject.token;
    const struct svct_role *cap = NULL;

    outcome->verdict = verdict;
    outcome->expires = account->expires;
    svct_buf_text(outcome->account, sizeof outcome->account, account->name);
    if (is_proven(hearing)) {
        cap = hearing->subject.cap;
        svct_buf_text(outcome->token_name, sizeof outcome->token_name,
                      token->name);
        if (token->expires < outcome->expires)
            outcome->expires = token->expires;
        if (hearing->facts.proof == SVCT_PROOF_FORMER)
            report_former(token, outcome);
        outcome->max_uses = token->max_uses;
        outcome->uses = hearing->facts.uses;
        outcome->usage_fault = hearing->usage_fault;
    }
    svct_buf_text(outcome->role, sizeof outcome->role,
                  svct_role_lower(hearing->subject.role, cap)->name);
}

/* On the heap: it is too much for the stack of somebody else's thread. */
static int hear(const struct svct_attempt *attempt,
                const struct evidence *evidence, struct svct_outcome *outcome,
                struct svct_trace *trace, struct svct_fault *fault)
{
    struct hearing *hearing = calloc(1, sizeof *hearing);
    int err;

    if (hearing == NULL)
        return svct_fault_set(fault, SVCT_E_NOMEM, 0, "out of memory");
    hearing->attempt = attempt;
    hearing->evidence = evidence;
    hearing->all_rules = trace != NULL;
    hearing->fault = fault;
    hearing->own.dir_fd = -1;
    hearing->sight = attempt->sight != NULL ? attempt->sight : &hearing->own;
    err = load_all(hearing);
    if (err == 0)
        report(hearing, decide(hearing, trace), outcome);
    svct_sight_close(hearing->sight);
    free(hearing);
    return err;
}

/* What is known of a token, or nothing of any. */
static int hear_stored(const struct svct_attempt *attempt,
                       const struct evidence *evidence,
                       struct svct_outcome *ret_outcome,
                       struct svct_trace *trace, struct svct_fault *fault)
{
    struct svct_outcome outcome = {0};
    int err;

    memset(ret_outcome, 0, sizeof *ret_outcome);
    if (evidence->token_id != NULL)
        svct_buf_text(outcome.token_id, sizeof outcome.token_id,
                      evidence->token_id);
    err = hear(attempt, evidence, &outcome, trace, fault);
    if (err == 0)
        *ret_outcome = outcome;
    return err;
}

int svct_verify_explain(const struct svct_attempt *attempt,
                        const char *token_id, struct svct_outcome *ret_outcome,
                        struct svct_trace *trace, struct svct_fault *fault)
{
    struct evidence evidence = {token_id, NULL, false};

    return hear_stored(attempt, &evidence, ret_outcome, trace, fault);
}

int svct_verify_again(const struct svct_attempt *attempt, const char *token_id,
                      const uint8_t digest[SVCT_DIGEST_LEN],
                      struct svct_outcome *ret_outcome,
                      struct svct_fault *fault)
{
    struct evidence evidence = {token_id, digest, false};

    return hear_stored(attempt, &evidence, ret_outcome, NULL, fault);
}

/* No token by form: the one refusal that needs no database. */
static void refuse_malformed(const struct svct_attempt *attempt,
                             struct svct_outcome *outcome,
                             struct svct_trace *trace)
{
    outcome->verdict = SVCT_TOKEN_MALFORMED;
    if (attempt->user != NULL)
        svct_buf_text(outcome->account, sizeof outcome->account, attempt->user);
    if (trace == NULL)
        return;
    memset(trace, 0, sizeof *trace);
    trace->rule[0] = (struct svct_rule){SVCT_TOKEN_MALFORMED, false};
    trace->count = 1;
}

/* login: a grant is used at once. */
static int present(const struct svct_attempt *attempt, const char *text,
                   size_t len, bool login, struct svct_outcome *ret_outcome,
                   struct svct_trace *trace, struct svct_fault *fault)
{
    uint8_t digest[SVCT_DIGEST_LEN];
    struct svct_outcome outcome = {0};
    struct evidence evidence = {outcome.token_id, digest, login};
    int err;

    memset(ret_outcome, 0, sizeof *ret_outcome);
    if (svct_token_parse(text, len, outcome.token_id) != 0) {
        refuse_malformed(attempt, ret_outcome, trace);
        return 0;
    }
    err = svct_secret_setup();
    if (err != 0)
        return svct_fault_set(fault, err, 0, "libsodium can't be used");
    svct_digest_token(text, len, digest);
    err = hear(attempt, &evidence, &outcome, trace, fault);
    if (login && err == 0 && outcome.verdict == SVCT_GRANTED)
        memcpy(outcome.digest, digest, sizeof outcome.digest);
    svct_secret_wipe(digest, sizeof digest);
    if (err == 0)
        *ret_outcome = outcome;
    return err;
}

int svct_verify_explain_text(const struct svct_attempt *attempt,
                             const char *text, size_t len,
                             struct svct_outcome *ret_outcome,
                             struct svct_trace *trace, struct svct_fault *fault)
{
    return present(attempt, text, len, false, ret_outcome, trace, fault);
}

int svct_verify_token(const struct svct_attempt *attempt, const char *text,
                      size_t len, struct svct_outcome *ret_outcome,
                      struct svct_fault *fault)
{
    return present(attempt, text, len, true, ret_outcome, NULL, fault);
}
