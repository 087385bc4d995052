/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/change.h"

#include <string.h>

#include "auth/lookup.h"
#include "auth/role.h"

#define DAY INT64_C(86400)

static const struct svct_snapshot *view(const struct svct_txn *txn)
{
    return svct_txn_view(txn, SVCT_PART_PRIVATE);
}

/* ---- storing ---- */

static int store(struct svct_txn *txn, const struct svct_key *key,
                 struct svct_record_writer *writer, struct svct_fault *fault)
{
    return svct_txn_store(txn, SVCT_PART_PRIVATE, key, writer, fault);
}

static int store_account(struct svct_txn *txn,
                         const struct svct_account *account,
                         struct svct_fault *fault)
{
    struct svct_key key = svct_key_account(account->name);
    struct svct_record_writer writer;

    svct_account_encode(account, &writer);
    return store(txn, &key, &writer, fault);
}

static int store_token(struct svct_txn *txn, const struct svct_token *token,
                       struct svct_fault *fault)
{
    struct svct_key key = svct_key_token(token->id);
    struct svct_record_writer writer;

    svct_token_encode(token, &writer);
    return store(txn, &key, &writer, fault);
}

static int store_page(struct svct_txn *txn, const char *account,
                      uint32_t number, const struct svct_page *page,
                      struct svct_fault *fault)
{
    struct svct_key key = svct_key_page(account, number);
    struct svct_record_writer writer;

    if (page->count == 0)
        return svct_txn_delete(txn, SVCT_PART_PRIVATE, &key, fault);
    svct_page_encode(page, &writer);
    return store(txn, &key, &writer, fault);
}

/* ---- what is there ---- */

/* Says which thing could not be found, or what else was wrong with it. */
static int lookup_fault(struct svct_fault *fault, int code, const char *what,
                        const char *name)
{
    if (code == SVCT_E_NOTFOUND)
        return svct_fault_set(fault, code, 0, "there is no %s \"%s\"", what,
                              name);
    if (code != 0)
        return svct_fault_set(fault, code, 0,
                              "the record of the %s \"%s\": "
                              "%s",
                              what, name, svct_err_text(code));
    return 0;
}

static int names_fault(struct svct_fault *fault, int code)
{
    if (code == 0)
        return 0;
    return svct_fault_set(fault, code, 0, "the file names: %s",
                          svct_err_text(code));
}

static int get_account(const struct svct_txn *txn, const char *name,
                       struct svct_account *ret_account,
                       struct svct_fault *fault)
{
    return lookup_fault(fault,
                        svct_lookup_account(view(txn), name, ret_account),
                        "service account", name);
}

static int get_token(const struct svct_txn *txn, const char *id,
                     struct svct_token *ret_token, struct svct_fault *fault)
{
    return lookup_fault(fault, svct_lookup_token(view(txn), id, ret_token),
                        "token", id);
}

static int get_role(const struct svct_txn *txn, const char *name,
                    struct svct_role *ret_role, struct svct_fault *fault)
{
    return lookup_fault(fault, svct_lookup_role(view(txn), name, ret_role),
                        "role", name);
}

/* ---- a new database ---- */

void svct_change_default_policy(struct svct_policy *ret_policy)
{
    *ret_policy = (struct svct_policy){
        .default_ttl = 8 * 3600,
        .max_ttl = 0,
        .allow_no_expiry = true,
        .tokens_per_account = 100,
        .warn_before = 7 * DAY,
    };
}

static int store_role(struct svct_txn *txn, const struct svct_role *role,
                      struct svct_fault *fault)
{
    struct svct_key key = svct_key_role(role->name);
    struct svct_record_writer writer;

    svct_role_encode(role, &writer);
    return store(txn, &key, &writer, fault);
}

int svct_change_populate(struct svct_txn *txn, struct svct_fault *fault)
{
    struct svct_key key = svct_key_policy();
    struct svct_record_writer writer;
    struct svct_policy policy;
    struct svct_role role;
    int r;

    for (unsigned i = 0; svct_role_builtin(i, &role); i++) {
        r = store_role(txn, &role, fault);
        if (r != 0)
            return r;
    }
    svct_change_default_policy(&policy);
    svct_policy_encode(&policy, &writer);
    return store(txn, &key, &writer, fault);
}

/* ---- accounts ---- */

/* What a record can hold and the policy can count with. */
static bool is_moment(int64_t time)
{
    return time >= 0 && time <= SVCT_TIME_MAX;
}

