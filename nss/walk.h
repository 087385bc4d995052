/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_NSS_WALK_H
#define SVCT_NSS_WALK_H

/*
 * Where an enumeration (getpwent, getgrent) is. The C library has one of each
 * in a process, for all threads, and so have we: behind a mutex.
 *
 * It goes on over the generation that it began with, whatever is committed
 * meanwhile. That one stays open from the first entry to the end, or to a
 * reset. A process forked off goes on from the same place by itself: nothing
 * of the open file that the two share is ever changed.
 */

#include <pthread.h>

#include "base/snapshot.h"

struct svct_walk {
    pthread_mutex_t mutex;
    struct svct_snapshot *snapshot; /* NULL: none is open */
    struct svct_place place;
    bool pending; /* the record there was not handed out yet */
    bool ended;   /* until a reset there is nothing more */
};

#define SVCT_WALK_INIT                      \
    {                                       \
        .mutex = PTHREAD_MUTEX_INITIALIZER, \
    }

/*
 * Hands out a record. SVCT_E_NOTFOUND: it is none of this enumeration, on to
 * the next; SVCT_E_RANGE and SVCT_E_NOMEM: the same one at the next call.
 */
typedef int svct_walk_take_fn(void *arg, const struct svct_snapshot *snapshot,
                              const struct svct_key *key);

/* The next one that is taken. SVCT_E_NOTFOUND at the end; another error but
 * SVCT_E_RANGE and SVCT_E_NOMEM ends it as well. */
int svct_walk_next(struct svct_walk *walk, svct_walk_take_fn *take, void *arg);

/* To the beginning, with nothing open. */
void svct_walk_reset(struct svct_walk *walk);

#endif
