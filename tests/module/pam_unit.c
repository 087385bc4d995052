/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The module's answer to PAM, case by case: real libpam, real module, real
 * database, in a private mount namespace. Needs root; skipped otherwise.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <gdbm.h>
#include <malloc.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "../support/dbmake.h"
#include "../support/pamhost.h"
#include "../support/privdir.h"
#include "auth/secret.h"
#include "base/crc64.h"
#include "base/names.h"
#include "base/snapshot.h"

/* Unix users that every Debian has. */
#define OURS "daemon"
#define OTHER "bin"
#define PERSON "games"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- surroundings ---- */

static struct pamhost host;
static struct minted ci; /* the token of OURS, named "ci" */

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
    ci = dbmake_add_token(PAMHOST_DB, &token);
    privdir_remove(SVCT_RUNDIR);
    pamhost_stack("sshd", "");
    pamhost_stack("sudo", "");
    pamhost_log_clear();
    return 0;
}

/* What holds for every test: the secret is in no line of the log. */
static int after_each(void **state)
{
    (void)state;
    if (host.pamh != NULL)
        pamhost_end(&host);
    return pamhost_log_tells(&ci) ? -1 : 0;
}

static void start(const char *service, const char *user)
{
    if (host.pamh != NULL)
        pamhost_end(&host);
    pamhost_log_clear();
    pamhost_start(&host, service, user);
}

static void set_rhost(const char *rhost)
{
    assert_int_equal(pam_set_item(host.pamh, PAM_RHOST, rhost), PAM_SUCCESS);
}

static int auth_with(const struct minted *token)
{
    host.token = token;
    return pam_authenticate(host.pamh, 0);
}

static int auth_text(const char *text)
{
    host.token = NULL;
    host.text = text;
    return pam_authenticate(host.pamh, 0);
}

static void log_is(int level, const char *text)
{
    assert_int_equal(pamhost_log_count(), 1);
    assert_string_equal(pamhost_log_line(0)->text, text);
    assert_int_equal(pamhost_log_line(0)->level, level);
}

static void log_begins(int level, const char *text)
{
    assert_int_equal(pamhost_log_count(), 1);
    if (strncmp(pamhost_log_line(0)->text, text, strlen(text)) != 0)
        fail_msg("\"%s\" does not begin with \"%s\"", pamhost_log_line(0)->text,
                 text);
    assert_int_equal(pamhost_log_line(0)->level, level);
}

static void no_log(void)
{
    if (pamhost_log_count() != 0)
        fail_msg("logged: %s", pamhost_log_line(0)->text);
}

static const char *env(const char *name)
{
    const char *value = pam_getenv(host.pamh, name);

    return value != NULL ? value : "(none)";
}

/* ---- auth: granted ---- */

static void a_valid_token_is_granted(void **state)
{
    char line[200];

    (void)state;
    start("sshd", OURS);
    set_rhost("192.0.2.7");
    assert_int_equal(auth_with(&ci), PAM_SUCCESS);
    assert_int_equal(host.prompts, 1);
    assert_int_equal(host.echoed + host.messages, 0);
    assert_string_equal(host.prompt, "Password: ");
    snprintf(line, sizeof line,
             "granted user=daemon token=ci id=%s role=Editor service=sshd "
             "rhost=192.0.2.7",
             ci.id);
    log_is(LOG_INFO, line);
    assert_int_equal(pam_acct_mgmt(host.pamh, 0), PAM_SUCCESS);
    assert_int_equal(pam_setcred(host.pamh, PAM_ESTABLISH_CRED), PAM_SUCCESS);
    assert_int_equal(pam_open_session(host.pamh, 0), PAM_SUCCESS);
    assert_int_equal(pam_close_session(host.pamh, 0), PAM_SUCCESS);
    assert_int_equal(pam_setcred(host.pamh, PAM_DELETE_CRED), PAM_SUCCESS);
    assert_int_equal(pamhost_log_count(), 1);
}

static void silence_does_not_silence_the_prompt(void **state)
{
    (void)state;
    start("sshd", OURS);
    host.token = &ci;
    assert_int_equal(pam_authenticate(host.pamh, PAM_SILENT), PAM_SUCCESS);
    assert_int_equal(host.prompts, 1);
}

static void the_capped_role_is_logged(void **state)
{
    struct svct_token token = dbmake_token(OURS, "capped");
    struct minted capped;
    char line[200];

    (void)state;
    snprintf(token.cap, sizeof token.cap, "Viewer");
    capped = dbmake_add_token(PAMHOST_DB, &token);
    start("sshd", OURS);
    assert_int_equal(auth_with(&capped), PAM_SUCCESS);
    snprintf(line, sizeof line,
             "granted user=daemon token=capped id=%s role=Viewer service=sshd "
             "rhost=-",
             capped.id);
    log_is(LOG_INFO, line);
}

/* ---- auth: denied ---- */

static void denied_because(int code, const char *reason)
{
    char begin[100];

    assert_int_equal(code, PAM_AUTH_ERR);
    snprintf(begin, sizeof begin, "denied reason=%s user=daemon", reason);
    log_begins(LOG_NOTICE, begin);
    /* libpam varies the two seconds by half. */
    assert_in_range(host.delay, 1000000, 3000000);
}

static void an_expired_token(void **state)
{
    struct svct_token token = dbmake_token(OURS, "old");
    struct minted old;
    char line[200];

    (void)state;
    token.expires = time(NULL) - 1;
    old = dbmake_add_token(PAMHOST_DB, &token);
    start("sshd", OURS);
    set_rhost("192.0.2.7");
    denied_because(auth_with(&old), "token_expired");
    snprintf(line, sizeof line,
             "denied reason=token_expired user=daemon token=old id=%s "
             "service=sshd rhost=192.0.2.7",
             old.id);
    log_is(LOG_NOTICE, line);
}

/* ---- auth: a rotated token ---- */

static void the_former_secret_in_its_overlap(void **state)
{
    struct minted fresh = dbmake_rotate_token(PAMHOST_DB, ci.id, 600);
    char line[250];

    (void)state;
    start("sshd", OURS);
    set_rhost("192.0.2.7");
    assert_int_equal(auth_with(&ci), PAM_SUCCESS);
    snprintf(line, sizeof line,
             "granted user=daemon token=ci id=%s role=Editor service=sshd "
             "rhost=192.0.2.7 superseded=yes until=20",
             ci.id);
    log_begins(LOG_INFO, line);
    assert_int_equal(strlen(pamhost_log_line(0)->text),
                     strlen(line) + strlen("26-11-27T12:00:00Z"));
    assert_int_equal(pam_acct_mgmt(host.pamh, 0), PAM_SUCCESS);
    assert_int_equal(pam_open_session(host.pamh, 0), PAM_SUCCESS);
    start("sshd", OURS);
    assert_int_equal(auth_with(&fresh), PAM_SUCCESS);
    snprintf(line, sizeof line,
             "granted user=daemon token=ci id=%s role=Editor service=sshd "
             "rhost=-",
             ci.id);
    log_is(LOG_INFO, line);
    assert_false(pamhost_log_tells(&fresh));
}

static void the_former_secret_without_an_overlap(void **state)
{
    struct minted fresh = dbmake_rotate_token(PAMHOST_DB, ci.id, 0);
    char line[250];

    (void)state;
    start("sshd", OURS);
    denied_because(auth_with(&ci), "token_superseded");
    snprintf(line, sizeof line,
             "denied reason=token_superseded user=daemon token=ci id=%s "
             "service=sshd rhost=- superseded=yes until=20",
             ci.id);
    log_begins(LOG_NOTICE, line);
    start("sshd", OURS);
    assert_int_equal(auth_with(&fresh), PAM_SUCCESS);
}

/* Somebody sits at a prompt while the token is rotated. */
static void rotate_now(void)
{
    dbmake_rotate_token(PAMHOST_DB, ci.id, 0);
}

static void a_rotation_while_typing_counts(void **state)
{
    (void)state;
    start("sshd", OURS);
    host.while_typing = rotate_now;
    denied_because(auth_with(&ci), "token_superseded");
}