static bool is_end(int64_t time)
{
    return is_moment(time) || time == SVCT_TIME_NEVER;
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
    if (!is_end(account->expires))
        return svct_fault_set(fault, SVCT_E_RANGE, 0,
                              "the account's expiry is no moment of the "
                              "years 1970 to 9999");
    return get_role(txn, account->role, &role, fault);
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
    if (!is_moment(account->created) || account->expires <= account->created)
        return svct_fault_set(fault, SVCT_E_RANGE, 0,
                              "the account would have expired already");
    if (account->tokens != 0)
        return svct_fault_set(fault, SVCT_E_RANGE, 0,
                              "a new account has no tokens yet");
    r = svct_lookup_account(view(txn), account->name, &other);
    if (r == 0)
        return svct_fault_set(fault, SVCT_E_EXISTS, 0,
                              "there is a service account \"%s\" already",
                              account->name);
    if (r != SVCT_E_NOTFOUND)
        return lookup_fault(fault, r, "service account", account->name);
    r = store_account(txn, account, fault);
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
        r = get_account(txn, account->name, &old, fault);
    if (r != 0)
        return r;
    updated.tokens = old.tokens;
    updated.created = old.created;
    memcpy(updated.created_by, old.created_by, sizeof old.created_by);
    return store_account(txn, &updated, fault);
}

static int delete_page_tokens(struct svct_txn *txn,
                              const struct svct_page *page,
                              struct svct_fault *fault)
{
    for (size_t i = 0; i < page->count; i++) {
        struct svct_key key = svct_key_token(page->id[i]);
        int r = svct_txn_delete(txn, SVCT_PART_PRIVATE, &key, fault);

        if (r == SVCT_E_NOTFOUND)
            return lookup_fault(fault, SVCT_E_DAMAGED, "token", page->id[i]);
        if (r != 0)
            return r;
    }
    return 0;
}

int svct_change_account_delete(struct svct_txn *txn, const char *name,
                               uint32_t *ret_tokens, struct svct_fault *fault)
{
    struct svct_key key = svct_key_account(name);
    struct svct_account account;
    struct svct_page page;
    int r;

    r = get_account(txn, name, &account, fault);
    for (uint32_t n = 0; r == 0 && n * SVCT_PAGE_IDS < account.tokens; n++) {
        r = lookup_fault(fault, svct_lookup_page(view(txn), &account, n, &page),
                         "page of tokens of", name);
        if (r == 0)
            r = delete_page_tokens(txn, &page, fault);
        page.count = 0;
        if (r == 0)
            r = store_page(txn, name, n, &page, fault);
    }
    if (r == 0)
        r = svct_txn_delete(txn, SVCT_PART_PRIVATE, &key, fault);
    if (r == 0)
        r = names_fault(fault, svct_txn_name_removed(txn, name));
    if (r == 0)
        *ret_tokens = account.tokens;
    return r;
}

/* ---- tokens ---- */

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
    if (!is_moment(token->created) || !is_moment(token->not_before) ||
        !is_end(token->expires))
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
    char max[32];

    svct_duration_format(max, sizeof max, policy->max_ttl);
    if (token->expires == SVCT_TIME_NEVER) {
        if (policy->max_ttl > 0)
            return svct_fault_set(fault, SVCT_E_POLICY, 0,
                                  "a token must expire here: the longest "
                                  "time to live is %s",
                                  max);
        if (!policy->allow_no_expiry)
            return svct_fault_set(fault, SVCT_E_POLICY, 0,
                                  "tokens without expiry are not allowed "
                                  "here");
        return 0;
    }
    /* No overflow: both are moments, >= 0. */
    if (policy->max_ttl > 0 &&
        token->expires - token->created > policy->max_ttl)
        return svct_fault_set(fault, SVCT_E_POLICY, 0,
                              "the token would live too long: the longest "
                              "time to live is %s",
                              max);
    return 0;
}

static int check_cap(const struct svct_txn *txn,
                     const struct svct_account *account,
                     const struct svct_token *token, struct svct_fault *fault)
{
    struct svct_role role, cap;
    int r;

    if (token->cap[0] == '\0')
        return 0;
    r = get_role(txn, token->cap, &cap, fault);
    if (r == 0)
        r = get_role(txn, account->role, &role, fault);
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

    r = svct_lookup_token(view(txn), token->id, &other);
    if (r == 0) {
        *ret_id_taken = true;
        return svct_fault_set(fault, SVCT_E_EXISTS, 0,
                              "there is a token of the id %s already",
                              token->id);
    }
    if (r != SVCT_E_NOTFOUND)
        return lookup_fault(fault, r, "token", token->id);
    r = svct_lookup_token_named(view(txn), account, token->name, &other);
    if (r == 0)
        return svct_fault_set(fault, SVCT_E_EXISTS, 0,
                              "\"%s\" has a token \"%s\" already",
                              account->name, token->name);
    if (r != SVCT_E_NOTFOUND)
        return lookup_fault(fault, r, "token", token->name);
    return 0;
}

