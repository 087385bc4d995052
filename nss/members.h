/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_NSS_MEMBERS_H
#define SVCT_NSS_MEMBERS_H

/*
 * A group with its members, which are those of all roles that have it.
 *
 * One with more than SVCT_NSS_MEMBERS_MAX lists none: who asks for the name of
 * a gid ("ls -l") need not wait for a million of them, nor hold them. What
 * groups a user has is told by its role, whatever their size.
 */

#include <grp.h>

#include "base/publook.h"

#define SVCT_NSS_MEMBERS_MAX 4096

/* SVCT_E_RANGE: the buffer is too small; SVCT_E_DAMAGED: a role lacks, or its
 * pages do not hold what it counts; ret_group is untouched then. */
int svct_members_pack(const struct svct_snapshot *snapshot,
                      const struct svct_pubgroup *group, char *buffer,
                      size_t len, struct group *ret_group);

#endif
