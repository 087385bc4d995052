/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../support/dbmake.h"
#include "../support/privdir.h"
#include "auth/role.h"
#include "auth/secret.h"
#include "auth/usage.h"
#include "auth/verify.h"
#include "base/names.h"
#include "base/safefile.h"
#include "write/txn.h"

#define DB PRIVDIR "/db"
#define NAMES DB "/" SVCT_NAMES_FILE

static struct minted ci;
static struct svct_fault fault;
static struct svct_outcome outcome;
static const struct svct_outcome zeroed;

static int before_each(void **state)
{
    struct svct_account deploy = dbmake_account("deploy", "Editor");
    struct svct_account backup = dbmake_account("backup", "Viewer");
    struct svct_token token = dbmake_token("deploy", "ci");

    (void)state;
    dbmake_init(DB);
    dbmake_add_account(DB, &deploy);
    dbmake_add_account(DB, &backup);
    ci = dbmake_add_token(DB, &token);
    memset(&outcome, 0xff, sizeof outcome);
    memset(&fault, 0, sizeof fault);
    return 0;
}

static struct svct_attempt attempt_of(const char *user)
{
    return (struct svct_attempt){
        .dir = DB, .user = user, .service = "sshd", .now = time(NULL)};
}

static void failed_with(int err, int code)
{
    assert_int_equal(err, code);
    assert_int_equal(fault.code, code);
    assert_string_not_equal(fault.what, "");
    assert_memory_equal(&outcome, &zeroed, sizeof outcome);
}

static int present(const struct svct_attempt *attempt,
                   const struct minted *minted)
{
    char text[SVCT_TOKEN_LEN + 1];

    dbmake_unmask(minted, text);
    memset(&outcome, 0xff, sizeof outcome);
    return svct_verify_token(attempt, text, SVCT_TOKEN_LEN, &outcome, &fault);
}

/* Presents it for deploy, and demands the verdict. */
static void verdict_is(const struct minted *minted, enum svct_verdict verdict)
{
    struct svct_attempt attempt = attempt_of("deploy");

    assert_int_equal(present(&attempt, minted), 0);
    assert_string_equal(svct_verdict_name(outcome.verdict),
                        svct_verdict_name(verdict));
}

/* ---- whose login is it ---- */

static void whose_is(const char *user, int err, enum svct_whose whose,
                     bool listed)
{
    struct svct_ownership ownership;

    memset(&ownership, 0xff, sizeof ownership);
    assert_int_equal(svct_verify_whose(DB, user, &ownership, &fault), err);
    assert_int_equal(ownership.whose, whose);
    assert_int_equal(ownership.listed, listed);
}

static void ours_and_not_ours(void **state)
{
    (void)state;
    whose_is("deploy", 0, SVCT_WHOSE_OURS, true);
    whose_is("backup", 0, SVCT_WHOSE_OURS, true);
    whose_is("alice", 0, SVCT_WHOSE_NOT_OURS, false);
    whose_is("deplo", 0, SVCT_WHOSE_NOT_OURS, false);
}

/* Not even in a database that can't be read. */
static void illegal_names_are_not_ours(void **state)
{
    (void)state;
    privdir_remove(DB);
    whose_is(NULL, 0, SVCT_WHOSE_NOT_OURS, false);
    whose_is("", 0, SVCT_WHOSE_NOT_OURS, false);
    whose_is("De Ploy", 0, SVCT_WHOSE_NOT_OURS, false);
    whose_is("a23456789012345678901234567890123", 0, SVCT_WHOSE_NOT_OURS,
             false);
}

static void no_database(void **state)
{
    (void)state;
    assert_int_equal(unlink(DB "/current"), 0);
    whose_is("deploy", SVCT_E_NODB, SVCT_WHOSE_UNKNOWN, true);
    whose_is("alice", SVCT_E_NODB, SVCT_WHOSE_UNKNOWN, false);
    privdir_remove(DB);
    whose_is("deploy", SVCT_E_NODB, SVCT_WHOSE_UNKNOWN, false);
}

