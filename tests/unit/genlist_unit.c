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

static void prune(uint64_t current, unsigned keep)
{
    svct_genlist_prune(
        dir_fd, &(struct svct_genlist_rule){.current = current, .keep = keep});
}

/* As an older writer, or somebody else, may have left it. */
static void unmark(void)
{
    assert_int_equal(unlink(TESTDB "/current.new"), 0);
}

/* One of an account more than the one before, published. */
static void publish(uint64_t sequence)
{
    char name[16];

    snprintf(name, sizeof name, "a%d", (int)sequence);
    testdb_add_account(TESTDB, name);
}

static void names_and_numbers(void **state)
{
    static const char *const none[] = {"",
                                       "gen-",
                                       "gen-000000001",
                                       "gen-00000000001",
                                       "gen-000000000x",
                                       "gen-0000000000",
                                       "Gen-0000000009",
                                       "gen-         1"};
    char name[SVCT_GENLIST_NAME];

    (void)state;
    svct_genlist_name(name, 42);
    assert_string_equal(name, "gen-0000000042");
    assert_true(svct_genlist_sequence(name) == 42);
    assert_true(svct_genlist_sequence("gen-9999999999") == SVCT_SEQUENCE_MAX);
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_true(svct_genlist_sequence(none[i]) == 0);
}

static void the_next_number(void **state)
{
    (void)state;
    assert_true(svct_genlist_newest(dir_fd) == 0);
    assert_true(svct_genlist_next(dir_fd, 0) == 1);
    assert_true(svct_genlist_next(dir_fd, 7) == 8);
    make(3);
    assert_true(svct_genlist_next(dir_fd, 0) == 4);
    assert_true(svct_genlist_newest(dir_fd) == 0); /* it is marked */
    unmark();
    assert_true(svct_genlist_newest(dir_fd) == 3);
    make(SVCT_SEQUENCE_MAX);
    assert_true(svct_genlist_next(dir_fd, 5) == SVCT_SEQUENCE_MAX + 1);
}

static void the_mark(void **state)
{
    static const char *const none[] = {"gen-0000000000", "/gen-0000000001",
                                       "gen-00000000011", "x"};

    (void)state;
    assert_true(svct_genlist_pending(dir_fd) == 0);
    make(6);
    assert_true(svct_genlist_pending(dir_fd) == 6);
    unmark();
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        assert_int_equal(symlink(none[i], TESTDB "/current.new"), 0);
        assert_true(svct_genlist_pending(dir_fd) == 0);
        unmark();
    }
    privdir_write(TESTDB "/current.new", "gen-0000000006");
    assert_true(svct_genlist_pending(dir_fd) == 0);
}

/* Copies the folder of generation 1 of a database. */
static void copy_first(uint64_t to)
{
    char command[200];

    snprintf(command, sizeof command,
             "cp -a " TESTDB "/gen-0000000001 " TESTDB "/gen-%010d", (int)to);
    assert_int_equal(system(command), 0);
}

