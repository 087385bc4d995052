/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "base/gdbmfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/safefile.h"

/* ---- what is in the file, in the machine's own byte order ---- */

struct head {
    int32_t magic;
    int32_t block_size;
    int64_t directory;
    int32_t directory_size;
    int32_t directory_bits;
    int32_t bucket_size;
    int32_t bucket_elements;
    int64_t next_block;
};

/* Of a bucket; the key begins with "start", and stands with the value behind
 * it at "data". */
struct element {
    int32_t hash; /* 31 bits; -1: there is none here */
    char start[4];
    int64_t data;
    int32_t key_size;
    int32_t value_size;
};

_Static_assert(sizeof(struct head) == 40, "gdbm has it without padding");
_Static_assert(sizeof(struct element) == 24, "gdbm has it without padding");

static const int32_t magics[] = {0x13579acf, 0x13579ad1};

#define DIRECTORY_BITS_MIN 3
#define DIRECTORY_BITS_MAX 22
#define HASH_BITS 31
#define BUCKET_BITS 104 /* where they are in a bucket, */
#define BUCKET_HEAD 112 /* and its elements */
#define ELEMENTS ((SVCT_BLOCK_SIZE - 136) / 24 + 1)

/* How much of a bucket is read at once: a key is mostly within a few elements
 * of where its hash leads. */
#define WINDOW 32

/* A read of a block takes hardly longer than one of a window. So where the next
 * question is likely to lead to the same one it is read whole: a directory that
 * is no larger, which is that of 100 000 records, and buckets of a file that
 * has but two or three. In a large one each key has a bucket of its own, of
 * which the processor would have to get all. */
#define OFFSETS (SVCT_BLOCK_SIZE / 8)
#define FEW_BUCKETS (8 * SVCT_BLOCK_SIZE) /* bytes of a file */

/* How much a walk reads at once of keys and values that follow each other. */
#define AHEAD (2 * SVCT_BLOCK_SIZE)

/* Of a walk. It takes the keys of a bucket in the order in which they lie in
 * the file: what was written together is read together. */
struct walk {
    int64_t bucket; /* 0: none */
    unsigned count;
    struct stop {
        struct element element;
        bool lost; /* a lookup may not come to it */
    } stops[ELEMENTS];
    bool damaged; /* there is one that can't be */
    int64_t ahead_at;
    size_t ahead_len;
    uint8_t ahead[AHEAD];
    /* What was the last answer, and where it is. */
    struct svct_key key;
    uint32_t index;
    struct stop last;
};

struct svct_gdbmfile {
    int fd; /* -1: suspended */
    int64_t size;
    int64_t directory;
    unsigned bits;

    /* What was read last of the directory, */
    uint32_t offsets_first, offsets_count;
    int64_t offsets[OFFSETS];
    /* of a bucket (0: none), */
    int64_t bucket;
    unsigned elements_first, elements_count;
    struct element elements[ELEMENTS];
    /* of keys and values (0: none), */
    int64_t entry_at;
    size_t entry_size;
    uint8_t entry[SVCT_KEY_MAX + SVCT_RECORD_MAX];

    struct walk *walk; /* NULL until one begins */
};

/* ---- opening ---- */

static bool head_is_sane(const struct head *head, int64_t size)
{
    return (head->magic == magics[0] || head->magic == magics[1]) &&
           head->block_size == SVCT_BLOCK_SIZE &&
           head->bucket_size == SVCT_BLOCK_SIZE &&
           head->bucket_elements == ELEMENTS &&
           head->directory_bits >= DIRECTORY_BITS_MIN &&
           head->directory_bits <= DIRECTORY_BITS_MAX &&
           head->directory_size == 8 << head->directory_bits &&
           head->directory >= SVCT_BLOCK_SIZE &&
           head->directory <= size - head->directory_size &&
           head->next_block == size;
}

static int read_head(int fd, int64_t size, struct head *ret_head,
                     struct svct_fault *fault)
{
    struct head head;

