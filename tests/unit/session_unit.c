/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdlib.h>
#include <unistd.h>

#include "auth/secret.h"
#include "auth/session.h"
#include "base/crc64.h"

#define BOOT "d0f1c2b3-4a5b-4c6d-8e7f-0123456789ab"

static const struct svct_session usual = {
    .id = "4fK2abcXYZ-3kT9wXbQ7ZpM",
    .account = "deploy",
    .token_id = "4fK2abcXYZ",
    .token_name = "ci",
    .role = "Editor",
    .service = "sshd",
    .rhost = "192.0.2.7",
    .tty = "ssh",
    .pid = 1234,
    .start = 771854,
    .boot = BOOT,
    .opened = 1767225600,
    .expires = 1767254400,
};

/* tests/golden/session.txt, which describes the same. */
static char usual_text[SVCT_SESSION_FILE];
static size_t usual_len;

static int read_golden(void)
{
    const char *top = getenv("top_srcdir");
    char path[4096];
    FILE *file;

    snprintf(path, sizeof path, "%s/tests/golden/session.txt",
             top != NULL ? top : ".");
    file = fopen(path, "re");
    if (file == NULL)
        return -1;
    usual_len = fread(usual_text, 1, sizeof usual_text - 1, file);
    fclose(file);
    return usual_len > 0 ? 0 : -1;
}

static size_t format(const struct svct_session *session,
                     char text[SVCT_SESSION_FILE])
{
    size_t len;

    assert_int_equal(svct_session_format(session, text, &len), 0);
    assert_true(len <= SVCT_SESSION_FILE);
    return len;
}

static int parse(const char *text, size_t len)
{
    struct svct_session session, untouched;
    int err;

    memset(&untouched, 0x5a, sizeof untouched);
    session = untouched;
    err = svct_session_parse(text, len, &session);
    if (err != 0)
        assert_memory_equal(&session, &untouched, sizeof session);
    return err;
}

/* ---- the id ---- */

static void an_id_tells_its_token(void **state)
{
    char id[SVCT_SESSION_ID_MAX + 1], other[SVCT_SESSION_ID_MAX + 1];

    (void)state;
    svct_session_draw_id("4fK2abcXYZ", id);
    assert_true(svct_session_is_id(id));
    assert_true(svct_session_is_of_token(id, "4fK2abcXYZ"));
    assert_false(svct_session_is_of_token(id, "4fK2abcXYY"));
    svct_session_draw_id("4fK2abcXYZ", other);
    assert_string_not_equal(id, other);
    svct_session_draw_id(NULL, id);
    assert_true(svct_session_is_id(id));
    assert_memory_equal(id, "notoken-", 8);
    assert_false(svct_session_is_of_token(id, "notoken"));
    assert_false(svct_session_is_of_token(id, ""));
    svct_session_draw_id("", other);
    assert_memory_equal(other, "notoken-", 8);
}

