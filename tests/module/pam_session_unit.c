/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A session of a service account, as its host and the modules behind ours see
 * it: the limit of its time, its record under /run, its notice. Real libpam,
 * real module, real database, in a private mount namespace. Needs root;
 * skipped otherwise.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <pwd.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "../support/dbmake.h"
#include "../support/pamhost.h"
#include "../support/privdir.h"
#include "auth/sessiondir.h"

/* Unix users that every Debian has. */
#define OURS "daemon"
#define OTHER "bin"
#define PERSON "games"

#define PROBE "/mnt/pam_probe.so"
#define SESSIONS SVCT_RUNDIR "/" SVCT_SESSIONDIR
#define HOUR INT64_C(3600)

/* ---- surroundings ---- */

static struct pamhost host;
static struct minted ci; /* a token of OURS, named "ci", for an hour */

/* Ours between another module that sets a limit ("" for none) and one that
 * reads it. */
static void stack_with(const char *set, const char *arguments)
{
    char text[2000];

    snprintf(text, sizeof text,
             "auth required " PAMHOST_MODULE " db=" PAMHOST_DB " %s\n"
             "account required " PAMHOST_MODULE " db=" PAMHOST_DB " %s\n"
             "%s%s%s"
             "session optional " PAMHOST_MODULE " db=" PAMHOST_DB " %s\n"
             "session required " PROBE "\n",
             arguments, arguments,
             set[0] != '\0' ? "session required " PROBE " set=" : "", set,
             set[0] != '\0' ? "\n" : "", arguments);
    privdir_write(PAMHOST_CONFDIR "/sshd", text);
    privdir_write(PAMHOST_CONFDIR "/sudo", text);
}

static int before_each(void **state)
{
    struct svct_account ours = dbmake_account(OURS, "Editor");
    struct svct_account other = dbmake_account(OTHER, "Admin");
    struct svct_token token = dbmake_token(OURS, "ci");

    (void)state;
    if (host.pamh != NULL)
        pamhost_end(&host);
    dbmake_init(PAMHOST_DB);
    dbmake_add_account(PAMHOST_DB, &ours);
    dbmake_add_account(PAMHOST_DB, &other);
    token.expires = time(NULL) + HOUR;
    ci = dbmake_add_token(PAMHOST_DB, &token);
    privdir_remove(SVCT_RUNDIR);
    stack_with("", "");
    pamhost_log_clear();
    return 0;
}

static int after_each(void **state)
{
    (void)state;
    if (host.pamh != NULL)
        pamhost_end(&host);
    return pamhost_log_tells(&ci) ? -1 : 0;
}

static void start(const char *user)
{
    if (host.pamh != NULL)
        pamhost_end(&host);
    pamhost_log_clear();
    pamhost_start(&host, "sshd", user);
}

static void log_in_with(const struct minted *token)
{
    start(OURS);
    host.token = token;
    assert_int_equal(pam_authenticate(host.pamh, 0), PAM_SUCCESS);
    assert_int_equal(pam_acct_mgmt(host.pamh, 0), PAM_SUCCESS);
    pamhost_log_clear();
}

static void open_flagged(int flags)
{
    assert_int_equal(pam_open_session(host.pamh, flags), PAM_SUCCESS);
}

static void open_it(void)
{
    open_flagged(0);
}

static void close_it(void)
{
    assert_int_equal(pam_close_session(host.pamh, 0), PAM_SUCCESS);
}

static const char *env(const char *name)
{
    const char *value = pam_getenv(host.pamh, name);

    return value != NULL ? value : "(none)";
}

static void account_ends(const char *name, int64_t expires)
{
    struct svct_account account = dbmake_account(name, "Editor");

    account.expires = expires;
    dbmake_update_account(PAMHOST_DB, &account);
}

static struct minted token_that_ends(const char *name, int64_t expires)
{
    struct svct_token token = dbmake_token(OURS, name);

    token.expires = expires;
    return dbmake_add_token(PAMHOST_DB, &token);
}

/* ---- the limit ---- */

/* At most so many seconds, and not much less. */
static void limit_is_about(int64_t seconds)
{
    char *end;
    long long seen = strtoll(env("PROBE_RUNTIME"), &end, 10);

    if (*end != '\0' || seen > seconds || seen < seconds - 30)
        fail_msg("pam_systemd would see: %s", env("PROBE_RUNTIME"));
}

static void limit_is(const char *text)
{
    assert_string_equal(env("PROBE_RUNTIME"), text);
}

