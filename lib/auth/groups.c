/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "auth/groups.h"

#include <string.h>
#include <unistd.h>

#include "auth/role.h"
#include "base/safefile.h"

/* ---- pure ---- */

static int add(struct svct_groups *groups, const char *name, uint32_t gid)
{
    for (size_t i = 0; i < groups->count; i++)
        if (groups->gid[i] == gid && strcmp(groups->name[i], name) == 0)
            return 0;
    if (groups->count >= SVCT_GROUPS_BEYOND_MAX)
        return SVCT_E_TOOBIG;
    groups->gid[groups->count] = gid;
    memcpy(groups->name[groups->count++], name, strlen(name) + 1);
    return 0;
}

static bool is_same(const struct svct_role *a, const struct svct_role *b)
{
    return strcmp(a->name, b->name) == 0;
}

int svct_groups_add_beyond(struct svct_groups *groups,
                           const struct svct_role *role,
                           const struct svct_role *cap,
                           const struct svct_role *other)
{
    if (other->groups_count > SVCT_GROUPS_MAX)
        return SVCT_E_TOOBIG;
    if (other->place <= svct_role_place(role, cap) && !is_same(other, role) &&
        !is_same(other, cap))
        return 0;
    for (unsigned i = 0; i < other->groups_count; i++) {
        const char *name = other->groups[i];
        int err = 0;

        if (!svct_role_has_group(role, name) || !svct_role_has_group(cap, name))
            err = add(groups, name, other->gids[i]);
        if (err != 0)
            return err;
    }
    return 0;
}

/* ---- from the database ---- */

struct reading {
    const struct svct_snapshot *snapshot;
    struct svct_fault *fault;
    struct svct_account account;
    struct svct_token token;
    struct svct_role role;
    struct svct_role cap;
    struct svct_rolelist list;
    struct svct_role other;
};

static int failed(struct reading *reading, int err, const char *what,
                  const char *name)
{
    return svct_fault_set(reading->fault, err, 0, "%s %s: %s", what, name,
                          svct_err_text(err));
}

/* Another record names it: that it is not there is damage. */
static int get_role(struct reading *reading, const char *name,
                    struct svct_role *ret_role)
{
    int err = svct_lookup_role(reading->snapshot, name, ret_role);

    if (err == SVCT_E_NOTFOUND)
        err = SVCT_E_DAMAGED;
    return err == 0 ? 0 : failed(reading, err, "role", name);
}

static int get_token(struct reading *reading, const char *user, const char *id)
{
    int err = svct_lookup_account(reading->snapshot, user, &reading->account);

    if (err != 0)
        return failed(reading, err, "account", user);
    err = svct_lookup_token(reading->snapshot, id, &reading->token);
    if (err == 0 && strcmp(reading->token.account, user) != 0)
        err = SVCT_E_DAMAGED;
    return err == 0 ? 0 : failed(reading, err, "token", id);
}

static bool is_listed(const struct svct_rolelist *list, const char *name)
{
    for (unsigned i = 0; i < list->count; i++)
        if (strcmp(list->name[i], name) == 0)
            return true;
    return false;
}

/* A list that lacks the very roles of this token is not the one that was
 * written, and others may lack as well. */
static int get_list(struct reading *reading)
{
    struct svct_rolelist *list = &reading->list;
    int err = svct_lookup_rolelist(reading->snapshot, list);

    if (err == 0 && (!is_listed(list, reading->role.name) ||
                     !is_listed(list, reading->cap.name)))
        err = SVCT_E_DAMAGED;
    return err == 0 ? 0 : failed(reading, err, "list of", "roles");
}

static int add_all(struct reading *reading, struct svct_groups *groups)
{
    int err = get_list(reading);

    for (unsigned i = 0; err == 0 && i < reading->list.count; i++) {
        err = get_role(reading, reading->list.name[i], &reading->other);
        if (err == 0)
            err = svct_groups_add_beyond(groups, &reading->role, &reading->cap,
                                         &reading->other);
    }
    return err;
}

static int read_groups(struct reading *reading, const char *user,
                       const char *id, struct svct_groups **ret_groups)
{
    struct svct_groups *groups;
    int err = get_token(reading, user, id);

    if (err != 0 || reading->token.cap[0] == '\0')
        return err;
    err = get_role(reading, reading->account.role, &reading->role);
    if (err == 0)
        err = get_role(reading, reading->token.cap, &reading->cap);
    if (err != 0)
        return err;
    groups = calloc(1, sizeof *groups);
    if (groups == NULL)
        return svct_fault_set(reading->fault, SVCT_E_NOMEM, 0, "out of memory");
    err = add_all(reading, groups);
    if (err != 0 || groups->count == 0)
        free(groups);
    else
        *ret_groups = groups;
    return err;
}

static int read_snapshot(const char *dir, struct svct_snapshot **ret_snapshot,
                         struct svct_fault *fault)
{
    int dir_fd, err = svct_safefile_open_dir(dir, &dir_fd, fault);

    if (err != 0)
        return err;
    err = svct_snapshot_open(dir_fd, SVCT_PART_PRIVATE, ret_snapshot, fault);
    close(dir_fd);
    return err;
}

/* The records on the heap: it is too much for the stack of somebody else's
 * thread. */
int svct_groups_beyond(const char *dir, const char *user, const char *token_id,
                       struct svct_groups **ret_groups,
                       struct svct_fault *fault)
{
    struct svct_groups *groups = NULL;
    struct svct_snapshot *snapshot;
    struct reading *reading;
    int err = read_snapshot(dir, &snapshot, fault);

    if (err != 0)
        return err;
    reading = calloc(1, sizeof *reading);
    if (reading != NULL) {
        reading->snapshot = snapshot;
        reading->fault = fault;
        err = read_groups(reading, user, token_id, &groups);
        free(reading);
    } else {
        err = svct_fault_set(fault, SVCT_E_NOMEM, 0, "out of memory");
    }
    svct_snapshot_free(snapshot);
    if (err == 0)
        *ret_groups = groups;
    return err;
}