/* Or at a second question, behind the right secret. */
static void a_rotation_before_the_account_phase_counts(void **state)
{
    struct minted fresh;

    (void)state;
    start("sshd", OURS);
    assert_int_equal(auth_with(&ci), PAM_SUCCESS);
    assert_int_equal(pam_acct_mgmt(host.pamh, 0), PAM_SUCCESS);
    fresh = dbmake_rotate_token(PAMHOST_DB, ci.id, 600);
    assert_int_equal(pam_acct_mgmt(host.pamh, 0), PAM_SUCCESS);
    dbmake_rotate_token(PAMHOST_DB, ci.id, 600);
    pamhost_log_clear();
    assert_int_equal(pam_acct_mgmt(host.pamh, 0), PAM_PERM_DENIED);
    log_begins(LOG_NOTICE, "denied reason=token_wrong_secret phase=account "
                           "user=daemon ");
    start("sshd", OURS);
    assert_int_equal(auth_with(&fresh), PAM_SUCCESS);
    rotate_now();
    pamhost_log_clear();
    assert_int_equal(pam_acct_mgmt(host.pamh, 0), PAM_PERM_DENIED);
    log_begins(LOG_NOTICE, "denied reason=token_wrong_secret phase=account "
                           "user=daemon ");
    start("sshd", OURS);
    fresh = dbmake_rotate_token(PAMHOST_DB, ci.id, 0);
    assert_int_equal(auth_with(&fresh), PAM_SUCCESS);
    rotate_now();
    pamhost_log_clear();
    assert_int_equal(pam_acct_mgmt(host.pamh, 0), PAM_PERM_DENIED);
    log_begins(LOG_NOTICE, "denied reason=token_superseded phase=account "
                           "user=daemon ");
}

static void a_token_not_yet_valid(void **state)
{
    struct svct_token token = dbmake_token(OURS, "later");
    struct minted later;

    (void)state;
    token.not_before = time(NULL) + 1800;
    later = dbmake_add_token(PAMHOST_DB, &token);
    start("sshd", OURS);
    denied_because(auth_with(&later), "token_not_yet_valid");
}

static void a_revoked_token(void **state)
{
    (void)state;
    dbmake_revoke_token(PAMHOST_DB, ci.id);
    start("sshd", OURS);
    denied_because(auth_with(&ci), "token_revoked");
}

static void a_disabled_token(void **state)
{
    struct svct_token token = dbmake_token(OURS, "off");
    struct minted off;

    (void)state;
    token.disabled = true;
    off = dbmake_add_token(PAMHOST_DB, &token);
    start("sshd", OURS);
    denied_because(auth_with(&off), "token_disabled");
}

static void a_disabled_account(void **state)
{
    struct svct_account ours = dbmake_account(OURS, "Editor");

    (void)state;
    ours.disabled = true;
    dbmake_update_account(PAMHOST_DB, &ours);
    start("sshd", OURS);
    denied_because(auth_with(&ci), "account_disabled");
    assert_int_equal(host.prompts, 1); /* the client learns nothing */
}

static void an_expired_account(void **state)
{
    struct svct_account ours = dbmake_account(OURS, "Editor");

    (void)state;
    ours.expires = time(NULL) - 1;
    dbmake_update_account(PAMHOST_DB, &ours);
    start("sshd", OURS);
    denied_because(auth_with(&ci), "account_expired");
}

/* What can be told of a text that is no token: that it is none. */
static void malformed(const char *text)
{
    start("sshd", OURS);
    denied_because(auth_text(text), "token_malformed");
    log_is(LOG_NOTICE, "denied reason=token_malformed user=daemon "
                       "service=sshd rhost=-");
}

static void a_truncated_token(void **state)
{
    char text[SVCT_TOKEN_LEN + 2];

    (void)state;
    for (int len = 0; len < SVCT_TOKEN_LEN; len += 8) {
        dbmake_unmask(&ci, text);
        text[len] = '\0';
        malformed(text);
    }
}

static void a_mistyped_token(void **state)
{
    char text[SVCT_TOKEN_LEN + 2];

    (void)state;
    for (int at = 0; at < SVCT_TOKEN_LEN; at += 7) {
        dbmake_unmask(&ci, text);
        text[at] = text[at] == 'x' ? 'y' : 'x';
        malformed(text);
    }
    dbmake_unmask(&ci, text);
    memcpy(text + SVCT_TOKEN_LEN, "x", 2);
    malformed(text);
    memcpy(text + SVCT_TOKEN_LEN, "\n", 2);
    malformed(text);
}

