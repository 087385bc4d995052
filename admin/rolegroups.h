/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_ROLEGROUPS_H
#define SVCT_ADMIN_ROLEGROUPS_H

/*
 * Whose the Unix groups of a role are. A group that a role has already is what
 * it is there; else one that the host has is the host's, and keeps to be known
 * by its name alone (gid 0 in the role); else svctoken makes it, with a gid
 * from the range: a group of its own. One that no role has any more is gone.
 *
 *     svct_rolegroups_look      asks the host, which may take a while: before
 *                               the writers' lock is taken
 *     svct_rolegroups_settle    fills the gids of the role
 *     svct_rolegroups_gone      what will be gone; before the change, too
 *     svct_rolegroups_say       after the commit: what was made, what is gone,
 *                               what is good to know
 *
 * The first two return an exit code, and have said what was wrong.
 */

#include "auth/lookup.h"
#include "cmd.h"
#include "suggest.h"
#include "write/txn.h"

/* Where the name service has svctoken, a group of its own is REMOTE. */
enum svct_rolegroup_host {
    SVCT_ROLEGROUP_ABSENT, /* the host has none of this name */
    SVCT_ROLEGROUP_LOCAL,  /* in /etc/group */
    SVCT_ROLEGROUP_REMOTE  /* in another name service */
};

struct svct_rolegroups {
    enum svct_rolegroup_host host[SVCT_GROUPS_MAX]; /* of the role's groups */
    uint32_t host_gid[SVCT_GROUPS_MAX];
    bool made[SVCT_GROUPS_MAX];
    /* Of one that was made, because it may be a slip: "", or one of the host
     * or of a role that is named nearly so. */
    char near[SVCT_GROUPS_MAX][SVCT_SUGGEST_MAX + 1];
    uint8_t gone_count;
    char gone[SVCT_GROUPS_MAX][SVCT_GROUP_NAME_MAX + 1];
    uint32_t gone_gid[SVCT_GROUPS_MAX];
};

int svct_rolegroups_look(const struct svct_call *call,
                         const struct svct_role *role,
                         struct svct_rolegroups *ret_groups);

/* Nothing is stored. */
int svct_rolegroups_settle(const struct svct_call *call,
                           const struct svct_txn *txn, struct svct_role *role,
                           struct svct_rolegroups *groups);

/*
 * Which groups of svctoken's own a role had (old) and no role has any more
 * when it is as "role" instead; NULL: when it is deleted.
 */
int svct_rolegroups_gone(const struct svct_snapshot *snapshot,
                         const struct svct_role *old,
                         const struct svct_role *role,
                         struct svct_rolegroups *groups,
                         struct svct_fault *fault);

/* role: NULL when it was deleted. */
void svct_rolegroups_say(const struct svct_role *role,
                         const struct svct_rolegroups *groups);

#endif
