/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../admin/nsswitch.h"

/* ---- the means ---- */

static struct svct_nsswitch_text from, to, back;

static void set_bytes(struct svct_nsswitch_text *text, const char *bytes,
                      size_t len)
{
    memset(text->data, 'x', sizeof text->data); /* no end by chance */
    memcpy(text->data, bytes, len);
    text->len = len;
}

static void set_text(struct svct_nsswitch_text *text, const char *bytes)
{
    set_bytes(text, bytes, strlen(bytes));
}

static void assert_text(const struct svct_nsswitch_text *text,
                        const char *wanted)
{
    assert_int_equal(text->len, strlen(wanted));
    assert_memory_equal(text->data, wanted, text->len);
}

/* Both ways: in, in again, out, out again. */
static void assert_enabled(const char *before, const char *after)
{
    struct svct_fault fault = {0};

    set_text(&from, before);
    assert_int_equal(svct_nsswitch_enable(&from, &to, &fault), 0);
    assert_text(&to, after);
    assert_int_equal(svct_nsswitch_enable(&to, &back, &fault), 0);
    assert_text(&back, after);
    assert_int_equal(svct_nsswitch_disable(&to, &back, &fault), 0);
    assert_text(&back, before);
    assert_int_equal(svct_nsswitch_disable(&from, &back, &fault), 0);
    assert_text(&back, before);
    assert_int_equal(fault.code, 0);
}

static void assert_disabled(const char *before, const char *after)
{
    struct svct_fault fault = {0};

    set_text(&from, before);
    assert_int_equal(svct_nsswitch_disable(&from, &to, &fault), 0);
    assert_text(&to, after);
}

typedef int edit_fn(const struct svct_nsswitch_text *text,
                    struct svct_nsswitch_text *ret_text,
                    struct svct_fault *fault);

/* With a sentence that has this in it, and the output untouched. */
static void assert_refused(edit_fn *edit, const char *before, const char *why)
{
    struct svct_fault fault = {0};

    set_text(&from, before);
    set_text(&to, "untouched");
    assert_int_equal(edit(&from, &to, &fault), SVCT_E_SYNTAX);
    assert_int_equal(fault.code, SVCT_E_SYNTAX);
    if (strstr(fault.what, why) == NULL)
        fail_msg("%s: \"%s\" lacks \"%s\"", before, fault.what, why);
    assert_true(strlen(fault.what) < sizeof fault.what - 1);
    assert_text(&to, "untouched");
}

static void assert_not_enabled(const char *before, const char *why)
{
    assert_refused(svct_nsswitch_enable, before, why);
}

/* "passwd" and "group" that are well, so that the third line is looked at. */
#define WELL "passwd: files svctoken\ngroup: files svctoken\n"

static struct svct_nsswitch_line look(const char *text,
                                      enum svct_nsswitch_database database)
{
    struct svct_nsswitch_line line = {.there = false};
    struct svct_fault fault = {0};

    set_text(&from, text);
    assert_int_equal(svct_nsswitch_look(&from, database, &line, &fault), 0);
    return line;
}

static bool group_asks(const char *text)
{
    return look(text, SVCT_NSSWITCH_GROUP).asks;
}

static bool initgroups_asks(const char *text)
{
    return look(text, SVCT_NSSWITCH_INITGROUPS).asks;
}

/* ---- files that there are ---- */

