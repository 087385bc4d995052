/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Our reading of /etc/pam.d, and our going through its chains, held against the
 * real libpam: for service files made at random, malformed ones among them, the
 * same modules are called, with the same arguments, in the same order, and the
 * end is the same. Needs root; skipped otherwise.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <security/pam_appl.h>
#include <sys/mount.h>
#include <syslog.h>
#include <unistd.h>

#include "../../admin/pamwalk.h"
#include "../support/privdir.h"

#define PAMD "/etc/pam.d"
#define STEPS "/mnt/pam_steps.so"
#define TRIALS 6000

/* libpam says what it thinks of such files. */
#undef syslog
void syslog(int priority, const char *format, ...)
{
    (void)priority;
    (void)format;
}

void __syslog_chk(int priority, int flag, const char *format, ...);
void __syslog_chk(int priority, int flag, const char *format, ...)
{
    (void)priority;
    (void)flag;
    (void)format;
}

/* What libpam forgets of a service that it gives up; asked of a program with
 * the sanitizers. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libpam.so";
}

/* ---- making files ---- */

static uint64_t seed;

static unsigned draw(unsigned below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(seed >> 33) % below;
}

#define PICK(array) ((array)[draw(sizeof(array) / sizeof((array)[0]))])

static char text[8192];
static size_t len;

static void put(const char *words)
{
    len += (size_t)snprintf(text + len, sizeof text - len, "%s", words);
    assert_true(len < sizeof text);
}

static const char *const types[] = {"auth",    "auth",     "auth",    "account",
                                    "session", "password", "account", "session",
                                    "-auth",   "AUTH",     "[auth]",  "Account",
                                    "auht",    "-auht",    "-Session"};
static const char *const words[] = {"required",   "requisite", "sufficient",
                                    "optional",   "required",  "requisite",
                                    "sufficient", "optional",  "Required",
                                    "requird",    "SUFFICIENT"};
static const char *const pairs[] = {
    "success=ok",          "success=done",          "success=1",
    "success=2",           "success=ignore",        "success=bad",
    "success=reset",       "default=die",           "default=bad",
    "default=ok",          "default=ignore",        "default=1",
    "default=3",           "auth_err=die",          "auth_err=1",
    "user_unknown=ignore", "ignore=ignore",         "ignore=ok",
    "ignore=reset",        "perm_denied=reset",     "auth_err = done",
    "default=done",        "module_unknown=ignore", "new_authtok_reqd=ok"};
static const char *const bad_pairs[] = {"success",
                                        "success=",
                                        "success=0",
                                        "success=okay",
                                        "suces=ok",
                                        "=ok",
                                        "auth_err=-1",
                                        "default=x",
                                        "success=oke=1",
                                        "success:ok",
                                        "perm_denied=99999999999"};
/* 0 success, 6 perm_denied, 7 auth_err, 10 user_unknown, 12 new_authtok_reqd,
 * 25 ignore */
static const char *const codes[] = {"0", "0", "0", "6", "7", "10", "12", "25"};
static const char *const blanks[] = {" ", "\t", "  ", " \t ", " \\\n  "};
static const char *const args[] = {"debug",    "a=b", "[a b]", "[a \\] b]",
                                   "x\\y",     "[]",  "[open", "a]b",
                                   "\303\244", "[a]b"};

static void put_control(void)
{
    unsigned count = draw(4);

    if (draw(2) == 0) {
        put(PICK(words));
        return;
    }
    put("[");
    for (unsigned i = 0; i < count; i++) {
        put(PICK(pairs));
        put(draw(8) > 0 ? " " : "");
    }
    if (draw(12) == 0)
        put(PICK(bad_pairs));
    put("]");
}

static void put_module(void)
{
    if (draw(16) == 0) {
        put("pam_not_there.so");
        return;
    }
    if (draw(60) == 0) {
        put(draw(2) == 0 ? "/mnt/.so" : "[]");
        return;
    }
    put(draw(8) == 0 ? "[" STEPS "]" : STEPS);
    put(PICK(blanks));
    put(PICK(codes));
    for (unsigned i = draw(3); i > 0; i--) {
        put(PICK(blanks));
        put(PICK(args));
    }
}

