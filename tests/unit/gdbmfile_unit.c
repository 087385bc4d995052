/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The reader of gdbm files against gdbm itself: whatever gdbm has stored,
 * replaced and deleted is found, and nothing else; and each block on the way
 * to a key that is damaged is noticed.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <gdbm.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/gdbmfile.h"
#include "../support/testdb.h"

#define FILE_PATH PRIVDIR "/file.gdbm"
#define KEYS 6000
#define ELEMENTS_AT 112 /* in a bucket, of gdbm 1.23 */
#define ELEMENT 24
#define BITS_AT 104

static bool there[KEYS];
static unsigned generation[KEYS];

/* ---- what gdbm writes ---- */

/* Of each length from 1 byte on, and of bytes of which half have the top bit:
 * char has a sign here, or not. */
static struct svct_key key_of(unsigned number)
{
    struct svct_key key = {.len = 4 + number % (SVCT_KEY_MAX - 3)};

    for (size_t i = 0; i < key.len; i++)
        key.data[i] =
            (uint8_t)(number * 2654435761u >> (i % 4 * 8)) ^ (uint8_t)(i * 37);
    memcpy(key.data, &number, sizeof number);
    if (number < 200)
        key = (struct svct_key){.data = {(uint8_t)(number + 1)}, .len = 1};
    return key;
}

static size_t value_of(unsigned number, uint8_t *value)
{
    size_t size = (number * 7 + generation[number] * 13) % 600;

    if (number == 4321)
        size = SVCT_RECORD_MAX;
    for (size_t i = 0; i < size; i++)
        value[i] = (uint8_t)(number + generation[number] + i);
    return size;
}

static datum datum_of(const void *bytes, size_t len)
{
    return (datum){(char *)bytes, (int)len};
}

static void put(GDBM_FILE file, unsigned number)
{
    struct svct_key key = key_of(number);
    uint8_t value[SVCT_RECORD_MAX];
    size_t size;

    generation[number]++;
    size = value_of(number, value);
    assert_int_equal(gdbm_store(file, datum_of(key.data, key.len),
                                datum_of(value, size), GDBM_REPLACE),
                     0);
    there[number] = true;
}

static void take(GDBM_FILE file, unsigned number)
{
    struct svct_key key = key_of(number);

    assert_int_equal(gdbm_delete(file, datum_of(key.data, key.len)), 0);
    there[number] = false;
}

static GDBM_FILE open_gdbm(int mode)
{
    GDBM_FILE file = gdbm_open(FILE_PATH, SVCT_BLOCK_SIZE,
                               mode | GDBM_NOMMAP | GDBM_BSEXACT, 0600, NULL);

    assert_non_null(file);
    return file;
}

/* A file of so many keys, a third of them replaced and a fifth gone. */
static void make(unsigned keys)
{
    GDBM_FILE file = open_gdbm(GDBM_NEWDB);

    memset(there, 0, sizeof there);
    memset(generation, 0, sizeof generation);
    for (unsigned i = 0; i < keys; i++)
        put(file, i);
    for (unsigned i = 0; i < keys; i += 3)
        put(file, i);
    for (unsigned i = 0; i < keys; i += 5)
        take(file, i);
    assert_int_equal(gdbm_close(file), 0);
}

/* ---- what is read ---- */

static int try_open(struct svct_gdbmfile **ret_file)
{
    struct svct_fault fault = {0};
    int fd = open(FILE_PATH, O_RDONLY | O_CLOEXEC);
    struct stat st;

    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    return svct_gdbmfile_open(fd, st.st_size, ret_file, &fault);
}

static struct svct_gdbmfile *must_open(void)
{
    struct svct_gdbmfile *file = NULL;

    assert_int_equal(try_open(&file), 0);
    return file;
}