static void until_the_token_ends(void **state)
{
    (void)state;
    log_in_with(&ci);
    open_it();
    limit_is_about(HOUR);
}

static void until_the_account_ends_if_that_is_earlier(void **state)
{
    (void)state;
    account_ends(OURS, time(NULL) + 600);
    log_in_with(&ci);
    open_it();
    limit_is_about(600);
    account_ends(OURS, time(NULL) + 2 * HOUR);
    log_in_with(&ci);
    open_it();
    limit_is_about(HOUR);
}

static void without_an_end_there_is_no_limit(void **state)
{
    struct minted endless = token_that_ends("endless", SVCT_TIME_NEVER);

    (void)state;
    log_in_with(&endless);
    open_it();
    limit_is("none");
    start(OURS); /* by key */
    open_it();
    limit_is("none");
}

static void by_key_the_account_counts(void **state)
{
    (void)state;
    account_ends(OURS, time(NULL) + 600);
    start(OURS);
    open_it();
    limit_is_about(600);
}

/* What ended since: 0 would be no limit, or one that nobody knows. */
static void what_has_ended_gets_one_second(void **state)
{
    (void)state;
    log_in_with(&ci);
    account_ends(OURS, time(NULL) - 5);
    open_it();
    limit_is("1");
    account_ends(OURS, time(NULL));
    start(OURS);
    open_it();
    limit_is("1");
}

static void a_shorter_limit_of_others_stays(void **state)
{
    (void)state;
    stack_with("60", "");
    log_in_with(&ci);
    open_it();
    limit_is("60");
    account_ends(OURS, SVCT_TIME_NEVER);
    start(OURS); /* without an end it is none of our business */
    open_it();
    limit_is("60");
}

static void any_other_is_replaced(void **state)
{
    static const char *const others[] = {"999999", "0",   "infinity", "1h",
                                         "60s",    "-60", "+60",      "junk"};

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        stack_with(others[i], "");
        log_in_with(&ci);
        open_it();
        limit_is_about(HOUR);
    }
}

/* As sshd does it: auth in a child, of which only the environment is left. */
static void by_the_marker_too(void **state)
{
    char marker[400];

    (void)state;
    log_in_with(&ci);
    snprintf(marker, sizeof marker, "SVCTOKEN_MARK=%s", env("SVCTOKEN_MARK"));
    start(OURS);
    assert_int_equal(pam_putenv(host.pamh, marker), PAM_SUCCESS);
    open_it();
    limit_is_about(HOUR);
    assert_true(svct_session_is_of_token(env("SVCTOKEN_SESSION"), ci.id));
}

/* ---- the record ---- */

struct found {
    int count;
    int doubtful;
    struct svct_session last;
};

static int find(void *arg, const struct svct_session *session, const char *name,
                const struct svct_fault *fault)
{
    struct found *found = arg;

    (void)name;
    (void)fault;
    found->doubtful += session == NULL;
    if (session != NULL) {
        found->count++;
        found->last = *session;
    }
    return 0;
}

static struct found records(void)
{
    struct found found = {.count = 0};

    assert_int_equal(svct_sessiondir_each(SVCT_RUNDIR, find, &found, NULL), 0);
    assert_int_equal(found.doubtful, 0);
    return found;
}

static void a_record_comes_and_goes(void **state)
{
    struct svct_procstat self;
    struct found found;

    (void)state;
    log_in_with(&ci);
    assert_int_equal(pam_set_item(host.pamh, PAM_RHOST, "192.0.2.7"),
                     PAM_SUCCESS);
    assert_int_equal(pam_set_item(host.pamh, PAM_TTY, "pts/7"), PAM_SUCCESS);
    assert_int_equal(records().count, 0);
    open_it();
    found = records();
    assert_int_equal(found.count, 1);
    assert_string_equal(found.last.id, env("SVCTOKEN_SESSION"));
    assert_true(svct_session_is_of_token(found.last.id, ci.id));
    assert_string_equal(found.last.account, OURS);
    assert_string_equal(found.last.token_id, ci.id);
    assert_string_equal(found.last.token_name, "ci");
    assert_string_equal(found.last.role, "Editor");
    assert_string_equal(found.last.service, "sshd");
    assert_string_equal(found.last.rhost, "192.0.2.7");
    assert_string_equal(found.last.tty, "pts/7");
    assert_int_equal(svct_procstat_get(0, &self, NULL), 0);
    assert_int_equal(found.last.pid, getpid());
    assert_int_equal(found.last.start, self.start);
    assert_in_range(found.last.opened, time(NULL) - 30, time(NULL));
    assert_in_range(found.last.expires, time(NULL) + HOUR - 60,
                    time(NULL) + HOUR);
    close_it();
    assert_int_equal(privdir_entries(SESSIONS), 0);
}

