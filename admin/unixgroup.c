/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "unixgroup.h"

#include <errno.h>
#include <grp.h>

#include "unixid.h"

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

int svct_unixgroup_gid(const char *name, uint32_t *ret_gid,
                       struct svct_fault *fault)
{
    struct group *group;

    errno = 0;
    group = getgrnam(name);
    if (group == NULL)
        return svct_unixid_absence(errno, "group", name, fault);
    *ret_gid = group->gr_gid;
    return 0;
}

int svct_unixgroup_find(const char *name, struct svct_unixgroup *ret_group,
                        struct svct_fault *fault)
{
    struct search search = {.name = name};
    uint32_t gid = 0;
    int r = svct_unixgroup_gid(name, &gid, fault);

    if (r != 0)
        return r;
    svct_unixgroup_each_local(compare, &search);
    *ret_group = (struct svct_unixgroup){.gid = gid, .local = search.found};
    return 0;
}
