/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "auth/role.h"

#include <string.h>

static const struct builtin {
    const char *name;
    uint16_t place;
    const char *description;
    const char *allow[3]; /* ended by NULL */
    const char *refuse[5];
} builtins[] = {
    {SVCT_ROLE_NONE, 0, "may use no service at all", {NULL}, {NULL}},
    {SVCT_ROLE_VIEWER,
     1000,
     "may log in over SSH",
     {"sshd", "systemd-user"},
     {NULL}},
    {SVCT_ROLE_EDITOR,
     2000,
     "may use every service but those that raise rights, as sudo does",
     {"*"},
     {"sudo", "sudo-i", "doas", "polkit-1"}},
    {SVCT_ROLE_ADMIN, 3000, "may use every service", {"*"}, {NULL}},
};

static void put_globs(struct svct_globs *globs, const char *const *words)
{
    for (; *words != NULL; words++)
        (void)svct_globs_add(globs, *words);
}

bool svct_role_builtin(unsigned index, struct svct_role *ret_role)
{
    const struct builtin *from;

    if (index >= sizeof(builtins) / sizeof(builtins[0]))
        return false;
    from = &builtins[index];
    *ret_role = (struct svct_role){.place = from->place, .builtin = true};
    memcpy(ret_role->name, from->name, strlen(from->name) + 1);
    memcpy(ret_role->description, from->description,
           strlen(from->description) + 1);
    put_globs(&ret_role->allow, from->allow);
    put_globs(&ret_role->refuse, from->refuse);
    return true;
}

bool svct_role_allows(const struct svct_role *role, const char *service)
{
    if (role == NULL)
        return false;
    /* A list that can't be read does not match: for one that refuses, that
     * would let through. */
    if (role->refuse.count > SVCT_GLOBS_MAX)
        return false;
    return svct_globs_match(&role->allow, service) &&
           !svct_globs_match(&role->refuse, service);
}

bool svct_role_has_group(const struct svct_role *role, const char *name)
{
    if (role->groups_count > SVCT_GROUPS_MAX)
        return false;
    for (size_t i = 0; i < role->groups_count; i++) {
        if (strcmp(role->groups[i], name) == 0)
            return true;
    }
    return false;
}

const struct svct_role *svct_role_lower(const struct svct_role *role,
                                        const struct svct_role *cap)
{
    if (role == NULL || cap == NULL)
        return role;
    return cap->place < role->place ? cap : role;
}

uint16_t svct_role_place(const struct svct_role *role,
                         const struct svct_role *cap)
{
    const struct svct_role *lower = svct_role_lower(role, cap);

    return lower != NULL ? lower->place : 0;
}
