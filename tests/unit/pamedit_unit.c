/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../admin/pamedit.h"
#include "../support/pamfiles.h"

#define AUTH                                                             \
    "auth    [success=done user_unknown=ignore authinfo_unavail=ignore " \
    "ignore=ignore module_unknown=ignore default=die] pam_svctoken.so\n"
#define ACCOUNT                                              \
    "account [success=ok new_authtok_reqd=ok ignore=ignore " \
    "module_unknown=ignore default=die] pam_svctoken.so\n"
#define SESSION "session optional pam_svctoken.so\n"

static struct svct_pamedit edit;

static int try(const char *text, struct svct_fault *fault)
{
    struct pamfiles files = pamfiles_debian;
    struct svct_pamconf *conf = NULL;
    int r;

    pamfiles_put(&files, "svc", text);
    assert_int_equal(
        svct_pamconf_read("svc", pamfiles_open, &files, &conf, NULL), 0);
    memset(&edit, 0, sizeof edit);
    r = svct_pamedit(conf, text, strlen(text), &edit, fault);
    svct_pamconf_free(conf);
    return r;
}

static void becomes(const char *text, const char *wanted)
{
    struct svct_fault fault = {0};

    if (try(text, &fault) != 0)
        fail_msg("%s: %s", text, fault.what);
    edit.text[edit.len] = '\0';
    assert_string_equal(edit.text, wanted);
}

static void refused(const char *text, int code, const char *why)
{
    struct svct_fault fault = {0};

    assert_int_equal(try(text, &fault), code);
    if (strstr(fault.what, why) == NULL)
        fail_msg("%s: \"%s\" lacks \"%s\"", text, fault.what, why);
    assert_int_equal(edit.len, 0);
}

static void before_includes(void **state)
{
    (void)state;
    becomes("# PAM\n@include common-auth\n\n@include common-account\n"
            "session required pam_limits.so\n@include common-session\n",
            "# PAM\n" AUTH "@include common-auth\n\n" ACCOUNT
            "@include common-account\nsession required pam_limits.so\n" SESSION
            "@include common-session\n");
    assert_true(edit.put[SVCT_PAMCONF_AUTH] && edit.put[SVCT_PAMCONF_ACCOUNT] &&
                edit.put[SVCT_PAMCONF_SESSION] &&
                !edit.put[SVCT_PAMCONF_PASSWORD]);
    assert_int_equal(edit.before[SVCT_PAMCONF_ACCOUNT], 4);
    /* Fedora's way */
    becomes("auth substack common-auth\nauth include common-auth\n"
            "account required pam_nologin.so\naccount include common-account\n"
            "session required pam_selinux.so close\n"
            "session include common-session\n",
            AUTH "auth substack common-auth\nauth include common-auth\n"
                 "account required pam_nologin.so\n" ACCOUNT
                 "account include common-account\n"
                 "session required pam_selinux.so close\n" SESSION
                 "session include common-session\n");
    /* one file for all */
    becomes("@include other\n", AUTH ACCOUNT SESSION "@include other\n");
}

static void behind_the_first(void **state)
{
    (void)state;
    becomes("auth sufficient pam_rootok.so\nauth required pam_unix.so\n"
            "account required pam_access.so\naccount required pam_unix.so\n"
            "session required pam_unix.so\n",
            "auth sufficient pam_rootok.so\n" AUTH "auth required pam_unix.so\n"
            "account required pam_access.so\n" ACCOUNT
            "account required pam_unix.so\n"
            "session required pam_unix.so\n" SESSION);
}

/* At the end of what goes on in the next line, and of a file without its end. */
static void at_the_end(void **state)
{
    (void)state;
    becomes(
        "auth required pam_unix.so\naccount required pam_nologin.so\n"
        "session required \\\n  pam_unix.so # \\\n# the end\n",
        AUTH
        "auth required pam_unix.so\naccount required pam_nologin.so\n" ACCOUNT
        "session required \\\n  pam_unix.so # \\\n" SESSION "# the end\n");
    becomes(
        "auth required pam_unix.so\naccount required pam_unix.so\n"
        "session required pam_unix.so",
        AUTH
        "auth required pam_unix.so\n" ACCOUNT
        "account required pam_unix.so\nsession required pam_unix.so\n" SESSION);
}

/* Alone it would take the place of those of "other". */
static void no_session(void **state)
{
    (void)state;
    becomes("auth required pam_unix.so\naccount required pam_unix.so\n",
            AUTH "auth required pam_unix.so\n" ACCOUNT
                 "account required pam_unix.so\n");
    assert_false(edit.put[SVCT_PAMCONF_SESSION]);
}

static void no_place(void **state)
{
    (void)state;
    refused("@include common-auth\n", SVCT_E_NOTFOUND,
            "/etc/pam.d/svc has no line for account");
    refused("@include common-account\n", SVCT_E_NOTFOUND, "no line for auth");
    refused("auth sufficient pam_rootok.so\naccount required pam_permit.so\n",
            SVCT_E_NOTFOUND, "no line is known to ask for a password");
}

#define REST "@include common-account\n"

static void not_understood(void **state)
{
    (void)state;
    refused("auth required pam_unix.so\nauht required pam_x.so\n" REST,
            SVCT_E_SYNTAX, "svc line 2: the line begins with no type");
    refused("@include common-auth\n" REST "password include none\n",
            SVCT_E_SYNTAX, "line 3: the file that is named there is missing");
    refused("@include none\n" REST, SVCT_E_SYNTAX, "line 1");
    refused("@include common-auth\n" REST "session required \\\n\npam_x.so\n",
            SVCT_E_SYNTAX, "other versions of libpam");
    refused("@include common-auth\n" REST "# \033[31m\n", SVCT_E_SYNTAX,
            "line 3: there is a control character");
    refused("# all\r\n@include common-auth\n" REST, SVCT_E_SYNTAX,
            "line 1: it ends in a carriage return");
    refused("auth sufficient pam_svctoken.so\n@include common-auth\n" REST,
            SVCT_E_SYNTAX, "line 1: pam_svctoken stands there");
}

/* A jump that ends behind the place would pass over another line than before. */
static void jumps(void **state)
{
    (void)state;
    refused("auth [success=1 default=ignore] pam_succeed_if.so user = x\n"
            "auth required pam_unix.so\nauth required pam_permit.so\n" REST,
            SVCT_E_SYNTAX, "line 1: it passes over the place");
    /* one that ends before it, or just there, is fine */
    becomes("auth [success=1 default=ignore] pam_succeed_if.so user = x\n"
            "auth requisite pam_nologin.so\n@include common-auth\n" REST,
            "auth [success=1 default=ignore] pam_succeed_if.so user = x\n"
            "auth requisite pam_nologin.so\n" AUTH
            "@include common-auth\n" ACCOUNT REST);
    /* as is one behind it */
    becomes("auth [success=1 default=ignore] pam_unix.so\n"
            "auth requisite pam_deny.so\nauth required pam_permit.so\n" REST,
            AUTH
            "auth [success=1 default=ignore] pam_unix.so\n"
            "auth requisite pam_deny.so\nauth required pam_permit.so\n" ACCOUNT
                REST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(before_includes), cmocka_unit_test(behind_the_first),
        cmocka_unit_test(at_the_end),      cmocka_unit_test(no_session),
        cmocka_unit_test(no_place),        cmocka_unit_test(not_understood),
        cmocka_unit_test(jumps),
    };

    return cmocka_run_group_tests_name("pamedit", tests, NULL, NULL);
}
