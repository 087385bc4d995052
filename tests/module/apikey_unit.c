/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the module does with an API key, an account and its one token: real
 * libpam, real module, real database, in a private mount namespace. Needs
 * root; skipped otherwise.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <pwd.h>
#include <syslog.h>
#include <unistd.h>

#include "../support/dbmake.h"
#include "../support/pamhost.h"
#include "../support/privdir.h"
#include "auth/verify.h"
#include "write/change_apikey.h"

#define OURS "daemon"

static struct pamhost host;
static struct svct_account account;
static struct svct_token token;
static struct minted key;

static int before_each(void **state)
{
    (void)state;
    dbmake_init(PAMHOST_DB);
    account = dbmake_account(OURS, "Editor");
    token = dbmake_token(OURS, SVCT_APIKEY_TOKEN);
    account.apikey = true;
    account.expires = token.expires;
    assert_int_equal(svct_globs_add(&token.services, "ssh*"), 0);
    dbmake_add_account(PAMHOST_DB, &account);
    key = dbmake_add_token(PAMHOST_DB, &token);
    privdir_remove(SVCT_RUNDIR);
    pamhost_stack("sshd", "");
    pamhost_stack("cron", "");
    pamhost_log_clear();
    return 0;
}

static int after_each(void **state)
{
    (void)state;
    if (host.pamh != NULL)
        pamhost_end(&host);
    return pamhost_log_tells(&key) ? -1 : 0;
}

static void start(const char *service)
{
    if (host.pamh != NULL)
        pamhost_end(&host);
    pamhost_log_clear();
    pamhost_start(&host, service, OURS);
}

static int auth(void)
{
    start("sshd");
    host.token = &key;
    return pam_authenticate(host.pamh, 0);
}

/* Without a token, as by an SSH key. */
static int account_phase(void)
{
    start("sshd");
    return pam_acct_mgmt(host.pamh, 0);
}

static void log_begins(const char *text)
{
    assert_int_equal(pamhost_log_count(), 1);
    if (strncmp(pamhost_log_line(0)->text, text, strlen(text)) != 0)
        fail_msg("\"%s\" does not begin with \"%s\"", pamhost_log_line(0)->text,
                 text);
}

static void end_at(int64_t expires)
{
    account.expires = expires;
    dbmake_update_account(PAMHOST_DB, &account);
}

static void wait_until(int64_t moment)
{
    while (time(NULL) < moment)
        usleep(10000);
}

static void it_lets_in(void **state)
{
    (void)state;
    assert_int_equal(auth(), PAM_SUCCESS);
    log_begins("granted user=" OURS " token=" SVCT_APIKEY_TOKEN " id=");
    assert_int_equal(pam_acct_mgmt(host.pamh, 0), PAM_SUCCESS);
    assert_int_equal(account_phase(), PAM_SUCCESS);
}

/* Token and account at the same second: what was good one before is refused
 * then, with a token and without. */
static void it_ends_at_its_second(void **state)
{
    int64_t end;
    int before;

    (void)state;
    do { /* a machine that stops for two seconds gets another try */
        end = time(NULL) + 2;
        end_at(end);
        before = auth();
    } while (time(NULL) >= end);
    assert_int_equal(before, PAM_SUCCESS);
    wait_until(end);
    assert_int_equal(auth(), PAM_AUTH_ERR);
    log_begins("denied reason=account_expired user=" OURS
               " token=" SVCT_APIKEY_TOKEN " id=");
    assert_int_equal(account_phase(), PAM_ACCT_EXPIRED);
    log_begins("denied reason=account_expired phase=account");
}

/* Which of the two refused cannot be told from that: what was moved is both. */
static void its_token_ended_with_it(void **state)
{
    struct svct_outcome outcome;
    struct svct_attempt attempt = {
        .dir = PAMHOST_DB, .user = OURS, .service = "sshd"};
    struct svct_trace trace = {0};
    int64_t end = time(NULL) + 7200;
    bool refused = false;

    (void)state;
    end_at(end);
    for (attempt.now = end - 1; attempt.now <= end; attempt.now++) {
        assert_int_equal(
            svct_verify_explain(&attempt, key.id, &outcome, &trace, NULL), 0);
        refused = false;
        for (size_t i = 0; i < trace.count; i++) {
            if (trace.rule[i].reason == SVCT_TOKEN_EXPIRED)
                refused = !trace.rule[i].passed;
        }
        assert_int_equal(refused, attempt.now == end);
    }
}

/* Moving the end of the account moved that of the token: neither holds it
 * back. */
static void a_later_end_counts(void **state)
{
    int64_t end = time(NULL) + 1;

    (void)state;
    end_at(end);
    wait_until(end);
    assert_int_equal(auth(), PAM_AUTH_ERR);
    end_at(end + 3600);
    assert_int_equal(auth(), PAM_SUCCESS);
}

static void its_services_bind_the_token(void **state)
{
    (void)state;
    start("cron");
    host.token = &key;
    assert_int_equal(pam_authenticate(host.pamh, 0), PAM_AUTH_ERR);
    log_begins("denied reason=token_service");
}

static void its_sources_bind_all(void **state)
{
    (void)state;
    assert_int_equal(svct_sources_add(&account.sources, "192.0.2.0/24"), 0);
    dbmake_update_account(PAMHOST_DB, &account);
    assert_int_equal(auth(), PAM_AUTH_ERR);
    log_begins("denied reason=account_source");
    assert_int_equal(account_phase(), PAM_PERM_DENIED);
    start("sshd");
    assert_int_equal(pam_set_item(host.pamh, PAM_RHOST, "192.0.2.7"), 0);
    assert_int_equal(pam_acct_mgmt(host.pamh, 0), PAM_SUCCESS);
}

static void disabled_or_revoked_it_is_shut(void **state)
{
    (void)state;
    account.disabled = true;
    dbmake_update_account(PAMHOST_DB, &account);
    assert_int_equal(auth(), PAM_AUTH_ERR);
    log_begins("denied reason=account_disabled");
    assert_int_equal(account_phase(), PAM_ACCT_EXPIRED);
    account.disabled = false;
    dbmake_update_account(PAMHOST_DB, &account);
    assert_int_equal(auth(), PAM_SUCCESS);
    dbmake_revoke_token(PAMHOST_DB, key.id);
    assert_int_equal(auth(), PAM_AUTH_ERR);
    log_begins("denied reason=token_revoked");
}

#define CASE(test) \
    cmocka_unit_test_setup_teardown(test, before_each, after_each)

static const struct CMUnitTest tests[] = {
    CASE(it_lets_in),
    CASE(it_ends_at_its_second),
    CASE(its_token_ended_with_it),
    CASE(a_later_end_counts),
    CASE(its_services_bind_the_token),
    CASE(its_sources_bind_all),
    CASE(disabled_or_revoked_it_is_shut),
};

int main(void)
{
    const char *reason = NULL;

    if (getpwnam(OURS) == NULL)
        reason = "the Unix user " OURS " is needed";
    if (reason != NULL || !privdir_enter(&reason) ||
        !privdir_cover(SVCT_RUNDIR, &reason) || !pamhost_setup(&reason)) {
        printf("SKIPPED: apikey_unit: %s\n", reason);
        return 77;
    }
    return cmocka_run_group_tests_name("apikey", tests, NULL, NULL);
}
