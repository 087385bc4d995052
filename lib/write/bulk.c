/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/bulk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "auth/lookup.h"
#include "auth/role.h"
#include "write/bulk_role.h"
#include "write/bulkstate.h"
#include "write/change.h"
#include "write/change_policy.h"
#include "write/edit.h"
#include "write/issue.h"

bool svct_bulk_is_refusal(int code)
{
    switch (code) {
    case SVCT_E_SYNTAX:
    case SVCT_E_RANGE:
    case SVCT_E_TOOBIG:
    case SVCT_E_POLICY:
    case SVCT_E_EXISTS:
    case SVCT_E_NOTFOUND:
        return true;
    default:
        return false;
    }
}

int svct_bulk_new(struct svct_txn *txn, const struct svct_bulk_options *options,
                  struct svct_bulk **ret_bulk, struct svct_fault *fault)
{
    struct svct_bulk *bulk = calloc(1, sizeof *bulk);
    int r;

    if (bulk == NULL)
        return svct_fault_set(fault, SVCT_E_NOMEM, ENOMEM, "out of memory");
    bulk->txn = txn;
    bulk->options = *options;
    r = svct_lookup_policy(svct_edit_view(txn), &bulk->policy);
    /* One that is being made anew has none yet. */
    if (r != 0 && !(r == SVCT_E_NOTFOUND && options->exact)) {
        svct_bulk_free(bulk);
        return svct_edit_lookup_fault(fault,
                                      r == SVCT_E_NOTFOUND ? SVCT_E_DAMAGED : r,
                                      "record", "policy");
    }
    svct_ids_of(&bulk->policy, &bulk->ids);
    bulk->ids.exact = options->exact;
    svct_bulk_id_known(bulk, options->id_next);
    r = svct_txn_gather(txn, fault);
    if (r != 0) {
        svct_bulk_free(bulk);
        return r;
    }
    *ret_bulk = bulk;
    return 0;
}

void svct_bulk_free(struct svct_bulk *bulk)
{
    if (bulk == NULL)
        return;
    svct_namelist_done(&bulk->apikeys);
    svct_bulknames_done(&bulk->names);
    free(bulk);
}

/* ---- policy ---- */

void svct_bulk_id_known(struct svct_bulk *bulk, uint32_t id_next)
{
    if (id_next > bulk->ids.next)
        bulk->ids.next = id_next;
}

/* That of a file is another host's, but in a backup of this one. */
static void keep_id_next(struct svct_bulk *bulk, struct svct_policy *policy)
{
    if (!bulk->options.exact || policy->id_next < bulk->policy.id_next)
        policy->id_next = bulk->policy.id_next;
}

/* In a restore what was taken so far counts with the range that comes. */
static void take_over(struct svct_bulk *bulk, const struct svct_policy *policy)
{
    bulk->policy = *policy;
    svct_ids_range(policy, &bulk->ids.min, &bulk->ids.max);
    svct_bulk_id_known(bulk, policy->id_next);
}

int svct_bulk_policy(struct svct_bulk *bulk, const struct svct_policy *policy,
                     enum svct_bulk_outcome *ret_outcome,
                     struct svct_fault *fault)
{
    struct svct_record_writer before, after;
    struct svct_policy changed = *policy;
    int r;

    if (!bulk->options.exact)
        changed.extra = bulk->policy.extra;
    changed.rolelist = bulk->policy.rolelist;
    keep_id_next(bulk, &changed);
    svct_policy_encode(&bulk->policy, &before);
    svct_policy_encode(&changed, &after);
    if (bulk->options.exact && bulk->policy.default_ttl != 0)
        return svct_fault_set(fault, SVCT_E_EXISTS, 0,
                              "the policy is there twice");
    if (svct_bulkstate_same(&before, &after)) {
        *ret_outcome = SVCT_BULK_SAME;
        return 0;
    }
    if (!bulk->options.update && !bulk->options.exact)
        return svct_fault_set(fault, SVCT_E_EXISTS, 0,
                              "the policy here is another");
    if (!bulk->options.exact) {
        r = svct_change_policy_check(&bulk->policy, &changed, fault);
        if (r != 0)
            return r;
    }
    r = svct_edit_store_policy(bulk->txn, &changed, fault);
    if (r == 0) {
        take_over(bulk, &changed);
        *ret_outcome = SVCT_BULK_UPDATED;
    }
    return r;
}

