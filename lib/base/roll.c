/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "base/roll.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/safefile.h"
#include "base/siphash.h"

/*
 * A page is
 *
 *     "roll" | version u8 | bits u8 | entries u16 | sequence u64 |
 *     number u32 | entries, zeros behind them | check u64
 */
#define HEAD_MAGIC UINT32_C(0x726f6c6c)
#define CHECK_AT (SVCT_ROLL_PAGE - 8)
#define HASH_SIZE 8

_Static_assert(SVCT_ROLL_FIRST + SVCT_ROLL_ENTRIES * SVCT_ROLL_ENTRY ==
                   CHECK_AT,
               "a page has no bytes without a meaning");

/* ---- a page in memory ---- */

static uint64_t number_at(const uint8_t *bytes)
{
    uint64_t number;

    memcpy(&number, bytes, sizeof number);
    return be64toh(number);
}

/*
 * Of all before it. A page is read for each record that a login reads, and the
 * CRC-64 of so many bytes would take longer than to read them. Each step maps
 * what it has one to one: damage within eight bytes is always noticed.
 */
static uint64_t check_of(const uint8_t *page)
{
    uint64_t x = UINT64_C(0x9e3779b97f4a7c15);

    for (size_t at = 0; at < CHECK_AT; at += 8) {
        x = (x ^ number_at(page + at)) * UINT64_C(0xbf58476d1ce4e5b9);
        x ^= x >> 32;
    }
    return x;
}

static void put_head(const struct svct_roll *roll, uint32_t number,
                     unsigned entries, uint8_t *page)
{
    struct svct_buf buf;

    svct_buf_init(&buf, page, SVCT_ROLL_FIRST);
    svct_buf_put_u32(&buf, HEAD_MAGIC);
    svct_buf_put_u8(&buf, SVCT_ROLL_VERSION);
    svct_buf_put_u8(&buf, (uint8_t)roll->bits);
    svct_buf_put_u16(&buf, (uint16_t)entries);
    svct_buf_put_u64(&buf, roll->sequence);
    svct_buf_put_u32(&buf, number);
}

void svct_roll_seal(const struct svct_roll *roll, uint32_t number,
                    unsigned entries, uint8_t *page)
{
    struct svct_buf buf;

    put_head(roll, number, entries, page);
    svct_buf_init(&buf, page + CHECK_AT, 8);
    svct_buf_put_u64(&buf, check_of(page));
}

int svct_roll_check(const struct svct_roll *roll, uint32_t number,
                    const uint8_t *page)
{
    uint8_t head[SVCT_ROLL_FIRST];

    if (number_at(page + CHECK_AT) != check_of(page))
        return SVCT_E_DAMAGED;
    put_head(roll, number, svct_roll_entries(page), head);
    if (memcmp(page, head, 4) == 0 && page[4] > SVCT_ROLL_VERSION)
        return SVCT_E_VERSION;
    return memcmp(page, head, sizeof head) == 0 &&
                   svct_roll_entries(page) <= SVCT_ROLL_ENTRIES
               ? 0
               : SVCT_E_DAMAGED;
}

unsigned svct_roll_entries(const uint8_t *page)
{
    return (unsigned)page[6] << 8 | page[7];
}

void svct_roll_set_entries(uint8_t *page, unsigned entries)
{
    page[6] = (uint8_t)(entries >> 8);
    page[7] = (uint8_t)entries;
}

uint64_t svct_roll_hash_of(const uint8_t *entry)
{
    return number_at(entry);
}

/*
 * Anybody may type the key of an account or a token at a login, and names that
 * look alike must not crowd into few pages: so no CRC, which is linear. Who
 * finds by trying a key that has the hash of a record has only a false alarm.
 */
static uint64_t hash_of(const uint8_t *bytes, size_t len)
{
    static const uint64_t fixed[2] = {UINT64_C(0x737663746f6b656e),
                                      UINT64_C(0x20726f6c6c206b65)};

    return svct_siphash(fixed, bytes, len);
}

void svct_roll_make_entry(uint8_t ret_entry[SVCT_ROLL_ENTRY],
                          const struct svct_key *key, uint64_t sum)
{
    struct svct_buf buf;

    svct_buf_init(&buf, ret_entry, SVCT_ROLL_ENTRY);
    svct_buf_put_u64(&buf, hash_of(key->data, key->len));
    svct_buf_put_u32(&buf, (uint32_t)sum);
}

static const uint8_t *entry_at(const uint8_t *page, unsigned index)
{
    return page + SVCT_ROLL_FIRST + (size_t)index * SVCT_ROLL_ENTRY;
}

