/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_BASE_ROLL_H
#define SVCT_BASE_ROLL_H

/*
 * The roll: which records, with which contents, belong to one generation
 * (doc/decisions/0015; doc/FORMAT.md section 15).
 *
 * A record's own check tells that it is whole, not that it is of today: a disk
 * that gives an older block back gives sound records back, a revoked token as
 * it was before. So beside private.gdbm there is a file of pages, each of which
 * carries the number of its generation, and an entry for each record: a hash
 * of its key, and 32 bits of its sum. What is fetched is held against it, and
 * so is that nothing was found.
 *
 * There are 2^bits pages, and that of a record is named by the first bits of
 * the hash. A page that was read last stays in memory. All of a page is read at
 * once and checked before anything in it counts: SVCT_E_DAMAGED when it is not
 * whole, another one or of another generation, SVCT_E_VERSION when it is a
 * newer program's, SVCT_E_IO. A roll belongs to one thread.
 */

#include <sys/stat.h>

#include "base/record.h"

#define SVCT_ROLL_FILE "private.roll"
#define SVCT_ROLL_VERSION 1
#define SVCT_ROLL_PAGE 1024   /* bytes */
#define SVCT_ROLL_ENTRY 12    /* bytes */
#define SVCT_ROLL_ENTRIES 83  /* in a page, at most */
#define SVCT_ROLL_FIRST 20    /* where they begin in it */
#define SVCT_ROLL_BITS_MAX 20 /* of the number of a page */

/* For the writer as well (write/rollfile.h), which changes it in place. */
struct svct_roll {
    int fd; /* -1: none is open */
    unsigned bits;
    uint64_t sequence; /* of the generation */
    int64_t loaded;    /* the number of the page in memory; -1: none is */
    uint8_t page[SVCT_ROLL_PAGE];
    struct stat st; /* of the file as svct_roll_open opened it */
};

/*
 * The roll in a generation folder; path: from dir_fd on, a file in a folder
 * that was looked at. SVCT_E_NOTFOUND when there is none; SVCT_E_UNSAFE,
 * SVCT_E_DAMAGED (a size that can't be), SVCT_E_NOMEM, ...
 */
int svct_roll_open(int dir_fd, const char *path, uint64_t sequence,
                   struct svct_roll **ret_roll, struct svct_fault *fault);
void svct_roll_free(struct svct_roll *roll);

/* Closes the descriptor and keeps the page. Until it is resumed it can only be
 * freed. */
void svct_roll_suspend(struct svct_roll *roll);

/* Opens it again, but not one of a single page, which it has. false: it is not
 * the very same file, unchanged, or can't be opened. */
bool svct_roll_resume(struct svct_roll *roll, int dir_fd, const char *path);

/* Is the record of that key, with that sum (record.h), of this generation? 0;
 * SVCT_E_DAMAGED: it is not. */
int svct_roll_confirm(struct svct_roll *roll, const struct svct_key *key,
                      uint64_t sum);

/* Is there none of that key in this generation? 0; SVCT_E_DAMAGED: there is
 * one. */
int svct_roll_confirm_absent(struct svct_roll *roll,
                             const struct svct_key *key);

/* Many records at once, in any order: who has seen all of a generation need
 * not look for the page of each. Equal totals: they are the same, but for a
 * chance of 1 to 2^64. Zeroed: of none. */
struct svct_roll_total {
    uint64_t count;
    uint64_t digest; /* sum mod 2^64 of a hash of each entry */
};
void svct_roll_total_add(struct svct_roll_total *total,
                         const struct svct_key *key, uint64_t sum);

/* That of the roll. Reads and checks every page; SVCT_E_DAMAGED, too, when an
 * entry is out of order or not in its page. ret_page, which may be NULL: which
 * page is wrong. */
int svct_roll_total(struct svct_roll *roll, struct svct_roll_total *ret_total,
                    uint32_t *ret_page);

/* ---- for the writer ---- */

/* How many bits a roll of a size has. false: there is none of it. */
bool svct_roll_bits_of(int64_t size, unsigned *ret_bits);

/* Reads a page and checks it. */
int svct_roll_load(struct svct_roll *roll, uint32_t number);

/* The page that a hash leads to. */
uint32_t svct_roll_page_of(const struct svct_roll *roll, uint64_t hash);

/* An entry as it stands in a page; they are in the order of their bytes. */
void svct_roll_make_entry(uint8_t ret_entry[SVCT_ROLL_ENTRY],
                          const struct svct_key *key, uint64_t sum);
uint64_t svct_roll_hash_of(const uint8_t *entry);

unsigned svct_roll_entries(const uint8_t *page);
void svct_roll_set_entries(uint8_t *page, unsigned entries);

/* The first entry that is not less than this one; as many as there are: all
 * are less. */
unsigned svct_roll_find(const uint8_t *page, const uint8_t *entry);

/* Gives a page with so many entries its head and its check. */
void svct_roll_seal(const struct svct_roll *roll, uint32_t number,
                    unsigned entries, uint8_t *page);

/* Is a page whole, and that one? 0, SVCT_E_DAMAGED, SVCT_E_VERSION. */
int svct_roll_check(const struct svct_roll *roll, uint32_t number,
                    const uint8_t *page);

#endif