static const struct {
    const char *before;
    const char *after;
} files[] = {
    /* Debian 12 */
    {"# /etc/nsswitch.conf\n"
     "#\n"
     "# Example configuration of GNU Name Service Switch functionality.\n"
     "# passwd: files svctoken, it says\n"
     "\n"
     "passwd:         files\n"
     "group:          files\n"
     "shadow:         files\n"
     "gshadow:        files\n"
     "\n"
     "hosts:          files dns\n"
     "netgroup:       nis\n",
     "# /etc/nsswitch.conf\n"
     "#\n"
     "# Example configuration of GNU Name Service Switch functionality.\n"
     "# passwd: files svctoken, it says\n"
     "\n"
     "passwd:         files svctoken\n"
     "group:          files svctoken\n"
     "shadow:         files\n"
     "gshadow:        files\n"
     "\n"
     "hosts:          files dns\n"
     "netgroup:       nis\n"},
    /* Debian with libnss-systemd */
    {"passwd:         files systemd\n"
     "group:          files systemd\n"
     "shadow:         files systemd\n"
     "gshadow:        files systemd\n",
     "passwd:         files svctoken systemd\n"
     "group:          files svctoken systemd\n"
     "shadow:         files systemd\n"
     "gshadow:        files systemd\n"},
    /* Fedora: groups are merged, and go on being */
    {"passwd:     files systemd\n"
     "shadow:     files\n"
     "group:      files [SUCCESS=merge] systemd\n"
     "hosts:      files myhostname resolve [!UNAVAIL=return] dns\n"
     "initgroups: files [SUCCESS=continue] systemd\n"
     "services:   files sss\n",
     "passwd:     files svctoken systemd\n"
     "shadow:     files\n"
     "group:      files [SUCCESS=merge] svctoken [SUCCESS=merge] systemd\n"
     "hosts:      files myhostname resolve [!UNAVAIL=return] dns\n"
     "initgroups: svctoken [SUCCESS=continue] files [SUCCESS=continue] "
     "systemd\n"
     "services:   files sss\n"},
    /* RHEL with sss before files */
    {"passwd:      sss files systemd\n"
     "group:       sss [SUCCESS=merge] files [SUCCESS=merge] systemd\n"
     "netgroup:    sss files\n"
     "automount:   sss files\n",
     "passwd:      sss files svctoken systemd\n"
     "group:       sss [SUCCESS=merge] files [SUCCESS=merge] svctoken "
     "[SUCCESS=merge] systemd\n"
     "netgroup:    sss files\n"
     "automount:   sss files\n"},
    /* Fedora CoreOS */
    {"passwd: files altfiles sss systemd\ngroup: files altfiles sss systemd\n",
     "passwd: files svctoken altfiles sss systemd\n"
     "group: files svctoken altfiles sss systemd\n"},
    /* blanks of all kinds, no end of the last line, no colon */
    {"\tpasswd:files\r\n  group \t files\v[NOTFOUND = continue\tUNAVAIL=return]"
     "\r\n initgroups:\tfiles",
     "\tpasswd:files svctoken\r\n  group \t files\v[NOTFOUND = continue\t"
     "UNAVAIL=return] svctoken\r\n initgroups:\tsvctoken "
     "[SUCCESS=continue] files"},
    {"group: files\npasswd: files[!SUCCESS=continue] # all",
     "group: files svctoken\npasswd: files[!SUCCESS=continue] svctoken # all"},
    /* merged with nothing */
    {"passwd: files\ngroup: files [success=MERGE]\n",
     "passwd: files svctoken\ngroup: files [success=MERGE] svctoken\n"},
    {"passwd: files\ngroup: files [success=merge] # and no more\n",
     "passwd: files svctoken\n"
     "group: files [success=merge] svctoken # and no more\n"},
};

static void real_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        assert_enabled(files[i].before, files[i].after);
}

static void initgroups_come_first(void **state)
{
    (void)state;
    set_text(&from, WELL "initgroups: sss [NOTFOUND=return] files\n");
    assert_int_equal(svct_nsswitch_enable(&from, &to, NULL), 0);
    assert_text(&to, WELL "initgroups: svctoken [SUCCESS=continue] sss "
                          "[NOTFOUND=return] files\n");
    assert_not_enabled(WELL "initgroups:\n", "the line of initgroups is empty");
    assert_not_enabled(WELL "initgroups: files svctoken\n",
                       "where it is not always reached");
    assert_not_enabled(WELL "initgroups: files [SUCCESS=continue "
                            "NOTFOUND=return] svctoken\n",
                       "where it is not always reached");
}

