/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "find.h"

#include <errno.h>
#include <unistd.h>

#include "base/safefile.h"
#include "hostgroup.h"
#include "place.h"

bool svct_find_may_be_user(const char *name)
{
    return svct_name_check_login(name) == 0;
}

bool svct_find_may_be_group(const char *name)
{
    return svct_name_check_group(name) == 0;
}

/* Behind the kind and the CRC-64 (base/record.h). */
bool svct_find_key_name(const struct svct_key *key,
                        char ret_name[SVCT_WORD_MAX + 1])
{
    const size_t before = 1 + sizeof(uint64_t);

    if (key->len <= before || key->len - before > SVCT_WORD_MAX)
        return false;
    memcpy(ret_name, key->data + before, key->len - before);
    ret_name[key->len - before] = '\0';
    return true;
}

/* ---- opening ---- */

/* What is short passes; what else a system call says, does not. */
static int passing(int r, const struct svct_fault *fault)
{
    switch (r == 0 ? 0 : fault->sys_errno) {
    case EMFILE:
    case ENFILE:
    case ENOMEM:
        return SVCT_E_NOMEM;
    default:
        return r;
    }
}

int svct_find_open(struct svct_snapshot **ret_snapshot)
{
    struct svct_fault fault = {0};
    int dir_fd, r;

    r = svct_safefile_open_dir(svct_nss_dir(), &dir_fd, &fault);
    if (r == 0) {
        r = svct_snapshot_open(dir_fd, SVCT_PART_PUBLIC, ret_snapshot, &fault);
        close(dir_fd);
    }
    return passing(r, &fault);
}

/* ---- users ---- */

/* A record that another one speaks of is there. */
static int promised(int r)
{
    return r == SVCT_E_NOTFOUND ? SVCT_E_DAMAGED : r;
}

/* The record of its uid has to name it. */
int svct_find_user(const struct svct_snapshot *snapshot, const char *name,
                   struct svct_pubuser *ret_user)
{
    struct svct_pubuser user;
    struct svct_pubid id;
    int r = svct_publook_user(snapshot, name, &user);

    if (r == 0)
        r = promised(svct_publook_id(snapshot, user.uid, &id));
    if (r != 0)
        return r;
    if (id.owner != SVCT_PUBID_USER || strcmp(id.name, name) != 0)
        return SVCT_E_DAMAGED;
    *ret_user = user;
    return 0;
}

static int user_of_id(const struct svct_snapshot *snapshot,
                      const struct svct_pubid *id,
                      struct svct_pubuser *ret_user)
{
    struct svct_pubuser user;
    int r = promised(svct_publook_user(snapshot, id->name, &user));

    if (r != 0)
        return r;
    if (user.uid != id->id)
        return SVCT_E_DAMAGED;
    *ret_user = user;
    return 0;
}

int svct_find_user_by_uid(const struct svct_snapshot *snapshot, uint32_t uid,
                          struct svct_pubuser *ret_user)
{
    struct svct_pubid id;
    int r = svct_publook_id(snapshot, uid, &id);

    if (r != 0)
        return r;
    if (id.owner != SVCT_PUBID_USER)
        return SVCT_E_NOTFOUND;
    return user_of_id(snapshot, &id, ret_user);
}

/* ---- groups ---- */

int svct_find_own_group(const struct svct_pubuser *user,
                        struct svct_pubgroup *ret_group)
{
    if (user->gid != user->uid)
        return SVCT_E_NOTFOUND;
    memcpy(ret_group->name, user->name, sizeof user->name);
    ret_group->gid = user->gid;
    ret_group->roles_count = 0;
    return 0;
}

static int host_gid(const char *name, uint32_t *ret_gid)
{
    struct svct_hostgroup group = {.name = name};
    int r = svct_hostgroup_find(svct_nss_group_file(), &group, 1);

    if (r == 0 && group.gid == 0)
        r = SVCT_E_NOTFOUND;
    if (r == 0)
        *ret_gid = group.gid;
    return r;
}

static int own_group_by_name(const struct svct_snapshot *snapshot,
                             const char *name, struct svct_pubgroup *ret_group)
{
    struct svct_pubuser user;
    int r = svct_find_user(snapshot, name, &user);

    return r == 0 ? svct_find_own_group(&user, ret_group) : r;
}

int svct_find_group(const struct svct_snapshot *snapshot, const char *name,
                    struct svct_pubgroup *ret_group)
{
    uint32_t gid;
    int r = svct_publook_group(snapshot, name, ret_group);

