/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The roll against a naive list: what was put on it is there, and nothing
 * else, however the pages had to become more; and no byte of it can be another
 * one without notice.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../support/testdb.h"
#include "base/crc64.h"
#include "base/roll.h"
#include "write/rollfile.h"
#include "write/rollfilter.h"

#define FOLDER PRIVDIR "/roll"
#define OTHER PRIVDIR "/other"
#define FILE_PATH FOLDER "/" SVCT_ROLL_FILE
#define KEYS 3000
#define SEQUENCE 42

/* ---- the naive list ---- */

static struct {
    bool there;
    uint64_t sum;
} list[KEYS];

static uint64_t listed(void)
{
    uint64_t count = 0;

    for (size_t i = 0; i < KEYS; i++)
        count += list[i].there;
    return count;
}

/* Names that look alike, as people choose them. */
static struct svct_key key_of(unsigned number)
{
    char name[32];

    snprintf(name, sizeof name, "deploy%04u", number);
    return svct_key_named(SVCT_KIND_ACCOUNT, name);
}

static int open_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    assert_true(fd >= 0);
    return fd;
}

static struct svct_roll begin(void)
{
    struct svct_roll roll;
    int fd = open_folder(FOLDER);

    unlink(FILE_PATH);
    svct_rollfile_init(&roll);
    assert_int_equal(svct_rollfile_create(fd, false, SEQUENCE, &roll, NULL), 0);
    close(fd);
    memset(list, 0, sizeof list);
    return roll;
}

static void change(struct svct_roll *roll, unsigned number, bool there,
                   uint64_t sum)
{
    struct svct_key key = key_of(number);
    const uint64_t *old = list[number].there ? &list[number].sum : NULL;

    assert_int_equal(
        svct_rollfile_change(roll, &key, old, there ? &sum : NULL, NULL), 0);
    list[number].there = there;
    list[number].sum = sum;
}

static void fill(struct svct_roll *roll, unsigned first, unsigned end)
{
    for (unsigned i = first; i < end; i++)
        change(roll, i, true, (uint64_t)i << 32 | i * 7);
}

static struct svct_roll *open_roll(uint64_t sequence)
{
    struct svct_roll *roll;
    int fd = open_folder(FOLDER);

    assert_int_equal(svct_roll_open(fd, SVCT_ROLL_FILE, sequence, &roll, NULL),
                     0);
    close(fd);
    return roll;
}

/* 0 for both would do: a page that can't be read refuses both. */
static void check_key(struct svct_roll *roll, unsigned number)
{
    struct svct_key key = key_of(number);
    uint64_t sum = list[number].sum;
    int absent = svct_roll_confirm_absent(roll, &key);

    assert_int_equal(absent, list[number].there ? SVCT_E_DAMAGED : 0);
    assert_int_equal(svct_roll_confirm(roll, &key, sum),
                     list[number].there ? 0 : SVCT_E_DAMAGED);
    assert_int_equal(svct_roll_confirm(roll, &key, sum ^ 1), SVCT_E_DAMAGED);
}

static void check_all(uint64_t sequence)
{
    struct svct_roll *roll = open_roll(sequence);
    struct svct_roll_total total, expected = {.count = 0};

    for (unsigned i = KEYS; i-- > 0;) { /* in an order of its own */
        struct svct_key key = key_of(i);

        check_key(roll, i);
        if (list[i].there)
            svct_roll_total_add(&expected, &key, list[i].sum);
    }
    assert_int_equal(svct_roll_total(roll, &total, NULL), 0);
    assert_int_equal(total.count, listed());
    assert_memory_equal(&total, &expected, sizeof total);
    svct_roll_free(roll);
}

/* ---- what is on it ---- */

static void has_what_was_put_on_it(void **state)
{
    /* 83 are a full page. */
    static const unsigned sizes[] = {0, 1, 2, 82, 83, 84, 85, 300, 1000, KEYS};
    struct svct_roll roll;

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        roll = begin();
        fill(&roll, 0, sizes[i]);
        assert_int_equal(svct_rollfile_finish(&roll, NULL), 0);
        check_all(SEQUENCE);
    }
}

/* Changed, taken off and put on again in no order, while it is read. */
static void follows_each_change(void **state)
{
    struct svct_roll roll = begin();
    unsigned random = 1;

    (void)state;
    for (unsigned step = 0; step < 20000; step++) {
        unsigned number;

        random = random * 1103515245 + 12345;
        number = random / 65536 % KEYS;
        change(&roll, number, random / 8192 % 4 != 0, random);
        check_key(&roll, number);
        check_key(&roll, step % KEYS);
    }
    assert_int_equal(svct_rollfile_finish(&roll, NULL), 0);
    check_all(SEQUENCE);
}

