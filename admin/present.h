/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_PRESENT_H
#define SVCT_ADMIN_PRESENT_H

/*
 * What a restore takes the place of, as far as it can be read: the current
 * generation, or the newest when the link to it is lost, or nothing.
 */

#include "cmd.h"
#include "auth/lookup.h"
#include "base/publook.h"

struct svct_present {
    int dir_fd;                     /* of the database; -1: no folder */
    struct svct_snapshot *snapshot; /* private part; NULL: can't be read */
    struct svct_snapshot *users;    /* public part; likewise */
    uint64_t sequence;              /* 0 without one */
    int64_t committed;
    bool damaged; /* parts of it can't be read, or all of it */
    bool newest;  /* not the current one: which that is is lost */
};

/* Refuses (an exit code, and says why) where it could be read and this process
 * may not, or does not understand it. */
int svct_present_open(const struct svct_call *call,
                      struct svct_present *ret_present);
void svct_present_done(struct svct_present *present);

/* Is the current generation still the one that was looked at? An error when
 * the link to it can't be read. */
int svct_present_is_still(const struct svct_present *present, bool *ret_still,
                          struct svct_fault *fault);

/* As svct_lookup_account and _token; SVCT_E_NOTFOUND without a snapshot. */
int svct_present_account(const struct svct_present *present, const char *name,
                         struct svct_account *ret_account);
int svct_present_token(const struct svct_present *present, const char *id,
                       struct svct_token *ret_token);

/* Whose is this uid or gid here? SVCT_E_NOTFOUND: nobody's, or there is no
 * public part. */
int svct_present_id(const struct svct_present *present, uint32_t id,
                    struct svct_pubid *ret_id);

/* As id_next of a policy: no uid or gid from this one on was handed out here.
 * Where the policy can't be read, the highest that is there between min and
 * max tells, as far as it can be read; in the public part of the current
 * generation, too, where something of the present can't be. */
uint32_t svct_present_id_next(const struct svct_present *present, uint32_t min,
                              uint32_t max);

#endif
