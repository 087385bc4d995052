/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../pam_module/marker.h"
#include "../support/privdir.h"
#include "auth/secret.h"

#define ID "4fK2mmmm01"
#define NOW INT64_C(1800000000)

static const uint8_t key[SVCT_MARKER_KEY_LEN] = {1, 2, 3};
static const struct svct_marker usual = {ID, "deploy", NOW, 700, 600};

/* ---- the text ---- */

static void made(char text[SVCT_MARKER_TEXT])
{
    assert_int_equal(svct_marker_format(&usual, key, text, SVCT_MARKER_TEXT),
                     0);
}

static int redeem(const char *text, const char *user, int64_t now, pid_t self)
{
    char id[SVCT_TOKEN_ID_LEN + 1] = "untouched!";
    int err = svct_marker_redeem(text, user, now, self, key, id);

    assert_string_equal(id, err == 0 ? ID : "untouched!");
    return err;
}

static void goes_through(void **state)
{
    char text[SVCT_MARKER_TEXT];

    (void)state;
    made(text);
    assert_int_equal(redeem(text, "deploy", NOW, 700), 0);
    assert_int_equal(redeem(text, "deploy", NOW, 600), 0);
}

static void only_for_its_processes(void **state)
{
    char text[SVCT_MARKER_TEXT];

    (void)state;
    made(text);
    assert_int_equal(redeem(text, "deploy", NOW, 701), SVCT_E_SYNTAX);
    assert_int_equal(redeem(text, "deploy", NOW, 0), SVCT_E_SYNTAX);
    assert_int_equal(redeem(text, "deploy", NOW, -700), SVCT_E_SYNTAX);
}

static void only_for_its_user(void **state)
{
    char text[SVCT_MARKER_TEXT];

    (void)state;
    made(text);
    assert_int_equal(redeem(text, "deplo", NOW, 700), SVCT_E_SYNTAX);
    assert_int_equal(redeem(text, "deploy2", NOW, 700), SVCT_E_SYNTAX);
    assert_int_equal(redeem(text, "", NOW, 700), SVCT_E_SYNTAX);
}

static void only_for_a_while(void **state)
{
    const int64_t last = NOW + SVCT_MARKER_MINUTES * 60;
    char text[SVCT_MARKER_TEXT];

    (void)state;
    made(text);
    assert_int_equal(redeem(text, "deploy", last, 700), 0);
    assert_int_equal(redeem(text, "deploy", last + 60, 700), SVCT_E_SYNTAX);
    assert_int_equal(redeem(text, "deploy", INT64_MAX, 700), SVCT_E_SYNTAX);
    assert_int_equal(redeem(text, "deploy", -1, 700), SVCT_E_SYNTAX);
}

static void only_with_the_key(void **state)
{
    static const uint8_t other[SVCT_MARKER_KEY_LEN] = {1, 2, 4};
    char text[SVCT_MARKER_TEXT], id[SVCT_TOKEN_ID_LEN + 1];

    (void)state;
    made(text);
    assert_int_equal(svct_marker_redeem(text, "deploy", NOW, 700, other, id),
                     SVCT_E_SYNTAX);
}

/* Every byte counts, and nothing may stand behind. */
static void any_change_breaks_it(void **state)
{
    char text[SVCT_MARKER_TEXT];
    size_t len;

    (void)state;
    made(text);
    len = strlen(text);
    for (size_t i = 0; i < len; i++) {
        char kept = text[i];

        for (int bit = 0; bit < 8; bit++) {
            text[i] = (char)(kept ^ (1 << bit));
            assert_int_equal(redeem(text, "deploy", NOW, 700), SVCT_E_SYNTAX);
        }
        text[i] = '\0';
        assert_int_equal(redeem(text, "deploy", NOW, 700), SVCT_E_SYNTAX);
        text[i] = kept;
    }
    text[len] = '0';
    text[len + 1] = '\0';
    assert_int_equal(redeem(text, "deploy", NOW, 700), SVCT_E_SYNTAX);
}

