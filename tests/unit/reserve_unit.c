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
#include "write/reserve.h"

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

/* A generation whose files have so many bytes, open. */
static int make_sized(uint64_t sequence, off_t size)
{
    char name[SVCT_GENLIST_NAME];
    int fd, file;

    make(sequence);
    assert_int_equal(unlink(TESTDB "/current.new"), 0);
    svct_genlist_name(name, sequence);
    fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY);
    file = openat(fd, "private.gdbm", O_WRONLY);
    assert_int_equal(ftruncate(file, size), 0);
    close(file);
    return fd;
}

static int64_t reserved(void)
{
    struct stat st;

    assert_int_equal(stat(TESTDB "/reserve/private.gdbm", &st), 0);
    assert_int_equal(st.st_size, 0);
    return (int64_t)st.st_blocks * 512;
}

static void it_has_room_for_one_more(void **state)
{
    struct stat st;
    int fd = make_sized(1, 100000);

    (void)state;
    svct_reserve_keep(dir_fd, fd, 2);
    close(fd);
    assert_true(reserved() >= 125000);
    assert_int_equal(stat(TESTDB "/reserve", &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    assert_true(exists("reserve/public.gdbm"));
    assert_true(exists("reserve/names.stale"));
    assert_true(exists("reserve/current.new"));
    fd = make_sized(2, 300000);
    svct_reserve_keep(dir_fd, fd, 3);
    close(fd);
    assert_true(reserved() >= 375000);
    fd = make_sized(3, 1000); /* it does not get smaller */
    svct_reserve_keep(dir_fd, fd, 4);
    close(fd);
    assert_true(reserved() >= 375000);
    assert_int_equal(svct_genlist_pending(dir_fd), 0);
    svct_reserve_drop(dir_fd);
    assert_false(exists("reserve"));
    svct_reserve_drop(dir_fd);
}

static void taken_and_given_back(void **state)
{
    static const uint64_t next[] = {2, 7}; /* its link fits, or does not */
    int fd = make_sized(1, 100000), taken = -7;

    (void)state;
    assert_int_equal(svct_reserve_take(dir_fd, 2, &taken, NULL),
                     SVCT_E_NOTFOUND);
    assert_int_equal(taken, -7);
    for (int i = 0; i < 2; i++) {
        svct_reserve_keep(dir_fd, fd, next[i]);
        assert_int_equal(svct_reserve_take(dir_fd, 2, &taken, NULL), 0);
        close(taken);
        assert_true(svct_genlist_pending(dir_fd) == 2);
        assert_false(exists("reserve"));
        assert_true(exists("gen-0000000002/private.gdbm"));
        assert_true(svct_reserve_give_back(dir_fd, 2));
        assert_true(exists("reserve/private.gdbm"));
        assert_false(exists("gen-0000000002"));
        assert_true(svct_genlist_pending(dir_fd) == 0);
    }
    close(fd);
}

static void what_is_not_given_back(void **state)
{
    int fd = make_sized(1, 100000), taken;

    (void)state;
    assert_false(svct_reserve_give_back(dir_fd, 1)); /* is not of it */
    assert_false(svct_reserve_give_back(dir_fd, 5)); /* is not there */
    svct_reserve_keep(dir_fd, fd, 2);
    assert_int_equal(svct_reserve_take(dir_fd, 2, &taken, NULL), 0);
    assert_int_equal(svct_reserve_settle(taken, NULL), 0);
    assert_false(svct_reserve_give_back(dir_fd, 2)); /* is settled */
    svct_reserve_unsettle(taken);
    svct_reserve_keep(dir_fd, fd, 3);
    assert_false(svct_reserve_give_back(dir_fd, 2)); /* there is another */
    assert_true(exists("gen-0000000002"));
    assert_false(exists("gen-0000000002/names.stale"));
    close(taken);
    close(fd);
}

/* It must never be what fills the disk. */
static void none_on_a_small_disk(void **state)
{
    int fd, small = make_sized(1, 0);

    (void)state;
    assert_int_equal(mkdir(PRIVDIR "/tiny", 0755), 0);
    assert_int_equal(
        mount("tmpfs", PRIVDIR "/tiny", "tmpfs", 0, "mode=0755,size=2m"), 0);
    fd = testdb_open(PRIVDIR "/tiny");
    assert_true(svct_generation_room(fd, 1900 << 10));
    assert_false(svct_generation_room(fd, 3 << 20));
    svct_reserve_keep(fd, small, 2);
    assert_int_equal(access(PRIVDIR "/tiny/reserve", F_OK), -1);
    assert_int_equal(mount(NULL, PRIVDIR "/tiny", NULL, MS_REMOUNT, "size=3m"),
                     0);
    svct_reserve_keep(fd, small, 2);
    assert_int_equal(access(PRIVDIR "/tiny/reserve", F_OK), 0);
    close(fd);
    close(small);
    assert_int_equal(umount(PRIVDIR "/tiny"), 0);
}

int main(void)
{
#define FRESH(test) cmocka_unit_test_setup_teardown(test, fresh, done)
    const struct CMUnitTest tests[] = {
        FRESH(it_has_room_for_one_more),
        FRESH(taken_and_given_back),
        FRESH(what_is_not_given_back),
        FRESH(none_on_a_small_disk),
    };

    testdb_enter();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