    if (size > SVCT_FILE_SIZE_MAX)
        return svct_fault_set(fault, SVCT_E_TOOBIG, 0,
                              "the database file is larger than %lld bytes",
                              (long long)SVCT_FILE_SIZE_MAX);
    if (size < (int64_t)sizeof head)
        return svct_fault_set(fault, SVCT_E_DAMAGED, 0,
                              "the database file is cut short");
    if (!svct_safefile_pread(fd, &head, sizeof head, 0))
        return svct_fault_errno(fault, errno, "can't read the database file");
    if (!head_is_sane(&head, size))
        return svct_fault_set(fault, SVCT_E_DAMAGED, 0,
                              "the header of the database file is damaged");
    *ret_head = head;
    return 0;
}

int svct_gdbmfile_check(int fd, int64_t size, struct svct_fault *fault)
{
    struct head head;

    return read_head(fd, size, &head, fault);
}

int svct_gdbmfile_open(int fd, int64_t size, struct svct_gdbmfile **ret_file,
                       struct svct_fault *fault)
{
    struct svct_gdbmfile *file = malloc(sizeof *file);
    struct head head;
    int r;

    r = file == NULL
            ? svct_fault_set(fault, SVCT_E_NOMEM, ENOMEM, "out of memory")
            : read_head(fd, size, &head, fault);
    if (r != 0) {
        free(file);
        close(fd);
        return r;
    }
    file->fd = fd;
    file->size = size;
    file->directory = head.directory;
    file->bits = (unsigned)head.directory_bits;
    file->offsets_first = file->offsets_count = 0;
    file->bucket = file->entry_at = 0;
    file->elements_first = file->elements_count = 0;
    file->walk = NULL;
    *ret_file = file;
    return 0;
}

void svct_gdbmfile_free(struct svct_gdbmfile *file)
{
    if (file == NULL)
        return;
    svct_gdbmfile_suspend(file);
    free(file->walk);
    free(file);
}

void svct_gdbmfile_suspend(struct svct_gdbmfile *file)
{
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}

void svct_gdbmfile_resume(struct svct_gdbmfile *file, int fd)
{
    file->fd = fd;
}

static int read_at(const struct svct_gdbmfile *file, void *bytes, size_t len,
                   int64_t offset)
{
    if (svct_safefile_pread(file->fd, bytes, len, offset))
        return 0;
    return errno == 0 ? SVCT_E_DAMAGED : SVCT_E_IO;
}

/* ---- directory and buckets ---- */

static uint32_t directory_entries(const struct svct_gdbmfile *file)
{
    return UINT32_C(1) << file->bits;
}

/* Reads the part of the directory in which an entry is. */
static int read_offsets(struct svct_gdbmfile *file, uint32_t index)
{
    uint32_t all = directory_entries(file);
    uint32_t first = all <= OFFSETS ? 0 : index;
    uint32_t count = all <= OFFSETS ? all : WINDOW;
    int r;

    if (count > all - first)
        count = all - first;
    file->offsets_count = 0;
    r = read_at(file, file->offsets, count * sizeof file->offsets[0],
                file->directory + (int64_t)first * 8);
    if (r != 0)
        return r;
    file->offsets_first = first;
    file->offsets_count = count;
    return 0;
}

/* The offset of the bucket that an entry of the directory names. */
static int get_bucket(struct svct_gdbmfile *file, uint32_t index,
                      int64_t *ret_bucket)
{
    int64_t bucket;
    int r = 0;

    if (index - file->offsets_first >= file->offsets_count)
        r = read_offsets(file, index);
    if (r != 0)
        return r;
    bucket = file->offsets[index - file->offsets_first];
    if (bucket < SVCT_BLOCK_SIZE || bucket > file->size - SVCT_BLOCK_SIZE)
        return SVCT_E_DAMAGED;
    *ret_bucket = bucket;
    return 0;
}

