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

#include "base/name.h"
#include "base/names.h"
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

static int lookup(const char *name)
{
    unsigned descriptors = testdb_descriptors();
    struct svct_fault fault = {0};
    int r = svct_names_lookup(dir_fd, name, &fault);

    assert_int_equal(fault.code, r < 0 ? r : 0);
    assert_int_equal(svct_names_lookup(dir_fd, name, NULL), r);
    assert_int_equal(testdb_descriptors(), descriptors);
    return r;
}

static void have(const void *bytes, size_t len)
{
    int fd = open(TESTDB "/names", O_WRONLY | O_CREAT | O_TRUNC, 0644);

    assert_int_equal(write(fd, bytes, len), len);
    close(fd);
}

static void have_text(const char *text)
{
    have(text, strlen(text));
}

static void no_file_lists_nobody(void **state)
{
    (void)state;
    assert_int_equal(lookup("alice"), 0);
    have_text("");
    assert_int_equal(lookup("alice"), 0);
}

static void short_lists(void **state)
{
    (void)state;
    have_text("b\n");
    assert_int_equal(lookup("b"), 1);
    assert_int_equal(lookup("a"), 0);
    assert_int_equal(lookup("c"), 0);
    assert_int_equal(lookup("bb"), 0);
    assert_int_equal(lookup(""), 0);
    have_text("abcdefghijklmnopqrstuvwxyz012345\n");
    assert_int_equal(lookup("abcdefghijklmnopqrstuvwxyz012345"), 1);
    assert_int_equal(lookup("abcdefghijklmnopqrstuvwxyz01234"), 0);
    assert_int_equal(lookup("abcdefghijklmnopqrstuvwxyz0123456"), 0);
    have_text("_\na\nabcdefghijklmnopqrstuvwxyz012345\nb$\n");
    assert_int_equal(lookup("_"), 1);
    assert_int_equal(lookup("a"), 1);
    assert_int_equal(lookup("abcdefghijklmnopqrstuvwxyz012345"), 1);
    assert_int_equal(lookup("b$"), 1);
    assert_int_equal(lookup("b"), 0);
}

/* ---- against a linear search ---- */

static uint64_t seed;

static unsigned draw(unsigned below)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695041;
    return (unsigned)(seed >> 33) % below;
}

static void draw_name(char *name)
{
    static const char first[] = "ab_z", rest[] = "a9_-z";
    size_t len = draw(4) == 0 ? 1 + draw(SVCT_LOGIN_MAX) : 1 + draw(6);

    name[0] = first[draw(sizeof first - 1)];
    for (size_t i = 1; i < len; i++)
        name[i] = rest[draw(sizeof rest - 1)];
    name[len] = '\0';
}

static bool in_list(const struct svct_namelist *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->name[i], name) == 0)
            return true;
    return false;
}

static void random_list(unsigned count, unsigned probes)
{
    struct svct_namelist list = {0};
    char name[SVCT_LOGIN_MAX + 1];

    for (unsigned i = 0; i < count; i++) {
        draw_name(name);
        assert_int_equal(svct_namelist_add(&list, name), 0);
    }
    assert_int_equal(svct_namelist_write(&list, NULL, dir_fd, NULL), 0);
    for (unsigned i = 0; i < probes; i++) {
        draw_name(name);
        assert_int_equal(lookup(name), in_list(&list, name));
    }
    for (unsigned i = 0; i < count && i < probes; i++)
        assert_int_equal(lookup(list.name[draw(count)]), 1);
    svct_namelist_done(&list);
}

static void as_a_linear_search(void **state)
{
    (void)state;
    seed = 1;
    for (unsigned count = 0; count < 60; count++)
        random_list(count, 40);
    random_list(5000, 1000);
}

/* ---- damage ---- */

static void lines_that_are_no_names(void **state)
{
    static const struct {
        const char *text;
        size_t len;
    } cases[] = {
        {"alice", 5},
        {"\n", 1},
        {"Alice\n", 6},
        {"al ice\n", 7},
        {"alice\r\n", 7},
        {"alice\0\n", 7},
        {"al\0ce\n", 6},
        {"\0\0\0\0\n", 5},
        {"alic\xe9\n", 6},
        {"9alice\n", 7},
        {"-alice\n", 7},
        {"\xff\xff\xff\n", 4},
        {"abcdefghijklmnopqrstuvwxyz0123456\n", 34},
        {"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghij"
         "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghij\n",
         125},
    };
    struct svct_namelist list = {0};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        have(cases[i].text, cases[i].len);
        assert_int_equal(lookup("alice"), SVCT_E_DAMAGED);
        assert_int_equal(lookup("al"), SVCT_E_DAMAGED);
        assert_int_equal(svct_namelist_read(&list, dir_fd, NULL),
                         SVCT_E_DAMAGED);
        svct_namelist_done(&list);
    }
}

/* Whatever stands in the file: an answer, at once, and never a crash. */
static void random_bytes(void **state)
{
    static const char likely[] = "ab\n\n-_$\0\xff";
    char bytes[300];

    (void)state;
    seed = 2;
    for (int round = 0; round < 3000; round++) {
        size_t len = draw(sizeof bytes);
        int r;

        for (size_t i = 0; i < len; i++)
            bytes[i] = likely[draw(draw(8) == 0 ? 9 : 3)];
        have(bytes, len);
        r = lookup("ab");
        assert_true(r == 0 || r == 1 || r == SVCT_E_DAMAGED);
        /* What is said to be there is there. */
        if (r == 1)
            assert_non_null(memmem(bytes, len, "ab\n", 3));
    }
}

/* A line that is not ended, whatever name is asked for behind it. */
static void a_cut_off_end(void **state)
{
    (void)state;
    have_text("alice\nbob\ncarol\nda");
    assert_int_equal(lookup("dave"), SVCT_E_DAMAGED);
    assert_int_equal(lookup("zoe"), SVCT_E_DAMAGED);
}

static void files_that_are_not_believed(void **state)
{
    (void)state;
    have_text("alice\n");
    assert_int_equal(chmod(TESTDB "/names", 0664), 0);
    assert_int_equal(lookup("alice"), SVCT_E_UNSAFE);
    assert_int_equal(chmod(TESTDB "/names", 0644), 0);
    assert_int_equal(chown(TESTDB "/names", 12345, 0), 0);
    assert_int_equal(lookup("alice"), SVCT_E_UNSAFE);
    assert_int_equal(chown(TESTDB "/names", 0, 0), 0);
    assert_int_equal(lookup("alice"), 1);
    assert_int_equal(truncate(TESTDB "/names", SVCT_NAMES_SIZE_MAX + 1), 0);
    assert_int_equal(lookup("alice"), SVCT_E_DAMAGED);
    assert_int_equal(unlink(TESTDB "/names"), 0);
    assert_int_equal(symlink("other", TESTDB "/names"), 0);
    assert_int_equal(lookup("alice"), SVCT_E_UNSAFE);
    assert_int_equal(unlink(TESTDB "/names"), 0);
    assert_int_equal(mkfifo(TESTDB "/names", 0644), 0);
    assert_int_equal(lookup("alice"), SVCT_E_UNSAFE);
}

int main(void)
{
#define FRESH(test) cmocka_unit_test_setup_teardown(test, fresh, done)
    const struct CMUnitTest tests[] = {
        FRESH(no_file_lists_nobody),
        FRESH(short_lists),
        FRESH(as_a_linear_search),
        FRESH(lines_that_are_no_names),
        FRESH(random_bytes),
        FRESH(a_cut_off_end),
        FRESH(files_that_are_not_believed),
    };

    testdb_enter();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
