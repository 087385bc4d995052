/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/rolegids.h"

#include <string.h>

#include "auth/lookup.h"
#include "write/change_role.h"
#include "write/edit.h"

/* Where in the role is the group? groups_count: nowhere. */
static size_t find(const struct svct_role *role, const char *group)
{
    size_t i = 0;

    while (i < role->groups_count && strcmp(role->groups[i], group) != 0)
        i++;
    return i;
}

/* The first role but one (NULL: of all) that has the group; its name is ""
 * when none has. */
static int find_holder(const struct svct_snapshot *snapshot, const char *group,
                       const char *but, struct svct_role *ret_role,
                       struct svct_fault *fault)
{
    struct svct_rolelist list;
    int r = svct_edit_lookup_fault(fault, svct_lookup_rolelist(snapshot, &list),
                                   "list", "roles");

    for (size_t i = 0; r == 0 && i < list.count; i++) {
        if (but != NULL && strcmp(list.name[i], but) == 0)
            continue;
        r = svct_lookup_role(snapshot, list.name[i], ret_role);
        if (r == 0 && find(ret_role, group) < ret_role->groups_count)
            return 0;
        if (r == SVCT_E_NOTFOUND)
            r = 0; /* a restore has not brought it yet */
        r = svct_edit_lookup_fault(fault, r, "role", list.name[i]);
    }
    ret_role->name[0] = '\0';
    return r;
}

int svct_change_role_group(const struct svct_snapshot *snapshot,
                           const char *group, const char *but, bool *ret_known,
                           uint32_t *ret_gid, struct svct_fault *fault)
{
    struct svct_role role;
    int r = find_holder(snapshot, group, but, &role, fault);

    if (r != 0)
        return r;
    *ret_known = role.name[0] != '\0';
    *ret_gid = *ret_known ? role.gids[find(&role, group)] : 0;
    return 0;
}

static int shared_fault(struct svct_fault *fault, const char *group,
                        uint32_t gid, const char *role)
{
    if (gid == 0)
        return svct_fault_set(fault, SVCT_E_EXISTS, 0,
                              "the group \"%s\" is one of the host in the "
                              "role %s, and so it is in every role",
                              group, role);
    return svct_fault_set(fault, SVCT_E_EXISTS, 0,
                          "the group \"%s\" has the gid %lu in the role %s, "
                          "and so it has in every role",
                          group, (unsigned long)gid, role);
}

static int check_twice(const struct svct_role *role, size_t index,
                       struct svct_fault *fault)
{
    for (size_t i = 0; i < index; i++) {
        if (role->gids[i] != role->gids[index])
            continue;
        return svct_fault_set(fault, SVCT_E_EXISTS, 0,
                              "the groups \"%s\" and \"%s\" can't have the "
                              "same gid, %lu",
                              role->groups[i], role->groups[index],
                              (unsigned long)role->gids[i]);
    }
    return 0;
}

/* Of a group that no other role has. */
static int take_one(const struct svct_txn *txn, const struct svct_role *old,
                    const struct svct_role *role, size_t index,
                    struct svct_ids *ids, struct svct_fault *fault)
{
    uint32_t gid = role->gids[index], before = 0;
    size_t place;
    int r;

    if (old != NULL) {
        place = find(old, role->groups[index]);
        before = place < old->groups_count ? old->gids[place] : 0;
    }
    if (gid == 0 || gid == before)
        return 0;
    if (before != 0)
        return svct_fault_set(fault, SVCT_E_POLICY, 0,
                              "the group \"%s\" has the gid %lu, and that "
                              "never changes",
                              role->groups[index], (unsigned long)before);
    r = check_twice(role, index, fault);
    return r == 0 ? svct_ids_add(txn, ids, gid, fault) : r;
}

int svct_rolegids_take(const struct svct_txn *txn, const struct svct_role *old,
                       const struct svct_role *role, struct svct_ids *ids,
                       struct svct_fault *fault)
{
    struct svct_role holder;
    int r = 0;

    for (size_t i = 0; r == 0 && i < role->groups_count; i++) {
        uint32_t gid;

        r = find_holder(svct_edit_view(txn), role->groups[i], role->name,
                        &holder, fault);
        if (r != 0)
            return r;
        if (holder.name[0] == '\0') {
            r = take_one(txn, old, role, i, ids, fault);
            continue;
        }
        gid = holder.gids[find(&holder, role->groups[i])];
        if (gid != role->gids[i])
            r = shared_fault(fault, role->groups[i], gid, holder.name);
    }
    return r;
}
