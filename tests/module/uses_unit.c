/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Uses and last use through libpam and the module as built: exactly so many
 * logins as a token has uses, however many come at once; and whatever becomes
 * of the file "usage", only tokens with a limit are refused. Needs root;
 * skipped otherwise.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "../support/dbmake.h"
#include "../support/pamhost.h"
#include "../support/privdir.h"
#include "auth/secret.h"
#include "auth/use.h"
#include "base/safefile.h"

/* A Unix user that every Debian has. */
#define OURS "daemon"
#define FILE_PATH PAMHOST_DB "/" SVCT_USAGE_FILE

/* Slots in the order in which before_each makes the tokens. */
enum {
    SLOT_CI = 1,
    SLOT_TEN = 2,
    SLOT_ONCE = 3
};

static struct pamhost host;
static struct minted ci, ten, once; /* without a limit, 10 uses, 1 use */

static struct minted add_token(const char *name, uint32_t max_uses)
{
    struct svct_token token = dbmake_token(OURS, name);

    token.max_uses = max_uses;
    return dbmake_add_token(PAMHOST_DB, &token);
}

static int before_each(void **state)
{
    struct svct_account ours = dbmake_account(OURS, "Editor");

    (void)state;
    dbmake_init(PAMHOST_DB);
    dbmake_add_account(PAMHOST_DB, &ours);
    ci = add_token("ci", 0);
    ten = add_token("ten", 10);
    once = add_token("once", 1);
    pamhost_stack("sshd", "debug");
    pamhost_stack("sudo", "role=Admin");
    pamhost_log_clear();
    return 0;
}

static int after_each(void **state)
{
    (void)state;
    if (host.pamh != NULL)
        pamhost_end(&host);
    return pamhost_log_tells(&ci) || pamhost_log_tells(&ten) ? -1 : 0;
}

/* ---- logging in ---- */

static void start(const char *service)
{
    if (host.pamh != NULL)
        pamhost_end(&host);
    pamhost_log_clear();
    pamhost_start(&host, service, OURS);
}

static int auth_with(const struct minted *token)
{
    host.token = token;
    return pam_authenticate(host.pamh, 0);
}

static int login_by(const char *service, const struct minted *token)
{
    start(service);
    return auth_with(token);
}

static int login(const struct minted *token)
{
    return login_by("sshd", token);
}

static const char *first_line(void)
{
    return pamhost_log_line(0)->text;
}

static void line_ends(const char *end)
{
    const char *line = first_line();

    if (strlen(line) < strlen(end) ||
        strcmp(line + strlen(line) - strlen(end), end) != 0)
        fail_msg("\"%s\" does not end in \"%s\"", line, end);
}

static void line_has(const char *words)
{
    if (strstr(first_line(), words) == NULL)
        fail_msg("\"%s\" has no \"%s\"", first_line(), words);
}

/* A token with a limit: refused, and why in the log. */
static void unavailable(const struct minted *token, const char *why)
{
    assert_int_equal(login(token), PAM_AUTH_ERR);
    assert_int_equal(pamhost_log_count(), 1);
    assert_int_equal(pamhost_log_line(0)->level, LOG_NOTICE);
    line_has("denied reason=usage_unavailable user=" OURS " token=");
    line_has(why);
}

/* ---- the slots ---- */

static struct svct_usage open_usage(void)
{
    struct svct_usage usage = {.fd = -1};
    int dir_fd;

    assert_int_equal(svct_safefile_open_dir(PAMHOST_DB, &dir_fd, NULL), 0);
    assert_int_equal(svct_usage_open(dir_fd, O_RDWR, &usage, NULL), 0);
    close(dir_fd);
    return usage;
}

static struct svct_seen seen_in(uint32_t slot)
{
    struct svct_usage usage = open_usage();
    struct svct_seen seen = {.uses = 0};
    int r = svct_usage_read_copy(&usage, slot, 0, &seen);

    svct_usage_close(&usage);
    assert_true(r == 0 || r == SVCT_E_NOTFOUND);
    return seen;
}

static uint32_t uses_in(uint32_t slot)
{
    return seen_in(slot).uses;
}

