/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "grouplist.h"

#include <limits.h>

#define LEAST 16 /* room for so many, in a list that had none */

static bool is_in(const struct svct_grouplist *list, gid_t gid)
{
    for (long i = 0; i < *list->count; i++) {
        if ((*list->gids)[i] == gid)
            return true;
    }
    return false;
}

static bool is_at_limit(const struct svct_grouplist *list)
{
    return list->limit > 0 && *list->count >= list->limit;
}

static int make_room(const struct svct_grouplist *list)
{
    long most = LONG_MAX / (long)sizeof(gid_t);
    long size = *list->size < LEAST ? LEAST : *list->size;
    gid_t *gids;

    if (*list->count < *list->size)
        return 0;
    size = size > most / 2 ? most : size * 2;
    if (list->limit > 0 && size > list->limit)
        size = list->limit;
    if (size <= *list->size || size <= *list->count)
        return SVCT_E_NOMEM;
    gids = realloc(*list->gids, (size_t)size * sizeof *gids);
    if (gids == NULL)
        return SVCT_E_NOMEM;
    *list->gids = gids;
    *list->size = size;
    return 0;
}

int svct_grouplist_add(const struct svct_grouplist *list, gid_t primary,
                       const uint32_t *gids, size_t count)
{
    for (size_t i = 0; i < count && !is_at_limit(list); i++) {
        int r;

        if (gids[i] == 0 || gids[i] == primary || is_in(list, gids[i]))
            continue;
        r = make_room(list);
        if (r != 0)
            return r;
        (*list->gids)[(*list->count)++] = gids[i];
    }
    return 0;
}
