/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Custom roles, caps and groups in the module: real libpam, real module, real
 * database; the groups are this process's. Needs root; skipped otherwise.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <grp.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "../support/dbmake.h"
#include "../support/pamhost.h"
#include "../support/privdir.h"
#include "auth/role.h"

/* What every Debian has. */
#define OURS "daemon"
#define PERSON "games"
static const char *const names[] = {"adm", "staff", "users", "www-data"};
enum {
    ADM,
    STAFF,
    USERS,
    WWW_DATA,
    COUNT
};
static gid_t gids[COUNT];

static struct pamhost host;

/* ---- surroundings ---- */

static struct svct_role role_of(const char *name)
{
    struct svct_role role = {.place = 0};

    snprintf(role.name, sizeof role.name, "%s", name);
    return role;
}

static void may(struct svct_role *role, const char *service)
{
    assert_int_equal(svct_globs_add(&role->allow, service), 0);
}

static void may_not(struct svct_role *role, const char *service)
{
    assert_int_equal(svct_globs_add(&role->refuse, service), 0);
}

static void in_group(struct svct_role *role, int group)
{
    snprintf(role->groups[role->groups_count++], sizeof role->groups[0], "%s",
             names[group]);
}

static void all_groups(void)
{
    assert_int_equal(setgroups(COUNT, gids), 0);
}

/* Viewer < Low {users} < High {users, staff} < Editor < Admin {adm}.
 * www-data is no role's. OURS is High. */
static int before_each(void **state)
{
    struct svct_role low = role_of("Low"), high = role_of("High"), admin;
    struct svct_account ours = dbmake_account(OURS, "High");

    (void)state;
    if (host.pamh != NULL)
        pamhost_end(&host);
    dbmake_init(PAMHOST_DB);
    may(&high, "*");
    may_not(&high, "sudo-i");
    in_group(&high, USERS);
    in_group(&high, STAFF);
    dbmake_add_role(PAMHOST_DB, &high, "Viewer");
    may(&low, "sshd");
    may(&low, "sudo*");
    in_group(&low, USERS);
    dbmake_add_role(PAMHOST_DB, &low, "Viewer");
    svct_role_builtin(3, &admin);
    in_group(&admin, ADM);
    dbmake_update_role(PAMHOST_DB, &admin);
    dbmake_add_account(PAMHOST_DB, &ours);
    privdir_remove(SVCT_RUNDIR);
    for (int i = 0; i < 4; i++)
        pamhost_stack((const char *[]){"sshd", "sudo", "sudo-i", "cron"}[i],
                      "");
    pamhost_log_clear();
    all_groups();
    return 0;
}

static int after_each(void **state)
{
    (void)state;
    if (host.pamh != NULL)
        pamhost_end(&host);
    return setgroups(0, NULL);
}

static struct minted token_of(const char *cap)
{
    static unsigned number;
    struct svct_token token = dbmake_token(OURS, "");

    snprintf(token.name, sizeof token.name, "t%u", number++);
    snprintf(token.cap, sizeof token.cap, "%s", cap);
    return dbmake_add_token(PAMHOST_DB, &token);
}

static void start(const char *service, const char *user)
{
    if (host.pamh != NULL)
        pamhost_end(&host);
    pamhost_log_clear();
    pamhost_start(&host, service, user);
}

static int log_in(const char *service, const struct minted *token)
{
    start(service, OURS);
    host.token = token;
    return pam_authenticate(host.pamh, 0);
}

static void log_has(const char *text)
{
    for (int i = 0; i < pamhost_log_count(); i++)
        if (strstr(pamhost_log_line(i)->text, text) != NULL)
            return;
    fail_msg("not logged: %s; but: %s", text, pamhost_log_line(0)->text);
}

/* One bit for each of names. */
static unsigned groups_now(void)
{
    gid_t now[64];
    int count = getgroups(64, now);
    unsigned bits = 0;

    assert_in_range(count, 0, 64);
    for (int i = 0; i < count; i++)
        for (unsigned k = 0; k < COUNT; k++)
            if (now[i] == gids[k])
                bits |= 1U << k;
    return bits;
}

#define ALL ((1U << COUNT) - 1)
#define WITHOUT(a, b) (ALL & ~(1U << (a)) & ~(1U << (b)))

