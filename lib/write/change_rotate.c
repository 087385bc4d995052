/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/change_rotate.h"

#include <string.h>

#include "auth/lookup.h"
#include "write/change_policy.h"
#include "write/edit.h"

/* ---- may it be rotated? ---- */

static int check_request(const struct svct_rotation *rotation,
                         struct svct_fault *fault)
{
    char most[32];

    if (!svct_edit_is_moment(rotation->now))
        return svct_fault_set(fault, SVCT_E_RANGE, 0,
                              "the clock shows no moment of the years 1970 "
                              "to 9999");
    if (rotation->overlap < 0 || rotation->overlap > SVCT_ROTATE_OVERLAP_MAX)
        return svct_fault_set(
            fault, SVCT_E_RANGE, 0,
            "the former secret can be taken for 0s to %s",
            svct_duration_format(most, sizeof most, SVCT_ROTATE_OVERLAP_MAX));
    if (rotation->new_expiry && !svct_edit_is_end(rotation->expires))
        return svct_fault_set(fault, SVCT_E_RANGE, 0,
                              "the new end is no moment of the years 1970 to "
                              "9999");
    return 0;
}

/* An API key gets no other token. */
static int revoked_fault(const struct svct_txn *txn,
                         const struct svct_token *token,
                         struct svct_fault *fault)
{
    struct svct_account account;
    int r = svct_lookup_account(svct_edit_view(txn), token->account, &account);

    if (r == 0 && account.apikey)
        return svct_fault_set(fault, SVCT_E_EXISTS, 0,
                              "the token %s/%s is revoked, for good: "
                              "\"apikey delete %s\" makes room for another "
                              "API key",
                              token->account, token->name, token->account);
    return svct_fault_set(fault, SVCT_E_EXISTS, 0,
                          "the token %s/%s is revoked, for good: make another",
                          token->account, token->name);
}

static int check_token(const struct svct_txn *txn,
                       const struct svct_token *token,
                       const struct svct_rotation *rotation,
                       struct svct_fault *fault)
{
    if (token->revoked)
        return revoked_fault(txn, token, fault);
    if (memcmp(token->hash, rotation->hash, sizeof token->hash) == 0)
        return svct_fault_set(fault, SVCT_E_EXISTS, 0,
                              "the token %s/%s has this very secret already",
                              token->account, token->name);
    if (!rotation->new_expiry && token->expires <= rotation->now)
        return svct_fault_set(fault, SVCT_E_RANGE, 0,
                              "the token %s/%s has expired: --ttl or "
                              "--expires gives it a new end",
                              token->account, token->name);
    return 0;
}

/* The end that it will have, whether new or as it was. */
static int check_end(const struct svct_token *token, int64_t now, int64_t end,
                     struct svct_fault *fault)
{
    if (end <= now)
        return svct_fault_set(fault, SVCT_E_RANGE, 0,
                              "the token would have expired already");
    if (token->not_before >= end)
        return svct_fault_set(fault, SVCT_E_RANGE, 0,
                              "the token would expire before it begins");
    return 0;
}

/* A new secret is as good as a new token: the policy counts from now on, or
 * one token could be carried past it for ever. */
static int check_policy(const struct svct_txn *txn, int64_t now, int64_t end,
                        struct svct_fault *fault)
{
    struct svct_fault wrong = {0};
    struct svct_policy policy;
    int r = svct_edit_get_policy(txn, &policy, fault);

    if (r != 0)
        return r;
    r = svct_change_policy_lifetime(&policy, now, end, &wrong);
    if (r == 0)
        return 0;
    return svct_fault_set(fault, r, 0,
                          "%.200s; --ttl or --expires gives it a new end",
                          wrong.what);
}

/* ---- rotating ---- */

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* No overflow: now is a moment, the overlap bounded. */
static int64_t former_end(const struct svct_token *token,
                          const struct svct_rotation *rotation, int64_t end)
{
    return earlier(rotation->now + rotation->overlap,
                   earlier(token->expires, end));
}

