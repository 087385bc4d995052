/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/readback.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Above so many the whole file is read back instead. */
#define CHANGES_MAX 4096

struct svct_readback_change {
    struct svct_key key;
    size_t number; /* of changes before it */
    uint64_t sum;  /* of the value stored; 0 with "gone" */
    bool gone;
};

void svct_readback_done(struct svct_readback *readback)
{
    free(readback->change);
    *readback = (struct svct_readback){.change = NULL};
}

/* ---- remembering ---- */

int svct_readback_note(struct svct_readback *readback,
                       const struct svct_key *key, uint64_t sum, bool gone,
                       struct svct_fault *fault)
{
    size_t size = (readback->count + 1) * sizeof *readback->change;
    struct svct_readback_change *change;

    if (readback->all || readback->count == CHANGES_MAX) {
        readback->all = true;
        return 0;
    }
    change = realloc(readback->change, size);
    if (change == NULL)
        return svct_fault_set(fault, SVCT_E_NOMEM, ENOMEM, "out of memory");
    readback->change = change;
    change[readback->count] = (struct svct_readback_change){
        .key = *key, .number = readback->count, .sum = sum, .gone = gone};
    readback->count++;
    return 0;
}

/* ---- comparing ---- */

static int compare_change(struct svct_snapshot *snapshot,
                          const struct svct_readback_change *change)
{
    struct svct_value value;
    int r = svct_snapshot_fetch(snapshot, &change->key,
                                (enum svct_kind)change->key.data[0], &value);

    if (change->gone)
        return r == SVCT_E_NOTFOUND ? 0 : SVCT_E_DAMAGED;
    return r == 0 && value.record.sum != change->sum ? SVCT_E_DAMAGED : r;
}

/* Changes to one key stand together, the last one behind the others. */
static int by_key(const void *a, const void *b)
{
    const struct svct_readback_change *x = a, *y = b;
    int order = 0;

    if (x->key.len != y->key.len)
        return x->key.len < y->key.len ? -1 : 1;
    order = memcmp(x->key.data, y->key.data, x->key.len);
    return order != 0 ? order : x->number < y->number ? -1 : 1;
}

static bool is_last(const struct svct_readback *readback, size_t i)
{
    return i + 1 == readback->count ||
           !svct_key_equal(&readback->change[i].key,
                           &readback->change[i + 1].key);
}

static int see_nothing(void *arg, const struct svct_key *key,
                       struct svct_record *record)
{
    (void)arg;
    (void)key;
    (void)record;
    return 0;
}

static int compare(struct svct_readback *readback, const struct svct_meta *meta,
                   struct svct_snapshot *snapshot, struct svct_fault *fault)
{
    int r = 0;

    if (memcmp(svct_snapshot_meta(snapshot), meta, sizeof *meta) != 0)
        return SVCT_E_DAMAGED;
    if (readback->all)
        return svct_snapshot_each(snapshot, 0, see_nothing, NULL, fault);
    if (readback->count > 1)
        qsort(readback->change, readback->count, sizeof *readback->change,
              by_key);
    for (size_t i = 0; r == 0 && i < readback->count; i++)
        if (is_last(readback, i))
            r = compare_change(snapshot, &readback->change[i]);
    return r;
}

int svct_readback_compare(struct svct_readback *readback, enum svct_part part,
                          const struct svct_meta *meta, int generation_fd,
                          struct svct_fault *fault)
{
    struct svct_snapshot *snapshot;
    int r =
        svct_snapshot_open_generation(generation_fd, part, &snapshot, fault);

    if (r != 0)
        return r;
    r = compare(readback, meta, snapshot, fault);
    svct_snapshot_free(snapshot);
    if (r != 0)
        return svct_fault_set(fault, r, 0,
                              "what was written to %s does not read back: "
                              "the disk or the memory may be faulty; nothing "
                              "is changed",
                              svct_part_file(part));
    return 0;
}
