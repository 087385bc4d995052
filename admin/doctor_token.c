/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "auth/terms.h"
#include "auth/timefmt.h"
#include "doctor_accounts.h"
#include "lastuse.h"

#define LONG_AGO (INT64_C(90) * 86400) /* seconds; "90d" in the words */

enum {
    TOKEN_NO_EXPIRY,
    TOKEN_UNUSED,
    TOKEN_EXPIRING,
    TOKEN_ENDED,
    TOKEN_ANYWHERE,
    TOKEN_CLOSED,
    TOKEN_USE_UNKNOWN
};

static const struct svct_finding_kind kinds[] = {
    [TOKEN_NO_EXPIRY] = {"token_no_expiry", SVCT_SEVERITY_NOTE,
                         "Whoever has copied such a token has the account for "
                         "ever. A token with an end can be rotated by a "
                         "program."},
    [TOKEN_UNUSED] = {"token_unused", SVCT_SEVERITY_NOTE,
                      "Nobody will miss what nobody uses, but whoever finds "
                      "such a token can use it."},
    [TOKEN_EXPIRING] = {"token_expiring", SVCT_SEVERITY_WARNING,
                        "What uses such a token will be refused from then "
                        "on."},
    [TOKEN_ENDED] = {"token_ended", SVCT_SEVERITY_NOTE,
                     "They open nothing and make every change slower."},
    [TOKEN_ANYWHERE] = {"token_anywhere", SVCT_SEVERITY_NOTE,
                        "A copied token that lets its account become root is "
                        "good from every address. A list of sources, on "
                        "account or token, limits that."},
    [TOKEN_CLOSED] = {"token_of_closed", SVCT_SEVERITY_NOTE,
                      "They open nothing as long as the account is disabled "
                      "or expired, and everything when that is taken back."},
    [TOKEN_USE_UNKNOWN] = {"token_use_unknown", SVCT_SEVERITY_UNKNOWN,
                           "Tokens that nobody uses can't be told from those "
                           "in use, and with a limit of uses they are "
                           "refused."},
    {NULL, SVCT_SEVERITY_NOTE, NULL},
};

struct walk {
    struct svct_doctor *doctor;
    const struct svct_doctor_accounts *accounts;
    struct svct_lastuse lastuse;
};

/* ---- tokens ---- */

static void count(struct walk *walk, int kind, const struct svct_token *token)
{
    svct_finding_example(
        svct_findings_of(&walk->doctor->findings, &kinds[kind]), "%s/%s",
        token->account, token->name);
}

static bool opens_rights(const struct walk *walk,
                         const struct svct_doctor_owner *owner,
                         const struct svct_token *token)
{
    const struct svct_doctor_roles *roles = &walk->accounts->roles;
    const struct svct_role *cap =
        token->cap[0] != '\0' ? svct_doctor_roles_find(roles, token->cap)
                              : NULL;

    return (owner->flags & SVCT_DOCTOR_ANYWHERE) && token->sources.count == 0 &&
           !token->sources.local &&
           svct_doctor_roles_lets(&roles->item[owner->role], cap,
                                  &token->services);
}

static void look_at_active(struct walk *walk,
                           const struct svct_doctor_owner *owner,
                           const struct svct_token_row *row)
{
    const struct svct_token *token = &row->token;
    int64_t now = walk->doctor->call->now;

    if (token->expires == SVCT_TIME_NEVER)
        count(walk, TOKEN_NO_EXPIRY, token);
    if (svct_terms_is_ending(svct_terms_begun(token), token->expires,
                             walk->accounts->policy.warn_before, now))
        count(walk, TOKEN_EXPIRING, token);
    if (svct_lastuse_unused(row, now, LONG_AGO))
        count(walk, TOKEN_UNUSED, token);
    if (opens_rights(walk, owner, token))
        count(walk, TOKEN_ANYWHERE, token);
}

/* As "token purge" sees it: what is disabled has not ended. */
static bool has_ended(const struct svct_token *token, int64_t until)
{
    return (token->revoked ? token->revoked_at : token->expires) <= until;
}

static void look_at_token(struct walk *walk,
                          const struct svct_doctor_owner *owner,
                          struct svct_token_row *row)
{
    int64_t now = walk->doctor->call->now;
    enum svct_token_state state;