static void rubbish_is_none(void **state)
{
    static const char *const cases[] = {
        "",
        ":",
        "::::",
        ID,
        ID ":",
        ID ":1:2:3:",
        ID ":1:2:3",
        "4fK2",
        ID ":99999999999999999999:1:1:",
        ID ":-1:700:600:00",
        ID ": 1:700:600:00",
        "4fK2mmm_01:1:2:3:00",
    };
    char longer[1000];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(redeem(cases[i], "deploy", NOW, 700), SVCT_E_SYNTAX);
    memset(longer, ':', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    assert_int_equal(redeem(longer, "deploy", NOW, 700), SVCT_E_SYNTAX);
}

static void illegal_parts_make_none(void **state)
{
    static const struct svct_marker cases[] = {
        {"short", "deploy", NOW, 700, 600},
        {ID, "De ploy", NOW, 700, 600},
        {ID, "", NOW, 700, 600},
        {ID, "deploy", -1, 700, 600},
        {ID, "deploy", NOW, 0, 600},
        {ID, "deploy", NOW, 700, -1},
    };
    char text[SVCT_MARKER_TEXT] = "untouched";

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(svct_marker_format(&cases[i], key, text, sizeof text),
                         SVCT_E_SYNTAX);
    assert_int_equal(svct_marker_format(&usual, key, text, 40), SVCT_E_TOOBIG);
    assert_string_equal(text, "untouched");
}

/* The longest that can be made fits its buffer. */
static void the_longest_fits(void **state)
{
    const struct svct_marker longest = {ID, "a2345678901234567890123456789012",
                                        INT64_MAX, INT32_MAX, INT32_MAX};
    char text[SVCT_MARKER_TEXT], id[SVCT_TOKEN_ID_LEN + 1];

    (void)state;
    assert_int_equal(svct_marker_format(&longest, key, text, sizeof text), 0);
    assert_int_equal(
        svct_marker_redeem(text, longest.user, INT64_MAX, INT32_MAX, key, id),
        0);
}

/* ---- the key; these need root and a folder of their own ---- */

#define DIR_PATH PRIVDIR "/run"

static bool private_dir;

static void fresh(void)
{
    if (!private_dir)
        skip();
    privdir_remove(DIR_PATH);
}

static mode_t mode_of(const char *path)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 07777;
}

static void key_is_made_once(void **state)
{
    uint8_t first[SVCT_MARKER_KEY_LEN] = {0}, second[SVCT_MARKER_KEY_LEN];
    const uint8_t zeros[SVCT_MARKER_KEY_LEN] = {0};
    mode_t before;

    (void)state;
    fresh();
    before = umask(0777);
    assert_int_equal(svct_marker_key(DIR_PATH, true, first, NULL), 0);
    umask(before);
    assert_int_equal(mode_of(DIR_PATH "/" SVCT_MARKER_KEY_FILE), 0600);
    assert_memory_not_equal(first, zeros, sizeof first);
    assert_int_equal(svct_marker_key(DIR_PATH, true, second, NULL), 0);
    assert_memory_equal(first, second, sizeof first);
    assert_int_equal(svct_marker_key(DIR_PATH, false, second, NULL), 0);
    assert_memory_equal(first, second, sizeof first);
    assert_int_equal(privdir_entries(DIR_PATH), 1);
}

static void folder_is_roots_alone(void **state)
{
    uint8_t got[SVCT_MARKER_KEY_LEN];

    (void)state;
    fresh();
    assert_int_equal(svct_marker_key(DIR_PATH, true, got, NULL), 0);
    assert_int_equal(mode_of(DIR_PATH), 0700);
}

static void key_is_not_made_unasked(void **state)
{
    uint8_t got[SVCT_MARKER_KEY_LEN];

    (void)state;
    fresh();
    assert_int_equal(svct_marker_key(DIR_PATH, false, got, NULL), SVCT_E_NODB);
    assert_int_equal(mkdir(DIR_PATH, 0700), 0);
    assert_int_equal(svct_marker_key(DIR_PATH, false, got, NULL),
                     SVCT_E_NOTFOUND);
    assert_int_equal(privdir_entries(DIR_PATH), 0);
}