/* The id goes behind the last one; the account counts one more. */
static int append_to_pages(struct svct_txn *txn, struct svct_account *account,
                           const char *id, struct svct_fault *fault)
{
    uint32_t number = account->tokens / SVCT_PAGE_IDS;
    struct svct_page page = {.count = 0};
    int r = 0;

    if (account->tokens % SVCT_PAGE_IDS != 0)
        r = lookup_fault(fault,
                         svct_lookup_page(view(txn), account, number, &page),
                         "page of tokens of", account->name);
    if (r != 0)
        return r;
    memcpy(page.id[page.count++], id, SVCT_TOKEN_ID_LEN + 1);
    account->tokens++;
    r = store_page(txn, account->name, number, &page, fault);
    return r == 0 ? store_account(txn, account, fault) : r;
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
                          "allowed: delete some that have ended",
                          account->name, (unsigned)account->tokens,
                          (unsigned)most);
}

int svct_change_token_issue(struct svct_txn *txn,
                            const struct svct_token *token, bool *ret_id_taken,
                            struct svct_fault *fault)
{
    struct svct_account account;
    struct svct_policy policy;
    bool id_taken = false;
    int r;

    r = check_token_form(token, fault);
    if (r == 0)
        r = get_account(txn, token->account, &account, fault);
    if (r == 0)
        r = lookup_fault(fault, svct_lookup_policy(view(txn), &policy),
                         "record", "policy");
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
        r = store_token(txn, token, fault);
    if (r == 0)
        r = append_to_pages(txn, &account, token->id, fault);
    return r;
}

int svct_change_token_revoke(struct svct_txn *txn, const char *id, int64_t now,
                             const char *actor, const char *reason,
                             struct svct_fault *fault)
{
    struct svct_token token;
    int r;

    r = get_token(txn, id, &token, fault);
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
    token.revoked_at = is_moment(now) ? now : 0;
    memcpy(token.revoked_reason, reason, strlen(reason) + 1);
    memset(token.revoked_by, 0, sizeof token.revoked_by);
    memcpy(token.revoked_by, actor,
           strnlen(actor, sizeof token.revoked_by - 1));
    return store_token(txn, &token, fault);
}

int svct_change_token_set_disabled(struct svct_txn *txn, const char *id,
                                   bool disabled, struct svct_fault *fault)
{
    struct svct_token token;
    int r;

    r = get_token(txn, id, &token, fault);
    if (r != 0)
        return r;
    if (token.disabled == disabled)
        return svct_fault_set(fault, SVCT_E_EXISTS, 0,
                              "the token %s/%s is %s already", token.account,
                              token.name, disabled ? "disabled" : "enabled");
    token.disabled = disabled;
    return store_token(txn, &token, fault);
}

/* Where in the account's pages is the id? */
static int find_in_pages(const struct svct_txn *txn,
                         const struct svct_account *account, const char *id,
                         uint32_t *ret_number, struct svct_page *ret_page,
                         size_t *ret_index)
{
    for (uint32_t n = 0; n * SVCT_PAGE_IDS < account->tokens; n++) {
        int r = svct_lookup_page(view(txn), account, n, ret_page);

        if (r != 0)
            return r;
        for (size_t i = 0; i < ret_page->count; i++) {
            if (strcmp(ret_page->id[i], id) != 0)
                continue;
            *ret_number = n;
            *ret_index = i;
            return 0;
        }
    }
    return SVCT_E_DAMAGED;
}

/* The last id of all moves into the place of the one that goes. */
static int remove_from_pages(struct svct_txn *txn, struct svct_account *account,
                             const char *id, struct svct_fault *fault)
{
    uint32_t last_number = (account->tokens - 1) / SVCT_PAGE_IDS, number;
    struct svct_page page, last;
    size_t index;
    int r;

    r = find_in_pages(txn, account, id, &number, &page, &index);
    if (r == 0)
        r = svct_lookup_page(view(txn), account, last_number, &last);
    if (r != 0)
        return lookup_fault(fault, r, "page of tokens of", account->name);
    last.count--;
    if (number != last_number) {
        memcpy(page.id[index], last.id[last.count], sizeof page.id[0]);
        r = store_page(txn, account->name, number, &page, fault);
    } else if (index != last.count) {
        memcpy(last.id[index], last.id[last.count], sizeof last.id[0]);
    }
    if (r == 0)
        r = store_page(txn, account->name, last_number, &last, fault);
    account->tokens--;
    return r == 0 ? store_account(txn, account, fault) : r;
}

int svct_change_token_delete(struct svct_txn *txn, const char *id,
                             struct svct_fault *fault)
{
    struct svct_key key = svct_key_token(id);
    struct svct_account account;
    struct svct_token token;
    int r;

    r = get_token(txn, id, &token, fault);
    if (r != 0)
        return r;
    r = get_account(txn, token.account, &account, fault);
    if (r == SVCT_E_NOTFOUND)
        r = lookup_fault(fault, SVCT_E_DAMAGED, "service account",
                         token.account);
    if (r == 0)
        r = remove_from_pages(txn, &account, id, fault);
    if (r == 0)
        r = svct_txn_delete(txn, SVCT_PART_PRIVATE, &key, fault);
    return r;
}
