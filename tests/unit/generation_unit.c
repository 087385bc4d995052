/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/safefile.h"
#include "../support/testdb.h"
#include "write/generation.h"
#include "write/genlist.h"

static int dir_fd;

static int fresh(void **state)
{
    (void)state;
    privdir_remove(TESTDB);
    if (mkdir(TESTDB, 0755) != 0)
        return -1;
    dir_fd = testdb_open(TESTDB);
    return 0;
}

static int done(void **state)
{
    (void)state;
    return close(dir_fd);
}

static bool exists(const char *name)
{
    struct stat st;

    return fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static void make(uint64_t sequence)
{
    int fd, file;

    assert_int_equal(svct_generation_make(dir_fd, sequence, &fd, NULL), 0);
    for (int part = 0; part < SVCT_PARTS; part++) {
        assert_int_equal(
            svct_generation_make_file(fd, (enum svct_part)part, &file, NULL),
            0);
        close(file);
    }
    close(fd);
}

static void numbers_of_generations(void **state)
{
    static const uint64_t bad[] = {0, SVCT_SEQUENCE_MAX + 1, UINT64_MAX};
    struct svct_fault fault = {0};
    int fd = -7;

    (void)state;
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(svct_generation_make(dir_fd, bad[i], &fd, &fault),
                         SVCT_E_RANGE);
    assert_int_equal(fd, -7);
    make(SVCT_SEQUENCE_MAX);
    assert_true(exists("gen-9999999999"));
    make(1);
    assert_true(exists("gen-0000000001"));
}

/* The mark is there before the folder, and one that is taken stays. */
static void a_generation_is_marked_first(void **state)
{
    int fd = -7;

    (void)state;
    make(5);
    assert_true(svct_genlist_pending(dir_fd) == 5);
    privdir_write(TESTDB "/gen-0000000006", "in the way");
    assert_int_equal(svct_generation_make(dir_fd, 6, &fd, NULL), SVCT_E_IO);
    assert_int_equal(fd, -7);
    assert_true(svct_genlist_pending(dir_fd) == 6);
    assert_true(exists("gen-0000000005/private.gdbm"));
    assert_int_equal(unlink(TESTDB "/current.new"), 0);
    assert_int_equal(mkdir(TESTDB "/current.new", 0755), 0);
    assert_int_equal(svct_generation_make(dir_fd, 7, &fd, NULL), SVCT_E_IO);
    assert_false(exists("gen-0000000007"));
}

static void publishing(void **state)
{
    char name[SVCT_GENERATION_LEN + 1];
    struct svct_fault fault = {0};
    bool published = false;
    uint64_t sequence;

    (void)state;
    for (uint64_t n = 3; n < 5; n++) {
        make(n);
        assert_int_equal(svct_generation_publish(dir_fd, n, &published, &fault),
                         0);
        assert_true(published);
        assert_int_equal(svct_snapshot_current(dir_fd, name, &sequence, &fault),
                         0);
        assert_true(sequence == n);
    }
    assert_false(exists("current.new"));
    /* Another than the one that was made last. */
    make(5);
    assert_int_equal(svct_generation_publish(dir_fd, 4, &published, &fault),
                     SVCT_E_IO);
    assert_false(published);
    assert_int_equal(unlink(TESTDB "/current"), 0);
    assert_int_equal(mkdir(TESTDB "/current", 0755), 0);
    assert_int_equal(svct_generation_publish(dir_fd, 5, &published, &fault),
                     SVCT_E_IO);
    assert_false(published);
    assert_true(svct_genlist_pending(dir_fd) == 5);
}

/* Whatever means of copying the file system has: the bytes are the same. */
static void copying(void **state)
{
    struct svct_fault fault = {0};
    uint8_t block[4096], other[4096];
    int from, to, fd;
    struct stat st;

    (void)state;
    testdb_init(PRIVDIR "/from");
    from = testdb_open(PRIVDIR "/from");
    assert_int_equal(
        svct_safefile_open_subdir(from, "gen-0000000001", &fd, NULL), 0);
    close(from);
    from = fd;
    assert_int_equal(svct_generation_make(dir_fd, 1, &to, NULL), 0);
    assert_int_equal(
        svct_generation_copy_file(from, to, SVCT_PART_PRIVATE, &fd, &fault), 0);
    close(fd);
    assert_int_equal(
        svct_generation_copy_file(from, to, SVCT_PART_PRIVATE, &fd, &fault),
        SVCT_E_IO); /* is there already */
    fd = openat(from, "private.gdbm", O_RDONLY);
    from = openat(to, "private.gdbm", O_RDONLY);
    assert_int_equal(fstat(from, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    for (int64_t at = 0; at < st.st_size; at += 4096) {
        assert_true(svct_safefile_pread(fd, block, 4096, at));
        assert_true(svct_safefile_pread(from, other, 4096, at));
        assert_memory_equal(block, other, 4096);
    }
    assert_false(svct_safefile_pread(fd, block, 1, st.st_size));
    assert_false(svct_safefile_pread(from, block, 1, st.st_size));
    assert_true(svct_generation_size(to) > st.st_size);
    close(from);
    close(fd);
    close(to);
    privdir_remove(PRIVDIR "/from");
}

int main(void)
{
#define FRESH(test) cmocka_unit_test_setup_teardown(test, fresh, done)
    const struct CMUnitTest tests[] = {
        FRESH(numbers_of_generations),
        FRESH(a_generation_is_marked_first),
        FRESH(publishing),
        FRESH(copying),
    };

    testdb_enter();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