static void a_contradiction_is_damage(void **state)
{
    (void)state;
    privdir_write(NAMES, "alice\n"
                         "backup\n");
    whose_is("deploy", SVCT_E_DAMAGED, SVCT_WHOSE_UNKNOWN, true);
    whose_is("alice", SVCT_E_DAMAGED, SVCT_WHOSE_UNKNOWN, true);
    whose_is("backup", 0, SVCT_WHOSE_OURS, true);
    whose_is("bob", 0, SVCT_WHOSE_NOT_OURS, false);
    assert_int_equal(unlink(NAMES), 0);
    whose_is("deploy", SVCT_E_DAMAGED, SVCT_WHOSE_UNKNOWN, true);
    whose_is("bob", 0, SVCT_WHOSE_NOT_OURS, false);
}

/* Absence is not proven by half of the witnesses. */
static void one_of_two_unreadable(void **state)
{
    (void)state;
    privdir_write(NAMES, "no/name");
    whose_is("deploy", SVCT_E_DAMAGED, SVCT_WHOSE_UNKNOWN, true);
    whose_is("bob", SVCT_E_DAMAGED, SVCT_WHOSE_UNKNOWN, false);
    before_each(NULL);
    assert_int_equal(truncate(DB "/current/private.gdbm", 100), 0);
    whose_is("deploy", SVCT_E_DAMAGED, SVCT_WHOSE_UNKNOWN, true);
    whose_is("bob", SVCT_E_DAMAGED, SVCT_WHOSE_UNKNOWN, false);
}

/* ---- what a look has kept ---- */

static struct svct_sight *look_at(const char *user)
{
    struct svct_sight *sight = (void *)&fault; /* to be replaced */
    struct svct_ownership ownership;

    assert_int_equal(svct_verify_look(DB, user, &ownership, &sight, &fault), 0);
    return sight;
}

static void kept_of_an_account_alone(void **state)
{
    struct svct_sight *sight = look_at("deploy");

    (void)state;
    assert_non_null(sight);
    svct_verify_end(sight);
    svct_verify_end(NULL);
    assert_null(look_at("alice"));
    assert_null(look_at("Not Legal"));
}

/* Of one user it says nothing about another, and it is good for one decision:
 * the next one looks by itself. */
static void kept_of_another(void **state)
{
    struct svct_account backup = dbmake_account("backup", "Viewer");
    struct svct_attempt attempt = attempt_of("backup");

    (void)state;
    backup.disabled = true;
    dbmake_update_account(DB, &backup);
    attempt.sight = look_at("deploy");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            svct_verify_explain(&attempt, NULL, &outcome, NULL, &fault), 0);
        assert_string_equal(outcome.account, "backup");
        assert_int_equal(outcome.verdict, SVCT_ACCOUNT_DISABLED);
    }
    attempt.user = "deploy";
    assert_int_equal(present(&attempt, &ci), 0);
    assert_int_equal(outcome.verdict, SVCT_GRANTED);
    attempt.dir = PRIVDIR "/elsewhere";
    failed_with(present(&attempt, &ci), SVCT_E_NODB);
    svct_verify_end(attempt.sight);
}

static void an_unsafe_folder(void **state)
{
    (void)state;
    assert_int_equal(chmod(DB, 0775), 0);
    whose_is("deploy", SVCT_E_UNSAFE, SVCT_WHOSE_UNKNOWN, true);
    whose_is("alice", SVCT_E_UNSAFE, SVCT_WHOSE_UNKNOWN, false);
}

/* ---- a token ---- */

static void a_grant_tells_all(void **state)
{
    (void)state;
    verdict_is(&ci, SVCT_GRANTED);
    assert_string_equal(outcome.account, "deploy");
    assert_string_equal(outcome.token_id, ci.id);
    assert_string_equal(outcome.token_name, "ci");
    assert_string_equal(outcome.role, "Editor");
    assert_in_range(outcome.expires, time(NULL) + 3500, time(NULL) + 3600);
}

static void the_cap_and_the_earlier_end(void **state)
{
    struct svct_account deploy = dbmake_account("deploy", "Editor");
    struct svct_token token = dbmake_token("deploy", "capped");
    struct minted capped;

    (void)state;
    memcpy(token.cap, "Viewer", 7);
    capped = dbmake_add_token(DB, &token);
    deploy.expires = time(NULL) + 600;
    dbmake_update_account(DB, &deploy);
    verdict_is(&capped, SVCT_GRANTED);
    assert_string_equal(outcome.role, "Viewer");
    assert_int_equal(outcome.expires, deploy.expires);
}

