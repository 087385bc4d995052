/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "rolegroups.h"

#include "auth/role.h"
#include "freeid.h"
#include "say.h"
#include "unixgroup.h"
#include "write/change_role.h"

/* ---- what the roles say ---- */

int svct_rolegroups_gone(const struct svct_snapshot *snapshot,
                         const struct svct_role *old,
                         const struct svct_role *role,
                         struct svct_rolegroups *groups,
                         struct svct_fault *fault)
{
    groups->gone_count = 0;
    for (size_t i = 0; i < old->groups_count; i++) {
        uint32_t gid;
        bool stays;
        int r;

        if (old->gids[i] == 0 ||
            (role != NULL && svct_role_has_group(role, old->groups[i])))
            continue;
        r = svct_change_role_group(snapshot, old->groups[i], old->name, &stays,
                                   &gid, fault);
        if (r < 0)
            return r;
        if (stays)
            continue;
        memcpy(groups->gone[groups->gone_count], old->groups[i],
               sizeof(groups->gone[0]));
        groups->gone_gid[groups->gone_count++] = old->gids[i];
    }
    return 0;
}

/* ---- what the host says ---- */

static int look(const struct svct_call *call, const char *name,
                enum svct_rolegroup_host *ret_host, uint32_t *ret_gid)
{
    struct svct_fault fault = {0};
    struct svct_unixgroup group;
    int r = svct_unixgroup_find(name, &group, &fault);

    if (r == SVCT_E_NOTFOUND) {
        *ret_host = SVCT_ROLEGROUP_ABSENT;
        return SVCT_EXIT_DONE;
    }
    if (r < 0)
        return svct_say_fault(call, r, &fault);
    *ret_host = group.local ? SVCT_ROLEGROUP_LOCAL : SVCT_ROLEGROUP_REMOTE;
    *ret_gid = group.gid;
    return SVCT_EXIT_DONE;
}

int svct_rolegroups_look(const struct svct_call *call,
                         const struct svct_role *role,
                         struct svct_rolegroups *ret_groups)
{
    int r = SVCT_EXIT_DONE;

    *ret_groups = (struct svct_rolegroups){.gone_count = 0};
    for (size_t i = 0; r == SVCT_EXIT_DONE && i < role->groups_count; i++)
        r = look(call, role->groups[i], &ret_groups->host[i],
                 &ret_groups->host_gid[i]);
    return r;
}

/* ---- a new one ---- */

/* An account that is a Unix user by svctoken alone has a group of its name. */
static int check_name(const struct svct_call *call, const struct svct_txn *txn,
                      const char *name)
{
    struct svct_account account;
    int r = svct_lookup_account(svct_txn_view(txn, SVCT_PART_PRIVATE), name,
                                &account);

    if (r == SVCT_E_NOTFOUND)
        return SVCT_EXIT_DONE;
    if (r < 0)
        return svct_say_code(call, r, "the account %s", name);
    if (account.uid == 0 || account.gid != account.uid)
        return SVCT_EXIT_DONE;
    return svct_say_no(call,
                       "the group %s is the own one of the service account "
                       "%s, and can't be a role's",
                       name, name);
}

struct near {
    struct svct_suggest suggest;
    /* Of SVCT_SUGGEST_MAX + 1 bytes: what is offered does not last. */
    char *name;
};

static void offer(void *arg, const char *name)
{
    struct near *near = arg;

    if (svct_name_check_group(name) != 0 || strcmp(name, "root") == 0)
        return;
    svct_suggest_offer(&near->suggest, name);
    if (near->suggest.best != name)
        return;
    snprintf(near->name, SVCT_SUGGEST_MAX + 1, "%.*s", SVCT_SUGGEST_MAX, name);
    near->suggest.best = near->name;
}

/* A role that can't be read has nothing to offer. */
static void offer_roles(struct near *near, const struct svct_snapshot *snapshot)
{
    struct svct_rolelist list;
    struct svct_role role;

    if (svct_lookup_rolelist(snapshot, &list) != 0)
        return;
    for (unsigned i = 0; i < list.count; i++) {
        if (svct_lookup_role(snapshot, list.name[i], &role) != 0)
            continue;
        for (size_t k = 0; k < role.groups_count; k++)
            offer(near, role.groups[k]);
    }
}

static void find_near(const struct svct_txn *txn, const char *name,
                      char ret_near[SVCT_SUGGEST_MAX + 1])
{
    struct near near = {.name = ret_near};

    svct_suggest_init(&near.suggest, name);
    svct_unixgroup_each_local(offer, &near);
    offer_roles(&near, svct_txn_view(txn, SVCT_PART_PRIVATE));
}

/* *from: behind the last one that was made. */
static int make(const struct svct_call *call, const struct svct_txn *txn,
                const char *name, uint32_t *from, uint32_t *ret_gid)
{
    int r = check_name(call, txn, name);

    if (r == SVCT_EXIT_DONE)
        r = svct_freeid_find(call, txn, *from, ret_gid);
    if (r == SVCT_EXIT_DONE)
        *from = *ret_gid + 1;
    return r;
}

/* ---- all of them ---- */

