/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "members.h"

#include "pack.h"

static bool has_group(const struct svct_pubrole *role, const char *group)
{
    for (size_t i = 0; i < role->groups_count; i++) {
        if (strcmp(role->groups[i], group) == 0)
            return true;
    }
    return false;
}

/* The role has to have the group, as the group says. */
static int count_of(const struct svct_snapshot *snapshot, const char *group,
                    const char *role_name, uint32_t *ret_count)
{
    struct svct_pubrole role;
    int r = svct_publook_role(snapshot, role_name, &role);

    if (r == SVCT_E_NOTFOUND || (r == 0 && !has_group(&role, group)))
        return SVCT_E_DAMAGED;
    if (r == 0)
        *ret_count = role.members;
    return r;
}

/* How many each role has. In all 0 when there are too many to be listed. */
static int count_all(const struct svct_snapshot *snapshot,
                     const struct svct_pubgroup *group, uint32_t *counts,
                     size_t *ret_total)
{
    uint64_t total = 0;

    for (size_t i = 0; i < group->roles_count; i++) {
        int r = count_of(snapshot, group->name, group->roles[i], &counts[i]);

        if (r != 0)
            return r;
        total += counts[i];
    }
    *ret_total = total <= SVCT_NSS_MEMBERS_MAX ? (size_t)total : 0;
    return 0;
}

/* One page, which has as many as are left, or is full. */
static int add_page(const struct svct_snapshot *snapshot, const char *role,
                    uint32_t number, uint32_t left,
                    struct svct_pack_group *pack)
{
    struct svct_pubpage page;
    int r = svct_publook_page(snapshot, role, number, &page);

    if (r != 0)
        return r == SVCT_E_NOTFOUND ? SVCT_E_DAMAGED : r;
    if (page.count != (left < SVCT_PUBPAGE_NAMES ? left : SVCT_PUBPAGE_NAMES))
        return SVCT_E_DAMAGED;
    for (size_t i = 0; r == 0 && i < page.count; i++)
        r = svct_pack_group_add(pack, page.names[i]);
    return r;
}

static int add_role(const struct svct_snapshot *snapshot, const char *role,
                    uint32_t members, struct svct_pack_group *pack)
{
    int r = 0;

    for (uint32_t at = 0; r == 0 && at < members; at += SVCT_PUBPAGE_NAMES)
        r = add_page(snapshot, role, at / SVCT_PUBPAGE_NAMES, members - at,
                     pack);
    return r;
}

int svct_members_pack(const struct svct_snapshot *snapshot,
                      const struct svct_pubgroup *group, char *buffer,
                      size_t len, struct group *ret_group)
{
    uint32_t counts[SVCT_PUBGROUP_ROLES];
    struct svct_pack_group pack;
    size_t total;
    int r;

    r = count_all(snapshot, group, counts, &total);
    if (r == 0)
        r = svct_pack_group_begin(&pack, group->name, group->gid, total, buffer,
                                  len);
    for (size_t i = 0; r == 0 && total > 0 && i < group->roles_count; i++)
        r = add_role(snapshot, group->roles[i], counts[i], &pack);
    return r == 0 ? svct_pack_group_end(&pack, ret_group) : r;
}