static void put_end(void)
{
    static const char *const ends[] = {"\n",        "\n",     "\n",
                                       " # why\n",  "  \n",   "\n\n",
                                       "\n# all\n", "#x\\\n", "\n   #\n"};

    put(PICK(ends));
}

/* named: the files that it may name. */
static void put_include(const char *const *named, size_t count)
{
    const char *name = named[draw((unsigned)count)];

    if (draw(3) == 0) {
        put(draw(9) == 0 ? "-@INCLUDE " : "@include ");
    } else {
        put(PICK(types));
        put(" ");
        put(draw(2) == 0 ? "include " : "substack ");
    }
    put(name);
}

static void put_line(const char *const *named, size_t count)
{
    unsigned what = draw(40);

    if (count > 0 && what < 8) {
        put_include(named, count);
    } else if (what == 38) {
        put(PICK(types));
    } else if (what == 39) {
        put(PICK(types));
        put(" ");
        put_control();
    } else {
        put(draw(6) == 0 ? "  " : "");
        put(PICK(types));
        put(PICK(blanks));
        put_control();
        put(PICK(blanks));
        put_module();
    }
    put_end();
}

static void make_file(const char *path, const char *const *named, size_t count)
{
    len = 0;
    text[0] = '\0';
    for (unsigned i = draw(7); i > 0; i--)
        put_line(named, count);
    if (draw(80) == 0)
        put("auth required \\\n");
    privdir_write(path, text);
}

static void make_files(void)
{
    static const char *const all[] = {"svct-one",  "svct-two",
                                      "svct-one",  "svct-two",
                                      "svct-none", PAMD "/svct-two"};

    make_file(PAMD "/svct-test", all, 6);
    make_file(PAMD "/svct-one", all + 1, 1);
    make_file(PAMD "/svct-two", NULL, 0);
    make_file(PAMD "/other", all, 6);
}

/* ---- libpam ---- */

static int no_talk(int count, const struct pam_message **messages,
                   struct pam_response **responses, void *data)
{
    (void)count;
    (void)messages;
    (void)responses;
    (void)data;
    return PAM_CONV_ERR;
}

static int call(pam_handle_t *pamh, unsigned type)
{
    switch (type) {
    case SVCT_PAMCONF_AUTH:
        return pam_authenticate(pamh, 0);
    case SVCT_PAMCONF_ACCOUNT:
        return pam_acct_mgmt(pamh, 0);
    default:
        return pam_open_session(pamh, 0);
    }
}

static bool ask_libpam(unsigned type, char *ret_steps, size_t size)
{
    struct pam_conv conv = {no_talk, NULL};
    pam_handle_t *pamh = NULL;
    const char *steps;
    int code;

    *ret_steps = '\0';
    if (pam_start("svct-test", "games", &conv, &pamh) != PAM_SUCCESS)
        return false; /* it gives the service up */
    code = call(pamh, type);
    steps = pam_getenv(pamh, "STEPS");
    snprintf(ret_steps, size, "%s", steps != NULL ? steps : "");
    pam_end(pamh, code);
    return code == PAM_SUCCESS;
}

/* ---- ours ---- */

static int open_file(void *arg, const char *name, char **ret_data,
                     size_t *ret_len, char ret_path[SVCT_PAMCONF_PATH_MAX],
                     struct svct_fault *fault)
{
    char *data = malloc(sizeof text);
    FILE *file;

    (void)arg;
    (void)fault;
    snprintf(ret_path, SVCT_PAMCONF_PATH_MAX, "%s%s",
             name[0] == '/' ? "" : PAMD "/", name);
    file = fopen(ret_path, "re");
    if (file == NULL) {
        free(data);
        return SVCT_E_NOTFOUND;
    }
    *ret_len = fread(data, 1, sizeof text, file);
    fclose(file);
    *ret_data = data;
    return 0;
}

