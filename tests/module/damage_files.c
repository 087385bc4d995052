/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "damage_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../support/privdir.h"
#include "auth/usage.h"
#include "base/snapshot.h"

#define KEPT_MAX 12
#define ROOM 65536 /* bytes that a file may be longer than undamaged */
#define ELEMENTS_MAX 4096
#define ELEMENT 24 /* bytes of one in a bucket; doc/FORMAT.md, section 3 */

struct bytes {
    uint8_t *data;
    size_t size;
};

/* All files of a moment; of the link the text. */
struct moment {
    struct bytes file[DAMAGE_FILES];
};

static struct moment kept[KEPT_MAX], whole;
static size_t kept_count;
static char folder[64];
static int fds[DAMAGE_CURRENT];
static struct stat as_left[DAMAGE_CURRENT];
static int entries;

/* Where the elements in use are, in each gdbm file; first those whose records
 * have not the word "filling", which are the ones that are asked for. */
static struct {
    size_t at[ELEMENTS_MAX];
    size_t count;
    size_t asked;
} elements[2];

static void stop(const char *what)
{
    fprintf(stderr, "damage: %s: %s\n", what, strerror(errno));
    exit(99);
}

uint64_t damage_random(uint64_t *random)
{
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    return *random;
}

/* ---- reading ---- */

static void path_of(enum damage_file file, char *ret_path, size_t size)
{
    static const char *const names[DAMAGE_FILES] = {"current/private.gdbm",
                                                    "current/public.gdbm",
                                                    "names",
                                                    "usage",
                                                    "current/private.roll",
                                                    "current"};

    snprintf(ret_path, size, "%s/%s", folder, names[file]);
}

static struct bytes read_file(int fd)
{
    struct bytes bytes;
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0)
        stop("opening");
    bytes.size = (size_t)st.st_size;
    bytes.data = malloc(bytes.size + 1);
    if (bytes.data == NULL ||
        pread(fd, bytes.data, bytes.size, 0) != (ssize_t)bytes.size)
        stop("reading");
    return bytes;
}

static struct bytes read_link(void)
{
    struct bytes bytes = {.data = malloc(64)};
    char path[128];
    ssize_t size;

    path_of(DAMAGE_CURRENT, path, sizeof path);
    size = readlink(path, (char *)bytes.data, 63);
    if (size < 0)
        stop("reading the link");
    bytes.size = (size_t)size;
    return bytes;
}

/* Opens the files, whose descriptors are fds, and reads all of them. */
static void read_moment(struct moment *ret_moment)
{
    char path[128];

    for (int i = 0; i < DAMAGE_CURRENT; i++) {
        path_of((enum damage_file)i, path, sizeof path);
        fds[i] = open(path, O_RDWR | O_CLOEXEC);
        ret_moment->file[i] = read_file(fds[i]);
    }
    ret_moment->file[DAMAGE_CURRENT] = read_link();
}

void damage_files_keep(const char *dir)
{
    snprintf(folder, sizeof folder, "%s", dir);
    if (kept_count == KEPT_MAX)
        stop("too many generations to keep");
    read_moment(&kept[kept_count++]);
    for (int i = 0; i < DAMAGE_CURRENT; i++)
        close(fds[i]);
}

static uint64_t number_at(const struct bytes *bytes, size_t at, size_t size)
{
    uint64_t number = 0;

    if (at + size > bytes->size)
        stop("the undamaged file is none");
    memcpy(&number, bytes->data + at, size);
    return number;
}

static bool is_filling(const struct bytes *bytes, size_t element)
{
    size_t at = number_at(bytes, element + 8, 8);
    size_t size =
        number_at(bytes, element + 16, 4) + number_at(bytes, element + 20, 4);

    return memmem(bytes->data + at, size, "filling", 7) != NULL;
}

static void add_element(enum damage_file file, size_t at)
{
    size_t count = elements[file].count;

    if (count == ELEMENTS_MAX)
        stop("too many elements");
    elements[file].at[count] = at;
    if (!is_filling(&whole.file[file], at)) {
        elements[file].at[count] = elements[file].at[elements[file].asked];
        elements[file].at[elements[file].asked++] = at;
    }
    elements[file].count++;
}