static bool element_is_sane(const struct svct_gdbmfile *file,
                            const struct element *element)
{
    if (element->hash == -1)
        return true;
    return element->hash >= 0 && element->key_size > 0 &&
           element->key_size <= SVCT_KEY_MAX && element->value_size >= 0 &&
           element->value_size <= SVCT_RECORD_MAX &&
           element->data >= SVCT_BLOCK_SIZE &&
           element->data <=
               file->size - element->key_size - element->value_size;
}

/* The first of a window's elements that has this one, mostly it. */
static unsigned window_of(unsigned number)
{
    return number < ELEMENTS - WINDOW ? number : ELEMENTS - WINDOW;
}

/* Reads the part of a bucket in which an element is. */
static int read_elements(struct svct_gdbmfile *file, int64_t bucket,
                         unsigned number, bool whole)
{
    unsigned first = whole ? 0 : window_of(number);
    unsigned count = whole ? ELEMENTS : WINDOW;
    int r;

    file->bucket = 0;
    r = read_at(file, file->elements, count * sizeof file->elements[0],
                bucket + BUCKET_HEAD +
                    (int64_t)(first * sizeof file->elements[0]));
    if (r != 0)
        return r;
    file->bucket = bucket;
    file->elements_first = first;
    file->elements_count = count;
    return 0;
}

/* Element number "number" of a bucket; *ret_element lasts until the next. */
static int get_element(struct svct_gdbmfile *file, int64_t bucket,
                       unsigned number, const struct element **ret_element)
{
    const struct element *element;
    int r = 0;

    if (bucket != file->bucket ||
        number - file->elements_first >= file->elements_count)
        r = read_elements(file, bucket, number, file->size <= FEW_BUCKETS);
    if (r != 0)
        return r;
    element = &file->elements[number - file->elements_first];
    if (!element_is_sane(file, element))
        return SVCT_E_DAMAGED;
    *ret_element = element;
    return 0;
}

/* ---- a key ---- */

/* char is what it is on this machine in gdbm as well. */
uint32_t svct_gdbmfile_hash(const struct svct_key *key)
{
    uint32_t value = UINT32_C(0x238f13af) * (uint32_t)key->len;

    for (size_t i = 0; i < key->len; i++) {
        uint32_t byte = (uint32_t)(char)key->data[i];

        value = (value + (byte << (i * 5 % 24))) & UINT32_C(0x7fffffff);
    }
    return (UINT32_C(1103515243) * value + 12345) & UINT32_C(0x7fffffff);
}

static uint32_t index_of(const struct svct_gdbmfile *file, uint32_t hash)
{
    return hash >> (HASH_BITS - file->bits);
}

/* Does the hash of an element lead to the bucket that it is in? */
static int check_home(struct svct_gdbmfile *file, int64_t bucket, uint32_t hash)
{
    int64_t home;
    int r = get_bucket(file, index_of(file, hash), &home);

    return r == 0 && home != bucket ? SVCT_E_DAMAGED : r;
}

/* A key is not in this bucket, if it is the right one: the keys of a bucket
 * have as many first bits of their hashes in common as it says, so another one
 * in the window where it would be must have those of this key, too. Nothing
 * may be there. */
static int check_absence(struct svct_gdbmfile *file, int64_t bucket,
                         uint32_t hash)
{
    unsigned first =
        file->elements_count > WINDOW ? window_of(hash % ELEMENTS) : 0;
    int32_t bits = 0;
    int r = read_at(file, &bits, sizeof bits, bucket + BUCKET_BITS);

    if (r == 0 && (bits < 0 || bits > (int32_t)file->bits))
        r = SVCT_E_DAMAGED;
    for (unsigned i = 0; r == 0 && i < WINDOW; i++) {
        const struct element *element = &file->elements[first + i];

        if (element->hash == -1)
            continue;
        if (!element_is_sane(file, element) ||
            ((uint32_t)element->hash ^ hash) >> (HASH_BITS - bits) != 0)
            return SVCT_E_DAMAGED;
    }
    return r;
}

