/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <gdbm.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/safefile.h"
#include "base/snapshot.h"
#include "write/rollfile.h"
#include "../support/testdb.h"

#define PRIVATE SVCT_PART_PRIVATE

static int fresh(void **state)
{
    (void)state;
    testdb_init(TESTDB);
    testdb_add_account(TESTDB, "alice");
    testdb_add_token(TESTDB, "alice", 1);
    testdb_add_token(TESTDB, "alice", 2);
    return 0;
}

/* Opening must neither leak a descriptor nor touch its output when it fails. */
static int open_part(enum svct_part part, struct svct_snapshot **ret_snapshot)
{
    struct svct_snapshot *const untouched = (struct svct_snapshot *)&fresh;
    struct svct_snapshot *snapshot = untouched;
    unsigned descriptors = testdb_descriptors();
    struct svct_fault fault = {0};
    int fd = testdb_open(TESTDB);
    int r = svct_snapshot_open(fd, part, &snapshot, &fault);

    close(fd);
    if (r == 0) {
        *ret_snapshot = snapshot;
        return 0;
    }
    assert_ptr_equal(snapshot, untouched);
    assert_int_equal(fault.code, r);
    assert_true(fault.what[0] != '\0');
    assert_int_equal(testdb_descriptors(), descriptors);
    return r;
}

static int try_open(enum svct_part part)
{
    unsigned descriptors = testdb_descriptors();
    struct svct_snapshot *snapshot;
    int r = open_part(part, &snapshot);

    if (r == 0)
        svct_snapshot_free(snapshot);
    assert_int_equal(testdb_descriptors(), descriptors);
    return r;
}

/* ---- the ordinary case ---- */

static void a_snapshot_reads(void **state)
{
    struct svct_key key = svct_key_account("alice");
    struct svct_key none = svct_key_account("nobody");
    struct svct_key illegal = svct_key_account("Not A Name");
    struct svct_snapshot *snapshot;
    struct svct_value value;

    (void)state;
    assert_int_equal(open_part(PRIVATE, &snapshot), 0);
    assert_int_equal(svct_snapshot_meta(snapshot)->sequence, 4);
    assert_int_equal(svct_snapshot_meta(snapshot)->committed, TESTDB_NOW);
    /* Four roles, policy, account, two tokens, page, slots. */
    assert_int_equal(svct_snapshot_meta(snapshot)->records, 10);
    assert_int_equal(
        svct_snapshot_fetch(snapshot, &key, SVCT_KIND_ACCOUNT, &value), 0);
    assert_int_equal(value.record.kind, SVCT_KIND_ACCOUNT);
    assert_int_equal(
        svct_snapshot_fetch(snapshot, &key, SVCT_KIND_TOKEN, &value),
        SVCT_E_DAMAGED);
    assert_int_equal(
        svct_snapshot_fetch(snapshot, &none, SVCT_KIND_ACCOUNT, &value),
        SVCT_E_NOTFOUND);
    assert_int_equal(
        svct_snapshot_fetch(snapshot, &illegal, SVCT_KIND_ACCOUNT, &value),
        SVCT_E_NOTFOUND);
    svct_snapshot_free(snapshot);
    svct_snapshot_free(NULL);
    assert_int_equal(open_part(SVCT_PART_PUBLIC, &snapshot), 0);
    assert_int_equal(svct_snapshot_meta(snapshot)->records, 0);
    svct_snapshot_free(snapshot);
}

static void an_older_generation_stays_readable(void **state)
{
    struct svct_key key = svct_key_account("alice");
    struct svct_snapshot *snapshot;
    struct svct_account account;
    struct svct_value value;
    struct svct_txn *txn;
    uint32_t tokens;

    (void)state;
    assert_int_equal(open_part(PRIVATE, &snapshot), 0);
    txn = testdb_begin(TESTDB);
    assert_int_equal(svct_change_account_delete(txn, "alice", &tokens, NULL),
                     0);
    testdb_commit(txn);
    for (int i = 0; i < 5; i++)
        testdb_commit(testdb_begin(TESTDB));
    assert_int_equal(access(TESTDB "/gen-0000000004", F_OK), -1);
    assert_int_equal(
        svct_snapshot_fetch(snapshot, &key, SVCT_KIND_ACCOUNT, &value), 0);
    assert_int_equal(svct_account_decode(&value.record, &account), 0);
    assert_int_equal(account.tokens, 2);
    assert_int_equal(svct_snapshot_meta(snapshot)->sequence, 4);
    svct_snapshot_free(snapshot);
}

