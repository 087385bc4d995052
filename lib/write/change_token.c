/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/change.h"

#include <string.h>

#include "auth/lookup.h"
#include "write/change_apikey.h"
#include "write/change_policy.h"
#include "write/edit.h"
#include "write/issue.h"
#include "write/pages.h"
#include "write/slots.h"

static int check_token_form(const struct svct_token *token,
                            struct svct_fault *fault)
{
    if (!svct_token_is_id(token->id))
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "that is no token id: %d of 0-9 A-Z a-z",
                              SVCT_TOKEN_ID_LEN);
    if (svct_name_check_token(token->name) != 0)
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "that is no name of a token: at most %d of "
                              "A-Z a-z 0-9 . _ -, beginning with a letter "
                              "or digit",
                              SVCT_NAME_MAX);
    if (svct_name_check_text(token->comment) != 0)
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "the comment must be at most %d bytes of UTF-8 "
                              "without control characters",
                              SVCT_TEXT_MAX);
    if (!svct_edit_is_moment(token->created) ||
        !svct_edit_is_moment(token->not_before) ||
        !svct_edit_is_end(token->expires))
        return svct_fault_set(fault, SVCT_E_RANGE, 0,
                              "a time of the token is no moment of the years "
                              "1970 to 9999");
    if (token->expires <= token->created)
        return svct_fault_set(fault, SVCT_E_RANGE, 0,
                              "the token would have expired already");
    if (token->not_before >= token->expires)
        return svct_fault_set(fault, SVCT_E_RANGE, 0,
                              "the token would expire before it begins");
    return 0;
}

static int check_lifetime(const struct svct_token *token,
                          const struct svct_policy *policy,
                          struct svct_fault *fault)
{
    return svct_change_policy_lifetime(policy, token->created, token->expires,
                                       fault);
}

static int check_cap(const struct svct_txn *txn,
                     const struct svct_account *account,
                     const struct svct_token *token, struct svct_fault *fault)
{
    struct svct_role role, cap;
    int r;

    if (token->cap[0] == '\0')
        return 0;
    r = svct_edit_get_role(txn, token->cap, &cap, fault);
    if (r == 0)
        r = svct_edit_get_role(txn, account->role, &role, fault);
    if (r != 0)
        return r;
    if (cap.place > role.place)
        return svct_fault_set(fault, SVCT_E_POLICY, 0,
                              "a token can't have more than its account: "
                              "\"%s\" is %s, the token would be %s",
                              account->name, role.name, cap.name);
    return 0;
}

/* Neither the id nor, in this account, the name is taken. */
static int check_unique(const struct svct_txn *txn,
                        const struct svct_account *account,
                        const struct svct_token *token, bool *ret_id_taken,
                        struct svct_fault *fault)
{
    struct svct_token other;
    int r;

    r = svct_lookup_token(svct_edit_view(txn), token->id, &other);
    if (r == 0) {
        *ret_id_taken = true;
        return svct_fault_set(fault, SVCT_E_EXISTS, 0,
                              "there is a token of the id %s already",
                              token->id);
    }
    if (r != SVCT_E_NOTFOUND)
        return svct_edit_lookup_fault(fault, r, "token", token->id);
    r = svct_lookup_token_named(svct_edit_view(txn), account, token->name,
                                &other);
    if (r == 0)
        return svct_fault_set(fault, SVCT_E_EXISTS, 0,
                              "\"%s\" has a token \"%s\" already",
                              account->name, token->name);
    if (r != SVCT_E_NOTFOUND)
        return svct_edit_lookup_fault(fault, r, "token", token->name);
    return 0;
}

static int check_count(const struct svct_account *account,
                       const struct svct_policy *policy,
                       struct svct_fault *fault)
{
    uint32_t most = policy->tokens_per_account;

    if (most > SVCT_TOKENS_PER_ACCOUNT_MAX)
        most = SVCT_TOKENS_PER_ACCOUNT_MAX;
    if (account->tokens < most)
        return 0;
    return svct_fault_set(fault, SVCT_E_POLICY, 0,
                          "\"%s\" has %u tokens, and more than %u are not "
                          "allowed (tokens_per_account of the policy): delete "
                          "some that have ended",
                          account->name, (unsigned)account->tokens,
                          (unsigned)most);
}

