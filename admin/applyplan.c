/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "applyplan.h"

#include "auth/digest.h"
#include "auth/timefmt.h"
#include "base/buf.h"
#include "linevalue.h"

/* ---- policy and roles ---- */

int svct_applyplan_policy(const struct svct_applywant *want,
                          const struct svct_policy *old,
                          struct svct_line *ret_line)
{
    struct svct_line line;

    svct_line_begin(&line, SVCT_LINE_POLICY);
    line.policy = *old;
    svct_line_merge(&want->line, &line);
    /* As "policy set": a maximum that tokens without expiry do not have to
     * keep would be none. */
    if (line.policy.max_ttl > 0 && !svct_line_given(&line, "allow_no_expiry"))
        line.policy.allow_no_expiry = false;
    *ret_line = line;
    return 0;
}

int svct_applyplan_role(const struct svct_applywant *want,
                        const struct svct_role *old, struct svct_line *ret_line,
                        struct svct_fault *fault)
{
    struct svct_line line;

    svct_line_begin(&line, SVCT_LINE_ROLE);
    if (old != NULL)
        line.role = *old;
    svct_line_merge(&want->line, &line);
    if (old == NULL && want->above[0] == '\0' &&
        !svct_line_given(&line, "place"))
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "the role %s is not there yet: give \"above\", "
                              "the role directly below, or \"place\"",
                              line.role.name);
    *ret_line = line;
    return 0;
}

/* ---- accounts ---- */

static int check_end(const char *what, int64_t expires, int64_t now,
                     struct svct_fault *fault)
{
    if (expires > now)
        return 0;
    return svct_fault_set(fault, SVCT_E_RANGE, 0,
                          "\"expires\" lies behind: a new %s would open "
                          "nothing; leave it out, or give another end",
                          what);
}

int svct_applyplan_account(const struct svct_applywant *want,
                           const struct svct_account *old,
                           const struct svct_applyby *by,
                           struct svct_line *ret_line, struct svct_fault *fault)
{
    struct svct_line line;
    int r = 0;

    svct_line_begin(&line, SVCT_LINE_ACCOUNT);
    if (old != NULL)
        line.account = *old;
    svct_line_merge(&want->line, &line);
    if (old == NULL)
        r = check_end("account", line.account.expires, by->now, fault);
    if (r == 0)
        *ret_line = line;
    return r;
}

/* ---- tokens ---- */

/* The end of an API key is its account's. */
static void follow_account(const struct svct_account *account,
                           struct svct_line *line)
{
    if (!account->apikey || svct_line_given(line, "expires") ||
        svct_line_given(line, "ttl"))
        return;
    svct_line_clear(line, "expires");
    line->token.expires = account->expires;
}

static int plan_new(const struct svct_applywant *want,
                    const struct svct_account *account,
                    const struct svct_applyby *by, struct svct_line *ret_line,
                    bool *ret_none, struct svct_fault *fault)
{
    struct svct_line line;
    int r = 0;

    svct_line_begin(&line, SVCT_LINE_TOKEN);
    svct_line_merge(&want->line, &line);
    memcpy(line.token.account, account->name, sizeof(line.token.account));
    line.ttl = want->line.ttl;
    follow_account(account, &line);
    *ret_none = want->revoked;
    if (want->revoked)
        return 0;
    if (!svct_line_given(&line, "hash") && want->generate[0] == '\0')
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "the token %s/%s is not there yet: give "
                              "\"generate\", the file that it is written to, "
                              "or its \"hash\" and \"id\"",
                              account->name, line.token.name);
    if (svct_line_given(&line, "expires"))
        r = check_end("token", line.token.expires, by->now, fault);
    if (r == 0)
        *ret_line = line;
    return r;
}

/* Nothing here gives a token another secret. */
static int check_secret(const struct svct_applywant *want,
                        const struct svct_token *old, struct svct_fault *fault)
{
    const struct svct_token *token = &want->line.token;
    char time[40];

    if (!svct_line_given(&want->line, "hash"))
        return 0;
    if (strcmp(token->id, old->id) != 0)
        return svct_fault_set(fault, SVCT_E_EXISTS, 0,
                              "the token %s/%s is there with the id %s: give "
                              "the new one another name",
                              old->account, old->name, old->id);
    if (svct_digest_equal(token->hash, old->hash))
        return 0;
    if (old->rotated)
        return svct_fault_set(
            fault, SVCT_E_EXISTS, 0,
            "the secret of %s/%s was rotated here at %s: "
            "give the hash that it has now, or leave out "
            "\"hash\" and \"id\"",
            old->account, old->name,
            svct_time_format(time, sizeof(time), old->rotated_at));
    return svct_fault_set(fault, SVCT_E_EXISTS, 0,
                          "the token %s/%s is there with another secret, and "
                          "no file replaces one: \"svctoken token rotate\" "
                          "does",
                          old->account, old->name);
}