static int establish(void)
{
    return pam_setcred(host.pamh, PAM_ESTABLISH_CRED);
}

/* ---- services and place ---- */

static void a_custom_role_by_service(void **state)
{
    struct minted token = token_of("");

    (void)state;
    assert_int_equal(log_in("sshd", &token), PAM_SUCCESS);
    log_has("role=High service=sshd");
    assert_int_equal(pam_acct_mgmt(host.pamh, 0), PAM_SUCCESS);
    assert_int_equal(log_in("cron", &token), PAM_SUCCESS);
    assert_int_equal(log_in("sudo", &token), PAM_SUCCESS);
    assert_int_equal(log_in("sudo-i", &token), PAM_AUTH_ERR);
    log_has("denied reason=role_service user=daemon");
    start("sudo-i", OURS);
    assert_int_equal(pam_acct_mgmt(host.pamh, 0), PAM_PERM_DENIED);
    log_has("denied reason=role_service phase=account");
}

/* sudo-i: Low allows it, High refuses it; cron: the other way round. */
static void a_cap_needs_both(void **state)
{
    struct minted token = token_of("Low");

    (void)state;
    assert_int_equal(log_in("sshd", &token), PAM_SUCCESS);
    log_has("role=Low service=sshd");
    assert_int_equal(log_in("sudo", &token), PAM_SUCCESS);
    assert_int_equal(log_in("sudo-i", &token), PAM_AUTH_ERR);
    log_has("role_service");
    assert_int_equal(log_in("cron", &token), PAM_AUTH_ERR);
    log_has("role_service");
}

static void the_place_is_the_lower_one(void **state)
{
    struct minted bare = token_of(""), capped = token_of("Low");

    (void)state;
    pamhost_stack("sshd", "role=High");
    assert_int_equal(log_in("sshd", &bare), PAM_SUCCESS);
    assert_int_equal(log_in("sshd", &capped), PAM_AUTH_ERR);
    log_has("role_too_low");
    pamhost_stack("sshd", "role=Low");
    assert_int_equal(log_in("sshd", &capped), PAM_SUCCESS);
    pamhost_stack("sshd", "role=Editor");
    assert_int_equal(log_in("sshd", &bare), PAM_AUTH_ERR);
    log_has("role_too_low");
}

static void an_account_lowered_below_a_cap(void **state)
{
    struct minted token = token_of("Low");
    struct svct_account ours = dbmake_account(OURS, "Viewer");

    (void)state;
    dbmake_update_account(PAMHOST_DB, &ours);
    assert_int_equal(log_in("sshd", &token), PAM_SUCCESS);
    log_has("role=Viewer service=sshd");
    assert_int_equal(log_in("sudo", &token), PAM_AUTH_ERR);
    assert_int_equal(log_in("sshd", &token), PAM_SUCCESS);
    assert_int_equal(establish(), PAM_SUCCESS);
    assert_int_equal(groups_now(), 1U << WWW_DATA);
}

static void an_edited_role_counts_at_once(void **state)
{
    struct minted token = token_of("");
    struct svct_role high = role_of("High");

    (void)state;
    may(&high, "sudo");
    assert_int_equal(log_in("sshd", &token), PAM_SUCCESS);
    dbmake_update_role(PAMHOST_DB, &high);
    assert_int_equal(pam_acct_mgmt(host.pamh, 0), PAM_PERM_DENIED);
    assert_int_equal(log_in("sshd", &token), PAM_AUTH_ERR);
    assert_int_equal(log_in("sudo", &token), PAM_SUCCESS);
}

/* ---- groups ---- */

static void a_capped_token_loses_groups(void **state)
{
    struct minted token = token_of("Low");

    (void)state;
    assert_int_equal(log_in("sshd", &token), PAM_SUCCESS);
    assert_int_equal(pam_acct_mgmt(host.pamh, 0), PAM_SUCCESS);
    assert_int_equal(groups_now(), ALL);
    assert_int_equal(establish(), PAM_SUCCESS);
    assert_int_equal(groups_now(), WITHOUT(ADM, STAFF));
    assert_int_equal(establish(), PAM_SUCCESS);
    assert_int_equal(groups_now(), WITHOUT(ADM, STAFF));
    all_groups(); /* as initgroups() does in the user's child of sshd */
    assert_int_equal(pam_setcred(host.pamh, PAM_REINITIALIZE_CRED),
                     PAM_SUCCESS);
    assert_int_equal(groups_now(), WITHOUT(ADM, STAFF));
    all_groups();
    assert_int_equal(pam_setcred(host.pamh, PAM_REFRESH_CRED), PAM_SUCCESS);
    assert_int_equal(groups_now(), WITHOUT(ADM, STAFF));
    all_groups();
    assert_int_equal(pam_setcred(host.pamh, PAM_DELETE_CRED), PAM_SUCCESS);
    assert_int_equal(groups_now(), ALL);
    assert_int_equal(pamhost_log_count(), 1);
}

