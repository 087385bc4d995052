/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "explain.h"

#include "say.h"

/* What holds when a rule passes; for a failure svct_verdict_text has it. */
static const char *passed_text(enum svct_verdict reason, bool proven)
{
    switch (reason) {
    case SVCT_TOKEN_MALFORMED:
        return "it has the form of a token";
    case SVCT_TOKEN_UNKNOWN:
        return "there is a token with that id";
    case SVCT_TOKEN_WRONG_SECRET:
        return proven ? "the secret is right"
                      : "the secret is taken as right: none was asked for";
    case SVCT_TOKEN_OTHER_ACCOUNT:
        return "the token belongs to the user";
    case SVCT_CLOCK_SUSPECT:
        return "the time is not before the last change of the database";
    case SVCT_ACCOUNT_DISABLED:
        return "the account is enabled";
    case SVCT_ACCOUNT_EXPIRED:
        return "the account has not expired";
    case SVCT_ACCOUNT_SOURCE:
        return "the account may log in from there";
    case SVCT_TOKEN_REVOKED:
        return "the token is not revoked";
    case SVCT_TOKEN_DISABLED:
        return "the token is enabled";
    case SVCT_TOKEN_NOT_YET_VALID:
        return "the token has begun";
    case SVCT_TOKEN_EXPIRED:
        return "the token has not expired";
    case SVCT_TOKEN_SUPERSEDED:
        return "the secret is the present one of the token";
    case SVCT_TOKEN_SOURCE:
        return "the token may be used from there";
    case SVCT_TOKEN_SERVICE:
        return "the token may be used for the service";
    case SVCT_USAGE_UNAVAILABLE:
        return "the uses of the token can be counted";
    case SVCT_TOKEN_USED_UP:
        return "the token is not used up";
    case SVCT_ROLE_SERVICE:
        return "the role allows the service";
    case SVCT_ROLE_TOO_LOW:
        return "the role is as high as is demanded";
    default:
        return svct_verdict_text(reason);
    }
}

/* ---- the values ---- */

struct list {
    char *out;
    size_t size;
    size_t len;
};

static void list_add(struct list *list, const char *word)
{
    int len;

    if (list->len >= list->size)
        return;
    len = snprintf(list->out + list->len, list->size - list->len, "%s%s",
                   list->len > 0 ? ", " : "", word);
    list->len += len > 0 ? (size_t)len : 0;
}

static void say_sources(const struct svct_sources *sources, const char *rhost,
                        char *out, size_t size)
{
    char prefixes[200] = "", text[SVCT_CIDR_TEXT];
    struct list list = {prefixes, sizeof(prefixes), 0};

    if (sources->count == 0 && !sources->local) {
        snprintf(out, size, "no limit");
        return;
    }
    for (size_t i = 0; i < sources->count; i++)
        list_add(&list,
                 svct_cidr_format(text, sizeof(text), &sources->item[i]));
    if (sources->local)
        list_add(&list, "local");
    if (list.len >= sizeof(prefixes))
        memcpy(prefixes + sizeof(prefixes) - 4, "...", 4);
    snprintf(out, size, "%s; limit %s",
             rhost != NULL ? svct_say_bare(rhost).text : "no address",
             prefixes);
}

static void say_services(const struct svct_globs *globs, const char *service,
                         char *out, size_t size)
{
    char patterns[200] = "";
    struct list list = {patterns, sizeof(patterns), 0};

    if (globs->count == 0) {
        snprintf(out, size, "no limit");
        return;
    }
    for (size_t i = 0; i < globs->count; i++)
        list_add(&list, globs->item[i]);
    if (list.len >= sizeof(patterns))
        memcpy(patterns + sizeof(patterns) - 4, "...", 4);
    snprintf(out, size, "%s; limit %s", svct_say_bare(service).text, patterns);
}

/* Of a secret that is wrong the uses were not told. */
static void say_uses(const struct svct_explain *explain,
                     enum svct_verdict reason, char *out, size_t size)
{
    const struct svct_outcome *outcome = explain->outcome;

    if (explain->token->max_uses == 0)
        snprintf(out, size, "no limit");
    else if (outcome->max_uses == 0)
        return;
    else if (reason == SVCT_USAGE_UNAVAILABLE)
        snprintf(out, size, "%s", outcome->usage_fault.what);
    else if (outcome->usage_fault.code == 0)
        snprintf(out, size, "%lu of %lu uses", (unsigned long)outcome->uses,
                 (unsigned long)outcome->max_uses);
}

static void account_values(const struct svct_explain *explain,
                           enum svct_verdict reason, char *out, size_t size)
{
    const struct svct_account *account = explain->account;
    const struct svct_attempt *attempt = explain->attempt;

    if (account == NULL)
        return;
    if (reason == SVCT_ACCOUNT_EXPIRED)
        svct_out_time(out, size, account->expires, attempt->now);
    else if (reason == SVCT_ACCOUNT_SOURCE)
        say_sources(&account->sources, attempt->rhost, out, size);
}