/* ---- what is refused ---- */

static void lines_that_lack(void **state)
{
    (void)state;
    assert_not_enabled("", "no line of passwd");
    assert_not_enabled("#passwd: files\ngroup: files\n", "no line of passwd");
    assert_not_enabled("passwd: files\nPasswd: files\ngroups: files\n",
                       "\"group: files svctoken\"");
    assert_not_enabled("passwd: files\npasswd: files\ngroup: files\n",
                       "two lines of passwd");
    assert_not_enabled(WELL "initgroups: files\ninitgroups files\n",
                       "two lines of initgroups");
}

static void lines_without_files(void **state)
{
    (void)state;
    assert_not_enabled("passwd: compat systemd\ngroup: compat systemd\n"
                       "shadow: compat\n",
                       "the line of passwd has no \"files\"");
    assert_not_enabled("passwd: files\ngroup: sss\n",
                       "the line of group has no \"files\"");
    assert_not_enabled("passwd: files\ngroup:\n",
                       "the line of group has no \"files\"");
    assert_not_enabled("passwd: Files\ngroup: files\n", "no \"files\"");
    assert_not_enabled("passwd: filesystem\ngroup: files\n", "no \"files\"");
}

static void lines_that_end_before(void **state)
{
    (void)state;
    assert_not_enabled("passwd: files [NOTFOUND=return] sss\ngroup: files\n",
                       "[NOTFOUND=return]");
    assert_not_enabled("passwd: sss [notfound=RETURN] files\ngroup: files\n",
                       "the line of passwd has [NOTFOUND=return]");
    assert_not_enabled("passwd: files [!SUCCESS=return]\ngroup: files\n",
                       "[NOTFOUND=return]");
    assert_not_enabled("passwd: files [!UNAVAIL=return] sss\ngroup: files\n",
                       "[NOTFOUND=return]");
    assert_not_enabled("passwd: files [NOTFOUND=return] svctoken\n"
                       "group: files\n",
                       "where it is not always reached");
}

/* There root would not be found any more. */
static void lines_that_forget(void **state)
{
    (void)state;
    assert_not_enabled("passwd: files [SUCCESS=continue]\ngroup: files\n",
                       "[SUCCESS=continue]");
    assert_not_enabled("passwd: files\ngroup: db [!NOTFOUND=continue] files\n",
                       "[SUCCESS=continue]");
    assert_not_enabled("passwd: files [SUCCESS=merge] sss\ngroup: files\n",
                       "for groups only");
}

static void malformed_lines(void **state)
{
    static const char *const tails[] = {
        "[",
        "[]",
        "[NOTFOUND]",
        "[NOTFOUND=",
        "[NOTFOUND=return",
        "[=return]",
        "[NOTFOUND=]",
        "[FOUND=return]",
        "[NOTFOUND=leave]",
        "[!!NOTFOUND=return]",
        "[NOTFOUND==return]",
        "[NOTFOUND=return,UNAVAIL=return]",
        "[NOTFOUND=continue] [UNAVAIL=continue]",
        "[NOTFOUND=continue][UNAVAIL=continue]",
        "[NOTFOUND=continue # ]",
    };
    char text[200];

    (void)state;
    for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
        snprintf(text, sizeof text, "passwd: files %s\ngroup: files\n",
                 tails[i]);
        assert_not_enabled(text, "does not understand");
        snprintf(text, sizeof text, "group: files svctoken sss %s\n", tails[i]);
        assert_refused(svct_nsswitch_disable, text, "does not understand");
    }
    assert_not_enabled("passwd: [NOTFOUND=continue] files\ngroup: files\n",
                       "does not understand");
    assert_not_enabled("passwd: files [NOTFOUND=continue]sss\ngroup: files\n",
                       "no blank behind the ]");
}