/* Of a token with a limit: both copies say the same. */
static void used_in(uint32_t slot, uint32_t uses)
{
    struct svct_usage usage = open_usage();
    struct svct_seen seen;

    for (unsigned copy = 0; copy < SVCT_USAGE_COPIES; copy++) {
        assert_int_equal(svct_usage_read_copy(&usage, slot, copy, &seen), 0);
        assert_int_equal(seen.uses, uses);
    }
    svct_usage_close(&usage);
}

static void damage_copy(uint32_t slot, unsigned copy)
{
    int fd = open(FILE_PATH, O_WRONLY | O_CLOEXEC);
    off_t offset = (off_t)svct_usage_offset(slot, copy) + 15;

    assert_int_equal(pwrite(fd, "?", 1, offset), 1);
    close(fd);
}

static void damage(uint32_t slot)
{
    damage_copy(slot, 0);
    damage_copy(slot, 1);
}

/* ---- one after the other ---- */

static void as_often_as_it_may(void **state)
{
    char end[64];

    (void)state;
    for (unsigned i = 1; i <= 10; i++) {
        assert_int_equal(login(&ten), PAM_SUCCESS);
        assert_int_equal(pamhost_log_count(), 1);
        line_has("granted user=" OURS " token=ten id=");
        snprintf(end, sizeof end, " service=sshd rhost=- use=%u/10", i);
        line_ends(end);
        used_in(SLOT_TEN, i);
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(login(&ten), PAM_AUTH_ERR);
        line_has("denied reason=token_used_up user=" OURS " token=ten id=");
        line_ends(" use=10/10");
    }
    assert_int_equal(uses_in(SLOT_TEN), 10);
    assert_int_equal(login(&ci), PAM_SUCCESS);
}

static void a_one_time_token(void **state)
{
    (void)state;
    assert_int_equal(login(&once), PAM_SUCCESS);
    line_ends(" use=1/1");
    assert_int_equal(login(&once), PAM_AUTH_ERR);
    line_has("reason=token_used_up");
}

/* Nor does it refuse what the last use has opened. */
static void the_account_phase_counts_nothing(void **state)
{
    (void)state;
    assert_int_equal(login(&once), PAM_SUCCESS);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pam_acct_mgmt(host.pamh, 0), PAM_SUCCESS);
    assert_int_equal(pam_setcred(host.pamh, PAM_ESTABLISH_CRED), PAM_SUCCESS);
    assert_int_equal(pam_open_session(host.pamh, 0), PAM_SUCCESS);
    assert_int_equal(pam_close_session(host.pamh, 0), PAM_SUCCESS);
    assert_int_equal(uses_in(SLOT_ONCE), 1);
    /* It asks everything else again. */
    dbmake_revoke_token(PAMHOST_DB, once.id);
    assert_int_equal(pam_acct_mgmt(host.pamh, 0), PAM_PERM_DENIED);
}

/* Each time that it is given is a use, in one handle too. */
static void given_twice_is_two(void **state)
{
    (void)state;
    start("sshd");
    assert_int_equal(auth_with(&ten), PAM_SUCCESS);
    assert_int_equal(auth_with(&ten), PAM_SUCCESS);
    assert_int_equal(uses_in(SLOT_TEN), 2);
    assert_int_equal(auth_with(&once), PAM_SUCCESS);
    assert_int_equal(auth_with(&once), PAM_AUTH_ERR);
    /* What the refused one left is no login. */
    assert_int_equal(pam_acct_mgmt(host.pamh, 0), PAM_SUCCESS);
    assert_int_equal(uses_in(SLOT_ONCE), 1);
}

static void a_refusal_takes_none(void **state)
{
    struct svct_account ours = dbmake_account(OURS, "Editor");
    struct minted forged = dbmake_forge(ten.id);

    (void)state;
    assert_int_equal(login(&forged), PAM_AUTH_ERR);
    line_has("reason=token_wrong_secret");
    assert_null(strstr(first_line(), "use="));
    assert_int_equal(login_by("sudo", &ten), PAM_AUTH_ERR);
    line_has("reason=role_service");
    pamhost_stack("cron", "role=Admin");
    assert_int_equal(login_by("cron", &ten), PAM_AUTH_ERR);
    line_has("reason=role_too_low"); /* the last of all rules */
    ours.disabled = true;
    ours.tokens = 3;
    dbmake_update_account(PAMHOST_DB, &ours);
    assert_int_equal(login(&ten), PAM_AUTH_ERR);
    line_has("reason=account_disabled");
    assert_int_equal(uses_in(SLOT_TEN), 0);
}

