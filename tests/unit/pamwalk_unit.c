/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../admin/pamwalk.h"
#include "../support/pamfiles.h"

#define AUTH_CONTROL                                             \
    "[success=done user_unknown=ignore authinfo_unavail=ignore " \
    "ignore=ignore module_unknown=ignore default=die]"
#define AUTH "auth " AUTH_CONTROL " pam_svctoken.so\n"
#define ACCOUNT                                              \
    "account [success=ok new_authtok_reqd=ok ignore=ignore " \
    "module_unknown=ignore default=die] pam_svctoken.so\n"
#define SESSION "session optional pam_svctoken.so\n"
#define COMMON_AUTH "@include common-auth\n"
#define COMMON_ACCOUNT "@include common-account\n"
#define COMMON_SESSION "@include common-session\n"
#define REST_OF_AUTH ACCOUNT COMMON_ACCOUNT SESSION COMMON_SESSION
#define REST_OF_ACCOUNT AUTH COMMON_AUTH SESSION COMMON_SESSION
#define REST_OF_SESSION AUTH COMMON_AUTH ACCOUNT COMMON_ACCOUNT

static const char *const names[] = {
    [SVCT_PAMWALK_GIVES_UP] = "gives up",
    [SVCT_PAMWALK_BROKEN] = "broken",
    [SVCT_PAMWALK_VARIES] = "varies",
    [SVCT_PAMWALK_NO_MODULE] = "no module",
    [SVCT_PAMWALK_OPTIONS] = "options",
    [SVCT_PAMWALK_UNREACHED] = "unreached",
    [SVCT_PAMWALK_NOT_ENOUGH] = "not enough",
    [SVCT_PAMWALK_LETS_IN] = "lets in",
    [SVCT_PAMWALK_GOES_ON] = "goes on",
    [SVCT_PAMWALK_PASSED_BY] = "passed by",
    [SVCT_PAMWALK_MISSING] = "missing",
    [SVCT_PAMWALK_UNHEARD] = "unheard",
    [SVCT_PAMWALK_LOCKS_OUT] = "locks out",
    [SVCT_PAMWALK_LOCKS_OUT_DATABASE] = "locks out, database",
    [SVCT_PAMWALK_LOCKS_OUT_MODULE] = "locks out, module",
    [SVCT_PAMWALK_LATE] = "late",
};

static bool there = true; /* the module */

static bool has(void *arg, const char *module)
{
    (void)arg;
    assert_string_equal(module, "pam_svctoken.so");
    return there;
}

/* "auth unreached; session late", and the sentences, one a line. */
static char found[2048], said[8192];

static void walk(const struct pamfiles *files)
{
    struct svct_pamwalk *walk = malloc(sizeof *walk);
    struct svct_pamconf *conf = NULL;
    struct pamfiles copy = *files;
    size_t len = 0, said_len = 0;
    char sentence[400];

    assert_non_null(walk);
    assert_int_equal(
        svct_pamconf_read("svc", pamfiles_open, &copy, &conf, NULL), 0);
    assert_int_equal(svct_pamwalk(conf, has, NULL, walk, NULL), 0);
    found[0] = said[0] = '\0';
    for (size_t i = 0; i < walk->faults; i++) {
        const struct svct_pamwalk_fault *fault = &walk->fault[i];

        svct_pamwalk_say(sentence, sizeof sentence, "svc", conf, fault);
        len += (size_t)snprintf(
            found + len, sizeof found - len, "%s%s %s", i > 0 ? "; " : "",
            svct_pamconf_type_name(fault->type), names[fault->code]);
        said_len += (size_t)snprintf(said + said_len, sizeof said - said_len,
                                     "%s\n", sentence);
    }
    svct_pamconf_free(conf);
    free(walk);
}

static void finds(const char *text, const char *wanted)
{
    struct pamfiles files = pamfiles_debian;

    pamfiles_put(&files, "svc", text);
    walk(&files);
    if (strcmp(found, wanted) != 0)
        fail_msg("of\n%s\nwas found \"%s\", not \"%s\":\n%s", text, found,
                 wanted, said);
}

