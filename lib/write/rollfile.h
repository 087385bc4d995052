/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_WRITE_ROLLFILE_H
#define SVCT_WRITE_ROLLFILE_H

/*
 * The roll of a generation (base/roll.h) while it is being written: the copy
 * of the former one, with the number of the new one in each page, changed as
 * records change. It reads itself with the functions of a reader, so that a
 * transaction is held against it as a login is. One page is in memory at a
 * time; each change is written at once, through no map, but within a batch.
 *
 *     svct_rollfile_create    an empty one, or
 *     svct_rollfile_copy      that of another generation
 *     svct_rollfile_change    beside each change of a record; or of many
 *     svct_rollfile_batch_change, svct_rollfile_batch_end
 *     svct_rollfile_finish    syncs and closes
 *     svct_rollfile_done      in any case
 *
 * On an error half a change may be done: the generation can't be published.
 */

#include "base/roll.h"

/* One that is not open. */
void svct_rollfile_init(struct svct_roll *roll);
void svct_rollfile_done(struct svct_roll *roll);

/* onto: the file is there already, in a folder that was the reserve; what it
 * has beyond goes. SVCT_E_NOSPACE, ... */
int svct_rollfile_create(int generation_fd, bool onto, uint64_t sequence,
                         struct svct_roll *roll, struct svct_fault *fault);

/*
 * Copies that of the generation "base". A page that is not whole, or of
 * another generation, becomes one of zeros: nothing that is held against it
 * counts any more, and nothing makes it whole again. SVCT_E_DAMAGED: there is
 * none to copy.
 */
int svct_rollfile_copy(int from_fd, int to_fd, bool onto, uint64_t base,
                       uint64_t sequence, struct svct_roll *roll,
                       struct svct_fault *fault);

/* The record of a key has one sum instead of another; NULL: there is, or was,
 * none. The pages become twice as many when one is full. SVCT_E_DAMAGED: the
 * page is not whole, or the old one is not on the roll; SVCT_E_NOSPACE, ... */
int svct_rollfile_change(struct svct_roll *roll, const struct svct_key *key,
                         const uint64_t *old_sum, const uint64_t *new_sum,
                         struct svct_fault *fault);

/*
 * Many of them: a page is written when one for another page follows, and at the
 * end, so once if they come in the order of their rank. Until the end nobody
 * else reads the roll. Zeroed but for the roll it is at its beginning.
 */
struct svct_rollfile_batch {
    struct svct_roll *roll;
    bool dirty; /* the page in memory is not written yet */
};
uint32_t svct_rollfile_rank(const struct svct_key *key);
int svct_rollfile_batch_change(struct svct_rollfile_batch *batch,
                               const struct svct_key *key,
                               const uint64_t *old_sum, const uint64_t *new_sum,
                               struct svct_fault *fault);
int svct_rollfile_batch_end(struct svct_rollfile_batch *batch,
                            struct svct_fault *fault);

int svct_rollfile_finish(struct svct_roll *roll, struct svct_fault *fault);

#endif
