/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/publish.h"

#include <string.h>

#include "auth/lookup.h"
#include "base/publook.h"
#include "write/pubgroups.h"
#include "write/pubroles.h"

static const struct svct_snapshot *view_of(const struct svct_txn *txn)
{
    return svct_txn_view(txn, SVCT_PART_PUBLIC);
}

/* ---- roles ---- */

/* Its groups are published before it gets a member: a database from before
 * has roles that never were. */
static int get_published(struct svct_txn *txn, const char *name,
                         struct svct_pubstate **ret_state,
                         struct svct_fault *fault)
{
    struct svct_pubstate *state;
    struct svct_role role;
    int r = svct_pubroles_get(txn, name, &state, fault);

    if (r == 0 && !state->stored) {
        r = svct_lookup_role(svct_txn_view(txn, SVCT_PART_PRIVATE), name,
                             &role);
        if (r == SVCT_E_NOTFOUND)
            r = SVCT_E_DAMAGED;
        if (r != 0)
            return svct_fault_set(fault, r, 0, "the record of the role %s: %s",
                                  name, svct_err_text(r));
        r = svct_pubgroups_set(txn, state, &role, fault);
    }
    if (r == 0)
        *ret_state = state;
    return r;
}

int svct_publish_role(struct svct_txn *txn, const struct svct_role *role,
                      struct svct_fault *fault)
{
    struct svct_pubstate *state;
    int r = svct_pubroles_get(txn, role->name, &state, fault);

    return r == 0 ? svct_pubgroups_set(txn, state, role, fault) : r;
}

int svct_publish_role_gone(struct svct_txn *txn, const char *name,
                           struct svct_fault *fault)
{
    struct svct_pubstate *state;
    int r = svct_pubroles_get(txn, name, &state, fault);

    if (r == 0 && state->role.members > 0)
        r = svct_pubroles_fault(fault, SVCT_E_DAMAGED, "role", name);
    if (r == 0)
        r = svct_pubgroups_set(txn, state, NULL, fault);
    return r == 0 ? svct_pubroles_forget(txn, state, fault) : r;
}

int svct_publish_settle(struct svct_txn *txn, struct svct_fault *fault)
{
    return svct_pubroles_settle(txn, fault);
}

/* ---- accounts ---- */

static int store_user(struct svct_txn *txn, const struct svct_pubuser *user,
                      struct svct_fault *fault)
{
    struct svct_key key = svct_key_pubuser(user->name);
    struct svct_record_writer writer;

    svct_pubuser_encode(user, &writer);
    return svct_txn_store(txn, SVCT_PART_PUBLIC, &key, &writer, fault);
}

static int store_uid(struct svct_txn *txn, const struct svct_pubuser *user,
                     struct svct_fault *fault)
{
    struct svct_pubid id = {.id = user->uid, .owner = SVCT_PUBID_USER};

    memcpy(id.name, user->name, sizeof user->name);
    return svct_pubgroups_store_id(txn, &id, fault);
}

void svct_publish_user_of(const struct svct_account *account,
                          struct svct_pubuser *ret_user)
{
    struct svct_pubuser user = {.uid = account->uid, .gid = account->gid};

    memcpy(user.name, account->name, sizeof user.name);
    memcpy(user.gecos, account->description, sizeof user.gecos);
    for (char *c = user.gecos; *c != '\0'; c++)
        if (*c == ':')
            *c = ' ';
    memcpy(user.home, account->home, sizeof user.home);
    memcpy(user.shell, account->shell, sizeof user.shell);
    memcpy(user.role, account->role, sizeof user.role);
    *ret_user = user;
}

bool svct_publish_is_same_user(const struct svct_pubuser *a,
                               const struct svct_pubuser *b)
{
    return a->uid == b->uid && a->gid == b->gid &&
           strcmp(a->gecos, b->gecos) == 0 && strcmp(a->home, b->home) == 0 &&
           strcmp(a->shell, b->shell) == 0 && strcmp(a->role, b->role) == 0;
}

/* A user without a uid is none. */
static int find_user(const struct svct_txn *txn, const char *name,
                     struct svct_pubuser *ret_user, struct svct_fault *fault)
{
    int r = svct_publook_user(view_of(txn), name, ret_user);