/* Of a token that was not proven only the id is told: it was presented. */
static void an_unproven_token_tells_nothing(void **state)
{
    struct svct_token token = dbmake_token("backup", "nightly");
    struct minted theirs = dbmake_add_token(DB, &token);
    struct minted forged = dbmake_forge(ci.id);
    struct minted unknown = dbmake_forge("0000000000");

    (void)state;
    verdict_is(&forged, SVCT_TOKEN_WRONG_SECRET);
    assert_string_equal(outcome.token_id, ci.id);
    assert_string_equal(outcome.token_name, "");
    assert_string_equal(outcome.role, "Editor");
    assert_int_equal(outcome.expires, SVCT_TIME_NEVER);
    verdict_is(&theirs, SVCT_TOKEN_OTHER_ACCOUNT);
    assert_string_equal(outcome.token_name, "");
    assert_string_equal(outcome.role, "Editor");
    verdict_is(&unknown, SVCT_TOKEN_UNKNOWN);
    assert_string_equal(outcome.token_name, "");
}

/* The same for one that has a cap. */
static void an_unproven_capped_token(void **state)
{
    struct svct_token token = dbmake_token("deploy", "capped");
    struct minted forged;

    (void)state;
    memcpy(token.cap, "None", 5);
    dbmake_add_token(DB, &token);
    forged = dbmake_forge(token.id);
    verdict_is(&forged, SVCT_TOKEN_WRONG_SECRET);
    assert_string_equal(outcome.role, "Editor");
}

static void malformed_needs_no_database(void **state)
{
    static const char *const cases[] = {"", "hunter2", "svct_"};
    struct svct_attempt attempt = attempt_of("deploy");

    (void)state;
    privdir_remove(DB);
    for (size_t i = 0; i < 3; i++) {
        memset(&outcome, 0xff, sizeof outcome);
        assert_int_equal(svct_verify_token(&attempt, cases[i], strlen(cases[i]),
                                           &outcome, &fault),
                         0);
        assert_int_equal(outcome.verdict, SVCT_TOKEN_MALFORMED);
        assert_string_equal(outcome.token_id, "");
        assert_string_equal(outcome.role, "");
        assert_int_equal(outcome.expires, 0);
    }
}

static void errors_zero_the_outcome(void **state)
{
    struct svct_attempt attempt = attempt_of("deploy");

    (void)state;
    attempt.min_role = "Nonesuch";
    failed_with(present(&attempt, &ci), SVCT_E_RANGE);
    attempt = attempt_of("alice");
    failed_with(present(&attempt, &ci), SVCT_E_NOTFOUND);
    attempt = attempt_of("Not Legal");
    failed_with(present(&attempt, &ci), SVCT_E_NOTFOUND);
    attempt = attempt_of(NULL);
    failed_with(present(&attempt, &ci), SVCT_E_NOTFOUND);
    attempt = attempt_of("deploy");
    attempt.dir = DB "/nowhere";
    failed_with(present(&attempt, &ci), SVCT_E_NODB);
    privdir_write(NAMES, "backup\n");
    attempt.dir = DB;
    failed_with(present(&attempt, &ci), SVCT_E_DAMAGED);
}

static void delete_role(const char *name)
{
    struct svct_txn_options options = {.dir = DB, .holder = "verify_unit"};
    struct svct_key key = svct_key_role(name);
    struct svct_txn *txn;

    assert_int_equal(svct_txn_begin(&options, &txn, &fault), 0);
    assert_int_equal(svct_txn_delete(txn, SVCT_PART_PRIVATE, &key, &fault), 0);
    assert_int_equal(svct_txn_commit(txn, time(NULL), NULL, &fault), 0);
    svct_txn_free(txn);
}