int svct_bulk_get_policy(const struct svct_bulk *bulk,
                         struct svct_policy *ret_policy)
{
    *ret_policy = bulk->policy;
    return 0;
}

/* A restore learns the range from it. */
static int check_policy_first(const struct svct_bulk *bulk, bool has_ids,
                              struct svct_fault *fault)
{
    if (!has_ids || bulk->policy.default_ttl != 0)
        return 0;
    return svct_fault_set(fault, SVCT_E_NOTFOUND, 0,
                          "the line with the policy must come before all that "
                          "have a uid or gid");
}

/* ---- accounts ---- */

static int remember_apikey(struct svct_bulk *bulk,
                           const struct svct_account *account,
                           struct svct_fault *fault)
{
    if (!account->apikey)
        return 0;
    return svct_namelist_add(&bulk->apikeys, account->name) == 0
               ? 0
               : svct_bulkstate_nomem(fault);
}

static int add_account(struct svct_bulk *bulk,
                       const struct svct_account *account,
                       struct svct_fault *fault)
{
    struct svct_account added = *account;
    int r;

    added.tokens = 0;
    r = svct_issue_account(bulk->txn, &added, &bulk->ids, fault);
    if (r == 0)
        r = svct_bulkstate_flush(bulk, fault);
    if (r != 0)
        return r;
    svct_bulkstate_set(bulk, &added);
    svct_bulknames_clear(&bulk->names);
    bulk->names_known = true; /* it has none */
    return 0;
}

static int replace_account(struct svct_bulk *bulk,
                           const struct svct_account *account,
                           enum svct_bulk_outcome *ret_outcome,
                           struct svct_fault *fault)
{
    struct svct_record_writer before, after;
    struct svct_account changed = *account;
    int r = svct_bulkstate_enter(bulk, account->name, fault);

    if (r != 0)
        return r;
    changed.tokens = bulk->account.tokens;
    changed.extra = bulk->account.extra;
    svct_account_encode(&bulk->account, &before);
    svct_account_encode(&changed, &after);
    if (svct_bulkstate_same(&before, &after)) {
        *ret_outcome = SVCT_BULK_SAME;
        return 0;
    }
    if (changed.apikey != bulk->account.apikey)
        return svct_fault_set(fault, SVCT_E_EXISTS, 0,
                              "\"%s\" is %s here, and stays so", changed.name,
                              changed.apikey ? "no API key" : "an API key");
    r = svct_issue_unix_kept(&bulk->account, &changed, fault);
    if (r != 0)
        return r;
    if (!bulk->options.update)
        return svct_fault_set(fault, SVCT_E_EXISTS, 0,
                              "the service account \"%s\" is there already, "
                              "and differs",
                              changed.name);
    r = svct_bulkstate_flush(bulk, fault);
    if (r == 0)
        r = svct_change_account_update(bulk->txn, &changed, fault);
    if (r == 0)
        r = svct_edit_get_account(bulk->txn, changed.name, &bulk->account,
                                  fault);
    if (r == 0)
        *ret_outcome = SVCT_BULK_UPDATED;
    return r;
}

int svct_bulk_account(struct svct_bulk *bulk,
                      const struct svct_account *account,
                      enum svct_bulk_outcome *ret_outcome,
                      struct svct_fault *fault)
{
    struct svct_account old;
    int r;

