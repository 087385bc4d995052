/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "auth/lookup.h"

#include <string.h>

#include "auth/role.h"

/* A decoded name must be the one that was looked up: the check already covers
 * the key, so this only fails on a record that was written wrongly. */
static int same(const char *found, const char *wanted)
{
    return strcmp(found, wanted) == 0 ? 0 : SVCT_E_DAMAGED;
}

int svct_lookup_account(const struct svct_snapshot *snapshot, const char *name,
                        struct svct_account *ret_account)
{
    struct svct_key key = svct_key_account(name);
    struct svct_account account;
    struct svct_value value;
    int r;

    r = svct_snapshot_fetch(snapshot, &key, SVCT_KIND_ACCOUNT, &value);
    if (r == 0)
        r = svct_account_decode(&value.record, &account);
    if (r == 0)
        r = same(account.name, name);
    if (r == 0)
        *ret_account = account;
    return r;
}

int svct_lookup_token(const struct svct_snapshot *snapshot, const char *id,
                      struct svct_token *ret_token)
{
    struct svct_key key = svct_key_token(id);
    struct svct_token token;
    struct svct_value value;
    int r;

    r = svct_snapshot_fetch(snapshot, &key, SVCT_KIND_TOKEN, &value);
    if (r == 0)
        r = svct_token_decode(&value.record, &token);
    if (r == 0)
        r = same(token.id, id);
    if (r == 0)
        *ret_token = token;
    return r;
}

int svct_lookup_role(const struct svct_snapshot *snapshot, const char *name,
                     struct svct_role *ret_role)
{
    struct svct_key key = svct_key_role(name);
    struct svct_role role;
    struct svct_value value;
    int r;

    r = svct_snapshot_fetch(snapshot, &key, SVCT_KIND_ROLE, &value);
    if (r == 0)
        r = svct_role_decode(&value.record, &role);
    if (r == 0)
        r = same(role.name, name);
    if (r == 0)
        *ret_role = role;
    return r;
}

int svct_lookup_policy(const struct svct_snapshot *snapshot,
                       struct svct_policy *ret_policy)
{
    struct svct_key key = svct_key_policy();
    struct svct_value value;
    int r;

    r = svct_snapshot_fetch(snapshot, &key, SVCT_KIND_POLICY, &value);
    if (r == 0)
        r = svct_policy_decode(&value.record, ret_policy);
    return r;
}

static void list_builtin(struct svct_rolelist *list)
{
    struct svct_role role;

    list->count = 0;
    while (svct_role_builtin(list->count, &role))
        memcpy(list->name[list->count++], role.name, sizeof role.name);
}

int svct_lookup_rolelist(const struct svct_snapshot *snapshot,
                         struct svct_rolelist *ret_list)
{
    struct svct_key key = svct_key_rolelist();
    struct svct_policy policy;
    struct svct_value value;
    int r;

    r = svct_snapshot_fetch(snapshot, &key, SVCT_KIND_ROLELIST, &value);
    if (r == 0)
        return svct_rolelist_decode(&value.record, ret_list);
    if (r != SVCT_E_NOTFOUND)
        return r;
    r = svct_lookup_policy(snapshot, &policy);
    if (r != 0 && r != SVCT_E_NOTFOUND) /* not there yet: being made anew */
        return r;
    if (r == 0 && policy.rolelist)
        return SVCT_E_DAMAGED;
    list_builtin(ret_list);
    return 0;
}

int svct_lookup_page(const struct svct_snapshot *snapshot,
                     const struct svct_account *account, uint32_t number,
                     struct svct_page *ret_page)
{
    struct svct_key key = svct_key_page(account->name, number);
    uint32_t before = number * SVCT_PAGE_IDS;
    uint32_t expected;
    struct svct_page page;
    struct svct_value value;
    int r;

    if (number >= SVCT_TOKENS_PER_ACCOUNT_MAX || before >= account->tokens)
        return SVCT_E_NOTFOUND;
    expected = account->tokens - before;
    if (expected > SVCT_PAGE_IDS)
        expected = SVCT_PAGE_IDS;
    r = svct_snapshot_fetch(snapshot, &key, SVCT_KIND_PAGE, &value);
    if (r == 0)
        r = svct_page_decode(&value.record, &page);
    if (r == SVCT_E_NOTFOUND || (r == 0 && page.count != expected))
        r = SVCT_E_DAMAGED;
    if (r == 0)
        *ret_page = page;
    return r;
}

static int visit_token(const struct svct_snapshot *snapshot,
                       const struct svct_account *account, const char *id,
                       svct_lookup_visit_fn *visit, void *arg)
{
    struct svct_token token;
    int r = svct_lookup_token(snapshot, id, &token);

    if (r == SVCT_E_NOTFOUND)
        r = SVCT_E_DAMAGED;
    if (r == 0)
        r = same(token.account, account->name);
    return r == 0 ? visit(arg, &token) : r;
}

int svct_lookup_tokens_of(const struct svct_snapshot *snapshot,
                          const struct svct_account *account,
                          svct_lookup_visit_fn *visit, void *arg)
{
    struct svct_page page;

    for (uint32_t n = 0; n * SVCT_PAGE_IDS < account->tokens; n++) {
        int r = svct_lookup_page(snapshot, account, n, &page);

        for (size_t i = 0; r == 0 && i < page.count; i++)
            r = visit_token(snapshot, account, page.id[i], visit, arg);
        if (r != 0)
            return r;
    }
    return 0;
}

#define FOUND 1

struct wanted {
    const char *name;
    struct svct_token *token;
};

static int is_wanted(void *arg, const struct svct_token *token)
{
    struct wanted *wanted = arg;

    if (strcmp(token->name, wanted->name) != 0)
        return 0;
    *wanted->token = *token;
    return FOUND;
}

int svct_lookup_token_named(const struct svct_snapshot *snapshot,
                            const struct svct_account *account,
                            const char *name, struct svct_token *ret_token)
{
    struct wanted wanted = {.name = name, .token = ret_token};
    int r = svct_lookup_tokens_of(snapshot, account, is_wanted, &wanted);

    if (r == FOUND)
        return 0;
    return r == 0 ? SVCT_E_NOTFOUND : r;
}