static size_t size_of(const struct element *element)
{
    return (size_t)element->key_size + (size_t)element->value_size;
}

/* Reads key and value of an element. */
static int read_entry(struct svct_gdbmfile *file, const struct element *element)
{
    size_t size = size_of(element);
    int r;

    if (file->entry_at == element->data && file->entry_size == size)
        return 0;
    file->entry_at = 0;
    r = read_at(file, file->entry, size, element->data);
    if (r != 0)
        return r;
    file->entry_at = element->data;
    file->entry_size = size;
    return 0;
}

/* 1: an element is of that key, 0: of another. */
static int is_of(struct svct_gdbmfile *file, const struct element *element,
                 const struct svct_key *key)
{
    int r = read_entry(file, element);

    return r != 0 ? r : memcmp(file->entry, key->data, key->len) == 0;
}

static bool may_be(const struct element *element, uint32_t hash,
                   const struct svct_key *key)
{
    size_t start =
        key->len < sizeof element->start ? key->len : sizeof element->start;

    return (uint32_t)element->hash == hash &&
           (size_t)element->key_size == key->len &&
           memcmp(element->start, key->data, start) == 0;
}

struct found {
    uint32_t index; /* in the directory */
    int64_t data;
    size_t value_size; /* it is in file->entry, behind the key */
};

/* Behind the first free element there is none that leads here. */
static int find(struct svct_gdbmfile *file, const struct svct_key *key,
                struct found *ret_found)
{
    uint32_t hash = svct_gdbmfile_hash(key), index = index_of(file, hash);
    const struct element *element;
    int64_t bucket;
    int r = get_bucket(file, index, &bucket);

    for (unsigned i = 0; r == 0 && i < ELEMENTS; i++) {
        unsigned number = (hash % ELEMENTS + i) % ELEMENTS;

        r = get_element(file, bucket, number, &element);
        if (r != 0 || element->hash == -1)
            break;
        if (may_be(element, hash, key))
            r = is_of(file, element, key);
        if (r == 1) {
            *ret_found = (struct found){index, element->data,
                                        (size_t)element->value_size};
            return 0;
        }
    }
    if (r == 0)
        r = check_absence(file, bucket, hash);
    return r == 0 ? SVCT_E_NOTFOUND : r;
}

/* A walk that has found a key is then asked for its value. Of which element
 * the entry is tell its place and its size: damage can lead two to one place. */
static bool is_walked(const struct svct_gdbmfile *file,
                      const struct svct_key *key)
{
    const struct walk *walk = file->walk;

    return walk != NULL && svct_key_equal(key, &walk->key) &&
           !walk->last.lost && file->entry_at == walk->last.element.data &&
           file->entry_size == size_of(&walk->last.element);
}

int svct_gdbmfile_fetch(struct svct_gdbmfile *file, const struct svct_key *key,
                        uint8_t *ret_value, size_t *ret_size)
{
    struct found found;
    int r = 0;

    if (key->len == 0)
        return SVCT_E_NOTFOUND;
    if (is_walked(file, key))
        found.value_size = file->entry_size - key->len;
    else
        r = find(file, key, &found);
    if (r != 0)
        return r;
    memcpy(ret_value, file->entry + key->len, found.value_size);
    *ret_size = found.value_size;
    return 0;
}

/* ---- all of them ---- */

/* The index of the directory behind those that name the same bucket; as many
 * as there are entries: it was the last. */
static int next_bucket(struct svct_gdbmfile *file, uint32_t *index)
{
    int64_t bucket = 0, other = 0;
    int r = get_bucket(file, *index, &bucket);

    do {
        (*index)++;
        if (r == 0 && *index < directory_entries(file))
            r = get_bucket(file, *index, &other);
    } while (r == 0 && *index < directory_entries(file) && other == bucket);
    return r;
}

