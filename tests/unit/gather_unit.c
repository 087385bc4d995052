/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Changes that wait before they are written (write/gather.h, write/partfile.h),
 * against a naive list of what there should be: with room for so few that they
 * are written again and again, with room for all, and with none waiting.
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
#include "write/gather.h"
#include "write/generation.h"
#include "write/partfile.h"
#include "write/rollfile.h"

#define FOLDER PRIVDIR "/generation"
#define KEYS 700
#define SEQUENCE 7
#define PRIVATE SVCT_PART_PRIVATE

/* ---- the naive list ---- */

static struct {
    bool there;
    size_t size; /* of the record */
    char text[1600];
} list[KEYS];

static uint64_t listed(void)
{
    uint64_t count = 0;

    for (size_t i = 0; i < KEYS; i++)
        count += list[i].there;
    return count;
}

static size_t number_below(size_t below)
{
    static uint64_t random = UINT64_C(0x9e3779b97f4a7c15);

    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    return (size_t)(random % below);
}

static struct svct_key key_of(size_t number)
{
    char name[16];

    snprintf(name, sizeof name, "role%zu", number);
    return svct_key_named(SVCT_KIND_ROLE, name);
}

static size_t number_of(const struct svct_key *key)
{
    char name[SVCT_KEY_MAX + 1] = "";

    memcpy(name, key->data + 9, key->len - 9); /* behind its CRC */
    return strtoul(name + strlen("role"), NULL, 10);
}

/* ---- the file ---- */

struct world {
    int folder;
    struct svct_partfile file;
    struct svct_roll roll;
};

