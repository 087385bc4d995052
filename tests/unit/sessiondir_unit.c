/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/privdir.h"
#include "auth/secret.h"
#include "auth/sessiondir.h"

#define DIR_PATH PRIVDIR "/run"
#define SESSIONS DIR_PATH "/" SVCT_SESSIONDIR

static int before_each(void **state)
{
    (void)state;
    privdir_remove(DIR_PATH);
    return 0;
}

/* Of this process: open. */
static struct svct_session session_of(const char *account)
{
    struct svct_session session = {.service = "sshd"};
    struct svct_procstat self;

    assert_int_equal(svct_procstat_get(0, &self, NULL), 0);
    assert_int_equal(svct_procstat_boot(session.boot, NULL), 0);
    svct_session_draw_id("4fK2abcXYZ", session.id);
    snprintf(session.account, sizeof session.account, "%s", account);
    snprintf(session.token_id, sizeof session.token_id, "4fK2abcXYZ");
    session.pid = self.pid;
    session.start = self.start;
    session.opened = time(NULL);
    session.expires = SVCT_TIME_NEVER;
    return session;
}

static void add(const struct svct_session *session)
{
    struct svct_fault fault = {0};

    if (svct_sessiondir_add(DIR_PATH, session, time(NULL), &fault) != 0)
        fail_msg("%s", fault.what);
}

static const char *path_of(const char *name)
{
    static char path[300];

    snprintf(path, sizeof path, SESSIONS "/%s", name);
    return path;
}

/* ---- seeing them ---- */

struct seen {
    int good, doubtful;
    char last[64], why[256];
    int stop_at;
};

static int note(void *arg, const struct svct_session *session, const char *name,
                const struct svct_fault *fault)
{
    struct seen *seen = arg;

    snprintf(seen->last, sizeof seen->last, "%s", name);
    if (session == NULL) {
        seen->doubtful++;
        snprintf(seen->why, sizeof seen->why, "%s", fault->what);
    } else {
        seen->good++;
        assert_string_equal(session->id, name);
    }
    return seen->stop_at > 0 && seen->good == seen->stop_at ? 42 : 0;
}

static struct seen look(void)
{
    struct seen seen = {.good = 0};
    struct svct_fault fault = {0};

    if (svct_sessiondir_each(DIR_PATH, note, &seen, &fault) != 0)
        fail_msg("%s", fault.what);
    return seen;
}

static mode_t mode_of(const char *path)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_uid, 0);
    return st.st_mode & 07777;
}

static void made_seen_and_removed(void **state)
{
    struct svct_session one = session_of("deploy"), two = session_of("backup");

    (void)state;
    assert_int_equal(look().good, 0); /* no folder is no failure */
    assert_int_equal(svct_sessiondir_remove(DIR_PATH, one.id, NULL),
                     SVCT_E_NOTFOUND);
    add(&one);
    add(&two);
    assert_int_equal(mode_of(DIR_PATH), 0700);
    assert_int_equal(mode_of(SESSIONS), 0700);
    assert_int_equal(mode_of(path_of(one.id)), 0600);
    assert_int_equal(privdir_entries(SESSIONS), 2);
    assert_int_equal(look().good, 2);
    assert_int_equal(svct_sessiondir_remove(DIR_PATH, one.id, NULL), 0);
    assert_int_equal(svct_sessiondir_remove(DIR_PATH, one.id, NULL),
                     SVCT_E_NOTFOUND);
    assert_int_equal(look().good, 1);
    assert_string_equal(look().last, two.id);
}

static void the_umask_does_not_count(void **state)
{
    struct svct_session session = session_of("deploy");
    mode_t before = umask(0777);

    (void)state;
    assert_int_equal(mkdir(DIR_PATH, 0700), 0);
    assert_int_equal(chmod(DIR_PATH, 0755), 0);
    add(&session);
    umask(0);
    session = session_of("deploy");
    add(&session);
    umask(before);
    assert_int_equal(mode_of(SESSIONS), 0700);
    assert_int_equal(mode_of(path_of(session.id)), 0600);
    assert_int_equal(look().good, 2);
}