/* In any order, while the pages become more; then read from the file. */
static void a_batch_is_as_one_by_one(void **state)
{
    struct svct_roll roll = begin();
    struct svct_rollfile_batch batch = {.roll = &roll};
    unsigned random = 1;

    (void)state;
    for (unsigned step = 0; step < 20000; step++) {
        unsigned number = step < KEYS ? step : random / 65536 % KEYS;
        struct svct_key key = key_of(number);
        uint64_t sum = random;
        bool there = random / 8192 % 4 != 0;

        random = random * 1103515245 + 12345;
        if (!there && !list[number].there)
            continue;
        assert_int_equal(svct_rollfile_batch_change(
                             &batch, &key,
                             list[number].there ? &list[number].sum : NULL,
                             there ? &sum : NULL, NULL),
                         0);
        list[number].there = there;
        list[number].sum = sum;
    }
    assert_int_equal(svct_rollfile_batch_end(&batch, NULL), 0);
    assert_int_equal(svct_rollfile_batch_end(&batch, NULL), 0);
    assert_int_equal(svct_rollfile_finish(&roll, NULL), 0);
    assert_true(listed() > 1000);
    check_all(SEQUENCE);
}

/* By their rank those of a page come together. */
static void ranks_follow_the_pages(void **state)
{
    struct svct_roll roll = {.bits = 9};
    uint8_t entry[SVCT_ROLL_ENTRY];

    (void)state;
    for (unsigned i = 0; i < KEYS; i++) {
        struct svct_key key = key_of(i);

        svct_roll_make_entry(entry, &key, i);
        assert_int_equal(svct_rollfile_rank(&key) >> (32 - 9),
                         svct_roll_page_of(&roll, svct_roll_hash_of(entry)));
    }
}

/* ---- the filter ---- */

/* Nothing that is on the roll lacks, from before or since; of the others
 * nearly all do. */
static void the_filter_is_never_wrong(void **state)
{
    struct svct_rollfilter *filter;
    struct svct_roll roll = begin();
    unsigned lacking = 0;

    (void)state;
    fill(&roll, 0, 1000);
    assert_int_equal(svct_rollfilter_new(&roll, &filter), 0);
    for (unsigned i = 0; i < KEYS; i++) {
        struct svct_key key = key_of(i);
        bool lacks = svct_rollfilter_lacks(filter, &key);

        assert_false(lacks && list[i].there);
        lacking += lacks;
        svct_rollfilter_add(filter, &key);
        assert_false(svct_rollfilter_lacks(filter, &key));
    }
    assert_true(lacking > KEYS - 1000 - 10);
    svct_rollfilter_free(filter);
    svct_rollfilter_free(NULL);
    svct_rollfile_done(&roll);
}

static void a_filter_of_a_damaged_roll(void **state)
{
    struct svct_rollfilter *filter;
    struct svct_roll roll = begin();

    (void)state;
    fill(&roll, 0, 300);
    assert_int_equal(pwrite(roll.fd, "x", 1, SVCT_ROLL_PAGE + 100), 1);
    roll.loaded = -1;
    assert_int_equal(svct_rollfilter_new(&roll, &filter), SVCT_E_DAMAGED);
    svct_rollfile_done(&roll);
}

/* Of names that look alike none crowd into one page. */
static void pages_are_used_evenly(void **state)
{
    struct svct_roll roll = begin();

    (void)state;
    fill(&roll, 0, KEYS);
    assert_true(roll.bits == 6 || roll.bits == 7); /* 47 or 23 a page */
    svct_rollfile_done(&roll);
}

