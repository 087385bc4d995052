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
#include <sys/wait.h>
#include <unistd.h>

#include "../support/testdb.h"
#include "write/lock.h"

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

static void one_at_a_time(void **state)
{
    struct svct_fault fault = {0};
    unsigned descriptors = testdb_descriptors();
    int fd, other = -7;

    (void)state;
    assert_int_equal(svct_lock_acquire(dir_fd, 0, "1 root: it", &fd, &fault),
                     0);
    assert_true(fd > 2);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    /* Also within one process: each opening is another holder. */
    assert_int_equal(svct_lock_acquire(dir_fd, 0, "2", &other, &fault),
                     SVCT_E_BUSY);
    assert_int_equal(other, -7);
    assert_int_equal(fault.code, SVCT_E_BUSY);
    assert_non_null(strstr(fault.what, "1 root: it"));
    assert_int_equal(svct_lock_acquire(dir_fd, 0, "2", &other, NULL),
                     SVCT_E_BUSY);
    svct_lock_release(fd);
    svct_lock_release(-1);
    assert_int_equal(testdb_descriptors(), descriptors);
    assert_int_equal(svct_lock_acquire(dir_fd, 0, "2", &fd, &fault), 0);
    svct_lock_release(fd);
}

/* What another writes into the file is shown, but harms no terminal. */
static void the_holder_is_shown_harmlessly(void **state)
{
    static const struct {
        const char *holder;
        const char *shown;
    } cases[] = {
        {"a \x1b[31m\x07 b\xff", "a ?[31m? b?"},
        {"first\nsecond", "first"},
        {"", "did not say"},
    };
    struct svct_fault fault = {0};
    char holder[1000];
    int fd, other;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(
            svct_lock_acquire(dir_fd, 0, cases[i].holder, &fd, NULL), 0);
        assert_int_equal(svct_lock_acquire(dir_fd, 0, "x", &other, &fault),
                         SVCT_E_BUSY);
        assert_non_null(strstr(fault.what, cases[i].shown));
        assert_null(strstr(fault.what, "second"));
        assert_null(strchr(fault.what, '\n'));
        svct_lock_release(fd);
    }
    memset(holder, 'h', sizeof holder - 1);
    holder[sizeof holder - 1] = '\0';
    assert_int_equal(svct_lock_acquire(dir_fd, 0, holder, &fd, NULL), 0);
    assert_int_equal(svct_lock_acquire(dir_fd, 0, "x", &other, &fault),
                     SVCT_E_BUSY);
    svct_lock_release(fd);
    /* A shorter one does not show the rest of the longer one. */
    assert_int_equal(svct_lock_acquire(dir_fd, 0, "short", &fd, NULL), 0);
    assert_int_equal(svct_lock_acquire(dir_fd, 0, "x", &other, &fault),
                     SVCT_E_BUSY);
    assert_null(strstr(fault.what, "hh"));
    svct_lock_release(fd);
}

/* Whoever dies releases it. */
static void the_dead_hold_nothing(void **state)
{
    int status, fd;
    pid_t child = fork();

    (void)state;
    if (child == 0)
        _exit(svct_lock_acquire(dir_fd, 0, "dead", &fd, NULL) == 0 ? 0 : 1);
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    assert_int_equal(svct_lock_acquire(dir_fd, 0, "x", &fd, NULL), 0);
    svct_lock_release(fd);
}

/* Closing another descriptor of the file does not release it, as it would
 * with the classic locks. */
static void other_descriptors_do_not_matter(void **state)
{
    int fd, other;

    (void)state;
    assert_int_equal(svct_lock_acquire(dir_fd, 0, "x", &fd, NULL), 0);
    close(open(TESTDB "/lock", O_RDWR | O_CLOEXEC));
    assert_int_equal(svct_lock_acquire(dir_fd, 0, "y", &other, NULL),
                     SVCT_E_BUSY);
    svct_lock_release(fd);
}

static void files_that_are_not_trusted(void **state)
{
    int fd = -7;

    (void)state;
    privdir_write(TESTDB "/lock", "");
    assert_int_equal(svct_lock_acquire(dir_fd, 0, "x", &fd, NULL),
                     SVCT_E_UNSAFE); /* 0644: anybody could hold it */
    assert_int_equal(unlink(TESTDB "/lock"), 0);
    assert_int_equal(symlink("elsewhere", TESTDB "/lock"), 0);
    assert_int_equal(svct_lock_acquire(dir_fd, 0, "x", &fd, NULL),
                     SVCT_E_UNSAFE);
    assert_int_equal(access(TESTDB "/elsewhere", F_OK), -1);
    assert_int_equal(unlink(TESTDB "/lock"), 0);
    assert_int_equal(mkfifo(TESTDB "/lock", 0600), 0);
    assert_int_equal(svct_lock_acquire(dir_fd, 0, "x", &fd, NULL),
                     SVCT_E_UNSAFE);
    assert_int_equal(fd, -7);
}

int main(void)
{
#define FRESH(test) cmocka_unit_test_setup_teardown(test, fresh, done)
    const struct CMUnitTest tests[] = {
        FRESH(one_at_a_time),
        FRESH(the_holder_is_shown_harmlessly),
        FRESH(the_dead_hold_nothing),
        FRESH(other_descriptors_do_not_matter),
        FRESH(files_that_are_not_trusted),
    };

    testdb_enter();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
