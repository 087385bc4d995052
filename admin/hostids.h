/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_HOSTIDS_H
#define SVCT_ADMIN_HOSTIDS_H

/*
 * unixid.h for whoever has many questions, as an import of a million accounts:
 * the first ones are asked one by one. Then, if all that the name service
 * knows can be enumerated (files, systemd, svctoken, and nothing else), it is
 * enumerated once, and what is not among it is nobody's. A directory can't be
 * relied on to enumerate, and is asked each time.
 */

#include "unixid.h"
#include "unixuser.h"
#include "write/namelist.h"

/* Zeroed memory is its beginning. */
struct svct_hostids {
    unsigned asked; /* questions so far */
    bool looked;    /* whether it can be enumerated, and it was */
    bool whole;     /* these are all there are */
    uint32_t *uid;  /* sorted, as all three */
    size_t uids, uids_room;
    uint32_t *gid;
    size_t gids, gids_room;
    struct svct_namelist names; /* of users and groups */
};

void svct_hostids_done(struct svct_hostids *ids);

/* As svct_unixid_owner. */
int svct_hostids_owner(struct svct_hostids *ids, uint32_t id, bool user_only,
                       struct svct_unixid *ret_owner, struct svct_fault *fault);

/* As svct_unixuser_find. */
int svct_hostids_user(struct svct_hostids *ids, const char *name,
                      struct svct_unixuser *ret_user, struct svct_fault *fault);

/* As svct_unixgroup_gid; name: a legal login name. */
int svct_hostids_group(struct svct_hostids *ids, const char *name,
                       uint32_t *ret_gid, struct svct_fault *fault);

#endif
