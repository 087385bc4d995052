/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "base/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/gdbmfile.h"
#include "base/parse.h"
#include "base/safefile.h"

/* How often "current" is read again when its generation has been pruned
 * between reading the link and opening the folder. */
#define REOPEN_TRIES 8

struct svct_snapshot {
    const struct svct_snapshot_source *source;
    void *file;
    bool owned;     /* a struct svct_gdbmfile, and the roll */
    struct stat st; /* of that file as it was opened */
    char name[SVCT_GENERATION_LEN + 1]; /* what "current" said; or "" */
    struct svct_roll *roll;             /* NULL: nothing is held against one */
    const struct svct_meta *meta;       /* own_meta, or the transaction's */
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

/* ---- a published file ---- */

static int fetch_value(void *file, const struct svct_key *key,
                       uint8_t *ret_value, size_t *ret_size)
{
    return svct_gdbmfile_fetch(file, key, ret_value, ret_size);
}

static int key_behind(void *file, const struct svct_key *from,
                      struct svct_key *ret_key)
{
    return svct_gdbmfile_behind(file, from, ret_key);
}

static int count_keys(void *file, uint64_t *ret_count)
{
    return svct_gdbmfile_count(file, ret_count);
}

static const struct svct_snapshot_source published = {fetch_value, key_behind,
                                                      count_keys};

/* ---- opening ---- */

/* path: from dir_fd on, a file in a folder that was looked at. */
static int open_file(int dir_fd, const char *path, enum svct_part part,
                     struct svct_gdbmfile **ret_file, struct stat *ret_stat,
                     struct svct_fault *fault)
{
    enum svct_safefile_secrecy secrecy = part == SVCT_PART_PRIVATE
                                             ? SVCT_SAFEFILE_PRIVATE
                                             : SVCT_SAFEFILE_PUBLIC;
    int fd, r;

    r = svct_safefile_open(dir_fd, path, O_RDONLY, secrecy, &fd, ret_stat,
                           fault);
    return r == 0 ? svct_gdbmfile_open(fd, ret_stat->st_size, ret_file, fault)
                  : r;
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

/* Without its roll. */
static int open_part(int dir_fd, const char *path, enum svct_part part,
                     struct svct_snapshot **ret_snapshot,
                     struct svct_fault *fault)
{
    struct svct_snapshot *snapshot = calloc(1, sizeof *snapshot);
    struct svct_gdbmfile *file;
    int r;