/* ---- the link ---- */

static void point_current_to(const char *target)
{
    unlink(TESTDB "/current");
    assert_int_equal(symlink(target, TESTDB "/current"), 0);
}

static void odd_links(void **state)
{
    static const char *const targets[] = {
        "gen-0000000005", /* dangling */
        "gen-0000000000",
        "gen-000000004",
        "gen-00000000004",
        "gen-000000000x",
        "gen-000000000 ",
        "Gen-0000000004",
        "./gen-0000000004",
        "gen-0000000004/",
        "gen-0000000004/.",
        "gen--000000004",
        "gen-+000000004",
        "x",
        "..",
        "gen-0000000004xx",
        "gen-0000000004xxx",
        TESTDB "/gen-0000000004",
    };

    (void)state;
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        point_current_to(targets[i]);
        assert_int_equal(try_open(PRIVATE), SVCT_E_DAMAGED);
    }
    point_current_to("gen-0000000004");
    assert_int_equal(try_open(PRIVATE), 0);
}

static void no_link(void **state)
{
    (void)state;
    unlink(TESTDB "/current");
    assert_int_equal(try_open(PRIVATE), SVCT_E_NODB);
    assert_int_equal(mkdir(TESTDB "/current", 0755), 0);
    assert_int_equal(try_open(PRIVATE), SVCT_E_DAMAGED);
    rmdir(TESTDB "/current");
    privdir_write(TESTDB "/current", "gen-0000000004");
    assert_int_equal(try_open(PRIVATE), SVCT_E_DAMAGED);
}

static void another_generation_than_the_name_says(void **state)
{
    (void)state;
    assert_int_equal(rename(TESTDB "/gen-0000000004", TESTDB "/gen-0000000009"),
                     0);
    point_current_to("gen-0000000009");
    assert_int_equal(try_open(PRIVATE), SVCT_E_DAMAGED);
    assert_int_equal(try_open(SVCT_PART_PUBLIC), SVCT_E_DAMAGED);
}

static void folders_and_files_of_others(void **state)
{
    (void)state;
    assert_int_equal(chmod(TESTDB "/gen-0000000004", 0775), 0);
    assert_int_equal(try_open(PRIVATE), SVCT_E_UNSAFE);
    assert_int_equal(chmod(TESTDB "/gen-0000000004", 0755), 0);
    assert_int_equal(chmod(testdb_path(TESTDB, PRIVATE), 0640), 0);
    assert_int_equal(try_open(PRIVATE), SVCT_E_UNSAFE);
    assert_int_equal(chmod(testdb_path(TESTDB, PRIVATE), 0600), 0);
    assert_int_equal(chown(testdb_path(TESTDB, PRIVATE), 12345, 0), 0);
    assert_int_equal(try_open(PRIVATE), SVCT_E_UNSAFE);
    assert_int_equal(unlink(testdb_path(TESTDB, PRIVATE)), 0);
    assert_int_equal(mkfifo(testdb_path(TESTDB, PRIVATE), 0600), 0);
    assert_int_equal(try_open(PRIVATE), SVCT_E_UNSAFE);
    assert_int_equal(unlink(testdb_path(TESTDB, PRIVATE)), 0);
    assert_int_equal(try_open(PRIVATE), SVCT_E_DAMAGED);
    assert_int_equal(try_open(SVCT_PART_PUBLIC), 0);
    privdir_remove(TESTDB "/gen-0000000004");
    assert_int_equal(symlink("gen-0000000003", TESTDB "/gen-0000000004"), 0);
    assert_int_equal(try_open(PRIVATE), SVCT_E_UNSAFE);
}

/* ---- the header ---- */

/* What the head of a file is like (FORMAT.md): all in the machine's order. */
#define AT_MAGIC 0
#define AT_BLOCK_SIZE 4
#define AT_DIRECTORY 8
#define AT_DIRECTORY_SIZE 16
#define AT_DIRECTORY_BITS 20
#define AT_BUCKET_SIZE 24
#define AT_BUCKET_ELEMENTS 28
#define AT_NEXT_BLOCK 32

