/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/bulk.h"

#include <string.h>

#include "auth/digest.h"
#include "auth/lookup.h"
#include "auth/policy.h"
#include "write/bulkstate.h"
#include "write/change_apikey.h"
#include "write/change_rotate.h"
#include "write/edit.h"
#include "write/issue.h"
#include "write/slots.h"

/* These are all that knows how slots are given out. */
static int give_slot(struct svct_bulk *bulk, struct svct_token *token,
                     struct svct_fault *fault)
{
    if (bulk->options.dry) {
        token->slot = token->max_uses == 0 ? 0 : SVCT_SLOT_MAX;
        return 0;
    }
    return svct_slots_give(bulk->txn, token, fault);
}

/* A token that gets a limit is not counted in the slot that it had without. */
static int count_from_now(struct svct_bulk *bulk, const struct svct_token *old,
                          struct svct_token *token, struct svct_fault *fault)
{
    if (token->max_uses == 0 || (old->max_uses != 0 && token->slot != 0))
        return 0;
    return bulk->options.dry ? give_slot(bulk, token, fault)
                             : svct_slots_renew(bulk->txn, token, fault);
}

int svct_bulk_slot_back(struct svct_bulk *bulk, uint32_t slot,
                        struct svct_fault *fault)
{
    if (bulk->options.dry || slot == 0)
        return 0;
    return svct_slots_take_back(bulk->txn, slot, fault);
}

/* One that is there, whatever the policy says now, lives no longer than it did,
 * and with the secret that it had. */
static bool lives_on(const struct svct_token *old,
                     const struct svct_token *token)
{
    return old != NULL && svct_digest_equal(old->hash, token->hash) &&
           token->expires <= old->expires &&
           token->not_before >= old->not_before;
}

/* One that can't open anything any more is a record only. And what a token has
 * already, it keeps: else it could not be disabled, nor get a limit. old: NULL
 * when it is new. */
static unsigned rules_for(const struct svct_bulk *bulk,
                          const struct svct_token *old,
                          const struct svct_token *token)
{
    unsigned rules = SVCT_ISSUE_FORM;

    if (bulk->options.exact || token->revoked ||
        token->expires <= bulk->options.now)
        return rules;
    if (!lives_on(old, token))
        rules |= SVCT_ISSUE_LIFETIME;
    if (old == NULL || strcmp(old->cap, token->cap) != 0)
        rules |= SVCT_ISSUE_CAP;
    return rules;
}

static int check_moments(const struct svct_token *token,
                         struct svct_fault *fault)
{
    bool good = true;

    if (token->revoked)
        good = svct_edit_is_moment(token->revoked_at) &&
               svct_name_check_text(token->revoked_by) == 0 &&
               svct_name_check_text(token->revoked_reason) == 0;
    if (token->rotated)
        good = good && svct_edit_is_moment(token->former_until) &&
               svct_edit_is_moment(token->rotated_at) &&
               svct_name_check_text(token->rotated_by) == 0;
    if (good && svct_name_check_text(token->created_by) == 0)
        return 0;
    return svct_fault_set(fault, SVCT_E_RANGE, 0,
                          "what is said about who did something to it and "
                          "when must be UTF-8, and moments of the years 1970 "
                          "to 9999");
}

/* As a rotation could have left it. One that lies ahead would keep all later
 * ones out. */
static int check_rotation(const struct svct_bulk *bulk,
                          const struct svct_token *token,
                          struct svct_fault *fault)
{
    char most[32];

    if (!token->rotated)
        return 0;
    if (svct_digest_equal(token->hash, token->former_hash))
        return svct_fault_set(fault, SVCT_E_RANGE, 0,
                              "the former hash is the present one: it must be "
                              "that of the secret before the rotation");
    if (token->rotated_at > bulk->options.now + SVCT_CLOCK_TOLERANCE)
        return svct_fault_set(fault, SVCT_E_RANGE, 0,
                              "the moment of the rotation lies ahead");
    if (token->former_until - token->rotated_at > SVCT_ROTATE_OVERLAP_MAX)
        return svct_fault_set(
            fault, SVCT_E_POLICY, 0,
            "the former secret is taken for at most %s after the rotation",
            svct_duration_format(most, sizeof most, SVCT_ROTATE_OVERLAP_MAX));
    return 0;
}

/* That it says to have been made long ago, or tomorrow, gives it no more. */
static int check_from_now(const struct svct_bulk *bulk,
                          const struct svct_token *token,
                          struct svct_fault *fault)
{
    struct svct_token later = *token;

    later.created = bulk->options.now;
    return svct_issue_check(bulk->txn, &bulk->account, &bulk->policy, &later,
                            SVCT_ISSUE_LIFETIME, fault);
}

static int check_cap_exists(const struct svct_bulk *bulk,
                            const struct svct_token *token,
                            struct svct_fault *fault)
{
    struct svct_role role;

    return token->cap[0] == '\0'
               ? 0
               : svct_edit_get_role(bulk->txn, token->cap, &role, fault);
}

static int check_apikey(const struct svct_bulk *bulk,
                        const struct svct_token *token, bool more,
                        struct svct_fault *fault)
{
    struct svct_account account = bulk->account;

    if (!more) /* it is the one that it has */
        account.tokens = 0;
    return svct_apikey_check_issue(&account, token, fault);
}

/* All that is asked of a token, but what others have. old: NULL when it adds
 * one. */
