/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "groups.h"

#include <errno.h>
#include <grp.h>
#include <unistd.h>

#define ENTRY_MAX (4 * 1024 * 1024) /* bytes of a group with all its members */

/* 0 with *ret_found, or an errno. */
static int find_gid(const char *name, gid_t *ret_gid, bool *ret_found)
{
    struct group entry, *found = NULL;
    int err = ERANGE;

    *ret_gid = 0;
    *ret_found = false;
    for (size_t size = 4096; err == ERANGE && size <= ENTRY_MAX; size *= 4) {
        char *buffer = malloc(size);

        if (buffer == NULL)
            return ENOMEM;
        err = getgrnam_r(name, &entry, buffer, size, &found);
        if (err == 0 && found != NULL) {
            *ret_gid = found->gr_gid;
            *ret_found = true;
        }
        free(buffer);
    }
    return err == ENOENT || err == ESRCH ? 0 : err; /* both: not there */
}

struct crowd {
    gid_t *gid;
    int count;
};

static void crowd_drop(struct crowd *crowd, gid_t gid)
{
    int kept = 0;

    for (int i = 0; i < crowd->count; i++)
        if (crowd->gid[i] != gid)
            crowd->gid[kept++] = crowd->gid[i];
    crowd->count = kept;
}

static int crowd_drop_named(struct crowd *crowd,
                            const struct svct_groups *groups,
                            struct svct_fault *fault)
{
    for (size_t i = 0; i < groups->count && crowd->count > 0; i++) {
        bool found;
        gid_t gid;
        int err = find_gid(groups->name[i], &gid, &found);

        if (groups->gid[i] != 0)
            crowd_drop(crowd, groups->gid[i]);
        if (err != 0)
            return svct_fault_errno(fault, err, "can't look up the group %s",
                                    groups->name[i]);
        if (found)
            crowd_drop(crowd, gid);
    }
    return 0;
}

static int leave(struct crowd *crowd, const struct svct_groups *groups,
                 size_t *ret_left, struct svct_fault *fault)
{
    int before = getgroups(crowd->count, crowd->gid);
    int err;

    if (before < 0)
        return svct_fault_errno(fault, errno, "can't tell the groups");
    crowd->count = before;
    err = crowd_drop_named(crowd, groups, fault);
    if (err != 0)
        return err;
    if (crowd->count < before &&
        setgroups((size_t)crowd->count, crowd->gid) != 0)
        return svct_fault_errno(fault, errno,
                                "can't leave the groups beyond the token's "
                                "role");
    *ret_left = (size_t)(before - crowd->count);
    return 0;
}

int svct_groups_leave(const struct svct_groups *groups, size_t *ret_left,
                      struct svct_fault *fault)
{
    struct crowd crowd = {NULL, getgroups(0, NULL)};
    int err;

    if (crowd.count < 0)
        return svct_fault_errno(fault, errno, "can't tell the groups");
    if (crowd.count == 0) {
        *ret_left = 0;
        return 0;
    }
    crowd.gid = calloc((size_t)crowd.count, sizeof *crowd.gid);
    if (crowd.gid == NULL)
        return svct_fault_set(fault, SVCT_E_NOMEM, 0, "out of memory");
    err = leave(&crowd, groups, ret_left, fault);
    free(crowd.gid);
    return err;
}

int svct_groups_leave_all(struct svct_fault *fault)
{
    int count = getgroups(0, NULL);

    if (count != 0 && setgroups(0, NULL) != 0)
        return svct_fault_errno(fault, errno, "can't leave any group");
    return 0;
}