static void says(const char *words)
{
    if (strstr(said, words) == NULL)
        fail_msg("\"%s\" is not in:\n%s", words, said);
}

/* ---- as it should be ---- */

static void no_fault(void **state)
{
    (void)state;
    finds(AUTH COMMON_AUTH ACCOUNT COMMON_ACCOUNT SESSION COMMON_SESSION, "");
    /* su */
    finds("auth sufficient pam_rootok.so\n" AUTH COMMON_AUTH ACCOUNT
              COMMON_ACCOUNT SESSION COMMON_SESSION,
          "");
    /* a host that is shut lets nobody in, that is meant */
    finds("auth requisite pam_nologin.so\n"
          "account required pam_nologin.so\n" AUTH COMMON_AUTH ACCOUNT
              COMMON_ACCOUNT SESSION COMMON_SESSION,
          "");
    /* options */
    finds("auth " AUTH_CONTROL
          " pam_svctoken.so role=Admin debug\n" COMMON_AUTH REST_OF_AUTH,
          "");
    /* by another path; that a service does not ask us is none */
    finds("auth " AUTH_CONTROL " /lib/x/pam_svctoken_no.so\n", "");
    finds(COMMON_AUTH COMMON_ACCOUNT COMMON_SESSION, "");
    /* Fedora's su lets root pass by; a session line without pam_systemd */
    finds(AUTH COMMON_AUTH
          "account sufficient pam_succeed_if.so uid = 0 use_uid quiet\n" ACCOUNT
              COMMON_ACCOUNT "session required pam_limits.so\n" SESSION,
          "");
}

/* As pam-auth-update(8) would write it from a profile of ours. */
static void in_common_auth(void **state)
{
    struct pamfiles files = pamfiles_debian;

    (void)state;
    pamfiles_put(&files, "svc", COMMON_AUTH COMMON_ACCOUNT COMMON_SESSION);
    pamfiles_put(&files, "common-auth",
                 "auth [success=2 user_unknown=ignore authinfo_unavail=ignore "
                 "ignore=ignore module_unknown=ignore default=die] "
                 "pam_svctoken.so\n"
                 "auth [success=1 default=ignore] pam_unix.so\n"
                 "auth requisite pam_deny.so\n"
                 "auth required pam_permit.so\n");
    pamfiles_put(&files, "common-account",
                 ACCOUNT "account [success=1 default=ignore] pam_unix.so\n"
                         "account requisite pam_deny.so\n"
                         "account required pam_permit.so\n");
    pamfiles_put(&files, "common-session",
                 SESSION "session required pam_unix.so\n"
                         "session optional pam_systemd.so\n");
    walk(&files);
    assert_string_equal(found, "");
    /* one too few: it jumps onto pam_deny */
    pamfiles_put(&files, "common-auth",
                 "auth [success=1 user_unknown=ignore default=die] "
                 "pam_svctoken.so\n"
                 "auth [success=1 default=ignore] pam_unix.so\n"
                 "auth requisite pam_deny.so\n"
                 "auth required pam_permit.so\n");
    walk(&files);
    assert_non_null(strstr(found, "auth not enough"));
    /* with what it writes by itself */
    pamfiles_put(&files, "common-auth",
                 "auth [success=2 default=ignore] pam_svctoken.so\n"
                 "auth [success=1 default=ignore] pam_unix.so\n"
                 "auth requisite pam_deny.so\n"
                 "auth required pam_permit.so\n");
    walk(&files);
    assert_string_equal(found, "auth goes on");
}

/* ---- auth ---- */

static void auth_unreached(void **state)
{
    (void)state;
    finds(COMMON_AUTH AUTH REST_OF_AUTH, "auth unreached");
    says("/etc/pam.d/common-auth line 2 (requisite pam_deny.so)");
    finds("auth requisite pam_unix.so\n" AUTH REST_OF_AUTH, "auth unreached");
    says("svc line 1 (requisite pam_unix.so)");
    finds("auth sufficient pam_permit.so\n" AUTH REST_OF_AUTH,
          "auth unreached; auth passed by; auth lets in");
    says("svc line 1 (sufficient pam_permit.so)");
    finds("auth [default=1] pam_faildelay.so\n" AUTH COMMON_AUTH REST_OF_AUTH,
          "auth unreached");
}