static void two_sessions_of_one_process(void **state)
{
    struct pamhost first;

    (void)state;
    log_in_with(&ci);
    open_it();
    first = host;
    first.conv.appdata_ptr = &first;
    host.pamh = NULL;
    log_in_with(&ci);
    open_it();
    assert_int_equal(records().count, 2);
    assert_int_equal(pam_close_session(first.pamh, 0), PAM_SUCCESS);
    assert_int_equal(records().count, 1);
    assert_string_equal(records().last.id, env("SVCTOKEN_SESSION"));
    pam_end(first.pamh, PAM_SUCCESS);
    close_it();
    assert_int_equal(records().count, 0);
}

static void opened_twice_without_closing(void **state)
{
    (void)state;
    log_in_with(&ci);
    open_it();
    open_it();
    assert_int_equal(records().count, 1);
    assert_string_equal(records().last.id, env("SVCTOKEN_SESSION"));
    close_it();
    assert_int_equal(records().count, 0);
}

static void a_session_without_a_token(void **state)
{
    struct found found;

    (void)state;
    start(OURS);
    open_it();
    found = records();
    assert_int_equal(found.count, 1);
    assert_memory_equal(found.last.id, "notoken-", 8);
    assert_string_equal(found.last.token_id, "");
    assert_string_equal(found.last.token_name, "");
    assert_true(found.last.expires == SVCT_TIME_NEVER);
    close_it();
    assert_int_equal(records().count, 0);
}

/* A process that opened it, forked and closes it in the child; and one whose
 * handle is another. */
static void closing_without_what_was_remembered(void **state)
{
    (void)state;
    log_in_with(&ci);
    open_it();
    start(OTHER);
    close_it();
    assert_int_equal(records().count, 1); /* it is not theirs */
    start(PERSON);
    close_it();
    assert_int_equal(records().count, 1);
    start(OURS);
    close_it();
    assert_int_equal(records().count, 0);
    close_it(); /* once more */
}

