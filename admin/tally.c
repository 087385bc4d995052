/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "tally.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

void svct_tally_done(struct svct_tally *tally)
{
    if (tally == NULL)
        return;
    free(tally->item);
    *tally = (struct svct_tally){.item = NULL};
}

/* Lets the item at "from" sink to where none below it comes behind it in the
 * order; those below already are a heap of "count". */
static void sink(struct svct_tally_item *item, size_t from, size_t count)
{
    struct svct_tally_item sinking = item[from];
    size_t below;

    while ((below = 2 * from + 1) < count) {
        if (below + 1 < count &&
            strcmp(item[below].name, item[below + 1].name) < 0)
            below++;
        if (strcmp(sinking.name, item[below].name) >= 0)
            break;
        item[from] = item[below];
        from = below;
    }
    item[from] = sinking;
}

/* qsort(3) takes memory beside the items, a third as much. */
static void sort_in_place(struct svct_tally_item *item, size_t count)
{
    for (size_t i = count / 2; i-- > 0;)
        sink(item, i, count);
    while (count > 1) {
        struct svct_tally_item last = item[0];

        item[0] = item[--count];
        item[count] = last;
        sink(item, 0, count);
    }
}

void svct_tally_sort(struct svct_tally *tally)
{
    struct svct_tally_item *item = tally->item;
    size_t kept = 0;

    if (tally->count < 2)
        return;
    sort_in_place(item, tally->count);
    for (size_t i = 1; i < tally->count; i++) {
        if (strcmp(item[kept].name, item[i].name) == 0)
            item[kept].count += item[i].count;
        else
            item[++kept] = item[i];
    }
    tally->count = kept + 1;
}

/* Summing up first: there may be room then. Half of it at least, or adding
 * would sort all the time. */
static int make_room(struct svct_tally *tally)
{
    size_t room = tally->room == 0 ? 64 : tally->room * 2;
    struct svct_tally_item *item;

    svct_tally_sort(tally);
    if (tally->count < tally->room / 2)
        return 0;
    item = reallocarray(tally->item, room, sizeof(*item));
    if (item == NULL)
        return SVCT_E_NOMEM;
    tally->item = item;
    tally->room = room;
    return 0;
}

int svct_tally_add(struct svct_tally *tally, const char *name, uint32_t count)
{
    struct svct_tally_item item = {.count = count};
    size_t len = strlen(name);

    if (len >= sizeof(item.name))
        return SVCT_E_TOOBIG;
    if (tally->count == tally->room && make_room(tally) < 0)
        return SVCT_E_NOMEM;
    memcpy(item.name, name, len);
    tally->item[tally->count++] = item;
    return 0;
}

static int with_name(const void *name, const void *item)
{
    return strcmp(name, ((const struct svct_tally_item *)item)->name);
}

struct svct_tally_item *svct_tally_find(const struct svct_tally *tally,
                                        const char *name)
{
    if (tally->count == 0)
        return NULL;
    return bsearch(name, tally->item, tally->count, sizeof(*tally->item),
                   with_name);
}
