/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "unixid.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>

int svct_unixid_absence(int error, const char *what, const char *name,
                        struct svct_fault *fault)
{
    switch (error) {
    case 0:
    case ENOENT:
    case ESRCH:
    case EBADF:
    case EPERM:
        return SVCT_E_NOTFOUND;
    default:
        return svct_fault_errno(fault, error, "can't look up the %s %s", what,
                                name);
    }
}

static int number_absence(int error, const char *what, uint32_t id,
                          struct svct_fault *fault)
{
    char number[16];

    snprintf(number, sizeof(number), "%lu", (unsigned long)id);
    return svct_unixid_absence(error, what, number, fault);
}

static void own(struct svct_unixid *owner, enum svct_unixid_kind kind,
                const char *name)
{
    owner->kind = kind;
    snprintf(owner->name, sizeof(owner->name), "%s", name);
}

static int find_user(uint32_t uid, struct svct_unixid *owner,
                     struct svct_fault *fault)
{
    struct passwd *pw;

    errno = 0;
    pw = getpwuid(uid);
    if (pw == NULL)
        return number_absence(errno, "uid", uid, fault);
    own(owner, SVCT_UNIXID_USER, pw->pw_name);
    return 0;
}

static int find_group(uint32_t gid, struct svct_unixid *owner,
                      struct svct_fault *fault)
{
    struct group *group;

    errno = 0;
    group = getgrgid(gid);
    if (group == NULL)
        return number_absence(errno, "gid", gid, fault);
    own(owner, SVCT_UNIXID_GROUP, group->gr_name);
    return 0;
}

int svct_unixid_owner(uint32_t id, bool user_only,
                      struct svct_unixid *ret_owner, struct svct_fault *fault)
{
    struct svct_unixid owner = {.kind = SVCT_UNIXID_NOBODY};
    int r = find_user(id, &owner, fault);

    if (r == SVCT_E_NOTFOUND && !user_only)
        r = find_group(id, &owner, fault);
    if (r == SVCT_E_NOTFOUND)
        r = 0;
    if (r == 0)
        *ret_owner = owner;
    return r;
}

const char *svct_unixid_what(const struct svct_unixid *owner)
{
    return owner->kind == SVCT_UNIXID_USER ? "uid of the user"
                                           : "gid of the group";
}

int svct_unixid_gid(uint32_t gid, struct svct_fault *fault)
{
    struct svct_unixid owner;

    return find_group(gid, &owner, fault);
}
