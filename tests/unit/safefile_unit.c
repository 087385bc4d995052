/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/safefile.h"
#include "../support/testdb.h"

#define TOP PRIVDIR "/top"
#define DEEP TOP "/a/b"

static int fresh(void **state)
{
    (void)state;
    umask(022);
    privdir_remove(TOP);
    if (mkdir(TOP, 0755) != 0 || mkdir(TOP "/a", 0755) != 0 ||
        mkdir(DEEP, 0755) != 0)
        return -1;
    privdir_write(DEEP "/file", "content");
    return 0;
}

/* All three leave no descriptor behind and the outputs alone when they fail. */
static int try_in(const char *dir, const char *name, int flags,
                  enum svct_safefile_secrecy secrecy)
{
    unsigned descriptors = testdb_descriptors();
    struct svct_fault fault = {0};
    struct stat st = {.st_size = -7};
    int fd = -7;
    int r = svct_safefile_open_in(dir, name, flags, secrecy, &fd, &st, &fault);

    if (r == 0) {
        assert_true(fd > 2);
        assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
        assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, flags);
        assert_true(st.st_size >= 0);
        close(fd);
    } else {
        assert_int_equal(fd, -7);
        assert_int_equal(st.st_size, -7);
        assert_int_equal(fault.code, r);
        assert_true(fault.what[0] != '\0');
    }
    assert_int_equal(testdb_descriptors(), descriptors);
    return r;
}

static int try_dir(const char *path)
{
    unsigned descriptors = testdb_descriptors();
    struct svct_fault fault = {0};
    int fd = -7;
    int r = svct_safefile_open_dir(path, &fd, &fault);

    if (r == 0) {
        assert_true(fd > 2);
        assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
        close(fd);
    } else {
        assert_int_equal(fd, -7);
        assert_int_equal(fault.code, r);
        assert_true(fault.what[0] != '\0');
    }
    assert_int_equal(testdb_descriptors(), descriptors);
    assert_int_equal(svct_safefile_open_dir(path, &fd, NULL), r);
    if (r == 0)
        close(fd);
    assert_int_equal(try_in(path, "not-there", O_RDONLY, SVCT_SAFEFILE_PUBLIC),
                     r == 0 ? SVCT_E_NOTFOUND : r);
    return r;
}

static int try_file(const char *name, int flags,
                    enum svct_safefile_secrecy secrecy)
{
    struct svct_fault fault = {0};
    struct stat st = {.st_size = -7};
    unsigned descriptors;
    int dir_fd, fd = -7, r;

    assert_int_equal(svct_safefile_open_dir(DEEP, &dir_fd, NULL), 0);
    descriptors = testdb_descriptors();
    r = svct_safefile_open(dir_fd, name, flags, secrecy, &fd, &st, &fault);
    if (r == 0) {
        assert_true(fd > 2);
        assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
        assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, flags);
        assert_true(st.st_size >= 0);
        close(fd);
    } else {
        assert_int_equal(fd, -7);
        assert_int_equal(st.st_size, -7);
        assert_int_equal(fault.code, r);
        assert_true(fault.what[0] != '\0');
    }
    assert_int_equal(testdb_descriptors(), descriptors);
    close(dir_fd);
    assert_int_equal(try_in(DEEP, name, flags, secrecy), r);
    return r;
}

static int try_public(const char *name)
{
    return try_file(name, O_RDONLY, SVCT_SAFEFILE_PUBLIC);
}

static int try_private(const char *name)
{
    return try_file(name, O_RDONLY, SVCT_SAFEFILE_PRIVATE);
}

/* ---- folders ---- */

