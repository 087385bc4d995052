/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/name.h"

struct named {
    const char *name;
    int code;
};

static void check_all(int (*check)(const char *), const struct named *cases,
                      size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (check(cases[i].name) != cases[i].code)
            fail_msg("\"%s\" gives %d", cases[i].name, check(cases[i].name));
    }
}

/* A name of len times c behind a first character. */
static const char *long_name(char *out, char first, char c, size_t len)
{
    memset(out, c, len);
    out[0] = first;
    out[len] = '\0';
    return out;
}

static void login_names(void **state)
{
    static const struct named cases[] = {
        {"deploy", 0},
        {"_x", 0},
        {"a", 0},
        {"web-01_b", 0},
        {"host$", 0},
        {NULL, SVCT_E_SYNTAX},
        {"", SVCT_E_SYNTAX},
        {"$", SVCT_E_SYNTAX},
        {"1a", SVCT_E_SYNTAX},
        {"-a", SVCT_E_SYNTAX},
        {"Deploy", SVCT_E_SYNTAX},
        {"aB", SVCT_E_SYNTAX},
        {"a b", SVCT_E_SYNTAX},
        {"a.b", SVCT_E_SYNTAX},
        {"a$b", SVCT_E_SYNTAX},
        {"a/b", SVCT_E_SYNTAX},
        {"a$$", SVCT_E_SYNTAX},
        {"..", SVCT_E_SYNTAX},
        {"a\n", SVCT_E_SYNTAX},
        {"\xc3\xa4", SVCT_E_SYNTAX},
        {"a\xc3\xa4", SVCT_E_SYNTAX},
    };
    char name[100];

    (void)state;
    check_all(svct_name_check_login, cases, sizeof(cases) / sizeof(cases[0]));
    assert_int_equal(svct_name_check_login(long_name(name, 'a', 'b', 32)), 0);
    assert_int_equal(svct_name_check_login(long_name(name, 'a', 'b', 33)),
                     SVCT_E_TOOBIG);
}

static void token_names(void **state)
{
    static const struct named cases[] = {
        {"ci", 0},
        {"9", 0},
        {"Ci-2.x_y", 0},
        {"0123456789", 0},
        {NULL, SVCT_E_SYNTAX},
        {"", SVCT_E_SYNTAX},
        {".a", SVCT_E_SYNTAX},
        {"-a", SVCT_E_SYNTAX},
        {"_a", SVCT_E_SYNTAX},
        {"a/b", SVCT_E_SYNTAX},
        {"a b", SVCT_E_SYNTAX},
        {"a$", SVCT_E_SYNTAX},
        {"a\x7f", SVCT_E_SYNTAX},
        {"a\xc3\xa4", SVCT_E_SYNTAX},
    };
    char name[100];

    (void)state;
    check_all(svct_name_check_token, cases, sizeof(cases) / sizeof(cases[0]));
    assert_int_equal(svct_name_check_token(long_name(name, 'A', '.', 64)), 0);
    assert_int_equal(svct_name_check_token(long_name(name, 'A', '.', 65)),
                     SVCT_E_TOOBIG);
}

static void role_names(void **state)
{
    static const struct named cases[] = {
        {"Viewer", 0},         {"x", 0},
        {"Ops-2.b_c", 0},      {NULL, SVCT_E_SYNTAX},
        {"", SVCT_E_SYNTAX},   {"2x", SVCT_E_SYNTAX},
        {"_x", SVCT_E_SYNTAX}, {"a=b", SVCT_E_SYNTAX},
    };
    char name[100];

    (void)state;
    check_all(svct_name_check_role, cases, sizeof(cases) / sizeof(cases[0]));
    assert_int_equal(svct_name_check_role(long_name(name, 'Z', '9', 32)), 0);
    assert_int_equal(svct_name_check_role(long_name(name, 'Z', '9', 33)),
                     SVCT_E_TOOBIG);
}

