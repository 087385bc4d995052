/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "base/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <gdbm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/safefile.h"

/* How often "current" is read again when its generation has been pruned
 * between reading the link and opening the folder. */
#define REOPEN_TRIES 8

struct svct_snapshot {
    GDBM_FILE file;
    bool owned;                   /* close it when freed */
    const struct svct_meta *meta; /* own_meta, or the transaction's */
    struct svct_meta own_meta;
};

const char *svct_part_file(enum svct_part part)
{
    return part == SVCT_PART_PUBLIC ? "public.gdbm" : "private.gdbm";
}

/* ---- the meta record ---- */

enum meta_tag {
    META_SEQUENCE = 1,
    META_COMMITTED = 2,
    META_RECORDS = 3,
    META_DIGEST = 4
};

int svct_meta_decode(struct svct_record *record, struct svct_meta *ret_meta)
{
    uint64_t value[META_DIGEST + 1] = {0};
    struct svct_field field;
    unsigned seen = 0;

    while (svct_record_next(record, &field)) {
        if (field.tag >= META_SEQUENCE && field.tag <= META_DIGEST) {
            if (svct_field_u64(&field, &value[field.tag]) != 0)
                return SVCT_E_DAMAGED;
            seen++;
        } else if (field.critical) {
            return SVCT_E_VERSION;
        }
    }
    if (seen != META_DIGEST || value[META_SEQUENCE] == 0 ||
        value[META_SEQUENCE] > SVCT_SEQUENCE_MAX ||
        value[META_COMMITTED] > INT64_MAX)
        return SVCT_E_DAMAGED;
    ret_meta->sequence = value[META_SEQUENCE];
    ret_meta->committed = (int64_t)value[META_COMMITTED];
    ret_meta->records = value[META_RECORDS];
    ret_meta->digest = value[META_DIGEST];
    return 0;
}

void svct_meta_encode(const struct svct_meta *meta,
                      struct svct_record_writer *writer)
{
    svct_record_begin(writer, SVCT_KIND_META);
    svct_record_put_u64(writer, META_SEQUENCE | SVCT_TAG_CRITICAL,
                        meta->sequence);
    svct_record_put_u64(writer, META_COMMITTED | SVCT_TAG_CRITICAL,
                        (uint64_t)meta->committed);
    svct_record_put_u64(writer, META_RECORDS | SVCT_TAG_CRITICAL,
                        meta->records);
    svct_record_put_u64(writer, META_DIGEST | SVCT_TAG_CRITICAL, meta->digest);
}

/* ---- the header guard ---- */

/* The head of a gdbm file of a 64-bit machine, in its own byte order, as
 * gdbm 1.23 writes it (its gdbmdefs.h; documented in "Database format"). */
struct gdbm_head {
    int32_t magic;
    int32_t block_size;
    int64_t directory;
    int32_t directory_size;
    int32_t directory_bits;
    int32_t bucket_size;
    int32_t bucket_elements;
    int64_t next_block;
};

static const int32_t magics[] = {0x13579acf, 0x13579ad1};

#define DIRECTORY_BITS_MIN 3
#define DIRECTORY_BITS_MAX 22
#define BUCKET_ELEMENTS ((SVCT_BLOCK_SIZE - 136) / 24 + 1)

static bool head_is_sane(const struct gdbm_head *head, int64_t size)
{
    return (head->magic == magics[0] || head->magic == magics[1]) &&
           head->block_size == SVCT_BLOCK_SIZE &&
           head->bucket_size == SVCT_BLOCK_SIZE &&
           head->bucket_elements == BUCKET_ELEMENTS &&
           head->directory_bits >= DIRECTORY_BITS_MIN &&
           head->directory_bits <= DIRECTORY_BITS_MAX &&
           head->directory_size == 8 << head->directory_bits &&
           head->directory >= SVCT_BLOCK_SIZE &&
           head->directory <= size - head->directory_size &&
           head->next_block == size;
}

int svct_snapshot_check_header(int fd, int64_t size, struct svct_fault *fault)
{
    struct gdbm_head head;

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
    return 0;
}

/* ---- opening ---- */