static int check_revoked(const struct svct_applywant *want,
                         const struct svct_token *old, struct svct_fault *fault)
{
    char time[40];

    if (!old->revoked || want->revoked)
        return 0;
    return svct_fault_set(
        fault, SVCT_E_POLICY, 0,
        "the token %s/%s was revoked at %s, and never comes "
        "back: give the new one another name, or say "
        "\"revoked\": true, or leave it out",
        old->account, old->name,
        svct_time_format(time, sizeof(time), old->revoked_at));
}

/* Who revoked it, when and why stays what it was. */
static void set_revoked(const struct svct_applywant *want,
                        const struct svct_token *old,
                        const struct svct_applyby *by, struct svct_token *token)
{
    token->revoked = want->revoked;
    token->revoked_at = old->revoked ? old->revoked_at : by->now;
    if (old->revoked) {
        memcpy(token->revoked_by, old->revoked_by, sizeof(old->revoked_by));
        memcpy(token->revoked_reason, old->revoked_reason,
               sizeof(old->revoked_reason));
    } else {
        snprintf(token->revoked_by, sizeof(token->revoked_by), "%s", by->actor);
    }
    if (!token->revoked)
        token->revoked_at = 0;
    if (!token->revoked)
        token->revoked_by[0] = '\0';
}

int svct_applyplan_token(const struct svct_applywant *want,
                         const struct svct_account *account,
                         const struct svct_token *old,
                         const struct svct_applyby *by,
                         struct svct_line *ret_line, bool *ret_none,
                         struct svct_fault *fault)
{
    struct svct_line line;
    int r;

    if (old == NULL)
        return plan_new(want, account, by, ret_line, ret_none, fault);
    r = check_revoked(want, old, fault);
    if (r == 0)
        r = check_secret(want, old, fault);
    if (r != 0)
        return r;
    svct_line_begin(&line, SVCT_LINE_TOKEN);
    line.token = *old;
    svct_line_merge(&want->line, &line);
    line.ttl = 0; /* it was for the day when it was made */
    follow_account(account, &line);
    set_revoked(want, old, by, &line.token);
    *ret_none = false;
    *ret_line = line;
    return 0;
}

/* ---- the difference ---- */

#define VALUE_ROOM 8192

/* What is nobody's to see, is always the same, or says nothing by itself. */
static bool is_shown(const struct svct_linekey *key, bool is_new)
{
    static const char *const never[] = {
        "name",         "account",    "hash",       "ttl",        "builtin",
        "created",      "created_by", "revoked_at", "revoked_by", "former_hash",
        "former_until", "rotated_at", "rotated_by"};

    if (key->flags & SVCT_KEY_BACKUP)
        return false;
    for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
        if (strcmp(key->name, never[i]) == 0)
            return false;
    }
    return is_new || strcmp(key->name, "id") != 0;
}

/* No limit, not a limit of nothing. */
static bool is_null(const struct svct_linekey *key,
                    const struct svct_line *line)
{
    static const char *const names[] = {"not_before", "role_cap", "max_uses"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(key->name, names[i]) == 0)
            return svct_linevalue_is_empty(key, line);
    }
    return false;
}

static void write_value(const struct svct_linekey *key,
                        const struct svct_line *line, char *out, size_t size)
{
    struct svct_buf buf;

    svct_buf_init(&buf, out, size - 1);
    if (is_null(key, line))
        svct_buf_put(&buf, "null", 4);
    else if (svct_linevalue_write(key, line, &buf) != 0 || buf.failed)
        buf.len = 0;
    out[buf.len] = '\0';
    if (buf.len == 0)
        snprintf(out, size, "\"?\"");
}

static bool differ_key(const struct svct_linekey *key,
                       const struct svct_line *old,
                       const struct svct_line *line,
                       svct_applyplan_differ_fn *differ, void *arg)
{
    char was[VALUE_ROOM], is[VALUE_ROOM];

    if (old == NULL && !(key->flags & SVCT_KEY_ALWAYS) &&
        svct_linevalue_is_empty(key, line))
        return false;
    write_value(key, line, is, sizeof(is));
    if (old != NULL)
        write_value(key, old, was, sizeof(was));
    if (old != NULL && strcmp(was, is) == 0)
        return false;
    if (differ != NULL)
        differ(arg, key->name, old != NULL ? was : NULL, is);
    return true;
}

bool svct_applyplan_differs(const struct svct_line *old,
                            const struct svct_line *line,
                            svct_applyplan_differ_fn *differ, void *arg)
{
    const struct svct_linekey *keys = svct_line_keys(line->kind);
    bool differs = false;

    for (size_t i = 0; keys[i].name != NULL; i++) {
        if (is_shown(&keys[i], old == NULL) &&
            differ_key(&keys[i], old, line, differ, arg))
            differs = true;
    }
    if (line->kind != SVCT_LINE_TOKEN || old == NULL ||
        old->token.revoked == line->token.revoked)
        return differs;
    if (differ != NULL)
        differ(arg, "revoked", old->token.revoked ? "true" : "false",
               line->token.revoked ? "true" : "false");
    return true;
}