static void rubbish(void **state)
{
    char longest[10241];

    (void)state;
    malformed("");
    malformed("hunter2");
    malformed("\b\n\r\177INCORRECT");
    malformed("\xff\xfe\x01%s%n%d");
    memset(longest, 'A', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    malformed(longest);
    memcpy(longest, "svct_", 5);
    malformed(longest);
}

static void another_accounts_token(void **state)
{
    struct svct_token token = dbmake_token(OTHER, "theirs");
    struct minted theirs = dbmake_add_token(PAMHOST_DB, &token);
    char line[200];

    (void)state;
    start("sshd", OURS);
    denied_because(auth_with(&theirs), "token_other_account");
    snprintf(line, sizeof line,
             "denied reason=token_other_account user=daemon id=%s "
             "service=sshd rhost=-",
             theirs.id);
    log_is(LOG_NOTICE, line);
}

static void a_wrong_secret(void **state)
{
    struct minted forged = dbmake_forge(ci.id);
    char line[200];

    (void)state;
    start("sshd", OURS);
    denied_because(auth_with(&forged), "token_wrong_secret");
    snprintf(line, sizeof line,
             "denied reason=token_wrong_secret user=daemon id=%s "
             "service=sshd rhost=-",
             ci.id);
    log_is(LOG_NOTICE, line);
}

static void an_unknown_id(void **state)
{
    struct minted unknown = dbmake_forge("0000000000");

    (void)state;
    start("sshd", OURS);
    denied_because(auth_with(&unknown), "token_unknown");
}

/* Denials of the policy: a service and a remote host against limits. */
static void sources_and_services(void **state)
{
    static const struct {
        const char *account_source, *token_source, *rhost, *reason;
    } cases[] = {
        {NULL, NULL, "host.example", NULL},
        {NULL, "192.0.2.0/24", "192.0.2.7", NULL},
        {NULL, "192.0.2.0/24", "::ffff:192.0.2.7", NULL},
        {NULL, "192.0.2.0/24", "192.0.3.7", "token_source"},
        {NULL, "192.0.2.0/24", "host.example", "token_source"},
        {NULL, "192.0.2.0/24", NULL, "token_source"},
        {NULL, "192.0.2.0/24", "", "token_source"},
        {NULL, "2001:db8::/32", "2001:db8::1", NULL},
        {NULL, "2001:db8::/32", "2001:db9::1", "token_source"},
        {NULL, "2001:db8::/32", "192.0.2.7", "token_source"},
        {NULL, "local", NULL, NULL},
        {NULL, "local", "192.0.2.7", "token_source"},
        {"192.0.2.0/24", NULL, "192.0.2.7", NULL},
        {"192.0.2.0/24", NULL, "192.0.3.7", "account_source"},
        {"192.0.2.0/24", "192.0.3.0/24", "192.0.2.7", "token_source"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct svct_account ours = dbmake_account(OURS, "Editor");
        struct svct_token token = dbmake_token(OURS, "limited");
        struct minted limited;

        before_each(NULL);
        if (cases[i].account_source != NULL)
            assert_int_equal(
                svct_sources_add(&ours.sources, cases[i].account_source), 0);
        if (cases[i].token_source != NULL)
            assert_int_equal(
                svct_sources_add(&token.sources, cases[i].token_source), 0);
        dbmake_update_account(PAMHOST_DB, &ours);
        limited = dbmake_add_token(PAMHOST_DB, &token);
        start("sshd", OURS);
        set_rhost(cases[i].rhost);
        if (cases[i].reason != NULL)
            denied_because(auth_with(&limited), cases[i].reason);
        else
            assert_int_equal(auth_with(&limited), PAM_SUCCESS);
        pamhost_end(&host);
    }
}

static void a_service_the_role_refuses(void **state)
{
    (void)state;
    start("sudo", OURS);
    denied_because(auth_with(&ci), "role_service");
}

static void a_service_the_token_refuses(void **state)
{
    struct svct_token token = dbmake_token(OURS, "web");
    struct minted web;

    (void)state;
    assert_int_equal(svct_globs_add(&token.services, "http*"), 0);
    web = dbmake_add_token(PAMHOST_DB, &token);
    start("sshd", OURS);
    denied_because(auth_with(&web), "token_service");
}

static void a_suspect_clock(void **state)
{
    (void)state;
    dbmake_commit_at(PAMHOST_DB, time(NULL) + 1000);
    start("sshd", OURS);
    denied_because(auth_with(&ci), "clock_suspect");
}

static void no_answer(void **state)
{
    static const char line[] = "denied reason=no_answer user=daemon "
                               "service=sshd rhost=-";

    (void)state;
    start("sshd", OURS);
    denied_because(auth_text(NULL), "no_answer");
    log_is(LOG_NOTICE, line);
    start("sshd", OURS);
    host.conv_code = PAM_CONV_ERR;
    denied_because(auth_with(&ci), "no_answer");
    log_is(LOG_NOTICE, line);
}

static void an_answer_to_come(void **state)
{
    (void)state;
    start("sshd", OURS);
    host.conv_code = PAM_CONV_AGAIN;
    assert_int_equal(auth_with(&ci), PAM_INCOMPLETE);
    no_log();
}

/* ---- what happens while somebody types ---- */

static void revoke_ci(void)
{
    dbmake_revoke_token(PAMHOST_DB, ci.id);
}

static void delete_ours(void)
{
    dbmake_delete_account(PAMHOST_DB, OURS);
}

static void remove_database(void)
{
    privdir_remove(PAMHOST_DB);
}

static void revoked_at_the_prompt(void **state)
{
    (void)state;
    start("sshd", OURS);
    host.while_typing = revoke_ci;
    denied_because(auth_with(&ci), "token_revoked");
}

static void deleted_at_the_prompt(void **state)
{
    (void)state;
    start("sshd", OURS);
    host.while_typing = delete_ours;
    assert_int_equal(auth_with(&ci), PAM_AUTHINFO_UNAVAIL);
    log_begins(LOG_NOTICE, "undecided phase=auth user=daemon service=sshd");
}

static void database_gone_at_the_prompt(void **state)
{
    (void)state;
    start("sshd", OURS);
    host.while_typing = remove_database;
    assert_int_equal(auth_with(&ci), PAM_AUTHINFO_UNAVAIL);
    log_begins(LOG_ALERT, "undecided phase=auth user=daemon service=sshd");
}

/* ---- role= ---- */

static void a_role_is_demanded(void **state)
{
    struct svct_token token = dbmake_token(OURS, "capped");
    struct minted capped;

    (void)state;
    snprintf(token.cap, sizeof token.cap, "Viewer");
    capped = dbmake_add_token(PAMHOST_DB, &token);
    pamhost_stack("sshd", "role=Editor");
    start("sshd", OURS);
    assert_int_equal(auth_with(&ci), PAM_SUCCESS);
    assert_int_equal(pam_acct_mgmt(host.pamh, 0), PAM_SUCCESS);
    start("sshd", OURS);
    denied_because(auth_with(&capped), "role_too_low");
    pamhost_stack("sshd", "role=Admin");
    start("sshd", OURS);
    denied_because(auth_with(&ci), "role_too_low");
    start("sshd", OURS);
    assert_int_equal(pam_acct_mgmt(host.pamh, 0), PAM_PERM_DENIED);
    log_is(LOG_NOTICE, "denied reason=role_too_low phase=account user=daemon "
                       "service=sshd rhost=-");
}

/* Stacks may differ in what they demand: the token's role counts in account
 * when it is known, not the account's. */
static void account_knows_the_token(void **state)
{
    struct svct_token token = dbmake_token(OURS, "capped");
    struct minted capped;

    (void)state;
    snprintf(token.cap, sizeof token.cap, "Viewer");
    capped = dbmake_add_token(PAMHOST_DB, &token);
    privdir_write(PAMHOST_CONFDIR "/mixed",
                  "auth required " PAMHOST_MODULE " db=" PAMHOST_DB "\n"
                  "account required " PAMHOST_MODULE " db=" PAMHOST_DB
                  " role=Editor\n");
    start("mixed", OURS);
    assert_int_equal(auth_with(&ci), PAM_SUCCESS);
    assert_int_equal(pam_acct_mgmt(host.pamh, 0), PAM_SUCCESS);
    start("mixed", OURS);
    denied_because(auth_with(&capped), "role_service"); /* Viewer: sshd only */
    privdir_write(PAMHOST_CONFDIR "/sshd",
                  "auth required " PAMHOST_MODULE " db=" PAMHOST_DB "\n"
                  "account required " PAMHOST_MODULE " db=" PAMHOST_DB
                  " role=Editor\n");
    start("sshd", OURS);
    assert_int_equal(auth_with(&capped), PAM_SUCCESS);
    pamhost_log_clear();
    assert_int_equal(pam_acct_mgmt(host.pamh, 0), PAM_PERM_DENIED);
    log_begins(LOG_NOTICE, "denied reason=role_too_low phase=account "
                           "user=daemon token=capped id=");
}

/* ---- wrong options ---- */

static void wrong_options(void **state)
{
    static const char *const cases[] = {"debgu",
                                        "role=",
                                        "role=Nonesuch",
                                        "debug debug",
                                        "role=Viewer role=None",
                                        "use_first_pass=1"};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        bool unknown_role = strcmp(cases[i], "role=Nonesuch") == 0;

        pamhost_stack("sshd", cases[i]);
        start("sshd", OURS);
        assert_int_equal(auth_with(&ci), PAM_SERVICE_ERR);
        assert_int_equal(host.prompts, unknown_role);
        log_begins(LOG_ERR, "misconfigured phase=auth user=daemon "
                            "service=sshd rhost=-: ");
        start("sshd", OURS);
        assert_int_equal(pam_acct_mgmt(host.pamh, 0), PAM_SERVICE_ERR);
        log_begins(LOG_ERR, "misconfigured phase=account user=daemon ");

        start("sshd", PERSON);
        assert_int_equal(auth_text("secret"), PAM_USER_UNKNOWN);
        no_log();
        /* A misspelt db= would otherwise never be heard of. */
        assert_int_equal(pam_acct_mgmt(host.pamh, 0), IGNORED_ACCOUNT);
        if (unknown_role)
            no_log();
        else
            log_begins(LOG_ERR, "misconfigured phase=account user=games ");
        assert_int_equal(pam_setcred(host.pamh, PAM_ESTABLISH_CRED),
                         PAM_USER_UNKNOWN);
        assert_int_equal(host.prompts, 0);
    }
}

static void a_wrong_option_is_named(void **state)
{
    (void)state;
    pamhost_stack("sshd", "debug nullok");
    start("sshd", OURS);
    assert_int_equal(auth_with(&ci), PAM_SERVICE_ERR);
    log_is(LOG_ERR, "misconfigured phase=auth user=daemon service=sshd "
                    "rhost=-: option nullok is not known");
}

/* ---- people ---- */

/* In every phase: nothing asked, said, logged, delayed or set. */
static void unnoticed(const char *user, int auth)
{
    start("sshd", user);
    assert_int_equal(pam_putenv(host.pamh, "SVCTOKEN_MARK=theirs"), 0);
    assert_int_equal(pam_putenv(host.pamh, "SVCTOKEN_TOKEN=theirs"), 0);
    assert_int_equal(auth_text("secret"), auth);
    assert_int_equal(pam_acct_mgmt(host.pamh, 0), IGNORED_ACCOUNT);
    assert_int_equal(pam_setcred(host.pamh, PAM_ESTABLISH_CRED),
                     PAM_USER_UNKNOWN);
    assert_int_equal(pam_open_session(host.pamh, 0), IGNORED_SESSION);
    assert_int_equal(pam_close_session(host.pamh, 0), IGNORED_SESSION);
    assert_int_equal(pam_chauthtok(host.pamh, 0), IGNORED_PASSWORD);
    assert_int_equal(host.prompts + host.echoed + host.messages, 0);
    assert_int_equal(host.delay, 0);
    assert_string_equal(env("SVCTOKEN_MARK"), "theirs");
    assert_string_equal(env("SVCTOKEN_TOKEN"), "theirs");
    no_log();
}

static void people_notice_nothing(void **state)
{
    (void)state;
    unnoticed(PERSON, PAM_USER_UNKNOWN);
    unnoticed("nobody-of-this-name", PAM_USER_UNKNOWN);
    unnoticed("Illegal Name", PAM_USER_UNKNOWN);
    unnoticed("x2345678901234567890123456789012345", PAM_USER_UNKNOWN);
}

/* uid 0 is told before the database is looked at. */
static void root_is_nobody_of_ours(void **state)
{
    (void)state;
    unnoticed("root", PAM_USER_UNKNOWN);
    privdir_write(PAMHOST_DB "/" SVCT_NAMES_FILE, "bin\n"
                                                  "daemon\n"
                                                  "root\n");
    unnoticed("root", PAM_USER_UNKNOWN);
    assert_int_equal(chmod(PAMHOST_DB, 0777), 0);
    unnoticed("root", PAM_USER_UNKNOWN);
}

/* ---- a database that can't tell ---- */

#define PRIVATE_FILE PAMHOST_DB "/current/private.gdbm"

static void cut_private(void)
{
    assert_int_equal(truncate(PRIVATE_FILE, 8192), 0);
}

static void zero_private(void)
{
    assert_int_equal(truncate(PRIVATE_FILE, 0), 0);
}

static void remove_private(void)
{
    assert_int_equal(unlink(PRIVATE_FILE), 0);
}

static void fifo_for_private(void)
{
    remove_private();
    assert_int_equal(mkfifo(PRIVATE_FILE, 0600), 0);
}

static void remove_current(void)
{
    assert_int_equal(unlink(PAMHOST_DB "/current"), 0);
}

static void dangling_current(void)
{
    remove_current();
    assert_int_equal(symlink("gen-0000009999", PAMHOST_DB "/current"), 0);
}

static void folder_for_all(void)
{
    assert_int_equal(chmod(PAMHOST_DB, 0777), 0);
}

static void file_for_all(void)
{
    assert_int_equal(chmod(PRIVATE_FILE, 0666), 0);
}

static void folder_of_another(void)
{
    assert_int_equal(chown(PAMHOST_DB, 1, 1), 0);
}

static void readable_file(void)
{
    assert_int_equal(chmod(PRIVATE_FILE, 0640), 0);
}

/* Changes the stored record of OURS; a mend makes its check right again. */
static void change_record(int at, uint8_t value, bool mend)
{
    struct svct_key key = svct_key_account(OURS);
    datum k = {(char *)key.data, (int)key.len}, v;
    GDBM_FILE file = gdbm_open((char *)PRIVATE_FILE, 0, GDBM_WRITER, 0, NULL);
    struct svct_buf check;
    uint64_t sum;

    assert_non_null(file);
    v = gdbm_fetch(file, k);
    assert_non_null(v.dptr);
    v.dptr[at] = (char)value;
    sum = svct_crc64(svct_crc64(0, key.data, key.len), v.dptr,
                     (size_t)v.dsize - 8);
    svct_buf_init(&check, v.dptr + v.dsize - 8, 8);
    if (mend)
        svct_buf_put_u64(&check, sum);
    assert_int_equal(gdbm_store(file, k, v, GDBM_REPLACE), 0);
    free(v.dptr);
    gdbm_close(file);
}

static void damaged_record(void)
{
    change_record(20, 0xff, false);
}

static void newer_record(void)
{
    change_record(0, SVCT_RECORD_VERSION + 1, true);
}

static void unlisted_account(void)
{
    privdir_write(PAMHOST_DB "/" SVCT_NAMES_FILE, "bin\n");
}

static void no_names(void)
{
    assert_int_equal(unlink(PAMHOST_DB "/" SVCT_NAMES_FILE), 0);
}

static void damaged_names(void)
{
    privdir_write(PAMHOST_DB "/" SVCT_NAMES_FILE, "bin\n"
                                                  "dae/mon");
}

static void lost_account(void)
{
    dbmake_delete_account(PAMHOST_DB, OURS);
    privdir_write(PAMHOST_DB "/" SVCT_NAMES_FILE, "bin\n"
                                                  "daemon\n");
}

/* A service account is refused in auth and account, with an alert each. */
static void ours_is_refused(void)
{
    start("sshd", OURS);
    assert_int_equal(auth_with(&ci), PAM_AUTHINFO_UNAVAIL);
    assert_int_equal(host.prompts, 0);
    log_begins(LOG_ALERT,
               "undecided phase=auth user=daemon service=sshd rhost=-: ");
    pamhost_log_clear();
    assert_int_equal(pam_acct_mgmt(host.pamh, 0), PAM_AUTHINFO_UNAVAIL);
    log_begins(LOG_ALERT,
               "undecided phase=account user=daemon service=sshd rhost=-: ");
}

/* A person gets what the stack ignores. The line, if any, is an alert. */
static void person_goes_on(const char *breakage)
{
    int code;

    start("sshd", PERSON);
    code = pam_authenticate(host.pamh, 0);
    if (code != PAM_AUTHINFO_UNAVAIL && code != PAM_USER_UNKNOWN)
        fail_msg("%s: auth gave %d", breakage, code);
    assert_int_equal(pam_acct_mgmt(host.pamh, 0), IGNORED_ACCOUNT);
    assert_int_equal(pam_setcred(host.pamh, PAM_ESTABLISH_CRED),
                     PAM_USER_UNKNOWN);
    assert_int_equal(pam_open_session(host.pamh, 0), IGNORED_SESSION);
    assert_int_equal(host.prompts + host.messages, 0);
    for (int i = 0; i < pamhost_log_count(); i++)
        assert_int_equal(pamhost_log_line(i)->level, LOG_ALERT);
}

static void a_broken_database(void **state)
{
    static const struct {
        const char *name;
        void (*breakage)(void);
        bool ours_unlisted; /* by names: then the database itself counts */
    } cases[] = {
        {"cut_private", cut_private, false},
        {"zero_private", zero_private, false},
        {"remove_private", remove_private, false},
        {"fifo_for_private", fifo_for_private, false},
        {"remove_current", remove_current, false},
        {"dangling_current", dangling_current, false},
        {"file_for_all", file_for_all, false},
        {"readable_file", readable_file, false},
        {"damaged_record", damaged_record, false},
        {"newer_record", newer_record, false},
        {"unlisted_account", unlisted_account, true},
        {"no_names", no_names, true},
        {"damaged_names", damaged_names, true},
        {"lost_account", lost_account, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        before_each(NULL);
        cases[i].breakage();
        print_message("    %s\n", cases[i].name);
        ours_is_refused();
        person_goes_on(cases[i].name);
        pamhost_end(&host);
    }
}

/* What others can change lets nobody in, but it may still refuse. */
static void an_unsafe_folder(void **state)
{
    static void (*const cases[])(void) = {folder_for_all, folder_of_another};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        before_each(NULL);
        cases[i]();
        start("sshd", OURS);
        assert_int_equal(auth_with(&ci), PAM_AUTHINFO_UNAVAIL);
        assert_int_equal(host.prompts, 0);
        log_begins(LOG_ALERT, "undecided phase=auth user=daemon ");
        assert_int_equal(pam_acct_mgmt(host.pamh, 0), PAM_AUTHINFO_UNAVAIL);
        person_goes_on("unsafe folder");
        pamhost_end(&host);
    }
}

/* ---- what happens to the files while somebody types ---- */

static void disable_ours(void)
{
    struct svct_account ours = dbmake_account(OURS, "Editor");

    ours.disabled = true;
    dbmake_update_account(PAMHOST_DB, &ours);
}

static void commit_something(void)
{
    dbmake_commit_at(PAMHOST_DB, time(NULL));
}

static void disabled_at_the_prompt(void **state)
{
    (void)state;
    start("sshd", OURS);
    host.while_typing = disable_ours;
    denied_because(auth_with(&ci), "account_disabled");
    before_each(NULL);
    start("sshd", OURS);
    host.while_typing = commit_something;
    assert_int_equal(auth_with(&ci), PAM_SUCCESS);
}

/*
 * No commit, but other files, in which the account is disabled, under the same
 * number: what was found before the prompt says nothing of these.
 */
#define ANOTHER PRIVDIR "/another"
#define BEFORE PRIVDIR "/before"

static char generation[SVCT_GENERATION_LEN + 1]; /* that of both */

static void run(const char *command)
{
    assert_int_equal(system(command), 0);
}

static void make_another(void)
{
    struct svct_account ours = dbmake_account(OURS, "Editor");
    char twin[SVCT_GENERATION_LEN + 1];

    privdir_remove(ANOTHER);
    privdir_remove(BEFORE);
    run("cp -a " PAMHOST_DB " " ANOTHER);
    commit_something();
    ours.disabled = true;
    dbmake_update_account(ANOTHER, &ours);
    assert_int_equal(
        readlink(PAMHOST_DB "/current", generation, sizeof generation),
        SVCT_GENERATION_LEN);
    assert_int_equal(readlink(ANOTHER "/current", twin, sizeof twin),
                     SVCT_GENERATION_LEN);
    assert_memory_equal(generation, twin, SVCT_GENERATION_LEN);
}

static void other_folder(void)
{
    run("mv " PAMHOST_DB " " BEFORE " && mv " ANOTHER " " PAMHOST_DB);
}

static void other_generation(void)
{
    run("cd " PAMHOST_DB " && g=$(readlink current) && mv $g before && "
        "mv " ANOTHER "/$g $g");
}

static void other_files(void)
{
    run("cd " PAMHOST_DB "/current && "
        "mv " ANOTHER "/current/private.* .");
}

/* The same files by their number, their size and the time of their contents. */
static void other_bytes(void)
{
    run("cd " PAMHOST_DB "/current && for f in private.gdbm private.roll; do "
        "touch -r $f ../time && ! cmp -s " ANOTHER "/current/$f $f && "
        "dd if=" ANOTHER "/current/$f of=$f conv=notrunc status=none && "
        "touch -r ../time $f || exit 1; done");
}

static void replaced_at_the_prompt(void **state)
{
    static void (*const cases[])(void) = {other_folder, other_generation,
                                          other_files, other_bytes};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        before_each(NULL);
        make_another();
        start("sshd", OURS);
        host.while_typing = cases[i];
        denied_because(auth_with(&ci), "account_disabled");
    }
}