static void check_key(struct svct_gdbmfile *file, unsigned number)
{
    struct svct_key key = key_of(number);
    uint8_t got[SVCT_RECORD_MAX], wanted[SVCT_RECORD_MAX];
    size_t size = 77, wanted_size = value_of(number, wanted);
    int r = svct_gdbmfile_fetch(file, &key, got, &size);

    if (!there[number]) {
        assert_int_equal(r, SVCT_E_NOTFOUND);
        assert_int_equal(size, 77);
        return;
    }
    assert_int_equal(r, 0);
    assert_int_equal(size, wanted_size);
    assert_memory_equal(got, wanted, size);
}

static unsigned number_of(const struct svct_key *key)
{
    unsigned number;

    if (key->len == 1)
        return key->data[0] - 1u;
    assert_true(key->len >= sizeof number);
    memcpy(&number, key->data, sizeof number);
    return number;
}

/* Each key that is there once, and no other. */
static unsigned check_walk(struct svct_gdbmfile *file)
{
    static bool seen[KEYS];
    struct svct_key key = {.len = 0}, wanted;
    unsigned count = 0;
    int r;

    memset(seen, 0, sizeof seen);
    while ((r = svct_gdbmfile_behind(file, &key, &key)) == 0) {
        unsigned number = number_of(&key);

        assert_true(number < KEYS && there[number] && !seen[number]);
        wanted = key_of(number);
        assert_int_equal(key.len, wanted.len);
        assert_memory_equal(key.data, wanted.data, key.len);
        seen[number] = true;
        count++;
        if (number % 11 == 0) /* a question between two steps */
            check_key(file, (number + 1) % KEYS);
        check_key(file, number);
    }
    assert_int_equal(r, SVCT_E_NOTFOUND);
    return count;
}

static void check_file(void)
{
    struct svct_gdbmfile *file = must_open();
    unsigned count = 0;
    uint64_t counted = 0;

    for (unsigned i = 0; i < KEYS; i++) {
        check_key(file, i);
        count += there[i];
    }
    assert_int_equal(check_walk(file), count);
    assert_int_equal(svct_gdbmfile_count(file, &counted), 0);
    assert_int_equal(counted, count);
    svct_gdbmfile_free(file);
}

static void finds_what_gdbm_stored(void **state)
{
    /* 336 elements are a full bucket, which splits with one more. */
    static const unsigned sizes[] = {0,   1,   2,   150,  335, 336,
                                     337, 420, 700, 2000, KEYS};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        make(sizes[i]);
        check_file();
    }
}

static unsigned reads;
static off_t unreadable; /* a byte that the disk has lost; 0: none */

ssize_t __real_pread(int fd, void *bytes, size_t len, off_t offset);
ssize_t __wrap_pread(int fd, void *bytes, size_t len, off_t offset);

ssize_t __wrap_pread(int fd, void *bytes, size_t len, off_t offset)
{
    reads++;
    if (unreadable != 0 && unreadable >= offset &&
        unreadable < offset + (off_t)len) {
        errno = EIO;
        return -1;
    }
    return __real_pread(fd, bytes, len, offset);
}

static int by_hash(const void *a, const void *b)
{
    struct svct_key x = key_of(*(const unsigned *)a);
    struct svct_key y = key_of(*(const unsigned *)b);
    uint32_t i = svct_gdbmfile_hash(&x), k = svct_gdbmfile_hash(&y);

    return i < k ? -1 : i > k;
}

/* As an import writes them: what is in a bucket together lies together. */
static void make_in_order(unsigned keys)
{
    static unsigned numbers[KEYS];
    GDBM_FILE gdbm = open_gdbm(GDBM_NEWDB);

    memset(there, 0, sizeof there);
    for (unsigned i = 0; i < keys; i++)
        numbers[i] = i;
    qsort(numbers, keys, sizeof numbers[0], by_hash);
    for (unsigned i = 0; i < keys; i++)
        put(gdbm, numbers[i]);
    assert_int_equal(gdbm_close(gdbm), 0);
}

static void a_walk_reads_ahead(void **state)
{
    struct svct_gdbmfile *file;

    (void)state;
    make_in_order(KEYS);
    file = must_open();
    reads = 0;
    assert_int_equal(check_walk(file), KEYS);
    /* Two or three for each question between two steps. */
    assert_true(reads < KEYS / 11 * 3 + KEYS / 5);
    svct_gdbmfile_free(file);
}