/* A role that a record names must be there. */
static void a_missing_role_is_damage(void **state)
{
    struct svct_attempt attempt = attempt_of("deploy");
    struct svct_token token = dbmake_token("deploy", "capped");
    struct minted capped;

    (void)state;
    memcpy(token.cap, "Viewer", 7);
    capped = dbmake_add_token(DB, &token);
    delete_role("Viewer");
    failed_with(present(&attempt, &capped), SVCT_E_DAMAGED);
    verdict_is(&ci, SVCT_GRANTED);
    delete_role("Editor");
    failed_with(present(&attempt, &ci), SVCT_E_DAMAGED);
    memset(&outcome, 0xff, sizeof outcome);
    failed_with(svct_verify_explain(&attempt, NULL, &outcome, NULL, &fault),
                SVCT_E_DAMAGED);
}

static void least_roles(void **state)
{
    static const struct {
        const char *role;
        enum svct_verdict verdict;
    } cases[] = {
        {SVCT_ROLE_NONE, SVCT_GRANTED},
        {SVCT_ROLE_EDITOR, SVCT_GRANTED},
        {SVCT_ROLE_ADMIN, SVCT_ROLE_TOO_LOW},
    };
    struct svct_attempt attempt = attempt_of("deploy");

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        attempt.min_role = cases[i].role;
        assert_int_equal(present(&attempt, &ci), 0);
        assert_int_equal(outcome.verdict, cases[i].verdict);
        assert_int_equal(
            svct_verify_explain(&attempt, NULL, &outcome, NULL, &fault), 0);
        assert_int_equal(outcome.verdict, cases[i].verdict);
    }
}

/* Each call sees what was committed before it. */
static void commits_count_at_once(void **state)
{
    (void)state;
    verdict_is(&ci, SVCT_GRANTED);
    dbmake_revoke_token(DB, ci.id);
    verdict_is(&ci, SVCT_TOKEN_REVOKED);
    assert_string_equal(outcome.token_name, "ci");
}

/* ---- the secret before a rotation ---- */

static bool traced(const struct svct_trace *trace, enum svct_verdict reason,
                   bool passed)
{
    for (size_t i = 0; i < trace->count; i++)
        if (trace->rule[i].reason == reason)
            return trace->rule[i].passed == passed;
    return false;
}

static void a_former_secret_in_its_overlap(void **state)
{
    struct minted fresh = dbmake_rotate_token(DB, ci.id, 600);
    int64_t now = time(NULL);

    (void)state;
    verdict_is(&fresh, SVCT_GRANTED);
    assert_false(outcome.superseded);
    assert_int_equal(outcome.superseded_until, 0);
    verdict_is(&ci, SVCT_GRANTED);
    assert_true(outcome.superseded);
    assert_in_range(outcome.superseded_until, now + 590, now + 600);
    assert_int_equal(outcome.expires, outcome.superseded_until);
    assert_string_equal(outcome.token_name, "ci");
    assert_string_equal(outcome.role, "Editor");
}

static void a_former_secret_after_it(void **state)
{
    struct svct_attempt attempt = attempt_of("deploy");
    struct minted fresh = dbmake_rotate_token(DB, ci.id, 600);

    (void)state;
    attempt.now += 600;
    assert_int_equal(present(&attempt, &ci), 0);
    assert_int_equal(outcome.verdict, SVCT_TOKEN_SUPERSEDED);
    assert_true(outcome.superseded);
    assert_string_equal(outcome.token_name, "ci");
    assert_int_equal(present(&attempt, &fresh), 0);
    assert_int_equal(outcome.verdict, SVCT_GRANTED);
}

static void without_an_overlap_it_ends_at_once(void **state)
{
    struct minted fresh = dbmake_rotate_token(DB, ci.id, 0);

    (void)state;
    verdict_is(&ci, SVCT_TOKEN_SUPERSEDED);
    verdict_is(&fresh, SVCT_GRANTED);
}

/* Nor does a clock that is set back, by as little as is no reason to doubt
 * it, bring it back. */