static int by_place(const void *a, const void *b)
{
    int64_t x = ((const struct stop *)a)->element.data;
    int64_t y = ((const struct stop *)b)->element.data;

    return x < y ? -1 : x > y;
}

/* A lookup begins where the hash says, and ends at the first element that is
 * free or can't be. One with the same hash may be of the same key. */
static bool is_lost(const struct svct_gdbmfile *file, unsigned number)
{
    const struct element *elements = file->elements;
    int32_t hash = elements[number].hash;
    unsigned i = (uint32_t)hash % ELEMENTS;

    while (i != number && elements[i].hash != -1 && elements[i].hash != hash &&
           element_is_sane(file, &elements[i]))
        i = (i + 1) % ELEMENTS;
    return i != number;
}

/* Takes the elements of a bucket that are not free, in the order of a walk. */
static void take_stops(struct svct_gdbmfile *file)
{
    const struct element *elements = file->elements;
    struct walk *walk = file->walk;

    walk->count = 0;
    walk->damaged = false;
    for (unsigned i = 0; i < ELEMENTS; i++) {
        if (!element_is_sane(file, &elements[i]))
            walk->damaged = true;
        else if (elements[i].hash != -1)
            walk->stops[walk->count++] =
                (struct stop){elements[i], is_lost(file, i)};
    }
    qsort(walk->stops, walk->count, sizeof walk->stops[0], by_place);
    /* Two at one place: the walk, which goes by places, takes the first. */
    for (unsigned i = 1; i < walk->count; i++)
        if (by_place(&walk->stops[i - 1], &walk->stops[i]) == 0)
            walk->damaged = true;
}

static int load_bucket(struct svct_gdbmfile *file, int64_t bucket)
{
    int r = 0;

    if (file->walk->bucket == bucket)
        return 0;
    file->walk->bucket = 0;
    if (bucket != file->bucket || file->elements_count != ELEMENTS)
        r = read_elements(file, bucket, 0, true);
    if (r != 0)
        return r;
    take_stops(file);
    file->walk->bucket = bucket;
    return 0;
}

/* The first of them that lies behind a place; NULL: none does. */
static const struct stop *stop_behind(const struct walk *walk, int64_t data)
{
    unsigned low = 0, high = walk->count;

    while (low < high) {
        unsigned middle = (low + high) / 2;

        if (walk->stops[middle].element.data <= data)
            low = middle + 1;
        else
            high = middle;
    }
    return low < walk->count ? &walk->stops[low] : NULL;
}

/* Reads more than one at a time where they follow each other: else they lie
 * about, and what is read besides would be for nothing. What can't be read may
 * be behind the one that is needed: then that alone. */
static int read_ahead(struct svct_gdbmfile *file, int64_t at, size_t size)
{
    struct walk *walk = file->walk;
    int64_t gap = at - (walk->ahead_at + (int64_t)walk->ahead_len);
    size_t len = gap > -AHEAD && gap < AHEAD ? AHEAD : size;
    int r;

    if ((int64_t)len > file->size - at)
        len = (size_t)(file->size - at);
    walk->ahead_len = 0;
    r = read_at(file, walk->ahead, len, at);
    if (r != 0 && len > size) {
        len = size;
        r = read_at(file, walk->ahead, len, at);
    }
    walk->ahead_at = at;
    if (r == 0)
        walk->ahead_len = len;
    return r;
}

/* As read_entry. */
static int walk_entry(struct svct_gdbmfile *file, const struct element *element)
{
    struct walk *walk = file->walk;
    size_t size = size_of(element);
    int64_t end = walk->ahead_at + (int64_t)walk->ahead_len;
    int r = 0;

    if (element->data < walk->ahead_at || element->data + (int64_t)size > end)
        r = read_ahead(file, element->data, size);
    file->entry_at = 0;
    if (r != 0)
        return r;
    memcpy(file->entry, walk->ahead + (element->data - walk->ahead_at), size);
    file->entry_at = element->data;
    file->entry_size = size;
    return 0;
}

