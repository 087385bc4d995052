/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_WRITE_IDS_H
#define SVCT_WRITE_IDS_H

/*
 * Handing out uids and gids from the range of the policy.
 *
 * Uids and gids are one row of numbers. One that was handed out is never
 * handed out again, whatever became of its owner: files that a deleted account
 * left would be the next one's. So the policy remembers the lowest that never
 * was (id_next), and the row only goes up.
 *
 * What numbers the host itself knows is the caller's to ask: take a candidate,
 * look, go on from the next one; then create the account with it.
 */

#include "auth/entity.h"
#include "write/txn.h"

/* The range in force, which may be the default one. Pure. */
void svct_ids_range(const struct svct_policy *policy, uint32_t *ret_min,
                    uint32_t *ret_max);

/*
 * The lowest number from "from" on (0: any) that can be handed out. Nothing is
 * changed: creating the account, or storing the role, takes it. SVCT_E_POLICY:
 * the range is used up; the fault says what to do.
 */
int svct_ids_candidate(const struct svct_txn *txn, uint32_t from,
                       uint32_t *ret_id, struct svct_fault *fault);

/*
 * Takes a number for a new user or group: one of the range from id_next on,
 * which goes up behind it, or one outside of the range, which is the
 * administrator's own to keep. SVCT_E_RANGE: not usable (base/pubrec.h);
 * SVCT_E_EXISTS: an account or group of svctoken has it; SVCT_E_POLICY: of the
 * range, and was handed out before, or may have been.
 */
int svct_ids_take(struct svct_txn *txn, uint32_t id, struct svct_fault *fault);

/*
 * The same for numbers that are taken together and in any order: each of them
 * must not be below the id_next from before. What they are for is to be stored
 * between the adding of one and that of the next.
 *
 *     svct_ids_begin    or svct_ids_of, of a policy that is in memory
 *     svct_ids_add      ...
 *     svct_ids_end      stores where id_next is now
 */
struct svct_ids {
    uint32_t min, max; /* the range in force */
    uint32_t first;    /* what is in it and below was handed out, or may be */
    uint32_t next;     /* id_next as it gets */
    bool exact;        /* a restore: those below first may come, too */
};

void svct_ids_of(const struct svct_policy *policy, struct svct_ids *ret_ids);
int svct_ids_begin(const struct svct_txn *txn, struct svct_ids *ret_ids,
                   struct svct_fault *fault);
int svct_ids_add(const struct svct_txn *txn, struct svct_ids *ids, uint32_t id,
                 struct svct_fault *fault);
int svct_ids_end(struct svct_txn *txn, const struct svct_ids *ids,
                 struct svct_fault *fault);

#endif
