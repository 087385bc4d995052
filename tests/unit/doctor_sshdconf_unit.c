/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../admin/doctor_sshdconf.h"

/* As sshd -T prints it: names in small letters, "port" first. */
static const char answer[] = "port 22\n"
                             "usepam yes\n"
                             "passwordauthentication yes\n"
                             "kbdinteractiveauthentication no\n"
                             "permitemptypasswords no\n"
                             "usedns no\n"
                             "maxauthtries 6\n"
                             "authenticationmethods any\n";

static struct svct_sshdconf conf_of(const char *text)
{
    struct svct_sshdconf conf;

    svct_sshdconf_read(text, &conf);
    return conf;
}

static void an_answer_is_read(void **state)
{
    struct svct_sshdconf conf = conf_of(answer);

    (void)state;
    assert_true(conf.known && conf.pam && conf.password);
    assert_false(conf.kbdint || conf.empty || conf.dns);
    assert_int_equal(conf.tries, 6);
    assert_string_equal(conf.methods, "");
    assert_string_equal(conf.service, "");
    conf = conf_of("usepam no\nusedns yes\npermitemptypasswords yes\n"
                   "kbdinteractiveauthentication yes\nmaxauthtries 1\n"
                   "pamservicename other\n"
                   "authenticationmethods publickey,password password");
    assert_true(conf.known && conf.dns && conf.empty && conf.kbdint);
    assert_false(conf.pam || conf.password);
    assert_int_equal(conf.tries, 1);
    assert_string_equal(conf.service, "other");
    assert_string_equal(conf.methods, "publickey,password password");
}

static void what_is_no_answer(void **state)
{
    (void)state;
    assert_false(conf_of("").known);
    assert_false(conf_of("usepam").known);
    assert_false(conf_of("xusepam yes\n").known);
    assert_false(conf_of("usepam=yes\n").known);
    assert_false(conf_of("/etc/ssh/sshd_config: line 1: usepam yes\n").known);
    assert_false(conf_of("usepam yesyesyes\n").pam);
    /* Former versions have another name for it. */
    assert_true(conf_of("challengeresponseauthentication yes\n").kbdint);
}

static enum svct_sshdconf_password by(bool password, bool kbdint,
                                      const char *methods)
{
    struct svct_sshdconf conf = {.password = password, .kbdint = kbdint};

    snprintf(conf.methods, sizeof conf.methods, "%s", methods);
    return svct_sshdconf_password(&conf);
}

static void a_password_alone(void **state)
{
    (void)state;
    assert_int_equal(by(true, false, ""), SVCT_SSHDCONF_ALONE);
    assert_int_equal(by(false, true, ""), SVCT_SSHDCONF_ALONE);
    assert_int_equal(by(true, false, "password"), SVCT_SSHDCONF_ALONE);
    assert_int_equal(by(true, false, "publickey password"),
                     SVCT_SSHDCONF_ALONE);
    assert_int_equal(by(true, false, "password publickey"),
                     SVCT_SSHDCONF_ALONE);
    assert_int_equal(by(false, true, "keyboard-interactive:pam"),
                     SVCT_SSHDCONF_ALONE);
    assert_int_equal(by(true, true, "password,keyboard-interactive"),
                     SVCT_SSHDCONF_ALONE);
}

static void a_password_and_something_else(void **state)
{
    (void)state;
    assert_int_equal(by(true, false, "publickey,password"),
                     SVCT_SSHDCONF_BESIDES);
    assert_int_equal(by(true, false, "publickey gssapi,password"),
                     SVCT_SSHDCONF_BESIDES);
    /* The one method of the two that is switched off can't be given. */
    assert_int_equal(by(true, false, "password,keyboard-interactive"),
                     SVCT_SSHDCONF_BESIDES);
}

static void no_password(void **state)
{
    (void)state;
    assert_int_equal(by(false, false, ""), SVCT_SSHDCONF_NOT);
    assert_int_equal(by(true, true, "publickey"), SVCT_SSHDCONF_NOT);
    assert_int_equal(by(false, true, "password"), SVCT_SSHDCONF_NOT);
    assert_int_equal(by(true, false, "passwords publickey"), SVCT_SSHDCONF_NOT);
    assert_int_equal(by(true, false, "passwor"), SVCT_SSHDCONF_NOT);
}

static const char *const groups[] = {"staff", "ops", NULL};

/* The list that keeps deploy out; "" for none. */
static const char *kept_by(const char *text)
{
    static char list[16];

    return svct_sshdconf_lets(text, "deploy", groups, list) == SVCT_SSHDCONF_LET
               ? ""
               : list;
}

static void lists_of_users(void **state)
{
    (void)state;
    assert_string_equal(kept_by(answer), "");
    assert_string_equal(kept_by("allowusers deploy\n"), "");
    assert_string_equal(kept_by("allowusers root\nallowusers dep*\n"), "");
    assert_string_equal(kept_by("allowusers d?ploy@10.0.0.0/8\n"), "");
    assert_string_equal(kept_by("allowusers *\n"), "");
    assert_string_equal(kept_by("allowusers root\n"), "AllowUsers");
    assert_string_equal(kept_by("allowusers deplo\n"), "AllowUsers");
    assert_string_equal(kept_by("allowusers deploys\n"), "AllowUsers");
    assert_string_equal(kept_by("denyusers root\n"), "");
    assert_string_equal(kept_by("denyusers deploy@10.0.0.1\n"), "");
    assert_string_equal(kept_by("denyusers d*y\n"), "DenyUsers");
    assert_string_equal(kept_by("allowusers deploy\ndenyusers deploy\n"),
                        "DenyUsers");
}

static void lists_of_groups(void **state)
{
    (void)state;
    assert_string_equal(kept_by("allowgroups ops\n"), "");
    assert_string_equal(kept_by("allowgroups wheel\nallowgroups st*\n"), "");
    assert_string_equal(kept_by("allowgroups wheel\n"), "AllowGroups");
    assert_string_equal(kept_by("allowgroups *\nallowgroups !ops\n"),
                        "AllowGroups");
    assert_string_equal(kept_by("denygroups wheel\n"), "");
    assert_string_equal(kept_by("denygroups op*\n"), "DenyGroups");
    assert_string_equal(kept_by("denygroups op*\ndenygroups !staff\n"), "");
}

/* "*a*b" must not take long, nor miss anything. */
static void patterns(void **state)
{
    (void)state;
    assert_string_equal(kept_by("allowusers *e*l*y\n"), "");
    assert_string_equal(kept_by("allowusers *e*l*z\n"), "AllowUsers");
    assert_string_equal(kept_by("allowusers d**y\n"), "");
    assert_string_equal(kept_by("allowusers deploy*\n"), "");
    assert_string_equal(kept_by("allowusers deploy?\n"), "AllowUsers");
    assert_string_equal(kept_by("allowusers *p*d*\n"), "AllowUsers");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_read),
        cmocka_unit_test(what_is_no_answer),
        cmocka_unit_test(a_password_alone),
        cmocka_unit_test(a_password_and_something_else),
        cmocka_unit_test(no_password),
        cmocka_unit_test(lists_of_users),
        cmocka_unit_test(lists_of_groups),
        cmocka_unit_test(patterns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
