/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth/glob.h"

static void patterns_checked(void **state)
{
    static const struct {
        const char *pattern;
        int code;
    } cases[] = {
        {"sshd", 0},
        {"*", 0},
        {"?", 0},
        {"polkit-1", 0},
        {"cups.x_y+z", 0},
        {"SSHD0*?", 0},
        {"abcdefghijklmnopqrstuvwxyz012345", 0},
        {NULL, SVCT_E_SYNTAX},
        {"", SVCT_E_SYNTAX},
        {"a b", SVCT_E_SYNTAX},
        {"a/b", SVCT_E_SYNTAX},
        {"[ab]", SVCT_E_SYNTAX},
        {"a\\*", SVCT_E_SYNTAX},
        {"!a", SVCT_E_SYNTAX},
        {"{a,b}", SVCT_E_SYNTAX},
        {"a\n", SVCT_E_SYNTAX},
        {"\xc3\xa4", SVCT_E_SYNTAX},
        {"abcdefghijklmnopqrstuvwxyz0123456", SVCT_E_TOOBIG},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(svct_glob_check(cases[i].pattern), cases[i].code);
}

static void every_byte_in_patterns(void **state)
{
    const char *allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                          "abcdefghijklmnopqrstuvwxyz0123456789._+-*?";

    (void)state;
    for (int c = 1; c < 256; c++) {
        char pattern[2] = {(char)c, '\0'};

        assert_int_equal(svct_glob_check(pattern) == 0,
                         strchr(allowed, c) != NULL);
    }
}

static void matching(void **state)
{
    static const struct {
        const char *pattern, *text;
        bool match;
    } cases[] = {
        {"sshd", "sshd", true},
        {"sshd", "sshdx", false},
        {"sshd", "ssh", false},
        {"sshd", "SSHD", false},
        {"sshd", "", false},
        {"", "", true},
        {"", "a", false},
        {"*", "", true},
        {"?", "", false},
        {"*", "anything", true},
        {"su*", "sudo-i", true},
        {"su*", "su", true},
        {"*-i", "sudo-i", true},
        {"*-i", "sudo-x", false},
        {"s?", "su", true},
        {"s?", "s", false},
        {"a.c", "abc", false},
        {"a+", "aa", false},
        {"*a*b*c*", "xxaxbxcx", true},
        {"*a*b*c*", "xxaxcxbx", false},
        {"?", "\xff", true},
        {"*\xff", "a\xff", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (svct_glob_match(cases[i].pattern, cases[i].text) != cases[i].match)
            fail_msg("%s %s", cases[i].pattern, cases[i].text);
    }
    assert_false(svct_glob_match(NULL, "a"));
    assert_false(svct_glob_match("*", NULL));
}

/* ---- against the definition, written down as it is said ---- */

static bool naive_match(const char *pattern, const char *text)
{
    if (*pattern == '\0')
        return *text == '\0';
    if (*pattern == '*') {
        return naive_match(pattern + 1, text) ||
               (*text != '\0' && naive_match(pattern, text + 1));
    }
    return *text != '\0' && (*pattern == '?' || *pattern == *text) &&
           naive_match(pattern + 1, text + 1);
}

/* The n-th text over an alphabet, shortest first. */
static const char *nth_text(char *out, const char *alphabet, unsigned n)
{
    unsigned base = (unsigned)strlen(alphabet);
    size_t len = 0;

    for (; n > 0; n = (n - 1) / base)
        out[len++] = alphabet[(n - 1) % base];
    out[len] = '\0';
    return out;
}

static void all_short_patterns(void **state)
{
    unsigned yes = 0;
    char pattern[8];
    char text[8];

    (void)state;
    for (unsigned p = 0; p < 1365; p++) { /* up to 5 of 4 */
        nth_text(pattern, "ab*?", p);
        for (unsigned t = 0; t < 127; t++) { /* up to 6 of 2 */
            bool match;

            nth_text(text, "ab", t);
            match = svct_glob_match(pattern, text);
            if (match != naive_match(pattern, text))
                fail_msg("\"%s\" \"%s\"", pattern, text);
            yes += match;
        }
    }
    assert_int_equal(strlen(pattern), 5);
    assert_int_equal(strlen(text), 6);
    assert_true(yes > 1365);
}

/* With backtracking into each "*" this would outlive us all. */
static void many_stars_end(void **state)
{
    static char text[20001];

    (void)state;
    memset(text, 'a', sizeof(text) - 1);
    assert_false(svct_glob_match("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*ab", text));
    assert_true(svct_glob_match("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*", text));
}

static void lists_grow(void **state)
{
    struct svct_globs globs = {0};
    char pattern[] = "svc-a";

    (void)state;
    assert_int_equal(svct_globs_add(&globs, NULL), SVCT_E_SYNTAX);
    assert_int_equal(svct_globs_add(&globs, "a b"), SVCT_E_SYNTAX);
    for (int i = 0; i < SVCT_GLOBS_MAX; i++) {
        pattern[4] = (char)('a' + i);
        assert_int_equal(svct_globs_add(&globs, pattern), 0);
        assert_int_equal(globs.count, i + 1);
        assert_int_equal(svct_globs_add(&globs, pattern), SVCT_E_EXISTS);
    }
    assert_int_equal(svct_globs_add(&globs, "svc-z"), SVCT_E_TOOBIG);
    assert_true(svct_globs_match(&globs, "svc-a"));
    assert_true(svct_globs_match(&globs, "svc-p"));
    assert_false(svct_globs_match(&globs, "svc-z"));
}

static void lists_match(void **state)
{
    struct svct_globs globs = {0};

    (void)state;
    assert_false(svct_globs_match(&globs, "sshd"));
    assert_int_equal(svct_globs_add(&globs, "*"), 0);
    assert_true(svct_globs_match(&globs, "sshd"));
    assert_false(svct_globs_match(&globs, ""));
    assert_false(svct_globs_match(&globs, NULL));
    globs.count = SVCT_GLOBS_MAX + 1;
    assert_false(svct_globs_match(&globs, "sshd"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_checked),
        cmocka_unit_test(every_byte_in_patterns),
        cmocka_unit_test(matching),
        cmocka_unit_test(all_short_patterns),
        cmocka_unit_test(many_stars_end),
        cmocka_unit_test(lists_grow),
        cmocka_unit_test(lists_match),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