    if (r == SVCT_E_NOTFOUND) {
        ret_user->uid = 0;
        return 0;
    }
    return r == 0 ? 0 : svct_pubroles_fault(fault, r, "user", name);
}

/* A role's group of svctoken's own has the name of the user's own one. */
static int check_group(const struct svct_txn *txn,
                       const struct svct_pubuser *user,
                       struct svct_fault *fault)
{
    struct svct_pubgroup group;
    int r;

    if (user->gid != user->uid)
        return 0;
    r = svct_publook_group(view_of(txn), user->name, &group);
    if (r == SVCT_E_NOTFOUND || (r == 0 && group.gid == 0))
        return 0;
    if (r != 0)
        return svct_pubroles_fault(fault, r, "group", user->name);
    return svct_fault_set(fault, SVCT_E_EXISTS, 0,
                          "the role %s has a group \"%s\", so no account of "
                          "that name can have a group of its own",
                          group.roles[0], user->name);
}

static int check_user(const struct svct_txn *txn,
                      const struct svct_pubuser *old,
                      const struct svct_pubuser *user, struct svct_fault *fault)
{
    int r = 0;

    if (old->uid != user->uid)
        r = svct_pubgroups_check_id(txn, user->uid, fault);
    return r == 0 ? check_group(txn, user, fault) : r;
}

static int leave_role(struct svct_txn *txn, const struct svct_pubuser *user,
                      struct svct_fault *fault)
{
    struct svct_pubstate *state;
    int r = svct_pubroles_get(txn, user->role, &state, fault);

    return r == 0 ? svct_pubroles_remove(txn, state, user->name, user->member,
                                         fault)
                  : r;
}

static int join_role(struct svct_txn *txn, struct svct_pubuser *user,
                     struct svct_fault *fault)
{
    struct svct_pubstate *state;
    int r = get_published(txn, user->role, &state, fault);

    return r == 0 ? svct_pubroles_append(txn, state, user->name, &user->member,
                                         fault)
                  : r;
}

static int add_user(struct svct_txn *txn, struct svct_pubuser *user,
                    struct svct_fault *fault)
{
    int r = join_role(txn, user, fault);

    if (r == 0)
        r = store_uid(txn, user, fault);
    return r == 0 ? store_user(txn, user, fault) : r;
}

static int change_user(struct svct_txn *txn, const struct svct_pubuser *old,
                       struct svct_pubuser *user, struct svct_fault *fault)
{
    int r = 0;

    user->member = old->member;
    if (strcmp(old->role, user->role) != 0) {
        r = leave_role(txn, old, fault);
        if (r == 0)
            r = join_role(txn, user, fault);
    }
    if (r == 0 && old->uid != user->uid) {
        r = svct_pubgroups_delete_id(txn, old->uid, fault);
        if (r == 0)
            r = store_uid(txn, user, fault);
    }
    return r == 0 ? store_user(txn, user, fault) : r;
}

static int delete_user(struct svct_txn *txn, const struct svct_pubuser *user,
                       struct svct_fault *fault)
{
    struct svct_key key = svct_key_pubuser(user->name);
    int r = leave_role(txn, user, fault);

    if (r == 0)
        r = svct_pubgroups_delete_id(txn, user->uid, fault);
    return r == 0 ? svct_txn_delete(txn, SVCT_PART_PUBLIC, &key, fault) : r;
}

int svct_publish_account(struct svct_txn *txn,
                         const struct svct_account *account,
                         struct svct_fault *fault)
{
    struct svct_pubuser old, user;
    int r = find_user(txn, account->name, &old, fault);

    if (r != 0)
        return r;
    if (account->uid == 0)
        return old.uid == 0 ? 0 : delete_user(txn, &old, fault);
    svct_publish_user_of(account, &user);
    if (old.uid != 0 && svct_publish_is_same_user(&old, &user))
        return 0;
    r = check_user(txn, &old, &user, fault);
    if (r != 0)
        return r;
    return old.uid == 0 ? add_user(txn, &user, fault)
                        : change_user(txn, &old, &user, fault);
}

int svct_publish_account_gone(struct svct_txn *txn, const char *name,
                              struct svct_fault *fault)
{
    struct svct_pubuser old;
    int r = find_user(txn, name, &old, fault);

    return r != 0 || old.uid == 0 ? r : delete_user(txn, &old, fault);
}