    if (snapshot == NULL)
        return svct_fault_set(fault, SVCT_E_NOMEM, ENOMEM, "out of memory");
    snapshot->source = &published;
    snapshot->meta = &snapshot->own_meta;
    r = open_file(dir_fd, path, part, &file, &snapshot->st, fault);
    if (r == 0) {
        snapshot->file = file;
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

/* The roll of the private part; path is that of its file, from dir_fd on. */
static int open_roll(struct svct_snapshot *snapshot, int dir_fd,
                     const char *path, struct svct_fault *fault)
{
    return svct_roll_open(dir_fd, path, snapshot->meta->sequence,
                          &snapshot->roll, fault);
}

int svct_snapshot_open_bare(int generation_fd, enum svct_part part,
                            struct svct_snapshot **ret_snapshot,
                            struct svct_fault *fault)
{
    return open_part(generation_fd, svct_part_file(part), part, ret_snapshot,
                     fault);
}

int svct_snapshot_open_generation(int generation_fd, enum svct_part part,
                                  struct svct_snapshot **ret_snapshot,
                                  struct svct_fault *fault)
{
    struct svct_snapshot *snapshot;
    int r = svct_snapshot_open_bare(generation_fd, part, &snapshot, fault);

    if (r != 0)
        return r;
    if (part == SVCT_PART_PRIVATE)
        r = open_roll(snapshot, generation_fd, SVCT_ROLL_FILE, fault);
    if (r != 0) {
        svct_snapshot_free(snapshot);
        return r == SVCT_E_NOTFOUND ? SVCT_E_DAMAGED : r;
    }
    *ret_snapshot = snapshot;
    return 0;
}

int svct_snapshot_current(int dir_fd, char *ret_name, uint64_t *ret_sequence,
                          struct svct_fault *fault)
{
    char target[SVCT_GENERATION_LEN + 2];
    uint64_t sequence = 0;
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
    if (len != SVCT_GENERATION_LEN || memcmp(target, "gen-", 4) != 0 ||
        svct_parse_number(target + 4, 1, SVCT_SEQUENCE_MAX, &sequence) != 0)
        return svct_fault_set(fault, SVCT_E_DAMAGED, 0,
                              "%s is no link to a generation", SVCT_CURRENT);
    memcpy(ret_name, target, SVCT_GENERATION_LEN + 1);
    *ret_sequence = sequence;
    return 0;
}

#define PATH_WITHIN (SVCT_GENERATION_LEN + 16)

/* A login makes four of them, and printf is slow. */
static void put_path(char ret_path[PATH_WITHIN], const char *name,
                     const char *file)
{
    struct svct_buf buf;

    svct_buf_init(&buf, ret_path, PATH_WITHIN);
    svct_buf_put(&buf, name, strlen(name));
    svct_buf_put_u8(&buf, '/');
    svct_buf_put(&buf, file, strlen(file) + 1);
}

/* By paths, for there is no need of a descriptor of the folder. ret_file: the
 * one that is not there, with SVCT_E_NOTFOUND. */
static int open_within(int dir_fd, const char *name, enum svct_part part,
                       struct svct_snapshot **ret_snapshot,
                       const char **ret_file, struct svct_fault *fault)
{
    char path[PATH_WITHIN];
    struct svct_snapshot *snapshot;
    int r;

    *ret_file = svct_part_file(part);
    put_path(path, name, *ret_file);
    r = open_part(dir_fd, path, part, &snapshot, fault);
    if (r == 0 && part == SVCT_PART_PRIVATE) {
        *ret_file = SVCT_ROLL_FILE;
        put_path(path, name, *ret_file);
        r = open_roll(snapshot, dir_fd, path, fault);
        if (r != 0)
            svct_snapshot_free(snapshot);
    }
    if (r == 0)
        *ret_snapshot = snapshot;
    return r;
}

int svct_snapshot_open(int dir_fd, enum svct_part part,
                       struct svct_snapshot **ret_snapshot,
                       struct svct_fault *fault)
{
    char name[SVCT_GENERATION_LEN + 1];
    const char *file = svct_part_file(part);
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
        r = open_within(dir_fd, name, part, &snapshot, &file, fault);
        if (r != SVCT_E_NOTFOUND)
            break;
    }
    if (r == SVCT_E_NOTFOUND) /* not pruned meanwhile: it lacks */
        return svct_fault_set(fault, SVCT_E_DAMAGED, 0,
                              "the generation %s is not there or lacks %s",
                              name, file);
    if (r == 0 && snapshot->meta->sequence != sequence) {
        svct_snapshot_free(snapshot);
        return svct_fault_set(fault, SVCT_E_DAMAGED, 0,
                              "the files in %s are of another generation",
                              name);
    }
    if (r == 0) {
        memcpy(snapshot->name, name, sizeof snapshot->name);
        *ret_snapshot = snapshot;
    }
    return r;
}

/* ---- leaving it for a while ---- */

void svct_snapshot_suspend(struct svct_snapshot *snapshot)
{
    svct_gdbmfile_suspend(snapshot->file);
    svct_roll_suspend(snapshot->roll);
}

static bool is_current(const struct svct_snapshot *snapshot, int dir_fd)
{
    char target[SVCT_GENERATION_LEN + 1];

    return readlinkat(dir_fd, SVCT_CURRENT, target, sizeof target) ==
               SVCT_GENERATION_LEN &&
           memcmp(target, snapshot->name, SVCT_GENERATION_LEN) == 0;
}

bool svct_snapshot_resume(struct svct_snapshot *snapshot, int dir_fd)
{
    char path[PATH_WITHIN];
    int fd;

    if (!is_current(snapshot, dir_fd))
        return false;
    put_path(path, snapshot->name, svct_part_file(SVCT_PART_PRIVATE));
    if (!svct_safefile_reopen(dir_fd, path, SVCT_SAFEFILE_PRIVATE,
                              &snapshot->st, &fd))
        return false;
    svct_gdbmfile_resume(snapshot->file, fd);
    put_path(path, snapshot->name, SVCT_ROLL_FILE);
    return svct_roll_resume(snapshot->roll, dir_fd, path);
}

struct svct_snapshot *svct_snapshot_over(
    const struct svct_snapshot_source *source, void *file,
    const struct svct_meta *meta)
{
    struct svct_snapshot *snapshot = calloc(1, sizeof *snapshot);

    if (snapshot != NULL) {
        snapshot->source = source;
        snapshot->file = file;
        snapshot->meta = meta;
    }
    return snapshot;
}

void svct_snapshot_free(struct svct_snapshot *snapshot)
{
    if (snapshot == NULL)
        return;
    if (snapshot->owned) {
        svct_gdbmfile_free(snapshot->file);
        svct_roll_free(snapshot->roll);
    }
    free(snapshot);
}

const struct svct_meta *svct_snapshot_meta(const struct svct_snapshot *snapshot)
{
    return snapshot->meta;
}

/* ---- reading ---- */

static bool is_meta(const struct svct_key *key)
{
    return key->len == 1 && key->data[0] == SVCT_KIND_META;
}

static int fetch_whole(const struct svct_snapshot *snapshot,
                       const struct svct_key *key, enum svct_kind kind,
                       struct svct_value *ret_value)
{
    size_t size = 0;
    int r;

    r = snapshot->source->fetch(snapshot->file, key, ret_value->data, &size);
    if (r != 0)
        return r;
    return svct_record_open(key, kind, ret_value->data, size,
                            &ret_value->record);
}

/* That of the meta record is its number. */
int svct_snapshot_fetch(const struct svct_snapshot *snapshot,
                        const struct svct_key *key, enum svct_kind kind,
                        struct svct_value *ret_value)
{
    int r, held = 0;