/* Two records may have the same entry; it is there as often. */
static void equal_entries(void **state)
{
    struct svct_roll roll = begin();
    struct svct_key key = key_of(1);
    struct svct_roll_total total;
    uint64_t sum = 7, other = 8;

    (void)state;
    assert_int_equal(svct_rollfile_change(&roll, &key, NULL, &sum, NULL), 0);
    assert_int_equal(svct_rollfile_change(&roll, &key, NULL, &sum, NULL), 0);
    assert_int_equal(svct_rollfile_change(&roll, &key, NULL, &other, NULL), 0);
    assert_int_equal(svct_roll_total(&roll, &total, NULL), 0);
    assert_int_equal(total.count, 3);
    assert_int_equal(svct_rollfile_change(&roll, &key, &sum, NULL, NULL), 0);
    assert_int_equal(svct_roll_confirm(&roll, &key, sum), 0);
    assert_int_equal(svct_roll_confirm(&roll, &key, other), 0);
    assert_int_equal(svct_rollfile_change(&roll, &key, &sum, NULL, NULL), 0);
    assert_int_equal(svct_roll_confirm(&roll, &key, sum), SVCT_E_DAMAGED);
    assert_int_equal(svct_roll_confirm_absent(&roll, &key), SVCT_E_DAMAGED);
    /* What is not on it can't be taken off. */
    assert_int_equal(svct_rollfile_change(&roll, &key, &sum, NULL, NULL),
                     SVCT_E_DAMAGED);
    svct_rollfile_done(&roll);
}

/* More of them than a page holds can't be told apart by any number of pages:
 * the end is told, here from one step before it. */
static void too_many_equal_entries(void **state)
{
    struct svct_roll roll = begin();
    struct svct_key key = key_of(1);
    struct svct_fault fault = {0};
    uint64_t sum = 7;
    uint8_t entry[SVCT_ROLL_ENTRY];

    (void)state;
    for (unsigned i = 0; i < SVCT_ROLL_ENTRIES; i++)
        assert_int_equal(svct_rollfile_change(&roll, &key, NULL, &sum, NULL),
                         0);
    assert_int_equal(roll.bits, 0);
    svct_roll_make_entry(entry, &key, sum);
    roll.bits = SVCT_ROLL_BITS_MAX;
    roll.loaded = svct_roll_page_of(&roll, svct_roll_hash_of(entry));
    assert_int_equal(svct_rollfile_change(&roll, &key, NULL, &sum, &fault),
                     SVCT_E_TOOBIG);
    assert_non_null(strstr(fault.what, "too many records"));
    svct_rollfile_done(&roll);
}

/* ---- damage ---- */

static void flip(int fd, off_t at, uint8_t bits)
{
    uint8_t byte;

    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte ^= bits;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
}

/* How many of the keys tell nothing else than before. */
static void each_is_right_or_damage(unsigned *ret_damaged)
{
    struct svct_roll *roll = open_roll(SEQUENCE);
    unsigned damaged = 0;

    for (unsigned i = 0; i < 200; i++) {
        struct svct_key key = key_of(i);
        int there = svct_roll_confirm(roll, &key, list[i].sum);
        int absent = svct_roll_confirm_absent(roll, &key);

        assert_true(list[i].there || there != 0);
        assert_true(!list[i].there || absent != 0);
        damaged += there != 0 && absent != 0;
    }
    *ret_damaged = damaged;
    svct_roll_free(roll);
}

static void no_byte_can_be_another(void **state)
{
    struct svct_roll roll = begin(), *reader;
    unsigned damaged;
    struct stat st;
    struct svct_roll_total total;
    uint32_t page;
    int fd;

    (void)state;
    fill(&roll, 0, 100);
    assert_int_equal(svct_rollfile_finish(&roll, NULL), 0);
    fd = open(FILE_PATH, O_RDWR | O_CLOEXEC);
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_size, 2 * SVCT_ROLL_PAGE);
    for (off_t at = 0; at < st.st_size; at++) {
        uint8_t bits = (uint8_t)(1u << at % 8);

        flip(fd, at, bits);
        each_is_right_or_damage(&damaged);
        assert_true(damaged > 50 && damaged < 150); /* those of that page */
        reader = open_roll(SEQUENCE);
        assert_int_not_equal(svct_roll_total(reader, &total, &page), 0);
        assert_int_equal(page, at / SVCT_ROLL_PAGE);
        svct_roll_free(reader);
        flip(fd, at, bits);
    }
    each_is_right_or_damage(&damaged);
    assert_int_equal(damaged, 0);
    close(fd);
}

static void read_all(int fd, uint8_t *bytes, size_t size)
{
    assert_int_equal(pread(fd, bytes, size, 0), size);
}