static void what_is_no_id(void **state)
{
    static const char *const bad[] = {
        "",
        "-",
        "4fK2abcXYZ",
        "4fK2abcXYZ-",
        "4fK2abcXYZ-3kT9wXbQ7Zp",
        "4fK2abcXYZ-3kT9wXbQ7ZpMM",
        "4fK2abcXYZ-3kT9wXbQ7Zp/",
        "4fK2abcXYZ-3kT9wXbQ7Zp\n",
        "4fK2abcXY-3kT9wXbQ7ZpM",
        "4fK2abc.YZ-3kT9wXbQ7ZpM",
        "notokens-3kT9wXbQ7ZpM",
        "notoken3kT9wXbQ7ZpM",
        "../../../..-3kT9wXbQ7ZpM",
        ".new-4fK2abcXYZ-3kT9wXbQ7ZpM",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (svct_session_is_id(bad[i]))
            fail_msg("an id: %s", bad[i]);
}

/* ---- the text ---- */

static void the_text_is_as_described(void **state)
{
    struct svct_session session;
    char text[SVCT_SESSION_FILE];
    size_t len = format(&usual, text);

    (void)state;
    assert_int_equal(len, usual_len);
    assert_memory_equal(text, usual_text, len);
    assert_int_equal(svct_session_parse(text, len, &session), 0);
    assert_string_equal(session.id, usual.id);
    assert_string_equal(session.account, "deploy");
    assert_string_equal(session.token_id, "4fK2abcXYZ");
    assert_string_equal(session.token_name, "ci");
    assert_string_equal(session.role, "Editor");
    assert_string_equal(session.service, "sshd");
    assert_string_equal(session.rhost, "192.0.2.7");
    assert_string_equal(session.tty, "ssh");
    assert_int_equal(session.pid, 1234);
    assert_int_equal(session.start, 771854);
    assert_string_equal(session.boot, BOOT);
    assert_int_equal(session.opened, 1767225600);
    assert_int_equal(session.expires, 1767254400);
}

static void what_may_lack(void **state)
{
    struct svct_session session = usual, read;
    char text[SVCT_SESSION_FILE];
    size_t len;

    (void)state;
    snprintf(session.id, sizeof session.id, "notoken-3kT9wXbQ7ZpM");
    session.token_id[0] = session.token_name[0] = session.role[0] = '\0';
    session.service[0] = session.rhost[0] = session.tty[0] = '\0';
    session.expires = 0;
    len = format(&session, text);
    assert_int_equal(svct_session_parse(text, len, &read), 0);
    assert_string_equal(read.token_id, "");
    assert_string_equal(read.token_name, "");
    assert_string_equal(read.rhost, "");
    assert_int_equal(read.expires, 0);
    session.expires = SVCT_TIME_NEVER;
    len = format(&session, text);
    assert_int_equal(svct_session_parse(text, len, &read), 0);
    assert_true(read.expires == SVCT_TIME_NEVER);
}

static void words_of_outside_are_tamed(void **state)
{
    struct svct_session session = usual, read;
    char text[SVCT_SESSION_FILE], longest[5000];
    size_t len;

    (void)state;
    svct_session_set_word(session.rhost, "a b\nexpires never\n\x1b[31m");
    svct_session_set_word(session.tty, NULL);
    memset(longest, '\n', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    svct_session_set_word(session.service, longest);
    assert_null(strpbrk(session.rhost, " \n\x1b"));
    len = format(&session, text);
    assert_int_equal(svct_session_parse(text, len, &read), 0);
    assert_string_equal(read.rhost, session.rhost);
    assert_string_equal(read.service, session.service);
    assert_string_equal(read.tty, "");
    svct_session_set_word(session.rhost, "-");
    assert_string_equal(session.rhost, "");
}

/* The longest of each fits. */
static void the_longest(void **state)
{
    struct svct_session session = usual, read;
    char text[SVCT_SESSION_FILE];
    size_t len;

    (void)state;
    memset(session.account, 'x', sizeof session.account - 1);
    memset(session.token_name, 'x', sizeof session.token_name - 1);
    memset(session.role, 'x', sizeof session.role - 1);
    memset(session.service, 'x', sizeof session.service - 1);
    memset(session.rhost, 'x', sizeof session.rhost - 1);
    memset(session.tty, 'x', sizeof session.tty - 1);
    session.pid = INT32_MAX;
    session.start = INT64_MAX;
    session.opened = SVCT_TIME_MAX;
    session.expires = SVCT_TIME_MAX;
    len = format(&session, text);
    assert_int_equal(svct_session_parse(text, len, &read), 0);
    assert_string_equal(read.tty, session.tty);
}

static void what_is_not_written(void **state)
{
    char text[SVCT_SESSION_FILE];
    size_t len = 7;

#define REFUSED(change)                                             \
    do {                                                            \
        struct svct_session session = usual;                        \
        change;                                                     \
        assert_int_equal(svct_session_format(&session, text, &len), \
                         SVCT_E_SYNTAX);                            \
        assert_int_equal(len, 7);                                   \
    } while (0)

    (void)state;
    REFUSED(session.id[0] = '\0');
    REFUSED(session.account[0] = '\0');
    REFUSED(session.account[0] = 'D');
    REFUSED(session.token_id[0] = 'x');
    REFUSED(session.token_id[0] = '\0');
    REFUSED(session.token_name[0] = '-');
    REFUSED(session.role[0] = ' ');
    REFUSED(session.service[0] = '\n');
    REFUSED(session.rhost[0] = ' ');
    REFUSED(session.rhost[0] = '=');
    REFUSED(memcpy(session.rhost, "-", 2)); /* stands for none */
    REFUSED(session.tty[0] = '\x7f');
    REFUSED(session.pid = 0);
    REFUSED(session.pid = -1);
    REFUSED(session.pid = INT64_C(1) << 31);
    REFUSED(session.start = UINT64_MAX);
    REFUSED(session.boot[0] = '\0');
    REFUSED(session.opened = -1);
    REFUSED(session.opened = SVCT_TIME_NEVER);
    REFUSED(session.expires = -1);
    REFUSED(session.expires = SVCT_TIME_NEVER - 1);
}

/* ---- damage ---- */

static void each_damaged_byte_is_noticed(void **state)
{
    char text[sizeof usual_text];

    (void)state;
    for (size_t i = 0; i < usual_len; i++) {
        for (int bit = 0; bit < 8; bit++) {
            memcpy(text, usual_text, sizeof text);
            text[i] = (char)((uint8_t)text[i] ^ 1u << bit);
            if (parse(text, usual_len) == 0)
                fail_msg("byte %zu, bit %d", i, bit);
        }
    }
}

static void each_length_but_the_right_one_is_refused(void **state)
{
    char text[sizeof usual_text + 8];

    (void)state;
    memset(text, '\n', sizeof text);
    memcpy(text, usual_text, usual_len);
    for (size_t len = 0; len < usual_len + 8; len++)
        assert_int_equal(parse(text, len),
                         len == usual_len ? 0 : SVCT_E_DAMAGED);
}

/* A text whose check is right, so that only its form can be wrong. */
static int parse_checked(const char *lines)
{
    char text[2000];
    int len = snprintf(text, sizeof text, "%s", lines);

    len += snprintf(text + len, sizeof text - (size_t)len, "check %016llx\n",
                    (unsigned long long)svct_crc64(0, text, (size_t)len));
    return parse(text, (size_t)len);
}

#define BEGIN                                          \
    "svctoken-session 1\nid 4fK2abcXYZ-3kT9wXbQ7ZpM\n" \
    "account deploy\ntoken 4fK2abcXYZ\nname ci\nrole Editor\n"
#define WORDS "service sshd\nrhost -\ntty -\n"
#define FINISH                                              \
    "pid 1234\nstart 1\nboot " BOOT "\nopened 1767225600\n" \
    "expires never\n"

static void only_one_form_is_taken(void **state)
{
    static const char *const bad[] = {
        "",
        BEGIN,
        BEGIN FINISH,
        BEGIN WORDS FINISH "more 1\n",
        BEGIN WORDS WORDS FINISH,
        BEGIN "rhost -\nservice sshd\ntty -\n" FINISH,
        BEGIN "service  sshd\nrhost -\ntty -\n" FINISH,
        BEGIN "service sshd \nrhost -\ntty -\n" FINISH,
        BEGIN "service\nrhost -\ntty -\n" FINISH,
        BEGIN "service \nrhost -\ntty -\n" FINISH,
        BEGIN "service sshd\r\nrhost -\ntty -\n" FINISH,
        BEGIN WORDS "pid 01234\nstart 1\nboot " BOOT
                    "\nopened 1\nexpires never\n",
        BEGIN WORDS "pid +1\nstart 1\nboot " BOOT "\nopened 1\nexpires never\n",
        BEGIN WORDS "pid -\nstart 1\nboot " BOOT "\nopened 1\nexpires never\n",
        BEGIN WORDS "pid 4294967296\nstart 1\nboot " BOOT
                    "\nopened 1\nexpires never\n",
        BEGIN WORDS "pid 1\nstart 99999999999999999999\nboot " BOOT
                    "\nopened 1\nexpires never\n",
        BEGIN WORDS "pid 1\nstart 1\nboot x\nopened 1\nexpires never\n",
        BEGIN WORDS "pid 1\nstart 1\nboot " BOOT "\nopened 1\nexpires Never\n",
        BEGIN WORDS "pid 1\nstart 1\nboot " BOOT "\nopened 1\nexpires 0\n",
        " " BEGIN WORDS FINISH,
    };

    (void)state;
    assert_int_equal(parse_checked(BEGIN WORDS FINISH), 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (parse_checked(bad[i]) != SVCT_E_DAMAGED)
            fail_msg("%zu is taken", i);
}

static void a_newer_one_is_told_from_damage(void **state)
{
    (void)state;
    assert_int_equal(parse_checked("svctoken-session 2\nwhatever\n"),
                     SVCT_E_VERSION);
    assert_int_equal(parse_checked("svctoken-session 0\nwhatever\n"),
                     SVCT_E_DAMAGED);
    assert_int_equal(parse_checked("svctoken-session 2x\n"), SVCT_E_DAMAGED);
    assert_int_equal(parse("svctoken-session 2", 18), SVCT_E_DAMAGED);
    assert_int_equal(parse("svctoken-session ", 17), SVCT_E_DAMAGED);
}

/* ---- is it open? ---- */

static void only_its_process_counts(void **state)
{
    struct svct_session session = usual;
    struct svct_procstat self;
    char boot[SVCT_BOOT_LEN + 1];

    (void)state;
    assert_int_equal(svct_procstat_get(0, &self, NULL), 0);
    assert_int_equal(svct_procstat_boot(boot, NULL), 0);
    session.pid = self.pid;
    session.start = self.start;
    memcpy(session.boot, boot, sizeof boot);
    assert_int_equal(svct_session_is_open(&session, boot, NULL), 1);
    session.start++; /* somebody else has that id now */
    assert_int_equal(svct_session_is_open(&session, boot, NULL), 0);
    session.start--;
    memcpy(session.boot, BOOT, sizeof boot);
    assert_int_equal(svct_session_is_open(&session, boot, NULL), 0);
    memcpy(session.boot, boot, sizeof boot);
    session.pid = INT32_MAX; /* more than the kernel gives */
    assert_int_equal(svct_session_is_open(&session, boot, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_tells_its_token),
        cmocka_unit_test(what_is_no_id),
        cmocka_unit_test(the_text_is_as_described),
        cmocka_unit_test(what_may_lack),
        cmocka_unit_test(words_of_outside_are_tamed),
        cmocka_unit_test(the_longest),
        cmocka_unit_test(what_is_not_written),
        cmocka_unit_test(each_damaged_byte_is_noticed),
        cmocka_unit_test(each_length_but_the_right_one_is_refused),
        cmocka_unit_test(only_one_form_is_taken),
        cmocka_unit_test(a_newer_one_is_told_from_damage),
        cmocka_unit_test(only_its_process_counts),
    };

    if (svct_secret_setup() != 0 || read_golden() != 0)
        return 99;
    return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