/* A walk can be begun anew behind any key, by another reader too. */
static void goes_on_behind_any_key(void **state)
{
    struct svct_gdbmfile *file, *other;
    struct svct_key key = {.len = 0}, next, again;

    (void)state;
    make(900);
    file = must_open();
    while (svct_gdbmfile_behind(file, &key, &next) == 0) {
        other = must_open();
        assert_int_equal(svct_gdbmfile_behind(other, &key, &again), 0);
        assert_int_equal(again.len, next.len);
        assert_memory_equal(again.data, next.data, next.len);
        svct_gdbmfile_free(other);
        key = next;
    }
    again = key_of(0); /* which is not there */
    assert_int_equal(svct_gdbmfile_behind(file, &again, &next), SVCT_E_DAMAGED);
    svct_gdbmfile_free(file);
}

static void refuses_what_is_too_large(void **state)
{
    static char large[SVCT_RECORD_MAX + 1];
    struct svct_key key = key_of(1);
    uint8_t value[SVCT_RECORD_MAX];
    struct svct_gdbmfile *file;
    GDBM_FILE writer;
    size_t size;

    (void)state;
    make(0);
    writer = open_gdbm(GDBM_WRITER);
    assert_int_equal(gdbm_store(writer, datum_of(key.data, key.len),
                                datum_of(large, sizeof large), GDBM_INSERT),
                     0);
    gdbm_close(writer);
    file = must_open();
    assert_int_equal(svct_gdbmfile_fetch(file, &key, value, &size),
                     SVCT_E_DAMAGED);
    svct_gdbmfile_free(file);
    key.len = 0;
    file = must_open();
    assert_int_equal(svct_gdbmfile_fetch(file, &key, value, &size),
                     SVCT_E_NOTFOUND);
    svct_gdbmfile_free(file);
}

/* ---- damage ---- */

static void read_bytes(void *bytes, size_t len, off_t at)
{
    int fd = open(FILE_PATH, O_RDONLY | O_CLOEXEC);

    assert_int_equal(pread(fd, bytes, len, at), (ssize_t)len);
    close(fd);
}

static void write_bytes(const void *bytes, size_t len, off_t at)
{
    int fd = open(FILE_PATH, O_WRONLY | O_CLOEXEC);

    assert_int_equal(pwrite(fd, bytes, len, at), (ssize_t)len);
    close(fd);
}

static int fetch(unsigned number)
{
    struct svct_key key = key_of(number);
    uint8_t value[SVCT_RECORD_MAX];
    struct svct_gdbmfile *file;
    size_t size;
    int r = try_open(&file);

    if (r != 0)
        return r;
    r = svct_gdbmfile_fetch(file, &key, value, &size);
    svct_gdbmfile_free(file);
    return r;
}

static int64_t directory_at(void)
{
    int64_t at;

    read_bytes(&at, sizeof at, 8);
    return at;
}

/* The entry of the directory that leads to a key, by trying: the one whose
 * loss loses it. */
static int64_t entry_of(unsigned number)
{
    int64_t directory = directory_at(), old, nowhere = 3;
    int32_t size;

    read_bytes(&size, sizeof size, 16);
    for (int64_t at = directory; at < directory + size; at += 8) {
        int r;

        read_bytes(&old, sizeof old, at);
        write_bytes(&nowhere, sizeof nowhere, at);
        r = fetch(number);
        write_bytes(&old, sizeof old, at);
        if (r == SVCT_E_DAMAGED)
            return at;
    }
    fail();
    return 0;
}

static int64_t bucket_of(unsigned number)
{
    int64_t bucket;

    read_bytes(&bucket, sizeof bucket, entry_of(number));
    return bucket;
}