static int check(const struct svct_bulk *bulk, const struct svct_token *old,
                 const struct svct_token *token, struct svct_fault *fault)
{
    struct svct_policy policy = bulk->policy;
    unsigned rules = rules_for(bulk, old, token);
    bool more = old == NULL;
    int r;

    if (more)
        rules |= SVCT_ISSUE_COUNT;
    if (bulk->options.exact) /* the most that there can be still holds */
        policy.tokens_per_account = SVCT_TOKENS_PER_ACCOUNT_MAX;
    r = svct_issue_check(bulk->txn, &bulk->account, &policy, token, rules,
                         fault);
    if (r == 0)
        r = check_moments(token, fault);
    if (r == 0)
        r = check_cap_exists(bulk, token, fault);
    if (r == 0 && !bulk->options.exact)
        r = check_rotation(bulk, token, fault);
    if (r == 0 && (rules & SVCT_ISSUE_LIFETIME))
        r = check_from_now(bulk, token, fault);
    return r == 0 ? check_apikey(bulk, token, more, fault) : r;
}

static int add_token(struct svct_bulk *bulk, const struct svct_token *token,
                     struct svct_fault *fault)
{
    struct svct_token added = *token;
    int r;

    if (!bulk->options.exact) {
        added.slot = 0;
        added.extra.len = 0;
    }
    r = check(bulk, NULL, &added, fault);
    if (r == 0)
        r = svct_bulkstate_take_name(bulk, added.name, fault);
    if (r == 0 && added.slot == 0)
        r = give_slot(bulk, &added, fault);
    if (r == 0)
        r = svct_edit_store_token(bulk->txn, &added, fault);
    return r == 0 ? svct_bulkstate_append(bulk, added.id, fault) : r;
}

/* What a line does not say, and what it may not take back. */
static void keep(const struct svct_token *old, struct svct_token *token)
{
    token->slot = old->slot;
    token->extra = old->extra;
    if (!old->revoked)
        return;
    token->revoked = true;
    token->revoked_at = old->revoked_at;
    memcpy(token->revoked_by, old->revoked_by, sizeof old->revoked_by);
    memcpy(token->revoked_reason, old->revoked_reason,
           sizeof old->revoked_reason);
}

static int refuse_other(const struct svct_token *old, bool kept_revoked,
                        struct svct_fault *fault)
{
    return svct_fault_set(fault, SVCT_E_EXISTS, 0, "the token %s/%s %s",
                          old->account, old->name,
                          kept_revoked ? "is revoked here, and stays so"
                                       : "is there already, and differs");
}

/* Only the last one before is known here, and an old file may have any of
 * them: what does not say that it is later counts as earlier. */
static bool is_superseded(const struct svct_token *old,
                          const struct svct_token *token)
{
    return old->rotated && !svct_digest_equal(token->hash, old->hash) &&
           (svct_digest_equal(token->hash, old->former_hash) ||
            !token->rotated || token->rotated_at <= old->rotated_at);
}

static int refuse_superseded(const struct svct_token *old,
                             struct svct_fault *fault)
{
    char time[40];

    return svct_fault_set(
        fault, SVCT_E_POLICY, 0,
        "the secret of %s/%s was rotated here at %s, and nothing says that "
        "this one was rotated later: one from before stays superseded",
        old->account, old->name,
        svct_time_format(time, sizeof time, old->rotated_at));
}

static int replace_token(struct svct_bulk *bulk, const struct svct_token *old,
                         const struct svct_token *token,
                         enum svct_bulk_outcome *ret_outcome,
                         struct svct_fault *fault)
{
    struct svct_record_writer before, after;
    struct svct_token changed = *token;
    bool kept = old->revoked && !token->revoked;
    int r = 0;

    if (strcmp(old->account, token->account) != 0)
        return svct_fault_set(fault, SVCT_E_EXISTS, 0,
                              "the id %s is that of a token of \"%s\"",
                              token->id, old->account);
    if (is_superseded(old, token))
        return refuse_superseded(old, fault);
    keep(old, &changed);
    svct_token_encode(old, &before);
    svct_token_encode(&changed, &after);
    *ret_outcome = kept ? SVCT_BULK_KEPT_REVOKED : SVCT_BULK_SAME;
    if (svct_bulkstate_same(&before, &after) && (!kept || bulk->options.update))
        return 0;
    if (!bulk->options.update)
        return refuse_other(old, kept, fault);
    r = check(bulk, old, &changed, fault);
    if (r == 0 && strcmp(old->name, changed.name) != 0) {
        r = svct_bulkstate_take_name(bulk, changed.name, fault);
        bulk->names_known = false; /* the old one is free again */
    }
    if (r == 0)
        r = count_from_now(bulk, old, &changed, fault);
    if (r == 0)
        r = svct_edit_store_token(bulk->txn, &changed, fault);
    if (r == 0 && !kept)
        *ret_outcome = SVCT_BULK_UPDATED;
    return r;
}

int svct_bulk_get_token(const struct svct_bulk *bulk, const char *id,
                        struct svct_token *ret_token)
{
    return svct_lookup_token(svct_bulkstate_view(bulk), id, ret_token);
}

int svct_bulk_token(struct svct_bulk *bulk, const struct svct_token *token,
                    enum svct_bulk_outcome *ret_outcome,
                    struct svct_fault *fault)
{
    struct svct_token old;
    int r = svct_bulkstate_enter(bulk, token->account, fault);

    if (r != 0)
        return r;
    r = svct_bulk_get_token(bulk, token->id, &old);
    if (r == SVCT_E_NOTFOUND) {
        r = add_token(bulk, token, fault);
        if (r == 0)
            *ret_outcome = SVCT_BULK_ADDED;
        return r;
    }
    if (r != 0)
        return svct_edit_lookup_fault(fault, r, "token", token->id);
    if (bulk->options.exact)
        return svct_fault_set(fault, SVCT_E_EXISTS, 0,
                              "the token id %s is there twice", token->id);
    return replace_token(bulk, &old, token, ret_outcome, fault);
}