static int64_t patched(size_t at, size_t len, int64_t value)
{
    int fd = open(testdb_path(TESTDB, PRIVATE), O_RDWR | O_CLOEXEC);
    int64_t old = 0;

    assert_int_equal(pread(fd, &old, len, (off_t)at), len);
    assert_int_equal(pwrite(fd, &value, len, (off_t)at), len);
    close(fd);
    return old;
}

static void patch_and_try(size_t at, size_t len, int64_t value)
{
    int64_t old = patched(at, len, value);

    assert_int_equal(try_open(PRIVATE), SVCT_E_DAMAGED);
    patched(at, len, old);
    assert_int_equal(try_open(PRIVATE), 0);
}

static void every_field_of_the_header_is_guarded(void **state)
{
    static const int64_t odd[] = {0,         -1,        1,          7,     8193,
                                  INT32_MAX, INT32_MIN, 0x40000000, 16384, 512};
    static const struct {
        size_t at;
        size_t len;
    } fields[] = {
        {AT_MAGIC, 4},           {AT_BLOCK_SIZE, 4},     {AT_DIRECTORY, 8},
        {AT_DIRECTORY_SIZE, 4},  {AT_DIRECTORY_BITS, 4}, {AT_BUCKET_SIZE, 4},
        {AT_BUCKET_ELEMENTS, 4}, {AT_NEXT_BLOCK, 8},
    };

    (void)state;
    for (size_t f = 0; f < sizeof fields / sizeof fields[0]; f++)
        for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
            /* A directory at block 2, where other data is, is for the
             * checks of the records to notice. */
            if (fields[f].at != AT_DIRECTORY || odd[i] < SVCT_BLOCK_SIZE)
                patch_and_try(fields[f].at, fields[f].len, odd[i]);
    patch_and_try(AT_DIRECTORY, 8, INT64_MAX);
    patch_and_try(AT_DIRECTORY, 8, INT64_MIN);
    patch_and_try(AT_NEXT_BLOCK, 8, INT64_MAX);
}

static void files_of_another_length(void **state)
{
    struct stat st;

    (void)state;
    assert_int_equal(stat(testdb_path(TESTDB, PRIVATE), &st), 0);
    for (off_t size = 0; size <= st.st_size + 8192; size += 1024) {
        assert_int_equal(truncate(testdb_path(TESTDB, PRIVATE), size), 0);
        if (size != st.st_size)
            assert_int_equal(try_open(PRIVATE), SVCT_E_DAMAGED);
    }
    assert_int_equal(
        truncate(testdb_path(TESTDB, PRIVATE), SVCT_FILE_SIZE_MAX + 1), 0);
    assert_int_equal(try_open(PRIVATE), SVCT_E_TOOBIG);
}

/* ---- damage within ---- */

static int see(void *arg, const struct svct_key *key,
               struct svct_record *record)
{
    unsigned *count = arg;

    (void)key;
    (void)record;
    if (count != NULL)
        ++*count;
    return 0;
}

static int walk(int kind, unsigned *ret_count)
{
    struct svct_snapshot *snapshot;
    struct svct_fault fault = {0};
    int r;

    if (ret_count != NULL)
        *ret_count = 0;
    r = open_part(PRIVATE, &snapshot);
    if (r != 0)
        return r;
    r = svct_snapshot_each(snapshot, kind, see, ret_count, &fault);
    assert_int_equal(fault.code, r);
    svct_snapshot_free(snapshot);
    return r;
}

static void a_walk_sees_each_record_once(void **state)
{
    unsigned count;

    (void)state;
    assert_int_equal(walk(0, &count), 0);
    assert_int_equal(count, 10);
    assert_int_equal(walk(SVCT_KIND_TOKEN, &count), 0);
    assert_int_equal(count, 2);
    assert_int_equal(walk(SVCT_KIND_ROLE, &count), 0);
    assert_int_equal(count, 4);
}

static int stop(void *arg, const struct svct_key *key,
                struct svct_record *record)
{
    (void)key;
    (void)record;
    return *(int *)arg;
}

