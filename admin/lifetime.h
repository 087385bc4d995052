/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_LIFETIME_H
#define SVCT_ADMIN_LIFETIME_H

/*
 * How long something lives, for the commands that give an end: --ttl counts
 * from a beginning that may be known only later, --expires and --no-expiry say
 * the end itself, and without any of them the policy has a length. Functions
 * return an exit code, and have said what was wrong.
 */

#include "auth/lookup.h"
#include "cmd.h"

/* At most one of the two is not 0. */
struct svct_lifetime {
    int64_t ttl;     /* seconds; 0: not given */
    int64_t expires; /* Unix seconds or SVCT_TIME_NEVER; 0: not given */
};

/* Where the three stand in the command's table of options. */
struct svct_lifetime_options {
    size_t ttl;
    size_t expires;
    size_t no_expiry;
};

/* what: "a token", for the sentence. */
int svct_lifetime_read(const struct svct_call *call,
                       const struct svct_lifetime_options *options,
                       const char *what, struct svct_lifetime *ret_lifetime);

/* The end of what begins then. Where nothing was given the policy in snapshot
 * says how long. */
int svct_lifetime_end(const struct svct_call *call,
                      const struct svct_snapshot *snapshot,
                      const struct svct_lifetime *lifetime, int64_t begin,
                      int64_t *ret_expires);

#endif
