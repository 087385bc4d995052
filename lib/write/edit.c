/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/edit.h"

#include <string.h>

#include "auth/lookup.h"
#include "write/publish.h"
#include "write/slots.h"

const struct svct_snapshot *svct_edit_view(const struct svct_txn *txn)
{
    return svct_txn_view(txn, SVCT_PART_PRIVATE);
}

/* ---- storing ---- */

static int store(struct svct_txn *txn, const struct svct_key *key,
                 struct svct_record_writer *writer, struct svct_fault *fault)
{
    return svct_txn_store(txn, SVCT_PART_PRIVATE, key, writer, fault);
}

/* Would everybody read the same of both? */
static bool looks_same(const struct svct_account *a,
                       const struct svct_account *b)
{
    struct svct_pubuser user, other;

    svct_publish_user_of(a, &user);
    svct_publish_user_of(b, &other);
    return svct_publish_is_same_user(&user, &other);
}

static int publish_account(struct svct_txn *txn,
                           const struct svct_account *account,
                           struct svct_fault *fault)
{
    struct svct_account old;
    int r = svct_lookup_account(svct_edit_view(txn), account->name, &old);

    if (r == 0 &&
        ((old.uid == 0 && account->uid == 0) || looks_same(&old, account)))
        return 0;
    if (r != 0 && r != SVCT_E_NOTFOUND)
        return svct_edit_lookup_fault(fault, r, "service account",
                                      account->name);
    return svct_publish_account(txn, account, fault);
}

int svct_edit_store_account(struct svct_txn *txn,
                            const struct svct_account *account,
                            struct svct_fault *fault)
{
    struct svct_key key = svct_key_account(account->name);
    struct svct_record_writer writer;
    int r = publish_account(txn, account, fault);

    if (r != 0)
        return r;
    svct_account_encode(account, &writer);
    return store(txn, &key, &writer, fault);
}

int svct_edit_delete_account(struct svct_txn *txn, const char *name,
                             struct svct_fault *fault)
{
    struct svct_key key = svct_key_account(name);
    int r = svct_publish_account_gone(txn, name, fault);

    return r == 0 ? svct_txn_delete(txn, SVCT_PART_PRIVATE, &key, fault) : r;
}

int svct_edit_store_token(struct svct_txn *txn, const struct svct_token *token,
                          struct svct_fault *fault)
{
    struct svct_key key = svct_key_token(token->id);
    struct svct_record_writer writer;

    svct_token_encode(token, &writer);
    return store(txn, &key, &writer, fault);
}

/* A record that can't be understood can be taken out all the same. */
static int slot_of(const struct svct_txn *txn, const char *id,
                   uint32_t *ret_slot, struct svct_fault *fault)
{
    struct svct_token token;
    int r = svct_lookup_token(svct_edit_view(txn), id, &token);

    *ret_slot = r == 0 ? token.slot : 0;
    if (r == SVCT_E_NOTFOUND)
        r = SVCT_E_DAMAGED; /* something listed it */
    else if (r == SVCT_E_DAMAGED || r == SVCT_E_VERSION)
        return 0;
    return svct_edit_lookup_fault(fault, r, "token", id);
}

int svct_edit_delete_token(struct svct_txn *txn, const char *id,
                           struct svct_fault *fault)
{
    struct svct_key key = svct_key_token(id);
    uint32_t slot;
    int r = slot_of(txn, id, &slot, fault);

    if (r == 0)
        r = svct_txn_delete(txn, SVCT_PART_PRIVATE, &key, fault);
    return r == 0 ? svct_slots_take_back(txn, slot, fault) : r;
}