static void a_walk_can_be_ended(void **state)
{
    struct seen seen = {.stop_at = 1};
    struct svct_session session = session_of("deploy");

    (void)state;
    add(&session);
    session = session_of("deploy");
    add(&session);
    assert_int_equal(svct_sessiondir_each(DIR_PATH, note, &seen, NULL), 42);
    assert_int_equal(seen.good, 1);
}

static void no_path_gets_out_of_the_folder(void **state)
{
    struct svct_session session = session_of("deploy");

    (void)state;
    add(&session);
    privdir_write(DIR_PATH "/marker.key", "x");
    assert_int_equal(svct_sessiondir_remove(DIR_PATH, "../marker.key", NULL),
                     SVCT_E_NOTFOUND);
    assert_int_equal(svct_sessiondir_remove(DIR_PATH, "", NULL),
                     SVCT_E_NOTFOUND);
    assert_int_equal(access(DIR_PATH "/marker.key", F_OK), 0);
}

/* ---- what is not believed ---- */

static void doubted(const char *why)
{
    struct seen seen = look();

    assert_int_equal(seen.good, 0);
    assert_int_equal(seen.doubtful, 1);
    if (strstr(seen.why, why) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", seen.why, why);
}

static void damage_is_told(void **state)
{
    struct svct_session session = session_of("deploy");
    char other[300];
    int fd;

    (void)state;
    add(&session);
    fd = open(path_of(session.id), O_RDWR | O_CLOEXEC);
    assert_int_equal(pwrite(fd, "X", 1, 30), 1);
    doubted("damaged");
    assert_int_equal(ftruncate(fd, 0), 0);
    doubted("size");
    assert_int_equal(ftruncate(fd, 100000), 0);
    doubted("size");
    close(fd);
    before_each(NULL);
    add(&session);
    snprintf(other, sizeof other, SESSIONS "/notoken-3kT9wXbQ7ZpM");
    assert_int_equal(rename(path_of(session.id), other), 0);
    doubted("another session");
}

static void what_others_could_write_is_told(void **state)
{
    struct svct_session session = session_of("deploy");

    (void)state;
    add(&session);
    assert_int_equal(chmod(path_of(session.id), 0660), 0);
    doubted("0660");
    assert_int_equal(chmod(path_of(session.id), 0600), 0);
    assert_int_equal(chown(path_of(session.id), 1, 0), 0);
    doubted("uid 1");
    assert_int_equal(unlink(path_of(session.id)), 0);
    assert_int_equal(symlink("/etc/passwd", path_of(session.id)), 0);
    doubted("symbolic link");
    assert_int_equal(unlink(path_of(session.id)), 0);
    assert_int_equal(mkfifo(path_of(session.id), 0600), 0);
    doubted("not a regular file"); /* and does not block */
    assert_int_equal(unlink(path_of(session.id)), 0);
    assert_int_equal(mkdir(path_of(session.id), 0700), 0);
    doubted("not a regular file");
}

static void unsafe_folders_are_not_used(void **state)
{
    struct svct_session session = session_of("deploy");
    struct seen seen = {.good = 0};

    (void)state;
    add(&session);
    assert_int_equal(chmod(SESSIONS, 0770), 0);
    assert_int_equal(svct_sessiondir_each(DIR_PATH, note, &seen, NULL),
                     SVCT_E_UNSAFE);
    session = session_of("deploy");
    assert_int_equal(svct_sessiondir_add(DIR_PATH, &session, 0, NULL),
                     SVCT_E_UNSAFE);
    assert_int_equal(chmod(SESSIONS, 0700), 0);
    assert_int_equal(chown(DIR_PATH, 1, 0), 0);
    assert_int_equal(svct_sessiondir_add(DIR_PATH, &session, 0, NULL),
                     SVCT_E_UNSAFE);
    assert_int_equal(svct_sessiondir_remove(DIR_PATH, session.id, NULL),
                     SVCT_E_UNSAFE);
}

/* ---- stale ones ---- */

static void those_without_a_process_go(void **state)
{
    struct svct_session live = session_of("deploy"), dead = live, boot = live;
    unsigned removed = 9;
    pid_t pid = fork();

    (void)state;
    if (pid == 0)
        _exit(0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    add(&live);
    svct_session_draw_id("4fK2abcXYZ", dead.id);
    dead.pid = pid;
    add(&dead);
    svct_session_draw_id("4fK2abcXYZ", dead.id);
    dead.pid = live.pid; /* that id is somebody else's now */
    dead.start = live.start + 1;
    add(&dead);
    svct_session_draw_id("4fK2abcXYZ", boot.id);
    boot.boot[0] = boot.boot[0] == '0' ? '1' : '0';
    add(&boot);
    assert_int_equal(look().good, 4);
    assert_int_equal(
        svct_sessiondir_prune(DIR_PATH, time(NULL), &removed, NULL), 0);
    assert_int_equal(removed, 3);
    assert_int_equal(look().good, 1);
    assert_string_equal(look().last, live.id);
}

/* A writer that was killed leaves its file under the other name. */
static void leftovers_go_and_others_stay(void **state)
{
    struct svct_session session = session_of("deploy");
    unsigned removed = 9;

    (void)state;
    add(&session);
    privdir_write(SESSIONS "/.new-4fK2abcXYZ-3kT9wXbQ7ZpM", "half");
    privdir_write(SESSIONS "/notoken-3kT9wXbQ7ZpM", "damaged");
    privdir_write(SESSIONS "/note", "not ours");
    assert_int_equal(look().good, 1);
    assert_int_equal(
        svct_sessiondir_prune(DIR_PATH, time(NULL), &removed, NULL), 0);
    assert_int_equal(removed, 0); /* it may be at work */
    assert_int_equal(
        svct_sessiondir_prune(DIR_PATH, time(NULL) + 3600, &removed, NULL), 0);
    assert_int_equal(removed, 1);
    assert_int_equal(privdir_entries(SESSIONS), 3);
    privdir_remove(DIR_PATH);
    assert_int_equal(svct_sessiondir_prune(DIR_PATH, 0, &removed, NULL), 0);
    assert_int_equal(removed, 0);
}

static void there_is_a_maximum(void **state)
{
    struct svct_session session = session_of("deploy"), stale = session;
    struct svct_fault fault = {0};

    (void)state;
    add(&session);
    for (int i = 0; i < SVCT_SESSIONDIR_MAX; i++) {
        char name[64];

        snprintf(name, sizeof name, SESSIONS "/file%d", i);
        privdir_write(name, "");
    }
    session = session_of("deploy");
    assert_int_equal(
        svct_sessiondir_add(DIR_PATH, &session, time(NULL), &fault),
        SVCT_E_TOOBIG);
    assert_int_equal(look().good, 1);
    /* Stale ones make room. */
    for (int i = 0; i < 4; i++) {
        char name[64];

        snprintf(name, sizeof name, SESSIONS "/file%d", i);
        assert_int_equal(unlink(name), 0);
    }
    svct_session_draw_id("4fK2abcXYZ", stale.id);
    stale.start++;
    add(&stale);
    add(&session);
    assert_int_equal(access(path_of(stale.id), F_OK), -1);
    assert_int_equal(look().good, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, before_each)
        TEST(made_seen_and_removed),
        TEST(the_umask_does_not_count),
        TEST(a_walk_can_be_ended),
        TEST(no_path_gets_out_of_the_folder),
        TEST(damage_is_told),
        TEST(what_others_could_write_is_told),
        TEST(unsafe_folders_are_not_used),
        TEST(those_without_a_process_go),
        TEST(leftovers_go_and_others_stay),
        TEST(there_is_a_maximum),
    };
    const char *reason;

    if (!privdir_enter(&reason)) {
        printf("sessiondir_unit: skipped, %s\n", reason);
        return 77;
    }
    if (svct_secret_setup() != 0)
        return 99;
    return cmocka_run_group_tests_name("sessiondir", tests, NULL, NULL);
}