static void without_an_overlap_no_clock_brings_it_back(void **state)
{
    struct minted fresh = dbmake_rotate_token(DB, ci.id, 0);
    struct svct_attempt attempt = attempt_of("deploy");

    (void)state;
    attempt.now -= 60;
    assert_int_equal(present(&attempt, &ci), 0);
    assert_int_equal(outcome.verdict, SVCT_TOKEN_SUPERSEDED);
    assert_int_equal(present(&attempt, &fresh), 0);
    assert_int_equal(outcome.verdict, SVCT_GRANTED);
    /* Within an overlap it is as good as before, by that clock too. */
    dbmake_rotate_token(DB, ci.id, 600);
    assert_int_equal(present(&attempt, &fresh), 0);
    assert_int_equal(outcome.verdict, SVCT_GRANTED);
    assert_true(outcome.superseded);
}

/* One former secret is known; the one before it is as wrong as any. */
static void a_secret_before_the_former_one(void **state)
{
    struct minted second = dbmake_rotate_token(DB, ci.id, 600);
    struct minted third = dbmake_rotate_token(DB, ci.id, 600);

    (void)state;
    verdict_is(&ci, SVCT_TOKEN_WRONG_SECRET);
    assert_false(outcome.superseded);
    assert_string_equal(outcome.token_name, "");
    verdict_is(&second, SVCT_GRANTED);
    assert_true(outcome.superseded);
    verdict_is(&third, SVCT_GRANTED);
    assert_false(outcome.superseded);
}

/* What is no secret of it at all stays wrong in the overlap. */
static void a_forged_secret_of_a_rotated_token(void **state)
{
    struct minted forged = dbmake_forge(ci.id);

    (void)state;
    dbmake_rotate_token(DB, ci.id, 600);
    verdict_is(&forged, SVCT_TOKEN_WRONG_SECRET);
    assert_false(outcome.superseded);
    assert_int_equal(outcome.superseded_until, 0);
    assert_string_equal(outcome.token_name, "");
}

/* A former secret is no way round the other rules, nor told to others. */
static void the_other_rules_hold_for_it(void **state)
{
    struct svct_attempt attempt = attempt_of("backup");

    (void)state;
    dbmake_rotate_token(DB, ci.id, 600);
    assert_int_equal(present(&attempt, &ci), 0);
    assert_int_equal(outcome.verdict, SVCT_TOKEN_OTHER_ACCOUNT);
    assert_false(outcome.superseded);
    assert_string_equal(outcome.token_name, "");
    dbmake_revoke_token(DB, ci.id);
    verdict_is(&ci, SVCT_TOKEN_REVOKED);
    assert_true(outcome.superseded);
}

/* "rotated" alone says whether there is a former hash: zeros are none. */
static void a_token_that_was_never_rotated(void **state)
{
    struct svct_trace trace;
    struct svct_attempt attempt = attempt_of("deploy");
    char text[SVCT_TOKEN_LEN + 1];

    (void)state;
    dbmake_unmask(&ci, text);
    assert_int_equal(svct_verify_explain_text(&attempt, text, SVCT_TOKEN_LEN,
                                              &outcome, &trace, &fault),
                     0);
    assert_false(outcome.superseded);
    assert_true(traced(&trace, SVCT_TOKEN_SUPERSEDED, true));
}

static void the_clock_against_the_commit(void **state)
{
    struct svct_attempt attempt = attempt_of("deploy");

    (void)state;
    dbmake_commit_at(DB, attempt.now + 300);
    assert_int_equal(present(&attempt, &ci), 0);
    assert_int_equal(outcome.verdict, SVCT_GRANTED);
    dbmake_commit_at(DB, attempt.now + 301);
    assert_int_equal(present(&attempt, &ci), 0);
    assert_int_equal(outcome.verdict, SVCT_CLOCK_SUSPECT);
}

/* ---- without a token, and explained ---- */

static void an_account(void **state)
{
    struct svct_attempt attempt = attempt_of("deploy");

    (void)state;
    assert_int_equal(
        svct_verify_explain(&attempt, NULL, &outcome, NULL, &fault), 0);
    assert_int_equal(outcome.verdict, SVCT_GRANTED);
    assert_string_equal(outcome.account, "deploy");
    assert_string_equal(outcome.token_id, "");
    assert_string_equal(outcome.token_name, "");
    assert_string_equal(outcome.role, "Editor");
    attempt.user = "alice";
    memset(&outcome, 0xff, sizeof outcome);
    failed_with(svct_verify_explain(&attempt, NULL, &outcome, NULL, &fault),
                SVCT_E_NOTFOUND);
}

