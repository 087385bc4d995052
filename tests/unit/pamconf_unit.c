/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../admin/pamconf.h"
#include "../support/pamfiles.h"

/* tests/module/pamoracle_unit holds the reading to the real libpam; here is what
 * that can't be asked for: where a line stands, what is wrong with it, what no
 * version agrees about, and the bounds. */

static struct svct_pamconf *conf;

static int end(void **state)
{
    (void)state;
    svct_pamconf_free(conf);
    conf = NULL;
    return 0;
}

static int read_files(const struct pamfiles *files, struct svct_fault *fault)
{
    struct pamfiles copy = *files;

    end(NULL);
    return svct_pamconf_read("svc", pamfiles_open, &copy, &conf, fault);
}

static void read_text(const char *text)
{
    struct pamfiles files = pamfiles_debian;
    struct svct_fault fault = {0};

    pamfiles_put(&files, "svc", text);
    assert_int_equal(read_files(&files, &fault), 0);
}

static const struct svct_pamconf_line *auth(size_t i)
{
    assert_true(i < conf->count[SVCT_PAMCONF_AUTH]);
    return conf->chain[SVCT_PAMCONF_AUTH][i];
}

/* ---- where it stands ---- */

static void places(void **state)
{
    (void)state;
    read_text("# a comment\n\nauth required pam_a.so one [two three]\n"
              "auth [success=1 default=ignore] \\\n  pam_b.so\n"
              "@include common-auth\nauth substack common-auth\n"
              "-session optional pam_c.so\n");
    assert_int_equal(conf->count[SVCT_PAMCONF_AUTH], 2 + 4 + 5);
    assert_int_equal(conf->count[SVCT_PAMCONF_SESSION], 1);
    assert_string_equal(conf->path, "/etc/pam.d/svc");
    assert_int_equal(auth(0)->number, 3);
    assert_int_equal(auth(0)->top, 3);
    assert_int_equal(auth(0)->argc, 2);
    assert_string_equal(auth(0)->argv[1], "two three");
    assert_string_equal(auth(0)->control, "required");
    assert_int_equal(auth(1)->number, 4);
    assert_int_equal(auth(1)->action[SVCT_PAMCODE_SUCCESS], 1);
    assert_int_equal(auth(1)->action[SVCT_PAMCODE_AUTH_ERR],
                     SVCT_PAMCONF_IGNORE);
    assert_null(auth(1)->argv);
    assert_string_equal(auth(2)->file, "/etc/pam.d/common-auth");
    assert_int_equal(auth(3)->number, 2);
    assert_int_equal(auth(3)->top, 6);
    assert_true(auth(6)->substack);
    assert_int_equal(auth(6)->level, 0);
    assert_int_equal(auth(7)->level, 1);
    assert_int_equal(auth(7)->top, 7);
    assert_true(conf->chain[SVCT_PAMCONF_SESSION][0]->quiet);
    assert_false(auth(0)->other);
    /* no line for account: those of "other" */
    assert_int_equal(conf->count[SVCT_PAMCONF_ACCOUNT], 3);
    assert_true(conf->chain[SVCT_PAMCONF_ACCOUNT][0]->other);
    assert_int_equal(conf->chain[SVCT_PAMCONF_ACCOUNT][0]->top, 0);
}

static void no_file(void **state)
{
    struct pamfiles files = pamfiles_debian;

    (void)state;
    assert_int_equal(read_files(&files, NULL), 0);
    assert_true(conf->missing);
    assert_null(conf->path);
    assert_int_equal(conf->count[SVCT_PAMCONF_AUTH], 4);
    memset(&files, 0, sizeof files);
    assert_int_equal(read_files(&files, NULL), 0);
    assert_string_equal(conf->failed, "neither its file nor \"other\" is "
                                      "there");
}

static void modules(void **state)
{
    (void)state;
    read_text("auth required /lib/x/pam_svctoken.so\n"
              "auth required pam_svctoken.so.1\n");
    assert_true(svct_pamconf_is(auth(0), "pam_svctoken.so"));
    assert_false(svct_pamconf_is(auth(1), "pam_svctoken.so"));
}

/* ---- what is wrong ---- */

static void is_wrong(const char *text, const char *wrong)
{
    read_text(text);
    assert_non_null(auth(0)->wrong);
    if (strstr(auth(0)->wrong, wrong) == NULL)
        fail_msg("%s: \"%s\" lacks \"%s\"", text, auth(0)->wrong, wrong);
}

static void wrong_lines(void **state)
{
    (void)state;
    is_wrong("auht required pam_x.so\n", "begins with no type");
    is_wrong("auth\n", "there is no control");
    is_wrong("auth required\n", "no module is named");
    is_wrong("auth [success=maybe] pam_x.so\n", "control is not understood");
    is_wrong("auth requird pam_x.so\n", "control is not understood");
    is_wrong("auth include none\n", "is missing");
    is_wrong("\r\n", "begins with no type");
}

static void gives_up(const char *text, const char *why, unsigned line)
{
    read_text(text);
    if (strstr(conf->failed, why) == NULL || why[0] == '\0')
        fail_msg("%s: \"%s\" lacks \"%s\"", text, conf->failed, why);
    assert_int_equal(conf->failed_number, line);
    assert_string_equal(conf->failed_file, "/etc/pam.d/svc");
}