    if (r == SVCT_E_NOTFOUND)
        return own_group_by_name(snapshot, name, ret_group);
    if (r == 0 && ret_group->gid == 0) {
        r = host_gid(name, &gid);
        if (r == 0)
            ret_group->gid = gid;
    }
    return r;
}

static int own_group_of_id(const struct svct_snapshot *snapshot,
                           const struct svct_pubid *id,
                           struct svct_pubgroup *ret_group)
{
    struct svct_pubuser user;
    int r = user_of_id(snapshot, id, &user);

    return r == 0 ? svct_find_own_group(&user, ret_group) : r;
}

int svct_find_group_by_gid(const struct svct_snapshot *snapshot, uint32_t gid,
                           struct svct_pubgroup *ret_group)
{
    struct svct_pubid id;
    int r = svct_publook_id(snapshot, gid, &id);

    if (r != 0)
        return r;
    if (id.owner == SVCT_PUBID_USER)
        return own_group_of_id(snapshot, &id, ret_group);
    r = promised(svct_publook_group(snapshot, id.name, ret_group));
    if (r == 0 && ret_group->gid != gid)
        r = SVCT_E_DAMAGED;
    return r;
}

/* ---- the groups of a user ---- */

/* Those of the host are asked for together: one reading of its file. */
static int fill_host_gids(struct svct_pubrole *role)
{
    struct svct_hostgroup groups[SVCT_PUBROLE_GROUPS];
    size_t count = 0;
    int r;

    for (size_t i = 0; i < role->groups_count; i++) {
        if (role->gids[i] == 0)
            groups[count++].name = role->groups[i];
    }
    if (count == 0)
        return 0;
    r = svct_hostgroup_find(svct_nss_group_file(), groups, count);
    if (r != 0)
        return r;
    count = 0;
    for (size_t i = 0; i < role->groups_count; i++) {
        if (role->gids[i] == 0)
            role->gids[i] = groups[count++].gid;
    }
    return 0;
}

/* Is the user in its place among the members of its role? */
static int check_member(const struct svct_snapshot *snapshot,
                        const struct svct_pubuser *user)
{
    uint32_t index = user->member % SVCT_PUBPAGE_NAMES;
    struct svct_pubpage page;
    int r = promised(svct_publook_page(
        snapshot, user->role, user->member / SVCT_PUBPAGE_NAMES, &page));

    if (r != 0)
        return r;
    return index < page.count && strcmp(page.names[index], user->name) == 0
               ? 0
               : SVCT_E_DAMAGED;
}

static bool lists(const struct svct_pubgroup *group, const char *role)
{
    for (size_t i = 0; i < group->roles_count; i++) {
        if (strcmp(group->roles[i], role) == 0)
            return true;
    }
    return false;
}

/* Does each group of the role have the role? */
static int check_groups(const struct svct_snapshot *snapshot,
                        const struct svct_pubrole *role)
{
    struct svct_pubgroup group;
    int r = 0;

    for (size_t i = 0; r == 0 && i < role->groups_count; i++) {
        r = promised(svct_publook_group(snapshot, role->groups[i], &group));
        if (r == 0 &&
            (group.gid != role->gids[i] || !lists(&group, role->name)))
            r = SVCT_E_DAMAGED;
    }
    return r;
}

static int role_of(const struct svct_snapshot *snapshot, const char *name,
                   struct svct_pubrole *ret_role)
{
    struct svct_pubuser user;
    int r = svct_find_user(snapshot, name, &user);

    if (r != 0)
        return r;
    r = check_member(snapshot, &user);
    if (r == 0)
        r = promised(svct_publook_role(snapshot, user.role, ret_role));
    return r == 0 ? check_groups(snapshot, ret_role) : r;
}

/* One that came to the host later has the name, and not the groups. */
static int check_not_of_host(const char *user)
{
    struct svct_hostgroup line = {.name = user};
    int r = svct_hostgroup_find(svct_nss_passwd_file(), &line, 1);

    return r == 0 && line.settled ? SVCT_E_NOTFOUND : r;
}

int svct_find_gids(const struct svct_snapshot *snapshot, const char *user,
                   uint32_t *gids, size_t *ret_count)
{
    struct svct_pubrole role;
    size_t count = 0;
    int r = role_of(snapshot, user, &role);

    if (r == 0)
        r = check_not_of_host(user);
    if (r == 0)
        r = fill_host_gids(&role);
    if (r != 0)
        return r;
    for (size_t i = 0; i < role.groups_count; i++) {
        if (role.gids[i] != 0) /* the host does not have it */
            gids[count++] = role.gids[i];
    }
    *ret_count = count;
    return 0;
}
