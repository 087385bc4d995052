/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/pubgroups.h"

#include <string.h>

#include "base/publook.h"

static const struct svct_snapshot *view_of(const struct svct_txn *txn)
{
    return svct_txn_view(txn, SVCT_PART_PUBLIC);
}

/* ---- numbers ---- */

static int id_fault(struct svct_fault *fault, int code, uint32_t id)
{
    return svct_fault_set(fault, code, 0, "the public record of %lu: %s",
                          (unsigned long)id, svct_err_text(code));
}

int svct_pubgroups_check_id(const struct svct_txn *txn, uint32_t id,
                            struct svct_fault *fault)
{
    struct svct_pubid owner;
    int r = svct_publook_id(view_of(txn), id, &owner);

    if (r == SVCT_E_NOTFOUND)
        return 0;
    if (r != 0)
        return id_fault(fault, r, id);
    return svct_fault_set(
        fault, SVCT_E_EXISTS, 0, "%lu is the %s of \"%s\"", (unsigned long)id,
        owner.owner == SVCT_PUBID_USER ? "uid" : "gid", owner.name);
}

int svct_pubgroups_store_id(struct svct_txn *txn, const struct svct_pubid *id,
                            struct svct_fault *fault)
{
    struct svct_key key = svct_key_pubid(id->id);
    struct svct_record_writer writer;

    svct_pubid_encode(id, &writer);
    return svct_txn_store(txn, SVCT_PART_PUBLIC, &key, &writer, fault);
}

int svct_pubgroups_delete_id(struct svct_txn *txn, uint32_t id,
                             struct svct_fault *fault)
{
    struct svct_key key = svct_key_pubid(id);
    int r = svct_txn_delete(txn, SVCT_PART_PUBLIC, &key, fault);

    return r == SVCT_E_NOTFOUND ? id_fault(fault, SVCT_E_DAMAGED, id) : r;
}

/* ---- a group ---- */

/* *ret_group has no roles when there is none of that name. */
static int fetch_group(const struct svct_txn *txn, const char *name,
                       struct svct_pubgroup *ret_group,
                       struct svct_fault *fault)
{
    int r;

    *ret_group = (struct svct_pubgroup){.gid = 0};
    r = svct_publook_group(view_of(txn), name, ret_group);
    if (r == 0 || r == SVCT_E_NOTFOUND)
        return 0;
    return svct_pubroles_fault(fault, r, "group", name);
}

static int store_group(struct svct_txn *txn, const struct svct_pubgroup *group,
                       struct svct_fault *fault)
{
    struct svct_key key = svct_key_pubgroup(group->name);
    struct svct_record_writer writer;

    svct_pubgroup_encode(group, &writer);
    return svct_txn_store(txn, SVCT_PART_PUBLIC, &key, &writer, fault);
}

static int delete_group(struct svct_txn *txn, const struct svct_pubgroup *group,
                        struct svct_fault *fault)
{
    struct svct_key key = svct_key_pubgroup(group->name);
    int r = svct_txn_delete(txn, SVCT_PART_PUBLIC, &key, fault);

    if (r == 0 && group->gid != 0)
        r = svct_pubgroups_delete_id(txn, group->gid, fault);
    return r;
}

/* Where the role stands in the list, or belongs. */
static size_t place_of(const struct svct_pubgroup *group, const char *role)
{
    size_t i = 0;

    while (i < group->roles_count && strcmp(group->roles[i], role) < 0)
        i++;
    return i;
}

static bool has_role(const struct svct_pubgroup *group, const char *role)
{
    size_t i = place_of(group, role);

    return i < group->roles_count && strcmp(group->roles[i], role) == 0;
}

/* Lists the role; a new group gets the gid. */
static int join(struct svct_txn *txn, const char *role, const char *name,
                uint32_t gid, struct svct_fault *fault)
{
    struct svct_pubid id = {.id = gid, .owner = SVCT_PUBID_GROUP};
    struct svct_pubgroup group;
    bool made;
    size_t i;
    int r = fetch_group(txn, name, &group, fault);

    if (r != 0)
        return r;
    made = group.roles_count == 0;
    i = place_of(&group, role);
    if (group.roles_count == SVCT_PUBGROUP_ROLES || has_role(&group, role))
        return svct_pubroles_fault(fault, SVCT_E_DAMAGED, "group", name);
    memmove(group.roles[i + 1], group.roles[i],
            (group.roles_count - i) * sizeof group.roles[0]);
    snprintf(group.roles[i], sizeof group.roles[0], "%s", role);
    group.roles_count++;
    snprintf(group.name, sizeof group.name, "%s", name);
    group.gid = gid;
    r = store_group(txn, &group, fault);
    if (r != 0 || !made || gid == 0)
        return r;
    memcpy(id.name, group.name, sizeof group.name);
    return svct_pubgroups_store_id(txn, &id, fault);
}

/* Without a role there is no group. */
static int leave(struct svct_txn *txn, const char *role, const char *name,
                 struct svct_fault *fault)
{
    struct svct_pubgroup group;
    size_t i;
    int r = fetch_group(txn, name, &group, fault);

    if (r != 0)
        return r;
    if (!has_role(&group, role))
        return svct_pubroles_fault(fault, SVCT_E_DAMAGED, "group", name);
    if (group.roles_count == 1)
        return delete_group(txn, &group, fault);
    i = place_of(&group, role);
    group.roles_count--;
    memmove(group.roles[i], group.roles[i + 1],
            (group.roles_count - i) * sizeof group.roles[0]);
    return store_group(txn, &group, fault);
}

