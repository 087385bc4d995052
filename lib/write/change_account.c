/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/change.h"

#include <string.h>

#include "auth/lookup.h"
#include "base/publook.h"
#include "write/change_apikey.h"
#include "write/edit.h"
#include "write/issue.h"

static int names_fault(struct svct_fault *fault, int code)
{
    if (code == 0)
        return 0;
    return svct_fault_set(fault, code, 0, "the file names: %s",
                          svct_err_text(code));
}

static int check_path(const char *what, const char *path,
                      struct svct_fault *fault)
{
    if (svct_name_check_path(path) == 0)
        return 0;
    return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                          "the %s must be a path from / on, of at most %d "
                          "bytes of UTF-8 without control characters and "
                          "\":\"",
                          what, SVCT_PUB_PATH_MAX);
}

/* Of an account that is a Unix user by svctoken alone. */
static int check_unix(const struct svct_account *account,
                      struct svct_fault *fault)
{
    int r;

    if (account->uid == 0)
        return 0;
    r = check_path("home", account->home, fault);
    return r == 0 ? check_path("shell", account->shell, fault) : r;
}

static int check_account(const struct svct_txn *txn,
                         const struct svct_account *account,
                         struct svct_fault *fault)
{
    struct svct_role role;
    int r;

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
    r = check_unix(account, fault);
    return r == 0 ? svct_edit_get_role(txn, account->role, &role, fault) : r;
}

/* Its own, or one that the host knows. */
static int check_gid(const struct svct_txn *txn,
                     const struct svct_account *account,
                     struct svct_fault *fault)
{
    struct svct_pubid owner;
    int r;

    if (account->gid == account->uid)
        return 0;
    if (account->gid == 0 || account->gid > SVCT_ID_MOST)
        return svct_fault_set(fault, SVCT_E_RANGE, 0,
                              "the gid of an account is its uid, or that of "
                              "a group of the host, 1 to %lu",
                              (unsigned long)SVCT_ID_MOST);
    r = svct_publook_id(svct_txn_view(txn, SVCT_PART_PUBLIC), account->gid,
                        &owner);
    if (r == SVCT_E_NOTFOUND)
        return 0;
    if (r != 0)
        return svct_fault_set(fault, r, 0, "the public record of %lu: %s",
                              (unsigned long)account->gid, svct_err_text(r));
    return svct_fault_set(fault, SVCT_E_POLICY, 0,
                          "the gid %lu is that of \"%s\", which is "
                          "svctoken's: the gid of an account is its uid, or "
                          "that of a group of the host",
                          (unsigned long)account->gid, owner.name);
}

static int take_uid(const struct svct_txn *txn,
                    const struct svct_account *account, struct svct_ids *ids,
                    struct svct_fault *fault)
{
    int r;

    if (account->uid == 0)
        return 0;
    r = check_gid(txn, account, fault);
    return r == 0 ? svct_ids_add(txn, ids, account->uid, fault) : r;
}

int svct_issue_account(struct svct_txn *txn, const struct svct_account *account,
                       struct svct_ids *ids, struct svct_fault *fault)
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
    r = take_uid(txn, account, ids, fault);
    if (r == 0)
        r = svct_edit_store_account(txn, account, fault);
    if (r == 0)
        r = names_fault(fault, svct_txn_name_added(txn, account->name));
    return r;
}

int svct_change_account_create(struct svct_txn *txn,
                               const struct svct_account *account,
                               struct svct_fault *fault)
{
    struct svct_ids ids;
    int r;

    if (account->uid == 0)
        return svct_issue_account(txn, account, NULL, fault);
    r = svct_ids_begin(txn, &ids, fault);
    if (r == 0)
        r = svct_issue_account(txn, account, &ids, fault);
    return r == 0 ? svct_ids_end(txn, &ids, fault) : r;
}

int svct_issue_unix_kept(const struct svct_account *old,
                         const struct svct_account *account,
                         struct svct_fault *fault)
{
    if (account->uid == old->uid &&
        (account->uid == 0 || account->gid == old->gid))
        return 0;
    if (old->uid == 0)
        return svct_fault_set(fault, SVCT_E_POLICY, 0,
                              "\"%s\" is a Unix user of the host, and stays "
                              "so: to have a uid of svctoken it must be "
                              "deleted and made anew",
                              old->name);
    return svct_fault_set(fault, SVCT_E_POLICY, 0,
                          "\"%s\" has the uid %lu and the gid %lu, and these "
                          "never change",
                          old->name, (unsigned long)old->uid,
                          (unsigned long)old->gid);
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
        r = svct_issue_unix_kept(&old, account, fault);
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