static void comments(void **state)
{
    (void)state;
    assert_not_enabled("passwd: files# all\ngroup: files\n",
                       "a # directly behind a word");
    assert_not_enabled("passwd: files # svctoken\ngroup: files\n",
                       "behind a #");
    assert_not_enabled("passwd: # files\ngroup: files\n", "no \"files\"");
    assert_false(group_asks("# group: files svctoken\n"));
    assert_true(group_asks("group: files svctoken # files [\n"));
}

static void what_is_no_text(void **state)
{
    static char big[SVCT_NSSWITCH_MAX + 1];
    static const char zero[] = "passwd: files\0\ngroup: files\n";
    struct svct_fault fault = {0};

    (void)state;
    set_bytes(&from, zero, sizeof zero - 1);
    assert_int_equal(svct_nsswitch_enable(&from, &to, &fault), SVCT_E_SYNTAX);
    assert_non_null(strstr(fault.what, "zero byte"));
    memset(big, '\n', sizeof big);
    memcpy(big, "passwd: files\ngroup: files\ninitgroups: files\n", 45);
    set_bytes(&from, big, sizeof big);
    assert_int_equal(svct_nsswitch_enable(&from, &to, &fault), SVCT_E_SYNTAX);
    set_bytes(&from, big, sizeof big - 1);
    assert_int_equal(svct_nsswitch_enable(&from, &to, NULL), 0);
    assert_true(to.len > SVCT_NSSWITCH_MAX && to.len <= sizeof to.data);
}

static void twice_in_a_line(void **state)
{
    (void)state;
    assert_not_enabled("passwd: files svctoken db svctoken\ngroup: files\n",
                       "twice");
    assert_refused(svct_nsswitch_disable,
                   "passwd: files svctoken svctoken\ngroup: files\n", "twice");
}

/* ---- what people wrote by hand ---- */

static void taken_out(void **state)
{
    (void)state;
    assert_disabled("", "");
    assert_disabled("passwd: svctoken files\n", "passwd: files\n");
    assert_disabled("passwd:svctoken  files\n", "passwd: files\n");
    assert_disabled("passwd: compat svctoken\n", "passwd: compat\n");
    assert_disabled("passwd: files svctoken[NOTFOUND=return] sss\n",
                    "passwd: files sss\n");
    assert_disabled("passwd: files svctoken [UNAVAIL=return]sss\n",
                    "passwd: files sss\n");
    assert_disabled("group: files [SUCCESS=merge]svctoken sss\n",
                    "group: files [SUCCESS=merge] sss\n");
    assert_disabled("group: files  svctoken  sss\n", "group: files   sss\n");
    assert_disabled("shadow: files svctoken\nsvctoken: svctoken\n",
                    "shadow: files svctoken\nsvctoken: svctoken\n");
    assert_refused(svct_nsswitch_disable, "passwd: svctoken\n",
                   "nothing but \"svctoken\"");
}

/* It is no failure that the rest is not what enable wants. */
static void taken_out_of_anything(void **state)
{
    (void)state;
    assert_disabled("group: sss [NOTFOUND=return] svctoken\n",
                    "group: sss [NOTFOUND=return]\n");
    assert_disabled("initgroups: files svctoken\n", "initgroups: files\n");
}

/* ---- who is asked ---- */

static void asking(void **state)
{
    (void)state;
    assert_true(group_asks("group: files svctoken"));
    assert_true(group_asks("group:svctoken files"));
    assert_true(group_asks("group: sss [UNAVAIL=return] svctoken"));
    assert_false(group_asks("group: sss [!UNAVAIL=return] svctoken"));
    assert_true(group_asks("group: sss [!UNAVAIL=return NOTFOUND=continue] "
                           "svctoken"));
    assert_false(group_asks("group: files svctoken2 xsvctoken Svctoken"));
    assert_false(group_asks("passwd: files svctoken"));
    assert_true(initgroups_asks("initgroups: svctoken files"));
    assert_false(initgroups_asks("initgroups: files svctoken"));
    assert_true(initgroups_asks("initgroups: files [SUCCESS=continue] "
                                "svctoken"));
    assert_false(look("group: files", SVCT_NSSWITCH_INITGROUPS).there);
}