static void names_without_ours(void)
{
    privdir_write(PAMHOST_DB "/new", "bin\n");
    run("mv " PAMHOST_DB "/new " PAMHOST_DB "/" SVCT_NAMES_FILE);
}

/* In place, and as many bytes. */
static void names_overwritten(void)
{
    int fd = open(PAMHOST_DB "/" SVCT_NAMES_FILE, O_WRONLY | O_CLOEXEC);

    assert_int_equal(pwrite(fd, "bin\ndaemox\n", 11, 0), 11);
    close(fd);
}

static void names_gone(void)
{
    assert_int_equal(unlink(PAMHOST_DB "/" SVCT_NAMES_FILE), 0);
}

static void roll_overwritten(void)
{
    int fd = open(PAMHOST_DB "/current/" SVCT_ROLL_FILE, O_WRONLY | O_CLOEXEC);

    assert_int_equal(pwrite(fd, "damaged", 7, 0), 7);
    close(fd);
}

static void roll_gone(void)
{
    assert_int_equal(unlink(PAMHOST_DB "/current/" SVCT_ROLL_FILE), 0);
}

static void file_cut(void)
{
    assert_int_equal(truncate(PAMHOST_DB "/current/private.gdbm", 100), 0);
}

static void damaged_at_the_prompt(void **state)
{
    static void (*const cases[])(void) = {
        names_without_ours, names_overwritten, names_gone,   roll_overwritten,
        roll_gone,          file_cut,          file_for_all, folder_for_all};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        before_each(NULL);
        start("sshd", OURS);
        host.while_typing = cases[i];
        assert_int_equal(auth_with(&ci), PAM_AUTHINFO_UNAVAIL);
        log_begins(LOG_ALERT, "undecided phase=auth user=daemon service=sshd");
    }
}