unsigned svct_roll_find(const uint8_t *page, const uint8_t *entry)
{
    unsigned low = 0, high = svct_roll_entries(page);

    while (low < high) {
        unsigned middle = (low + high) / 2;

        if (memcmp(entry_at(page, middle), entry, SVCT_ROLL_ENTRY) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint32_t svct_roll_page_of(const struct svct_roll *roll, uint64_t hash)
{
    return roll->bits == 0 ? 0 : (uint32_t)(hash >> (64 - roll->bits));
}

/* ---- the file ---- */

bool svct_roll_bits_of(int64_t size, unsigned *ret_bits)
{
    for (unsigned bits = 0; bits <= SVCT_ROLL_BITS_MAX; bits++) {
        if (size != (int64_t)SVCT_ROLL_PAGE << bits)
            continue;
        *ret_bits = bits;
        return true;
    }
    return false;
}

int svct_roll_open(int dir_fd, const char *path, uint64_t sequence,
                   struct svct_roll **ret_roll, struct svct_fault *fault)
{
    struct svct_roll *roll = malloc(sizeof *roll);
    int r;

    if (roll == NULL)
        return svct_fault_set(fault, SVCT_E_NOMEM, ENOMEM, "out of memory");
    roll->fd = -1;
    roll->sequence = sequence;
    roll->loaded = -1;
    r = svct_safefile_open(dir_fd, path, O_RDONLY, SVCT_SAFEFILE_PRIVATE,
                           &roll->fd, &roll->st, fault);
    if (r == 0 && !svct_roll_bits_of(roll->st.st_size, &roll->bits))
        r = svct_fault_set(fault, SVCT_E_DAMAGED, 0,
                           "%s has a size that it can't have: %lld bytes", path,
                           (long long)roll->st.st_size);
    if (r != 0) {
        svct_roll_free(roll);
        return r;
    }
    *ret_roll = roll;
    return 0;
}

void svct_roll_free(struct svct_roll *roll)
{
    if (roll != NULL)
        svct_roll_suspend(roll);
    free(roll);
}

void svct_roll_suspend(struct svct_roll *roll)
{
    if (roll->fd >= 0)
        close(roll->fd);
    roll->fd = -1;
}

bool svct_roll_resume(struct svct_roll *roll, int dir_fd, const char *path)
{
    if (roll->bits == 0 && roll->loaded == 0)
        return svct_safefile_is_still(dir_fd, path, &roll->st);
    return svct_safefile_reopen(dir_fd, path, SVCT_SAFEFILE_PRIVATE, &roll->st,
                                &roll->fd);
}

int svct_roll_load(struct svct_roll *roll, uint32_t number)
{
    int r;

    if (roll->loaded == (int64_t)number)
        return 0;
    roll->loaded = -1;
    if (!svct_safefile_pread(roll->fd, roll->page, sizeof roll->page,
                             (int64_t)number * SVCT_ROLL_PAGE))
        return errno == 0 ? SVCT_E_DAMAGED : SVCT_E_IO;
    r = svct_roll_check(roll, number, roll->page);
    if (r == 0)
        roll->loaded = (int64_t)number;
    return r;
}

/* Makes the entry of a record and reads the page that has it, if any has. */
static int load_for(struct svct_roll *roll, const struct svct_key *key,
                    uint64_t sum, uint8_t ret_entry[SVCT_ROLL_ENTRY])
{
    svct_roll_make_entry(ret_entry, key, sum);
    return svct_roll_load(
        roll, svct_roll_page_of(roll, svct_roll_hash_of(ret_entry)));
}

/* Does the page in memory have one at or behind the place of entry that has
 * the first so many bytes of it? */
static bool has(const struct svct_roll *roll, const uint8_t *entry, size_t len)
{
    unsigned index = svct_roll_find(roll->page, entry);

    return index < svct_roll_entries(roll->page) &&
           memcmp(entry_at(roll->page, index), entry, len) == 0;
}

int svct_roll_confirm(struct svct_roll *roll, const struct svct_key *key,
                      uint64_t sum)
{
    uint8_t entry[SVCT_ROLL_ENTRY];
    int r = load_for(roll, key, sum, entry);

    if (r == 0 && !has(roll, entry, sizeof entry))
        r = SVCT_E_DAMAGED;
    return r;
}

int svct_roll_confirm_absent(struct svct_roll *roll, const struct svct_key *key)
{
    uint8_t entry[SVCT_ROLL_ENTRY];
    int r = load_for(roll, key, 0, entry); /* the least with its hash */

    if (r == 0 && has(roll, entry, HASH_SIZE))
        r = SVCT_E_DAMAGED;
    return r;
}

/* ---- all of it ---- */

static void add_entry(struct svct_roll_total *total, const uint8_t *entry)
{
    total->count++;
    total->digest += hash_of(entry, SVCT_ROLL_ENTRY);
}

void svct_roll_total_add(struct svct_roll_total *total,
                         const struct svct_key *key, uint64_t sum)
{
    uint8_t entry[SVCT_ROLL_ENTRY];

    svct_roll_make_entry(entry, key, sum);
    add_entry(total, entry);
}

static bool is_in_order(const struct svct_roll *roll, uint32_t number)
{
    unsigned entries = svct_roll_entries(roll->page);

    for (unsigned i = 0; i < entries; i++) {
        const uint8_t *entry = entry_at(roll->page, i);

        if (svct_roll_page_of(roll, svct_roll_hash_of(entry)) != number ||
            (i > 0 &&
             memcmp(entry - SVCT_ROLL_ENTRY, entry, SVCT_ROLL_ENTRY) > 0))
            return false;
    }
    for (const uint8_t *at = entry_at(roll->page, entries);
         at < roll->page + CHECK_AT; at++)
        if (*at != 0)
            return false;
    return true;
}

int svct_roll_total(struct svct_roll *roll, struct svct_roll_total *ret_total,
                    uint32_t *ret_page)
{
    struct svct_roll_total total = {.count = 0};

    for (uint32_t number = 0; number < UINT32_C(1) << roll->bits; number++) {
        int r = svct_roll_load(roll, number);

        if (r == 0 && !is_in_order(roll, number))
            r = SVCT_E_DAMAGED;
        if (r != 0 && ret_page != NULL)
            *ret_page = number;
        if (r != 0)
            return r;
        for (unsigned i = 0; i < svct_roll_entries(roll->page); i++)
            add_entry(&total, entry_at(roll->page, i));
    }
    *ret_total = total;
    return 0;
}
