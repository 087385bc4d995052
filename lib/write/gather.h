/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_WRITE_GATHER_H
#define SVCT_WRITE_GATHER_H

/*
 * Changes of records that wait in memory, by key, to be written many at once
 * and in an order (doc/decisions/0018). Of several changes to a key one is
 * kept: the last value, and what is in the file. Bounded in bytes; nothing here
 * knows of files.
 *
 *     svct_gather_new
 *     svct_gather_put     until there is no room
 *     svct_gather_find    what a key will be
 *     svct_gather_sort, svct_gather_at 0 .. count - 1, svct_gather_clear
 *     svct_gather_free
 */

#include "base/record.h"

/* A change. value points into the gather, and is good until the next put. */
struct svct_gather_item {
    struct svct_key key;
    const uint8_t *value;
    size_t size;      /* 0: there shall be no record */
    size_t old_size;  /* of the record in the file; 0: there is none */
    uint64_t old_sum; /* of that one */
};

struct svct_gather;

/* Room for so many bytes of keys and values; in any case for one record.
 * SVCT_E_NOMEM. */
int svct_gather_new(size_t bytes, struct svct_gather **ret_gather);
void svct_gather_free(struct svct_gather *gather);

/* The value is copied. Of a key that waits already, the old size and sum are
 * kept: they are of the file. false: there is no room, nothing is done. */
bool svct_gather_put(struct svct_gather *gather,
                     const struct svct_gather_item *item);

/* false: that key does not wait. */
bool svct_gather_find(const struct svct_gather *gather,
                      const struct svct_key *key,
                      struct svct_gather_item *ret_item);

/* How many wait. */
size_t svct_gather_count(const struct svct_gather *gather);

/* Those with a lower rank first; then they can be asked for one by one, until
 * the next put. */
typedef uint32_t svct_gather_rank_fn(const struct svct_key *key);
void svct_gather_sort(struct svct_gather *gather, svct_gather_rank_fn *rank);
void svct_gather_at(const struct svct_gather *gather, size_t index,
                    struct svct_gather_item *ret_item);

/* None waits any more. */
void svct_gather_clear(struct svct_gather *gather);

#endif