/* Who may write to the folder above can put an older state back, made of links
 * to the very same files. */
static void links_to_before(void)
{
    dbmake_revoke_token(PAMHOST_DB, ci.id);
    assert_int_equal(chmod(PRIVDIR, 0777), 0);
    other_folder();
}

static void led_elsewhere_at_the_prompt(void **state)
{
    int code;

    (void)state;
    privdir_remove(ANOTHER);
    privdir_remove(BEFORE);
    run("cp -al " PAMHOST_DB " " ANOTHER);
    start("sshd", OURS);
    host.while_typing = links_to_before;
    code = auth_with(&ci);
    assert_int_equal(chmod(PRIVDIR, 0755), 0);
    assert_int_equal(code, PAM_AUTHINFO_UNAVAIL);
    log_begins(LOG_ALERT, "undecided phase=auth user=daemon service=sshd");
}

/* ---- what the conversation makes of the handle ---- */

static const char *user_to_come;

static void change_user(void)
{
    pam_set_item(host.pamh, PAM_USER, user_to_come);
}

/* The token is that of whom the prompt was for, and opens nobody else. */
static void another_user_at_the_prompt(void **state)
{
    static const char *const users[] = {OTHER, PERSON, "root", "daemon2", NULL};

    (void)state;
    for (size_t i = 0; i < COUNT(users); i++) {
        start("sshd", OURS);
        host.while_typing = change_user;
        user_to_come = users[i];
        assert_int_equal(auth_with(&ci), PAM_AUTH_ERR);
        log_begins(LOG_NOTICE, "denied reason=no_answer user=");
        assert_null(strstr(pamhost_log_line(0)->text, OURS " "));
    }
}

static void change_facts(void)
{
    change_user();
    pam_set_item(host.pamh, PAM_SERVICE, "http");
    set_rhost("192.0.2.7");
}

/* They are looked at after the answer, as the clock and the database are; the
 * same name is elsewhere in memory then. */
static void other_facts_at_the_prompt(void **state)
{
    struct svct_token token = dbmake_token(OURS, "here");
    struct minted here;

    (void)state;
    assert_int_equal(svct_globs_add(&token.services, "sshd"), 0);
    here = dbmake_add_token(PAMHOST_DB, &token);
    user_to_come = OURS;
    start("sshd", OURS);
    host.while_typing = change_facts;
    denied_because(auth_with(&here), "token_service");
    assert_non_null(strstr(pamhost_log_line(0)->text, "user=" OURS " "));
    assert_non_null(
        strstr(pamhost_log_line(0)->text, " service=http rhost=192.0.2.7"));
    start("sshd", OURS);
    host.while_typing = change_facts;
    assert_int_equal(auth_with(&ci), PAM_SUCCESS);
}

static int open_at_the_prompt;

static void count_open(void)
{
    open_at_the_prompt = privdir_entries("/proc/self/fd");
}

static void nothing_open_at_the_prompt(void **state)
{
    int before;

    (void)state;
    start("sshd", OURS);
    assert_int_equal(auth_with(&ci), PAM_SUCCESS); /* the log is open */
    before = privdir_entries("/proc/self/fd");
    host.while_typing = count_open;
    assert_int_equal(auth_with(&ci), PAM_SUCCESS);
    assert_int_equal(open_at_the_prompt, before);
}

/* ---- no database of ours ---- */

/* db= names a folder that nobody set up: a typing error, and said. (Without
 * db= that is the state before "svctoken init", and silent.) */
static void never_set_up(void **state)
{
    (void)state;
    privdir_remove(PAMHOST_DB);
    person_goes_on("no folder");
    start("sshd", PERSON);
    assert_int_equal(auth_text("secret"), PAM_AUTHINFO_UNAVAIL);
    log_begins(LOG_ALERT, "undecided phase=auth user=games ");
    assert_int_equal(mkdir(PAMHOST_DB, 0755), 0);
    person_goes_on("an empty folder");
}

/* Each check of a caller that is not root, in a child: exits with the number
 * of the first that fails. */
static void as_nobody(void)
{
    if (setegid(65534) != 0 || seteuid(65534) != 0)
        _exit(1);
    start("sshd", OURS);
    if (auth_with(&ci) != PAM_AUTHINFO_UNAVAIL || host.prompts != 0)
        _exit(2);
    if (pamhost_log_count() != 1 || pamhost_log_line(0)->level != LOG_ERR)
        _exit(3);
    if (pam_acct_mgmt(host.pamh, 0) != PAM_AUTHINFO_UNAVAIL)
        _exit(4);
    start("sshd", PERSON);
    if (auth_text("secret") != PAM_AUTHINFO_UNAVAIL || host.prompts != 0)
        _exit(5);
    if (pam_acct_mgmt(host.pamh, 0) != IGNORED_ACCOUNT)
        _exit(6);
    _exit(pamhost_log_count() == 0 ? 0 : 7);
}