static int check_root(const struct svct_call *call, const char *name, bool root)
{
    if (!root && strcmp(name, "root") != 0)
        return SVCT_EXIT_DONE;
    return svct_say_no(call,
                       "%s is the group of root's own files (gid 0): no role "
                       "can have it",
                       name);
}

/* One that some role has, or the host. */
static int check_found(const struct svct_call *call, const struct svct_txn *txn,
                       const char *name, bool known, bool root)
{
    int r = check_root(call, name, root);

    return r == SVCT_EXIT_DONE && !known ? check_name(call, txn, name) : r;
}

static int settle(const struct svct_call *call, const struct svct_txn *txn,
                  struct svct_role *role, size_t i,
                  struct svct_rolegroups *groups, uint32_t *from)
{
    bool on_host = groups->host[i] != SVCT_ROLEGROUP_ABSENT, known;
    struct svct_fault fault = {0};
    int r = svct_change_role_group(svct_txn_view(txn, SVCT_PART_PRIVATE),
                                   role->groups[i], NULL, &known,
                                   &role->gids[i], &fault);

    if (r < 0)
        return svct_say_fault(call, r, &fault);
    if (role->gids[i] != 0)
        return SVCT_EXIT_DONE;
    if (known || on_host)
        return check_found(call, txn, role->groups[i], known,
                           on_host && groups->host_gid[i] == 0);
    r = check_root(call, role->groups[i], false);
    if (r == SVCT_EXIT_DONE)
        r = make(call, txn, role->groups[i], from, &role->gids[i]);
    groups->made[i] = r == SVCT_EXIT_DONE;
    if (groups->made[i])
        find_near(txn, role->groups[i], groups->near[i]);
    return r;
}

int svct_rolegroups_settle(const struct svct_call *call,
                           const struct svct_txn *txn, struct svct_role *role,
                           struct svct_rolegroups *groups)
{
    uint32_t from = 0;
    int r = SVCT_EXIT_DONE;

    for (size_t i = 0; r == SVCT_EXIT_DONE && i < role->groups_count; i++)
        r = settle(call, txn, role, i, groups, &from);
    return r;
}

/* ---- words ---- */

static void say_made(const struct svct_role *role,
                     const struct svct_rolegroups *groups, size_t i)
{
    const char *near = groups->near[i];

    svct_say("made the Unix group %s (gid %lu), which there is by svctoken "
             "alone",
             role->groups[i], (unsigned long)role->gids[i]);
    if (near[0] != '\0')
        svct_say("there is a group %s: if that was meant, \"svctoken role edit "
                 "%s\" with --group %s in place of this one",
                 near, role->name, near);
}

/* One that is the host's (doc/decisions/0012). */
static void say_host(const char *name, enum svct_rolegroup_host host)
{
    if (host == SVCT_ROLEGROUP_ABSENT)
        svct_say("the group %s is one of the host, and this host has none of "
                 "that name: nobody is in it here; \"groupadd %s\" makes it",
                 name, name);
    if (host == SVCT_ROLEGROUP_REMOTE)
        svct_say("the group %s is not in /etc/group, it comes from another "
                 "name service: nobody is put into it by a role",
                 name);
}

/* Somebody made one on the host since. */
static void say_twice(const struct svct_role *role,
                      const struct svct_rolegroups *groups, size_t i)
{
    if (groups->host[i] != SVCT_ROLEGROUP_ABSENT &&
        groups->host_gid[i] != role->gids[i])
        svct_say("the group %s is there twice: by svctoken, with the gid %lu, "
                 "and on this host, with %lu; who says its name means the "
                 "host's, and the members of the role are in the other one",
                 role->groups[i], (unsigned long)role->gids[i],
                 (unsigned long)groups->host_gid[i]);
}

static void say_powerful(const struct svct_role *role)
{
    char text[160] = "";
    size_t len = 0;

    for (size_t i = 0; i < role->groups_count && len < sizeof(text); i++) {
        if (svct_unixgroup_is_powerful(role->groups[i]))
            len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s",
                                    len > 0 ? ", " : "", role->groups[i]);
    }
    if (len > 0)
        svct_say("who is in %s may become root with it, or read what root "
                 "alone should",
                 text);
}

static void say_members(const struct svct_role *role)
{
    if (role->groups_count > 0)
        svct_say("accounts with the role %s that are Unix users by svctoken "
                 "alone are in its groups from their next login on, Unix users "
                 "of this host are put into none of them; a session begun with "
                 "a token that is limited to a lower role starts without them",
                 role->name);
}

void svct_rolegroups_say(const struct svct_role *role,
                         const struct svct_rolegroups *groups)
{
    for (size_t i = 0; i < groups->gone_count; i++)
        svct_say("the Unix group %s is gone, no role has it any more; its "
                 "gid, %lu, is not given again",
                 groups->gone[i], (unsigned long)groups->gone_gid[i]);
    if (role == NULL)
        return;
    for (size_t i = 0; i < role->groups_count; i++) {
        if (groups->made[i])
            say_made(role, groups, i);
        else if (role->gids[i] == 0)
            say_host(role->groups[i], groups->host[i]);
        else
            say_twice(role, groups, i);
    }
    say_powerful(role);
    say_members(role);
}