/* wait: how many bytes; 0: each change is written at once. */
static void begin(struct world *world, size_t wait)
{
    int fd;

    memset(list, 0, sizeof list);
    privdir_remove(FOLDER);
    assert_int_equal(mkdir(FOLDER, 0755), 0);
    *world = (struct world){.file = {.part = PRIVATE}};
    world->folder = open(FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(world->folder >= 0);
    testdb_must(svct_generation_make_file(world->folder, PRIVATE, &fd, NULL),
                NULL, "the file");
    testdb_must(svct_partfile_attach(&world->file, fd, true, NULL), NULL,
                "gdbm");
    svct_rollfile_init(&world->roll);
    testdb_must(svct_rollfile_create(world->folder, false, SEQUENCE,
                                     &world->roll, NULL),
                NULL, "the roll");
    svct_partfile_hold_against(&world->file, &world->roll);
    world->file.meta.sequence = SEQUENCE;
    if (wait != 0)
        testdb_must(svct_partfile_gather(&world->file, wait, NULL), NULL,
                    "to wait");
}

static void end(struct world *world)
{
    svct_partfile_done(&world->file);
    svct_rollfile_done(&world->roll);
    close(world->folder);
}

static int store(struct world *world, size_t number, const char *text,
                 struct svct_fault *fault)
{
    struct svct_key key = key_of(number);
    struct svct_record_writer writer;

    svct_record_begin(&writer, SVCT_KIND_ROLE);
    svct_record_put_text(&writer, 1, text);
    return svct_partfile_store(&world->file, &key, &writer, fault);
}

static void assert_record(size_t number, struct svct_record *record)
{
    char text[sizeof list[0].text];
    struct svct_field field;

    assert_true(list[number].there);
    assert_int_equal(record->size, list[number].size);
    assert_true(svct_record_next(record, &field));
    assert_int_equal(svct_field_text(&field, text, sizeof text), 0);
    assert_string_equal(text, list[number].text);
}

static void assert_as_listed(const struct svct_snapshot *snapshot,
                             size_t number)
{
    struct svct_key key = key_of(number);
    struct svct_value value;
    int r = svct_snapshot_fetch(snapshot, &key, SVCT_KIND_ROLE, &value);

    assert_int_equal(r, list[number].there ? 0 : SVCT_E_NOTFOUND);
    if (r == 0)
        assert_record(number, &value.record);
}

static int see(void *arg, const struct svct_key *key,
               struct svct_record *record)
{
    uint64_t *seen = arg;

    assert_record(number_of(key), record);
    ++*seen;
    return 0;
}

/* Whoever walks sees all of them, each once. */
static void assert_walk(const struct svct_snapshot *snapshot)
{
    uint64_t seen = 0;

    assert_int_equal(svct_snapshot_each(snapshot, 0, see, &seen, NULL), 0);
    assert_int_equal(seen, listed());
}

/* ---- changes ---- */

static size_t size_for(size_t len, size_t least)
{
    size_t size = SVCT_RECORD_MIN;

    while (size < len + 16 || size < least) /* what a value has beside it */
        size *= 2;
    return size;
}

static void store_one(struct world *world, size_t number)
{
    size_t len = number_below(4) == 0 ? number_below(sizeof list[0].text)
                                      : number_below(200);
    char *text = list[number].text;

    memset(text, 'a' + (char)number_below(26), len);
    text[len] = '\0';
    list[number].size =
        size_for(len, list[number].there ? list[number].size : 0);
    list[number].there = true;
    assert_int_equal(store(world, number, text, NULL), 0);
}

static void delete_one(struct world *world, size_t number)
{
    struct svct_key key = key_of(number);

    assert_int_equal(svct_partfile_delete(&world->file, &key, NULL),
                     list[number].there ? 0 : SVCT_E_NOTFOUND);
    list[number].there = false;
}

static void change_one(struct world *world)
{
    size_t number = number_below(KEYS);

    switch (number_below(8)) {
    case 0:
    case 1:
        delete_one(world, number);
        break;
    case 2:
    case 3:
        assert_as_listed(world->file.view, number);
        break;
    default:
        store_one(world, number);
    }
    assert_as_listed(world->file.view, number);
}

/* As a login will: by the other reader. */
static void assert_published(struct world *world)
{
    struct svct_snapshot *snapshot;

    assert_int_equal(svct_partfile_finish(&world->file, NULL), 0);
    assert_int_equal(svct_rollfile_finish(&world->roll, NULL), 0);
    assert_int_equal(svct_partfile_read_back(&world->file, world->folder, NULL),
                     0);
    assert_int_equal(
        svct_snapshot_open_generation(world->folder, PRIVATE, &snapshot, NULL),
        0);
    assert_int_equal(svct_snapshot_meta(snapshot)->records, listed());
    assert_int_equal(svct_snapshot_count(snapshot, NULL), 0);
    assert_int_equal(svct_snapshot_check_roll(snapshot, NULL), 0);
    assert_walk(snapshot);
    for (size_t i = 0; i < KEYS; i++)
        assert_as_listed(snapshot, i);
    svct_snapshot_free(snapshot);
}

static const size_t waits[] = {0, 1, 20000, 8 << 20};
#define WAITS (sizeof waits / sizeof waits[0])

static void as_the_list_has_it(void **state)
{
    (void)state;
    for (size_t w = 0; w < WAITS; w++) {
        struct world world;

        begin(&world, waits[w]);
        for (int i = 0; i < 12000; i++) {
            change_one(&world);
            if (number_below(3000) == 0)
                assert_walk(world.file.view);
        }
        assert_true(listed() > 100);
        assert_published(&world);
        end(&world);
    }
}

/* ---- old bytes ---- */

#define OLD "what nobody may read again"

static void old_bytes_are_gone(void **state)
{
    static const char *path = FOLDER "/private.gdbm";
    char large[1000];

    (void)state;
    memset(large, 'l', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    for (size_t w = 0; w < WAITS; w++) {
        struct world world;
        struct svct_key key = key_of(2), other = key_of(3);
        uint64_t count;

        begin(&world, waits[w]);
        for (size_t i = 0; i < 4; i++)
            assert_int_equal(store(&world, i, OLD, NULL), 0);
        assert_int_equal(svct_snapshot_count(world.file.view, NULL),
                         SVCT_E_DAMAGED); /* there is no meta record yet; but
                                             all is written */
        count = testdb_occurs(path, OLD, strlen(OLD));
        assert_int_equal(count, 4);
        assert_int_equal(store(&world, 0, large, NULL), 0);
        assert_int_equal(store(&world, 1, "short", NULL), 0);
        assert_int_equal(svct_partfile_delete(&world.file, &key, NULL), 0);
        /* Goes, and comes again as another size. */
        assert_int_equal(svct_partfile_delete(&world.file, &other, NULL), 0);
        assert_int_equal(store(&world, 3, large, NULL), 0);
        assert_int_equal(svct_partfile_finish(&world.file, NULL), 0);
        assert_int_equal(testdb_occurs(path, OLD, strlen(OLD)), 0);
        end(&world);
    }
}

/* ---- faults ---- */

/* Whichever change finds no room, the file is not finished. */
static void no_room(void **state)
{
    struct rlimit limit, old;

    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    limit = (struct rlimit){.rlim_cur = 60000, .rlim_max = old.rlim_max};
    for (size_t w = 0; w < WAITS; w++) {
        struct svct_fault fault = {0};
        struct world world;
        int r = 0;

        begin(&world, waits[w]);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        for (size_t i = 0; r == 0 && i < KEYS; i++)
            r = store(&world, i, "something", &fault);
        if (r == 0)
            r = svct_partfile_finish(&world.file, &fault);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
        assert_int_equal(r, SVCT_E_IO); /* EFBIG */
        assert_non_null(strstr(fault.what, "can't write private.gdbm"));
        end(&world);
    }
}

/* A record of before, which the roll does not have, is not replaced. */
static void what_the_roll_lacks(void **state)
{
    (void)state;
    for (size_t w = 0; w < WAITS; w++) {
        struct svct_fault fault = {0};
        struct world world;
        int r;

        begin(&world, 0);
        svct_partfile_hold_against(&world.file, NULL);
        assert_int_equal(store(&world, 5, "of before", NULL), 0);
        svct_partfile_hold_against(&world.file, &world.roll);
        if (waits[w] != 0)
            assert_int_equal(svct_partfile_gather(&world.file, waits[w], NULL),
                             0);
        r = store(&world, 5, "of today", &fault);
        if (r == 0)
            r = svct_partfile_finish(&world.file, &fault);
        assert_int_equal(r, SVCT_E_DAMAGED);
        end(&world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_the_list_has_it),
        cmocka_unit_test(old_bytes_are_gone),
        cmocka_unit_test(no_room),
        cmocka_unit_test(what_the_roll_lacks),
    };

    testdb_enter();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