static struct {
    char text[16384];
    size_t len;
} ours;

static int code_of(void *arg, const struct svct_pamconf_line *line)
{
    (void)arg;
    if (!svct_pamconf_is(line, "pam_steps.so"))
        return SVCT_PAMCODE_MODULE_UNKNOWN;
    for (int i = 0; i < line->argc; i++)
        ours.len +=
            (size_t)snprintf(ours.text + ours.len, sizeof ours.text - ours.len,
                             "%s%s", i > 0 ? "|" : "", line->argv[i]);
    ours.len += (size_t)snprintf(ours.text + ours.len,
                                 sizeof ours.text - ours.len, ";");
    return line->argc > 0 ? (int)strtol(line->argv[0], NULL, 10) : 0;
}

static bool ask_ours(const struct svct_pamconf *conf, unsigned type)
{
    ours.len = 0;
    ours.text[0] = '\0';
    if (conf->failed[0] != '\0')
        return false;
    return svct_pamwalk_once(conf, (enum svct_pamconf_type)type, code_of, NULL);
}

/* ---- held against each other ---- */

static void show_file(const char *path)
{
    FILE *file = fopen(path, "re");
    char line[1024];

    printf("--- %s\n", path);
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        printf("%s", line);
    if (file != NULL)
        fclose(file);
}

static void compare(const struct svct_pamconf *conf, unsigned type,
                    unsigned *granted)
{
    static char theirs[16384];
    bool in = ask_libpam(type, theirs, sizeof theirs);
    bool we = ask_ours(conf, type);

    *granted += in;
    if (in == we && strcmp(theirs, ours.text) == 0)
        return;
    show_file(PAMD "/svct-test");
    show_file(PAMD "/svct-one");
    show_file(PAMD "/svct-two");
    show_file(PAMD "/other");
    fail_msg("%s: libpam %s by \"%s\", we %s by \"%s\" (%s)",
             svct_pamconf_type_name((enum svct_pamconf_type)type),
             in ? "grants" : "refuses", theirs, we ? "grant" : "refuse",
             ours.text, conf->failed);
}

static void at_random(void **state)
{
    unsigned granted[3] = {0}, given_up = 0;

    (void)state;
    for (unsigned trial = 0; trial < TRIALS; trial++) {
        struct svct_pamconf *conf = NULL;

        seed = trial;
        make_files();
        assert_int_equal(
            svct_pamconf_read("svct-test", open_file, NULL, &conf, NULL), 0);
        given_up += conf->failed[0] != '\0';
        /* What libpam of later versions reads otherwise is not this one's. */
        for (unsigned type = 0; type < 3 && !conf->varies; type++)
            compare(conf, type, &granted[type]);
        svct_pamconf_free(conf);
    }
    printf("# %u services, given up %u, granted: auth %u, account %u, session "
           "%u\n",
           TRIALS, given_up, granted[0], granted[1], granted[2]);
    /* Both ends are common. */
    for (unsigned type = 0; type < 3; type++)
        assert_in_range(granted[type], TRIALS / 20, TRIALS * 9 / 10);
    assert_in_range(given_up, TRIALS / 100, TRIALS / 2);
}

