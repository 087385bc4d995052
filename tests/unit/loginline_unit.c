/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lines about logins: those that the module writes (pam_module/reply, of which
 * only pam_syslog is replaced here) are read as what was meant, and text of
 * somebody else that looks like one is none.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../admin/loginline.h"
#include "auth/timefmt.h"
#include "reply.h"

static char logged[2048];

/* As pam_syslog(3) has it, but for where it goes. */
void __wrap_pam_syslog(const pam_handle_t *pamh, int level, const char *format,
                       ...) __attribute__((format(printf, 3, 4)));
void __wrap_pam_syslog(const pam_handle_t *pamh, int level, const char *format,
                       ...)
{
    static const char lead[] = "pam_svctoken(sshd:auth): ";
    va_list args;

    (void)pamh;
    (void)level;
    memcpy(logged, lead, sizeof(lead));
    va_start(args, format);
    vsnprintf(logged + strlen(lead), sizeof(logged) - strlen(lead), format,
              args);
    va_end(args);
}

static struct svct_login a_login(const char *rhost)
{
    return (struct svct_login){.phase = "auth",
                               .user = "deploy",
                               .service = "sshd",
                               .rhost = rhost,
                               .options = {.debug = true}};
}

static struct svct_outcome an_outcome(enum svct_verdict verdict)
{
    return (struct svct_outcome){.verdict = verdict,
                                 .account = "deploy",
                                 .token_id = "4fK2pQ0aZb",
                                 .token_name = "ci",
                                 .role = "Editor"};
}

static struct svct_loginline read_back(void)
{
    struct svct_loginline line = {.kind = SVCT_LOGINLINE_NONE};

    assert_true(svct_loginline_parse(logged, &line));
    return line;
}

/* ---- what the module writes ---- */

static void every_verdict(void **state)
{
    struct svct_login login = a_login("192.0.2.7");

    (void)state;
    for (int i = 0; i < SVCT_VERDICT_COUNT; i++) {
        struct svct_outcome outcome = an_outcome((enum svct_verdict)i);
        struct svct_loginline line;
        bool granted = i == SVCT_GRANTED;

        svct_reply_auth(&login, &outcome);
        line = read_back();
        assert_int_equal(line.kind, granted ? SVCT_LOGINLINE_GRANTED
                                            : SVCT_LOGINLINE_DENIED);
        assert_string_equal(line.reason,
                            granted ? ""
                                    : svct_verdict_name((enum svct_verdict)i));
        assert_string_equal(line.phase, "");
        assert_string_equal(line.user, "deploy");
        assert_string_equal(line.token, "ci");
        assert_string_equal(line.id, "4fK2pQ0aZb");
        assert_string_equal(line.service, "sshd");
        assert_string_equal(line.rhost, "192.0.2.7");
    }
}

static void account_phase(void **state)
{
    struct svct_login login = a_login(NULL);
    struct svct_outcome outcome = {.verdict = SVCT_ACCOUNT_DISABLED};
    struct svct_loginline line;

    (void)state;
    svct_reply_account(&login, &outcome);
    line = read_back();
    assert_int_equal(line.kind, SVCT_LOGINLINE_DENIED);
    assert_string_equal(line.reason, "account_disabled");
    assert_string_equal(line.phase, "account");
    assert_string_equal(line.token, "");
    assert_string_equal(line.id, "");
    assert_string_equal(line.rhost, "-");
    outcome = an_outcome(SVCT_GRANTED);
    svct_reply_account(&login, &outcome);
    line = read_back();
    assert_int_equal(line.kind, SVCT_LOGINLINE_GRANTED);
    assert_string_equal(line.phase, "account");
}

static void no_answer(void **state)
{
    struct svct_login login = a_login("2001:db8::1");

    (void)state;
    svct_reply_no_answer(&login);
    assert_string_equal(read_back().reason, "no_answer");
    assert_string_equal(read_back().rhost, "2001:db8::1");
}

/* An address may end in colons, too. */
static void sentences(void **state)
{
    struct svct_login login = a_login("2001:db8::");
    struct svct_outcome outcome = an_outcome(SVCT_USAGE_UNAVAILABLE);
    struct svct_fault fault = {.what = "denied reason=x user=a: it is gone"};
    struct svct_loginline line;

    (void)state;
    outcome.max_uses = 3;
    snprintf(outcome.usage_fault.what, sizeof(outcome.usage_fault.what),
             "no room");
    svct_reply_auth(&login, &outcome);
    assert_string_equal(read_back().rhost, "2001:db8::");
    svct_reply_error(&login, SVCT_E_DAMAGED, &fault);
    line = read_back();
    assert_int_equal(line.kind, SVCT_LOGINLINE_UNDECIDED);
    assert_string_equal(line.reason, "undecided");
    assert_string_equal(line.phase, "auth");
    assert_string_equal(line.user, "deploy");
    assert_string_equal(line.rhost, "2001:db8::");
}