static void notices_a_lost_bucket(void **state)
{
    static const uint8_t zeros[SVCT_BLOCK_SIZE];
    uint8_t kept[SVCT_BLOCK_SIZE];
    int64_t bucket;

    (void)state;
    make(2000);
    bucket = bucket_of(1);
    read_bytes(kept, sizeof kept, bucket);
    write_bytes(zeros, sizeof zeros, bucket);
    assert_int_equal(fetch(1), SVCT_E_DAMAGED);
    write_bytes(kept, sizeof kept, bucket);
    assert_int_equal(fetch(1), 0);
}

/* Where another bucket stands, its keys tell that they don't belong there, also
 * if it is free just where the key would be. */
static void notices_another_bucket(void **state)
{
    int64_t here, there_at, one, other;
    unsigned found = 0, absent = 0;

    (void)state;
    make(2000);
    here = entry_of(1);
    read_bytes(&one, sizeof one, here);
    for (unsigned i = 2; i < 60; i++) {
        there_at = entry_of(i - i % 5 + 1);
        read_bytes(&other, sizeof other, there_at);
        if (other == one)
            continue;
        write_bytes(&other, sizeof other, here);
        found += fetch(1) == SVCT_E_DAMAGED;
        absent += fetch(1) == SVCT_E_NOTFOUND;
        write_bytes(&one, sizeof one, here);
    }
    assert_true(found > 20);
    assert_int_equal(absent, 0); /* no bucket is nearly empty */
}

/* Of the key 1, which is alone in its bucket. */
static int64_t element_of_one(uint8_t ret_element[ELEMENT])
{
    int64_t at = bucket_of(1) + ELEMENTS_AT;

    for (;; at += ELEMENT) {
        read_bytes(ret_element, ELEMENT, at);
        if (memcmp(ret_element, "\xff\xff\xff\xff", 4) != 0)
            return at;
    }
}

static void notices_elements_that_are_none(void **state)
{
    static const struct {
        unsigned at;
        int64_t value;
        size_t len;
    } wrongs[] = {
        {0, -2, 4},         {0, INT32_MIN, 4}, {8, 0, 8},
        {8, 8191, 8},       {8, INT64_MAX, 8}, {8, -1, 8},
        {16, 0, 4},         {16, -1, 4},       {16, SVCT_KEY_MAX + 1, 4},
        {16, INT32_MAX, 4}, {20, -1, 4},       {20, SVCT_RECORD_MAX + 1, 4},
        {20, INT32_MAX, 4},
    };
    uint8_t kept[ELEMENT];
    int64_t at;

    (void)state;
    make(2); /* the key 1 alone is in it */
    at = element_of_one(kept);
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        struct svct_gdbmfile *file;
        struct svct_key key = {.len = 0};
        uint64_t count;

        write_bytes(&wrongs[i].value, wrongs[i].len, at + wrongs[i].at);
        assert_int_equal(fetch(1), SVCT_E_DAMAGED);
        file = must_open();
        assert_int_equal(svct_gdbmfile_behind(file, &key, &key),
                         SVCT_E_DAMAGED);
        assert_int_equal(svct_gdbmfile_count(file, &count), SVCT_E_DAMAGED);
        svct_gdbmfile_free(file);
        write_bytes(kept, sizeof kept, at);
    }
    assert_int_equal(fetch(1), 0);
}

/* The last byte of the key or value that lies last in a file of one bucket. */
static off_t last_byte(void)
{
    int64_t bucket = bucket_of(1), last = 0;

    for (unsigned i = 0; i < 336; i++) {
        struct {
            int32_t hash;
            char start[4];
            int64_t data;
            int32_t key_size, value_size;
        } element;
        int64_t end;

        read_bytes(&element, sizeof element,
                   bucket + ELEMENTS_AT + (int64_t)i * ELEMENT);
        end = element.data + element.key_size + element.value_size;
        if (element.hash != -1 && end > last)
            last = end;
    }
    return (off_t)last - 1;
}

