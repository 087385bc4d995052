/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_ROLECHECK_H
#define SVCT_ADMIN_ROLECHECK_H

/*
 * Do the roles agree with each other? Part of dbcheck.h:
 *
 *     the list of their names and the records, both ways
 *     each has a place of its own
 *     the four built in are there, in their order, and are marked as such
 *     none stands above Admin or below None, and no other is marked
 *     a group has the same gid in each role, and no two have the same
 *
 * That the roles that accounts and tokens name are there is checked with
 * those.
 */

#include "dbcheck.h"

/* Reports each problem. Only for a file of which every record can be read. */
void svct_rolecheck_run(struct svct_dbcheck *check,
                        const struct svct_snapshot *snapshot);

#endif
