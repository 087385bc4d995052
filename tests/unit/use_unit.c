/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/testdb.h"
#include "auth/use.h"

#define FILE_PATH TESTDB "/" SVCT_USAGE_FILE
#define SLOTS 8 /* with the head */
#define ID "4fK2abcXYZ"
#define OTHER "0000000000"
#define NOW INT64_C(1800000000)

static struct svct_fault fault;
static struct svct_usage usage;
static int dir_fd;

static int fresh(void **state)
{
    int fd;

    (void)state;
    privdir_remove(TESTDB);
    assert_int_equal(mkdir(TESTDB, 0755), 0);
    fd = open(FILE_PATH, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)svct_usage_end(SLOTS - 1)), 0);
    close(fd);
    dir_fd = testdb_open(TESTDB);
    assert_int_equal(svct_usage_open(dir_fd, O_RDWR, &usage, &fault), 0);
    fault = (struct svct_fault){0};
    return 0;
}

static int closed(void **state)
{
    (void)state;
    svct_usage_close(&usage);
    close(dir_fd);
    return 0;
}

static void have(uint32_t slot, const char *id, uint32_t uses, int64_t last)
{
    struct svct_seen seen = {.uses = uses, .last_used = last};

    memcpy(seen.id, id, SVCT_TOKEN_ID_LEN + 1);
    assert_int_equal(svct_usage_write(&usage, slot, &seen), 0);
}

static void damage_copy(uint32_t slot, unsigned copy)
{
    int fd = open(FILE_PATH, O_WRONLY | O_CLOEXEC);
    off_t offset = (off_t)svct_usage_offset(slot, copy) + 13;

    assert_int_equal(pwrite(fd, "?", 1, offset), 1);
    close(fd);
}

static void damage(uint32_t slot)
{
    damage_copy(slot, 0);
    damage_copy(slot, 1);
}

static struct svct_seen in_copy(uint32_t slot, unsigned copy)
{
    struct svct_seen seen = {.uses = 0};

    assert_int_equal(svct_usage_read_copy(&usage, slot, copy, &seen), 0);
    return seen;
}

static struct svct_seen now_in(uint32_t slot)
{
    return in_copy(slot, 0);
}

static struct svct_use use_at(int64_t now)
{
    return (struct svct_use){.id = ID,
                             .slot = 3,
                             .service = "sshd",
                             .rhost = "192.0.2.7",
                             .now = now};
}

static int note_at(int64_t now)
{
    struct svct_use use = use_at(now);

    return svct_use_note(dir_fd, &use, &fault);
}

static enum svct_verdict take(uint32_t max_uses, uint32_t *ret_uses)
{
    struct svct_use use = use_at(NOW);

    fault = (struct svct_fault){0};
    return svct_use_take(dir_fd, &use, max_uses, ret_uses, &fault);
}

/* ---- notes ---- */

static void the_first_note(void **state)
{
    (void)state;
    assert_int_equal(note_at(NOW), 0);
    assert_string_equal(now_in(3).id, ID);
    assert_int_equal(now_in(3).uses, 1);
    assert_int_equal(now_in(3).last_used, NOW);
    assert_string_equal(now_in(3).service, "sshd");
    assert_string_equal(now_in(3).rhost, "192.0.2.7");
}

static void without_service_and_host(void **state)
{
    struct svct_use use = {.id = ID, .slot = 3, .now = NOW};

    (void)state;
    assert_int_equal(svct_use_note(dir_fd, &use, &fault), 0);
    assert_string_equal(now_in(3).service, "");
    assert_string_equal(now_in(3).rhost, "");
}

static void at_most_once_a_minute(void **state)
{
    struct stat before, after;

    (void)state;
    assert_int_equal(note_at(NOW), 0);
    assert_int_equal(stat(FILE_PATH, &before), 0);
    assert_int_equal(note_at(NOW), 0);
    assert_int_equal(note_at(NOW + 59), 0);
    assert_int_equal(stat(FILE_PATH, &after), 0);
    assert_memory_equal(&before.st_mtim, &after.st_mtim, sizeof before.st_mtim);
    assert_int_equal(now_in(3).last_used, NOW);
    assert_int_equal(now_in(3).uses, 1);
    assert_int_equal(note_at(NOW + 60), 0);
    assert_int_equal(now_in(3).last_used, NOW + 60);
    assert_int_equal(now_in(3).uses, 2);
}