static void a_caller_that_is_not_root(void **state)
{
    pid_t pid;
    int status;

    (void)state;
    pid = fork();
    if (pid == 0)
        as_nobody();
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* ---- first_pass ---- */

/* pam_unix asks and fails; what was typed stays for the next module. */
#define ASKS_BEFORE "auth [default=ignore] pam_unix.so nodelay\n"

static void first_pass(const char *before, const char *options)
{
    char all[200];

    snprintf(all, sizeof all, "db=" PAMHOST_DB " %s", options);
    pamhost_stack_raw("sshd", before, all);
    start("sshd", OURS);
}

static void use_first_pass(void **state)
{
    (void)state;
    first_pass(ASKS_BEFORE, "use_first_pass");
    assert_int_equal(auth_with(&ci), PAM_SUCCESS);
    assert_int_equal(host.prompts, 1);
    first_pass(ASKS_BEFORE, "use_first_pass");
    assert_int_equal(auth_text("hunter2"), PAM_AUTH_ERR);
    log_begins(LOG_NOTICE, "denied reason=token_malformed user=daemon");
    assert_int_equal(host.prompts, 1);
    first_pass("", "use_first_pass");
    assert_int_equal(auth_with(&ci), PAM_AUTH_ERR);
    log_begins(LOG_NOTICE, "denied reason=no_answer user=daemon");
    assert_int_equal(host.prompts, 0);
}

static void try_first_pass(void **state)
{
    char text[SVCT_TOKEN_LEN + 1];

    (void)state;
    first_pass(ASKS_BEFORE, "try_first_pass");
    assert_int_equal(auth_with(&ci), PAM_SUCCESS);
    assert_int_equal(host.prompts, 1);
    first_pass(ASKS_BEFORE, "try_first_pass");
    dbmake_unmask(&ci, text);
    host.second_text = text;
    assert_int_equal(auth_text("hunter2"), PAM_SUCCESS);
    assert_int_equal(host.prompts, 2);
    first_pass("", "try_first_pass");
    assert_int_equal(auth_with(&ci), PAM_SUCCESS);
    assert_int_equal(host.prompts, 1);
}

static void without_an_option_it_asks_itself(void **state)
{
    char text[SVCT_TOKEN_LEN + 1];

    (void)state;
    first_pass(ASKS_BEFORE, "");
    dbmake_unmask(&ci, text);
    host.second_text = "hunter2";
    denied_because(auth_text(text), "token_malformed");
    assert_int_equal(host.prompts, 2);
}

/* A person's password for another module is not looked at. */
static void first_pass_of_people(void **state)
{
    (void)state;
    first_pass(ASKS_BEFORE, "use_first_pass");
    start("sshd", PERSON);
    assert_int_equal(auth_text("hunter2"), PAM_USER_UNKNOWN);
    no_log();
}

/* ---- account ---- */

static void account_of_ours_passes(void **state)
{
    (void)state;
    start("sshd", OURS);
    assert_int_equal(pam_acct_mgmt(host.pamh, 0), PAM_SUCCESS);
    no_log();
    pamhost_stack("sshd", "debug");
    start("sshd", OURS);
    assert_int_equal(pam_acct_mgmt(host.pamh, 0), PAM_SUCCESS);
    log_is(LOG_DEBUG, "granted phase=account user=daemon role=Editor "
                      "service=sshd rhost=-");
}

static void account_disabled_or_expired(void **state)
{
    struct svct_account ours = dbmake_account(OURS, "Editor");

    (void)state;
    ours.disabled = true;
    dbmake_update_account(PAMHOST_DB, &ours);
    start("sshd", OURS);
    assert_int_equal(pam_acct_mgmt(host.pamh, 0), PAM_ACCT_EXPIRED);
    log_is(LOG_NOTICE, "denied reason=account_disabled phase=account "
                       "user=daemon service=sshd rhost=-");
    ours.disabled = false;
    ours.expires = time(NULL) - 1;
    dbmake_update_account(PAMHOST_DB, &ours);
    start("sshd", OURS);
    assert_int_equal(pam_acct_mgmt(host.pamh, 0), PAM_ACCT_EXPIRED);
    log_is(LOG_NOTICE, "denied reason=account_expired phase=account "
                       "user=daemon service=sshd rhost=-");
}

static void account_not_permitted(void **state)
{
    struct svct_account ours = dbmake_account(OURS, "Editor");

    (void)state;
    start("sudo", OURS);
    assert_int_equal(pam_acct_mgmt(host.pamh, 0), PAM_PERM_DENIED);
    log_is(LOG_NOTICE, "denied reason=role_service phase=account user=daemon "
                       "service=sudo rhost=-");
    assert_int_equal(svct_sources_add(&ours.sources, "192.0.2.0/24"), 0);
    dbmake_update_account(PAMHOST_DB, &ours);
    start("sshd", OURS);
    set_rhost("198.51.100.1");
    assert_int_equal(pam_acct_mgmt(host.pamh, 0), PAM_PERM_DENIED);
    log_is(LOG_NOTICE, "denied reason=account_source phase=account "
                       "user=daemon service=sshd rhost=198.51.100.1");
    ours = dbmake_account(OURS, "Editor");
    ours.expires = time(NULL) + 5000;
    dbmake_update_account(PAMHOST_DB, &ours);
    dbmake_commit_at(PAMHOST_DB, time(NULL) + 1000);
    start("sshd", OURS);
    assert_int_equal(pam_acct_mgmt(host.pamh, 0), PAM_PERM_DENIED);
    log_begins(LOG_NOTICE, "denied reason=clock_suspect phase=account");
}

static void revoked_after_auth(void **state)
{
    (void)state;
    start("sshd", OURS);
    assert_int_equal(auth_with(&ci), PAM_SUCCESS);
    revoke_ci();
    pamhost_log_clear();
    assert_int_equal(pam_acct_mgmt(host.pamh, 0), PAM_PERM_DENIED);
    log_begins(LOG_NOTICE, "denied reason=token_revoked phase=account "
                           "user=daemon token=ci id=");
}

/* Without names nobody is listed, but a token of ours was used. */
static void nothing_left_after_auth(void **state)
{
    (void)state;
    start("sshd", OURS);
    assert_int_equal(auth_with(&ci), PAM_SUCCESS);
    remove_database();
    assert_int_equal(pam_acct_mgmt(host.pamh, 0), PAM_AUTHINFO_UNAVAIL);
    before_each(NULL);
    start("sshd", OURS);
    assert_int_equal(auth_with(&ci), PAM_SUCCESS);
    delete_ours();
    assert_int_equal(pam_acct_mgmt(host.pamh, 0), PAM_AUTHINFO_UNAVAIL);
}

/* A second attempt in the same handle does not inherit the first. */
static void a_failure_forgets(void **state)
{
    (void)state;
    start("sshd", OURS);
    assert_int_equal(auth_with(&ci), PAM_SUCCESS);
    assert_string_not_equal(env("SVCTOKEN_MARK"), "(none)");
    assert_int_equal(auth_text("hunter2"), PAM_AUTH_ERR);
    assert_string_equal(env("SVCTOKEN_MARK"), "(none)");
    assert_int_equal(pam_open_session(host.pamh, 0), PAM_SUCCESS);
    assert_string_equal(env("SVCTOKEN_TOKEN"), "(none)");
}

/* ---- setcred ---- */

static void setcred(void **state)
{
    (void)state;
    start("sshd", OURS); /* as after a public key */
    assert_int_equal(pam_setcred(host.pamh, PAM_ESTABLISH_CRED), PAM_SUCCESS);
    assert_int_equal(pam_setcred(host.pamh, PAM_REINITIALIZE_CRED),
                     PAM_SUCCESS);
    assert_int_equal(pam_setcred(host.pamh, PAM_DELETE_CRED), PAM_SUCCESS);
    start("sshd", PERSON);
    assert_int_equal(pam_setcred(host.pamh, PAM_ESTABLISH_CRED),
                     PAM_USER_UNKNOWN);
    remove_current();
    start("sshd", OURS);
    assert_int_equal(pam_setcred(host.pamh, PAM_ESTABLISH_CRED), PAM_SUCCESS);
    start("sshd", PERSON);
    assert_int_equal(pam_setcred(host.pamh, PAM_ESTABLISH_CRED),
                     PAM_USER_UNKNOWN);
    no_log();
}

/* ---- session ---- */

static void environment_is(const char *account, const char *token,
                           const char *role)
{
    assert_string_equal(env("SVCTOKEN_ACCOUNT"), account);
    assert_string_equal(env("SVCTOKEN_TOKEN"), token);
    assert_string_equal(env("SVCTOKEN_ROLE"), role);
    assert_string_equal(env("SVCTOKEN_MARK"), "(none)");
}

static void session_of_a_token(void **state)
{
    struct svct_token token = dbmake_token(OURS, "capped");
    struct minted capped;

    (void)state;
    snprintf(token.cap, sizeof token.cap, "Viewer");
    capped = dbmake_add_token(PAMHOST_DB, &token);
    start("sshd", OURS);
    assert_int_equal(auth_with(&capped), PAM_SUCCESS);
    assert_string_not_equal(env("SVCTOKEN_MARK"), "(none)");
    assert_int_equal(pam_open_session(host.pamh, 0), PAM_SUCCESS);
    environment_is(OURS, "capped", "Viewer");
    assert_int_equal(pam_close_session(host.pamh, 0), PAM_SUCCESS);
}

static void session_of_a_key(void **state)
{
    (void)state;
    start("sshd", OURS);
    assert_int_equal(pam_putenv(host.pamh, "SVCTOKEN_TOKEN=forged"), 0);
    assert_int_equal(pam_putenv(host.pamh, "SVCTOKEN_ROLE=Admin"), 0);
    assert_int_equal(pam_putenv(host.pamh, "SVCTOKEN_ACCOUNT=root"), 0);
    assert_int_equal(pam_open_session(host.pamh, 0), PAM_SUCCESS);
    environment_is(OURS, "(none)", "Editor");
    no_log();
}

/* sudo: PAM_USER is the target by then. */
static void session_of_a_target(void **state)
{
    static const char *const targets[] = {"root", PERSON, OTHER};

    (void)state;
    for (size_t i = 0; i < COUNT(targets); i++) {
        start("sshd", OURS);
        assert_int_equal(auth_with(&ci), PAM_SUCCESS);
        assert_int_equal(pam_acct_mgmt(host.pamh, 0), PAM_SUCCESS);
        assert_int_equal(pam_set_item(host.pamh, PAM_USER, targets[i]), 0);
        assert_int_equal(pam_setcred(host.pamh, PAM_REINITIALIZE_CRED),
                         PAM_SUCCESS);
        assert_int_equal(pam_open_session(host.pamh, 0), PAM_SUCCESS);
        environment_is(OURS, "ci", "Editor");
        assert_int_equal(pam_close_session(host.pamh, 0), PAM_SUCCESS);
    }
}

/* The memo of one user is none for another's account phase. */
static void account_of_a_target(void **state)
{
    struct svct_account other = dbmake_account(OTHER, "Admin");

    (void)state;
    other.disabled = true;
    dbmake_update_account(PAMHOST_DB, &other);
    start("sshd", OURS);
    assert_int_equal(auth_with(&ci), PAM_SUCCESS);
    assert_int_equal(pam_set_item(host.pamh, PAM_USER, OTHER), 0);
    assert_int_equal(pam_acct_mgmt(host.pamh, 0), PAM_ACCT_EXPIRED);
    assert_int_equal(pam_set_item(host.pamh, PAM_USER, PERSON), 0);
    assert_int_equal(pam_acct_mgmt(host.pamh, 0), IGNORED_ACCOUNT);
}

static void session_without_a_database(void **state)
{
    (void)state;
    start("sshd", OURS);
    assert_int_equal(auth_with(&ci), PAM_SUCCESS);
    remove_database();
    assert_int_equal(pam_open_session(host.pamh, 0), PAM_SUCCESS);
    environment_is(OURS, "(none)", "(none)");
}

/* ---- the marker: sshd's keyboard-interactive ---- */

/* Authenticates in a child (of a child, when deep), as sshd does: nothing
 * comes back but the PAM environment, here the marker alone. */
static void auth_in_child(const char *user, bool deep, char *ret, size_t size)
{
    int out[2], status;
    ssize_t got;
    pid_t pid;

    assert_int_equal(pipe(out), 0);
    pid = fork();
    if (pid == 0) {
        pid_t inner = deep ? fork() : 0;

        if (inner != 0)
            _exit(waitpid(inner, NULL, 0) == inner ? 0 : 1);
        if (auth_with(&ci) != PAM_SUCCESS)
            _exit(1);
        dprintf(out[1], "%s", env("SVCTOKEN_MARK"));
        _exit(0);
    }
    close(out[1]);
    got = read(out[0], ret, size - 1);
    close(out[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_true(got > 0);
    ret[got] = '\0';
    assert_string_not_equal(ret, "(none)");
    (void)user;
}

static void put_marker(const char *marker)
{
    char text[300];

    snprintf(text, sizeof text, "SVCTOKEN_MARK=%s", marker);
    assert_int_equal(pam_putenv(host.pamh, text), PAM_SUCCESS);
}

static void a_marker_comes_back(void **state)
{
    char marker[200];

    (void)state;
    start("sshd", OURS);
    auth_in_child(OURS, false, marker, sizeof marker);
    put_marker(marker);
    assert_int_equal(pam_open_session(host.pamh, 0), PAM_SUCCESS);
    environment_is(OURS, "ci", "Editor");
    assert_int_equal(pam_setcred(host.pamh, PAM_REINITIALIZE_CRED),
                     PAM_SUCCESS);
}

static void a_forged_marker(void **state)
{
    char marker[200];

    (void)state;
    start("sshd", OURS);
    auth_in_child(OURS, false, marker, sizeof marker);
    marker[0] = marker[0] == 'x' ? 'y' : 'x';
    put_marker(marker);
    assert_int_equal(pam_open_session(host.pamh, 0), PAM_SUCCESS);
    environment_is(OURS, "(none)", "Editor");
}

static void a_marker_of_another_process(void **state)
{
    char marker[200];

    (void)state;
    start("sshd", OURS);
    auth_in_child(OURS, true, marker, sizeof marker);
    put_marker(marker);
    assert_int_equal(pam_open_session(host.pamh, 0), PAM_SUCCESS);
    environment_is(OURS, "(none)", "Editor");
}

static void a_marker_of_another_user(void **state)
{
    char marker[200];

    (void)state;
    start("sshd", OURS);
    auth_in_child(OURS, false, marker, sizeof marker);
    start("sshd", OTHER);
    put_marker(marker);
    assert_int_equal(pam_open_session(host.pamh, 0), PAM_SUCCESS);
    environment_is(OTHER, "(none)", "Admin");
}

static void rubbish_for_a_marker(void **state)
{
    static const char *const cases[] = {"", "x", "::::", "(none)"};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        start("sshd", OURS);
        put_marker(cases[i]);
        assert_int_equal(pam_open_session(host.pamh, 0), PAM_SUCCESS);
        environment_is(OURS, "(none)", "Editor");
    }
}

static void without_a_key_the_login_works(void **state)
{
    (void)state;
    privdir_write(SVCT_RUNDIR, "no folder");
    pamhost_stack("sshd", "debug");
    start("sshd", OURS);
    assert_int_equal(auth_with(&ci), PAM_SUCCESS);
    assert_string_equal(env("SVCTOKEN_MARK"), "(none)");
    assert_int_equal(pamhost_log_count(), 2);
    assert_int_equal(pamhost_log_line(0)->level, LOG_DEBUG);
    assert_int_equal(pam_open_session(host.pamh, 0), PAM_SUCCESS);
    environment_is(OURS, "ci", "Editor");
}

/* ---- chauthtok ---- */

static void a_password_change(void **state)
{
    (void)state;
    start("sshd", OURS);
    assert_int_equal(pam_chauthtok(host.pamh, 0), PAM_PERM_DENIED);
    assert_int_equal(host.messages, 1);
    assert_string_equal(host.message,
                        "svctoken: daemon is a service account: its tokens "
                        "are managed by svctoken(8), there is no password to "
                        "change");
    start("sshd", OURS);
    assert_int_equal(pam_chauthtok(host.pamh, PAM_SILENT), PAM_PERM_DENIED);
    assert_int_equal(host.prompts + host.messages, 0);
    remove_current();
    start("sshd", OURS);
    assert_int_equal(pam_chauthtok(host.pamh, 0), PAM_AUTHINFO_UNAVAIL);
    start("sshd", PERSON);
    assert_int_equal(pam_chauthtok(host.pamh, 0), IGNORED_PASSWORD);
}

/* ---- a guest in somebody's process ---- */

static void hostile_facts_are_escaped(void **state)
{
    char longest[5000];

    (void)state;
    start("sshd", OURS);
    set_rhost("a b\ngranted user=root \x1b[2J\xff=\"");
    assert_int_equal(auth_text("x"), PAM_AUTH_ERR);
    log_is(LOG_NOTICE,
           "denied reason=token_malformed user=daemon service=sshd "
           "rhost=a\\x20b\\x0agranted\\x20user\\x3droot\\x20\\x1b[2J\\xff\\x3d"
           "\\x22");
    memset(longest, 'r', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    start("sshd", OURS);
    set_rhost(longest);
    assert_int_equal(auth_text("x"), PAM_AUTH_ERR);
    assert_true(strlen(pamhost_log_line(0)->text) < 400);
    assert_non_null(strstr(pamhost_log_line(0)->text, "rrr..."));
}

/* Twelve bytes in a row of the secret, anywhere in bytes? */
static bool holds_secret(const uint8_t *bytes, size_t len)
{
    static const int starts[] = {16, 24, 32, 40, 47};

    for (size_t at = 0; at + 12 <= len; at++)
        for (size_t s = 0; s < COUNT(starts); s++) {
            int i = 0;

            while (i < 12 && (bytes[at + (size_t)i] ^ DBMAKE_MASK) ==
                                 ci.masked[starts[s] + i])
                i++;
            if (i == 12)
                return true;
        }
    return false;
}

/* Chunks overlap so that nothing hides on a border. */
static bool range_holds_secret(int mem, uint64_t from, uint64_t to)
{
    static uint8_t chunk[1 << 20];
    bool found = false;

    while (from < to && !found) {
        size_t want =
            to - from < sizeof chunk ? (size_t)(to - from) : sizeof chunk;
        ssize_t got = pread(mem, chunk, want, (off_t)from);

        if (got <= 64)
            break;
        found = holds_secret(chunk, (size_t)got);
        from +=
            (uint64_t)got - (got == (ssize_t)want && from + want < to ? 64 : 0);
    }
    svct_secret_wipe(chunk, sizeof chunk);
    return found;
}

static bool memory_holds_secret(void)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    int mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    unsigned long long from, to;
    char line[512], mode[8];
    bool found = false;

    assert_non_null(maps);
    assert_true(mem >= 0);
    while (fgets(line, sizeof line, maps) != NULL)
        if (sscanf(line, "%llx-%llx %7s", &from, &to, mode) == 3 &&
            mode[0] == 'r' && mode[1] == 'w' && strstr(line, "[v") == NULL)
            found = range_holds_secret(mem, from, to) || found;
    fclose(maps);
    close(mem);
    return found;
}

static void the_secret_leaves_no_trace(void **state)
{
    char text[SVCT_TOKEN_LEN + 1];

    (void)state;
    if (strcmp(getenv("SVCT_INSTRUMENTED") != NULL ? getenv("SVCT_INSTRUMENTED")
                                                   : "no",
               "no") != 0)
        skip(); /* the sanitizer keeps copies of freed memory */
    assert_false(memory_holds_secret());
    dbmake_unmask(&ci, text);
    assert_true(memory_holds_secret()); /* or it would find nothing ever */
    svct_secret_wipe(text, sizeof text);
    assert_false(memory_holds_secret());
    start("sshd", OURS);
    assert_int_equal(auth_with(&ci), PAM_SUCCESS);
    assert_false(memory_holds_secret());
    assert_int_equal(pam_open_session(host.pamh, 0), PAM_SUCCESS);
    pamhost_end(&host);
    assert_false(memory_holds_secret());
    start("sudo", OURS);
    assert_int_equal(auth_with(&ci), PAM_AUTH_ERR);
    assert_false(memory_holds_secret());
}

/* The same handle over and over, as screen lockers do. */
static void many_attempts_in_one_handle(void **state)
{
    struct mallinfo2 before = {0}, after;

    (void)state;
    start("sshd", OURS);
    for (int i = 0; i < 110; i++) {
        if (i == 10)
            before = mallinfo2();
        pamhost_log_clear();
        assert_int_equal(auth_with(&ci), PAM_SUCCESS);
        assert_int_equal(auth_text("hunter2"), PAM_AUTH_ERR);
    }
    after = mallinfo2();
    assert_true(after.uordblks <= before.uordblks + 1024);
}

/* ---- all of them ---- */

#define CASE(name) \
    cmocka_unit_test_setup_teardown(name, before_each, after_each)

static const struct CMUnitTest tests[] = {
    CASE(a_valid_token_is_granted),
    CASE(silence_does_not_silence_the_prompt),
    CASE(the_capped_role_is_logged),
    CASE(an_expired_token),
    CASE(the_former_secret_in_its_overlap),
    CASE(the_former_secret_without_an_overlap),
    CASE(a_rotation_before_the_account_phase_counts),
    CASE(a_rotation_while_typing_counts),
    CASE(a_token_not_yet_valid),
    CASE(a_revoked_token),
    CASE(a_disabled_token),
    CASE(a_disabled_account),
    CASE(an_expired_account),
    CASE(a_truncated_token),
    CASE(a_mistyped_token),
    CASE(rubbish),
    CASE(another_accounts_token),
    CASE(a_wrong_secret),
    CASE(an_unknown_id),
    CASE(sources_and_services),
    CASE(a_service_the_role_refuses),
    CASE(a_service_the_token_refuses),
    CASE(a_suspect_clock),
    CASE(no_answer),
    CASE(an_answer_to_come),
    CASE(revoked_at_the_prompt),
    CASE(deleted_at_the_prompt),
    CASE(database_gone_at_the_prompt),
    CASE(disabled_at_the_prompt),
    CASE(replaced_at_the_prompt),
    CASE(damaged_at_the_prompt),
    CASE(led_elsewhere_at_the_prompt),
    CASE(another_user_at_the_prompt),
    CASE(other_facts_at_the_prompt),
    CASE(nothing_open_at_the_prompt),
    CASE(a_role_is_demanded),
    CASE(account_knows_the_token),
    CASE(wrong_options),
    CASE(a_wrong_option_is_named),
    CASE(people_notice_nothing),
    CASE(root_is_nobody_of_ours),
    CASE(a_broken_database),
    CASE(an_unsafe_folder),
    CASE(never_set_up),
    CASE(a_caller_that_is_not_root),
    CASE(use_first_pass),
    CASE(try_first_pass),
    CASE(without_an_option_it_asks_itself),
    CASE(first_pass_of_people),
    CASE(account_of_ours_passes),
    CASE(account_disabled_or_expired),
    CASE(account_not_permitted),
    CASE(revoked_after_auth),
    CASE(nothing_left_after_auth),
    CASE(a_failure_forgets),
    CASE(setcred),
    CASE(session_of_a_token),
    CASE(session_of_a_key),
    CASE(session_of_a_target),
    CASE(account_of_a_target),
    CASE(session_without_a_database),
    CASE(a_marker_comes_back),
    CASE(a_forged_marker),
    CASE(a_marker_of_another_process),
    CASE(a_marker_of_another_user),
    CASE(rubbish_for_a_marker),
    CASE(without_a_key_the_login_works),
    CASE(a_password_change),
    CASE(hostile_facts_are_escaped),
    CASE(the_secret_leaves_no_trace),
    CASE(many_attempts_in_one_handle),
};

int main(void)
{
    static const char *const users[] = {OURS, OTHER, PERSON};
    const char *reason = NULL;

    for (size_t i = 0; i < COUNT(users); i++)
        if (getpwnam(users[i]) == NULL)
            reason = "the Unix users daemon, bin and games are needed";
    if (reason != NULL || !privdir_enter(&reason) ||
        !privdir_cover(SVCT_RUNDIR, &reason) || !pamhost_setup(&reason)) {
        printf("SKIPPED: pam_unit: %s\n", reason);
        return 77;
    }
    return cmocka_run_group_tests_name("pam", tests, NULL, NULL);
}