/* ---- last use ---- */

static void the_last_use_is_noted(void **state)
{
    struct svct_seen seen;
    int64_t now = time(NULL);

    (void)state;
    start("sshd");
    assert_int_equal(pam_set_item(host.pamh, PAM_RHOST, "192.0.2.7"),
                     PAM_SUCCESS);
    assert_int_equal(auth_with(&ci), PAM_SUCCESS);
    assert_null(strstr(first_line(), "use="));
    seen = seen_in(SLOT_CI);
    assert_string_equal(seen.id, ci.id);
    assert_string_equal(seen.service, "sshd");
    assert_string_equal(seen.rhost, "192.0.2.7");
    assert_int_equal(seen.uses, 1);
    assert_true(seen.last_used >= now && seen.last_used <= now + 60);
    /* At most once a minute. */
    pamhost_stack("cron", "");
    assert_int_equal(login_by("cron", &ci), PAM_SUCCESS);
    assert_string_equal(seen_in(SLOT_CI).service, "sshd");
    assert_int_equal(seen_in(SLOT_CI).uses, 1);
    /* Each use of one with a limit. */
    assert_int_equal(login(&ten), PAM_SUCCESS);
    assert_int_equal(login_by("cron", &ten), PAM_SUCCESS);
    assert_string_equal(seen_in(SLOT_TEN).service, "cron");
}

static void a_refusal_notes_nothing(void **state)
{
    struct minted forged = dbmake_forge(ci.id);

    (void)state;
    assert_int_equal(login(&forged), PAM_AUTH_ERR);
    assert_int_equal(login_by("sudo", &ci), PAM_AUTH_ERR);
    start("sshd");
    assert_int_equal(pam_acct_mgmt(host.pamh, 0), PAM_SUCCESS); /* by key */
    assert_string_equal(seen_in(SLOT_CI).id, "");
}

/* ---- all at once ---- */

#define AT_ONCE 64
#define ROUNDS 6

static struct shared {
    atomic_int ready, in, out, wrong;
} * shared;

static void reset_shared(void)
{
    if (shared == NULL)
        shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(shared != MAP_FAILED);
    memset(shared, 0, sizeof *shared);
}

/* All begin when the last one is there. */
static void wait_for_all(void)
{
    const struct timespec pause = {.tv_nsec = 100000};

    atomic_fetch_add(&shared->ready, 1);
    while (atomic_load(&shared->ready) < AT_ONCE)
        nanosleep(&pause, NULL);
}

static void note_result(int auth, int account)
{
    if (auth == PAM_SUCCESS && account == PAM_SUCCESS)
        atomic_fetch_add(&shared->in, 1);
    else if (auth == PAM_AUTH_ERR)
        atomic_fetch_add(&shared->out, 1);
    else
        atomic_fetch_add(&shared->wrong, 1);
}

static void one_of_many(const struct minted *token)
{
    int auth, account = PAM_SUCCESS;

    pamhost_start(&host, "sshd", OURS);
    wait_for_all();
    auth = auth_with(token);
    if (auth == PAM_SUCCESS)
        account = pam_acct_mgmt(host.pamh, 0);
    note_result(auth, account);
    pamhost_end(&host);
}

static void came_in(int expected)
{
    assert_int_equal(atomic_load(&shared->wrong), 0);
    assert_int_equal(atomic_load(&shared->in), expected);
    assert_int_equal(atomic_load(&shared->out), AT_ONCE - expected);
}

static void many_processes(const struct minted *token, int expected)
{
    pid_t pid[AT_ONCE];

    reset_shared();
    for (int i = 0; i < AT_ONCE; i++) {
        pid[i] = fork();
        assert_true(pid[i] >= 0);
        if (pid[i] == 0) {
            one_of_many(token);
            _exit(0);
        }
    }
    for (int i = 0; i < AT_ONCE; i++) {
        int status = -1;

        waitpid(pid[i], &status, 0);
        assert_int_equal(status, 0);
    }
    came_in(expected);
}

