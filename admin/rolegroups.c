/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "rolegroups.h"

#include "freeid.h"
#include "say.h"
#include "unixgroup.h"

/* ---- what the roles say ---- */

static bool has_group(const struct svct_role *role, const char *name,
                      uint32_t *ret_gid)
{
    for (size_t i = 0; i < role->groups_count; i++) {
        if (strcmp(role->groups[i], name) != 0)
            continue;
        *ret_gid = role->gids[i];
        return true;
    }
    return false;
}

typedef bool visit_fn(void *arg, const struct svct_role *role);

/* Until visit says true, which *ret_found tells. */
static int each_role(const struct svct_snapshot *snapshot, visit_fn *visit,
                     void *arg, bool *ret_found)
{
    struct svct_rolelist list;
    struct svct_role role;
    bool found = false;
    int r = svct_lookup_rolelist(snapshot, &list);

    for (unsigned i = 0; r == 0 && !found && i < list.count; i++) {
        r = svct_lookup_role(snapshot, list.name[i], &role);
        if (r == SVCT_E_NOTFOUND)
            r = SVCT_E_DAMAGED;
        found = r == 0 && visit(arg, &role);
    }
    if (r == 0)
        *ret_found = found;
    return r;
}

struct search {
    const char *group;
    const char *except; /* a role; NULL: none */
    uint32_t gid;
};

static bool see(void *arg, const struct svct_role *role)
{
    struct search *search = arg;

    if (search->except != NULL && strcmp(role->name, search->except) == 0)
        return false;
    return has_group(role, search->group, &search->gid);
}

int svct_rolegroups_find(const struct svct_snapshot *snapshot, const char *name,
                         uint32_t *ret_gid)
{
    struct search search = {.group = name};
    bool found = false;
    int r = each_role(snapshot, see, &search, &found);

    if (r == 0 && !found)
        return SVCT_E_NOTFOUND;
    if (r == 0 && ret_gid != NULL)
        *ret_gid = search.gid;
    return r;
}

int svct_rolegroups_gone(const struct svct_snapshot *snapshot,
                         const struct svct_role *old,
                         const struct svct_role *role,
                         struct svct_rolegroups *groups)
{
    groups->gone_count = 0;
    for (size_t i = 0; i < old->groups_count; i++) {
        struct search search = {old->groups[i], old->name, 0};
        bool found = false;
        int r;

        if (old->gids[i] == 0 ||
            (role != NULL && has_group(role, old->groups[i], &search.gid)))
            continue;
        r = each_role(snapshot, see, &search, &found);
        if (r < 0)
            return r;
        if (found)
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
    char *
        name; /* of SVCT_SUGGEST_MAX + 1 bytes: what is offered does not last */
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

static bool offer_role(void *arg, const struct svct_role *role)
{
    for (size_t i = 0; i < role->groups_count; i++)
        offer(arg, role->groups[i]);
    return false;
}

static void find_near(const struct svct_txn *txn, const char *name,
                      char ret_near[SVCT_SUGGEST_MAX + 1])
{
    struct near near = {.name = ret_near};
    bool found;

    svct_suggest_init(&near.suggest, name);
    svct_unixgroup_each_local(offer, &near);
    each_role(svct_txn_view(txn, SVCT_PART_PRIVATE), offer_role, &near, &found);
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

static int settle(const struct svct_call *call, const struct svct_txn *txn,
                  struct svct_role *role, size_t i,
                  struct svct_rolegroups *groups, uint32_t *from)
{
    bool on_host = groups->host[i] != SVCT_ROLEGROUP_ABSENT;
    int r = svct_rolegroups_find(svct_txn_view(txn, SVCT_PART_PRIVATE),
                                 role->groups[i], &role->gids[i]);

    if (r < 0 && r != SVCT_E_NOTFOUND)
        return svct_say_code(call, r, "the roles");
    if (r == SVCT_E_NOTFOUND)
        role->gids[i] = 0;
    if (role->gids[i] != 0)
        return SVCT_EXIT_DONE;
    if (r == 0 || on_host) {
        int bad = check_root(call, role->groups[i],
                             on_host && groups->host_gid[i] == 0);

        return bad != SVCT_EXIT_DONE || r == 0
                   ? bad
                   : check_name(call, txn, role->groups[i]);
    }
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
        svct_say("this host has no group %s, which is known as one of a host: "
                 "nobody is in it here; \"groupadd %s\" makes it",
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

/* What distributions let the members of these do: sudo and wheel by sudoers,
 * the others by files and sockets that are as good as root. */
static bool is_powerful(const char *name)
{
    static const char *const names[] = {"root", "sudo",   "wheel",
                                        "adm",  "docker", "shadow",
                                        "disk", "lxd",    "libvirt"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

static void say_powerful(const struct svct_role *role)
{
    char text[160] = "";
    size_t len = 0;

    for (size_t i = 0; i < role->groups_count && len < sizeof(text); i++) {
        if (is_powerful(role->groups[i]))
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
                 "alone are in its groups from their next login on; who is a "
                 "Unix user of this host is put into none by this. A session "
                 "begun with a token that is limited to a lower role starts "
                 "without them",
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
