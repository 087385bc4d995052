/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How a program of the host is run, and what is seen where a home shall be.
 */
#include <config.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../admin/home.h"
#include "../../admin/programread.h"

static bool script(const char *text)
{
    const char *const argv[] = {"/bin/sh", "-c",         text,
                                "name",    "a b;exit 9", NULL};

    return svct_program_run(argv);
}

static void exit_code(void **state)
{
    const char *const none[] = {"/nonexistent/program", NULL};

    (void)state;
    assert_true(script("exit 0"));
    assert_false(script("exit 1"));
    assert_false(script("kill -KILL $$"));
    assert_false(svct_program_run(none));
}

/* No shell looks at them. */
static void arguments(void **state)
{
    (void)state;
    assert_true(script("test $# = 1 && test \"$1\" = 'a b;exit 9'"));
}

static void surroundings(void **state)
{
    mode_t before = umask(077);

    (void)state;
    setenv("SECRET", "x", 1);
    setenv("LD_PRELOAD_OF_NONE", "x", 1);
    assert_true(script("test \"$(umask)\" = 0022"));
    assert_int_equal(umask(before), 077);
    assert_true(script("test -z \"${SECRET-}${LD_PRELOAD_OF_NONE-}${HOME-}\""));
    assert_true(script("test \"$(readlink /proc/$$/fd/0)\" = /dev/null"));
    assert_true(script("test \"$(readlink /proc/$$/fd/2)\" = /dev/null"));
}

/* What this program ignores or holds back, its child must not. */
static void signals(void **state)
{
    sigset_t set, before;

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, &before);
    assert_false(script("kill -PIPE $$; exit 0"));
    assert_false(script("kill -TERM $$; exit 0"));
    sigprocmask(SIG_SETMASK, &before, NULL);
}

static void output(void **state)
{
    const char *const argv[] = {"/bin/sh", "-c", "echo said", NULL};
    char text[16] = "";
    int ends[2];
    pid_t pid;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_true(svct_program_start(argv, ends[1], -1, &pid));
    close(ends[1]);
    assert_int_equal(read(ends[0], text, sizeof(text) - 1), 5);
    assert_string_equal(text, "said\n");
    close(ends[0]);
    assert_int_equal(svct_program_await(pid), 0);
}

/* ---- reading what it prints ---- */

/* Its exit code, and what it says into out. */
static int said(const char *shell, enum svct_programread_what what, char *out,
                size_t size)
{
    const char *const argv[] = {"/bin/sh", "-c", shell, NULL};

    return svct_programread_text(argv, what, 30000, out, size);
}

static void text(void **state)
{
    const enum svct_programread_what what = SVCT_PROGRAMREAD_OUTPUT;
    const char *const none[] = {"/nonexistent/program", NULL};
    char out[8], one[1];

    (void)state;
    assert_int_equal(said("echo a; echo b >&2; exit 3", what, out, sizeof(out)),
                     3);
    assert_string_equal(out, "a\n");
    assert_int_equal(said(":", what, out, sizeof(out)), 0);
    assert_string_equal(out, "");
    /* More than there is room for: it is not stopped by that. */
    assert_int_equal(said("seq 100000; exit 4", what, out, sizeof(out)), 4);
    assert_string_equal(out, "1\n2\n3\n4");
    assert_int_equal(said("echo a", what, one, sizeof(one)), 0);
    assert_string_equal(one, "");
    assert_int_equal(said("echo a; kill -KILL $$", what, out, sizeof(out)), -1);
    assert_string_equal(out, "a\n");
    assert_int_equal(svct_programread_text(none, what, 30000, out, sizeof(out)),
                     -1);
    assert_string_equal(out, "");
}

static void with_standard_error(void **state)
{
    char out[8];

    (void)state;
    assert_int_equal(said("echo a; echo b >&2; exit 3", SVCT_PROGRAMREAD_BOTH,
                          out, sizeof(out)),
                     3);
    assert_string_equal(out, "a\nb\n");
}

static bool count(void *arg, const char *bytes, size_t len)
{
    size_t *sum = arg;

    (void)bytes;
    *sum += len;
    return *sum < 100000;
}

/* One that never ends is ended: when there is enough, or after that time,
 * whether it says nothing or goes on behind the end of what it says. */
static void bounds(void **state)
{
    const enum svct_programread_what what = SVCT_PROGRAMREAD_OUTPUT;
    const char *const yes[] = {"/bin/sh", "-c", "exec yes", NULL};
    const char *const silent[] = {"/bin/sh", "-c", "exec sleep 60", NULL};
    const char *const behind[] = {"/bin/sh", "-c",
                                  "echo a; exec sleep 60 >/dev/null", NULL};
    time_t begin = time(NULL);
    size_t sum = 0;

    (void)state;
    assert_int_equal(svct_programread(yes, what, 60000, count, &sum), -1);
    assert_in_range(sum, 100000, 200000);
    assert_int_equal(svct_programread(silent, what, 100, count, &sum), -1);
    sum = 0;
    assert_int_equal(svct_programread(behind, what, 1000, count, &sum), -1);
    assert_int_equal(sum, 2);
    assert_in_range(time(NULL) - begin, 0, 50);
}

static void find(void **state)
{
    const char *const some[] = {"/nonexistent", "/etc/passwd", "/bin/sh", NULL};
    const char *const none[] = {"/nonexistent", NULL};

    (void)state;
    assert_string_equal(svct_program_find(some), "/bin/sh");
    assert_null(svct_program_find(none));
}

static void home(void **state)
{
    uid_t owner = 7;

    (void)state;
    assert_int_equal(svct_home_look("/nonexistent/x", 0, &owner),
                     SVCT_HOME_ABSENT);
    assert_int_equal(svct_home_look("/dev/null", 0, &owner), SVCT_HOME_NONE);
    assert_int_equal(svct_home_look("/", 0, &owner), SVCT_HOME_THERE);
    assert_int_equal(owner, 7);
    assert_int_equal(svct_home_look("/", 65536, &owner), SVCT_HOME_OTHERS);
    assert_int_equal(owner, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exit_code),    cmocka_unit_test(arguments),
        cmocka_unit_test(surroundings), cmocka_unit_test(signals),
        cmocka_unit_test(output),       cmocka_unit_test(text),
        cmocka_unit_test(bounds),       cmocka_unit_test(with_standard_error),
        cmocka_unit_test(find),         cmocka_unit_test(home),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
