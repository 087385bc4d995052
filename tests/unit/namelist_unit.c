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
#include <sys/stat.h>
#include <unistd.h>

#include "../support/testdb.h"
#include "write/namelist.h"

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

/* A list of the words of a text. */
static struct svct_namelist list_of(const char *words)
{
    struct svct_namelist list = {0};
    char word[64];

    for (const char *p = words; *p != '\0'; p += strspn(p, " ")) {
        size_t len = strcspn(p, " ");

        memcpy(word, p, len);
        word[len] = '\0';
        p += len;
        assert_int_equal(svct_namelist_add(&list, word), 0);
    }
    return list;
}

static void assert_file(const char *expected)
{
    char text[4096] = "";
    int fd = open(TESTDB "/names", O_RDONLY | O_CLOEXEC);
    struct stat st;

    assert_true(read(fd, text, sizeof text - 1) >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0644);
    close(fd);
    assert_string_equal(text, expected);
    assert_int_equal(access(TESTDB "/names.new", F_OK), -1);
}

static void written_sorted_and_once(void **state)
{
    static const struct {
        const char *names;
        const char *removed;
        const char *file;
    } cases[] = {
        {"", "", ""},
        {"bob", "", "bob\n"},
        {"bob alice", "", "alice\nbob\n"},
        {"bob alice bob alice bob", "", "alice\nbob\n"},
        {"b-a b_a ba b a$ _", "", "_\na$\nb\nb-a\nb_a\nba\n"},
        {"c b a", "b", "a\nc\n"},
        {"c b a b", "b zoe b", "a\nc\n"},
        {"a", "a", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct svct_namelist list = list_of(cases[i].names);
        struct svct_namelist removed = list_of(cases[i].removed);

        assert_int_equal(
            svct_namelist_write(&list, removed.count > 0 ? &removed : NULL,
                                dir_fd, NULL),
            0);
        assert_file(cases[i].file);
        svct_namelist_done(&list);
        svct_namelist_done(&removed);
    }
}

static void read_back(void **state)
{
    struct svct_namelist list = {0}, more = list_of("zoe carol");

    (void)state;
    assert_int_equal(svct_namelist_read(&list, dir_fd, NULL), 0);
    assert_int_equal(list.count, 0);
    privdir_write(TESTDB "/names", "alice\nbob\n");
    assert_int_equal(svct_namelist_read(&list, dir_fd, NULL), 0);
    assert_int_equal(list.count, 2);
    assert_string_equal(list.name[1], "bob");
    assert_int_equal(svct_namelist_add_all(&list, &more), 0);
    svct_namelist_drop(&list, "alice");
    svct_namelist_drop(&list, "nobody");
    assert_int_equal(list.count, 3);
    assert_int_equal(svct_namelist_write(&list, NULL, dir_fd, NULL), 0);
    assert_file("bob\ncarol\nzoe\n");
    svct_namelist_done(&list);
    svct_namelist_done(&list);
    svct_namelist_done(&more);
    svct_namelist_done(NULL);
}

static void dropped_wherever_it_stands(void **state)
{
    (void)state;
    for (int bits = 0; bits < 64; bits++) {
        struct svct_namelist list = {0};
        size_t others = 0;

        for (int i = 0; i < 6; i++) {
            assert_int_equal(
                svct_namelist_add(&list, bits >> i & 1 ? "x" : "y"), 0);
            others += !(bits >> i & 1);
        }
        svct_namelist_drop(&list, "x");
        assert_int_equal(list.count, others);
        for (size_t i = 0; i < others; i++)
            assert_string_equal(list.name[i], "y");
        svct_namelist_done(&list);
    }
}

static void what_is_no_name(void **state)
{
    struct svct_namelist list = {0};

    (void)state;
    assert_int_equal(svct_namelist_add(&list, "Alice"), SVCT_E_SYNTAX);
    assert_int_equal(svct_namelist_add(&list, ""), SVCT_E_SYNTAX);
    assert_int_equal(svct_namelist_add(&list, "a\nb"), SVCT_E_SYNTAX);
    assert_int_equal(
        svct_namelist_add(&list, "abcdefghijklmnopqrstuvwxyz0123456"),
        SVCT_E_SYNTAX);
    assert_int_equal(list.count, 0);
    assert_int_equal(
        svct_namelist_add(&list, "abcdefghijklmnopqrstuvwxyz012345"), 0);
    svct_namelist_done(&list);
}

/* On an error the old file stands. */
static void the_old_one_stands(void **state)
{
    struct svct_namelist list = list_of("carol");
    struct svct_fault fault = {0};

    (void)state;
    privdir_write(TESTDB "/names", "alice\n");
    assert_int_equal(mkdir(TESTDB "/names.new", 0755), 0);
    assert_int_equal(svct_namelist_write(&list, NULL, dir_fd, &fault),
                     SVCT_E_IO);
    assert_int_equal(fault.code, SVCT_E_IO);
    assert_int_equal(rmdir(TESTDB "/names.new"), 0);
    assert_file("alice\n");
    /* What a killed writer left is no hindrance, and not followed. */
    assert_int_equal(symlink("names", TESTDB "/names.new"), 0);
    assert_int_equal(svct_namelist_write(&list, NULL, dir_fd, &fault), 0);
    assert_file("carol\n");
    svct_namelist_done(&list);
}

int main(void)
{
#define FRESH(test) cmocka_unit_test_setup_teardown(test, fresh, done)
    const struct CMUnitTest tests[] = {
        FRESH(written_sorted_and_once),    FRESH(read_back),
        FRESH(dropped_wherever_it_stands), FRESH(what_is_no_name),
        FRESH(the_old_one_stands),
    };

    testdb_enter();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