static void exactly_ten_of_64_processes(void **state)
{
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        char name[16];
        struct minted token;

        snprintf(name, sizeof name, "round%d", round);
        token = add_token(name, 10);
        many_processes(&token, 10);
        used_in(4u + (unsigned)round, 10);
        assert_int_equal(login(&token), PAM_AUTH_ERR);
        line_ends(" use=10/10");
    }
}

static void exactly_one_of_64_processes(void **state)
{
    (void)state;
    many_processes(&once, 1);
    used_in(SLOT_ONCE, 1);
}

/* Without a limit nobody gets into another's way. */
static void all_of_64_processes(void **state)
{
    (void)state;
    many_processes(&ci, AT_ONCE);
    assert_string_equal(seen_in(SLOT_CI).id, ci.id);
    assert_true(uses_in(SLOT_CI) >= 1 && uses_in(SLOT_CI) <= 2);
}

static void *thread_of_many(void *arg)
{
    struct pamhost mine;
    int auth, account = PAM_SUCCESS;

    pamhost_start(&mine, "sshd", OURS);
    mine.token = arg;
    wait_for_all();
    auth = pam_authenticate(mine.pamh, 0);
    if (auth == PAM_SUCCESS)
        account = pam_acct_mgmt(mine.pamh, 0);
    note_result(auth, account);
    pamhost_end(&mine);
    return NULL;
}

static void exactly_ten_of_64_threads(void **state)
{
    (void)state;
    for (int round = 0; round < 2; round++) {
        pthread_t thread[AT_ONCE];
        struct minted token = add_token(round == 0 ? "threads" : "again", 10);

        reset_shared();
        for (int i = 0; i < AT_ONCE; i++)
            assert_int_equal(
                pthread_create(&thread[i], NULL, thread_of_many, &token), 0);
        for (int i = 0; i < AT_ONCE; i++)
            pthread_join(thread[i], NULL);
        came_in(10);
    }
}

/* ---- what becomes of the file ---- */

static void the_file_is_gone(void **state)
{
    (void)state;
    assert_int_equal(unlink(FILE_PATH), 0);
    unavailable(&ten, ": usage is not there");
    assert_int_equal(login(&ci), PAM_SUCCESS);
    assert_int_equal(access(FILE_PATH, F_OK), -1); /* not made by logins */
    assert_int_equal(pamhost_log_count(), 2);
    assert_int_equal(pamhost_log_line(1)->level, LOG_DEBUG);
    /* The next change makes it; what it knew is not to be had again. */
    dbmake_commit_at(PAMHOST_DB, time(NULL));
    unavailable(&ten, ": slot 2 of the file usage is not this token's");
    assert_int_equal(login(&ci), PAM_SUCCESS);
    assert_string_equal(seen_in(SLOT_CI).id, ci.id);
}

static void a_damaged_slot(void **state)
{
    (void)state;
    assert_int_equal(login(&ten), PAM_SUCCESS);
    assert_int_equal(login(&ci), PAM_SUCCESS);
    damage(SLOT_TEN);
    damage(SLOT_CI);
    unavailable(&ten, ": slot 2 of the file usage: ");
    assert_int_equal(login(&once), PAM_SUCCESS);
    assert_int_equal(login(&ci), PAM_SUCCESS);
    assert_int_equal(uses_in(SLOT_CI), 1); /* begun anew */
}

/* One of two copies: nothing is noticed but by "db verify", and the next use
 * makes both of it again. */
static void a_damaged_copy(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(login(&ten), PAM_SUCCESS);
        used_in(SLOT_TEN, i + 1);
        damage_copy(SLOT_TEN, i % 2);
    }
    assert_int_equal(login(&once), PAM_SUCCESS);
    damage_copy(SLOT_ONCE, 1);
    assert_int_equal(login(&once), PAM_AUTH_ERR);
    line_has("reason=token_used_up");
    assert_int_equal(login(&ci), PAM_SUCCESS);
    damage_copy(SLOT_CI, 1);
    assert_int_equal(login(&ci), PAM_SUCCESS);
    assert_int_equal(uses_in(SLOT_CI), 1); /* the note before stands */
}