/* The first key behind a place of those in a bucket. SVCT_E_NOTFOUND: none is
 * in this one. What else is in a damaged one comes before the damage. */
static int key_in_bucket(struct svct_gdbmfile *file, int64_t bucket,
                         int64_t data, struct svct_key *ret_key,
                         struct stop *ret_stop)
{
    const struct stop *stop;
    uint32_t hash;
    int r = load_bucket(file, bucket);

    if (r != 0)
        return r;
    stop = stop_behind(file->walk, data);
    if (stop == NULL)
        return file->walk->damaged ? SVCT_E_DAMAGED : SVCT_E_NOTFOUND;
    r = walk_entry(file, &stop->element);
    if (r != 0)
        return r;
    ret_key->len = (size_t)stop->element.key_size;
    memcpy(ret_key->data, file->entry, ret_key->len);
    hash = svct_gdbmfile_hash(ret_key);
    if (hash != (uint32_t)stop->element.hash)
        return SVCT_E_DAMAGED;
    *ret_stop = *stop;
    if (!may_be(&stop->element, hash, ret_key))
        ret_stop->lost = true; /* by how it says that the key starts */
    return check_home(file, bucket, hash);
}

/* Where to go on behind a key: mostly that which was the last answer. */
static int place_behind(struct svct_gdbmfile *file, const struct svct_key *from,
                        uint32_t *ret_index, int64_t *ret_data)
{
    struct found found = {.index = file->walk->index,
                          .data = file->walk->last.element.data};
    int r = 0;

    if (!svct_key_equal(from, &file->walk->key))
        r = find(file, from, &found);
    *ret_index = found.index;
    *ret_data = found.data;
    return r == SVCT_E_NOTFOUND ? SVCT_E_DAMAGED : r;
}

static int begin_walk(struct svct_gdbmfile *file)
{
    if (file->walk == NULL)
        file->walk = calloc(1, sizeof *file->walk);
    return file->walk != NULL ? 0 : SVCT_E_NOMEM;
}

int svct_gdbmfile_behind(struct svct_gdbmfile *file,
                         const struct svct_key *from, struct svct_key *ret_key)
{
    struct svct_key key = {.len = 0};
    struct stop stop;
    uint32_t index = 0;
    int64_t data = 0, bucket = 0;
    int r = begin_walk(file);

    if (r == 0 && from->len != 0)
        r = place_behind(file, from, &index, &data);
    while (r == 0 && index < directory_entries(file)) {
        r = get_bucket(file, index, &bucket);
        if (r == 0)
            r = key_in_bucket(file, bucket, data, &key, &stop);
        if (r == 0) {
            file->walk->key = *ret_key = key;
            file->walk->index = index;
            file->walk->last = stop;
            return 0;
        }
        if (r == SVCT_E_NOTFOUND)
            r = next_bucket(file, &index);
        data = 0;
    }
    return r != 0 ? r : SVCT_E_NOTFOUND;
}

static int count_bucket(struct svct_gdbmfile *file, int64_t bucket,
                        uint64_t *count)
{
    const struct element *element;
    int r = 0;

    for (unsigned i = 0; r == 0 && i < ELEMENTS; i++) {
        r = get_element(file, bucket, i, &element);
        if (r == 0)
            *count += element->hash != -1;
    }
    return r;
}

int svct_gdbmfile_count(struct svct_gdbmfile *file, uint64_t *ret_count)
{
    uint64_t count = 0;
    uint32_t index = 0;
    int64_t bucket;
    int r = 0;

    while (r == 0 && index < directory_entries(file)) {
        r = get_bucket(file, index, &bucket);
        if (r == 0)
            r = count_bucket(file, bucket, &count);
        if (r == 0)
            r = next_bucket(file, &index);
    }
    if (r == 0)
        *ret_count = count;
    return r;
}