/* What chance seldom makes. */
static void by_hand(void **state)
{
    static const struct {
        const char *test, *two;
        bool granted;
    } cases[] = {
        /* what a substack begins with is what it is reset to */
        {"auth required " STEPS " 0\nauth substack svct-two\n",
         "auth [default=reset] " STEPS " 7\n", true},
        {"auth required " STEPS " 7\nauth substack svct-two\n",
         "auth sufficient " STEPS " 0\nauth [default=reset] " STEPS " 0\n",
         false},
        {"auth required " STEPS " 0\nauth [default=reset] " STEPS " 0\n", "",
         false},
        /* one that ends a substack ends nothing more */
        {"auth substack svct-two\nauth required " STEPS " 7\n",
         "auth sufficient " STEPS " 0\nauth required " STEPS " 7\n", false},
        {"auth substack svct-two\nauth required " STEPS " 0\n",
         "auth sufficient " STEPS " 0\nauth required " STEPS " 7\n", true},
        /* a substack is one step */
        {"auth [default=1] " STEPS
         " 0\nauth substack svct-two\nauth required " STEPS " 0\n",
         "auth requisite " STEPS " 7\nauth requisite " STEPS " 7\n", true},
    };
    unsigned granted = 0;

    (void)state;
    privdir_write(PAMD "/other", "auth required pam_deny.so\n");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct svct_pamconf *conf = NULL;

        privdir_write(PAMD "/svct-test", cases[i].test);
        privdir_write(PAMD "/svct-two", cases[i].two);
        assert_int_equal(
            svct_pamconf_read("svct-test", open_file, NULL, &conf, NULL), 0);
        granted = 0;
        compare(conf, SVCT_PAMCONF_AUTH, &granted);
        assert_int_equal(granted, cases[i].granted);
        svct_pamconf_free(conf);
    }
}

/* Codes and actions are numbers of libpam's. */
static void numbers(void **state)
{
    (void)state;
    assert_int_equal(SVCT_PAMCODE_SUCCESS, PAM_SUCCESS);
    assert_int_equal(SVCT_PAMCODE_SERVICE_ERR, PAM_SERVICE_ERR);
    assert_int_equal(SVCT_PAMCODE_PERM_DENIED, PAM_PERM_DENIED);
    assert_int_equal(SVCT_PAMCODE_AUTH_ERR, PAM_AUTH_ERR);
    assert_int_equal(SVCT_PAMCODE_AUTHINFO_UNAVAIL, PAM_AUTHINFO_UNAVAIL);
    assert_int_equal(SVCT_PAMCODE_USER_UNKNOWN, PAM_USER_UNKNOWN);
    assert_int_equal(SVCT_PAMCODE_NEW_AUTHTOK_REQD, PAM_NEW_AUTHTOK_REQD);
    assert_int_equal(SVCT_PAMCODE_ACCT_EXPIRED, PAM_ACCT_EXPIRED);
    assert_int_equal(SVCT_PAMCODE_SESSION_ERR, PAM_SESSION_ERR);
    assert_int_equal(SVCT_PAMCODE_IGNORE, PAM_IGNORE);
    assert_int_equal(SVCT_PAMCODE_MODULE_UNKNOWN, PAM_MODULE_UNKNOWN);
    assert_int_equal(SVCT_PAMCODES, _PAM_RETURN_VALUES);
    assert_string_equal(svct_pamconf_code_name(PAM_INCOMPLETE), "incomplete");
}

static bool set_up(const char **ret_reason)
{
    const char *top = getenv("top_builddir");
    char path[512];

    if (!privdir_enter(ret_reason))
        return false;
    snprintf(path, sizeof path, "%s/tests/support/.libs/pam_steps.so",
             top != NULL ? top : ".");
    *ret_reason = "pam_steps.so is not there";
    if (access(path, R_OK) != 0 || symlink(path, STEPS) != 0)
        return false;
    *ret_reason = "/etc/pam.d can't be covered";
    return mount("tmpfs", PAMD, "tmpfs", 0, "mode=0755") == 0;
}

/* Not each libpam knows the word. */
static bool knows_include(void)
{
    char steps[100];

    privdir_write(PAMD "/svct-test", "@include svct-one\n");
    privdir_write(PAMD "/svct-one", "auth required " STEPS " 0 here\n");
    privdir_write(PAMD "/other", "auth required pam_deny.so\n");
    return ask_libpam(SVCT_PAMCONF_AUTH, steps, sizeof steps) &&
           strcmp(steps, "0|here;") == 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(by_hand),
        cmocka_unit_test(at_random),
    };
    const char *reason;

    if (!set_up(&reason)) {
        printf("SKIPPED: %s\n", reason);
        return 77;
    }
    if (!knows_include()) {
        printf("SKIPPED: this libpam does not know @include\n");
        return 77;
    }
    return cmocka_run_group_tests_name("pamoracle", tests, NULL, NULL);
}