    if (svct_name_check_text(account->created_by) != 0)
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "who made it must be UTF-8 without control "
                              "characters");
    r = check_policy_first(bulk, account->uid != 0, fault);
    if (r != 0)
        return r;
    r = svct_bulk_get_account(bulk, account->name, &old);
    if (r == SVCT_E_NOTFOUND) {
        r = add_account(bulk, account, fault);
        if (r == 0)
            *ret_outcome = SVCT_BULK_ADDED;
    } else if (r == 0 && bulk->options.exact) {
        r = svct_fault_set(fault, SVCT_E_EXISTS, 0,
                           "the service account \"%s\" is there twice",
                           account->name);
    } else if (r == 0) {
        r = replace_account(bulk, account, ret_outcome, fault);
    } else {
        r = svct_edit_lookup_fault(fault, r, "service account", account->name);
    }
    return r == 0 ? remember_apikey(bulk, account, fault) : r;
}

int svct_bulk_get_account(struct svct_bulk *bulk, const char *name,
                          struct svct_account *ret_account)
{
    if (bulk->account.name[0] != '\0' &&
        strcmp(bulk->account.name, name) == 0) {
        *ret_account = bulk->account;
        return 0;
    }
    return svct_lookup_account(svct_bulkstate_view(bulk), name, ret_account);
}

/* ---- the end ---- */

/* An API key ends with its token. */
static int check_end(void *arg, const struct svct_token *token)
{
    const struct svct_account *account = arg;

    return token->expires == account->expires ? 0 : SVCT_E_POLICY;
}

static int check_whole_apikey(const struct svct_bulk *bulk, const char *name,
                              struct svct_fault *fault)
{
    struct svct_account account;
    int r = svct_edit_get_account(bulk->txn, name, &account, fault);

    if (r != 0)
        return r;
    if (account.tokens != 1)
        return svct_fault_set(fault, SVCT_E_POLICY, 0,
                              "the API key \"%s\" must have exactly one "
                              "token, and has %u",
                              name, (unsigned)account.tokens);
    r = svct_lookup_tokens_of(svct_bulkstate_view(bulk), &account, check_end,
                              &account);
    if (r == SVCT_E_POLICY)
        return svct_fault_set(fault, r, 0,
                              "the API key \"%s\" and its token must have "
                              "the same \"expires\"",
                              name);
    return svct_edit_lookup_fault(fault, r, "service account", name);
}

/* What a restore began from nothing has all that a database must have. */
static int check_base(const struct svct_bulk *bulk, struct svct_fault *fault)
{
    struct svct_policy policy;
    struct svct_role role, there;
    int r = 0;

    if (!bulk->options.exact)
        return 0;
    if (svct_lookup_policy(svct_bulkstate_view(bulk), &policy) ==
        SVCT_E_NOTFOUND)
        return svct_fault_set(fault, SVCT_E_NOTFOUND, 0,
                              "there is no line with the policy");
    for (unsigned i = 0; r == 0 && svct_role_builtin(i, &role); i++)
        r = svct_edit_get_role(bulk->txn, role.name, &there, fault);
    return r;
}

int svct_bulk_finish(struct svct_bulk *bulk, struct svct_fault *fault)
{
    int r = svct_bulkstate_flush(bulk, fault);

    if (r == 0)
        r = check_base(bulk, fault);
    if (r == 0)
        r = svct_ids_end(bulk->txn, &bulk->ids, fault);
    for (size_t i = 0; r == 0 && i < bulk->apikeys.count; i++)
        r = check_whole_apikey(bulk, bulk->apikeys.name[i], fault);
    return r;
}

int svct_bulk_role(struct svct_bulk *bulk, const struct svct_role *role,
                   enum svct_bulk_outcome *ret_outcome,
                   struct svct_fault *fault)
{
    int r = check_policy_first(bulk, svct_role_has_gids(role), fault);

    return r == 0 ? svct_bulk_role_store(bulk->txn, &bulk->options, role,
                                         &bulk->ids, ret_outcome, fault)
                  : r;
}