int svct_issue_check(const struct svct_txn *txn,
                     const struct svct_account *account,
                     const struct svct_policy *policy,
                     const struct svct_token *token, unsigned which,
                     struct svct_fault *fault)
{
    int r = 0;

    if (which & SVCT_ISSUE_FORM)
        r = check_token_form(token, fault);
    if (r == 0 && (which & SVCT_ISSUE_LIFETIME))
        r = check_lifetime(token, policy, fault);
    if (r == 0 && (which & SVCT_ISSUE_CAP))
        r = check_cap(txn, account, token, fault);
    if (r == 0 && (which & SVCT_ISSUE_COUNT))
        r = check_count(account, policy, fault);
    return r;
}

int svct_change_token_issue(struct svct_txn *txn,
                            const struct svct_token *token, bool *ret_id_taken,
                            struct svct_fault *fault)
{
    struct svct_token made = *token;
    struct svct_account account;
    struct svct_policy policy;
    bool id_taken = false;
    int r;

    r = check_token_form(token, fault);
    if (r == 0)
        r = svct_edit_get_account(txn, token->account, &account, fault);
    if (r == 0)
        r = svct_apikey_check_issue(&account, token, fault);
    if (r == 0)
        r = svct_edit_get_policy(txn, &policy, fault);
    if (r == 0)
        r = check_lifetime(token, &policy, fault);
    if (r == 0)
        r = check_cap(txn, &account, token, fault);
    if (r == 0)
        r = check_count(&account, &policy, fault);
    if (r == 0)
        r = check_unique(txn, &account, token, &id_taken, fault);
    if (ret_id_taken != NULL)
        *ret_id_taken = id_taken;
    if (r == 0)
        r = svct_slots_give(txn, &made, fault);
    if (r == 0)
        r = svct_edit_store_token(txn, &made, fault);
    if (r == 0)
        r = svct_pages_append(txn, &account, token->id, fault);
    return r;
}

int svct_change_token_revoke(struct svct_txn *txn, const char *id, int64_t now,
                             const char *actor, const char *reason,
                             struct svct_fault *fault)
{
    struct svct_token token;
    int r;

    r = svct_edit_get_token(txn, id, &token, fault);
    if (r != 0)
        return r;
    if (token.revoked)
        return svct_fault_set(fault, SVCT_E_EXISTS, 0,
                              "the token %s/%s is revoked already",
                              token.account, token.name);
    if (svct_name_check_text(reason) != 0)
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "the reason must be at most %d bytes of UTF-8 "
                              "without control characters",
                              SVCT_TEXT_MAX);
    token.revoked = true;
    /* A clock gone wrong must not keep anybody from revoking. */
    token.revoked_at = svct_edit_is_moment(now) ? now : 0;
    memcpy(token.revoked_reason, reason, strlen(reason) + 1);
    memset(token.revoked_by, 0, sizeof token.revoked_by);
    memcpy(token.revoked_by, actor,
           strnlen(actor, sizeof token.revoked_by - 1));
    return svct_edit_store_token(txn, &token, fault);
}

int svct_change_token_set_disabled(struct svct_txn *txn, const char *id,
                                   bool disabled, struct svct_fault *fault)
{
    struct svct_token token;
    int r;

    r = svct_edit_get_token(txn, id, &token, fault);
    if (r != 0)
        return r;
    if (token.disabled == disabled)
        return svct_fault_set(fault, SVCT_E_EXISTS, 0,
                              "the token %s/%s is %s already", token.account,
                              token.name, disabled ? "disabled" : "enabled");
    token.disabled = disabled;
    return svct_edit_store_token(txn, &token, fault);
}

int svct_change_token_delete(struct svct_txn *txn, const char *id,
                             struct svct_fault *fault)
{
    struct svct_account account;
    struct svct_token token;
    int r;

    r = svct_edit_get_token(txn, id, &token, fault);
    if (r != 0)
        return r;
    r = svct_edit_get_account(txn, token.account, &account, fault);
    if (r == SVCT_E_NOTFOUND)
        r = svct_edit_lookup_fault(fault, SVCT_E_DAMAGED, "service account",
                                   token.account);
    if (r == 0)
        r = svct_apikey_check_delete(&account, fault);
    if (r == 0)
        r = svct_pages_remove(txn, &account, id, fault);
    if (r == 0)
        r = svct_edit_delete_token(txn, id, fault);
    return r;
}