static void given_up(void **state)
{
    (void)state;
    gives_up("auth required pam_x.so\n@include none\n", "is missing", 2);
    gives_up("auth required pam_x.so\n\nauth required \\\n", "backslash", 3);
    gives_up("@include\n", "no file is named", 1);
    gives_up("auth include\n", "no file is named", 1);
    gives_up("auth required /lib/.so\n", "has no name", 1);
    read_text("auth required pam_x.so\n");
    assert_string_equal(conf->failed, "");
}

static void a_nul(void **state)
{
    struct pamfiles files = pamfiles_debian;

    (void)state;
    pamfiles_put(&files, "svc", "auth required pam_x.so");
    files.file[4].len++; /* the NUL at its end */
    assert_int_equal(read_files(&files, NULL), 0);
    assert_string_equal(conf->failed, "there is a NUL in the line");
    assert_true(conf->varies);
}

/* ---- other versions ---- */

static void varies(const char *text, bool wanted)
{
    read_text(text);
    if (conf->varies != wanted)
        fail_msg("%s: %s", text, wanted ? "does not vary" : "varies");
}

static void versions(void **state)
{
    static char text[2000];

    (void)state;
    varies("auth required \\\n# a comment\npam_x.so\n", true);
    varies("auth required \\\n\npam_x.so\n", true);
    varies("auth required \\\npam_x.so # a comment\n", false);
    varies("# a comment\n\nauth required pam_x.so\n", false);
    varies("auth required pam_x.so [a \\\n  b]\n", true);
    varies("auth required pam_x.so [a \\] \\\n  b]\n", true);
    varies("auth required pam_x.so [a] \\\n  b\n", false);
    varies("auth [success=ok \\\n  default=die] pam_x.so\n", false);
    varies("auth [success=9999999999 default=die] pam_x.so\n", true);
    varies("auth [success=999999999 default=die] pam_x.so\n", false);
    snprintf(text, sizeof text, "auth required pam_x.so %0999d\n", 1);
    varies(text, false); /* 1022 bytes and the end */
    snprintf(text, sizeof text, "auth required pam_x.so %01000d\n", 1);
    varies(text, true);
    assert_string_equal(conf->failed, "the line is longer than 1023 bytes");
}

/* ---- bounds ---- */

static void loops(void **state)
{
    (void)state;
    read_text("auth include svc\n");
    assert_int_equal(conf->count[SVCT_PAMCONF_AUTH], 1);
    assert_true(auth(0)->broken);
    assert_string_equal(auth(0)->wrong, "files name each other, or are 16 "
                                        "deep");
    read_text("@include svc\n");
    assert_string_equal(conf->failed, "files name each other, or are 16 deep");
    assert_true(conf->varies);
}

static void too_big(void **state)
{
    static char text[65536];
    struct pamfiles files = pamfiles_debian;
    struct svct_fault fault = {0};
    size_t len = 0;

    (void)state;
    for (int i = 0; i < SVCT_PAMCONF_LINES_MAX; i++)
        len += (size_t)snprintf(text + len, sizeof text - len,
                                "password required pam_x.so\n");
    /* with the ten lines of "other" */
    pamfiles_put(&files, "svc", text);
    assert_int_equal(read_files(&files, &fault), SVCT_E_TOOBIG);
    assert_non_null(strstr(fault.what, "too many lines"));
    text[(SVCT_PAMCONF_LINES_MAX - 12) * 27] = '\0';
    pamfiles_put(&files, "svc", text);
    assert_int_equal(read_files(&files, &fault), 0);
    memset(text, '\0', sizeof text);
    len = 0;
    for (int i = 0; i < 40; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len,
                                "auth required pam_x.so");
        for (int k = 0; k < 60; k++)
            len += (size_t)snprintf(text + len, sizeof text - len, " a");
        len += (size_t)snprintf(text + len, sizeof text - len, "\n");
    }
    pamfiles_put(&files, "svc", text);
    assert_int_equal(read_files(&files, &fault), SVCT_E_TOOBIG);
    assert_non_null(strstr(fault.what, "too many arguments"));
}

static int fails(void *arg, const char *name, char **ret_data, size_t *ret_len,
                 char ret_path[SVCT_PAMCONF_PATH_MAX], struct svct_fault *fault)
{
    if (strcmp(name, "common-account") == 0)
        return svct_fault_set(fault, SVCT_E_ACCESS, 0, "not for you");
    return pamfiles_open(arg, name, ret_data, ret_len, ret_path, fault);
}

static void not_readable(void **state)
{
    struct pamfiles files = pamfiles_debian;
    struct svct_fault fault = {0};

    (void)state;
    assert_int_equal(svct_pamconf_read("svc", fails, &files, &conf, &fault),
                     SVCT_E_ACCESS);
    assert_string_equal(fault.what, "not for you");
    assert_null(conf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(places, end),
        cmocka_unit_test_teardown(no_file, end),
        cmocka_unit_test_teardown(modules, end),
        cmocka_unit_test_teardown(wrong_lines, end),
        cmocka_unit_test_teardown(given_up, end),
        cmocka_unit_test_teardown(a_nul, end),
        cmocka_unit_test_teardown(versions, end),
        cmocka_unit_test_teardown(loops, end),
        cmocka_unit_test_teardown(too_big, end),
        cmocka_unit_test_teardown(not_readable, end),
    };

    return cmocka_run_group_tests_name("pamconf", tests, NULL, NULL);
}
