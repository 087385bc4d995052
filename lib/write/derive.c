/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/derive.h"

#include <string.h>

void svct_derive_user(const struct svct_account *account,
                      struct svct_pubuser *ret_user)
{
    struct svct_pubuser user = {.uid = account->uid, .gid = account->gid};

    memcpy(user.name, account->name, sizeof user.name);
    memcpy(user.gecos, account->description, sizeof user.gecos);
    for (char *c = user.gecos; *c != '\0'; c++)
        if (*c == ':')
            *c = ' ';
    memcpy(user.home, account->home, sizeof user.home);
    memcpy(user.shell, account->shell, sizeof user.shell);
    memcpy(user.role, account->role, sizeof user.role);
    *ret_user = user;
}

bool svct_derive_same_user(const struct svct_pubuser *a,
                           const struct svct_pubuser *b)
{
    return a->uid == b->uid && a->gid == b->gid &&
           strcmp(a->gecos, b->gecos) == 0 && strcmp(a->home, b->home) == 0 &&
           strcmp(a->shell, b->shell) == 0 && strcmp(a->role, b->role) == 0;
}

_Static_assert(sizeof(((struct svct_role *)0)->groups) ==
                   sizeof(((struct svct_pubrole *)0)->groups),
               "groups of a role are copied whole");

void svct_derive_groups(const struct svct_role *role,
                        struct svct_pubrole *ret_role)
{
    ret_role->groups_count = role->groups_count;
    memcpy(ret_role->groups, role->groups, sizeof ret_role->groups);
    memcpy(ret_role->gids, role->gids, sizeof ret_role->gids);
}

bool svct_derive_same_groups(const struct svct_pubrole *a,
                             const struct svct_pubrole *b)
{
    if (a->groups_count != b->groups_count)
        return false;
    for (size_t i = 0; i < a->groups_count; i++)
        if (a->gids[i] != b->gids[i] || strcmp(a->groups[i], b->groups[i]) != 0)
            return false;
    return true;
}