    svct_lastuse_read(&walk->lastuse, row);
    state = svct_token_row_state(row, now);
    if (!(owner->flags & SVCT_DOCTOR_APIKEY) &&
        has_ended(&row->token, now - LONG_AGO))
        count(walk, TOKEN_ENDED, &row->token);
    if (state != SVCT_TOKEN_ACTIVE && state != SVCT_TOKEN_WAITS)
        return;
    if (owner->flags & SVCT_DOCTOR_CLOSED)
        count(walk, TOKEN_CLOSED, &row->token);
    else
        look_at_active(walk, owner, row);
}

static int see_token(void *arg, const struct svct_key *key,
                     struct svct_record *record)
{
    struct walk *walk = arg;
    struct svct_token_row row = {.use_known = false};
    const struct svct_doctor_owner *owner;
    int r = svct_token_decode(record, &row.token);

    (void)key;
    if (r < 0)
        return r;
    owner = svct_doctor_accounts_find(walk->accounts, row.token.account);
    if (owner == NULL)
        return SVCT_E_DAMAGED;
    look_at_token(walk, owner, &row);
    return 0;
}

/* ---- words ---- */

static const char *verb(const struct svct_finding *finding, const char *one,
                        const char *many)
{
    return finding->count == 1 ? one : many;
}

static struct svct_finding *say(struct walk *walk, int kind, const char *one,
                                const char *many)
{
    struct svct_finding *finding =
        svct_findings_there(&walk->doctor->findings, &kinds[kind]);

    if (finding != NULL)
        svct_finding_say(finding, "%llu %s", (unsigned long long)finding->count,
                         verb(finding, one, many));
    return finding;
}

static void say_all(struct walk *walk)
{
    struct svct_finding *finding;
    char warn[40];

    say(walk, TOKEN_NO_EXPIRY, "active token never expires",
        "active tokens never expire");
    finding = say(walk, TOKEN_UNUSED, "token was not used for 90 days or more",
                  "tokens were not used for 90 days or more");
    if (finding != NULL)
        svct_finding_mend(finding, "svctoken token list --unused 90d");
    finding = say(walk, TOKEN_EXPIRING, "token is about to expire",
                  "tokens are about to expire");
    svct_duration_format(warn, sizeof(warn),
                         walk->accounts->policy.warn_before);
    if (finding != NULL)
        svct_finding_mend(finding, "svctoken token list --expiring %s", warn);
    finding = say(walk, TOKEN_ENDED, "token ended 90 days ago or more",
                  "tokens ended 90 days ago or more");
    if (finding != NULL)
        svct_finding_mend(finding, "svctoken token purge --older 90d");
    say(walk, TOKEN_ANYWHERE, "token opens sudo or the like, from any address",
        "tokens open sudo or the like, from any address");
    say(walk, TOKEN_CLOSED, "token is active, and its account is not",
        "tokens are active, and their accounts are not");
}

static void say_uses(struct walk *walk)
{
    const struct svct_lastuse *lastuse = &walk->lastuse;
    struct svct_findings *findings = &walk->doctor->findings;

    if (lastuse->code != 0)
        svct_findings_add(findings, &kinds[TOKEN_USE_UNKNOWN],
                          "when tokens were last used is not known: %s",
                          lastuse->fault.what);
    else if (lastuse->odd > 0)
        svct_finding_mend(
            svct_findings_add(findings, &kinds[TOKEN_USE_UNKNOWN],
                              "of %llu tokens it is not known when they were "
                              "last used",
                              (unsigned long long)lastuse->odd),
            "svctoken db verify");
}

/* ---- the check ---- */

static void run(struct svct_doctor *doctor)
{
    struct walk walk = {.doctor = doctor,
                        .accounts = svct_doctor_accounts(doctor)};
    struct svct_fault fault = {0};
    int r;

    if (walk.accounts == NULL)
        return;
    svct_lastuse_open(&walk.lastuse, doctor->dir_fd);
    r = svct_snapshot_each(doctor->snapshot, SVCT_KIND_TOKEN, see_token, &walk,
                           &fault);
    if (r < 0)
        svct_doctor_db_unread(doctor, r, &fault);
    else
        say_all(&walk);
    say_uses(&walk);
    svct_lastuse_close(&walk.lastuse);
}

const struct svct_doctor_check svct_doctor_token = {
    .name = "token",
    .summary = "tokens that never end, that nobody uses, that end soon",
    .kinds = kinds,
    .run = run,
};
