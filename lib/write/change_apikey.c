/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/change_apikey.h"

#include <string.h>

#include "auth/lookup.h"
#include "write/change.h"
#include "write/change_policy.h"
#include "write/edit.h"

/* ---- making and deleting ---- */

int svct_change_apikey_create(struct svct_txn *txn,
                              const struct svct_account *account,
                              const struct svct_token *token,
                              bool *ret_id_taken, struct svct_fault *fault)
{
    int r;

    if (!account->apikey || strcmp(token->account, account->name) != 0)
        return svct_fault_set(fault, SVCT_E_RANGE, 0,
                              "an API key is an account and a token of its");
    if (token->expires != account->expires)
        return svct_fault_set(fault, SVCT_E_RANGE, 0,
                              "an API key and its token end together");
    r = svct_change_account_create(txn, account, fault);
    return r == 0 ? svct_change_token_issue(txn, token, ret_id_taken, fault)
                  : r;
}

int svct_change_apikey_delete(struct svct_txn *txn, const char *name,
                              struct svct_fault *fault)
{
    struct svct_account account;
    uint32_t tokens;
    int r = svct_edit_get_account(txn, name, &account, fault);

    if (r != 0)
        return r;
    if (!account.apikey)
        return svct_fault_set(fault, SVCT_E_POLICY, 0,
                              "\"%s\" is a service account and no API key: "
                              "\"account delete %s\" deletes it",
                              name, name);
    return svct_change_account_delete(txn, name, &tokens, fault);
}

/* ---- the rules ---- */

int svct_apikey_check_issue(const struct svct_account *account,
                            const struct svct_token *token,
                            struct svct_fault *fault)
{
    if (!account->apikey)
        return 0;
    if (account->tokens > 0)
        return svct_fault_set(fault, SVCT_E_POLICY, 0,
                              "\"%s\" is an API key: it has one token and "
                              "can't get another; who needs several makes a "
                              "service account",
                              account->name);
    if (token->expires != account->expires)
        return svct_fault_set(fault, SVCT_E_POLICY, 0,
                              "\"%s\" is an API key: it and its token end "
                              "together",
                              account->name);
    return 0;
}

int svct_apikey_check_delete(const struct svct_account *account,
                             struct svct_fault *fault)
{
    if (!account->apikey)
        return 0;
    return svct_fault_set(fault, SVCT_E_POLICY, 0,
                          "\"%s\" is an API key and has no other token: "
                          "\"apikey delete %s\" deletes both, \"token revoke\" "
                          "ends the token",
                          account->name, account->name);
}

struct moving {
    bool found;
    struct svct_token token;
};

static int take_token(void *arg, const struct svct_token *token)
{
    struct moving *moving = arg;

    moving->found = true;
    moving->token = *token;
    return 0;
}

static int check_end(const struct svct_txn *txn, const struct svct_token *token,
                     int64_t expires, struct svct_fault *fault)
{
    struct svct_policy policy;
    int r;

    if (token->not_before >= expires)
        return svct_fault_set(fault, SVCT_E_RANGE, 0,
                              "the token of the API key \"%s\" would end "
                              "before it begins",
                              token->account);
    /* What ends earlier is never against the policy. */
    if (expires <= token->expires)
        return 0;
    r = svct_edit_get_policy(txn, &policy, fault);
    return r == 0 ? svct_change_policy_lifetime(&policy,
                                                svct_change_policy_since(token),
                                                expires, fault)
                  : r;
}

int svct_apikey_move_end(struct svct_txn *txn,
                         const struct svct_account *account, int64_t expires,
                         struct svct_fault *fault)
{
    struct moving moving = {.found = false};
    int r;

    if (!account->apikey || account->expires == expires)
        return 0;
    r = svct_lookup_tokens_of(svct_edit_view(txn), account, take_token,
                              &moving);
    if (r != 0)
        return svct_edit_lookup_fault(fault, r, "token of the API key",
                                      account->name);
    if (!moving.found)
        return svct_edit_lookup_fault(fault, SVCT_E_DAMAGED, "API key",
                                      account->name);
    r = check_end(txn, &moving.token, expires, fault);
    moving.token.expires = expires;
    return r == 0 ? svct_edit_store_token(txn, &moving.token, fault) : r;
}
