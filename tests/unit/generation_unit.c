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
    assert_true(svct_generation_newest(dir_fd) == SVCT_SEQUENCE_MAX);
}

static void a_left_over_folder_is_emptied(void **state)
{
    (void)state;
    make(5);
    privdir_write(TESTDB "/gen-0000000005/stranger", "x");
    make(5);
    assert_false(exists("gen-0000000005/stranger"));
    assert_true(exists("gen-0000000005/private.gdbm"));
}

/* Folders in one another, a file in the last one. */
static void make_deep(unsigned count, char *ret_path, size_t size)
{
    size_t len = (size_t)snprintf(ret_path, size, TESTDB "/gen-0000000005");

    for (unsigned i = 0; i < count; i++) {
        len += (size_t)snprintf(ret_path + len, size - len, "/f%u", i);
        assert_int_equal(mkdir(ret_path, 0755), 0);
    }
    snprintf(ret_path + len, size - len, "/file");
    privdir_write(ret_path, "x");
}

static void folders_in_a_left_over_folder(void **state)
{
    char path[256];

    (void)state;
    make(5);
    make_deep(8, path, sizeof path);
    assert_int_equal(mkdir(TESTDB "/elsewhere", 0755), 0);
    privdir_write(TESTDB "/elsewhere/file", "x");
    assert_int_equal(symlink("../elsewhere", TESTDB "/gen-0000000005/link"), 0);
    assert_int_equal(
        symlink("../../elsewhere", TESTDB "/gen-0000000005/f0/link"), 0);
    make(5);
    assert_false(exists("gen-0000000005/f0"));
    assert_false(exists("gen-0000000005/link"));
    assert_true(exists("elsewhere/file"));
}

static void folders_that_are_not_emptied(void **state)
{
    char path[256];
    int fd;

    (void)state;
    make(5); /* too deep */
    make_deep(9, path, sizeof path);
    assert_int_equal(svct_generation_make(dir_fd, 5, &fd, NULL), SVCT_E_IO);
    assert_int_equal(access(path, F_OK), 0);
    privdir_remove(TESTDB "/gen-0000000005");
    make(5); /* somebody else's */
    make_deep(1, path, sizeof path);
    assert_int_equal(chown(TESTDB "/gen-0000000005/f0", 65534, 65534), 0);
    assert_int_equal(svct_generation_make(dir_fd, 5, &fd, NULL), SVCT_E_IO);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(chown(TESTDB "/gen-0000000005/f0", 0, 0), 0);
    assert_int_equal(chmod(TESTDB "/gen-0000000005/f0", 0777), 0);
    assert_int_equal(svct_generation_make(dir_fd, 5, &fd, NULL), SVCT_E_IO);
    assert_int_equal(access(path, F_OK), 0);
    privdir_remove(TESTDB "/gen-0000000005");
    make(5); /* another file system */
    assert_int_equal(mkdir(TESTDB "/gen-0000000005/f0", 0755), 0);
    assert_int_equal(
        mount("tmpfs", TESTDB "/gen-0000000005/f0", "tmpfs", 0, "mode=0755"),
        0);
    privdir_write(TESTDB "/gen-0000000005/f0/file", "x");
    assert_int_equal(svct_generation_make(dir_fd, 5, &fd, NULL), SVCT_E_IO);
    assert_true(exists("gen-0000000005/f0/file"));
    assert_int_equal(umount(TESTDB "/gen-0000000005/f0"), 0);
    make(5);
}