/* A time that lies ahead would else stand there until it has come. */
static void a_clock_set_back(void **state)
{
    (void)state;
    have(3, ID, 4, SVCT_TIME_MAX);
    assert_int_equal(note_at(NOW), 0);
    assert_int_equal(now_in(3).last_used, NOW);
    assert_int_equal(now_in(3).uses, 5);
    assert_int_equal(note_at(NOW - 1), 0);
    assert_int_equal(now_in(3).last_used, NOW - 1);
    assert_int_equal(note_at(0), 0);
    assert_int_equal(now_in(3).last_used, 0);
    assert_int_equal(note_at(SVCT_TIME_MAX), 0);
    assert_true(now_in(3).last_used == SVCT_TIME_MAX);
}

static void the_number_stops_at_its_end(void **state)
{
    (void)state;
    have(3, ID, UINT32_MAX, 0);
    assert_int_equal(note_at(NOW), 0);
    assert_true(now_in(3).uses == UINT32_MAX);
    assert_int_equal(now_in(3).last_used, NOW);
}

static void never_over_another_token(void **state)
{
    (void)state;
    have(3, OTHER, 7, 5);
    assert_int_equal(note_at(NOW), SVCT_E_NOTFOUND);
    assert_string_equal(now_in(3).id, OTHER);
    assert_int_equal(now_in(3).uses, 7);
    assert_int_equal(now_in(3).last_used, 5);
}

/* The first copy says nothing any more, the second whose it is. */
static void nor_over_one_by_its_second_copy(void **state)
{
    struct svct_seen seen;

    (void)state;
    have(3, OTHER, 7, 5);
    damage_copy(3, 0);
    assert_int_equal(note_at(NOW), SVCT_E_NOTFOUND);
    assert_int_equal(svct_usage_read_copy(&usage, 3, 0, &seen), SVCT_E_DAMAGED);
    have(3, ID, 7, 5);
    damage_copy(3, 0);
    assert_int_equal(note_at(NOW), 0);
    assert_int_equal(now_in(3).last_used, NOW);
}

/* One write: the second copy stays as it was given out. */
static void a_note_is_one_write(void **state)
{
    (void)state;
    have(3, ID, 0, 0);
    assert_int_equal(note_at(NOW), 0);
    assert_int_equal(in_copy(3, 0).last_used, NOW);
    assert_int_equal(in_copy(3, 1).last_used, 0);
}

static void over_a_damaged_slot(void **state)
{
    (void)state;
    have(3, OTHER, 7, 5);
    have(2, OTHER, 7, 5);
    damage(3);
    assert_int_equal(note_at(NOW), 0);
    assert_string_equal(now_in(3).id, ID);
    assert_int_equal(now_in(3).uses, 1);
    assert_int_equal(now_in(2).uses, 7);
}

/* Neither made nor made longer. */
static void never_a_longer_file(void **state)
{
    struct svct_use use = use_at(NOW);
    struct stat st;

    (void)state;
    use.slot = SVCT_USAGE_GROUP;
    assert_int_equal(svct_use_note(dir_fd, &use, &fault), SVCT_E_RANGE);
    use.slot = 0;
    assert_int_equal(svct_use_note(dir_fd, &use, &fault), SVCT_E_RANGE);
    assert_int_equal(stat(FILE_PATH, &st), 0);
    assert_int_equal(st.st_size, svct_usage_end(SLOTS - 1));
    assert_int_equal(unlink(FILE_PATH), 0);
    assert_int_equal(note_at(NOW), SVCT_E_NOTFOUND);
    assert_int_equal(access(FILE_PATH, F_OK), -1);
}

