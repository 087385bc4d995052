/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/rollfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/safefile.h"
#include "write/generation.h"

#define CHUNK 256 /* pages that are copied at once */

void svct_rollfile_init(struct svct_roll *roll)
{
    roll->fd = -1;
    roll->loaded = -1;
}

void svct_rollfile_done(struct svct_roll *roll)
{
    if (roll->fd >= 0)
        close(roll->fd);
    svct_rollfile_init(roll);
}

/* ---- reading and writing pages ---- */

static int write_fault(struct svct_fault *fault)
{
    return svct_fault_errno(fault, errno, "can't write %s", SVCT_ROLL_FILE);
}

static int read_fault(struct svct_fault *fault)
{
    if (errno == 0)
        return svct_fault_set(fault, SVCT_E_DAMAGED, 0, "%s is cut short",
                              SVCT_ROLL_FILE);
    return svct_fault_errno(fault, errno, "can't read %s", SVCT_ROLL_FILE);
}

static int page_fault(struct svct_fault *fault, int code)
{
    return svct_fault_set(fault, code, 0, "a page of %s: %s", SVCT_ROLL_FILE,
                          svct_err_text(code));
}

static int64_t offset_of(uint32_t number)
{
    return (int64_t)number * SVCT_ROLL_PAGE;
}

static int write_pages(const struct svct_roll *roll, const uint8_t *pages,
                       uint32_t first, uint32_t count, struct svct_fault *fault)
{
    if (svct_generation_pwrite(roll->fd, pages, (size_t)count * SVCT_ROLL_PAGE,
                               offset_of(first)))
        return 0;
    return write_fault(fault);
}

/* Writes the page in memory. */
static int store_page(struct svct_roll *roll, struct svct_fault *fault)
{
    uint32_t number = (uint32_t)roll->loaded;
    int r;

    svct_roll_seal(roll, number, svct_roll_entries(roll->page), roll->page);
    r = write_pages(roll, roll->page, number, 1, fault);
    if (r != 0)
        roll->loaded = -1;
    return r;
}

/* ---- making one ---- */

static int open_new(int generation_fd, bool onto, struct svct_roll *roll,
                    struct svct_fault *fault)
{
    if (!onto)
        return svct_generation_make_file(generation_fd, SVCT_FILE_ROLL,
                                         &roll->fd, fault);
    return svct_safefile_open(generation_fd, SVCT_ROLL_FILE, O_RDWR,
                              SVCT_SAFEFILE_PRIVATE, &roll->fd, NULL, fault);
}

/* What is beyond, of the reserve, goes. */
static int cut(const struct svct_roll *roll, struct svct_fault *fault)
{
    off_t size = (off_t)SVCT_ROLL_PAGE << roll->bits;
    struct stat st;

    if (fstat(roll->fd, &st) == 0 &&
        (st.st_size <= size || ftruncate(roll->fd, size) == 0))
        return 0;
    return write_fault(fault);
}

int svct_rollfile_create(int generation_fd, bool onto, uint64_t sequence,
                         struct svct_roll *roll, struct svct_fault *fault)
{
    int r = open_new(generation_fd, onto, roll, fault);

    if (r != 0)
        return r;
    roll->bits = 0;
    roll->sequence = sequence;
    roll->loaded = 0;
    memset(roll->page, 0, sizeof roll->page);
    r = store_page(roll, fault);
    return r == 0 ? cut(roll, fault) : r;
}

/* ---- copying ---- */

/* from: it as it was, of which only bits and number count. */
static void renumber(const struct svct_roll *from, const struct svct_roll *to,
                     uint32_t number, uint8_t *page)
{
    if (svct_roll_check(from, number, page) == 0)
        svct_roll_seal(to, number, svct_roll_entries(page), page);
    else
        memset(page, 0, SVCT_ROLL_PAGE);
}

static int copy_pages(const struct svct_roll *from, const struct svct_roll *to,
                      uint8_t *chunk, struct svct_fault *fault)
{
    uint32_t pages = UINT32_C(1) << from->bits;
    int r = 0;

    for (uint32_t first = 0; r == 0 && first < pages; first += CHUNK) {
        uint32_t count = pages - first < CHUNK ? pages - first : CHUNK;

        if (!svct_safefile_pread(from->fd, chunk,
                                 (size_t)count * SVCT_ROLL_PAGE,
                                 offset_of(first)))
            return read_fault(fault);
        for (uint32_t i = 0; i < count; i++)
            renumber(from, to, first + i, chunk + (size_t)i * SVCT_ROLL_PAGE);
        r = write_pages(to, chunk, first, count, fault);
    }
    return r;
}

