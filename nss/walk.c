/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "walk.h"

#include "find.h"

static void clear(struct svct_walk *walk)
{
    svct_snapshot_free(walk->snapshot);
    walk->snapshot = NULL;
    walk->place = (struct svct_place){.seen = 0};
    walk->pending = false;
}

static int make_ready(struct svct_walk *walk)
{
    return walk->snapshot != NULL ? 0 : svct_find_open(&walk->snapshot);
}

static bool again(int r)
{
    return r == SVCT_E_RANGE || r == SVCT_E_NOMEM;
}

static int step(struct svct_walk *walk, svct_walk_take_fn *take, void *arg)
{
    int r;

    do {
        if (!walk->pending) {
            r = svct_snapshot_next(walk->snapshot, &walk->place);
            if (r != 0)
                return r;
        }
        r = take(arg, walk->snapshot, &walk->place.key);
        walk->pending = again(r);
    } while (r == SVCT_E_NOTFOUND);
    return r;
}

static int next(struct svct_walk *walk, svct_walk_take_fn *take, void *arg)
{
    int r;

    if (walk->ended)
        return SVCT_E_NOTFOUND;
    r = make_ready(walk);
    if (r == 0)
        r = step(walk, take, arg);
    if (r != 0 && !again(r)) {
        /* What can't be opened is tried anew; what was open has ended. */
        walk->ended = walk->snapshot != NULL;
        clear(walk);
    }
    return r;
}

int svct_walk_next(struct svct_walk *walk, svct_walk_take_fn *take, void *arg)
{
    int r;

    pthread_mutex_lock(&walk->mutex);
    r = next(walk, take, arg);
    pthread_mutex_unlock(&walk->mutex);
    return r;
}

void svct_walk_reset(struct svct_walk *walk)
{
    pthread_mutex_lock(&walk->mutex);
    clear(walk);
    walk->ended = false;
    pthread_mutex_unlock(&walk->mutex);
}