static void a_cap_of_the_same_role(void **state)
{
    struct minted token = token_of("High");

    (void)state;
    assert_int_equal(log_in("sshd", &token), PAM_SUCCESS);
    assert_int_equal(establish(), PAM_SUCCESS);
    assert_int_equal(groups_now(), WITHOUT(ADM, ADM));
}

static void who_keeps_all_groups(void **state)
{
    struct minted bare = token_of(""), capped = token_of("Low");

    (void)state;
    assert_int_equal(log_in("sshd", &bare), PAM_SUCCESS);
    assert_int_equal(establish(), PAM_SUCCESS);
    assert_int_equal(groups_now(), ALL);
    start("sshd", OURS); /* by key */
    assert_int_equal(establish(), PAM_SUCCESS);
    assert_int_equal(groups_now(), ALL);
    start("sshd", PERSON);
    assert_int_equal(establish(), PAM_USER_UNKNOWN);
    assert_int_equal(groups_now(), ALL);
    assert_int_equal(pamhost_log_count(), 0);
    assert_int_equal(log_in("sudo", &capped), PAM_SUCCESS); /* to another */
    assert_int_equal(pam_set_item(host.pamh, PAM_USER, "root"), PAM_SUCCESS);
    assert_int_equal(pam_setcred(host.pamh, PAM_REINITIALIZE_CRED),
                     PAM_SUCCESS);
    assert_int_equal(groups_now(), ALL);
}

static void a_group_that_is_not_there(void **state)
{
    struct minted token = token_of("Low");
    struct svct_role editor = role_of("Editor");

    (void)state;
    snprintf(editor.groups[0], sizeof editor.groups[0], "nowhere-to-be-found");
    editor.groups_count = 1;
    in_group(&editor, WWW_DATA);
    dbmake_update_role(PAMHOST_DB, &editor);
    assert_int_equal(log_in("sshd", &token), PAM_SUCCESS);
    assert_int_equal(establish(), PAM_SUCCESS);
    assert_int_equal(groups_now(), 1U << USERS);
    setgroups(0, NULL);
    assert_int_equal(establish(), PAM_SUCCESS);
    assert_int_equal(groups_now(), 0);
}

/* The host does not know the name where its name service has no svctoken;
 * a group of the host that has the same name is left, too. */
static void a_group_of_our_own(void **state)
{
    const gid_t own = 65540, alike = 65541, others = 65542;
    struct minted token = token_of("Low");
    struct svct_role editor = role_of("Editor");
    gid_t now[64];

    (void)state;
    snprintf(editor.groups[0], sizeof editor.groups[0], "nowhere-to-be-found");
    editor.gids[0] = own;
    editor.groups_count = 1;
    in_group(&editor, WWW_DATA);
    editor.gids[1] = alike;
    dbmake_update_role(PAMHOST_DB, &editor);
    assert_int_equal(log_in("sshd", &token), PAM_SUCCESS);
    assert_int_equal(
        setgroups(4, (gid_t[]){own, alike, gids[WWW_DATA], others}), 0);
    assert_int_equal(establish(), PAM_SUCCESS);
    assert_int_equal(getgroups(64, now), 1);
    assert_int_equal(now[0], others);
}