static void what_is_pruned(void **state)
{
    static const struct {
        uint64_t current;
        uint64_t also;
        unsigned keep;
        const char *left; /* of the generations 1 to 6, all published */
    } cases[] = {
        {6, 0, 3, "456"},    {6, 0, 1, "6"},      {6, 0, 9, "123456"},
        {6, 1, 3, "1456"},   {6, 2, 1, "26"},     {5, 0, 3, "456"},
        {4, 0, 3, "456"},    {4, 0, 1, "456"},    {2, 0, 3, "23456"},
        {1, 0, 1, "123456"}, {0, 0, 3, "123456"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct svct_genlist_rule rule = {cases[i].current, cases[i].also,
                                               cases[i].keep};

        testdb_init(TESTDB);
        close(dir_fd);
        dir_fd = testdb_open(TESTDB);
        for (uint64_t n = 2; n <= 6; n++) {
            int fd, file;
            char name[SVCT_GENLIST_NAME];

            /* Nothing can be read in these: damaged, but published. */
            svct_genlist_name(name, n);
            assert_int_equal(mkdirat(dir_fd, name, 0755), 0);
            fd = openat(dir_fd, name, O_RDONLY);
            assert_int_equal(
                svct_generation_make_file(fd, SVCT_PART_PRIVATE, &file, NULL),
                0);
            close(file);
            close(fd);
        }
        svct_genlist_prune(dir_fd, &rule);
        for (int n = 1; n <= 6; n++) {
            char name[32];

            snprintf(name, sizeof name, "gen-%010d", n);
            assert_int_equal(exists(name),
                             strchr(cases[i].left, '0' + n) != NULL);
        }
    }
}

/* Newer than the current one: only what was published stays. */
static void what_was_never_published(void **state)
{
    (void)state;
    testdb_init(TESTDB);
    close(dir_fd);
    dir_fd = testdb_open(TESTDB);
    publish(2);
    publish(3);
    copy_first(7); /* whole, but of another number: half done */
    assert_int_equal(mkdir(TESTDB "/gen-0000000008", 0755), 0); /* empty */
    copy_first(9);
    assert_int_equal(symlink("gen-0000000009", TESTDB "/current.new"), 0);
    prune(1, 3);
    assert_true(exists("gen-0000000001"));
    assert_true(exists("gen-0000000002"));
    assert_true(exists("gen-0000000003"));
    assert_false(exists("gen-0000000007"));
    assert_false(exists("gen-0000000008"));
    assert_false(exists("gen-0000000009"));
    assert_false(exists("current.new"));
    /* Marked by a hand that meant to go back to it. */
    assert_int_equal(symlink("gen-0000000002", TESTDB "/current.new"), 0);
    prune(3, 3);
    assert_true(exists("gen-0000000002"));
    assert_false(exists("current.new"));
}

static void the_newest_whole_one(void **state)
{
    (void)state;
    assert_true(svct_genlist_newest_whole(dir_fd) == 0);
    testdb_init(TESTDB);
    close(dir_fd);
    dir_fd = testdb_open(TESTDB);
    assert_true(svct_genlist_newest_whole(dir_fd) == 1);
    publish(2);
    publish(3);
    assert_true(svct_genlist_newest_whole(dir_fd) == 3);
    copy_first(4);
    assert_true(svct_genlist_newest_whole(dir_fd) == 3);
    assert_int_equal(symlink("gen-0000000003", TESTDB "/current.new"), 0);
    assert_true(svct_genlist_newest_whole(dir_fd) == 2);
    assert_int_equal(chmod(TESTDB "/gen-0000000002", 0777), 0);
    assert_true(svct_genlist_newest_whole(dir_fd) == 1);
    assert_int_equal(chmod(TESTDB "/gen-0000000002", 0755), 0);
    assert_true(svct_genlist_newest_whole(dir_fd) == 2);
    assert_int_equal(unlink(TESTDB "/gen-0000000002/private.roll"), 0);
    assert_true(svct_genlist_newest_whole(dir_fd) == 1);
    privdir_write(TESTDB "/gen-0000000001/private.roll", "");
    assert_true(svct_genlist_newest_whole(dir_fd) == 0);
}

/* One that was published and lost its roll is damaged, not left over. */
static void one_without_its_roll_stays(void **state)
{
    (void)state;
    testdb_init(TESTDB);
    close(dir_fd);
    dir_fd = testdb_open(TESTDB);
    publish(2);
    publish(3);
    assert_int_equal(unlink(TESTDB "/gen-0000000003/private.roll"), 0);
    prune(2, 3);
    assert_true(exists("gen-0000000003"));
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
    prune(10, 1);
    assert_false(exists("gen-0000000009"));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_true(exists(names[i]));
    assert_true(exists("gen-0000000008"));
    assert_true(exists("gen-0000000007"));
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
    prune(4, 3);
    assert_false(exists("gen-0000000005"));
    assert_true(exists("elsewhere/file"));
}

static void folders_that_are_not_emptied(void **state)
{
    char path[256];

    (void)state;
    make(5); /* too deep */
    make_deep(9, path, sizeof path);
    prune(4, 3);
    assert_int_equal(access(path, F_OK), 0);
    privdir_remove(TESTDB "/gen-0000000005");
    make(5); /* somebody else's */
    make_deep(1, path, sizeof path);
    assert_int_equal(chown(TESTDB "/gen-0000000005/f0", 65534, 65534), 0);
    prune(4, 3);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(chown(TESTDB "/gen-0000000005/f0", 0, 0), 0);
    assert_int_equal(chmod(TESTDB "/gen-0000000005/f0", 0777), 0);
    prune(4, 3);
    assert_int_equal(access(path, F_OK), 0);
    privdir_remove(TESTDB "/gen-0000000005");
    make(5); /* another file system */
    assert_int_equal(mkdir(TESTDB "/gen-0000000005/f0", 0755), 0);
    assert_int_equal(
        mount("tmpfs", TESTDB "/gen-0000000005/f0", "tmpfs", 0, "mode=0755"),
        0);
    privdir_write(TESTDB "/gen-0000000005/f0/file", "x");
    prune(4, 3);
    assert_true(exists("gen-0000000005/f0/file"));
    assert_int_equal(umount(TESTDB "/gen-0000000005/f0"), 0);
    prune(4, 3);
    assert_false(exists("gen-0000000005"));
}

int main(void)
{
#define FRESH(test) cmocka_unit_test_setup_teardown(test, fresh, done)
    const struct CMUnitTest tests[] = {
        FRESH(names_and_numbers),
        FRESH(the_next_number),
        FRESH(the_mark),
        FRESH(what_is_pruned),
        FRESH(what_was_never_published),
        FRESH(the_newest_whole_one),
        FRESH(one_without_its_roll_stays),
        FRESH(what_is_not_ours_stays),
        FRESH(folders_in_a_left_over_folder),
        FRESH(folders_that_are_not_emptied),
    };

    testdb_enter();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