/* Sound pages that are not that page, or of another time. */
static void no_page_can_be_another(void **state)
{
    static uint8_t now[8 * SVCT_ROLL_PAGE];
    struct svct_roll roll = begin(), *reader;
    struct svct_roll_total total;
    int fd;

    (void)state;
    fill(&roll, 0, 400);
    assert_int_equal(svct_rollfile_finish(&roll, NULL), 0);
    fd = open(FILE_PATH, O_RDWR | O_CLOEXEC);
    read_all(fd, now, sizeof now);
    assert_int_equal(pwrite(fd, now + SVCT_ROLL_PAGE, SVCT_ROLL_PAGE, 0),
                     SVCT_ROLL_PAGE);
    reader = open_roll(SEQUENCE);
    assert_int_equal(svct_roll_load(reader, 0), SVCT_E_DAMAGED);
    assert_int_equal(svct_roll_load(reader, 1), 0);
    assert_int_equal(svct_roll_total(reader, &total, NULL), SVCT_E_DAMAGED);
    svct_roll_free(reader);
    assert_int_equal(pwrite(fd, now, sizeof now, 0), sizeof now);
    reader = open_roll(SEQUENCE + 1);
    for (uint32_t i = 0; i < 8; i++)
        assert_int_equal(svct_roll_load(reader, i), SVCT_E_DAMAGED);
    svct_roll_free(reader);
    /* Half of it is none with fewer pages. */
    assert_int_equal(ftruncate(fd, sizeof now / 2), 0);
    reader = open_roll(SEQUENCE);
    assert_int_equal(svct_roll_load(reader, 0), SVCT_E_DAMAGED);
    svct_roll_free(reader);
    close(fd);
}

static void a_newer_version(void **state)
{
    struct svct_roll roll = begin(), *reader;
    uint8_t page[SVCT_ROLL_PAGE];

    (void)state;
    memcpy(page, roll.page, sizeof page);
    page[4] = SVCT_ROLL_VERSION + 1;
    /* As svct_roll_seal makes it, whose version is ours. */
    {
        uint64_t x = UINT64_C(0x9e3779b97f4a7c15);

        for (size_t at = 0; at < sizeof page - 8; at += 8) {
            uint64_t word = 0;

            for (size_t i = 0; i < 8; i++)
                word = word << 8 | page[at + i];
            x = (x ^ word) * UINT64_C(0xbf58476d1ce4e5b9);
            x ^= x >> 32;
        }
        for (size_t i = 0; i < 8; i++)
            page[sizeof page - 8 + i] = (uint8_t)(x >> (56 - 8 * i));
    }
    assert_int_equal(pwrite(roll.fd, page, sizeof page, 0), sizeof page);
    svct_rollfile_done(&roll);
    reader = open_roll(SEQUENCE);
    assert_int_equal(svct_roll_load(reader, 0), SVCT_E_VERSION);
    svct_roll_free(reader);
}

static void files_that_are_none(void **state)
{
    static const off_t sizes[] = {0,
                                  1,
                                  SVCT_ROLL_PAGE - 1,
                                  SVCT_ROLL_PAGE + 1,
                                  3 * SVCT_ROLL_PAGE,
                                  (off_t)SVCT_ROLL_PAGE
                                      << (SVCT_ROLL_BITS_MAX + 1)};
    struct svct_roll roll = begin(), *reader;
    struct svct_fault fault = {0};
    int dir_fd = open_folder(FOLDER);

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        assert_int_equal(ftruncate(roll.fd, sizes[i]), 0);
        assert_int_equal(
            svct_roll_open(dir_fd, SVCT_ROLL_FILE, SEQUENCE, &reader, &fault),
            SVCT_E_DAMAGED);
        assert_non_null(strstr(fault.what, SVCT_ROLL_FILE));
    }
    assert_int_equal(ftruncate(roll.fd, SVCT_ROLL_PAGE), 0);
    assert_int_equal(chmod(FILE_PATH, 0640), 0);
    assert_int_equal(
        svct_roll_open(dir_fd, SVCT_ROLL_FILE, SEQUENCE, &reader, &fault),
        SVCT_E_UNSAFE);
    assert_int_equal(unlink(FILE_PATH), 0);
    assert_int_equal(
        svct_roll_open(dir_fd, SVCT_ROLL_FILE, SEQUENCE, &reader, &fault),
        SVCT_E_NOTFOUND);
    close(dir_fd);
    svct_rollfile_done(&roll);
}

/* No room for twice as many pages: an error, and what is half done tells
 * nothing that is not so. */