/* What it can't read ahead it has not to: all before that comes. */
static void a_walk_comes_to_what_it_cannot_read(void **state)
{
    struct svct_gdbmfile *file;
    struct svct_key key = {.len = 0};
    unsigned count = 0;
    off_t last;
    int r;

    (void)state;
    make_in_order(300);
    last = last_byte();
    file = must_open();
    unreadable = last;
    while ((r = svct_gdbmfile_behind(file, &key, &key)) == 0)
        count++;
    unreadable = 0;
    assert_int_equal(r, SVCT_E_IO);
    assert_int_equal(count, 299);
    svct_gdbmfile_free(file);
}

/* What a walk over all keys ends with. */
static int walk(void)
{
    struct svct_gdbmfile *file = must_open();
    struct svct_key key = {.len = 0};
    int r;

    do
        r = svct_gdbmfile_behind(file, &key, &key);
    while (r == 0);
    svct_gdbmfile_free(file);
    return r;
}

/* A key that is not in its place is no answer of a walk: neither where its
 * bytes are others, */
static void walks_notice_another_key(void **state)
{
    uint8_t kept[ELEMENT], byte = 'x';
    int64_t data;

    (void)state;
    make(2);
    element_of_one(kept);
    memcpy(&data, kept + 8, sizeof data);
    assert_int_equal(walk(), SVCT_E_NOTFOUND);
    write_bytes(&byte, 1, data);
    assert_int_equal(walk(), SVCT_E_DAMAGED);
}

/* nor where its bucket is the one of others. */
static void walks_notice_another_bucket(void **state)
{
    int64_t here, there_at, one, other;

    (void)state;
    make(2000);
    here = entry_of(1);
    read_bytes(&one, sizeof one, here);
    for (unsigned i = 2;; i++) {
        there_at = entry_of(i - i % 5 + 1);
        read_bytes(&other, sizeof other, there_at);
        if (other != one)
            break;
    }
    assert_int_equal(walk(), SVCT_E_NOTFOUND);
    write_bytes(&other, sizeof other, here);
    write_bytes(&one, sizeof one, there_at);
    assert_int_equal(walk(), SVCT_E_DAMAGED);
}

/* A walk comes by, and no lookup finds it. */
static void is_lost(void)
{
    struct svct_gdbmfile *file = must_open();
    struct svct_key key = {.len = 0}, one = key_of(1);
    uint8_t value[SVCT_RECORD_MAX];
    size_t size;

    assert_int_equal(svct_gdbmfile_behind(file, &key, &key), 0);
    assert_true(svct_key_equal(&key, &one));
    assert_int_equal(svct_gdbmfile_fetch(file, &key, value, &size),
                     SVCT_E_NOTFOUND);
    svct_gdbmfile_free(file);
}

/* An element behind a free one, or that begins with other bytes than its key,
 * is found by no lookup: a walk that has come by is no reason to find it. */
static void walks_find_no_more_than_lookups(void **state)
{
    uint8_t element[ELEMENT], other;
    int64_t at;

    (void)state;
    make(2);
    at = element_of_one(element);
    other = element[4] ^ 1;
    write_bytes(&other, 1, at + 4);
    is_lost();
    write_bytes("\xff\xff\xff\xff", 4, at);
    write_bytes(element, sizeof element,
                bucket_of(1) + ELEMENTS_AT == at ? at + 2 * ELEMENT
                                                 : at - ELEMENT);
    is_lost();
}

/* Nor is one behind an element that can't be, which ends a lookup. */
static void walks_see_what_lookups_pass(void **state)
{
    static const uint8_t none[ELEMENT] = {5}; /* with a key of 0 bytes */
    struct svct_gdbmfile *file = NULL;
    struct svct_key key = {.len = 0}, one = key_of(1);
    uint8_t element[ELEMENT], value[SVCT_RECORD_MAX];
    size_t size;
    int64_t at;

    (void)state;
    make(2);
    at = element_of_one(element);
    assert_true(svct_gdbmfile_hash(&one) % 336 != 335);
    write_bytes(none, sizeof none, at);
    write_bytes(element, sizeof element, at + ELEMENT);
    assert_int_equal(fetch(1), SVCT_E_DAMAGED);
    file = must_open();
    assert_int_equal(svct_gdbmfile_behind(file, &key, &key), 0);
    assert_int_equal(svct_gdbmfile_fetch(file, &key, value, &size),
                     SVCT_E_DAMAGED);
    svct_gdbmfile_free(file);
}