static void exchange(struct svct_token *token,
                     const struct svct_rotation *rotation, int64_t end)
{
    token->former_until = former_end(token, rotation, end);
    memcpy(token->former_hash, token->hash, sizeof token->hash);
    memcpy(token->hash, rotation->hash, sizeof token->hash);
    token->rotated = true;
    token->rotated_at = rotation->now;
    memset(token->rotated_by, 0, sizeof token->rotated_by);
    memcpy(token->rotated_by, rotation->actor,
           strnlen(rotation->actor, sizeof token->rotated_by - 1));
    token->expires = end;
}

/* The account of the token. That it lacks is damage: the token names it. */
static int get_account(const struct svct_txn *txn, const char *name,
                       struct svct_account *ret_account,
                       struct svct_fault *fault)
{
    int r = svct_edit_get_account(txn, name, ret_account, fault);

    if (r == SVCT_E_NOTFOUND)
        r = svct_edit_lookup_fault(fault, SVCT_E_DAMAGED, "service account",
                                   name);
    return r;
}

/* An API key is its account and its token: both end together. */
static int move_account_end(struct svct_txn *txn, struct svct_rotated *rotated,
                            struct svct_fault *fault)
{
    struct svct_account account;
    int r = get_account(txn, rotated->after.account, &account, fault);

    if (r != 0 || !account.apikey)
        return r;
    rotated->apikey = true;
    rotated->account_before = account.expires;
    account.expires = rotated->after.expires;
    return svct_edit_store_account(txn, &account, fault);
}

int svct_change_token_rotate(struct svct_txn *txn, const char *id,
                             const struct svct_rotation *rotation,
                             struct svct_rotated *ret_rotated,
                             struct svct_fault *fault)
{
    struct svct_rotated done = {.apikey = false};
    int64_t now = rotation->now, end = 0;
    int r = check_request(rotation, fault);

    if (r == 0)
        r = svct_edit_get_token(txn, id, &done.before, fault);
    if (r == 0)
        r = check_token(txn, &done.before, rotation, fault);
    if (r == 0) {
        end = rotation->new_expiry ? rotation->expires : done.before.expires;
        r = check_end(&done.before, now, end, fault);
    }
    if (r == 0)
        r = check_policy(txn, now, end, fault);
    if (r != 0)
        return r;
    done.after = done.before;
    exchange(&done.after, rotation, end);
    done.shortened = done.after.former_until < now + rotation->overlap;
    done.ended_one = done.before.rotated && done.before.former_until > now;
    r = svct_edit_store_token(txn, &done.after, fault);
    if (r == 0 && rotation->new_expiry)
        r = move_account_end(txn, &done, fault);
    if (r == 0)
        *ret_rotated = done;
    return r;
}

/* ---- taking it back ---- */

static void exchange_back(struct svct_token *token,
                          const struct svct_rotated *rotated)
{
    const struct svct_token *before = &rotated->before;

    memcpy(token->hash, before->hash, sizeof token->hash);
    token->rotated = before->rotated;
    memcpy(token->former_hash, before->former_hash, sizeof token->former_hash);
    token->former_until = before->former_until;
    token->rotated_at = before->rotated_at;
    memcpy(token->rotated_by, before->rotated_by, sizeof token->rotated_by);
    if (token->expires == rotated->after.expires)
        token->expires = before->expires;
}

static int restore_account_end(struct svct_txn *txn,
                               const struct svct_rotated *rotated,
                               struct svct_fault *fault)
{
    struct svct_account account;
    int r = get_account(txn, rotated->before.account, &account, fault);

    if (r != 0 || account.expires != rotated->after.expires)
        return r;
    account.expires = rotated->account_before;
    return svct_edit_store_account(txn, &account, fault);
}

int svct_change_token_unrotate(struct svct_txn *txn,
                               const struct svct_rotated *rotated,
                               struct svct_fault *fault)
{
    struct svct_token token;
    int r = svct_edit_get_token(txn, rotated->after.id, &token, fault);

    if (r != 0)
        return r;
    if (memcmp(token.hash, rotated->after.hash, sizeof token.hash) != 0)
        return svct_fault_set(fault, SVCT_E_EXISTS, 0,
                              "the token %s/%s has got another secret since",
                              token.account, token.name);
    exchange_back(&token, rotated);
    r = svct_edit_store_token(txn, &token, fault);
    if (r == 0 && rotated->apikey)
        r = restore_account_end(txn, rotated, fault);
    return r;
}
