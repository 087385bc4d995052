/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_DBDAMAGE_H
#define SVCT_ADMIN_DBDAMAGE_H

/*
 * Which records of a damaged file are it that can't be read? Reading them all
 * one after the other ends at the first; so each one that is known to have to
 * be there is fetched by its key: the accounts that "names" lists, their
 * pages and tokens, the roles, the policy. What nothing leads to is not found
 * that way.
 */

#include "dbcheck.h"

/* Reports each as a problem. current: "names" goes with this generation. */
void svct_dbdamage_tell(struct svct_dbcheck *check,
                        const struct svct_snapshot *snapshot, int dir_fd,
                        bool current);

#endif