static int copy_from(const struct svct_roll *from, int to_fd, bool onto,
                     struct svct_roll *roll, struct svct_fault *fault)
{
    uint8_t *chunk = malloc((size_t)CHUNK * SVCT_ROLL_PAGE);
    int r;

    if (chunk == NULL)
        return svct_fault_set(fault, SVCT_E_NOMEM, ENOMEM, "out of memory");
    r = open_new(to_fd, onto, roll, fault);
    if (r == 0)
        r = copy_pages(from, roll, chunk, fault);
    if (r == 0)
        r = cut(roll, fault);
    free(chunk);
    return r;
}

int svct_rollfile_copy(int from_fd, int to_fd, bool onto, uint64_t base,
                       uint64_t sequence, struct svct_roll *roll,
                       struct svct_fault *fault)
{
    struct svct_roll *from;
    int r = svct_roll_open(from_fd, SVCT_ROLL_FILE, base, &from, fault);

    if (r == SVCT_E_NOTFOUND)
        return svct_fault_set(fault, SVCT_E_DAMAGED, 0,
                              "the current generation lacks %s",
                              SVCT_ROLL_FILE);
    if (r != 0)
        return r;
    roll->bits = from->bits;
    roll->sequence = sequence;
    roll->loaded = -1;
    r = copy_from(from, to_fd, onto, roll, fault);
    svct_roll_free(from);
    return r;
}

/* ---- twice as many pages ---- */

/*
 * Page p becomes 2p and 2p + 1: its entries are in order, so the first of them
 * have a 0 in the bit that is new. old: with the bits of before. One that is
 * not whole becomes two of that kind.
 */
static void split_page(const struct svct_roll *old,
                       const struct svct_roll *roll, uint32_t number,
                       const uint8_t *page, uint8_t *ret_two)
{
    const uint8_t *first = page + SVCT_ROLL_FIRST;
    unsigned entries = svct_roll_entries(page), low = 0;

    memset(ret_two, 0, (size_t)2 * SVCT_ROLL_PAGE);
    if (svct_roll_check(old, number, page) != 0)
        return;
    while (low < entries &&
           svct_roll_page_of(
               roll, svct_roll_hash_of(
                         first + (size_t)low * SVCT_ROLL_ENTRY)) == 2 * number)
        low++;
    memcpy(ret_two + SVCT_ROLL_FIRST, first, (size_t)low * SVCT_ROLL_ENTRY);
    memcpy(ret_two + SVCT_ROLL_PAGE + SVCT_ROLL_FIRST,
           first + (size_t)low * SVCT_ROLL_ENTRY,
           (size_t)(entries - low) * SVCT_ROLL_ENTRY);
    svct_roll_seal(roll, 2 * number, low, ret_two);
    svct_roll_seal(roll, 2 * number + 1, entries - low,
                   ret_two + SVCT_ROLL_PAGE);
}

/* The last pages first: what is written over has been read by then. chunk has
 * room for three times CHUNK pages. */
static int split_pages(const struct svct_roll *old, struct svct_roll *roll,
                       uint8_t *chunk, struct svct_fault *fault)
{
    uint8_t *twice = chunk + (size_t)CHUNK * SVCT_ROLL_PAGE;
    uint32_t left = UINT32_C(1) << old->bits;
    int r = 0;

    while (r == 0 && left > 0) {
        uint32_t count = left < CHUNK ? left : CHUNK, first = left - count;

        if (!svct_safefile_pread(roll->fd, chunk,
                                 (size_t)count * SVCT_ROLL_PAGE,
                                 offset_of(first)))
            return read_fault(fault);
        for (uint32_t i = 0; i < count; i++)
            split_page(old, roll, first + i, chunk + (size_t)i * SVCT_ROLL_PAGE,
                       twice + (size_t)2 * i * SVCT_ROLL_PAGE);
        r = write_pages(roll, twice, 2 * first, 2 * count, fault);
        left = first;
    }
    return r;
}

static int double_pages(struct svct_roll *roll, struct svct_fault *fault)
{
    struct svct_roll old = {.bits = roll->bits, .sequence = roll->sequence};
    uint8_t *chunk;
    int r;

    if (roll->bits == SVCT_ROLL_BITS_MAX)
        return svct_fault_set(fault, SVCT_E_TOOBIG, 0,
                              "there are too many records for %s",
                              SVCT_ROLL_FILE);
    chunk = malloc((size_t)3 * CHUNK * SVCT_ROLL_PAGE);
    if (chunk == NULL)
        return svct_fault_set(fault, SVCT_E_NOMEM, ENOMEM, "out of memory");
    roll->bits++;
    roll->loaded = -1;
    r = split_pages(&old, roll, chunk, fault);
    free(chunk);
    return r;
}

/* ---- changing ---- */