/* Another handle, of which only the environment comes back: as sshd does. */
static void by_the_marker(void **state)
{
    struct minted token = token_of("Low");
    char mark[300];

    (void)state;
    assert_int_equal(log_in("sshd", &token), PAM_SUCCESS);
    snprintf(mark, sizeof mark, "SVCTOKEN_MARK=%s",
             pam_getenv(host.pamh, "SVCTOKEN_MARK"));
    start("sshd", OURS);
    assert_int_equal(pam_putenv(host.pamh, mark), PAM_SUCCESS);
    assert_int_equal(establish(), PAM_SUCCESS);
    assert_int_equal(groups_now(), WITHOUT(ADM, STAFF));
    assert_int_equal(pam_open_session(host.pamh, 0), PAM_SUCCESS);
    assert_string_equal(pam_getenv(host.pamh, "SVCTOKEN_ROLE"), "Low");
    assert_null(pam_getenv(host.pamh, "SVCTOKEN_MARK"));
    all_groups();
    assert_int_equal(pam_setcred(host.pamh, PAM_REINITIALIZE_CRED),
                     PAM_SUCCESS);
    assert_int_equal(groups_now(), WITHOUT(ADM, STAFF));
    /* The session first, or never. */
    all_groups();
    start("sshd", OURS);
    assert_int_equal(pam_putenv(host.pamh, mark), PAM_SUCCESS);
    assert_int_equal(pam_open_session(host.pamh, 0), PAM_SUCCESS);
    assert_int_equal(groups_now(), ALL);
    assert_int_equal(establish(), PAM_SUCCESS);
    assert_int_equal(groups_now(), WITHOUT(ADM, STAFF));
}

/* Which token it was can't be told: what its role has not must be gone, too.
 * The mark that was kept for too long (the key of another start of the host
 * stands for that), and what somebody else put there. */
static void by_a_marker_that_is_refused(void **state)
{
    struct minted token = token_of("Low");
    char mark[300];

    (void)state;
    assert_int_equal(log_in("sshd", &token), PAM_SUCCESS);
    snprintf(mark, sizeof mark, "SVCTOKEN_MARK=%s",
             pam_getenv(host.pamh, "SVCTOKEN_MARK"));
    privdir_remove(SVCT_RUNDIR);
    for (int i = 0; i < 2; i++) {
        all_groups();
        start("sshd", OURS);
        assert_int_equal(pam_putenv(host.pamh, mark), PAM_SUCCESS);
        assert_int_equal(pam_open_session(host.pamh, 0), PAM_SUCCESS);
        assert_null(pam_getenv(host.pamh, "SVCTOKEN_TOKEN"));
        assert_null(pam_getenv(host.pamh, "SVCTOKEN_MARK"));
        assert_int_equal(establish(), PAM_CRED_ERR);
        assert_int_equal(getgroups(0, NULL), 0);
        log_has("undecided phase=setcred user=daemon");
        log_has("the session marker was refused");
        /* The rules of the account hold as they do by key. */
        assert_int_equal(pam_acct_mgmt(host.pamh, 0), PAM_SUCCESS);
        snprintf(mark, sizeof mark, "SVCTOKEN_MARK=theirs");
    }
    /* No matter of a person's. */
    all_groups();
    start("sshd", PERSON);
    assert_int_equal(pam_putenv(host.pamh, mark), PAM_SUCCESS);
    pam_open_session(host.pamh, 0); /* ignored, by the only module there is */
    assert_int_equal(establish(), PAM_USER_UNKNOWN);
    assert_int_equal(groups_now(), ALL);
    assert_int_equal(pamhost_log_count(), 0);
}

/* Between the two the database has gone: whose the marker is can't be told. */
static void by_a_marker_that_nobody_reads(void **state)
{
    struct minted token = token_of("Low");
    char mark[300];

    (void)state;
    assert_int_equal(log_in("sshd", &token), PAM_SUCCESS);
    snprintf(mark, sizeof mark, "SVCTOKEN_MARK=%s",
             pam_getenv(host.pamh, "SVCTOKEN_MARK"));
    privdir_remove(PAMHOST_DB);
    start("sshd", OURS);
    assert_int_equal(establish(), PAM_USER_UNKNOWN); /* by key */
    assert_int_equal(groups_now(), ALL);
    assert_int_equal(pam_putenv(host.pamh, mark), PAM_SUCCESS);
    assert_int_equal(establish(), PAM_CRED_ERR);
    assert_int_equal(getgroups(0, NULL), 0);
    assert_int_equal(pam_setcred(host.pamh, PAM_DELETE_CRED), PAM_USER_UNKNOWN);
}

