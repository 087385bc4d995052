/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_NSCD_H
#define SVCT_ADMIN_NSCD_H

/*
 * The cache of names, nscd(8), where it runs: after a change of the users or
 * groups that there are by svctoken, it has to forget what it knows, and above
 * all that it found no such user.
 */

#include "base/err.h"

/* What the public records of a database are, in short. Zeroed: not known. */
struct svct_nscd_mark {
    bool known;
    uint64_t records;
    uint64_t digest;
};

/* Of the generation that is the current one. What can't be read is not known.
 */
void svct_nscd_look(const char *db, struct svct_nscd_mark *ret_mark);

/* Are they surely the same? Pure. */
bool svct_nscd_same(const struct svct_nscd_mark *before,
                    const struct svct_nscd_mark *after);

bool svct_nscd_runs(void);

/* Tells it, if it runs; says so when that fails. The caller has found that
 * users or groups of the host changed, or whether it asks svctoken. */
void svct_nscd_tell(void);

#endif