static uint8_t *entry_at(uint8_t *page, unsigned index)
{
    return page + SVCT_ROLL_FIRST + (size_t)index * SVCT_ROLL_ENTRY;
}

/* Of equal ones, which two keys may have, one goes. */
static int take_out(uint8_t *page, const uint8_t *entry)
{
    unsigned index = svct_roll_find(page, entry);
    unsigned left = svct_roll_entries(page) - index;
    uint8_t *at = entry_at(page, index);

    if (left == 0 || memcmp(at, entry, SVCT_ROLL_ENTRY) != 0)
        return SVCT_E_DAMAGED;
    memmove(at, at + SVCT_ROLL_ENTRY, (size_t)(left - 1) * SVCT_ROLL_ENTRY);
    memset(entry_at(page, index + left - 1), 0, SVCT_ROLL_ENTRY);
    svct_roll_set_entries(page, index + left - 1);
    return 0;
}

/* There is room. */
static void put_in(uint8_t *page, const uint8_t *entry)
{
    unsigned index = svct_roll_find(page, entry);
    unsigned left = svct_roll_entries(page) - index;
    uint8_t *at = entry_at(page, index);

    memmove(at + SVCT_ROLL_ENTRY, at, (size_t)left * SVCT_ROLL_ENTRY);
    memcpy(at, entry, SVCT_ROLL_ENTRY);
    svct_roll_set_entries(page, index + left + 1);
}

int svct_rollfile_batch_end(struct svct_rollfile_batch *batch,
                            struct svct_fault *fault)
{
    bool dirty = batch->dirty;

    batch->dirty = false;
    return dirty ? store_page(batch->roll, fault) : 0;
}

/* Another page into memory, and the one that is there out of it. */
static int turn_to(struct svct_rollfile_batch *batch, uint32_t number,
                   struct svct_fault *fault)
{
    int r = 0;

    if (batch->roll->loaded != (int64_t)number)
        r = svct_rollfile_batch_end(batch, fault);
    if (r != 0)
        return r;
    r = svct_roll_load(batch->roll, number);
    return r == 0 ? 0 : page_fault(fault, r);
}

/* Into memory the page of an entry; with room for one more, if there shall
 * be. */
static int load_for(struct svct_rollfile_batch *batch, const uint8_t *entry,
                    bool room, struct svct_fault *fault)
{
    struct svct_roll *roll = batch->roll;

    for (;;) {
        uint32_t number = svct_roll_page_of(roll, svct_roll_hash_of(entry));
        int r = turn_to(batch, number, fault);

        if (r != 0)
            return r;
        if (!room || svct_roll_entries(roll->page) < SVCT_ROLL_ENTRIES)
            return 0;
        r = svct_rollfile_batch_end(batch, fault);
        if (r == 0)
            r = double_pages(roll, fault);
        if (r != 0)
            return r;
    }
}

uint32_t svct_rollfile_rank(const struct svct_key *key)
{
    uint8_t entry[SVCT_ROLL_ENTRY];

    svct_roll_make_entry(entry, key, 0);
    return (uint32_t)(svct_roll_hash_of(entry) >> 32);
}

int svct_rollfile_batch_change(struct svct_rollfile_batch *batch,
                               const struct svct_key *key,
                               const uint64_t *old_sum, const uint64_t *new_sum,
                               struct svct_fault *fault)
{
    struct svct_roll *roll = batch->roll;
    uint8_t old_entry[SVCT_ROLL_ENTRY], new_entry[SVCT_ROLL_ENTRY];
    int r;

    svct_roll_make_entry(old_entry, key, old_sum != NULL ? *old_sum : 0);
    svct_roll_make_entry(new_entry, key, new_sum != NULL ? *new_sum : 0);
    r = load_for(batch, new_entry, old_sum == NULL, fault);
    if (r != 0)
        return r;
    if (old_sum != NULL && take_out(roll->page, old_entry) != 0)
        return page_fault(fault, SVCT_E_DAMAGED);
    if (new_sum != NULL)
        put_in(roll->page, new_entry);
    batch->dirty = true;
    return 0;
}

int svct_rollfile_change(struct svct_roll *roll, const struct svct_key *key,
                         const uint64_t *old_sum, const uint64_t *new_sum,
                         struct svct_fault *fault)
{
    struct svct_rollfile_batch batch = {.roll = roll};
    int r = svct_rollfile_batch_change(&batch, key, old_sum, new_sum, fault);

    return r == 0 ? svct_rollfile_batch_end(&batch, fault) : r;
}

int svct_rollfile_finish(struct svct_roll *roll, struct svct_fault *fault)
{
    int r =
        fsync(roll->fd) == 0
            ? 0
            : svct_fault_errno(fault, errno, "can't sync %s", SVCT_ROLL_FILE);

    svct_rollfile_done(roll);
    return r;
}