/* Who holds the slot is another login of the same token: it notes. */
static void a_note_never_waits(void **state)
{
    struct timespec begin, end;

    (void)state;
    assert_int_equal(svct_usage_lock(&usage, 3, 0), 0);
    clock_gettime(CLOCK_MONOTONIC, &begin);
    assert_int_equal(note_at(NOW), SVCT_E_BUSY);
    clock_gettime(CLOCK_MONOTONIC, &end);
    assert_true(end.tv_sec - begin.tv_sec <= 1);
    svct_usage_unlock(&usage, 3);
    assert_int_equal(note_at(NOW), 0);
}

/* ---- uses ---- */

static void exactly_so_many(void **state)
{
    uint32_t uses = 99;

    (void)state;
    have(3, ID, 0, 0);
    for (uint32_t i = 1; i <= 3; i++) {
        assert_int_equal(take(3, &uses), SVCT_GRANTED);
        assert_int_equal(uses, i);
        for (unsigned copy = 0; copy < SVCT_USAGE_COPIES; copy++) {
            assert_int_equal(in_copy(3, copy).uses, i);
            assert_int_equal(in_copy(3, copy).last_used, NOW);
        }
    }
    uses = 99;
    assert_int_equal(take(3, &uses), SVCT_TOKEN_USED_UP);
    assert_int_equal(uses, 3);
    assert_int_equal(now_in(3).uses, 3);
    assert_int_equal(fault.code, 0);
}

static void at_the_end_of_numbers(void **state)
{
    uint32_t uses = 0;

    (void)state;
    have(3, ID, UINT32_MAX - 1, 0);
    assert_int_equal(take(UINT32_MAX, &uses), SVCT_GRANTED);
    assert_true(uses == UINT32_MAX);
    assert_int_equal(take(UINT32_MAX, &uses), SVCT_TOKEN_USED_UP);
    have(3, ID, 7, 0); /* more than it may: as after a restored limit */
    assert_int_equal(take(5, &uses), SVCT_TOKEN_USED_UP);
}

static void unavailable(int code)
{
    uint32_t uses = 99;

    assert_int_equal(take(5, &uses), SVCT_USAGE_UNAVAILABLE);
    assert_int_equal(uses, 99);
    assert_int_equal(fault.code, code);
    assert_true(fault.what[0] != '\0');
    fault = (struct svct_fault){0};
    assert_int_equal(svct_use_count(dir_fd, 3, ID, &uses, &fault), code);
    assert_int_equal(uses, 99);
    assert_true(fault.what[0] != '\0');
}

static void what_cannot_be_counted_denies(void **state)
{
    (void)state;
    unavailable(SVCT_E_NOTFOUND); /* zeros */
    have(3, OTHER, 0, 0);
    unavailable(SVCT_E_NOTFOUND);
    assert_string_equal(now_in(3).id, OTHER);
    have(3, ID, 0, 0);
    damage(3);
    unavailable(SVCT_E_DAMAGED);
    have(3, ID, 0, 0);
    assert_int_equal(truncate(FILE_PATH, svct_usage_end(3) - 1), 0);
    unavailable(SVCT_E_RANGE);
    assert_int_equal(chmod(FILE_PATH, 0640), 0);
    unavailable(SVCT_E_UNSAFE);
    assert_int_equal(unlink(FILE_PATH), 0);
    unavailable(SVCT_E_NOTFOUND);
    assert_int_equal(access(FILE_PATH, F_OK), -1);
}

static void no_slot_denies(void **state)
{
    struct svct_use use = use_at(NOW);
    uint32_t uses = 99;

    (void)state;
    use.slot = 0;
    assert_int_equal(svct_use_take(dir_fd, &use, 5, &uses, &fault),
                     SVCT_USAGE_UNAVAILABLE);
    assert_int_equal(svct_use_count(dir_fd, 0, ID, &uses, &fault),
                     SVCT_E_RANGE);
}

/* It could be read, but a use could not be taken: the count is not known
 * either, so that "check" says what a login would. */
