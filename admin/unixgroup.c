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

/* sudo and wheel by sudoers, the others by files and sockets. */
static const char *const powerful[] = {"root", "sudo",   "wheel",
                                       "adm",  "docker", "shadow",
                                       "disk", "lxd",    "libvirt"};

bool svct_unixgroup_is_powerful(const char *name)
{
    for (size_t i = 0; i < sizeof(powerful) / sizeof(powerful[0]); i++) {
        if (strcmp(powerful[i], name) == 0)
            return true;
    }
    return false;
}

const char *svct_unixgroup_powerful(uint32_t gid)
{
    for (size_t i = 0; i < sizeof(powerful) / sizeof(powerful[0]); i++) {
        uint32_t found = 0;

        if (svct_unixgroup_gid(powerful[i], &found, NULL) == 0 && found == gid)
            return powerful[i];
    }
    return NULL;
}