static void find_in_bucket(enum damage_file file, size_t bucket)
{
    const struct bytes *bytes = &whole.file[file];

    for (size_t i = 0; i < 336; i++) {
        size_t at = bucket + 112 + i * ELEMENT;

        if (number_at(bytes, at, 4) != 0xffffffff)
            add_element(file, at);
    }
}

static void find_elements(enum damage_file file)
{
    const struct bytes *bytes = &whole.file[file];
    size_t directory = number_at(bytes, 8, 8), former = 0;

    for (size_t i = 0; i < number_at(bytes, 16, 4) / 8; i++) {
        size_t bucket = number_at(bytes, directory + i * 8, 8);

        if (bucket != former)
            find_in_bucket(file, bucket);
        former = bucket;
    }
}

static void note_as_left(void)
{
    for (int i = 0; i < DAMAGE_CURRENT; i++)
        if (fstat(fds[i], &as_left[i]) != 0)
            stop("fstat");
    entries = privdir_entries(folder);
}

void damage_files_begin(const char *dir)
{
    snprintf(folder, sizeof folder, "%s", dir);
    read_moment(&whole);
    find_elements(DAMAGE_PRIVATE);
    find_elements(DAMAGE_PUBLIC);
    note_as_left();
}

/* ---- writing ---- */

static void write_file(enum damage_file file, const struct bytes *bytes)
{
    if (pwrite(fds[file], bytes->data, bytes->size, 0) !=
            (ssize_t)bytes->size ||
        ftruncate(fds[file], (off_t)bytes->size) != 0)
        stop("writing");
}

static void write_link(const struct bytes *bytes)
{
    char path[128], text[64];

    path_of(DAMAGE_CURRENT, path, sizeof path);
    snprintf(text, sizeof text, "%.*s", (int)bytes->size,
             (const char *)bytes->data);
    if (unlink(path) != 0 && errno != ENOENT)
        stop("unlink");
    /* An empty one there can't be: then there is none. */
    if (text[0] != '\0' && symlink(text, path) != 0)
        stop("symlink");
}

static void put_back(enum damage_file file, const struct bytes *bytes)
{
    if (file == DAMAGE_CURRENT)
        write_link(bytes);
    else
        write_file(file, bytes);
}

/* ---- one change ---- */

/* The file at work: what it shall hold, in memory. */
struct work {
    enum damage_file file;
    struct bytes now;
    const struct bytes *whole;
    uint64_t *random;
    struct damage *damage;
};

static size_t below(struct work *work, size_t limit)
{
    return limit == 0 ? 0 : (size_t)(damage_random(work->random) % limit);
}

static bool is_gdbm(const struct work *work)
{
    return work->file == DAMAGE_PRIVATE || work->file == DAMAGE_PUBLIC;
}

static void __attribute__((format(printf, 2, 3)))
tell(struct work *work, const char *format, ...)
{
    struct damage *damage = work->damage;
    size_t len = strlen(damage->words);
    va_list args;

    va_start(args, format);
    vsnprintf(damage->words + len, sizeof damage->words - len, format, args);
    va_end(args);
}

static void put(struct work *work, size_t at, const void *bytes, size_t len)
{
    if (at >= work->now.size)
        return;
    if (len > work->now.size - at)
        len = work->now.size - at;
    memmove(work->now.data + at, bytes, len);
}

/* From an undamaged file to a place in this one. */
static void copy(struct work *work, const struct bytes *from, size_t source,
                 size_t at, size_t len)
{
    if (source >= from->size)
        return;
    if (len > from->size - source)
        len = from->size - source;
    put(work, at, from->data + source, len);
}

static size_t block_size(struct work *work)
{
    static const size_t sizes[] = {512, 4096, 8192};

    return sizes[below(work, 3)];
}

static bool has_bytes(const struct bytes *bytes, size_t at, size_t size)
{
    for (size_t i = at; i < at + size && i < bytes->size; i++)
        if (bytes->data[i] != 0)
            return true;
    return false;
}