static void explained(void **state)
{
    struct svct_attempt attempt = attempt_of("deploy");
    struct svct_trace trace;

    (void)state;
    attempt.service = "sudo";
    dbmake_revoke_token(DB, ci.id);
    assert_int_equal(
        svct_verify_explain(&attempt, ci.id, &outcome, &trace, &fault), 0);
    assert_int_equal(outcome.verdict, SVCT_TOKEN_REVOKED);
    assert_string_equal(outcome.token_name, "ci");
    assert_true(traced(&trace, SVCT_ACCOUNT_DISABLED, true));
    assert_true(traced(&trace, SVCT_TOKEN_REVOKED, false));
    assert_true(traced(&trace, SVCT_ROLE_SERVICE, false));
    assert_int_equal(
        svct_verify_explain(&attempt, NULL, &outcome, &trace, &fault), 0);
    assert_int_equal(outcome.verdict, SVCT_ROLE_SERVICE);
    assert_false(traced(&trace, SVCT_TOKEN_REVOKED, false));
    assert_int_equal(
        svct_verify_explain(&attempt, "0000000000", &outcome, &trace, &fault),
        0);
    assert_int_equal(outcome.verdict, SVCT_TOKEN_UNKNOWN);
}

static void explained_whole_texts(void **state)
{
    struct svct_attempt attempt = attempt_of("deploy");
    struct svct_trace trace;
    char text[SVCT_TOKEN_LEN + 1];

    (void)state;
    dbmake_unmask(&ci, text);
    assert_int_equal(svct_verify_explain_text(&attempt, text, SVCT_TOKEN_LEN,
                                              &outcome, &trace, &fault),
                     0);
    assert_int_equal(outcome.verdict, SVCT_GRANTED);
    assert_true(traced(&trace, SVCT_TOKEN_WRONG_SECRET, true));
    text[20] = text[20] == 'x' ? 'y' : 'x';
    assert_int_equal(svct_verify_explain_text(&attempt, text, SVCT_TOKEN_LEN,
                                              &outcome, &trace, &fault),
                     0);
    assert_int_equal(outcome.verdict, SVCT_TOKEN_MALFORMED);
    assert_int_equal(trace.count, 1);
    assert_true(traced(&trace, SVCT_TOKEN_MALFORMED, false));
}

/* Its role is read only when all rules are to be judged: a login that is refused
 * for its secret costs no more for a cap. */
static void the_cap_of_an_unproven_token(void **state)
{
    struct svct_attempt attempt = attempt_of("deploy");
    struct svct_token token = dbmake_token("deploy", "capped");
    struct svct_trace trace;
    struct minted forged;
    char text[SVCT_TOKEN_LEN + 1];

    (void)state;
    memcpy(token.cap, "None", 5);
    dbmake_add_token(DB, &token);
    forged = dbmake_forge(token.id);
    dbmake_unmask(&forged, text);
    assert_int_equal(svct_verify_explain_text(&attempt, text, SVCT_TOKEN_LEN,
                                              &outcome, &trace, &fault),
                     0);
    assert_int_equal(outcome.verdict, SVCT_TOKEN_WRONG_SECRET);
    assert_true(traced(&trace, SVCT_ROLE_SERVICE, false));
    delete_role("None");
    verdict_is(&forged, SVCT_TOKEN_WRONG_SECRET);
    failed_with(svct_verify_explain_text(&attempt, text, SVCT_TOKEN_LEN,
                                         &outcome, &trace, &fault),
                SVCT_E_DAMAGED);
}

/* ---- uses ---- */

static struct minted add_limited(const char *name, uint32_t max_uses)
{
    struct svct_token token = dbmake_token("deploy", name);

    token.max_uses = max_uses;
    return dbmake_add_token(DB, &token);
}

static void uses_are(uint32_t uses, uint32_t max_uses)
{
    assert_int_equal(outcome.uses, uses);
    assert_int_equal(outcome.max_uses, max_uses);
}