static void the_line_itself(void **state)
{
    struct svct_nsswitch_line line =
        look("passwd: files\n  group: sss\nhosts: dns\n", SVCT_NSSWITCH_GROUP);

    (void)state;
    assert_true(line.there);
    assert_int_equal(line.at, 14);
    assert_int_equal(line.len, strlen("  group: sss"));
    assert_false(line.named);
}

static void assert_shown(const char *line, const char *wanted)
{
    struct svct_nsswitch_line found = look(line, SVCT_NSSWITCH_PASSWD);

    assert_string_equal(svct_nsswitch_show(&from, &found).text, wanted);
}

static void for_people(void **state)
{
    char text[600] = "passwd: ", wanted[600];

    (void)state;
    assert_shown("group: files\n", "");
    assert_shown(" \tpasswd: \t files\r\n", "passwd: files");
    assert_shown("passwd:files \x1b\x80", "passwd:files ??");
    memset(text + 8, 'x', 500);
    snprintf(wanted, sizeof wanted, "%.254s", text);
    assert_shown(text, wanted);
}

/* ---- at random ---- */

static uint32_t seed = 1;

static unsigned dice(unsigned sides)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 16) % sides;
}

static void add(char *text, const char *piece)
{
    size_t len = strlen(text);

    assert_true(len + strlen(piece) < 2000);
    snprintf(text + len, 2000 - len, "%s", piece);
}

static void add_blank(char *text)
{
    static const char *const blanks[] = {" ", "  ", "\t", " \t"};

    add(text, blanks[dice(4)]);
}

static void add_line(char *text, const char *name)
{
    static const char *const words[] = {"sss",    "systemd", "db",
                                        "compat", "winbind", "filesx"};
    static const char *const actions[] = {
        "[NOTFOUND=continue]", "[UNAVAIL=return]", "[ TRYAGAIN=continue ]",
        "[SUCCESS=return]"};
    unsigned place = dice(4), count = place + 1 + dice(3);

    add(text, name);
    add(text, dice(4) > 0 ? ":" : " ");
    for (unsigned i = 0; i < count; i++) {
        if (i > 0 || dice(3) > 0)
            add_blank(text);
        add(text, i == place ? "files" : words[dice(6)]);
        if (dice(4) == 0) {
            if (dice(2) == 0)
                add_blank(text);
            add(text, actions[dice(4)]);
        }
    }
    if (dice(4) == 0)
        add_blank(text);
    add(text, dice(6) == 0 ? "\r\n" : "\n");
}

static void add_other(char *text)
{
    static const char *const others[] = {"\n",
                                         "# passwd: svctoken\n",
                                         "hosts: files [!UNAVAIL=return] dns\n",
                                         "shadow: files\n",
                                         " \t\r\n",
                                         "what [ is this\n"};

    while (dice(2) == 0)
        add(text, others[dice(6)]);
}

/*
 * The naive way: the words of a line, in order, what is in brackets left out.
 * Is it there once, right behind "files" (or, first, the first of all)?
 */
static bool has_it_right(char *text, const char *name, bool first)
{
    char *line, *rest = text, *word, *words, copy[2000];
    char before[40] = "";
    unsigned seen = 0, right = 0;

    snprintf(copy, sizeof copy, "%.1999s", text);
    for (rest = copy; (line = strsep(&rest, "\n")) != NULL;) {
        for (char *c = line, depth = 0; *c != '\0'; c++) {
            depth = *c == '[' ? 1 : depth;
            if (depth || *c == ':' || *c == '\r' || *c == '\t') {
                depth = *c == ']' ? 0 : depth;
                *c = ' ';
            }
        }
        before[0] = '\0';
        for (words = line; (word = strsep(&words, " ")) != NULL;) {
            if (word[0] == '\0')
                continue;
            if (before[0] == '\0' && strcmp(word, name) != 0)
                break;
            if (strcmp(word, "svctoken") == 0) {
                seen++;
                right += strcmp(before, first ? name : "files") == 0;
            }
            snprintf(before, sizeof before, "%s", word);
        }
    }
    return seen == 1 && right == 1;
}