static void a_visit_ends_the_walk(void **state)
{
    int results[] = {7, SVCT_E_NOMEM, SVCT_E_DAMAGED};
    struct svct_snapshot *snapshot;

    (void)state;
    assert_int_equal(open_part(PRIVATE, &snapshot), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(
            svct_snapshot_each(snapshot, 0, stop, &results[i], NULL),
            results[i]);
    svct_snapshot_free(snapshot);
}

/* ---- held against the roll ---- */

/* The roll as its writer has it. */
static struct svct_roll writable_roll(void)
{
    static const char path[] = TESTDB "/" SVCT_CURRENT "/" SVCT_ROLL_FILE;
    struct svct_roll roll = {.sequence = 4, .loaded = -1};
    struct stat st;

    roll.fd = open(path, O_RDWR | O_CLOEXEC);
    assert_int_equal(fstat(roll.fd, &st), 0);
    assert_true(svct_roll_bits_of(st.st_size, &roll.bits));
    return roll;
}

static void change_roll(const struct svct_key *key, const uint64_t *from,
                        const uint64_t *to)
{
    struct svct_roll roll = writable_roll();

    assert_int_equal(svct_rollfile_change(&roll, key, from, to, NULL), 0);
    close(roll.fd);
}

static uint64_t sum_of(const struct svct_key *key)
{
    struct svct_snapshot *snapshot;
    struct svct_value value;

    assert_int_equal(open_part(PRIVATE, &snapshot), 0);
    assert_int_equal(
        svct_snapshot_fetch(snapshot, key, SVCT_KIND_ACCOUNT, &value), 0);
    svct_snapshot_free(snapshot);
    return value.record.sum;
}

/* Ends the walk at an account, or at something else. */
static int stop_at(void *arg, const struct svct_key *key,
                   struct svct_record *record)
{
    const bool *account = arg;

    (void)record;
    return (key->data[0] == SVCT_KIND_ACCOUNT) == *account;
}

static int walk_to(bool account)
{
    struct svct_snapshot *snapshot;
    int r;

    assert_int_equal(open_part(PRIVATE, &snapshot), 0);
    r = svct_snapshot_each(snapshot, 0, stop_at, &account, NULL);
    svct_snapshot_free(snapshot);
    return r;
}

/* A sound record of another time, of which the meta record knows nothing: by
 * the roll alone. */
static void a_walk_holds_all_against_the_roll(void **state)
{
    struct svct_key alice = svct_key_account("alice");
    uint64_t now = sum_of(&alice), then = now ^ 1;
    unsigned count;

    (void)state;
    change_roll(&alice, &now, &then);
    assert_int_equal(walk(0, &count), SVCT_E_DAMAGED);
    assert_int_equal(walk(SVCT_KIND_TOKEN, &count), SVCT_E_DAMAGED);
    assert_int_equal(walk_to(true), SVCT_E_DAMAGED);
    assert_int_equal(walk_to(false), 1);
    change_roll(&alice, &then, &now);
    assert_int_equal(walk(0, &count), 0);
    assert_int_equal(walk_to(true), 1);
    change_roll(&alice, NULL, &then);
    assert_int_equal(walk(0, &count), SVCT_E_DAMAGED);
    change_roll(&alice, &then, NULL);
    change_roll(&alice, &now, NULL);
    assert_int_equal(walk(0, &count), SVCT_E_DAMAGED);
}

static void a_walk_needs_each_page_of_the_roll(void **state)
{
    struct svct_roll roll = writable_roll();
    unsigned count;

    (void)state;
    assert_int_equal(pwrite(roll.fd, "", 1, SVCT_ROLL_FIRST + 5), 1);
    close(roll.fd);
    assert_int_equal(walk(0, &count), SVCT_E_DAMAGED);
    assert_int_equal(walk_to(false), SVCT_E_DAMAGED);
}

/* ---- a step at a time ---- */

#define RECORDS 10

static bool is_seen(const struct svct_key *keys, size_t count,
                    const struct svct_key *key)
{
    for (size_t i = 0; i < count; i++)
        if (keys[i].len == key->len &&
            memcmp(keys[i].data, key->data, key->len) == 0)
            return true;
    return false;
}

static void steps_see_each_record_once(void **state)
{
    struct svct_place place = {.seen = 0};
    struct svct_key keys[RECORDS];
    struct svct_snapshot *snapshot;
    struct svct_value value;
    size_t count = 0;

    (void)state;
    assert_int_equal(open_part(PRIVATE, &snapshot), 0);
    while (svct_snapshot_next(snapshot, &place) == 0) {
        assert_true(count < RECORDS);
        assert_false(is_seen(keys, count, &place.key));
        assert_int_equal(svct_snapshot_fetch(snapshot, &place.key,
                                             (enum svct_kind)place.key.data[0],
                                             &value),
                         0);
        keys[count++] = place.key;
        assert_int_equal(place.seen, count);
    }
    assert_int_equal(count, RECORDS);
    /* Behind the end is behind the end. */
    assert_int_equal(svct_snapshot_next(snapshot, &place), SVCT_E_NOTFOUND);
    svct_snapshot_free(snapshot);
    assert_int_equal(open_part(SVCT_PART_PUBLIC, &snapshot), 0);
    place = (struct svct_place){.seen = 0};
    assert_int_equal(svct_snapshot_next(snapshot, &place), SVCT_E_NOTFOUND);
    svct_snapshot_free(snapshot);
}

/* Each step in a snapshot of its own. */
static void a_place_outlives_its_snapshot(void **state)
{
    struct svct_place place = {.seen = 0};
    struct svct_snapshot *snapshot;
    size_t count = 0;
    int r;

    (void)state;
    do {
        assert_int_equal(open_part(PRIVATE, &snapshot), 0);
        r = svct_snapshot_next(snapshot, &place);
        svct_snapshot_free(snapshot);
        count += r == 0;
    } while (r == 0);
    assert_int_equal(r, SVCT_E_NOTFOUND);
    assert_int_equal(count, RECORDS);
}

/* Steps to the end, at most so many; the code of the last. */
static int step_all(size_t most)
{
    struct svct_place place = {.seen = 0};
    struct svct_snapshot *snapshot;
    size_t count = 0;
    int r;

    assert_int_equal(open_part(PRIVATE, &snapshot), 0);
    while ((r = svct_snapshot_next(snapshot, &place)) == 0)
        assert_true(++count <= most);
    svct_snapshot_free(snapshot);
    return r;
}

static GDBM_FILE by_hand(void)
{
    GDBM_FILE file = gdbm_open(testdb_path(TESTDB, PRIVATE), 0,
                               GDBM_WRITER | GDBM_NOMMAP, 0, NULL);

    assert_non_null(file);
    return file;
}

static datum datum_of(const struct svct_key *key)
{
    return (datum){.dptr = (char *)key->data, .dsize = (int)key->len};
}

static void a_record_too_few(void **state)
{
    struct svct_key key = svct_key_role("None");
    GDBM_FILE file = by_hand();

    (void)state;
    assert_int_equal(gdbm_delete(file, datum_of(&key)), 0);
    gdbm_close(file);
    assert_int_equal(walk(0, NULL), SVCT_E_DAMAGED);
    assert_int_equal(step_all(RECORDS - 1), SVCT_E_DAMAGED);
}

/* A record that is whole in itself, but not the one the digest counts. */
static void put_by_hand(const char *name)
{
    struct svct_key key = svct_key_role(name);
    struct svct_record_writer writer;
    GDBM_FILE file = by_hand();
    datum value;
    size_t size;

    svct_record_begin(&writer, SVCT_KIND_ROLE);
    assert_int_equal(svct_record_end(&writer, &key, 0, &size), 0);
    value = (datum){.dptr = (char *)writer.value, .dsize = (int)size};
    assert_int_equal(gdbm_store(file, datum_of(&key), value, GDBM_REPLACE), 0);
    gdbm_close(file);
}

static void a_record_too_many(void **state)
{
    (void)state;
    put_by_hand("Owner");
    assert_int_equal(walk(0, NULL), SVCT_E_DAMAGED);
    assert_int_equal(step_all(RECORDS), SVCT_E_DAMAGED);
}

static void another_record_than_counted(void **state)
{
    (void)state;
    put_by_hand("None");
    assert_int_equal(walk(0, NULL), SVCT_E_DAMAGED);
}

static void no_meta_record(void **state)
{
    struct svct_key key = svct_key_single(SVCT_KIND_META);
    GDBM_FILE file = by_hand();

    (void)state;
    assert_int_equal(gdbm_delete(file, datum_of(&key)), 0);
    gdbm_close(file);
    assert_int_equal(try_open(PRIVATE), SVCT_E_DAMAGED);
}

static void store_meta(unsigned tag, uint64_t sequence, uint8_t version)
{
    struct svct_key key = svct_key_single(SVCT_KIND_META);
    struct svct_meta meta = {.sequence = sequence, .committed = 1};
    struct svct_record_writer writer;
    GDBM_FILE file = by_hand();
    datum value;
    size_t size;

    svct_meta_encode(&meta, &writer);
    if (tag != 0)
        svct_record_put_u8(&writer, tag, 1);
    writer.value[0] = version;
    assert_int_equal(svct_record_end(&writer, &key, 0, &size), 0);
    value = (datum){.dptr = (char *)writer.value, .dsize = (int)size};
    assert_int_equal(gdbm_store(file, datum_of(&key), value, GDBM_REPLACE), 0);
    gdbm_close(file);
}

static void meta_records_of_others(void **state)
{
    (void)state;
    store_meta(0, 4, 2);
    assert_int_equal(try_open(PRIVATE), SVCT_E_VERSION);
    store_meta(9 | SVCT_TAG_CRITICAL, 4, 1);
    assert_int_equal(try_open(PRIVATE), SVCT_E_VERSION);
    store_meta(9, 4, 1);
    assert_int_equal(try_open(PRIVATE), 0);
    store_meta(0, 0, 1);
    assert_int_equal(try_open(PRIVATE), SVCT_E_DAMAGED);
    store_meta(0, SVCT_SEQUENCE_MAX + 1, 1);
    assert_int_equal(try_open(PRIVATE), SVCT_E_DAMAGED);
    store_meta(0, 3, 1);
    assert_int_equal(try_open(PRIVATE), SVCT_E_DAMAGED);
}

/* No single damaged byte may crash, hang or leak, and none may show a record
 * that was not stored; the walk notices all that it can't explain. */
static void any_damaged_byte(void **state)
{
    struct svct_key key = svct_key_account("alice");
    const char *path = testdb_path(TESTDB, PRIVATE);
    struct svct_snapshot *snapshot;
    struct svct_value good, value;
    unsigned descriptors = testdb_descriptors();
    struct stat st;
    int fd;

    (void)state;
    assert_int_equal(open_part(PRIVATE, &snapshot), 0);
    assert_int_equal(
        svct_snapshot_fetch(snapshot, &key, SVCT_KIND_ACCOUNT, &good), 0);
    svct_snapshot_free(snapshot);
    fd = open(path, O_RDWR | O_CLOEXEC);
    assert_int_equal(fstat(fd, &st), 0);
    for (off_t at = 0; at < st.st_size; at += 13) {
        uint8_t old, new;

        assert_int_equal(pread(fd, &old, 1, at), 1);
        new = (uint8_t)(old ^ (1 << at % 8));
        assert_int_equal(pwrite(fd, &new, 1, at), 1);
        if (open_part(PRIVATE, &snapshot) == 0) {
            if (svct_snapshot_fetch(snapshot, &key, SVCT_KIND_ACCOUNT,
                                    &value) == 0)
                assert_memory_equal(value.data, good.data, good.record.size);
            svct_snapshot_each(snapshot, 0, see, NULL, NULL);
            svct_snapshot_free(snapshot);
            step_all(RECORDS);
        }
        assert_int_equal(pwrite(fd, &old, 1, at), 1);
    }
    close(fd);
    assert_int_equal(testdb_descriptors(), descriptors);
    assert_int_equal(walk(0, NULL), 0);
}

int main(void)
{
#define FRESH(test) cmocka_unit_test_setup(test, fresh)
    const struct CMUnitTest tests[] = {
        FRESH(a_snapshot_reads),
        FRESH(an_older_generation_stays_readable),
        FRESH(odd_links),
        FRESH(no_link),
        FRESH(another_generation_than_the_name_says),
        FRESH(folders_and_files_of_others),
        FRESH(every_field_of_the_header_is_guarded),
        FRESH(files_of_another_length),
        FRESH(a_walk_sees_each_record_once),
        FRESH(a_visit_ends_the_walk),
        FRESH(a_walk_holds_all_against_the_roll),
        FRESH(a_walk_needs_each_page_of_the_roll),
        FRESH(steps_see_each_record_once),
        FRESH(a_place_outlives_its_snapshot),
        FRESH(a_record_too_few),
        FRESH(a_record_too_many),
        FRESH(another_record_than_counted),
        FRESH(no_meta_record),
        FRESH(meta_records_of_others),
        FRESH(any_damaged_byte),
    };

    testdb_enter();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