static void more_behind(void **state)
{
    struct svct_login login = a_login("2001:db8::");
    struct svct_outcome outcome = an_outcome(SVCT_GRANTED);

    (void)state;
    outcome.superseded = true;
    outcome.superseded_until = 1000;
    outcome.max_uses = 3;
    outcome.uses = 2;
    svct_reply_auth(&login, &outcome);
    assert_string_equal(read_back().rhost, "2001:db8::");
    assert_int_equal(read_back().kind, SVCT_LOGINLINE_GRANTED);
}

/* Whatever a client sends as its name or host is one escaped word. */
static void odd_texts(void **state)
{
    char host[1000];
    struct svct_login login = a_login(host);
    struct svct_outcome outcome = an_outcome(SVCT_TOKEN_EXPIRED);
    struct svct_loginline line;

    (void)state;
    memset(host, 'h', sizeof(host));
    host[sizeof(host) - 1] = '\0';
    login.user = "a b=c reason=token_revoked\n\xff";
    svct_reply_auth(&login, &outcome);
    line = read_back();
    assert_string_equal(line.reason, "token_expired");
    assert_string_equal(line.user,
                        "a\\x20b\\x3dc\\x20reason\\x3dtoken_revoked\\x0a\\xff");
    assert_string_equal(line.service, "sshd");
    assert_true(strlen(line.rhost) > 100);
}

/* ---- what others write ---- */

static bool is_line(const char *message)
{
    struct svct_loginline line;

    return svct_loginline_parse(message, &line);
}

static void others(void **state)
{
    (void)state;
    assert_true(is_line("pam_svctoken(sshd:auth): denied reason=no_answer "
                        "user=a service=sshd rhost=-"));
    assert_false(is_line(" pam_svctoken(sshd:auth): denied reason=no_answer "
                         "user=a service=sshd rhost=-"));
    assert_false(is_line("Invalid user pam_svctoken(sshd:auth): denied "
                         "reason=no_answer user=a service=sshd rhost=-"));
    assert_false(is_line("pam_unix(sshd:auth): denied reason=no_answer user=a "
                         "service=sshd rhost=-"));
    assert_false(is_line("pam_svctoken(sshd:auth) denied reason=no_answer "
                         "user=a service=sshd rhost=-"));
    assert_false(is_line("pam_svctoken(sshd:auth): denied reason=No_Answer "
                         "user=a service=sshd rhost=-"));
    assert_false(is_line("pam_svctoken(sshd:auth): denied reason= user=a "
                         "service=sshd rhost=-"));
    assert_false(is_line("pam_svctoken(sshd:auth): denied reason=no_answer "
                         "user=a  service=sshd rhost=-"));
    assert_false(is_line("pam_svctoken(sshd:auth): denied reason=no_answer "
                         "service=sshd rhost=-"));
    assert_false(is_line("pam_svctoken(sshd:auth): denied reason=no_answer "
                         "user=a service=sshd"));
    assert_false(is_line("pam_svctoken(sshd:auth): denied reason=no_answer "
                         "user=a service=s\xc3\xa4 rhost=-"));
    assert_false(is_line("pam_svctoken(sshd:session): session record not "
                         "written phase=session user=a service=sshd rhost=-: "
                         "x"));
    assert_false(is_line("pam_svctoken("));
    assert_false(is_line(""));
}

static void too_long(void **state)
{
    char text[800] = "pam_svctoken(sshd:auth): denied reason=no_answer user=";
    size_t len = strlen(text);

    (void)state;
    memset(text + len, 'u', SVCT_LOGINLINE_WORD_MAX + 1);
    snprintf(text + len + SVCT_LOGINLINE_WORD_MAX + 1, 100,
             " service=sshd rhost=-");
    assert_false(is_line(text));
    snprintf(text + len + SVCT_LOGINLINE_WORD_MAX, 100,
             " service=sshd rhost=-");
    assert_true(is_line(text));
}

/* ---- lines of files ---- */

#define OURS                                                            \
    "pam_svctoken(sshd:auth): denied reason=token_expired user=deploy " \
    "token=ci id=4fK2pQ0aZb service=sshd rhost=192.0.2.7"
