/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "doctor_roles.h"

#include <string.h>

#include "auth/lookup.h"
#include "auth/role.h"

/* Those that the built-in Editor is refused. */
static const char *const raising[] = {"sudo", "sudo-i", "doas", "polkit-1"};
#define RAISING (sizeof(raising) / sizeof(raising[0]))

const char *svct_doctor_roles_raises(const struct svct_role *role)
{
    for (size_t i = 0; i < RAISING; i++) {
        if (svct_role_allows(role, raising[i]))
            return raising[i];
    }
    return NULL;
}

bool svct_doctor_roles_lets(const struct svct_role *role,
                            const struct svct_role *cap,
                            const struct svct_globs *services)
{
    for (size_t i = 0; i < RAISING; i++) {
        if (svct_role_allows(role, raising[i]) &&
            (cap == NULL || svct_role_allows(cap, raising[i])) &&
            (services == NULL || services->count == 0 ||
             svct_globs_match(services, raising[i])))
            return true;
    }
    return false;
}

int svct_doctor_roles_read(const struct svct_snapshot *snapshot,
                           struct svct_doctor_roles *roles)
{
    struct svct_rolelist list;
    int r = svct_lookup_rolelist(snapshot, &list);

    roles->count = 0;
    for (size_t i = 0; r == 0 && i < list.count; i++) {
        r = svct_lookup_role(snapshot, list.name[i], &roles->item[i]);
        if (r == 0)
            roles->count++;
    }
    return r == SVCT_E_NOTFOUND ? SVCT_E_DAMAGED : r;
}

const struct svct_role *svct_doctor_roles_find(
    const struct svct_doctor_roles *roles, const char *name)
{
    for (size_t i = 0; i < roles->count; i++) {
        if (strcmp(roles->item[i].name, name) == 0)
            return &roles->item[i];
    }
    return NULL;
}