static void a_login_takes_a_use(void **state)
{
    struct minted two = add_limited("two", 2);

    (void)state;
    verdict_is(&two, SVCT_GRANTED);
    uses_are(1, 2);
    verdict_is(&two, SVCT_GRANTED);
    uses_are(2, 2);
    verdict_is(&two, SVCT_TOKEN_USED_UP);
    uses_are(2, 2);
    assert_int_equal(outcome.usage_fault.code, 0);
    verdict_is(&ci, SVCT_GRANTED);
    uses_are(0, 0);
}

/* "check" tells what a login would be told, and takes nothing. */
static void looking_takes_none(void **state)
{
    struct svct_attempt attempt = attempt_of("deploy");
    struct minted one = add_limited("one", 1);
    struct svct_trace trace;
    char text[SVCT_TOKEN_LEN + 1];

    (void)state;
    dbmake_unmask(&one, text);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(
            svct_verify_explain(&attempt, one.id, &outcome, &trace, &fault), 0);
        assert_int_equal(outcome.verdict, SVCT_GRANTED);
        uses_are(0, 1);
        assert_int_equal(svct_verify_explain_text(&attempt, text,
                                                  SVCT_TOKEN_LEN, &outcome,
                                                  &trace, &fault),
                         0);
        assert_int_equal(outcome.verdict, SVCT_GRANTED);
    }
    verdict_is(&one, SVCT_GRANTED);
    assert_int_equal(
        svct_verify_explain(&attempt, one.id, &outcome, &trace, &fault), 0);
    assert_int_equal(outcome.verdict, SVCT_TOKEN_USED_UP);
    assert_true(traced(&trace, SVCT_USAGE_UNAVAILABLE, true));
    assert_true(traced(&trace, SVCT_TOKEN_USED_UP, false));
    /* The account phase of the login that took it. */
    attempt.use_taken = true;
    assert_int_equal(
        svct_verify_explain(&attempt, one.id, &outcome, NULL, &fault), 0);
    assert_int_equal(outcome.verdict, SVCT_GRANTED);
}

/* Every other rule comes first, what the stack demands as well. */
static void a_refused_login_takes_none(void **state)
{
    struct svct_attempt attempt = attempt_of("deploy");
    struct minted one = add_limited("one", 1);
    struct minted forged = dbmake_forge(one.id);

    (void)state;
    verdict_is(&forged, SVCT_TOKEN_WRONG_SECRET);
    uses_are(0, 0);
    attempt.min_role = SVCT_ROLE_ADMIN;
    assert_int_equal(present(&attempt, &one), 0);
    assert_int_equal(outcome.verdict, SVCT_ROLE_TOO_LOW);
    attempt = attempt_of("deploy");
    attempt.service = "sudo";
    assert_int_equal(present(&attempt, &one), 0);
    assert_int_equal(outcome.verdict, SVCT_ROLE_SERVICE);
    attempt = attempt_of("backup");
    assert_int_equal(present(&attempt, &one), 0);
    assert_int_equal(outcome.verdict, SVCT_TOKEN_OTHER_ACCOUNT);
    verdict_is(&one, SVCT_GRANTED);
    uses_are(1, 1);
}

static void uses_that_cannot_be_counted(void **state)
{
    struct svct_attempt attempt = attempt_of("deploy");
    struct minted one = add_limited("one", 1);
    struct svct_trace trace;

    (void)state;
    assert_int_equal(unlink(DB "/usage"), 0);
    verdict_is(&one, SVCT_USAGE_UNAVAILABLE);
    uses_are(0, 1);
    assert_int_equal(outcome.usage_fault.code, SVCT_E_NOTFOUND);
    assert_string_equal(outcome.usage_fault.what, "usage is not there");
    assert_int_equal(
        svct_verify_explain(&attempt, one.id, &outcome, &trace, &fault), 0);
    assert_int_equal(outcome.verdict, SVCT_USAGE_UNAVAILABLE);
    assert_true(traced(&trace, SVCT_USAGE_UNAVAILABLE, false));
    /* A note that can't be written is told and costs nothing. */
    verdict_is(&ci, SVCT_GRANTED);
    assert_int_equal(outcome.usage_fault.code, SVCT_E_NOTFOUND);
}