    if (key->len == 0)
        return SVCT_E_NOTFOUND;
    r = fetch_whole(snapshot, key, kind, ret_value);
    if (snapshot->roll == NULL || is_meta(key))
        return r;
    if (r == 0)
        held = svct_roll_confirm(snapshot->roll, key, ret_value->record.sum);
    else if (r == SVCT_E_NOTFOUND)
        held = svct_roll_confirm_absent(snapshot->roll, key);
    return held != 0 ? held : r;
}

/* ---- walking ---- */

/* The meta record is passed over, once: damage can make the keys a circle. */
static int record_behind(const struct svct_snapshot *snapshot,
                         const struct svct_key *from, struct svct_key *ret_key)
{
    struct svct_key key, after;
    int r = snapshot->source->behind(snapshot->file, from, &key);

    if (r == 0 && is_meta(&key)) {
        r = snapshot->source->behind(snapshot->file, &key, &after);
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
    struct svct_roll_total total; /* where there is a roll */
};

/* All are held against the roll at the end. The one that a visit ends the walk
 * with: at once. */
static int hold_alone(const struct walk *walk, const struct svct_key *key,
                      uint64_t sum)
{
    struct svct_roll *roll = walk->snapshot->roll;

    return roll != NULL ? svct_roll_confirm(roll, key, sum) : 0;
}

static int walk_one(struct walk *walk, const struct svct_key *key)
{
    struct svct_value value;
    uint64_t sum;
    int r, held;

    if (++walk->records > walk->snapshot->meta->records)
        return SVCT_E_DAMAGED; /* also ends a circle */
    r = fetch_whole(walk->snapshot, key, (enum svct_kind)key->data[0], &value);
    if (r != 0)
        return r == SVCT_E_NOTFOUND ? SVCT_E_DAMAGED : r;
    sum = value.record.sum;
    walk->digest += sum;
    if (walk->snapshot->roll != NULL)
        svct_roll_total_add(&walk->total, key, sum);
    if (walk->kind != 0 && key->data[0] != walk->kind)
        return 0;
    r = walk->visit(walk->arg, key, &value.record);
    if (r == 0)
        return 0;
    held = hold_alone(walk, key, sum);
    walk->stopped = held == 0;
    return held != 0 ? held : r;
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

/* After all of them. */
static int compare_with_meta(const struct walk *walk, struct svct_fault *fault)
{
    const struct svct_meta *meta = walk->snapshot->meta;

    if (walk->records == meta->records && walk->digest == meta->digest)
        return 0;
    return svct_fault_set(fault, SVCT_E_DAMAGED, 0,
                          "the records are not those that the meta record "
                          "counts (%llu there, %llu expected)",
                          (unsigned long long)walk->records,
                          (unsigned long long)meta->records);
}

static int roll_fault(struct svct_fault *fault, int code, uint32_t page)
{
    return svct_fault_set(fault, code, 0, "page %lu of %s: %s",
                          (unsigned long)page, SVCT_ROLL_FILE,
                          svct_err_text(code));
}

static int compare_with_roll(const struct walk *walk, struct svct_fault *fault)
{
    struct svct_roll *roll = walk->snapshot->roll;
    struct svct_roll_total total;
    uint32_t page = 0;
    int r = roll == NULL ? 0 : svct_roll_total(roll, &total, &page);

    if (r != 0)
        return roll_fault(fault, r, page);
    if (roll == NULL || (total.count == walk->total.count &&
                         total.digest == walk->total.digest))
        return 0;
    return svct_fault_set(fault, SVCT_E_DAMAGED, 0,
                          "the records are not those that %s names",
                          SVCT_ROLL_FILE);
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
    r = compare_with_meta(&walk, fault);
    return r != 0 ? r : compare_with_roll(&walk, fault);
}

int svct_snapshot_count(const struct svct_snapshot *snapshot,
                        struct svct_fault *fault)
{
    uint64_t expected = snapshot->meta->records + 1; /* and the meta record */
    uint64_t count = 0;
    int r = snapshot->source->count(snapshot->file, &count);

    if (r != 0)
        return svct_fault_set(fault, r, 0, "can't count the records: %s",
                              svct_err_text(r));
    if (count == expected)
        return 0;
    return svct_fault_set(fault, SVCT_E_DAMAGED, 0,
                          "the database is damaged: it holds %llu records and "
                          "should hold %llu",
                          (unsigned long long)count,
                          (unsigned long long)expected);
}

int svct_snapshot_check_roll(const struct svct_snapshot *snapshot,
                             struct svct_fault *fault)
{
    struct svct_roll_total total = {.count = snapshot->meta->records};
    uint32_t page = 0;
    int r = 0;

    if (snapshot->roll != NULL)
        r = svct_roll_total(snapshot->roll, &total, &page);
    if (r != 0)
        return roll_fault(fault, r, page);
    if (total.count == snapshot->meta->records)
        return 0;
    return svct_fault_set(fault, SVCT_E_DAMAGED, 0,
                          "%s is damaged: it names %llu records and should "
                          "name %llu",
                          SVCT_ROLL_FILE, (unsigned long long)total.count,
                          (unsigned long long)snapshot->meta->records);
}
