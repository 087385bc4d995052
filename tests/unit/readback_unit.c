/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

/*
 * What was written, held against what a reader finds (write/readback.h): each
 * way in which a file can differ from what was to be in it.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "../support/testdb.h"
#include "write/readback.h"

#define PRIVATE SVCT_PART_PRIVATE
#define MANY 5000 /* more than are remembered */

/* A generation as it was written, and what is believed of it. */
struct world {
    int generation;
    struct svct_meta meta;
    struct svct_readback readback;
};

static struct world world;

static struct svct_key key_of(const char *role)
{
    return svct_key_named(SVCT_KIND_ROLE, role);
}

static uint64_t sum_of(const char *role)
{
    struct svct_snapshot *snapshot = testdb_sound(TESTDB, PRIVATE);
    struct svct_key key = key_of(role);
    struct svct_value value;

    testdb_must(svct_snapshot_fetch(snapshot, &key, SVCT_KIND_ROLE, &value),
                NULL, role);
    svct_snapshot_free(snapshot);
    return value.record.sum;
}

static int begin(void **state)
{
    struct svct_snapshot *snapshot;
    int folder;

    (void)state;
    testdb_init(TESTDB);
    snapshot = testdb_sound(TESTDB, PRIVATE);
    world = (struct world){.meta = *svct_snapshot_meta(snapshot)};
    svct_snapshot_free(snapshot);
    folder = testdb_open(TESTDB);
    world.generation =
        openat(folder, SVCT_CURRENT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(world.generation >= 0);
    close(folder);
    return 0;
}

static int end(void **state)
{
    (void)state;
    svct_readback_done(&world.readback);
    close(world.generation);
    return 0;
}

static void stored(const char *role, uint64_t sum)
{
    struct svct_key key = key_of(role);

    assert_int_equal(
        svct_readback_note(&world.readback, &key, sum, false, NULL), 0);
}

static void deleted(const char *role)
{
    struct svct_key key = key_of(role);

    assert_int_equal(svct_readback_note(&world.readback, &key, 0, true, NULL),
                     0);
}

static void assert_compares(int expected)
{
    struct svct_fault fault = {0};

    assert_int_equal(svct_readback_compare(&world.readback, PRIVATE,
                                           &world.meta, world.generation,
                                           &fault),
                     expected);
    if (expected != 0)
        assert_non_null(strstr(fault.what, "does not read back"));
}

/* ---- few changes ---- */

static void what_is_there_as_written(void **state)
{
    (void)state;
    assert_compares(0);
    stored("Viewer", sum_of("Viewer"));
    stored("Admin", sum_of("Admin"));
    deleted("Ghost");
    assert_compares(0);
    assert_compares(0); /* it may be asked again */
}

static void another_value(void **state)
{
    (void)state;
    stored("Viewer", sum_of("Viewer"));
    stored("Admin", sum_of("Admin") + 1);
    assert_compares(SVCT_E_DAMAGED);
}

static void a_record_that_is_lost(void **state)
{
    (void)state;
    stored("Ghost", sum_of("Viewer"));
    assert_compares(SVCT_E_NOTFOUND);
}

static void a_record_that_did_not_go(void **state)
{
    (void)state;
    deleted("Viewer");
    assert_compares(SVCT_E_DAMAGED);
}

static void another_meta_record(void **state)
{
    (void)state;
    world.meta.digest++;
    assert_compares(SVCT_E_DAMAGED);
}

/* ---- several changes to one key ---- */

static void the_last_one_counts(void **state)
{
    (void)state;
    stored("Viewer", 1);
    deleted("Viewer");
    stored("Admin", sum_of("Admin"));
    stored("Viewer", 2);
    stored("Viewer", sum_of("Viewer"));
    stored("Ghost", 1);
    deleted("Ghost");
    assert_compares(0);
}

static void the_last_one_counts_if_it_is_wrong(void **state)
{
    (void)state;
    stored("Viewer", sum_of("Viewer"));
    stored("Admin", sum_of("Admin"));
    stored("Viewer", 1);
    assert_compares(SVCT_E_DAMAGED);
}

/* ---- more than are remembered ---- */

/* One bit of a record's value, past the file's beginning. */
static void damage(const char *bytes)
{
    uint8_t file[1 << 17];
    int fd =
        openat(world.generation, svct_part_file(PRIVATE), O_RDWR | O_CLOEXEC);
    ssize_t size = pread(fd, file, sizeof file, 0);
    const uint8_t *at =
        size > 0 ? memmem(file, (size_t)size, bytes, strlen(bytes)) : NULL;
    uint8_t flipped;

    assert_non_null(at);
    flipped = *at ^ 1;
    assert_int_equal(pwrite(fd, &flipped, 1, at - file), 1);
    close(fd);
}

static void note_many(void)
{
    uint64_t wrong = sum_of("Viewer") + 1;

    for (int i = 0; i < MANY; i++)
        stored("Viewer", wrong);
}

static void of_many_all_records_are_read(void **state)
{
    (void)state;
    note_many();
    assert_compares(0);
    damage("systemd-user");
    assert_compares(SVCT_E_DAMAGED);
}

static void of_many_meta_is_compared(void **state)
{
    (void)state;
    note_many();
    world.meta.records++;
    assert_compares(SVCT_E_DAMAGED);
}

/* ---- what can't be opened ---- */

static void no_file(void **state)
{
    struct svct_fault fault = {0};

    (void)state;
    assert_int_equal(unlinkat(world.generation, svct_part_file(PRIVATE), 0), 0);
    assert_int_not_equal(svct_readback_compare(&world.readback, PRIVATE,
                                               &world.meta, world.generation,
                                               &fault),
                         0);
    assert_null(strstr(fault.what, "does not read back"));
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(what_is_there_as_written),
        FRESH(another_value),
        FRESH(a_record_that_is_lost),
        FRESH(a_record_that_did_not_go),
        FRESH(another_meta_record),
        FRESH(the_last_one_counts),
        FRESH(the_last_one_counts_if_it_is_wrong),
        FRESH(of_many_all_records_are_read),
        FRESH(of_many_meta_is_compared),
        FRESH(no_file),
    };

    testdb_enter();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
