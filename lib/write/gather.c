/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/gather.h"

#include <stdlib.h>
#include <string.h>

#include "base/gdbmfile.h"

#define AHEAD 4 /* so many before it is asked for memory gets ready */

struct waiting {
    uint64_t old_sum;
    uint32_t hash;
    uint32_t at; /* of the key in bytes, the value behind it */
    uint16_t key_len;
    uint16_t size;
    uint16_t room; /* for a value */
    uint16_t old_size;
};

_Static_assert(SVCT_RECORD_MAX <= UINT16_MAX, "sizes fit");

struct svct_gather {
    uint8_t *bytes;
    size_t bytes_used, bytes_max;
    struct waiting *items;
    size_t count, count_max;
    uint32_t *places; /* a hash table: 0, or an index of items and 1 */
    size_t places_mask;
    uint64_t *order; /* rank, and index of items */
};

/* ---- made and freed ---- */

static size_t power_of_two_above(size_t number)
{
    size_t power = 1;

    while (power <= number)
        power *= 2;
    return power;
}

void svct_gather_free(struct svct_gather *gather)
{
    if (gather == NULL)
        return;
    free(gather->bytes);
    free(gather->items);
    free(gather->places);
    free(gather->order);
    free(gather);
}

/* What is never used of it is never touched, and so takes no memory. */
int svct_gather_new(size_t bytes, struct svct_gather **ret_gather)
{
    struct svct_gather *gather = calloc(1, sizeof *gather);

    if (gather == NULL)
        return SVCT_E_NOMEM;
    gather->bytes_max = bytes < SVCT_KEY_MAX + SVCT_RECORD_MAX
                            ? SVCT_KEY_MAX + SVCT_RECORD_MAX
                            : bytes;
    gather->count_max = gather->bytes_max / SVCT_RECORD_MIN;
    gather->places_mask = power_of_two_above(2 * gather->count_max) - 1;
    gather->bytes = malloc(gather->bytes_max);
    gather->items = malloc(gather->count_max * sizeof *gather->items);
    gather->order = malloc(gather->count_max * sizeof *gather->order);
    gather->places = calloc(gather->places_mask + 1, sizeof *gather->places);
    if (gather->bytes == NULL || gather->items == NULL ||
        gather->order == NULL || gather->places == NULL) {
        svct_gather_free(gather);
        return SVCT_E_NOMEM;
    }
    *ret_gather = gather;
    return 0;
}

void svct_gather_clear(struct svct_gather *gather)
{
    if (gather->count > 0)
        memset(gather->places, 0,
               (gather->places_mask + 1) * sizeof *gather->places);
    gather->count = gather->bytes_used = 0;
}

size_t svct_gather_count(const struct svct_gather *gather)
{
    return gather->count;
}

/* ---- by key ---- */

static bool is_of(const struct svct_gather *gather,
                  const struct waiting *waiting, uint32_t hash,
                  const struct svct_key *key)
{
    return waiting->hash == hash && waiting->key_len == key->len &&
           memcmp(gather->bytes + waiting->at, key->data, key->len) == 0;
}

/* Its place, or the empty one where it belongs: never all are taken. */
static uint32_t *place_of(const struct svct_gather *gather, uint32_t hash,
                          const struct svct_key *key)
{
    size_t at = (hash * UINT32_C(0x9e3779b1)) >> 7 & gather->places_mask;

    while (gather->places[at] != 0 &&
           !is_of(gather, &gather->items[gather->places[at] - 1], hash, key))
        at = (at + 1) & gather->places_mask;
    return &gather->places[at];
}

static void show(const struct svct_gather *gather,
                 const struct waiting *waiting,
                 struct svct_gather_item *ret_item)
{
    const uint8_t *key = gather->bytes + waiting->at;

    ret_item->key.len = waiting->key_len;
    memcpy(ret_item->key.data, key, waiting->key_len);
    ret_item->value = key + waiting->key_len;
    ret_item->size = waiting->size;
    ret_item->old_size = waiting->old_size;
    ret_item->old_sum = waiting->old_sum;
}

bool svct_gather_find(const struct svct_gather *gather,
                      const struct svct_key *key,
                      struct svct_gather_item *ret_item)
{
    uint32_t place = *place_of(gather, svct_gdbmfile_hash(key), key);

    if (place == 0)
        return false;
    show(gather, &gather->items[place - 1], ret_item);
    return true;
}

/* Room for the key and a value, which the item gets; what it had is lost. */
static bool give_room(struct svct_gather *gather, const struct svct_key *key,
                      size_t size, struct waiting *waiting)
{
    if (key->len + size > gather->bytes_max - gather->bytes_used)
        return false;
    waiting->at = (uint32_t)gather->bytes_used;
    waiting->key_len = (uint16_t)key->len;
    waiting->room = (uint16_t)size;
    memcpy(gather->bytes + waiting->at, key->data, key->len);
    gather->bytes_used += key->len + size;
    return true;
}

static bool add(struct svct_gather *gather, uint32_t hash, uint32_t *place,
                const struct svct_gather_item *item)
{
    struct waiting *waiting = &gather->items[gather->count];

    if (gather->count == gather->count_max ||
        !give_room(gather, &item->key, item->size, waiting))
        return false;
    waiting->hash = hash;
    waiting->old_size = (uint16_t)item->old_size;
    waiting->old_sum = item->old_sum;
    *place = (uint32_t)++gather->count;
    return true;
}

bool svct_gather_put(struct svct_gather *gather,
                     const struct svct_gather_item *item)
{
    uint32_t hash = svct_gdbmfile_hash(&item->key);
    uint32_t *place = place_of(gather, hash, &item->key);
    struct waiting *waiting;

    if (*place == 0 && !add(gather, hash, place, item))
        return false;
    waiting = &gather->items[*place - 1];
    if (item->size > waiting->room &&
        !give_room(gather, &item->key, item->size, waiting))
        return false;
    waiting->size = (uint16_t)item->size;
    if (item->size > 0)
        memcpy(gather->bytes + waiting->at + waiting->key_len, item->value,
               item->size);
    return true;
}

/* ---- in order ---- */

static int by_rank(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

void svct_gather_sort(struct svct_gather *gather, svct_gather_rank_fn *rank)
{
    struct svct_gather_item item;

    for (size_t i = 0; i < gather->count; i++) {
        show(gather, &gather->items[i], &item);
        gather->order[i] = (uint64_t)rank(&item.key) << 32 | i;
    }
    if (gather->count > 1)
        qsort(gather->order, gather->count, sizeof *gather->order, by_rank);
}

void svct_gather_at(const struct svct_gather *gather, size_t index,
                    struct svct_gather_item *ret_item)
{
    size_t soon = index + AHEAD < gather->count ? index + AHEAD : index;

    __builtin_prefetch(gather->bytes +
                       gather->items[(uint32_t)gather->order[soon]].at);
    show(gather, &gather->items[(uint32_t)gather->order[index]], ret_item);
}