static void group_names(void **state)
{
    static const struct named cases[] = {
        {"www-data", 0},
        {"Debian-exim", 0},
        {"_ssh", 0},
        {"a.b", 0},
        {"host$", 0},
        {NULL, SVCT_E_SYNTAX},
        {"", SVCT_E_SYNTAX},
        {"2x", SVCT_E_SYNTAX},
        {"-x", SVCT_E_SYNTAX},
        {"$", SVCT_E_SYNTAX},
        {"a$b", SVCT_E_SYNTAX},
        {"a,b", SVCT_E_SYNTAX},
        {"a:b", SVCT_E_SYNTAX},
        {"a b", SVCT_E_SYNTAX},
    };
    char name[100];

    (void)state;
    check_all(svct_name_check_group, cases, sizeof(cases) / sizeof(cases[0]));
    assert_int_equal(svct_name_check_group(long_name(name, 'Z', '9', 32)), 0);
    assert_int_equal(svct_name_check_group(long_name(name, 'Z', '9', 33)),
                     SVCT_E_TOOBIG);
}

/* Each byte by value, against the sets in words. */
static void every_byte_in_names(void **state)
{
    const char *login = "abcdefghijklmnopqrstuvwxyz0123456789_-";
    const char *upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ.";

    (void)state;
    for (int c = 1; c < 256; c++) {
        char name[4] = {'a', (char)c, 'a', '\0'};
        bool in_login = strchr(login, c) != NULL;
        bool in_token = in_login || strchr(upper, c) != NULL;

        assert_int_equal(svct_name_check_login(name) == 0, in_login);
        assert_int_equal(svct_name_check_token(name) == 0, in_token);
        assert_int_equal(svct_name_check_role(name) == 0, in_token);
        assert_int_equal(svct_name_check_group(name) == 0, in_token);
    }
}

static void texts(void **state)
{
    static const struct named cases[] = {
        {"", 0},
        {"two words = \"fine\" \\", 0},
        {"\xc3\xa4\xe2\x82\xac\xf0\x9f\x94\x91", 0},
        {"\xc2\xa0", 0},         /* the first behind C1 */
        {"\xed\x9f\xbf", 0},     /* the last before the surrogates */
        {"\xee\x80\x80", 0},     /* the first behind them */
        {"\xf4\x8f\xbf\xbf", 0}, /* U+10FFFF */
        {NULL, SVCT_E_SYNTAX},
        {"a\tb", SVCT_E_SYNTAX},
        {"a\nb", SVCT_E_SYNTAX},
        {"a\x1b[2J", SVCT_E_SYNTAX},
        {"a\x7f", SVCT_E_SYNTAX},
        {"\xc2\x80", SVCT_E_SYNTAX}, /* C1 */
        {"\xc2\x9f", SVCT_E_SYNTAX},
        {"\x80", SVCT_E_SYNTAX}, /* a continuation alone */
        {"\xc3", SVCT_E_SYNTAX}, /* cut short */
        {"\xe2\x82", SVCT_E_SYNTAX},
        {"\xf0\x9f\x94", SVCT_E_SYNTAX},
        {"\xc3"
         "a",
         SVCT_E_SYNTAX},
        {"\xc0\x80", SVCT_E_SYNTAX}, /* overlong */
        {"\xc1\xbf", SVCT_E_SYNTAX},
        {"\xe0\x9f\xbf", SVCT_E_SYNTAX},
        {"\xf0\x8f\xbf\xbf", SVCT_E_SYNTAX},
        {"\xed\xa0\x80", SVCT_E_SYNTAX}, /* surrogates */
        {"\xed\xbf\xbf", SVCT_E_SYNTAX},
        {"\xf4\x90\x80\x80", SVCT_E_SYNTAX}, /* beyond the last */
        {"\xf8\x88\x80\x80\x80", SVCT_E_SYNTAX},
        {"\xff", SVCT_E_SYNTAX},
    };
    char text[300];

    (void)state;
    check_all(svct_name_check_text, cases, sizeof(cases) / sizeof(cases[0]));
    assert_int_equal(svct_name_check_text(long_name(text, 'a', ' ', 256)), 0);
    assert_int_equal(svct_name_check_text(long_name(text, 'a', ' ', 257)),
                     SVCT_E_TOOBIG);
    assert_int_equal(svct_name_check_text(long_name(text, 'a', '\n', 257)),
                     SVCT_E_TOOBIG);
}