static void a_file_system_for_reading_only(void **state)
{
    uint32_t uses = 99;

    (void)state;
    have(3, ID, 0, 0);
    svct_usage_close(&usage);
    assert_int_equal(mount(TESTDB, TESTDB, NULL, MS_BIND, NULL), 0);
    assert_int_equal(
        mount(NULL, TESTDB, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL), 0);
    close(dir_fd);
    dir_fd = testdb_open(TESTDB);
    unavailable(SVCT_E_IO);
    assert_int_equal(note_at(NOW), SVCT_E_IO);
    close(dir_fd);
    assert_int_equal(umount2(TESTDB, MNT_DETACH), 0);
    dir_fd = testdb_open(TESTDB);
    assert_int_equal(take(5, &uses), SVCT_GRANTED);
    assert_int_equal(uses, 1);
}

static int64_t milliseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Refused after two seconds; not before, when the holder may just be slow. */
static void a_stuck_holder(void **state)
{
    struct svct_use other = use_at(NOW);
    uint32_t uses = 99;
    int64_t begin;

    (void)state;
    have(3, ID, 0, 0);
    have(4, OTHER, 0, 0);
    other.id = OTHER;
    other.slot = 4;
    assert_int_equal(svct_usage_lock(&usage, 3, 0), 0);
    begin = milliseconds();
    assert_int_equal(svct_use_take(dir_fd, &other, 5, &uses, &fault),
                     SVCT_GRANTED);
    assert_true(milliseconds() - begin < 1500);
    begin = milliseconds();
    assert_int_equal(take(5, &uses), SVCT_USAGE_UNAVAILABLE);
    assert_true(milliseconds() - begin >= 1900);
    assert_int_equal(fault.code, SVCT_E_BUSY);
    assert_int_equal(now_in(3).uses, 0);
    svct_usage_unlock(&usage, 3);
    assert_int_equal(take(5, &uses), SVCT_GRANTED);
}

static void counting(void **state)
{
    uint32_t uses = 99;

    (void)state;
    have(3, ID, 4, 0);
    assert_int_equal(svct_use_count(dir_fd, 3, ID, &uses, &fault), 0);
    assert_int_equal(uses, 4);
    assert_int_equal(now_in(3).uses, 4);
}