static void paths(void **state)
{
    static const struct {
        const char *path;
        int code;
    } cases[] = {
        {DEEP, 0},
        {DEEP "/", 0},
        {"//" DEEP "//", 0},
        {"/", 0},
        {"", SVCT_E_SYNTAX},
        {".", SVCT_E_SYNTAX},
        {"mnt", SVCT_E_SYNTAX},
        {"/mnt/.", SVCT_E_SYNTAX},
        {TOP "/a/../a/b", SVCT_E_SYNTAX},
        {TOP "/./a", SVCT_E_SYNTAX},
        {TOP "/...", SVCT_E_NODB},
        {TOP "/none", SVCT_E_NODB},
        {TOP "/none/deeper", SVCT_E_NODB},
        {DEEP "/file", SVCT_E_UNSAFE},
        {DEEP "/file/deeper", SVCT_E_UNSAFE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(try_dir(cases[i].path), cases[i].code);
}

static void overlong_paths(void **state)
{
    char path[2 * PATH_MAX];

    (void)state;
    memset(path, 'x', sizeof path);
    path[0] = '/';
    path[NAME_MAX + 1] = '\0'; /* a name of NAME_MAX bytes */
    assert_int_equal(try_dir(path), SVCT_E_NODB);
    path[NAME_MAX + 1] = 'x';
    path[NAME_MAX + 2] = '\0';
    assert_int_equal(try_dir(path), SVCT_E_SYNTAX);
    path[NAME_MAX + 2] = 'x';
    path[sizeof path - 1] = '\0';
    assert_int_equal(try_dir(path), SVCT_E_SYNTAX);
    memset(path, '/', sizeof path - 1);
    path[PATH_MAX - 1] = '\0';
    assert_int_equal(try_dir(path), 0);
    path[PATH_MAX - 1] = '/';
    path[PATH_MAX] = '\0';
    assert_int_equal(try_dir(path), SVCT_E_SYNTAX);
}

static void folders_that_others_can_write(void **state)
{
    static const char *const dirs[] = {TOP, TOP "/a", DEEP};
    static const mode_t bad[] = {0775, 0757, 0777, 01777, 02775, 0722};
    static const mode_t good[] = {0755, 0700, 0500, 0711, 01755, 0751};

    (void)state;
    for (size_t d = 0; d < 3; d++) {
        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
            assert_int_equal(chmod(dirs[d], bad[i]), 0);
            assert_int_equal(try_dir(DEEP), SVCT_E_UNSAFE);
        }
        for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
            assert_int_equal(chmod(dirs[d], good[i]), 0);
            assert_int_equal(try_dir(DEEP), 0);
        }
    }
}

static void folders_of_others(void **state)
{
    static const char *const dirs[] = {TOP, TOP "/a", DEEP};

    (void)state;
    for (size_t d = 0; d < 3; d++) {
        assert_int_equal(chown(dirs[d], 12345, 0), 0);
        assert_int_equal(try_dir(DEEP), SVCT_E_UNSAFE);
        /* A group does no harm while it may not write. */
        assert_int_equal(chown(dirs[d], 0, 12345), 0);
        assert_int_equal(try_dir(DEEP), 0);
    }
}

static void links_are_not_followed(void **state)
{
    (void)state;
    assert_int_equal(symlink("a", TOP "/link"), 0);
    assert_int_equal(try_dir(TOP "/link"), SVCT_E_UNSAFE);
    assert_int_equal(try_dir(TOP "/link/"), SVCT_E_UNSAFE);
    assert_int_equal(try_dir(TOP "/link/b"), SVCT_E_UNSAFE);
    assert_int_equal(symlink("none", TOP "/dangling"), 0);
    assert_int_equal(try_dir(TOP "/dangling"), SVCT_E_UNSAFE);
    assert_int_equal(symlink("loop", TOP "/loop"), 0);
    assert_int_equal(try_dir(TOP "/loop"), SVCT_E_UNSAFE);
}

