/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/rollfilter.h"

#include <stdlib.h>

#define BITS 24 /* of a hash: those that tell a page, and some more */

struct svct_rollfilter {
    uint8_t set[1 << (BITS - 3)];
};

static void set(struct svct_rollfilter *filter, const uint8_t *entry)
{
    uint32_t bit = (uint32_t)(svct_roll_hash_of(entry) >> (64 - BITS));

    filter->set[bit / 8] |= (uint8_t)(1u << bit % 8);
}

void svct_rollfilter_add(struct svct_rollfilter *filter,
                         const struct svct_key *key)
{
    uint8_t entry[SVCT_ROLL_ENTRY];

    svct_roll_make_entry(entry, key, 0);
    set(filter, entry);
}

bool svct_rollfilter_lacks(const struct svct_rollfilter *filter,
                           const struct svct_key *key)
{
    uint8_t entry[SVCT_ROLL_ENTRY];
    uint32_t bit;

    svct_roll_make_entry(entry, key, 0);
    bit = (uint32_t)(svct_roll_hash_of(entry) >> (64 - BITS));
    return (filter->set[bit / 8] >> bit % 8 & 1u) == 0;
}

int svct_rollfilter_new(struct svct_roll *roll,
                        struct svct_rollfilter **ret_filter)
{
    struct svct_rollfilter *filter = calloc(1, sizeof *filter);
    int r = filter == NULL ? SVCT_E_NOMEM : 0;

    for (uint32_t page = 0; r == 0 && page >> roll->bits == 0; page++) {
        r = svct_roll_load(roll, page);
        for (unsigned i = 0; r == 0 && i < svct_roll_entries(roll->page); i++)
            set(filter,
                roll->page + SVCT_ROLL_FIRST + (size_t)i * SVCT_ROLL_ENTRY);
    }
    if (r != 0) {
        svct_rollfilter_free(filter);
        return r;
    }
    *ret_filter = filter;
    return 0;
}

void svct_rollfilter_free(struct svct_rollfilter *filter)
{
    free(filter);
}