static void auth_not_enough(void **state)
{
    (void)state;
    finds("auth required pam_unix.so\n" AUTH REST_OF_AUTH, "auth not enough");
    says("svc line 1 (required pam_unix.so)");
    finds("auth [success=ok user_unknown=ignore authinfo_unavail=ignore "
          "ignore=ignore module_unknown=ignore default=die] pam_svctoken.so\n"
          "auth required pam_unix.so\n" REST_OF_AUTH,
          "auth not enough");
}

static void auth_lets_in(void **state)
{
    (void)state;
    finds("auth sufficient pam_svctoken.so\nauth sufficient pam_unix.so\n"
          "auth required pam_permit.so\n" REST_OF_AUTH,
          "auth lets in");
    finds(
        "auth sufficient pam_svctoken.so\nauth optional pam_group.so\n" REST_OF_AUTH,
        "auth lets in");
    says("svc line 1 (sufficient pam_svctoken.so)");
}

static void auth_goes_on(void **state)
{
    (void)state;
    finds("auth sufficient pam_svctoken.so\n" COMMON_AUTH REST_OF_AUTH,
          "auth goes on");
}

static void auth_passed_by(void **state)
{
    (void)state;
    finds("auth sufficient pam_u2f.so\n" AUTH COMMON_AUTH REST_OF_AUTH,
          "auth passed by");
    says("svc line 1 (sufficient pam_u2f.so)");
    finds("auth [success=1 default=ignore] pam_x.so\n" AUTH
          "auth required pam_y.so\n" REST_OF_AUTH,
          "auth passed by");
}

static void auth_locks_out(void **state)
{
    (void)state;
    finds("auth required pam_svctoken.so\n" COMMON_AUTH REST_OF_AUTH,
          "auth not enough; auth goes on; auth locks out");
    finds("auth requisite pam_svctoken.so\n" COMMON_AUTH REST_OF_AUTH,
          "auth not enough; auth locks out");
    finds("auth [success=done user_unknown=ignore module_unknown=ignore "
          "default=die] pam_svctoken.so\n" COMMON_AUTH REST_OF_AUTH,
          "auth locks out, database");
    finds("auth [success=done user_unknown=ignore authinfo_unavail=ignore "
          "default=die] pam_svctoken.so\n" COMMON_AUTH REST_OF_AUTH,
          "auth locks out, module");
    /* where no person gets in anyway it is not our doing */
    finds(AUTH "auth requisite pam_deny.so\n" REST_OF_AUTH, "");
}

/* ---- account ---- */

static void account_missing(void **state)
{
    (void)state;
    finds(AUTH COMMON_AUTH COMMON_ACCOUNT SESSION COMMON_SESSION,
          "account missing");
    says("svc, account: there is a line of pam_svctoken for auth, and none for "
         "account");
}

static void account_passed_by(void **state)
{
    (void)state;
    finds("account sufficient pam_localuser.so\n" ACCOUNT COMMON_ACCOUNT
              REST_OF_ACCOUNT,
          "account passed by");
    says("svc line 1 (sufficient pam_localuser.so)");
    finds(
        "account [success=1 default=ignore] pam_succeed_if.so user ingroup x\n" ACCOUNT
            COMMON_ACCOUNT REST_OF_ACCOUNT,
        "account passed by");
    finds("account required pam_unix.so\naccount sufficient pam_localuser.so\n"
          "account required pam_permit.so\n" ACCOUNT REST_OF_ACCOUNT,
          "account passed by");
    /* Debian's jumps pass over pam_deny alone */
    finds(COMMON_ACCOUNT ACCOUNT REST_OF_ACCOUNT, "");
}

static void account_unheard(void **state)
{
    (void)state;
    finds("account optional pam_svctoken.so\n" COMMON_ACCOUNT REST_OF_ACCOUNT,
          "account unheard");
    finds("account sufficient pam_svctoken.so\n" COMMON_ACCOUNT REST_OF_ACCOUNT,
          "account unheard");
    finds("account [success=ok ignore=ignore module_unknown=ignore "
          "acct_expired=ignore default=die] pam_svctoken.so\n" COMMON_ACCOUNT
              REST_OF_ACCOUNT,
          "account unheard");
}