static void folders_within(void **state)
{
    int dir_fd, fd = -7;

    (void)state;
    assert_int_equal(svct_safefile_open_dir(TOP, &dir_fd, NULL), 0);
    assert_int_equal(svct_safefile_open_subdir(dir_fd, "a", &fd, NULL), 0);
    assert_true(fd > 2);
    close(fd);
    fd = -7;
    assert_int_equal(svct_safefile_open_subdir(dir_fd, "none", &fd, NULL),
                     SVCT_E_NOTFOUND);
    assert_int_equal(symlink("a", TOP "/link"), 0);
    assert_int_equal(svct_safefile_open_subdir(dir_fd, "link", &fd, NULL),
                     SVCT_E_UNSAFE);
    assert_int_equal(chmod(TOP "/a", 0775), 0);
    assert_int_equal(svct_safefile_open_subdir(dir_fd, "a", &fd, NULL),
                     SVCT_E_UNSAFE);
    assert_int_equal(fd, -7);
    close(dir_fd);
}

/* ---- files ---- */

static void modes_of_files(void **state)
{
    static const struct {
        mode_t mode;
        int public;
        int private;
    } cases[] = {
        {0600, 0, 0},
        {0400, 0, 0},
        {0700, 0, 0},
        {0644, 0, SVCT_E_UNSAFE},
        {0640, 0, SVCT_E_UNSAFE},
        {0604, 0, SVCT_E_UNSAFE},
        {0601, 0, SVCT_E_UNSAFE},
        {0610, 0, SVCT_E_UNSAFE},
        {0620, SVCT_E_UNSAFE, SVCT_E_UNSAFE},
        {0602, SVCT_E_UNSAFE, SVCT_E_UNSAFE},
        {0666, SVCT_E_UNSAFE, SVCT_E_UNSAFE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(chmod(DEEP "/file", cases[i].mode), 0);
        assert_int_equal(try_public("file"), cases[i].public);
        assert_int_equal(try_private("file"), cases[i].private);
        assert_int_equal(try_file("file", O_RDWR, SVCT_SAFEFILE_PRIVATE),
                         cases[i].private);
    }
}

static void what_is_no_file(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)state;
    snprintf(address.sun_path, sizeof address.sun_path, "%s/socket", DEEP);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    close(fd);
    assert_int_equal(chmod(DEEP "/socket", 0600), 0);
    assert_int_equal(mkfifo(DEEP "/fifo", 0600), 0);
    assert_int_equal(mkdir(DEEP "/dir", 0700), 0);
    assert_int_equal(symlink("file", DEEP "/link"), 0);
    alarm(60); /* ends the program should a FIFO be waited for */
    assert_int_equal(try_public("none"), SVCT_E_NOTFOUND);
    assert_int_equal(try_public("fifo"), SVCT_E_UNSAFE); /* and no wait */
    assert_int_equal(try_file("fifo", O_RDWR, SVCT_SAFEFILE_PRIVATE),
                     SVCT_E_UNSAFE);
    assert_int_equal(try_public("dir"), SVCT_E_UNSAFE);
    assert_int_equal(try_public("link"), SVCT_E_UNSAFE);
    assert_int_equal(try_public("socket"), SVCT_E_IO);
    alarm(0);
    assert_int_equal(chown(DEEP "/file", 12345, 0), 0);
    assert_int_equal(try_public("file"), SVCT_E_UNSAFE);
}

static void who_may_not_is_told(void **state)
{
    int status;
    pid_t child;

    (void)state;
    assert_int_equal(chmod(DEEP "/file", 0600), 0);
    child = fork();
    if (child == 0) {
        struct svct_fault fault = {0};
        int dir_fd, fd, r = 0;

        if (setgid(12345) != 0 || setuid(12345) != 0 ||
            svct_safefile_open_dir(DEEP, &dir_fd, &fault) != 0)
            _exit(1);
        r = svct_safefile_open(dir_fd, "file", O_RDONLY, SVCT_SAFEFILE_PRIVATE,
                               &fd, NULL, &fault);
        _exit(r == SVCT_E_ACCESS && fault.sys_errno == EACCES ? 0 : 2);
    }
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
}