/* Another login was stopped in the middle of its write. */
static void half_a_write_is_waited_for(void **state)
{
    const struct timespec pause = {.tv_nsec = 200 * 1000000};
    uint32_t uses = 99;
    char byte = 0;
    int ready[2], status = -1;
    pid_t child;

    (void)state;
    have(3, ID, 4, 0);
    assert_int_equal(pipe(ready), 0);
    child = fork();
    if (child == 0) {
        struct svct_usage mine;

        svct_usage_open(dir_fd, O_RDWR, &mine, NULL);
        svct_usage_lock(&mine, 3, 0);
        damage(3);
        if (write(ready[1], "r", 1) != 1)
            _exit(1);
        nanosleep(&pause, NULL);
        have(3, ID, 5, NOW);
        svct_usage_unlock(&mine, 3);
        _exit(0);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(svct_use_count(dir_fd, 3, ID, &uses, &fault), 0);
    assert_int_equal(uses, 5);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    close(ready[0]);
    close(ready[1]);
}

/* Of its two copies, one was being written: who takes a use waits, and counts
 * on from what the other login wrote. */
static void nobody_counts_on_half_a_write(void **state)
{
    uint32_t uses = 99;
    int ready[2], status = -1;
    char byte = 0;
    pid_t child;

    (void)state;
    have(3, ID, 4, 0);
    assert_int_equal(pipe(ready), 0);
    child = fork();
    if (child == 0) {
        const struct timespec pause = {.tv_nsec = 200 * 1000000};
        struct svct_usage mine;

        svct_usage_open(dir_fd, O_RDWR, &mine, NULL);
        svct_usage_lock(&mine, 3, 0);
        damage_copy(3, 0);
        if (write(ready[1], "r", 1) != 1)
            _exit(1);
        nanosleep(&pause, NULL);
        have(3, ID, 5, NOW);
        svct_usage_unlock(&mine, 3);
        _exit(0);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(svct_use_count(dir_fd, 3, ID, &uses, &fault), 0);
    assert_int_equal(uses, 4); /* not yet */
    assert_int_equal(take(10, &uses), SVCT_GRANTED);
    assert_int_equal(uses, 6);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    close(ready[0]);
    close(ready[1]);
}

/* ---- a block that the disk lost ---- */

/*
 * Tokens in slots at the edges of blocks and groups, each with a limit of LIMIT
 * and another number of uses; and what the whole file was before and after each
 * step on the way there. Then every block of it, one at a time, is what it was
 * earlier, or anything else: and every token has its count as if nothing were.
 */
#define LIMIT 3

enum moment {
    EMPTY,
    FORMER, /* the slots are those of other tokens */
    GIVEN,
    USED,
    LAST = USED + LIMIT - 1,
    MOMENTS
};

static const uint32_t held[] = {1, 2, 31, 32, 33, 63, 64, 65, 511, 512, 700};
#define HELD (sizeof held / sizeof *held)
#define LOST_SIZE (3 * 65536 + 65536 / 2)

static uint8_t moments[MOMENTS][LOST_SIZE];

static struct svct_use use_of(size_t i, char id[SVCT_TOKEN_ID_LEN + 1])
{
    testdb_id(i, id);
    return (struct svct_use){.id = id, .slot = held[i], .now = NOW};
}

/* From none to all that it may have. */
static uint32_t uses_of(size_t i)
{
    return (uint32_t)(i % (LIMIT + 1));
}

static void keep(enum moment moment)
{
    assert_int_equal(pread(usage.fd, moments[moment], LOST_SIZE, 0), LOST_SIZE);
}

static void have_all(bool former)
{
    char id[SVCT_TOKEN_ID_LEN + 1];

    for (size_t i = 0; i < HELD; i++) {
        testdb_id(former ? HELD + i : i, id);
        have(held[i], id, former ? 1 : 0, former ? NOW : 0);
    }
}

static void make_moments(void)
{
    char id[SVCT_TOKEN_ID_LEN + 1];
    uint32_t uses;

    svct_usage_close(&usage);
    assert_int_equal(truncate(FILE_PATH, LOST_SIZE), 0);
    assert_int_equal(svct_usage_open(dir_fd, O_RDWR, &usage, &fault), 0);
    keep(EMPTY);
    have_all(true);
    keep(FORMER);
    have_all(false);
    keep(GIVEN);
    for (uint32_t n = 1; n <= LIMIT; n++) {
        for (size_t i = 0; i < HELD; i++) {
            struct svct_use use = use_of(i, id);

            if (n <= uses_of(i))
                assert_int_equal(
                    svct_use_take(dir_fd, &use, LIMIT, &uses, &fault),
                    SVCT_GRANTED);
        }
        keep(USED + (enum moment)n - 1);
    }
}

static unsigned lost_blocks;

/* Counted as if nothing were; and a use makes both copies whole again. */
static void check_token(size_t i, size_t at, size_t size)
{
    char id[SVCT_TOKEN_ID_LEN + 1];
    struct svct_use use = use_of(i, id);
    bool used_up = uses_of(i) == LIMIT;
    uint32_t uses = 99;

    if (svct_use_count(dir_fd, held[i], id, &uses, &fault) != 0 ||
        uses != uses_of(i))
        fail_msg("slot %u: %u uses, not %u, without block %zu of %zu bytes",
                 (unsigned)held[i], (unsigned)uses, (unsigned)uses_of(i),
                 at / size, size);
    assert_int_equal(svct_use_take(dir_fd, &use, LIMIT, &uses, &fault),
                     used_up ? SVCT_TOKEN_USED_UP : SVCT_GRANTED);
    if (used_up)
        return;
    assert_int_equal(in_copy(held[i], 0).uses, uses_of(i) + 1);
    assert_int_equal(in_copy(held[i], 1).uses, uses_of(i) + 1);
}

static void lose(size_t at, size_t size, const uint8_t *instead)
{
    if (memcmp(moments[LAST] + at, instead, size) == 0)
        return;
    lost_blocks++;
    assert_int_equal(pwrite(usage.fd, moments[LAST], LOST_SIZE, 0), LOST_SIZE);
    assert_int_equal(pwrite(usage.fd, instead, size, (off_t)at), size);
    for (size_t i = 0; i < HELD; i++)
        check_token(i, at, size);
}

static bool is_blank(size_t at, size_t size)
{
    return memcmp(moments[EMPTY] + at, moments[LAST] + at, size) == 0;
}

static void lose_block(size_t at, size_t size)
{
    static uint8_t noise[65536];

    for (int moment = 0; moment < LAST; moment++)
        lose(at, size, moments[moment] + at);
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (uint8_t)(i * 97 + i / 251 + 1);
    lose(at, size, noise);
    for (size_t other = 0; other + size <= LOST_SIZE; other += size)
        if (!is_blank(other, size))
            lose(at, size, moments[LAST] + other);
}

static void any_single_block(void **state)
{
    (void)state;
    make_moments();
    lost_blocks = 0;
    for (size_t size = 512; size <= 65536; size *= 2)
        for (size_t at = 0; at + size <= LOST_SIZE; at += size)
            if (!is_blank(at, size))
                lose_block(at, size);
    assert_true(lost_blocks > 1000);
}

/* A login that a crash or a full disk stopped anywhere let nobody in: the count
 * is the one before it or the one with it. */
static void any_half_written(void **state)
{
    uint8_t old[SVCT_USAGE_SLOT], new[SVCT_USAGE_SLOT], torn[SVCT_USAGE_SLOT];
    uint32_t uses = 99;

    (void)state;
    have(3, ID, 4, 0);
    assert_int_equal(
        pread(usage.fd, old, sizeof old, (off_t)svct_usage_offset(3, 0)),
        sizeof old);
    have(3, ID, 5, NOW);
    assert_int_equal(
        pread(usage.fd, new, sizeof new, (off_t)svct_usage_offset(3, 0)),
        sizeof new);
    for (size_t len = 0; len <= sizeof torn; len++)
        for (unsigned copy = 0; copy < SVCT_USAGE_COPIES; copy++)
            for (int before = 0; before < 2; before++) {
                const uint8_t *other = before == 1 ? old : new;

                memcpy(torn, old, sizeof torn);
                memcpy(torn, new, len);
                assert_int_equal(pwrite(usage.fd, torn, sizeof torn,
                                        (off_t)svct_usage_offset(3, copy)),
                                 sizeof torn);
                assert_int_equal(pwrite(usage.fd, other, sizeof torn,
                                        (off_t)svct_usage_offset(3, 1 - copy)),
                                 sizeof torn);
                assert_int_equal(svct_use_count(dir_fd, 3, ID, &uses, &fault),
                                 0);
                assert_int_equal(uses,
                                 before == 1 && len < sizeof torn ? 4 : 5);
            }
}

static void nothing_is_left_open(void **state)
{
    unsigned before = testdb_descriptors();
    uint32_t uses;

    (void)state;
    have(3, ID, 0, 0);
    take(1, &uses);
    take(1, &uses);
    note_at(NOW);
    svct_use_count(dir_fd, 3, ID, &uses, &fault);
    damage(3);
    take(1, &uses);
    note_at(NOW);
    svct_use_count(dir_fd, 9, ID, &uses, &fault);
    assert_int_equal(testdb_descriptors(), before);
    assert_int_equal(svct_usage_lock(&usage, 3, 0), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fresh, closed)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_first_note),
        CASE(without_service_and_host),
        CASE(at_most_once_a_minute),
        CASE(a_clock_set_back),
        CASE(the_number_stops_at_its_end),
        CASE(never_over_another_token),
        CASE(nor_over_one_by_its_second_copy),
        CASE(a_note_is_one_write),
        CASE(over_a_damaged_slot),
        CASE(never_a_longer_file),
        CASE(a_note_never_waits),
        CASE(exactly_so_many),
        CASE(at_the_end_of_numbers),
        CASE(what_cannot_be_counted_denies),
        CASE(no_slot_denies),
        CASE(a_file_system_for_reading_only),
        CASE(a_stuck_holder),
        CASE(counting),
        CASE(half_a_write_is_waited_for),
        CASE(nobody_counts_on_half_a_write),
        CASE(any_single_block),
        CASE(any_half_written),
        CASE(nothing_is_left_open),
    };

    testdb_enter();
    umask(022);
    return cmocka_run_group_tests_name("use", tests, NULL, NULL);
}
