/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "firstof.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

void *svct_firstof_at(const struct svct_firstof *first, size_t index)
{
    return first->item + index * first->size;
}

static bool is_before(const struct svct_firstof *first, size_t a, size_t b)
{
    return first->compare(svct_firstof_at(first, a),
                          svct_firstof_at(first, b)) < 0;
}

static void swap(const struct svct_firstof *first, size_t a, size_t b)
{
    char *one = svct_firstof_at(first, a), *other = svct_firstof_at(first, b);

    for (size_t i = 0; i < first->size; i++) {
        char byte = one[i];

        one[i] = other[i];
        other[i] = byte;
    }
}

static void rise(const struct svct_firstof *first, size_t at)
{
    while (at > 0 && is_before(first, (at - 1) / 2, at)) {
        swap(first, at, (at - 1) / 2);
        at = (at - 1) / 2;
    }
}

static void sink(const struct svct_firstof *first)
{
    size_t at = 0, below;

    while ((below = 2 * at + 1) < first->count) {
        if (below + 1 < first->count && is_before(first, below, below + 1))
            below++;
        if (!is_before(first, at, below))
            return;
        swap(first, at, below);
        at = below;
    }
}

static int make_room(struct svct_firstof *first)
{
    size_t room = first->room == 0 ? 16 : first->room * 2;
    char *item;

    if (room > first->most)
        room = first->most;
    item = reallocarray(first->item, room, first->size);
    if (item == NULL)
        return SVCT_E_NOMEM;
    first->item = item;
    first->room = room;
    return 0;
}

int svct_firstof_add(struct svct_firstof *first, const void *item)
{
    first->seen++;
    if (first->most == 0)
        return 0;
    if (first->count == first->most) {
        if (first->compare(item, first->item) < 0) {
            memcpy(first->item, item, first->size);
            sink(first);
        }
        return 0;
    }
    if (first->count == first->room && make_room(first) < 0)
        return SVCT_E_NOMEM;
    memcpy(svct_firstof_at(first, first->count), item, first->size);
    rise(first, first->count++);
    return 0;
}

void svct_firstof_sort(struct svct_firstof *first)
{
    if (first->count > 1)
        qsort(first->item, first->count, first->size, first->compare);
}

void svct_firstof_done(struct svct_firstof *first)
{
    free(first->item);
    first->item = NULL;
    first->count = 0;
    first->room = 0;
    first->seen = 0;
}