static void no_room_for_more_pages(void **state)
{
    const struct rlimit small = {3 * SVCT_ROLL_PAGE, RLIM_INFINITY};
    const struct rlimit any = {RLIM_INFINITY, RLIM_INFINITY};
    struct svct_roll roll = begin();
    struct svct_fault fault = {0};
    uint64_t sum = 9;
    int r = 0;

    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (unsigned i = 0; r == 0 && i < KEYS; i++) {
        struct svct_key key = key_of(i);

        r = svct_rollfile_change(&roll, &key, NULL, &sum, &fault);
        list[i].there = r == 0;
        list[i].sum = sum;
    }
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &any), 0);
    assert_int_equal(r, SVCT_E_IO);
    assert_non_null(strstr(fault.what, SVCT_ROLL_FILE));
    assert_true(listed() > SVCT_ROLL_ENTRIES);
    for (unsigned i = 0; i < KEYS; i++) {
        struct svct_key key = key_of(i);

        if (list[i].there)
            assert_int_not_equal(svct_roll_confirm_absent(&roll, &key), 0);
        else
            assert_int_not_equal(svct_roll_confirm(&roll, &key, sum), 0);
    }
    svct_rollfile_done(&roll);
}

/* ---- copies ---- */

/* A roll of another generation, of this one. */
static struct svct_roll copy(bool onto)
{
    int from = open_folder(FOLDER), to = open_folder(OTHER);
    struct svct_roll roll;

    if (!onto)
        unlink(OTHER "/" SVCT_ROLL_FILE);
    svct_rollfile_init(&roll);
    assert_int_equal(
        svct_rollfile_copy(from, to, onto, SEQUENCE, SEQUENCE + 5, &roll, NULL),
        0);
    close(from);
    close(to);
    return roll;
}

static void a_copy_is_of_its_generation(void **state)
{
    struct svct_roll roll = begin(), copied;

    (void)state;
    fill(&roll, 0, KEYS - 100);
    assert_int_equal(svct_rollfile_finish(&roll, NULL), 0);
    for (int onto = 0; onto < 2; onto++) {
        copied = copy(onto == 1);
        assert_int_equal(svct_rollfile_finish(&copied, NULL), 0);
        if (onto == 0) /* the reserve has more */
            assert_int_equal(truncate(OTHER "/" SVCT_ROLL_FILE, 1 << 20), 0);
    }
    assert_int_equal(rename(OTHER "/" SVCT_ROLL_FILE, FILE_PATH), 0);
    check_all(SEQUENCE + 5);
}

/* What is not whole does not become so: by a copy, by a change, by more
 * pages. */
static void damage_is_carried_on(void **state)
{
    struct svct_roll roll = begin(), copied;
    uint64_t sum = 9;
    unsigned refused = 0;
    int fd;

    (void)state;
    fill(&roll, 0, 400);
    assert_int_equal(roll.bits, 3);
    assert_int_equal(svct_rollfile_finish(&roll, NULL), 0);
    fd = open(FILE_PATH, O_RDWR | O_CLOEXEC);
    flip(fd, 3 * SVCT_ROLL_PAGE + 100, 1);
    close(fd);
    copied = copy(false);
    for (uint32_t i = 0; i < 8; i++)
        assert_int_equal(svct_roll_load(&copied, i),
                         i == 3 ? SVCT_E_DAMAGED : 0);
    for (unsigned i = 400; i < 1600; i++) {
        struct svct_key key = key_of(i);

        refused += svct_rollfile_change(&copied, &key, NULL, &sum, NULL) != 0;
    }
    assert_true(copied.bits > 3);
    assert_true(refused > 75 && refused < 300); /* one in eight */
    for (uint32_t i = 0; i < UINT32_C(1) << copied.bits; i++)
        assert_int_equal(svct_roll_load(&copied, i),
                         i >> (copied.bits - 3) == 3 ? SVCT_E_DAMAGED : 0);
    svct_rollfile_done(&copied);
}

/* The page of a generation that was given up may have the very number. */
static void a_page_from_ahead_is_not_believed(void **state)
{
    struct svct_roll roll = begin(), copied;
    struct svct_roll ahead = {.bits = 0, .sequence = SEQUENCE + 5};

    (void)state;
    fill(&roll, 0, 10);
    svct_roll_seal(&ahead, 0, 10, roll.page);
    assert_int_equal(pwrite(roll.fd, roll.page, SVCT_ROLL_PAGE, 0),
                     SVCT_ROLL_PAGE);
    svct_rollfile_done(&roll);
    copied = copy(false);
    assert_int_equal(svct_roll_load(&copied, 0), SVCT_E_DAMAGED);
    svct_rollfile_done(&copied);
}