static void token_values(const struct svct_explain *explain,
                         enum svct_verdict reason, char *out, size_t size)
{
    const struct svct_token *token = explain->token;
    const struct svct_attempt *attempt = explain->attempt;

    if (token == NULL)
        return;
    if (reason == SVCT_TOKEN_OTHER_ACCOUNT)
        snprintf(out, size, "%s", token->account);
    else if (reason == SVCT_TOKEN_EXPIRED)
        svct_out_time(out, size, token->expires, attempt->now);
    else if (reason == SVCT_TOKEN_NOT_YET_VALID && token->not_before != 0)
        svct_out_time(out, size, token->not_before, attempt->now);
    else if (reason == SVCT_TOKEN_REVOKED && token->revoked)
        svct_out_time(out, size, token->revoked_at, attempt->now);
    else if (reason == SVCT_TOKEN_SUPERSEDED && explain->superseded)
        svct_out_time(out, size, token->former_until, attempt->now);
    else if (reason == SVCT_TOKEN_SOURCE)
        say_sources(&token->sources, attempt->rhost, out, size);
    else if (reason == SVCT_TOKEN_SERVICE)
        say_services(&token->services, attempt->service, out, size);
    else if (reason == SVCT_USAGE_UNAVAILABLE || reason == SVCT_TOKEN_USED_UP)
        say_uses(explain, reason, out, size);
}

static void role_values(const struct svct_explain *explain,
                        enum svct_verdict reason, char *out, size_t size)
{
    const struct svct_attempt *attempt = explain->attempt;

    if (reason == SVCT_ROLE_SERVICE)
        snprintf(out, size, "%s, %s", explain->role,
                 svct_say_bare(attempt->service).text);
    else if (reason == SVCT_ROLE_TOO_LOW && attempt->min_role != NULL)
        snprintf(out, size, "%s, at least %s", explain->role,
                 attempt->min_role);
    else if (reason == SVCT_ROLE_TOO_LOW)
        snprintf(out, size, "none is demanded");
}

/* Without a token and an end of the account no time is compared. */
static bool needs_no_clock(const struct svct_explain *explain,
                           enum svct_verdict reason)
{
    return reason == SVCT_CLOCK_SUSPECT && explain->bare &&
           explain->account != NULL &&
           explain->account->expires == SVCT_TIME_NEVER;
}

/* The secret before a rotation. */
static const char *former_text(enum svct_verdict reason)
{
    if (reason == SVCT_TOKEN_WRONG_SECRET)
        return "the secret is the one from before the token was rotated";
    if (reason == SVCT_TOKEN_SUPERSEDED)
        return "the secret from before the rotation is still taken";
    return NULL;
}

static const char *rule_text(const struct svct_explain *explain,
                             const struct svct_rule *rule)
{
    if (!rule->passed)
        return svct_verdict_text(rule->reason);
    if (needs_no_clock(explain, rule->reason))
        return "no clock is needed: there is no token, and the account does "
               "not expire";
    if (explain->superseded && former_text(rule->reason) != NULL)
        return former_text(rule->reason);
    return passed_text(rule->reason, explain->proven);
}

void svct_explain_rule(const struct svct_explain *explain,
                       const struct svct_rule *rule,
                       struct svct_explain_row *ret_row)
{
    char values[256] = "";

    account_values(explain, rule->reason, values, sizeof(values));
    token_values(explain, rule->reason, values, sizeof(values));
    role_values(explain, rule->reason, values, sizeof(values));
    ret_row->reason = rule->reason;
    ret_row->passed = rule->passed;
    snprintf(ret_row->text, sizeof(ret_row->text), "%s%s%s",
             rule_text(explain, rule), values[0] != '\0' ? ": " : "", values);
}

/* ---- as rows ---- */

static void cell_rule(const void *row_, struct svct_cell *cell)
{
    const struct svct_explain_row *row = row_;

    cell->text = svct_verdict_name(row->reason);
}

static void cell_passed(const void *row_, struct svct_cell *cell)
{
    const struct svct_explain_row *row = row_;

    cell->truth = row->passed;
}

static void cell_result(const void *row_, struct svct_cell *cell)
{
    const struct svct_explain_row *row = row_;

    cell->text = row->passed ? "pass" : "FAIL";
}

static void cell_words(const void *row_, struct svct_cell *cell)
{
    const struct svct_explain_row *row = row_;

    cell->text = row->text;
}

const struct svct_column svct_explain_columns[] = {
    {"passed", SVCT_CELL_BOOL, SVCT_COLUMN_JSON, "PASSED", "did it hold?",
     cell_passed},
    {"result", SVCT_CELL_STATE, SVCT_COLUMN_LIST | SVCT_COLUMN_TEXT, "RESULT",
     "", cell_result},
    {"rule", SVCT_CELL_TEXT, SVCT_COLUMN_LIST, "RULE",
     "the reason of the refusal when it does not hold", cell_rule},
    {"text", SVCT_CELL_TEXT, SVCT_COLUMN_LIST | SVCT_COLUMN_WRAP, "WHY",
     "the same in words, with the values", cell_words},
    {NULL, SVCT_CELL_TEXT, 0, NULL, NULL, NULL},
};
