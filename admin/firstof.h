/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_FIRSTOF_H
#define SVCT_ADMIN_FIRSTOF_H

/*
 * Of however many items the first so many in an order, whichever way they come:
 * in memory are only these. They are copied as they are.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct svct_firstof {
    size_t size; /* of an item; not 0 */
    size_t most; /* items that are kept; 0: none, they are counted */
    int (*compare)(const void *a, const void *b); /* as for qsort */
    /* Zero at first. */
    char *
        item; /* a heap, the last of them on top; sorted by svct_firstof_sort */
    size_t count;
    size_t room;
    uint64_t seen; /* items that were added */
};

/* SVCT_E_NOMEM. */
int svct_firstof_add(struct svct_firstof *first, const void *item);

/* Into their order; then nothing can be added. */
void svct_firstof_sort(struct svct_firstof *first);

/* index below first->count. */
void *svct_firstof_at(const struct svct_firstof *first, size_t index);

/* Keeps size, most and compare. */
void svct_firstof_done(struct svct_firstof *first);

#endif