/* ---- names that are made to be taken for another ---- */

/* A login name of 32 letters of which each has three bits that are free: "p"
 * to "w". */
#define LETTERS 32
#define FREE_BITS (3 * LETTERS)

struct choice {
    uint64_t crc;
    bool bit[FREE_BITS];
};

static struct svct_key chosen_key(const bool *bit)
{
    char name[LETTERS + 1];

    for (size_t i = 0; i < LETTERS; i++)
        name[i] =
            (char)('p' + bit[3 * i] + 2 * bit[3 * i + 1] + 4 * bit[3 * i + 2]);
    name[LETTERS] = '\0';
    return svct_key_named(SVCT_KIND_ACCOUNT, name);
}

static uint64_t crc_of(const struct svct_key *key)
{
    return svct_crc64(0, key->data, key->len);
}

static void combine(struct choice *choice, const struct choice *with)
{
    choice->crc ^= with->crc;
    for (size_t i = 0; i < FREE_BITS; i++)
        choice->bit[i] ^= with->bit[i];
}

/* basis[n]: the highest bit of its CRC is n; without one: not there. */
static void reduce(struct choice *choice, const struct choice basis[64])
{
    for (unsigned n = 64; n-- > 0;)
        if ((choice->crc >> n & 1) != 0 && basis[n].crc != 0)
            combine(choice, &basis[n]);
}

static void add_to_basis(struct choice basis[64], const struct choice *choice)
{
    struct choice left = *choice;

    reduce(&left, basis);
    for (unsigned n = 64; n-- > 0;)
        if ((left.crc >> n & 1) != 0) {
            basis[n] = left;
            return;
        }
}

/* A CRC is linear: who can choose the name, chooses the CRC. */
static struct svct_key key_with_crc(uint64_t crc)
{
    struct choice basis[64], wanted;
    struct svct_key none;

    memset(basis, 0, sizeof basis);
    memset(&wanted, 0, sizeof wanted);
    none = chosen_key(wanted.bit);
    for (size_t i = 0; i < FREE_BITS; i++) {
        struct choice one;
        struct svct_key key;

        memset(&one, 0, sizeof one);
        one.bit[i] = true;
        key = chosen_key(one.bit);
        one.crc = crc_of(&key) ^ crc_of(&none);
        add_to_basis(basis, &one);
    }
    wanted.crc = crc ^ crc_of(&none);
    reduce(&wanted, basis);
    assert_int_equal(wanted.crc, 0);
    return chosen_key(wanted.bit);
}

/* Anybody can type it at a login: it must not be taken for a record that was
 * lost. */
static void a_name_made_on_purpose(void **state)
{
    struct svct_roll roll = begin(), *reader;
    struct svct_key victim = key_of(0), made = key_with_crc(crc_of(&victim));

    (void)state;
    assert_true(crc_of(&made) == crc_of(&victim));
    fill(&roll, 0, 1);
    svct_rollfile_done(&roll);
    reader = open_roll(SEQUENCE);
    assert_int_equal(svct_roll_confirm_absent(reader, &victim), SVCT_E_DAMAGED);
    assert_int_equal(svct_roll_confirm_absent(reader, &made), 0);
    svct_roll_free(reader);
}

static int setup(void **state)
{
    (void)state;
    umask(022);
    mkdir(FOLDER, 0755);
    mkdir(OTHER, 0755);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_what_was_put_on_it),
        cmocka_unit_test(follows_each_change),
        cmocka_unit_test(a_batch_is_as_one_by_one),
        cmocka_unit_test(ranks_follow_the_pages),
        cmocka_unit_test(the_filter_is_never_wrong),
        cmocka_unit_test(a_filter_of_a_damaged_roll),
        cmocka_unit_test(pages_are_used_evenly),
        cmocka_unit_test(equal_entries),
        cmocka_unit_test(too_many_equal_entries),
        cmocka_unit_test(no_byte_can_be_another),
        cmocka_unit_test(no_page_can_be_another),
        cmocka_unit_test(a_newer_version),
        cmocka_unit_test(files_that_are_none),
        cmocka_unit_test(no_room_for_more_pages),
        cmocka_unit_test(a_copy_is_of_its_generation),
        cmocka_unit_test(damage_is_carried_on),
        cmocka_unit_test(a_page_from_ahead_is_not_believed),
        cmocka_unit_test(a_name_made_on_purpose),
    };

    testdb_enter();
    return cmocka_run_group_tests(tests, setup, NULL);
}
