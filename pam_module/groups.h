/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_PAM_GROUPS_H
#define SVCT_PAM_GROUPS_H

/*
 * Leaving Unix groups: what setcred does for a token with a role cap. The
 * groups are the process's, of which the user's session will be a child.
 */

#include "auth/groups.h"

/*
 * Takes this process out of those of its supplementary groups that have one of
 * these names, or one of these gids; its own group (the gid) stays. When it is
 * in none, nothing is called that changes anything, so a second time does no
 * harm and needs no privilege. A name that this host does not know, and that
 * has no gid here, is nobody's: where the name service has no svctoken, a group
 * of svctoken's own has its gid alone.
 *
 * *ret_left: in how many it was, untouched on failure; then it still is in
 * all of them. SVCT_E_ACCESS: it is in one and may not leave; SVCT_E_IO: the
 * groups can't be told, or looked up; SVCT_E_NOMEM.
 */
int svct_groups_leave(const struct svct_groups *groups, size_t *ret_left,
                      struct svct_fault *fault);

/*
 * Out of all supplementary groups, for when it can't be told which are too
 * many: there are hosts that go on when setcred fails (sshd with a password).
 * The same codes.
 */
int svct_groups_leave_all(struct svct_fault *fault);

#endif
