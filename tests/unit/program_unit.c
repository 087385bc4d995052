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
    assert_true(svct_program_start(argv, ends[1], &pid));
    close(ends[1]);
    assert_int_equal(read(ends[0], text, sizeof(text) - 1), 5);
    assert_string_equal(text, "said\n");
    close(ends[0]);
    assert_true(svct_program_finish(pid));
}

/* ---- reading all that it prints ---- */

static bool text_of(const char *script, char *out, size_t size)
{
    const char *const argv[] = {"/bin/sh", "-c", script, NULL};

    return svct_programread_text(argv, 5000, out, size);
}

static void text(void **state)
{
    char out[8];

    (void)state;
    assert_true(text_of("echo said", out, sizeof(out)));
    assert_string_equal(out, "said\n");
    assert_true(text_of("seq 100000", out, sizeof(out)));
    assert_string_equal(out, "1\n2\n3\n4");
    assert_false(text_of("echo said; exit 1", out, sizeof(out)));
    assert_string_equal(out, "said\n");
    assert_true(text_of(":", out, sizeof(out)));
    assert_string_equal(out, "");
}

static bool count(void *arg, const char *bytes, size_t len)
{
    size_t *sum = arg;

    (void)bytes;
    *sum += len;
    return *sum < 100000;
}

/* One that never ends is ended: when there is enough, or after that time. */
static void bounds(void **state)
{
    const char *const yes[] = {"/bin/sh", "-c", "exec yes", NULL};
    const char *const sleep[] = {"/bin/sh", "-c", "exec sleep 60", NULL};
    const char *const none[] = {"/nonexistent/program", NULL};
    size_t sum = 0;

    (void)state;
    assert_false(svct_programread(yes, 60000, count, &sum));
    assert_in_range(sum, 100000, 200000);
    assert_false(svct_programread(sleep, 100, count, &sum));
    assert_false(svct_programread(none, 100, count, &sum));
}

/* Its exit code, and what it says into text. */
static int said(const char *shell, unsigned seconds, char *text, size_t size)
{
    const char *const argv[] = {"/bin/sh", "-c", shell, NULL};

    return svct_program_read(argv, seconds, text, size);
}

static void what_it_says(void **state)
{
    const char *const none[] = {"/nonexistent/program", NULL};
    char text[16], one[1];

    (void)state;
    assert_int_equal(said("echo a; echo b >&2; exit 3", 30, text, sizeof text),
                     3);
    assert_string_equal(text, "a\nb\n");
    assert_int_equal(said("exit 0", 30, text, sizeof text), 0);
    assert_string_equal(text, "");
    /* More than there is room for: it is not stopped by that. */
    assert_int_equal(said("seq 100000; exit 4", 30, text, sizeof text), 4);
    assert_string_equal(text, "1\n2\n3\n4\n5\n6\n7\n8");
    assert_int_equal(said("echo a", 30, one, sizeof one), 0);
    assert_string_equal(one, "");
    assert_int_equal(svct_program_read(none, 30, text, sizeof text), -1);
    assert_string_equal(text, "");
}

/* Whether it says nothing, or goes on behind the end of what it says. */
static void one_that_does_not_end(void **state)
{
    char text[16];

    (void)state;
    assert_int_equal(said("exec sleep 60", 1, text, sizeof text), -1);
    assert_int_equal(
        said("echo a; exec sleep 60 >/dev/null 2>&1", 1, text, sizeof text),
        -1);
    assert_string_equal(text, "a\n");
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
        cmocka_unit_test(bounds),       cmocka_unit_test(find),
        cmocka_unit_test(what_it_says), cmocka_unit_test(one_that_does_not_end),
        cmocka_unit_test(home),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