static void at_random(void **state)
{
    char text[2000];
    unsigned done = 0;

    (void)state;
    for (unsigned i = 0; i < 20000; i++) {
        bool initgroups = dice(2) == 0;

        text[0] = '\0';
        add_other(text);
        add_line(text, "passwd");
        add_other(text);
        if (initgroups)
            add_line(text, "initgroups");
        add_other(text);
        add_line(text, "group");
        add_other(text);
        if (dice(3) == 0 && text[strlen(text) - 1] == '\n')
            text[strlen(text) - 1] = '\0';
        set_text(&from, text);
        if (svct_nsswitch_enable(&from, &to, NULL) < 0)
            continue;
        done++;
        to.data[to.len] = '\0';
        assert_true(has_it_right(to.data, "passwd", false));
        assert_true(has_it_right(to.data, "group", false));
        assert_int_equal(has_it_right(to.data, "initgroups", true), initgroups);
        assert_int_equal(svct_nsswitch_disable(&to, &back, NULL), 0);
        assert_text(&back, text);
    }
    assert_true(done > 15000);
}

/* Whatever the bytes: within bounds, and what comes out can go in again. */
static void any_bytes(void **state)
{
    static const char *const pieces[] = {
        "passwd", "group",    "initgroups", ":",      " ",        "\n",   "\t",
        "files",  "svctoken", "[",          "]",      "!",        "=",    "#",
        "sss",    "SUCCESS",  "NOTFOUND",   "return", "continue", "merge"};
    char text[2000];

    (void)state;
    for (unsigned i = 0; i < 100000; i++) {
        text[0] = '\0';
        if (dice(2) == 0)
            add(text, "passwd: files\ngroup: files ");
        for (unsigned n = dice(25); n > 0; n--)
            add(text, pieces[dice(20)]);
        set_text(&from, text);
        if (svct_nsswitch_enable(&from, &to, NULL) == 0) {
            struct svct_nsswitch_line line;

            assert_int_equal(
                svct_nsswitch_look(&to, SVCT_NSSWITCH_PASSWD, &line, NULL), 0);
            assert_true(line.asks);
            assert_int_equal(svct_nsswitch_enable(&to, &back, NULL), 0);
            assert_int_equal(back.len, to.len);
        }
        if (svct_nsswitch_disable(&from, &to, NULL) == 0) {
            struct svct_nsswitch_line line;

            assert_int_equal(
                svct_nsswitch_look(&to, SVCT_NSSWITCH_GROUP, &line, NULL), 0);
            assert_false(line.named);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_files),
        cmocka_unit_test(initgroups_come_first),
        cmocka_unit_test(lines_that_lack),
        cmocka_unit_test(lines_without_files),
        cmocka_unit_test(lines_that_end_before),
        cmocka_unit_test(lines_that_forget),
        cmocka_unit_test(malformed_lines),
        cmocka_unit_test(comments),
        cmocka_unit_test(what_is_no_text),
        cmocka_unit_test(twice_in_a_line),
        cmocka_unit_test(taken_out),
        cmocka_unit_test(taken_out_of_anything),
        cmocka_unit_test(asking),
        cmocka_unit_test(the_line_itself),
        cmocka_unit_test(for_people),
        cmocka_unit_test(at_random),
        cmocka_unit_test(any_bytes),
    };

    return cmocka_run_group_tests_name("nsswitch", tests, NULL, NULL);
}
