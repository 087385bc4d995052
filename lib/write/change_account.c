/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/change.h"

#include <string.h>

#include "auth/lookup.h"
#include "write/change_apikey.h"
#include "write/edit.h"

static int names_fault(struct svct_fault *fault, int code)
{
    if (code == 0)
        return 0;
    return svct_fault_set(fault, code, 0, "the file names: %s",
                          svct_err_text(code));
}

static int check_account(const struct svct_txn *txn,
                         const struct svct_account *account,
                         struct svct_fault *fault)
{
    struct svct_role role;

    if (svct_name_check_login(account->name) != 0)
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "that is no name of an account: at most %d of "
                              "a-z 0-9 _ -, not beginning with a digit or -",
                              SVCT_LOGIN_MAX);
    if (svct_name_check_text(account->description) != 0)
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "the description must be at most %d bytes of "
                              "UTF-8 without control characters",
                              SVCT_TEXT_MAX);
    if (!svct_edit_is_end(account->expires))
        return svct_fault_set(fault, SVCT_E_RANGE, 0,
                              "the account's expiry is no moment of the "
                              "years 1970 to 9999");
    return svct_edit_get_role(txn, account->role, &role, fault);
}

int svct_change_account_create(struct svct_txn *txn,
                               const struct svct_account *account,
                               struct svct_fault *fault)
{
    struct svct_account other;
    int r;

    r = check_account(txn, account, fault);
    if (r != 0)
        return r;
    if (!svct_edit_is_moment(account->created) ||
        account->expires <= account->created)
        return svct_fault_set(fault, SVCT_E_RANGE, 0,
                              "the account would have expired already");
    if (account->tokens != 0)
        return svct_fault_set(fault, SVCT_E_RANGE, 0,
                              "a new account has no tokens yet");
    r = svct_lookup_account(svct_edit_view(txn), account->name, &other);
    if (r == 0)
        return svct_fault_set(fault, SVCT_E_EXISTS, 0,
                              "there is a service account \"%s\" already",
                              account->name);
    if (r != SVCT_E_NOTFOUND)
        return svct_edit_lookup_fault(fault, r, "service account",
                                      account->name);
    r = svct_edit_store_account(txn, account, fault);
    if (r == 0)
        r = names_fault(fault, svct_txn_name_added(txn, account->name));
    return r;
}

int svct_change_account_update(struct svct_txn *txn,
                               const struct svct_account *account,
                               struct svct_fault *fault)
{
    struct svct_account old, updated = *account;
    int r;

    r = check_account(txn, account, fault);
    if (r == 0)
        r = svct_edit_get_account(txn, account->name, &old, fault);
    if (r == 0)
        r = svct_apikey_move_end(txn, &old, account->expires, fault);
    if (r != 0)
        return r;
    updated.apikey = old.apikey;
    updated.tokens = old.tokens;
    updated.created = old.created;
    memcpy(updated.created_by, old.created_by, sizeof old.created_by);
    return svct_edit_store_account(txn, &updated, fault);
}

static int delete_page_tokens(struct svct_txn *txn,
                              const struct svct_page *page,
                              struct svct_fault *fault)
{
    for (size_t i = 0; i < page->count; i++) {
        int r = svct_edit_delete_token(txn, page->id[i], fault);

        if (r != 0)
            return r;
    }
    return 0;
}

int svct_change_account_delete(struct svct_txn *txn, const char *name,
                               uint32_t *ret_tokens, struct svct_fault *fault)
{
    struct svct_account account;
    struct svct_page page;
    int r;

    r = svct_edit_get_account(txn, name, &account, fault);
    for (uint32_t n = 0; r == 0 && n * SVCT_PAGE_IDS < account.tokens; n++) {
        r = svct_edit_lookup_fault(
            fault, svct_lookup_page(svct_edit_view(txn), &account, n, &page),
            "page of tokens of", name);
        if (r == 0)
            r = delete_page_tokens(txn, &page, fault);
        page.count = 0;
        if (r == 0)
            r = svct_edit_store_page(txn, name, n, &page, fault);
    }
    if (r == 0)
        r = svct_edit_delete_account(txn, name, fault);
    if (r == 0)
        r = names_fault(fault, svct_txn_name_removed(txn, name));
    if (r == 0)
        *ret_tokens = account.tokens;
    return r;
}
