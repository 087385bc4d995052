/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_AUTH_GROUPS_H
#define SVCT_AUTH_GROUPS_H

/*
 * Which Unix groups a session that was begun with a role-capped token must not
 * have. A guard against mistakes and no boundary: the user stays who it is,
 * and newgrp(1) or an SSH key brings the groups back.
 *
 * Two roles together have the groups that are in both. So what must not be
 * there is: the groups of every role above the lower of the two places, and
 * those of the two themselves, without the ones that both have. A group that
 * no role names is none of our business.
 */

#include "auth/lookup.h"

#define SVCT_GROUPS_BEYOND_MAX (SVCT_ROLES_MAX * SVCT_GROUPS_MAX)

/* None twice. gid: of a group that there is by svctoken alone, which the host
 * may not know by its name; 0: one of the host's, the gid is the host's to say.
 * Too much for somebody else's stack. */
struct svct_groups {
    size_t count;
    char name[SVCT_GROUPS_BEYOND_MAX][SVCT_GROUP_NAME_MAX + 1];
    uint32_t gid[SVCT_GROUPS_BEYOND_MAX];
};

/*
 * Adds what of one more role's groups a session of role and cap must not have.
 * Over all roles there are, role and cap among them, that gives the whole.
 * Pure. What does not fit, and it can't be so many roles, is SVCT_E_TOOBIG.
 */
int svct_groups_add_beyond(struct svct_groups *groups,
                           const struct svct_role *role,
                           const struct svct_role *cap,
                           const struct svct_role *other);

/*
 * The same for a token, from the current generation in the folder dir. None
 * for a token without a cap. *ret_groups is the caller's, to be freed; NULL
 * for none. SVCT_E_NOTFOUND: user or token is not there any more;
 * SVCT_E_DAMAGED: a role is not, or the token is somebody else's; and the
 * codes of opening a snapshot.
 */
int svct_groups_beyond(const char *dir, const char *user, const char *token_id,
                       struct svct_groups **ret_groups,
                       struct svct_fault *fault);

#endif