/* path: from dir_fd on, a file in a folder that was looked at. */
static int open_gdbm(int dir_fd, const char *path, enum svct_part part,
                     GDBM_FILE *ret_file, struct svct_fault *fault)
{
    const char *name = svct_part_file(part);
    enum svct_safefile_secrecy secrecy = part == SVCT_PART_PRIVATE
                                             ? SVCT_SAFEFILE_PRIVATE
                                             : SVCT_SAFEFILE_PUBLIC;
    GDBM_FILE file;
    struct stat st;
    int fd, r;

    r = svct_safefile_open(dir_fd, path, O_RDONLY, secrecy, &fd, &st, fault);
    if (r != 0)
        return r;
    r = svct_snapshot_check_header(fd, st.st_size, fault);
    if (r != 0) {
        close(fd);
        return r;
    }
    /* No fatal function: gdbm would call exit() after it. CLOERROR: the
     * descriptor is closed on failure, too. */
    file = gdbm_fd_open(fd, name, 0,
                        GDBM_READER | GDBM_NOLOCK | GDBM_NOMMAP | GDBM_CLOERROR,
                        NULL);
    if (file == NULL)
        return svct_fault_set(
            fault,
            gdbm_errno == GDBM_MALLOC_ERROR ? SVCT_E_NOMEM : SVCT_E_DAMAGED, 0,
            "gdbm can't open %s: %s", name, gdbm_strerror(gdbm_errno));
    if (gdbm_needs_recovery(file)) {
        gdbm_close(file);
        return svct_fault_set(fault, SVCT_E_DAMAGED, 0, "gdbm finds %s damaged",
                              name);
    }
    *ret_file = file;
    return 0;
}

static int fetch_meta(struct svct_snapshot *snapshot, struct svct_fault *fault)
{
    struct svct_key key = svct_key_single(SVCT_KIND_META);
    struct svct_value *value = malloc(sizeof *value); /* stacks are small */
    int r;

    if (value == NULL)
        return svct_fault_set(fault, SVCT_E_NOMEM, ENOMEM, "out of memory");
    r = svct_snapshot_fetch(snapshot, &key, SVCT_KIND_META, value);
    if (r == 0)
        r = svct_meta_decode(&value->record, &snapshot->own_meta);
    free(value);
    if (r == SVCT_E_NOTFOUND)
        r = SVCT_E_DAMAGED;
    if (r == SVCT_E_VERSION)
        svct_fault_set(fault, r, 0,
                       "the database was written by a newer svctoken: "
                       "upgrade this one");
    else if (r != 0)
        svct_fault_set(fault, r, 0, "the meta record of the database: %s",
                       svct_err_text(r));
    return r;
}

static int open_part(int dir_fd, const char *path, enum svct_part part,
                     struct svct_snapshot **ret_snapshot,
                     struct svct_fault *fault)
{
    struct svct_snapshot *snapshot = calloc(1, sizeof *snapshot);
    int r;

    if (snapshot == NULL)
        return svct_fault_set(fault, SVCT_E_NOMEM, ENOMEM, "out of memory");
    snapshot->meta = &snapshot->own_meta;
    r = open_gdbm(dir_fd, path, part, &snapshot->file, fault);
    if (r == 0) {
        snapshot->owned = true;
        r = fetch_meta(snapshot, fault);
    }
    if (r != 0) {
        svct_snapshot_free(snapshot);
        return r;
    }
    *ret_snapshot = snapshot;
    return 0;
}

int svct_snapshot_open_generation(int generation_fd, enum svct_part part,
                                  struct svct_snapshot **ret_snapshot,
                                  struct svct_fault *fault)
{
    return open_part(generation_fd, svct_part_file(part), part, ret_snapshot,
                     fault);
}

int svct_snapshot_current(int dir_fd, char *ret_name, uint64_t *ret_sequence,
                          struct svct_fault *fault)
{
    char target[SVCT_GENERATION_LEN + 2];
    char again[SVCT_GENERATION_LEN + 8];
    unsigned long long sequence = 0;
    ssize_t len;

    len = readlinkat(dir_fd, SVCT_CURRENT, target, sizeof target - 1);
    if (len < 0 && errno == ENOENT)
        return svct_fault_set(
            fault, SVCT_E_NODB, ENOENT,
            "there is no database here, or its link " SVCT_CURRENT
            " is lost: \"svctoken init\" "
            "makes one, or says how to bring it back");
    if (len < 0 && errno != EINVAL)
        return svct_fault_errno(fault, errno, "can't read the link %s",
                                SVCT_CURRENT);
    target[len > 0 ? len : 0] = '\0';
    if (len == SVCT_GENERATION_LEN)
        for (const char *p = target + 4; *p >= '0' && *p <= '9'; p++)
            sequence = sequence * 10 + (unsigned)(*p - '0');
    snprintf(again, sizeof again, SVCT_GENERATION_FORMAT, sequence);
    if (sequence == 0 || strcmp(again, target) != 0)
        return svct_fault_set(fault, SVCT_E_DAMAGED, 0,
                              "%s is no link to a generation", SVCT_CURRENT);
    memcpy(ret_name, target, SVCT_GENERATION_LEN + 1);
    *ret_sequence = sequence;
    return 0;
}

