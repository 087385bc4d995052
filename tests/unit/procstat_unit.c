/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "auth/procstat.h"

/* Fields 3 to 21; then the start, 22, and some of those behind it. */
#define BEHIND " S 1 77 77 0 -1 4194560 1 0 0 0 1 2 3 4 20 0 1 0"
#define AFTER " 771854 2740224 850 18446744073709551615\n"

static int parse(const char *text, struct svct_procstat *stat)
{
    return svct_procstat_parse(text, strlen(text), stat);
}

static void the_usual_line(void **state)
{
    struct svct_procstat stat;

    (void)state;
    assert_int_equal(parse("77 (sshd)" BEHIND AFTER, &stat), 0);
    assert_int_equal(stat.pid, 77);
    assert_int_equal(stat.ppid, 1);
    assert_int_equal(stat.state, 'S');
    assert_int_equal(stat.threads, 1);
    assert_int_equal(stat.start, 771854);
}

/* Whoever runs a program can name it. */
static void a_name_may_hold_anything(void **state)
{
    static const char *const names[] = {
        "",   " ",           ")",
        "(",  ") S 1 1 1 1", "a) R 9 9 (b",
        "\n", "77 (x) Z 0",  "))))))))))))))))",
    };

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct svct_procstat stat;
        char text[300];

        snprintf(text, sizeof text, "77 (%s)%s%s", names[i], BEHIND, AFTER);
        assert_int_equal(parse(text, &stat), 0);
        assert_int_equal(stat.ppid, 1);
        assert_int_equal(stat.state, 'S');
        assert_int_equal(stat.start, 771854);
    }
}

static void what_is_no_such_line(void **state)
{
    static const char *const bad[] = {
        "",
        "77",
        "77 ",
        "77 (sshd",
        "77 (sshd)",
        "77 (sshd) S",
        "77 (sshd) S ",
        "77 (sshd)" BEHIND,
        "77 (sshd)" BEHIND " ",
        "77 (sshd)" BEHIND " x\n",
        "77 (sshd)" BEHIND " -1\n",
        "77 (sshd)" BEHIND " 5",
        "77 (sshd) S 1 77 77 0 -1 4194560 1 0 0 0 1 2 3 4 20 0 x 0" AFTER,
        "77 (sshd) S 1 77 77 0 -1 4194560 1 0 0 0 1 2 3 4 20 0",
        "77 (sshd) S 1 77 77 0 -1",
        "0 (sshd)" BEHIND AFTER,
        "-7 (sshd)" BEHIND AFTER,
        "x (sshd)" BEHIND AFTER,
        "77 sshd" BEHIND AFTER,
        "77 (sshd) S -1 77 77 0 -1 4 1 0 0 0 1 2 3 4 20 0 1 0 5 6\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct svct_procstat stat = {.pid = 5};

        if (parse(bad[i], &stat) != SVCT_E_SYNTAX || stat.pid != 5)
            fail_msg("taken: %s", bad[i]);
    }
}

static void this_process(void **state)
{
    struct svct_procstat self, again, parent;

    (void)state;
    assert_int_equal(svct_procstat_get(0, &self, NULL), 0);
    assert_int_equal(self.pid, getpid());
    assert_int_equal(self.ppid, getppid());
    assert_int_equal(svct_procstat_get(getpid(), &again, NULL), 0);
    assert_int_equal(self.start, again.start);
    assert_int_equal(svct_procstat_get(getppid(), &parent, NULL), 0);
    assert_true(parent.start <= self.start);
}

static void the_dead(void **state)
{
    struct svct_fault fault = {0};
    struct svct_procstat stat;
    pid_t pid = fork();

    (void)state;
    if (pid == 0)
        _exit(0);
    assert_true(pid > 0);
    do
        assert_int_equal(svct_procstat_get(pid, &stat, NULL), 0);
    while (stat.state != 'Z');
    assert_true(svct_procstat_is_dead(&stat));
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(svct_procstat_get(pid, &stat, &fault), SVCT_E_NOTFOUND);
    assert_int_equal(svct_procstat_get(-1, &stat, &fault), SVCT_E_NOTFOUND);
}

static void *wait_on(void *arg)
{
    (void)arg;
    pause();
    return NULL;
}

/* Whose first thread ends first shows 'Z', and runs on. */
static void the_undead(void **state)
{
    struct svct_procstat stat = {.state = 'R'};
    pid_t pid = fork();
    pthread_t other;

    (void)state;
    if (pid == 0) {
        if (pthread_create(&other, NULL, wait_on, NULL) != 0)
            _exit(1);
        syscall(SYS_exit, 0); /* this thread alone */
    }
    assert_true(pid > 0);
    do
        assert_int_equal(svct_procstat_get(pid, &stat, NULL), 0);
    while (stat.state != 'Z');
    assert_int_equal(stat.threads, 2);
    assert_false(svct_procstat_is_dead(&stat));
    kill(pid, SIGKILL);
    do
        assert_int_equal(svct_procstat_get(pid, &stat, NULL), 0);
    while (!svct_procstat_is_dead(&stat));
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void the_boot(void **state)
{
    char boot[SVCT_BOOT_LEN + 1], again[SVCT_BOOT_LEN + 1];

    (void)state;
    assert_int_equal(svct_procstat_boot(boot, NULL), 0);
    assert_true(svct_procstat_is_boot(boot));
    assert_int_equal(svct_procstat_boot(again, NULL), 0);
    assert_string_equal(boot, again);
    assert_false(svct_procstat_is_boot(""));
    assert_false(svct_procstat_is_boot("d0f1c2b3-0000-0000-0000-00000000000"));
    assert_false(svct_procstat_is_boot("d0f1c2b3-0000-0000-0000-00000000000G"));
    assert_false(svct_procstat_is_boot("d0f1c2b300000-0000-0000-000000000000"));
    boot[0] = '/';
    assert_false(svct_procstat_is_boot(boot));
}

static void files_are_read_within_bounds(void **state)
{
    struct svct_fault fault = {0};
    char small[4];
    size_t len = 99;

    (void)state;
    assert_int_equal(svct_procstat_read("/proc/self/stat", small, sizeof small,
                                        &len, &fault),
                     SVCT_E_TOOBIG);
    assert_int_equal(len, 99);
    assert_true(fault.what[0] != '\0');
    assert_int_equal(
        svct_procstat_read("/proc/none/stat", small, sizeof small, &len, NULL),
        SVCT_E_NOTFOUND);
    assert_int_equal(
        svct_procstat_read("/proc/self", small, sizeof small, &len, NULL),
        SVCT_E_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_usual_line),
        cmocka_unit_test(a_name_may_hold_anything),
        cmocka_unit_test(what_is_no_such_line),
        cmocka_unit_test(this_process),
        cmocka_unit_test(the_dead),
        cmocka_unit_test(the_undead),
        cmocka_unit_test(the_boot),
        cmocka_unit_test(files_are_read_within_bounds),
    };

    return cmocka_run_group_tests_name("procstat", tests, NULL, NULL);
}