/* Not one of the holes, of which "usage" mostly consists. */
static size_t some_block(struct work *work, size_t size)
{
    size_t at;

    do
        at = below(work, (work->whole->size + size - 1) / size) * size;
    while (work->whole->size > 0 && !has_bytes(work->whole, at, size));
    return at;
}

static void flip_bits(struct work *work)
{
    size_t count = 1 + below(work, 8);

    for (size_t i = 0; i < count && work->now.size > 0; i++) {
        size_t at = below(work, work->now.size);

        work->now.data[at] ^= (uint8_t)(1u << below(work, 8));
        tell(work, " flip@%zu", at);
    }
}

static void some_bytes(struct work *work)
{
    size_t at = below(work, work->now.size), count = 1 + below(work, 64);

    for (size_t i = 0; i < count; i++) {
        uint8_t byte = (uint8_t)damage_random(work->random);

        put(work, at + i, &byte, 1);
    }
    tell(work, " bytes@%zu+%zu", at, count);
}

static void cut(struct work *work)
{
    size_t size = below(work, work->now.size);

    if (below(work, 2) == 0)
        size -= size % block_size(work);
    work->now.size = size;
    tell(work, " cut@%zu", size);
}

static void lengthen(struct work *work)
{
    size_t more = 1 + below(work, ROOM);

    if (work->now.size != work->whole->size)
        return; /* no more than there is room for */
    memset(work->now.data + work->now.size, 0, more);
    work->now.size += more;
    tell(work, " longer+%zu", more);
}

static void zero_block(struct work *work)
{
    static const uint8_t zeros[8192];
    size_t size = block_size(work), at = some_block(work, size);

    put(work, at, zeros, size);
    tell(work, " zeros@%zu+%zu", at, size);
}

static void swap_blocks(struct work *work)
{
    size_t size = block_size(work);
    size_t a = some_block(work, size), b = some_block(work, size);

    copy(work, work->whole, a, b, size);
    copy(work, work->whole, b, a, size);
    tell(work, " swap@%zu,%zu+%zu", a, b, size);
}

static void copy_block(struct work *work)
{
    size_t size = block_size(work);
    size_t a = some_block(work, size), b = some_block(work, size);

    copy(work, work->whole, a, b, size);
    tell(work, " copy@%zu>%zu+%zu", a, b, size);
}

/* A number that hurts: small, negative, or one with a single bit. */
static uint64_t number_for(struct work *work)
{
    switch (below(work, 4)) {
    case 0:
        return UINT64_C(1) << below(work, 64);
    case 1:
        return below(work, 512);
    case 2:
        return UINT64_MAX - below(work, 64);
    default:
        return below(work, work->now.size + 8192) & ~UINT64_C(7);
    }
}

/* In the header or the directory: what leads to everything else. */
static void hurt_head(struct work *work)
{
    size_t directory = (size_t)number_at(work->whole, 8, 8);
    size_t size = (size_t)number_at(work->whole, 16, 4);
    size_t at =
        below(work, 2) == 0 ? below(work, 136) : directory + below(work, size);
    size_t len = below(work, 2) == 0 ? 4 : 8;
    uint64_t number = number_for(work);

    at -= at % len;
    put(work, at, &number, len);
    tell(work, " number@%zu", at);
}

static size_t some_element(struct work *work)
{
    size_t count = below(work, 2) == 0 ? elements[work->file].asked
                                       : elements[work->file].count;

    return elements[work->file].at[below(work, count)];
}

/* Some field of an element of a bucket. */
static void hurt_element(struct work *work)
{
    static const struct {
        size_t at, len;
    } fields[] = {{0, 4}, {4, 4}, {8, 8}, {16, 4}, {20, 4}};
    size_t at = some_element(work), field = below(work, 5);
    uint64_t number = number_for(work);

    put(work, at + fields[field].at, &number, fields[field].len);
    tell(work, " element@%zu.%zu", at, field);
}

