/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a log says of logins: counted by reason, the newest kept, of the time
 * that was asked for and no other, and only what was seen is said to be seen.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../admin/loginlog.h"
#include "auth/timefmt.h"

#define NOW INT64_C(1795798800) /* 2026-11-27T17:00:00Z */
#define DAY INT64_C(86400)

static char path[] = "/tmp/loginlog.XXXXXX";
static FILE *file;

static void begin(void)
{
    file = fopen(path, "w");
    assert_non_null(file);
}

/* A line of a program at that time. */
static void add(int64_t time, const char *message)
{
    char text[40];

    svct_time_format(text, sizeof(text), time);
    fprintf(file, "%s host sshd[7]: %s\n", text, message);
}

static void deny(int64_t time, const char *reason)
{
    char message[200];

    snprintf(message, sizeof(message),
             "pam_svctoken(sshd:auth): denied reason=%s user=deploy token=ci "
             "id=4fK2pQ0aZb service=sshd rhost=192.0.2.7",
             reason);
    add(time, message);
}

static struct svct_loginlog read_it(void)
{
    struct svct_loginlog log;

    assert_int_equal(fclose(file), 0);
    assert_int_equal(svct_loginlog_read(path, NOW, DAY, &log), 0);
    assert_int_equal(log.source, SVCT_LOGINLOG_FILE);
    assert_string_equal(log.file, path);
    return log;
}

static void counts(void **state)
{
    struct svct_loginlog log;

    (void)state;
    begin();
    add(NOW - 2 * DAY, "something else");
    deny(NOW - DAY - 1, "token_expired"); /* too old */
    deny(NOW - DAY, "token_expired");
    deny(NOW - 100, "token_expired");
    deny(NOW - 90, "no_answer");
    deny(NOW - 80, "of_a_newer_module");
    deny(NOW - 75, "granted"); /* nobody is denied for that */
    add(NOW - 70, "pam_svctoken(sshd:auth): granted user=deploy role=Viewer "
                  "service=sshd rhost=-");
    add(NOW - 65, "pam_svctoken(sshd:account): granted phase=account "
                  "user=deploy role=Viewer service=sshd rhost=-");
    add(NOW - 60, "pam_svctoken(sshd:auth): undecided phase=auth user=deploy "
                  "service=sshd rhost=-: damaged");
    add(NOW - 50, "Invalid user pam_svctoken(sshd:auth): denied "
                  "reason=no_answer user=a service=sshd rhost=-");
    deny(NOW + 1, "token_expired"); /* not yet */
    log = read_it();
    assert_true(log.whole);
    assert_int_equal(log.since, NOW - DAY);
    assert_int_equal(log.granted, 1);
    assert_int_equal(log.denied, 5);
    assert_int_equal(log.undecided, 1);
    assert_int_equal(log.reason[SVCT_TOKEN_EXPIRED].count, 2);
    assert_int_equal(log.reason[SVCT_TOKEN_EXPIRED].last, NOW - 100);
    assert_int_equal(log.reason[SVCT_LOGINLOG_NO_ANSWER].count, 1);
    assert_int_equal(log.reason[SVCT_LOGINLOG_OTHER].count, 2);
    assert_int_equal(log.reason[SVCT_GRANTED].count, 0);
    assert_int_equal(log.reason[SVCT_UNDECIDED].count, 1);
    assert_int_equal(log.last_count, 6);
    assert_string_equal(log.last[0].reason, "undecided");
    assert_string_equal(log.last[3].reason, "no_answer");
    assert_int_equal(log.last[5].time, NOW - DAY);
}

static void reasons(void **state)
{
    (void)state;
    assert_string_equal(svct_loginlog_reason(SVCT_TOKEN_EXPIRED),
                        "token_expired");
    assert_string_equal(svct_loginlog_reason(SVCT_UNDECIDED), "undecided");
    assert_string_equal(svct_loginlog_reason(SVCT_LOGINLOG_NO_ANSWER),
                        "no_answer");
    assert_string_equal(svct_loginlog_reason(SVCT_LOGINLOG_OTHER), "other");
}