/* A free element, where lookups of a key begin, that leads to other bytes. */
static void lead_to(int64_t bucket, const struct svct_key *key, int64_t data,
                    int32_t value_size)
{
    uint32_t hash = svct_gdbmfile_hash(key);
    int64_t at = bucket + ELEMENTS_AT + (int64_t)(hash % 336) * ELEMENT;
    int32_t key_size = (int32_t)key->len;
    uint8_t element[ELEMENT];

    memcpy(element, &hash, 4);
    memcpy(element + 4, key->data, 4);
    memcpy(element + 8, &data, 8);
    memcpy(element + 16, &key_size, 4);
    memcpy(element + 20, &value_size, 4);
    write_bytes(element, sizeof element, at);
}

/* Two elements that lead to the same place, and not as far: what was read for
 * one is not the value of the other. */
static void walks_know_how_long_a_value_is(void **state)
{
    struct svct_key key = {.len = 0}, other = key_of(1000);
    uint8_t element[ELEMENT], *value = malloc(SVCT_RECORD_MAX);
    struct svct_gdbmfile *file;
    int64_t data, bucket;
    size_t size, wanted;

    (void)state;
    make(2);
    bucket = bucket_of(1);
    element_of_one(element);
    memcpy(&data, element + 8, sizeof data);
    lead_to(bucket, &other, data, SVCT_RECORD_MAX);
    file = must_open();
    assert_int_equal(svct_gdbmfile_behind(file, &key, &key), 0);
    assert_int_equal(svct_gdbmfile_fetch(file, &key, value, &wanted), 0);
    assert_int_equal(svct_gdbmfile_fetch(file, &other, value, &size),
                     SVCT_E_NOTFOUND);
    assert_int_equal(svct_gdbmfile_fetch(file, &key, value, &size), 0);
    assert_int_equal(size, wanted);
    svct_gdbmfile_free(file);
    free(value);
}

/* A walk, which goes by places, tells that there are two. */
static void walks_notice_two_at_one_place(void **state)
{
    uint8_t element[ELEMENT];
    int64_t at, bucket;

    (void)state;
    make(2);
    bucket = bucket_of(1) + ELEMENTS_AT;
    at = element_of_one(element);
    assert_int_equal(walk(), SVCT_E_NOTFOUND);
    write_bytes(element, sizeof element,
                at == bucket + 335 * ELEMENT ? bucket : at + ELEMENT);
    assert_int_equal(walk(), SVCT_E_DAMAGED);
}

/* The block of the header, even where it looks like a bucket without keys. */
static void the_header_is_no_bucket(void **state)
{
    static uint8_t free_elements[SVCT_BLOCK_SIZE - 40];
    const int64_t within = 16;
    const int32_t bits = 0;

    (void)state;
    make(2);
    memset(free_elements, 0xff, sizeof free_elements);
    write_bytes(&within, sizeof within, entry_of(1));
    write_bytes(free_elements, sizeof free_elements, 40);
    write_bytes(&bits, sizeof bits, within + BITS_AT);
    assert_int_equal(fetch(1), SVCT_E_DAMAGED);
}

