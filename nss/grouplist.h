/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_NSS_GROUPLIST_H
#define SVCT_NSS_GROUPLIST_H

/*
 * The list of gids that initgroups_dyn adds to, as the C library hands it on
 * from one service to the next. Pure, but for realloc.
 */

#include <sys/types.h>

#include "base/err.h"

struct svct_grouplist {
    gid_t **gids; /* from malloc; may move */
    long *count;  /* so many are in it */
    long *size;   /* and so many have room */
    long limit;   /* never more than that; 0 or less: any number */
};

/*
 * Adds gids that are not in it, and not the primary one; room is made twice as
 * large when there is none left. What is beyond the limit is left out, as the
 * C library's own services do. SVCT_E_NOMEM: some may have been added.
 */
int svct_grouplist_add(const struct svct_grouplist *list, gid_t primary,
                       const uint32_t *gids, size_t count);

#endif