/* The disk gives one of its blocks back as it was when the token was made. */
static void an_older_block(void **state)
{
    enum {
        BLOCK = 65536
    };
    static uint8_t older[2][BLOCK], newer[BLOCK];
    int fd = open(FILE_PATH, O_RDWR | O_CLOEXEC);
    ssize_t len[2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        len[i] = pread(fd, older[i], BLOCK, i * BLOCK);
        assert_true(len[i] >= 4096);
    }
    for (int i = 0; i < 10; i++)
        assert_int_equal(login(&ten), PAM_SUCCESS);
    assert_int_equal(login(&once), PAM_SUCCESS);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pread(fd, newer, BLOCK, i * BLOCK), len[i]);
        assert_int_equal(pwrite(fd, older[i], (size_t)len[i], (off_t)i * BLOCK),
                         len[i]);
        assert_int_equal(login(&ten), PAM_AUTH_ERR);
        line_ends(" use=10/10");
        assert_int_equal(login(&once), PAM_AUTH_ERR);
        line_ends(" use=1/1");
        assert_int_equal(pwrite(fd, newer, (size_t)len[i], (off_t)i * BLOCK),
                         len[i]);
    }
    close(fd);
}

static void a_file_of_something_else(void **state)
{
    (void)state;
    privdir_write(FILE_PATH, "shopping: milk, eggs\n");
    assert_int_equal(chmod(FILE_PATH, 0600), 0);
    unavailable(&ten, ": slot 2 is behind the end of the file usage");
    assert_int_equal(login(&ci), PAM_SUCCESS);
    assert_int_equal(chmod(FILE_PATH, 0666), 0);
    unavailable(&ten, "usage is writable by others");
    assert_int_equal(login(&ci), PAM_SUCCESS);
    assert_int_equal(unlink(FILE_PATH), 0);
    assert_int_equal(mkfifo(FILE_PATH, 0600), 0);
    unavailable(&ten, "usage is not a regular file");
    assert_int_equal(login(&ci), PAM_SUCCESS);
}

static void a_file_system_for_reading_only(void **state)
{
    (void)state;
    assert_int_equal(mount(PAMHOST_DB, PAMHOST_DB, NULL, MS_BIND, NULL), 0);
    assert_int_equal(
        mount(NULL, PAMHOST_DB, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL),
        0);
    unavailable(&ten, "Read-only file system");
    assert_int_equal(login(&ci), PAM_SUCCESS);
    assert_int_equal(pam_acct_mgmt(host.pamh, 0), PAM_SUCCESS);
    assert_int_equal(umount2(PAMHOST_DB, MNT_DETACH), 0);
    assert_int_equal(login(&ten), PAM_SUCCESS);
    assert_int_equal(uses_in(SLOT_TEN), 1);
}

static void fill(const char *path)
{
    static const char block[4096];
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    while (write(fd, block, sizeof block) > 0)
        ;
    assert_int_equal(errno, ENOSPC);
    close(fd);
}

/* The slot of a token with a limit has its block, so its uses can be counted;
 * that of the other one has none and gets none. */
static void a_full_disk(void **state)
{
    struct minted last;
    char name[16];

    (void)state;
    for (int i = 0; i < 32; i++) {
        snprintf(name, sizeof name, "more%d", i);
        last = add_token(name, 0);
    }
    assert_int_equal(mkdir("/mnt/full", 0755), 0);
    assert_int_equal(
        mount("none", "/mnt/full", "tmpfs", 0, "size=8m,mode=0755"), 0);
    assert_int_equal(system("cp -a " PAMHOST_DB "/. /mnt/full/"), 0);
    assert_int_equal(mount("/mnt/full", PAMHOST_DB, NULL, MS_BIND, NULL), 0);
    fill(PAMHOST_DB "/filler");
    assert_int_equal(login(&last), PAM_SUCCESS);
    assert_int_equal(pamhost_log_count(), 2);
    line_has("granted user=" OURS);
    assert_non_null(strstr(pamhost_log_line(1)->text, "last use not noted"));
    assert_non_null(strstr(pamhost_log_line(1)->text, "disk full"));
    assert_int_equal(login(&ten), PAM_SUCCESS);
    line_ends(" use=1/10");
    assert_int_equal(login(&once), PAM_SUCCESS);
    assert_int_equal(login(&once), PAM_AUTH_ERR);
    pamhost_end(&host);
    assert_int_equal(umount2(PAMHOST_DB, MNT_DETACH), 0);
    assert_int_equal(umount2("/mnt/full", MNT_DETACH), 0);
}