static void account_alone(void **state)
{
    (void)state;
    finds(ACCOUNT REST_OF_ACCOUNT, "account locks out");
    finds("account required pam_svctoken.so\n" COMMON_ACCOUNT REST_OF_ACCOUNT,
          "account locks out, module");
    finds("account [success=ok module_unknown=ignore default=die] "
          "pam_svctoken.so\n" COMMON_ACCOUNT REST_OF_ACCOUNT,
          "account locks out");
}

/* ---- session ---- */

static void session(void **state)
{
    (void)state;
    finds(REST_OF_SESSION COMMON_SESSION, "session missing");
    finds(REST_OF_SESSION COMMON_SESSION SESSION, "session late");
    says("/etc/pam.d/common-session line 5 (optional pam_systemd.so)");
    finds(
        REST_OF_SESSION
        "session [success=1 default=ignore] pam_succeed_if.so service in x\n" SESSION
            COMMON_SESSION,
        "session passed by");
    finds(REST_OF_SESSION "session required pam_svctoken.so\n" COMMON_SESSION,
          "session locks out, module");
    finds(REST_OF_SESSION SESSION, "session locks out");
}

/* ---- lines ---- */

static void options(void **state)
{
    (void)state;
    finds("auth " AUTH_CONTROL
          " pam_svctoken.so rol=Admin\n" COMMON_AUTH REST_OF_AUTH,
          "auth options");
    says(
        "pam.d/svc line 1 ([...] pam_svctoken.so): option rol\\x3dAdmin is not "
        "known");
    finds(REST_OF_ACCOUNT
          "account [success=ok ignore=ignore module_unknown=ignore "
          "default=die] pam_svctoken.so db=here\n" COMMON_ACCOUNT,
          "account options");
}

static void no_module(void **state)
{
    (void)state;
    there = false;
    finds(AUTH COMMON_AUTH REST_OF_AUTH,
          "auth no module; account no module; session no module");
    there = true;
}

static void broken(void **state)
{
    (void)state;
    finds(AUTH COMMON_AUTH REST_OF_AUTH "auht required pam_x.so\n",
          "auth broken");
    says("begins with no type");
    finds("auth [success=don] pam_x.so\n" AUTH COMMON_AUTH REST_OF_AUTH,
          "auth broken; auth not enough");
    says("svc line 1 ([...] pam_x.so)");
    finds(AUTH COMMON_AUTH REST_OF_AUTH "account required\n",
          "account broken; account not enough");
    finds(AUTH COMMON_AUTH REST_OF_AUTH "session include none\n",
          "session broken");
    finds(AUTH COMMON_AUTH REST_OF_AUTH "password required pam_x.so \\\n"
                                        "# more\nthis\n",
          "password varies");
    /* nothing of a service that does not ask us, but that nobody gets in */
    finds("auht required pam_x.so\n", "");
    finds("@include none\n" AUTH, "auth gives up");
    says("libpam gives up the service svc and refuses everybody: the file that "
         "is named there is missing, /etc/pam.d/svc line 1");
    finds(AUTH COMMON_AUTH REST_OF_AUTH "auth required \\", "auth gives up");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_fault),        cmocka_unit_test(in_common_auth),
        cmocka_unit_test(auth_unreached),  cmocka_unit_test(auth_not_enough),
        cmocka_unit_test(auth_lets_in),    cmocka_unit_test(auth_goes_on),
        cmocka_unit_test(auth_passed_by),  cmocka_unit_test(auth_locks_out),
        cmocka_unit_test(account_missing), cmocka_unit_test(account_passed_by),
        cmocka_unit_test(account_unheard), cmocka_unit_test(account_alone),
        cmocka_unit_test(session),         cmocka_unit_test(options),
        cmocka_unit_test(no_module),       cmocka_unit_test(broken),
    };

    return cmocka_run_group_tests_name("pamwalk", tests, NULL, NULL);
}