int svct_edit_store_page(struct svct_txn *txn, const char *account,
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

static bool has_same_groups(const struct svct_role *a,
                            const struct svct_role *b)
{
    if (a->groups_count != b->groups_count)
        return false;
    for (size_t i = 0; i < a->groups_count; i++)
        if (a->gids[i] != b->gids[i] || strcmp(a->groups[i], b->groups[i]) != 0)
            return false;
    return true;
}

static int publish_role(struct svct_txn *txn, const struct svct_role *role,
                        struct svct_fault *fault)
{
    struct svct_role old;
    int r = svct_lookup_role(svct_edit_view(txn), role->name, &old);

    if (r == 0 && has_same_groups(&old, role))
        return 0;
    if (r != 0 && r != SVCT_E_NOTFOUND)
        return svct_edit_lookup_fault(fault, r, "role", role->name);
    return svct_publish_role(txn, role, fault);
}

int svct_edit_store_role(struct svct_txn *txn, const struct svct_role *role,
                         struct svct_fault *fault)
{
    struct svct_key key = svct_key_role(role->name);
    struct svct_record_writer writer;
    int r = publish_role(txn, role, fault);

    if (r != 0)
        return r;
    svct_role_encode(role, &writer);
    return store(txn, &key, &writer, fault);
}

int svct_edit_delete_role(struct svct_txn *txn, const char *name,
                          struct svct_fault *fault)
{
    struct svct_key key = svct_key_role(name);
    int r = svct_publish_role_gone(txn, name, fault);

    return r == 0 ? svct_txn_delete(txn, SVCT_PART_PRIVATE, &key, fault) : r;
}

/* What the policy knows of the list of roles and of ids that were handed out is
 * not for others to take back. */
int svct_edit_store_policy(struct svct_txn *txn,
                           const struct svct_policy *policy,
                           struct svct_fault *fault)
{
    struct svct_key key = svct_key_policy();
    struct svct_record_writer writer;
    struct svct_policy stored = *policy, old;
    int r = svct_lookup_policy(svct_edit_view(txn), &old);

    if (r != 0 && r != SVCT_E_NOTFOUND)
        return svct_edit_lookup_fault(fault, r, "record", "policy");
    if (r == 0 && old.rolelist)
        stored.rolelist = true;
    if (r == 0 && stored.id_next < old.id_next)
        stored.id_next = old.id_next;
    svct_policy_encode(&stored, &writer);
    return store(txn, &key, &writer, fault);
}

/* From the first list on the policy says that there is one. */
static int note_rolelist(struct svct_txn *txn, struct svct_fault *fault)
{
    struct svct_policy policy;
    int r = svct_edit_get_policy(txn, &policy, fault);

    if (r != 0 || policy.rolelist)
        return r;
    policy.rolelist = true;
    return svct_edit_store_policy(txn, &policy, fault);
}

int svct_edit_store_rolelist(struct svct_txn *txn,
                             const struct svct_rolelist *list,
                             struct svct_fault *fault)
{
    struct svct_key key = svct_key_rolelist();
    struct svct_record_writer writer;
    int r;

    svct_rolelist_encode(list, &writer);
    r = store(txn, &key, &writer, fault);
    return r == 0 ? note_rolelist(txn, fault) : r;
}

/* ---- what is there ---- */

/* Says which thing could not be found, or what else was wrong with it. */
int svct_edit_lookup_fault(struct svct_fault *fault, int code, const char *what,
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

int svct_edit_get_account(const struct svct_txn *txn, const char *name,
                          struct svct_account *ret_account,
                          struct svct_fault *fault)
{
    return svct_edit_lookup_fault(
        fault, svct_lookup_account(svct_edit_view(txn), name, ret_account),
        "service account", name);
}

int svct_edit_get_token(const struct svct_txn *txn, const char *id,
                        struct svct_token *ret_token, struct svct_fault *fault)
{
    return svct_edit_lookup_fault(
        fault, svct_lookup_token(svct_edit_view(txn), id, ret_token), "token",
        id);
}

int svct_edit_get_role(const struct svct_txn *txn, const char *name,
                       struct svct_role *ret_role, struct svct_fault *fault)
{
    return svct_edit_lookup_fault(
        fault, svct_lookup_role(svct_edit_view(txn), name, ret_role), "role",
        name);
}

int svct_edit_get_policy(const struct svct_txn *txn,
                         struct svct_policy *ret_policy,
                         struct svct_fault *fault)
{
    int r = svct_lookup_policy(svct_edit_view(txn), ret_policy);

    if (r == SVCT_E_NOTFOUND)
        r = SVCT_E_DAMAGED;
    return svct_edit_lookup_fault(fault, r, "record", "policy");
}

/* ---- times ---- */

/* What a record can hold and the policy can count with. */
bool svct_edit_is_moment(int64_t time)
{
    return time >= 0 && time <= SVCT_TIME_MAX;
}

bool svct_edit_is_end(int64_t time)
{
    return svct_edit_is_moment(time) || time == SVCT_TIME_NEVER;
}