/* ---- who holds a slot ---- */

static int64_t milliseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Refused after two seconds, and nobody else waits for it. */
static void a_stuck_holder(void **state)
{
    struct svct_usage usage = open_usage();
    int64_t begin = milliseconds();

    (void)state;
    assert_int_equal(svct_usage_lock(&usage, SLOT_TEN, 0), 0);
    assert_int_equal(svct_usage_lock(&usage, SLOT_CI, 0), 0);
    assert_int_equal(login(&ci), PAM_SUCCESS);
    assert_int_equal(login(&once), PAM_SUCCESS);
    assert_true(milliseconds() - begin < 1500);
    begin = milliseconds();
    unavailable(&ten, "another login holds slot 2");
    assert_true(milliseconds() - begin >= 1900);
    svct_usage_unlock(&usage, SLOT_TEN);
    svct_usage_close(&usage);
    assert_int_equal(login(&ten), PAM_SUCCESS);
    assert_int_equal(uses_in(SLOT_TEN), 1);
}

/* ---- a guest ---- */

/* "ulimit -f 0" and sudo: the kernel would end the host by SIGXFSZ. */
static void a_limit_of_file_sizes(void **state)
{
    pid_t pid = fork();
    int status = -1;

    (void)state;
    if (pid == 0) {
        const struct rlimit none = {0, RLIM_INFINITY};
        bool good;

        signal(SIGXFSZ, SIG_DFL);
        setrlimit(RLIMIT_FSIZE, &none);
        good = login(&ci) == PAM_SUCCESS && login(&ten) == PAM_AUTH_ERR &&
               strstr(first_line(), "usage_unavailable") != NULL;
        _exit(good ? 0 : 1);
    }
    waitpid(pid, &status, 0);
    assert_int_equal(status, 0);
    assert_int_equal(uses_in(SLOT_TEN), 0);
}

/* The same as the first login after a start, when there is no key of the
 * session marker yet; and it can be made later. */
static void a_limit_of_file_sizes_without_a_key(void **state)
{
    privdir_remove(SVCT_RUNDIR);
    a_limit_of_file_sizes(state);
    assert_int_equal(privdir_entries(SVCT_RUNDIR), 0);
    assert_int_equal(login(&ci), PAM_SUCCESS);
    assert_non_null(pam_getenv(host.pamh, "SVCTOKEN_MARK"));
    assert_int_equal(privdir_entries(SVCT_RUNDIR), 1);
}

static void nothing_is_left_open(void **state)
{
    int before;

    (void)state;
    login(&ten); /* libpam and libsodium have opened what they keep */
    before = privdir_entries("/proc/self/fd");
    login(&ten);
    login(&ci);
    login(&once);
    login(&once);
    damage(SLOT_TEN);
    login(&ten);
    assert_int_equal(privdir_entries("/proc/self/fd"), before);
}

#define CASE(name) \
    cmocka_unit_test_setup_teardown(name, before_each, after_each)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(as_often_as_it_may),
        CASE(a_one_time_token),
        CASE(the_account_phase_counts_nothing),
        CASE(given_twice_is_two),
        CASE(a_refusal_takes_none),
        CASE(the_last_use_is_noted),
        CASE(a_refusal_notes_nothing),
        CASE(exactly_ten_of_64_processes),
        CASE(exactly_one_of_64_processes),
        CASE(all_of_64_processes),
        CASE(exactly_ten_of_64_threads),
        CASE(the_file_is_gone),
        CASE(a_damaged_slot),
        CASE(a_damaged_copy),
        CASE(an_older_block),
        CASE(a_file_of_something_else),
        CASE(a_file_system_for_reading_only),
        CASE(a_full_disk),
        CASE(a_stuck_holder),
        CASE(a_limit_of_file_sizes),
        CASE(a_limit_of_file_sizes_without_a_key),
        CASE(nothing_is_left_open),
    };
    const char *reason = NULL;

    if (!privdir_enter(&reason) || !privdir_cover(SVCT_RUNDIR, &reason) ||
        !pamhost_setup(&reason)) {
        printf("SKIPPED: uses_unit: %s\n", reason);
        return 77;
    }
    if (svct_secret_setup() != 0)
        return 99;
    return cmocka_run_group_tests_name("uses", tests, NULL, NULL);
}