static void what_is_pruned(void **state)
{
    static const struct {
        uint64_t current;
        unsigned keep;
        const char *left; /* of the generations 1 to 6 */
    } cases[] = {
        {6, 3, "456"}, {4, 3, "234"}, {4, 1, "4"},      {2, 3, "12"},
        {1, 3, "1"},   {0, 3, ""},    {6, 9, "123456"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (uint64_t n = 1; n <= 6; n++)
            make(n);
        assert_int_equal(symlink("x", TESTDB "/current.new"), 0);
        svct_generation_prune(dir_fd, cases[i].current, cases[i].keep);
        for (int n = 1; n <= 6; n++) {
            char name[32];

            snprintf(name, sizeof name, "gen-%010d", n);
            assert_int_equal(exists(name),
                             strchr(cases[i].left, '0' + n) != NULL);
        }
        assert_false(exists("current.new"));
    }
}

static void what_is_not_ours_stays(void **state)
{
    static const char *const names[] = {"gen-000000001",  "gen-00000000001",
                                        "gen-000000000x", "gen-0000000000",
                                        "Gen-0000000009", "other"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_int_equal(mkdirat(dir_fd, names[i], 0755), 0);
    privdir_write(TESTDB "/gen-0000000008", "a file");
    make(9);
    assert_int_equal(symlink("gen-0000000009", TESTDB "/gen-0000000007"), 0);
    svct_generation_prune(dir_fd, 10, 1);
    assert_false(exists("gen-0000000009"));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_true(exists(names[i]));
    assert_true(exists("gen-0000000008"));
    assert_true(exists("gen-0000000007"));
}

static void publishing(void **state)
{
    char name[SVCT_GENERATION_LEN + 1];
    struct svct_fault fault = {0};
    bool published = false;
    uint64_t sequence;

    (void)state;
    assert_int_equal(symlink("x", TESTDB "/current.new"), 0);
    for (uint64_t n = 3; n < 5; n++) {
        assert_int_equal(svct_generation_publish(dir_fd, n, &published, &fault),
                         0);
        assert_true(published);
        assert_int_equal(svct_snapshot_current(dir_fd, name, &sequence, &fault),
                         0);
        assert_true(sequence == n);
    }
    assert_false(exists("current.new"));
    assert_int_equal(unlink(TESTDB "/current"), 0);
    assert_int_equal(mkdir(TESTDB "/current", 0755), 0);
    assert_int_equal(svct_generation_publish(dir_fd, 5, &published, &fault),
                     SVCT_E_IO);
    assert_false(published);
    assert_false(exists("current.new"));
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

static void the_reserve(void **state)
{
    struct stat st;

    (void)state;
    svct_generation_drop_reserve(dir_fd);
    svct_generation_keep_reserve(dir_fd, 100000);
    assert_int_equal(stat(TESTDB "/reserve", &st), 0);
    assert_true(st.st_blocks * 512 >= 100000);
    svct_generation_keep_reserve(dir_fd, 300000);
    assert_int_equal(stat(TESTDB "/reserve", &st), 0);
    assert_true(st.st_blocks * 512 >= 300000);
    svct_generation_keep_reserve(dir_fd, 1000);
    assert_int_equal(stat(TESTDB "/reserve", &st), 0);
    assert_true(st.st_blocks * 512 >= 300000);
    svct_generation_drop_reserve(dir_fd);
    assert_false(exists("reserve"));
}

/* It must never be what fills the disk. */
static void no_reserve_on_a_small_disk(void **state)
{
    int fd;

    (void)state;
    assert_int_equal(mkdir(PRIVDIR "/tiny", 0755), 0);
    assert_int_equal(
        mount("tmpfs", PRIVDIR "/tiny", "tmpfs", 0, "mode=0755,size=1m"), 0);
    fd = testdb_open(PRIVDIR "/tiny");
    assert_true(svct_generation_room(fd, 900 << 10));
    assert_false(svct_generation_room(fd, 2 << 20));
    svct_generation_keep_reserve(fd, 600 << 10);
    assert_int_equal(access(PRIVDIR "/tiny/reserve", F_OK), -1);
    svct_generation_keep_reserve(fd, 400 << 10);
    assert_int_equal(access(PRIVDIR "/tiny/reserve", F_OK), 0);
    close(fd);
    assert_int_equal(umount(PRIVDIR "/tiny"), 0);
}

int main(void)
{
#define FRESH(test) cmocka_unit_test_setup_teardown(test, fresh, done)
    const struct CMUnitTest tests[] = {
        FRESH(numbers_of_generations),
        FRESH(a_left_over_folder_is_emptied),
        FRESH(folders_in_a_left_over_folder),
        FRESH(folders_that_are_not_emptied),
        FRESH(what_is_pruned),
        FRESH(what_is_not_ours_stays),
        FRESH(publishing),
        FRESH(copying),
        FRESH(the_reserve),
        FRESH(no_reserve_on_a_small_disk),
    };

    testdb_enter();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