static void keeps_the_newest(void **state)
{
    struct svct_loginlog log;

    (void)state;
    begin();
    for (int i = 0; i < 100; i++)
        deny(NOW - 100 + i, "token_expired");
    log = read_it();
    assert_int_equal(log.denied, 100);
    assert_int_equal(log.last_count, SVCT_LOGINLOG_LAST);
    for (int i = 0; i < SVCT_LOGINLOG_LAST; i++)
        assert_int_equal(log.last[i].time, NOW - 1 - i);
}

/* A file that was begun an hour ago tells nothing of before. */
static void begins_later(void **state)
{
    struct svct_loginlog log;

    (void)state;
    begin();
    fputs("a line without a time\n", file);
    add(NOW - 3600, "something else");
    deny(NOW - 10, "token_expired");
    log = read_it();
    assert_false(log.whole);
    assert_int_equal(log.since, NOW - 3600);
    assert_int_equal(log.denied, 1);
}

static void nothing_in_it(void **state)
{
    struct svct_loginlog log;

    (void)state;
    begin();
    log = read_it();
    assert_false(log.whole);
    assert_int_equal(log.since, NOW);
    assert_int_equal(log.denied, 0);
}

/* Only its end is read, and that is told. */
static void long_file(void **state)
{
    struct svct_loginlog log;
    unsigned lines = 2 * SVCT_LOGINLOG_BYTES / 100;

    (void)state;
    begin();
    deny(NOW - 2 * DAY, "token_expired");
    for (unsigned i = 0; i < lines; i++)
        deny(NOW - 7200 + 7200 * (int64_t)i / lines, "token_expired");
    log = read_it();
    assert_false(log.whole);
    assert_in_range(log.since, NOW - 7000, NOW - 1000);
    assert_in_range(log.denied, lines / 10, lines - 1);
}

/* Lines of any length, NULs, and one that does not end. */
static void odd_lines(void **state)
{
    struct svct_loginlog log;

    (void)state;
    begin();
    add(NOW - 2 * DAY, "something else");
    for (int i = 0; i < 100000; i++)
        fputs("xxxxxxxxxx", file);
    fputs("Nov 27 16:53:12 host sshd[7]: pam_svctoken(sshd:auth): denied "
          "reason=no_answer user=a service=sshd rhost=-\n",
          file); /* the end of that long one */
    fwrite("a\0b\n", 1, 4, file);
    deny(NOW - 10, "token_expired");
    fprintf(file, "2026-11-27T16:59:59Z host sshd[7]: pam_svctoken(sshd:auth): "
                  "denied reason=no_answer user=a service=sshd rhost=-");
    log = read_it();
    assert_true(log.whole);
    assert_int_equal(log.denied, 1);
    assert_int_equal(log.reason[SVCT_TOKEN_EXPIRED].count, 1);
}

static void no_file(void **state)
{
    struct svct_loginlog log;

    (void)state;
    assert_int_equal(svct_loginlog_read("/nonexistent/log", NOW, DAY, &log),
                     SVCT_E_NOTFOUND);
    assert_int_equal(log.source, SVCT_LOGINLOG_NOTHING);
    assert_int_equal(log.why.code, SVCT_E_NOTFOUND);
    assert_int_equal(svct_loginlog_read("/tmp", NOW, DAY, &log), SVCT_E_SYNTAX);
    assert_int_equal(svct_loginlog_read("/dev/zero", NOW, DAY, &log),
                     SVCT_E_SYNTAX);
}

static void fifo(void **state)
{
    struct svct_loginlog log;

    (void)state;
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(svct_loginlog_read(path, NOW, DAY, &log), SVCT_E_SYNTAX);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts),
        cmocka_unit_test(reasons),
        cmocka_unit_test(keeps_the_newest),
        cmocka_unit_test(begins_later),
        cmocka_unit_test(nothing_in_it),
        cmocka_unit_test(long_file),
        cmocka_unit_test(odd_lines),
        cmocka_unit_test(no_file),
        cmocka_unit_test(fifo),
    };
    int fd, failed;

    setenv("TZ", "UTC", 1);
    tzset();
    fd = mkstemp(path);
    if (fd < 0)
        return 1;
    close(fd);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