/* That a key is not there is told by a bucket that looks like one. */
static void absence_needs_a_sound_bucket(void **state)
{
    static const int32_t wrong_bits[] = {-1, INT32_MIN, 23, 31, 32, INT32_MAX};
    static const int32_t none[ELEMENT / 4] = {5}; /* with a key of 0 bytes */
    uint8_t kept[ELEMENT];
    unsigned noticed = 0;
    int64_t bucket, at;
    int32_t bits;

    (void)state;
    make(2);
    bucket = bucket_of(1);
    assert_int_equal(fetch(2), SVCT_E_NOTFOUND);
    read_bytes(&bits, sizeof bits, bucket + BITS_AT);
    for (size_t i = 0; i < sizeof wrong_bits / sizeof wrong_bits[0]; i++) {
        write_bytes(&wrong_bits[i], sizeof bits, bucket + BITS_AT);
        assert_int_equal(fetch(2), SVCT_E_DAMAGED);
    }
    write_bytes(&bits, sizeof bits, bucket + BITS_AT);
    for (unsigned i = 0; i < 336; i++) {
        at = bucket + ELEMENTS_AT + i * ELEMENT;
        read_bytes(kept, sizeof kept, at);
        write_bytes(none, sizeof none, at);
        noticed += fetch(2) == SVCT_E_DAMAGED;
        write_bytes(kept, sizeof kept, at);
    }
    assert_true(noticed > 8); /* not only the one that was asked */
}

static void notices_a_file_that_shrinks(void **state)
{
    struct svct_gdbmfile *file;
    struct svct_key key = key_of(1), first = {.len = 0};
    uint8_t value[SVCT_RECORD_MAX];
    size_t size;
    uint64_t count;

    (void)state;
    make(700);
    file = must_open();
    assert_int_equal(truncate(FILE_PATH, 4096), 0);
    assert_int_equal(svct_gdbmfile_fetch(file, &key, value, &size),
                     SVCT_E_DAMAGED);
    assert_int_equal(svct_gdbmfile_behind(file, &first, &first),
                     SVCT_E_DAMAGED);
    assert_int_equal(svct_gdbmfile_count(file, &count), SVCT_E_DAMAGED);
    svct_gdbmfile_free(file);
    assert_int_equal(fetch(1), SVCT_E_DAMAGED); /* by its header */
}

/* Any damage: an error, "not there", or what a record's own check will see;
 * and every walk ends. */
static void survives_any_damage(void **state)
{
    uint64_t seed = 20261127;

    (void)state;
    for (unsigned round = 0; round < 300; round++) {
        struct svct_key key = {.len = 0};
        struct svct_gdbmfile *file;
        unsigned steps = 0;
        struct stat st;
        uint64_t count;

        if (round % 50 == 0)
            make(400 + round);
        assert_int_equal(stat(FILE_PATH, &st), 0);
        for (unsigned i = 0; i < 8; i++) {
            uint8_t byte;

            seed = seed * 6364136223846793005u + 1442695040888963407u;
            byte = (uint8_t)(seed >> 33);
            write_bytes(
                &byte, 1,
                (off_t)(40 + (seed >> 16) % (uint64_t)(st.st_size - 40)));
        }
        if (try_open(&file) != 0)
            continue;
        while (svct_gdbmfile_behind(file, &key, &key) == 0)
            assert_true(++steps < 400000);
        svct_gdbmfile_count(file, &count);
        svct_gdbmfile_free(file);
        for (unsigned i = 0; i < 400; i += 7)
            fetch(i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_gdbm_stored),
        cmocka_unit_test(a_walk_reads_ahead),
        cmocka_unit_test(a_walk_comes_to_what_it_cannot_read),
        cmocka_unit_test(goes_on_behind_any_key),
        cmocka_unit_test(refuses_what_is_too_large),
        cmocka_unit_test(notices_a_lost_bucket),
        cmocka_unit_test(notices_another_bucket),
        cmocka_unit_test(notices_elements_that_are_none),
        cmocka_unit_test(walks_notice_another_key),
        cmocka_unit_test(walks_notice_another_bucket),
        cmocka_unit_test(walks_find_no_more_than_lookups),
        cmocka_unit_test(walks_see_what_lookups_pass),
        cmocka_unit_test(walks_know_how_long_a_value_is),
        cmocka_unit_test(walks_notice_two_at_one_place),
        cmocka_unit_test(the_header_is_no_bucket),
        cmocka_unit_test(absence_needs_a_sound_bucket),
        cmocka_unit_test(notices_a_file_that_shrinks),
        cmocka_unit_test(survives_any_damage),
    };

    testdb_enter();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