/* ---- descriptors ---- */

static void the_standard_ones_stay_free(void **state)
{
    int status;
    pid_t child = fork();

    (void)state;
    if (child == 0) {
        int dir_fd, fd;

        close(0);
        close(1);
        close(2);
        if (svct_safefile_open_dir(DEEP, &dir_fd, NULL) != 0 || dir_fd <= 2)
            _exit(1);
        if (svct_safefile_open(dir_fd, "file", O_RDONLY, SVCT_SAFEFILE_PUBLIC,
                               &fd, NULL, NULL) != 0 ||
            fd <= 2 || fcntl(fd, F_GETFD) != FD_CLOEXEC)
            _exit(2);
        for (int i = 0; i <= 2; i++)
            if (fcntl(i, F_GETFD) != -1)
                _exit(3);
        _exit(0);
    }
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
}

static void raising_each_of_them(void **state)
{
    int status;
    pid_t child = fork();

    (void)state;
    if (child == 0) {
        for (int fd = 0; fd <= 2; fd++) {
            int raised;

            if (dup2(open("/", O_RDONLY | O_CLOEXEC), fd) != fd)
                _exit(1);
            raised = svct_safefile_raise(fd);
            if (raised <= 2 || fcntl(raised, F_GETFD) != FD_CLOEXEC ||
                fcntl(fd, F_GETFD) != -1)
                _exit(2);
        }
        _exit(0);
    }
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
}

static void raising(void **state)
{
    int fd = open("/", O_RDONLY | O_CLOEXEC);

    (void)state;
    assert_int_equal(svct_safefile_raise(fd), fd);
    close(fd);
    errno = ENFILE;
    assert_int_equal(svct_safefile_raise(-1), -1);
    assert_int_equal(errno, ENFILE);
}

/* No number above 2 is left: the kernel calls that EINVAL, of a limit that is
 * as low as that, and who asks why must hear that descriptors lack. */
static void raising_without_room(void **state)
{
    pid_t child = fork();
    int status = -1;

    (void)state;
    if (child == 0) {
        const struct rlimit three = {3, 3};
        struct svct_fault fault = {0};
        int fd;

        close(0);
        if (setrlimit(RLIMIT_NOFILE, &three) != 0)
            _exit(1);
        svct_safefile_open_dir("/", &fd, &fault);
        _exit(fault.sys_errno == EMFILE ? 0 : 2);
    }
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
}

static void reading_exactly(void **state)
{
    char bytes[8] = "";
    int fd = open(DEEP "/file", O_RDONLY | O_CLOEXEC);

    (void)state;
    assert_true(svct_safefile_pread(fd, bytes, 7, 0));
    assert_string_equal(bytes, "content");
    assert_true(svct_safefile_pread(fd, bytes, 3, 4));
    assert_memory_equal(bytes, "ent", 3);
    assert_true(svct_safefile_pread(fd, bytes, 0, 99));
    errno = EINTR;
    assert_false(svct_safefile_pread(fd, bytes, 4, 4));
    assert_int_equal(errno, 0);
    close(fd);
    assert_false(svct_safefile_pread(fd, bytes, 1, 0));
    assert_int_equal(errno, EBADF);
}

int main(void)
{
#define FRESH(test) cmocka_unit_test_setup(test, fresh)
    const struct CMUnitTest tests[] = {
        FRESH(paths),
        FRESH(overlong_paths),
        FRESH(folders_that_others_can_write),
        FRESH(folders_of_others),
        FRESH(links_are_not_followed),
        FRESH(folders_within),
        FRESH(modes_of_files),
        FRESH(what_is_no_file),
        FRESH(who_may_not_is_told),
        FRESH(the_standard_ones_stay_free),
        FRESH(raising_each_of_them),
        FRESH(raising),
        FRESH(raising_without_room),
        FRESH(reading_exactly),
    };

    testdb_enter();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