/* All code points, encoded here in the plain way, against the words. */
static void every_code_point_in_texts(void **state)
{
    (void)state;
    for (uint32_t p = 1; p < 0x110400; p++) {
        uint8_t b[5] = {0};
        bool good = p >= 0x20 && (p < 0x7f || p > 0x9f) && p <= 0x10ffff &&
                    (p < 0xd800 || p > 0xdfff);

        if (p < 0x80) {
            b[0] = (uint8_t)p;
        } else if (p < 0x800) {
            b[0] = (uint8_t)(0xc0 + p / 64);
            b[1] = (uint8_t)(0x80 + p % 64);
        } else if (p < 0x10000) {
            b[0] = (uint8_t)(0xe0 + p / 4096);
            b[1] = (uint8_t)(0x80 + p / 64 % 64);
            b[2] = (uint8_t)(0x80 + p % 64);
        } else {
            b[0] = (uint8_t)(0xf0 + p / 262144);
            b[1] = (uint8_t)(0x80 + p / 4096 % 64);
            b[2] = (uint8_t)(0x80 + p / 64 % 64);
            b[3] = (uint8_t)(0x80 + p % 64);
        }
        if ((svct_name_check_text((const char *)b) == 0) != good)
            fail_msg("U+%04X", p);
    }
}

static void escaping(void **state)
{
    static const struct {
        size_t size;
        const char *text, *escaped;
    } cases[] = {
        {64, NULL, "-"},
        {64, "", "-"},
        {64, "-", "-"},
        {64, "web-01.example", "web-01.example"},
        {64, "!~#%$&*()[]{}<>|;:,?/@^+", "!~#%$&*()[]{}<>|;:,?/@^+"},
        {64, "a b", "a\\x20b"},
        {64, "k=v", "k\\x3dv"},
        {64, "\"'`\\", "\\x22\\x27\\x60\\x5c"},
        {64, "\n\t\x1b\x7f", "\\x0a\\x09\\x1b\\x7f"},
        {64, "\xc3\xa4\xff", "\\xc3\\xa4\\xff"},
        {8, "1234567", "1234567"},
        {8, "12345678", "1234..."},
        {8, "123 ", "123\\x20"},
        {8, "1234 ", "1234..."},
        {8, "    ", "\\x20..."},
        {8, "1 3 ", "1..."}, /* no part of an escape */
        {9, "1 3 ", "1\\x20..."},
    };
    char out[64];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memset(out, '!', sizeof(out));
        assert_ptr_equal(svct_name_escape(out, cases[i].size, cases[i].text),
                         out);
        assert_string_equal(out, cases[i].escaped);
        for (size_t k = cases[i].size; k < sizeof(out); k++)
            assert_int_equal(out[k], '!');
    }
}

static void escaping_without_room(void **state)
{
    char out[8] = "abc";

    (void)state;
    svct_name_escape(out, 0, "x");
    assert_string_equal(out, "abc");
    svct_name_escape(out, 7, "x");
    assert_string_equal(out, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(login_names),
        cmocka_unit_test(token_names),
        cmocka_unit_test(role_names),
        cmocka_unit_test(group_names),
        cmocka_unit_test(every_byte_in_names),
        cmocka_unit_test(texts),
        cmocka_unit_test(every_code_point_in_texts),
        cmocka_unit_test(escaping),
        cmocka_unit_test(escaping_without_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