#define NOW INT64_C(1795798800) /* 2026-11-27T17:00:00Z */

static int64_t time_of(const char *text)
{
    struct svct_loginline line = {.time = -1};

    return svct_loginline_parse_file(text, NOW, &line) ? line.time : -1;
}

static int64_t moment(const char *text)
{
    int64_t time = -2;

    assert_int_equal(svct_time_parse(text, 0, &time, NULL), 0);
    return time;
}

static void files(void **state)
{
    (void)state;
    assert_int_equal(time_of("Nov 27 16:53:12 host sshd[123]: " OURS),
                     moment("2026-11-27T16:53:12Z"));
    assert_int_equal(time_of("Nov  7 06:53:12 host sshd-session[1]: " OURS),
                     moment("2026-11-07T06:53:12Z"));
    assert_int_equal(
        time_of("Nov 27 16:53:12 host authpriv.notice sudo: " OURS),
        moment("2026-11-27T16:53:12Z"));
    assert_int_equal(
        time_of("2026-11-27T18:53:12.123456+02:00 host sshd[123]: " OURS),
        moment("2026-11-27T16:53:12Z"));
    assert_int_equal(time_of("2026-11-27T16:53:12Z host CRON[123]: " OURS),
                     moment("2026-11-27T16:53:12Z"));
}

static void other_files(void **state)
{
    static const char *const none[] = {
        OURS,
        "",
        "host sshd[123]: " OURS,
        "Nov 27 16:53:12 host " OURS,
        "Nov 27 16:53:12 host sshd[123]: x " OURS,
        "Nov 27 16:53:12 host sshd[123]: Invalid user a: " OURS,
        "Nov 27 16:53:12 host sshd[abc]: " OURS,
        "Nov 27 16:53:12 host sshd[123: " OURS,
        "Nov 27 16:53:12 host sshd[123] " OURS,
        "Nov 27 16:53:12 host  sshd[123]: " OURS,
        "Nov 27 16:53:12 host : " OURS,
        "Nov 27 16:53:12 host .notice sshd[123]: " OURS,
        "Nov 32 16:53:12 host sshd[123]: " OURS,
        "Now 27 16:53:12 host sshd[123]: " OURS,
        "Nov 27 24:53:12 host sshd[123]: " OURS,
        "2026-11-27 16:53:12 host sshd[123]: " OURS,
        "2026-13-27T16:53:12Z host sshd[123]: " OURS,
    };

    (void)state;
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        assert_int_equal(time_of(none[i]), -1);
}

/* A month that is not here yet is of last year. */
static void years(void **state)
{
    (void)state;
    assert_int_equal(time_of("Dec 31 23:59:59 host sshd[123]: " OURS),
                     moment("2025-12-31T23:59:59Z"));
    assert_int_equal(time_of("Nov 28 16:59:00 host sshd[123]: " OURS),
                     moment("2026-11-28T16:59:00Z"));
    assert_int_equal(time_of("Jan  1 00:00:00 host sshd[123]: " OURS),
                     moment("2026-01-01T00:00:00Z"));
}

static void local_time(void **state)
{
    (void)state;
    setenv("TZ", "UTC-2", 1); /* two hours east */
    tzset();
    assert_int_equal(time_of("Nov 27 18:53:12 host sshd[123]: " OURS),
                     moment("2026-11-27T16:53:12Z"));
    setenv("TZ", "UTC", 1);
    tzset();
}

static void any_line_has_a_time(void **state)
{
    int64_t time = 0;

    (void)state;
    assert_true(svct_loginline_time("Nov 27 16:53:12 whatever", NOW, &time));
    assert_int_equal(time, moment("2026-11-27T16:53:12Z"));
    assert_false(svct_loginline_time("Nov 27 16:53:1", NOW, &time));
    assert_false(svct_loginline_time("whatever", NOW, &time));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_verdict),
        cmocka_unit_test(account_phase),
        cmocka_unit_test(no_answer),
        cmocka_unit_test(sentences),
        cmocka_unit_test(more_behind),
        cmocka_unit_test(odd_texts),
        cmocka_unit_test(others),
        cmocka_unit_test(too_long),
        cmocka_unit_test(files),
        cmocka_unit_test(other_files),
        cmocka_unit_test(years),
        cmocka_unit_test(local_time),
        cmocka_unit_test(any_line_has_a_time),
    };

    setenv("TZ", "UTC", 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