/* In a child, with its handle ended as a host has to. */
static int close_in_child(bool own_handle)
{
    int status, code;
    pid_t pid = fork();

    if (pid == 0) {
        if (own_handle) {
            pamhost_end(&host);
            pamhost_start(&host, "sshd", OURS);
        }
        code = pam_close_session(host.pamh, 0);
        pamhost_end(&host);
        _exit(code);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void closing_in_another_process(void **state)
{
    (void)state;
    log_in_with(&ci);
    open_it();
    /* It is not the leader, and its handle knows nothing. */
    assert_int_equal(close_in_child(true), PAM_SUCCESS);
    assert_int_equal(records().count, 1);
    /* As systemd's (sd-pam) does, which inherits the handle. */
    assert_int_equal(close_in_child(false), PAM_SUCCESS);
    assert_int_equal(records().count, 0);
}

static void an_account_deleted_meanwhile(void **state)
{
    (void)state;
    log_in_with(&ci);
    open_it();
    dbmake_delete_account(PAMHOST_DB, OURS);
    close_it();
    assert_int_equal(records().count, 0);
}

/* ---- whose session it is ---- */

/* sudo: PAM_USER is the target by then. */
static void sudo_to_a_person(void **state)
{
    (void)state;
    log_in_with(&ci);
    assert_int_equal(pam_set_item(host.pamh, PAM_USER, PERSON), PAM_SUCCESS);
    open_it();
    limit_is("none");
    assert_string_equal(env("SVCTOKEN_SESSION"), "(none)");
    assert_string_equal(env("SVCTOKEN_ACCOUNT"), OURS);
    assert_int_equal(records().count, 0);
    assert_int_equal(host.messages, 0);
    close_it();
}

static void sudo_to_another_account(void **state)
{
    struct found found;

    (void)state;
    account_ends(OTHER, time(NULL) + 600);
    log_in_with(&ci);
    assert_int_equal(pam_set_item(host.pamh, PAM_USER, OTHER), PAM_SUCCESS);
    open_it();
    limit_is_about(600);
    found = records();
    assert_int_equal(found.count, 1);
    assert_string_equal(found.last.account, OTHER);
    assert_string_equal(found.last.token_id, "");
    assert_string_equal(env("SVCTOKEN_ACCOUNT"), OURS);
    close_it();
    assert_int_equal(records().count, 0);
}

static void a_person_notices_nothing(void **state)
{
    (void)state;
    stack_with("junk", "debug");
    start(PERSON);
    open_it();
    limit_is("unreadable"); /* that is somebody else's affair */
    assert_string_equal(env("SVCTOKEN_SESSION"), "(none)");
    assert_int_equal(host.messages, 0);
    close_it();
    assert_int_equal(access(SVCT_RUNDIR, F_OK), -1);
    assert_int_equal(pamhost_log_count(), 0);
}

/* ---- the notice ---- */

static void message_matches(const char *begin, const char *must, int count)
{
    assert_int_equal(host.messages, count);
    if (count > 0 && (strncmp(host.message, begin, strlen(begin)) != 0 ||
                      strstr(host.message, must) == NULL))
        fail_msg("message: %s", host.message);
}

static void an_end_that_is_near_is_said(void **state)
{
    struct minted far = token_that_ends("far", time(NULL) + 400 * 86400);
    struct minted near = token_that_ends("near", time(NULL) + 2 * HOUR - 5);

    (void)state;
    log_in_with(&near);
    open_it();
    message_matches("svctoken: the token near of daemon expires in 1 hour 59 "
                    "minutes ",
                    " second", 1);
    log_in_with(&far);
    open_it();
    message_matches("", "", 0);
    account_ends(OURS, time(NULL) + 86400); /* half of its life is left */
    log_in_with(&far);
    open_it();
    message_matches("", "", 0);
    account_ends(OURS, time(NULL) + 2 * HOUR + 90);
    log_in_with(&far);
    open_it();
    message_matches("svctoken: the service account daemon expires in 2 hours "
                    "1 minute ",
                    " second", 1);
}

/* As where our session line stands twice in a stack. */
static void an_end_is_said_once(void **state)
{
    struct minted near = token_that_ends("near", time(NULL) + 2 * HOUR - 5);

    (void)state;
    log_in_with(&near);
    open_it();
    open_it();
    message_matches("svctoken: the token near ", " expires in ", 1);
    close_it();
    open_it();
    message_matches("svctoken: the token near ", " expires in ", 2);
}

static void silence_is_kept(void **state)
{
    (void)state;
    log_in_with(&ci);
    open_flagged(PAM_SILENT);
    message_matches("", "", 0);
    assert_int_equal(records().count, 1);
    limit_is_about(HOUR);
}

/* ---- nothing of it fails a login ---- */

static void costs_the_record_only(void)
{
    log_in_with(&ci);
    open_it();
    limit_is_about(HOUR);
    assert_string_equal(env("SVCTOKEN_TOKEN"), "ci");
    assert_true(svct_session_is_id(env("SVCTOKEN_SESSION")));
    assert_int_equal(pamhost_log_count(), 1);
    assert_int_equal(pamhost_log_line(0)->level, LOG_WARNING);
    if (strncmp(pamhost_log_line(0)->text, "no session record", 17) != 0)
        fail_msg("logged: %s", pamhost_log_line(0)->text);
    close_it();
    assert_int_equal(pamhost_log_count(), 1);
}

static void a_folder_that_is_none(void **state)
{
    (void)state;
    privdir_write(SVCT_RUNDIR, "no folder");
    costs_the_record_only();
    privdir_remove(SVCT_RUNDIR);
    assert_int_equal(mkdir(SVCT_RUNDIR, 0700), 0);
    privdir_write(SESSIONS, "no folder");
    costs_the_record_only();
    privdir_remove(SESSIONS);
    assert_int_equal(symlink("/mnt", SESSIONS), 0);
    costs_the_record_only();
    privdir_remove(SESSIONS);
    assert_int_equal(mkdir(SESSIONS, 0700), 0);
    assert_int_equal(chmod(SESSIONS, 0777), 0);
    costs_the_record_only();
    assert_int_equal(privdir_entries(SESSIONS), 0);
}

static void mounted(unsigned long flags, const char *options)
{
    assert_int_equal(mkdir(SVCT_RUNDIR, 0700), 0);
    assert_int_equal(mount("tmpfs", SVCT_RUNDIR, "tmpfs", 0, options), 0);
    assert_int_equal(mkdir(SESSIONS, 0700), 0);
    if (flags != 0)
        assert_int_equal(
            mount("none", SVCT_RUNDIR, "tmpfs", MS_REMOUNT | flags, options),
            0);
}

static void a_read_only_run(void **state)
{
    (void)state;
    mounted(MS_RDONLY, "mode=0700");
    costs_the_record_only();
    assert_int_equal(umount(SVCT_RUNDIR), 0);
}

/* Out of inodes: nothing can be made; then out of room: it can't be filled. */
static void a_full_run(void **state)
{
    (void)state;
    mounted(0, "mode=0700,nr_inodes=2");
    costs_the_record_only();
    assert_int_equal(umount(SVCT_RUNDIR), 0);
    assert_int_equal(rmdir(SVCT_RUNDIR), 0);
    mounted(0, "mode=0700,size=4k");
    privdir_write(SVCT_RUNDIR "/big", "takes the one page there is");
    costs_the_record_only();
    assert_int_equal(privdir_entries(SESSIONS), 0);
    assert_int_equal(umount(SVCT_RUNDIR), 0);
}

static void a_database_that_is_gone(void **state)
{
    struct found found;

    (void)state;
    log_in_with(&ci);
    privdir_remove(PAMHOST_DB);
    open_it();
    limit_is("none");
    assert_int_equal(pamhost_log_count(), 1);
    assert_int_equal(pamhost_log_line(0)->level, LOG_WARNING);
    assert_int_equal(host.messages, 0);
    found = records();
    assert_int_equal(found.count, 1); /* it can be ended all the same */
    assert_string_equal(found.last.token_id, ci.id);
    assert_int_equal(found.last.expires, 0);
    close_it();
    assert_int_equal(records().count, 0);
}

/* ---- a guest ---- */

static void nothing_of_the_host_changes(void **state)
{
    int descriptors;
    mode_t before;

    (void)state;
    log_in_with(&ci);
    open_it();
    close_it();
    pam_end(host.pamh, PAM_SUCCESS);
    host.pamh = NULL;
    descriptors = privdir_entries("/proc/self/fd");
    before = umask(0153);
    for (int i = 0; i < 20; i++) {
        log_in_with(&ci);
        open_it();
        if (i % 2 == 0)
            close_it();
        pamhost_end(&host);
    }
    assert_int_equal(umask(before), 0153);
    assert_int_equal(privdir_entries("/proc/self/fd"), descriptors);
    assert_int_equal(records().count, 10);
}

#define CASE(name) \
    cmocka_unit_test_setup_teardown(name, before_each, after_each)

static const struct CMUnitTest tests[] = {
    CASE(until_the_token_ends),
    CASE(until_the_account_ends_if_that_is_earlier),
    CASE(without_an_end_there_is_no_limit),
    CASE(by_key_the_account_counts),
    CASE(what_has_ended_gets_one_second),
    CASE(a_shorter_limit_of_others_stays),
    CASE(any_other_is_replaced),
    CASE(by_the_marker_too),
    CASE(a_record_comes_and_goes),
    CASE(two_sessions_of_one_process),
    CASE(opened_twice_without_closing),
    CASE(a_session_without_a_token),
    CASE(closing_without_what_was_remembered),
    CASE(closing_in_another_process),
    CASE(an_account_deleted_meanwhile),
    CASE(sudo_to_a_person),
    CASE(sudo_to_another_account),
    CASE(a_person_notices_nothing),
    CASE(an_end_that_is_near_is_said),
    CASE(an_end_is_said_once),
    CASE(silence_is_kept),
    CASE(a_folder_that_is_none),
    CASE(a_read_only_run),
    CASE(a_full_run),
    CASE(a_database_that_is_gone),
    CASE(nothing_of_the_host_changes),
};

/* Where libpam can load it from, whatever the name of the build folder. */
static bool link_probe(const char **ret_reason)
{
    const char *top = getenv("top_builddir");
    char path[4096];

    *ret_reason = "top_builddir does not name the build folder";
    if (top == NULL)
        return false;
    snprintf(path, sizeof path, "%s/tests/support/.libs/pam_probe.so", top);
    *ret_reason = "pam_probe.so is not there";
    return access(path, R_OK) == 0 && symlink(path, PROBE) == 0;
}

int main(void)
{
    static const char *const users[] = {OURS, OTHER, PERSON};
    const char *reason = NULL;

    for (size_t i = 0; i < sizeof users / sizeof *users; i++)
        if (getpwnam(users[i]) == NULL)
            reason = "the Unix users daemon, bin and games are needed";
    if (reason != NULL || !privdir_enter(&reason) ||
        !privdir_cover(SVCT_RUNDIR, &reason) || !pamhost_setup(&reason) ||
        !link_probe(&reason)) {
        printf("SKIPPED: pam_session_unit: %s\n", reason);
        return 77;
    }
    return cmocka_run_group_tests_name("pam_session", tests, NULL, NULL);
}