int svct_snapshot_open(int dir_fd, enum svct_part part,
                       struct svct_snapshot **ret_snapshot,
                       struct svct_fault *fault)
{
    char name[SVCT_GENERATION_LEN + 1], path[SVCT_GENERATION_LEN + 16];
    struct svct_snapshot *snapshot;
    uint64_t sequence;
    int r;

    for (int i = 0; i < REOPEN_TRIES; i++) {
        r = svct_snapshot_current(dir_fd, name, &sequence, fault);
        if (r != 0)
            return r;
        r = svct_safefile_check_subdir(dir_fd, name, fault);
        if (r == SVCT_E_NOTFOUND)
            continue;
        if (r != 0)
            return r;
        snprintf(path, sizeof path, "%s/%s", name, svct_part_file(part));
        r = open_part(dir_fd, path, part, &snapshot, fault);
        if (r != SVCT_E_NOTFOUND)
            break;
    }
    if (r == SVCT_E_NOTFOUND) /* not pruned meanwhile: it lacks */
        return svct_fault_set(fault, SVCT_E_DAMAGED, 0,
                              "the generation %s is not there or lacks %s",
                              name, svct_part_file(part));
    if (r == 0 && snapshot->meta->sequence != sequence) {
        svct_snapshot_free(snapshot);
        return svct_fault_set(fault, SVCT_E_DAMAGED, 0,
                              "the files in %s are of another generation",
                              name);
    }
    if (r == 0)
        *ret_snapshot = snapshot;
    return r;
}

struct svct_snapshot *svct_snapshot_over(void *gdbm_file,
                                         const struct svct_meta *meta)
{
    struct svct_snapshot *snapshot = calloc(1, sizeof *snapshot);

    if (snapshot != NULL) {
        snapshot->file = gdbm_file;
        snapshot->meta = meta;
    }
    return snapshot;
}

void svct_snapshot_free(struct svct_snapshot *snapshot)
{
    if (snapshot == NULL)
        return;
    if (snapshot->owned)
        gdbm_close(snapshot->file);
    free(snapshot);
}

const struct svct_meta *svct_snapshot_meta(const struct svct_snapshot *snapshot)
{
    return snapshot->meta;
}

/* ---- reading ---- */

/* What a gdbm failure means for the reader: anything that is not about this
 * process is damage. */
static int code_of_gdbm(int error)
{
    switch (error) {
    case GDBM_ITEM_NOT_FOUND:
        return SVCT_E_NOTFOUND;
    case GDBM_MALLOC_ERROR:
        return SVCT_E_NOMEM;
    case GDBM_FILE_READ_ERROR:
    case GDBM_FILE_SEEK_ERROR:
        return errno == 0 ? SVCT_E_DAMAGED : SVCT_E_IO;
    default:
        return SVCT_E_DAMAGED;
    }
}

int svct_snapshot_fetch(const struct svct_snapshot *snapshot,
                        const struct svct_key *key, enum svct_kind kind,
                        struct svct_value *ret_value)
{
    datum found, wanted;
    size_t size;

    if (key->len == 0)
        return SVCT_E_NOTFOUND;
    wanted.dptr = (char *)key->data;
    wanted.dsize = (int)key->len;
    errno = 0;
    found = gdbm_fetch(snapshot->file, wanted);
    if (found.dptr == NULL)
        return code_of_gdbm(gdbm_errno);
    size = (size_t)found.dsize;
    if (size <= sizeof ret_value->data)
        memcpy(ret_value->data, found.dptr, size);
    free(found.dptr);
    if (size > sizeof ret_value->data)
        return SVCT_E_DAMAGED;
    return svct_record_open(key, kind, ret_value->data, size,
                            &ret_value->record);
}

/* ---- walking ---- */

static bool is_meta(const struct svct_key *key)
{
    return key->len == 1 && key->data[0] == SVCT_KIND_META;
}

/* The key behind "from", or the first one if that has no length. Whatever key
 * it is; SVCT_E_NOTFOUND behind the last. */