/* A few bits of a record. */
static void flip_value(struct work *work)
{
    size_t element = some_element(work), count = 1 + below(work, 3);
    size_t from = number_at(work->whole, element + 8, 8);
    size_t size = number_at(work->whole, element + 16, 4) +
                  number_at(work->whole, element + 20, 4);

    for (size_t i = 0; i < count; i++) {
        size_t at = from + below(work, size);

        if (at < work->now.size)
            work->now.data[at] ^= (uint8_t)(1u << below(work, 8));
        tell(work, " flip@%zu", at);
    }
}

/* The record of one key to be that of another. */
static void move_record(struct work *work)
{
    size_t a = some_element(work), b = some_element(work);
    size_t from = below(work, 3) * 8, len = ELEMENT - from;

    if (below(work, 2) == 0)
        copy(work, work->whole, a + from, b + from, len);
    copy(work, work->whole, b + from, a + from, len);
    tell(work, " moved@%zu,%zu.%zu", a, b, from);
}

/* The value of one record written where another one's is; or with its key. */
static void copy_value(struct work *work)
{
    size_t a = some_element(work), b = some_element(work);
    size_t from = number_at(work->whole, a + 8, 8);
    size_t to = number_at(work->whole, b + 8, 8);
    size_t from_key = number_at(work->whole, a + 16, 4);
    size_t to_key = number_at(work->whole, b + 16, 4);
    size_t size = number_at(work->whole, a + 20, 4);

    if (below(work, 2) == 0)
        copy(work, work->whole, from, to, from_key + size);
    else
        copy(work, work->whole, from + from_key, to + to_key, size);
    tell(work, " value@%zu>%zu", from, to);
}

static const struct bytes *older(struct work *work)
{
    return &kept[below(work, kept_count)].file[work->file];
}

/* A write that never came to the disk, which said that it had. */
static void older_blocks(struct work *work)
{
    const struct bytes *from = older(work);
    size_t count = 1 + below(work, 3), size = block_size(work);

    for (size_t i = 0; i < count; i++) {
        size_t at = some_block(work, size);

        copy(work, from, at, at, size);
        tell(work, " older@%zu+%zu", at, size);
    }
    work->damage->older |= 1u << work->file;
}

static void older_file(struct work *work)
{
    const struct bytes *from = older(work);

    work->now.size = from->size < work->whole->size + ROOM
                         ? from->size
                         : work->whole->size + ROOM;
    memcpy(work->now.data, from->data, work->now.size);
    work->damage->older |= 1u << work->file;
    tell(work, " older file");
}

typedef void change_fn(struct work *work);

static void change_gdbm(struct work *work)
{
    static change_fn *const changes[] = {
        flip_bits,   flip_value, flip_value, flip_value,   some_bytes,
        cut,         lengthen,   zero_block, zero_block,   swap_blocks,
        copy_block,  hurt_head,  hurt_head,  hurt_element, move_record,
        move_record, copy_value, copy_value, older_blocks, older_blocks,
        older_file};

    changes[below(work, sizeof changes / sizeof changes[0])](work);
}

static void change_plain(struct work *work)
{
    static change_fn *const changes[] = {flip_bits,  some_bytes,   cut,
                                         lengthen,   zero_block,   swap_blocks,
                                         copy_block, older_blocks, older_file};

    changes[below(work, sizeof changes / sizeof changes[0])](work);
}

static void change_link(struct work *work)
{
    static change_fn *const changes[] = {flip_bits, some_bytes, cut,
                                         older_file};

    changes[below(work, sizeof changes / sizeof changes[0])](work);
}

/* ---- the damage of a round ---- */

/*
 * "usage" has each slot twice, in areas that take turns. What is older in only
 * one of two such areas can't be taken for what is true.
 */
static bool has_a_true_copy(const struct work *work)
{
    const size_t area = SVCT_USAGE_GROUP * SVCT_USAGE_SLOT;
    bool changed[SVCT_USAGE_COPIES] = {false, false};

    if (work->now.size != work->whole->size)
        return false;
    for (size_t at = 0; at < work->now.size; at++)
        if (work->now.data[at] != work->whole->data[at])
            changed[at / area % SVCT_USAGE_COPIES] = true;
    return !changed[0] || !changed[1];
}