static void put_key(const char *bytes, size_t len, mode_t mode)
{
    int fd = open(DIR_PATH "/" SVCT_MARKER_KEY_FILE,
                  O_WRONLY | O_CREAT | O_EXCL, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), len);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void a_bad_key_is_not_used(void **state)
{
    char bytes[SVCT_MARKER_KEY_LEN + 1] = {0};
    uint8_t got[SVCT_MARKER_KEY_LEN];
    static const struct {
        size_t len;
        mode_t mode;
        int code;
    } cases[] = {
        {SVCT_MARKER_KEY_LEN - 1, 0600, SVCT_E_DAMAGED},
        {SVCT_MARKER_KEY_LEN + 1, 0600, SVCT_E_DAMAGED},
        {0, 0600, SVCT_E_DAMAGED},
        {SVCT_MARKER_KEY_LEN, 0644, SVCT_E_UNSAFE},
        {SVCT_MARKER_KEY_LEN, 0602, SVCT_E_UNSAFE},
        {SVCT_MARKER_KEY_LEN, 0600, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fresh();
        assert_int_equal(mkdir(DIR_PATH, 0700), 0);
        put_key(bytes, cases[i].len, cases[i].mode);
        assert_int_equal(svct_marker_key(DIR_PATH, true, got, NULL),
                         cases[i].code);
    }
}

static void an_unsafe_folder_is_not_used(void **state)
{
    uint8_t got[SVCT_MARKER_KEY_LEN];

    (void)state;
    fresh();
    assert_int_equal(mkdir(DIR_PATH, 0700), 0);
    assert_int_equal(chmod(DIR_PATH, 0777), 0);
    assert_int_equal(svct_marker_key(DIR_PATH, true, got, NULL), SVCT_E_UNSAFE);
    assert_int_equal(privdir_entries(DIR_PATH), 0);
}

/* Child number n: makes or reads the key, hands it to the parent. */
static void racer(int start, int out)
{
    uint8_t got[SVCT_MARKER_KEY_LEN] = {0};
    char go;
    int err;

    if (read(start, &go, 1) < 0)
        _exit(2);
    err = svct_marker_key(DIR_PATH, true, got, NULL);
    _exit(err == 0 && write(out, got, sizeof got) == sizeof got ? 0 : 1);
}

/* All begin when the start pipe is closed; all must get the same key. */
static void racers_agree(void **state)
{
    enum {
        RACERS = 8
    };
    uint8_t got[RACERS][SVCT_MARKER_KEY_LEN];
    int start[2], out[2], status;
    pid_t pid[RACERS];

    (void)state;
    fresh();
    assert_int_equal(pipe(start) | pipe(out), 0);
    for (int i = 0; i < RACERS; i++) {
        pid[i] = fork();
        if (pid[i] == 0) {
            close(start[1]);
            racer(start[0], out[1]);
        }
    }
    close(start[1]);
    for (int i = 0; i < RACERS; i++) {
        assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
        assert_int_equal(status, 0);
        assert_int_equal(read(out[0], got[i], sizeof got[i]), sizeof got[i]);
        assert_memory_equal(got[i], got[0], sizeof got[0]);
    }
    close(start[0]);
    close(out[0]);
    close(out[1]);
    assert_int_equal(privdir_entries(DIR_PATH), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_through),
        cmocka_unit_test(only_for_its_processes),
        cmocka_unit_test(only_for_its_user),
        cmocka_unit_test(only_for_a_while),
        cmocka_unit_test(only_with_the_key),
        cmocka_unit_test(any_change_breaks_it),
        cmocka_unit_test(rubbish_is_none),
        cmocka_unit_test(illegal_parts_make_none),
        cmocka_unit_test(the_longest_fits),
        cmocka_unit_test(key_is_made_once),
        cmocka_unit_test(folder_is_roots_alone),
        cmocka_unit_test(key_is_not_made_unasked),
        cmocka_unit_test(a_bad_key_is_not_used),
        cmocka_unit_test(an_unsafe_folder_is_not_used),
        cmocka_unit_test(racers_agree),
    };
    const char *reason = NULL;

    if (svct_secret_setup() != 0)
        return 1;
    private_dir = privdir_enter(&reason);
    if (!private_dir)
        print_message("the tests of the key are skipped: %s\n", reason);
    return cmocka_run_group_tests_name("marker", tests, NULL, NULL);
}