/* A wrong secret of a token with a limit must not cost more than an unknown
 * id: then the file is not looked at. */
static void an_unproven_token_is_not_counted(void **state)
{
    struct minted one = add_limited("one", 1);
    struct minted forged = dbmake_forge(one.id);
    struct stat before, after;

    (void)state;
    assert_int_equal(unlink(DB "/usage"), 0);
    assert_int_equal(mkfifo(DB "/usage", 0600), 0);
    assert_int_equal(stat(DB "/usage", &before), 0);
    verdict_is(&forged, SVCT_TOKEN_WRONG_SECRET);
    assert_int_equal(outcome.usage_fault.code, 0);
    verdict_is(&one, SVCT_USAGE_UNAVAILABLE);
    assert_int_equal(outcome.usage_fault.code, SVCT_E_UNSAFE);
    assert_int_equal(stat(DB "/usage", &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
}

static int64_t milliseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Nor another account's: it would tell that the secret is right, by the time
 * that it takes, at the worst that of waiting for the lock. */
static void nor_is_that_of_another_account(void **state)
{
    struct svct_attempt attempt = attempt_of("backup");
    struct minted one = add_limited("one", 1);
    struct svct_usage usage;
    int64_t begin;
    int dir_fd;

    (void)state;
    assert_int_equal(svct_safefile_open_dir(DB, &dir_fd, &fault), 0);
    assert_int_equal(svct_usage_open(dir_fd, O_RDWR, &usage, &fault), 0);
    assert_int_equal(svct_usage_lock(&usage, 2, 0), 0);
    for (unsigned copy = 0; copy < SVCT_USAGE_COPIES; copy++)
        assert_int_equal(
            pwrite(usage.fd, "?", 1, (off_t)svct_usage_offset(2, copy) + 15),
            1);
    begin = milliseconds();
    assert_int_equal(present(&attempt, &one), 0);
    assert_int_equal(outcome.verdict, SVCT_TOKEN_OTHER_ACCOUNT);
    assert_true(milliseconds() - begin < 1500);
    begin = milliseconds();
    verdict_is(&one, SVCT_USAGE_UNAVAILABLE);
    assert_true(milliseconds() - begin >= 1500); /* it is that slot */
    svct_usage_close(&usage);
    close(dir_fd);
}

#define CASE(name) cmocka_unit_test_setup(name, before_each)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(ours_and_not_ours),
        CASE(illegal_names_are_not_ours),
        CASE(no_database),
        CASE(a_contradiction_is_damage),
        CASE(one_of_two_unreadable),
        CASE(an_unsafe_folder),
        CASE(kept_of_an_account_alone),
        CASE(kept_of_another),
        CASE(a_grant_tells_all),
        CASE(the_cap_and_the_earlier_end),
        CASE(an_unproven_token_tells_nothing),
        CASE(an_unproven_capped_token),
        CASE(malformed_needs_no_database),
        CASE(errors_zero_the_outcome),
        CASE(a_missing_role_is_damage),
        CASE(least_roles),
        CASE(commits_count_at_once),
        CASE(a_former_secret_in_its_overlap),
        CASE(a_former_secret_after_it),
        CASE(without_an_overlap_it_ends_at_once),
        CASE(without_an_overlap_no_clock_brings_it_back),
        CASE(a_secret_before_the_former_one),
        CASE(a_forged_secret_of_a_rotated_token),
        CASE(the_other_rules_hold_for_it),
        CASE(a_token_that_was_never_rotated),
        CASE(the_clock_against_the_commit),
        CASE(an_account),
        CASE(explained),
        CASE(explained_whole_texts),
        CASE(the_cap_of_an_unproven_token),
        CASE(a_login_takes_a_use),
        CASE(looking_takes_none),
        CASE(a_refused_login_takes_none),
        CASE(uses_that_cannot_be_counted),
        CASE(an_unproven_token_is_not_counted),
        CASE(nor_is_that_of_another_account),
    };
    const char *reason = NULL;

    if (!privdir_enter(&reason)) {
        printf("SKIPPED: verify_unit: %s\n", reason);
        return 77;
    }
    return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}