/* The session would have all groups and nobody would know why. */
static void without_a_marker(void **state)
{
    struct minted bare = token_of(""), capped = token_of("Low");

    (void)state;
    privdir_write(SVCT_RUNDIR, "no folder");
    assert_int_equal(log_in("sshd", &bare), PAM_SUCCESS);
    assert_int_equal(log_in("sshd", &capped), PAM_AUTHINFO_UNAVAIL);
    log_has("undecided phase=auth user=daemon");
    log_has("no session marker");
    assert_int_equal(pamhost_log_count(), 1);
    assert_null(pam_getenv(host.pamh, "SVCTOKEN_MARK"));
    assert_int_equal(pam_open_session(host.pamh, 0), PAM_SUCCESS);
    assert_null(pam_getenv(host.pamh, "SVCTOKEN_TOKEN")); /* forgotten */
}

static void what_cannot_be_told_refuses(void **state)
{
    struct minted token = token_of("Low"), bare = token_of("");

    (void)state;
    assert_int_equal(log_in("sshd", &token), PAM_SUCCESS);
    privdir_remove(PAMHOST_DB);
    assert_int_equal(establish(), PAM_CRED_ERR);
    log_has("undecided phase=setcred user=daemon");
    assert_int_equal(getgroups(0, NULL), 0); /* not more, whatever PAM does */
    before_each(NULL);
    bare = token_of("");
    assert_int_equal(log_in("sshd", &bare), PAM_SUCCESS);
    dbmake_delete_account(PAMHOST_DB, OURS);
    assert_int_equal(establish(), PAM_CRED_ERR);
    assert_int_equal(getgroups(0, NULL), 0);
    assert_int_equal(pam_setcred(host.pamh, PAM_DELETE_CRED), PAM_SUCCESS);
}

static void without_capability(int capability)
{
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];

    if (syscall(SYS_capget, &head, data) != 0)
        _exit(90);
    data[0].effective &= ~(1U << capability);
    if (syscall(SYS_capset, &head, data) != 0)
        _exit(91);
}

/* In a child: what it gives up does not come back. */
static int child(int (*play)(void))
{
    pid_t pid = fork();
    int status;

    assert_true(pid >= 0);
    if (pid == 0)
        _exit(play());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int play_may_not_leave(void)
{
    without_capability(CAP_SETGID);
    if (establish() != PAM_CRED_ERR)
        return 1;
    if (groups_now() != ALL)
        return 2;
    return strstr(pamhost_log_line(pamhost_log_count() - 1)->text,
                  "can't leave any group") != NULL
               ? 0
               : 3;
}

static int play_need_not_leave(void)
{
    if (establish() != PAM_SUCCESS)
        return 1;
    without_capability(CAP_SETGID);
    return establish() == PAM_SUCCESS && groups_now() == WITHOUT(ADM, STAFF)
               ? 0
               : 2;
}

static void what_cannot_be_done_refuses(void **state)
{
    struct minted token = token_of("Low");

    (void)state;
    assert_int_equal(log_in("sshd", &token), PAM_SUCCESS);
    assert_int_equal(child(play_may_not_leave), 0);
    assert_int_equal(child(play_need_not_leave), 0);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, before_each, after_each)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_custom_role_by_service),
        TEST(a_cap_needs_both),
        TEST(the_place_is_the_lower_one),
        TEST(an_account_lowered_below_a_cap),
        TEST(an_edited_role_counts_at_once),
        TEST(a_capped_token_loses_groups),
        TEST(a_cap_of_the_same_role),
        TEST(who_keeps_all_groups),
        TEST(a_group_that_is_not_there),
        TEST(a_group_of_our_own),
        TEST(by_the_marker),
        TEST(by_a_marker_that_is_refused),
        TEST(by_a_marker_that_nobody_reads),
        TEST(without_a_marker),
        TEST(what_cannot_be_told_refuses),
        TEST(what_cannot_be_done_refuses),
    };
    const char *reason = NULL;

    for (int i = 0; i < COUNT; i++) {
        const struct group *group = getgrnam(names[i]);

        if (group == NULL)
            reason = "the Unix groups adm, staff, users, www-data are needed";
        else
            gids[i] = group->gr_gid;
    }
    if (reason != NULL || !privdir_enter(&reason) ||
        !privdir_cover(SVCT_RUNDIR, &reason) || !pamhost_setup(&reason)) {
        printf("SKIPPED: roles_unit: %s\n", reason);
        return 77;
    }
    return cmocka_run_group_tests_name("roles", tests, NULL, NULL);
}