static int key_behind(const struct svct_snapshot *snapshot,
                      const struct svct_key *from, struct svct_key *ret_key)
{
    datum found, old = {.dptr = (char *)from->data, .dsize = (int)from->len};
    int r = 0;

    errno = 0;
    found = from->len == 0 ? gdbm_firstkey(snapshot->file)
                           : gdbm_nextkey(snapshot->file, old);
    if (found.dptr == NULL)
        return code_of_gdbm(gdbm_errno);
    if (found.dsize <= 0 || (size_t)found.dsize > sizeof ret_key->data) {
        r = SVCT_E_DAMAGED;
    } else {
        ret_key->len = (size_t)found.dsize;
        memcpy(ret_key->data, found.dptr, ret_key->len);
    }
    free(found.dptr);
    return r;
}

/* The meta record is passed over, once: damage can make the keys a circle. */
static int record_behind(const struct svct_snapshot *snapshot,
                         const struct svct_key *from, struct svct_key *ret_key)
{
    struct svct_key key, after;
    int r = key_behind(snapshot, from, &key);

    if (r == 0 && is_meta(&key)) {
        r = key_behind(snapshot, &key, &after);
        if (r == 0 && is_meta(&after))
            r = SVCT_E_DAMAGED;
        key = after;
    }
    if (r == 0)
        *ret_key = key;
    return r;
}

int svct_snapshot_next(const struct svct_snapshot *snapshot,
                       struct svct_place *place)
{
    uint64_t expected = snapshot->meta->records;
    int r = record_behind(snapshot, &place->key, &place->key);

    if (r == SVCT_E_NOTFOUND)
        return place->seen == expected ? SVCT_E_NOTFOUND : SVCT_E_DAMAGED;
    if (r != 0)
        return r;
    if (place->seen >= expected)
        return SVCT_E_DAMAGED; /* also ends a circle */
    place->seen++;
    return 0;
}

struct walk {
    const struct svct_snapshot *snapshot;
    int kind;
    svct_snapshot_visit_fn *visit;
    void *arg;
    bool stopped; /* by a visit, whose result it is */
    uint64_t records;
    uint64_t digest;
};

static int walk_one(struct walk *walk, const struct svct_key *key)
{
    struct svct_value value;
    int r;

    if (++walk->records > walk->snapshot->meta->records)
        return SVCT_E_DAMAGED; /* also ends a circle */
    r = svct_snapshot_fetch(walk->snapshot, key, (enum svct_kind)key->data[0],
                            &value);
    if (r != 0)
        return r == SVCT_E_NOTFOUND ? SVCT_E_DAMAGED : r;
    walk->digest += value.record.sum;
    if (walk->kind != 0 && key->data[0] != walk->kind)
        return 0;
    r = walk->visit(walk->arg, key, &value.record);
    walk->stopped = r != 0;
    return r;
}

static int walk_all(struct walk *walk)
{
    struct svct_key key = {.len = 0};
    int r;

    while ((r = record_behind(walk->snapshot, &key, &key)) == 0) {
        r = walk_one(walk, &key);
        if (r != 0)
            return r;
    }
    return r == SVCT_E_NOTFOUND ? 0 : r;
}

int svct_snapshot_each(const struct svct_snapshot *snapshot, int kind,
                       svct_snapshot_visit_fn *visit, void *arg,
                       struct svct_fault *fault)
{
    struct walk walk = {
        .snapshot = snapshot, .kind = kind, .visit = visit, .arg = arg};
    int r = walk_all(&walk);

    if (walk.stopped)
        return r;
    if (r != 0)
        return svct_fault_set(fault, r, 0, "a record of the database: %s",
                              svct_err_text(r));
    if (walk.records != snapshot->meta->records ||
        walk.digest != snapshot->meta->digest)
        return svct_fault_set(fault, SVCT_E_DAMAGED, 0,
                              "the records are not those that the meta "
                              "record counts (%llu there, %llu expected)",
                              (unsigned long long)walk.records,
                              (unsigned long long)snapshot->meta->records);
    return 0;
}

int svct_snapshot_count(const struct svct_snapshot *snapshot,
                        struct svct_fault *fault)
{
    uint64_t expected = snapshot->meta->records + 1; /* and the meta record */
    gdbm_count_t count;
    int r;

    errno = 0;
    if (gdbm_count(snapshot->file, &count) != 0) {
        r = code_of_gdbm(gdbm_errno);
        return svct_fault_set(fault, r, 0, "can't count the records: %s",
                              svct_err_text(r));
    }
    if (count == expected)
        return 0;
    return svct_fault_set(fault, SVCT_E_DAMAGED, 0,
                          "the database is damaged: it holds %llu records and "
                          "should hold %llu",
                          (unsigned long long)count,
                          (unsigned long long)expected);
}