/* A flipped digit names another generation as well. */
static bool names_another(const struct bytes *link)
{
    const struct bytes *undamaged = &whole.file[DAMAGE_CURRENT];
    char path[200];

    if (link->size == undamaged->size &&
        memcmp(link->data, undamaged->data, link->size) == 0)
        return false;
    snprintf(path, sizeof path, "%s/%.*s/private.gdbm", folder, (int)link->size,
             (const char *)link->data);
    return access(path, F_OK) == 0;
}

static void damage_one(enum damage_file file, uint64_t *random,
                       struct damage *damage)
{
    static const char *const names[DAMAGE_FILES] = {
        "private", "public", "names", "usage", "roll", "current"};
    struct work work = {.file = file,
                        .whole = &whole.file[file],
                        .random = random,
                        .damage = damage};
    size_t count = 1 + below(&work, 3);

    work.now.size = work.whole->size;
    work.now.data = malloc(work.now.size + ROOM);
    if (work.now.data == NULL)
        stop("memory");
    memcpy(work.now.data, work.whole->data, work.now.size);
    tell(&work, " %s:", names[file]);
    for (size_t i = 0; i < count; i++)
        if (file == DAMAGE_CURRENT)
            change_link(&work);
        else if (is_gdbm(&work))
            change_gdbm(&work);
        else
            change_plain(&work);
    put_back(file, &work.now);
    if (file == DAMAGE_USAGE && has_a_true_copy(&work))
        damage->older &= ~(1u << file);
    if (file == DAMAGE_CURRENT)
        damage->older_link = names_another(&work.now);
    free(work.now.data);
    damage->files |= 1u << file;
}

void damage_files_do(uint64_t *random, struct damage *ret_damage)
{
    static const enum damage_file often[] = {
        DAMAGE_PRIVATE, DAMAGE_PRIVATE, DAMAGE_PRIVATE, DAMAGE_PRIVATE,
        DAMAGE_PUBLIC,  DAMAGE_PUBLIC,  DAMAGE_PUBLIC,  DAMAGE_NAMES,
        DAMAGE_USAGE,   DAMAGE_ROLL,    DAMAGE_ROLL,    DAMAGE_CURRENT};
    const size_t files_often = sizeof often / sizeof often[0];
    unsigned files = 1u << often[damage_random(random) % files_often];

    *ret_damage = (struct damage){.files = 0};
    if (damage_random(random) % 4 == 0) /* and another one, or the same */
        files |= 1u << often[damage_random(random) % files_often];
    /* The link last: the others are written through it. */
    for (int i = 0; i < DAMAGE_FILES; i++)
        if ((files & 1u << i) != 0)
            damage_one((enum damage_file)i, random, ret_damage);
    note_as_left();
}

static bool is_as_left(enum damage_file file)
{
    const struct stat *left = &as_left[file];
    struct stat st;

    if (fstat(fds[file], &st) != 0)
        stop("fstat");
    return st.st_size == left->st_size &&
           (file == DAMAGE_USAGE || /* which logins write */
            (st.st_mtim.tv_sec == left->st_mtim.tv_sec &&
             st.st_mtim.tv_nsec == left->st_mtim.tv_nsec));
}

const char *damage_files_touched(void)
{
    static const char *const names[DAMAGE_CURRENT] = {
        "private.gdbm", "public.gdbm", "names", "usage", "private.roll"};

    for (int i = 0; i < DAMAGE_CURRENT; i++)
        if (!is_as_left((enum damage_file)i))
            return names[i];
    return privdir_entries(folder) == entries ? NULL : "the folder";
}

void damage_files_mend(unsigned files)
{
    for (int i = 0; i < DAMAGE_FILES; i++)
        if (((files | 1u << DAMAGE_USAGE) & 1u << i) != 0)
            put_back((enum damage_file)i, &whole.file[i]);
}
