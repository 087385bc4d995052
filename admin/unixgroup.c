/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "unixgroup.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>

/* SVCT_E_NOTFOUND for what the manual pages list for "not there". */
static int absence(int error, struct svct_fault *fault, const char *what,
                   const char *which)
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
                                which);
    }
}

void svct_unixgroup_each_local(void (*visit)(void *arg, const char *name),
                               void *arg)
{
    FILE *file = fopen("/etc/group", "re");
    struct group *group;

    if (file == NULL)
        return;
    while ((group = fgetgrent(file)) != NULL)
        visit(arg, group->gr_name);
    fclose(file);
}

struct search {
    const char *name;
    bool found;
};

static void compare(void *arg, const char *name)
{
    struct search *search = arg;

    search->found = search->found || strcmp(search->name, name) == 0;
}

int svct_unixgroup_find(const char *name, struct svct_unixgroup *ret_group,
                        struct svct_fault *fault)
{
    struct search search = {.name = name};
    struct group *group;
    gid_t gid;

    errno = 0;
    group = getgrnam(name);
    if (group == NULL)
        return absence(errno, fault, "group", name);
    gid = group->gr_gid;
    svct_unixgroup_each_local(compare, &search);
    *ret_group = (struct svct_unixgroup){.gid = gid, .local = search.found};
    return 0;
}

int svct_unixgroup_whose(uint32_t id, char ret_who[SVCT_UNIXGROUP_WHO],
                         struct svct_fault *fault)
{
    struct passwd *user;
    struct group *group;
    char text[16];
    int r;

    snprintf(text, sizeof(text), "%lu", (unsigned long)id);
    errno = 0;
    user = getpwuid(id);
    if (user != NULL) {
        snprintf(ret_who, SVCT_UNIXGROUP_WHO, "the user %s", user->pw_name);
        return 0;
    }
    r = absence(errno, fault, "user", text);
    if (r != SVCT_E_NOTFOUND)
        return r;
    errno = 0;
    group = getgrgid(id);
    if (group == NULL)
        return absence(errno, fault, "group", text);
    snprintf(ret_who, SVCT_UNIXGROUP_WHO, "the group %s", group->gr_name);
    return 0;
}