/* ---- may they be so? ---- */

/* Nobody's gid yet, and no user's own group has this name. */
static int check_new(const struct svct_txn *txn, const char *name, uint32_t gid,
                     struct svct_fault *fault)
{
    struct svct_pubuser user;
    int r = svct_pubgroups_check_id(txn, gid, fault);

    if (r != 0)
        return r;
    r = svct_publook_user(view_of(txn), name, &user);
    if (r == SVCT_E_NOTFOUND || (r == 0 && user.gid != user.uid))
        return 0;
    if (r != 0)
        return svct_pubroles_fault(fault, r, "user", name);
    return svct_fault_set(fault, SVCT_E_EXISTS, 0,
                          "\"%s\" is the group of the service account of that "
                          "name: a role can't have a group of svctoken's that "
                          "is called so",
                          name);
}

static int gid_fault(struct svct_fault *fault,
                     const struct svct_pubgroup *group, const char *role)
{
    const char *other = group->roles[strcmp(group->roles[0], role) == 0];

    if (group->gid == 0)
        return svct_fault_set(fault, SVCT_E_EXISTS, 0,
                              "the group \"%s\" is one of the host in the "
                              "role %s, and is that in all roles",
                              group->name, other);
    return svct_fault_set(fault, SVCT_E_EXISTS, 0,
                          "the group \"%s\" has the gid %lu in the role %s, "
                          "and has that in all roles",
                          group->name, (unsigned long)group->gid, other);
}

static int check_group(const struct svct_txn *txn, const char *role,
                       const char *name, uint32_t gid, struct svct_fault *fault)
{
    struct svct_pubgroup group;
    int r = fetch_group(txn, name, &group, fault);

    if (r != 0 || (group.roles_count > 0 && group.gid == gid))
        return r;
    if (group.roles_count > (has_role(&group, role) ? 1 : 0))
        return gid_fault(fault, &group, role);
    return gid == 0 ? 0 : check_new(txn, name, gid, fault);
}

static int check_twice(const struct svct_role *role, size_t index,
                       struct svct_fault *fault)
{
    for (size_t i = 0; i < index; i++) {
        if (role->gids[i] == 0 || role->gids[i] != role->gids[index])
            continue;
        return svct_fault_set(fault, SVCT_E_EXISTS, 0,
                              "the groups \"%s\" and \"%s\" can't have the "
                              "same gid %lu",
                              role->groups[i], role->groups[index],
                              (unsigned long)role->gids[i]);
    }
    return 0;
}

static int check_groups(const struct svct_txn *txn,
                        const struct svct_role *role, struct svct_fault *fault)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < role->groups_count; i++) {
        r = check_twice(role, i, fault);
        if (r == 0)
            r = check_group(txn, role->name, role->groups[i], role->gids[i],
                            fault);
    }
    return r;
}

/* ---- all of them ---- */

static bool old_has(const struct svct_pubrole *role, const char *name,
                    uint32_t gid)
{
    for (size_t i = 0; i < role->groups_count; i++)
        if (role->gids[i] == gid && strcmp(role->groups[i], name) == 0)
            return true;
    return false;
}

static bool new_has(const struct svct_role *role, const char *name,
                    uint32_t gid)
{
    for (size_t i = 0; i < role->groups_count; i++)
        if (role->gids[i] == gid && strcmp(role->groups[i], name) == 0)
            return true;
    return false;
}

static int leave_old(struct svct_txn *txn, const struct svct_pubrole *old,
                     const struct svct_role *role, struct svct_fault *fault)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < old->groups_count; i++)
        if (!new_has(role, old->groups[i], old->gids[i]))
            r = leave(txn, old->name, old->groups[i], fault);
    return r;
}

static int join_new(struct svct_txn *txn, const struct svct_pubrole *old,
                    const struct svct_role *role, struct svct_fault *fault)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < role->groups_count; i++)
        if (!old_has(old, role->groups[i], role->gids[i]))
            r = join(txn, old->name, role->groups[i], role->gids[i], fault);
    return r;
}

static bool is_same(const struct svct_pubrole *old,
                    const struct svct_role *role)
{
    if (old->groups_count != role->groups_count)
        return false;
    for (size_t i = 0; i < role->groups_count; i++)
        if (old->gids[i] != role->gids[i] ||
            strcmp(old->groups[i], role->groups[i]) != 0)
            return false;
    return true;
}

static void take_over(struct svct_pubrole *old, const struct svct_role *role)
{
    old->groups_count = role->groups_count;
    for (size_t i = 0; i < role->groups_count; i++) {
        memcpy(old->groups[i], role->groups[i], sizeof old->groups[i]);
        old->gids[i] = role->gids[i];
    }
}

int svct_pubgroups_set(struct svct_txn *txn, struct svct_pubstate *state,
                       const struct svct_role *role, struct svct_fault *fault)
{
    static const struct svct_role none;
    int r;

    if (role == NULL)
        role = &none;
    if (is_same(&state->role, role)) {
        state->stored = true;
        return 0;
    }
    r = check_groups(txn, role, fault);
    if (r == 0)
        r = leave_old(txn, &state->role, role, fault);
    if (r == 0)
        r = join_new(txn, &state->role, role, fault);
    if (r != 0)
        return r;
    take_over(&state->role, role);
    state->stored = state->dirty = true;
    return 0;
}
