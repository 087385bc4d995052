/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Text from outside in a page: no byte of it means anything there, and what
 * can't be seen is shown. And the style of the page is the one whose hash its
 * policy has.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "../../admin/htmlstyle.h"
#include "../../admin/htmltext.h"
#include "base/name.h"

static char out[64 * 1024];

static const char *put(const char *text)
{
    FILE *file = fmemopen(out, sizeof(out), "w");

    assert_non_null(file);
    svct_htmltext_put(text, file);
    fclose(file);
    return out;
}

static void markup(void **state)
{
    (void)state;
    assert_string_equal(put(""), "");
    assert_string_equal(put("deploy/ci, 100 % of it"),
                        "deploy/ci, 100 % of it");
    assert_string_equal(put("<script>alert(1)</script>"),
                        "&lt;script&gt;alert(1)&lt;/script&gt;");
    assert_string_equal(put("a\" onload='x' &amp;"),
                        "a&quot; onload=&#39;x&#39; &amp;amp;");
    assert_string_equal(put("]]> --> <!--"), "]]&gt; --&gt; &lt;!--");
}

static void hidden(void **state)
{
    (void)state;
    assert_string_equal(put("a\x01\x1b[31m\x7f\n\t"),
                        "a\\u{1}\\u{1b}[31m\\u{7f}\\u{a}\\u{9}");
    assert_string_equal(put("\xc2\x85"), "\\u{85}");
    assert_string_equal(put("gpj.\xe2\x80\xae"), "gpj.\\u{202e}");
    assert_string_equal(put("\xe2\x81\xa6\xe2\x81\xa9\xe2\x80\x8b\xef\xbb\xbf"),
                        "\\u{2066}\\u{2069}\\u{200b}\\u{feff}");
    assert_string_equal(put("\xef\xbf\xbf\xf0\x9f\xbf\xbe"),
                        "\\u{ffff}\\u{1fffe}");
    assert_string_equal(put("\xf3\xa0\x81\x81"), "\\u{e0041}");
}

static void letters(void **state)
{
    static const char text[] = "\xc3\x9c"
                               "ber \xe7\x9b\xa3\xe8\xa6\x96 "
                               "\xd7\x90\xd7\x91 \xf0\x9f\x94\x91";

    (void)state;
    assert_string_equal(put(text), text);
}

static void no_utf8(void **state)
{
    (void)state;
    assert_string_equal(put("a\xff"
                            "b"),
                        "a\\xffb");
    assert_string_equal(put("\xc3"), "\\xc3");
    assert_string_equal(put("\xc0\xbcscript>"), "\\xc0\\xbcscript&gt;");
    assert_string_equal(put("\xed\xa0\x80"), "\\xed\\xa0\\x80");
    assert_string_equal(put("\xe2\x80<"), "\\xe2\\x80&lt;");
}

/* Every code point: good text of one line, without what means something. */
static void all_points(void **state)
{
    (void)state;
    for (uint32_t point = 1; point <= 0x10ffff; point++) {
        char text[5] = {0};
        const char *at;
        size_t len;

        if (point >= 0xd800 && point <= 0xdfff)
            continue;
        len = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
        for (size_t i = len; i-- > 0;)
            text[i] =
                (char)(len == 1 ? point
                       : i > 0  ? 0x80 | (point >> (6 * (len - 1 - i)) & 0x3f)
                                : (0xf00u >> len & 0xf0u) |
                                     point >> (6 * (len - 1)));
        at = text;
        put(text);
        assert_int_equal(svct_name_check_text(out), 0);
        assert_null(strpbrk(out, "<>\"'"));
        if (point > 0x9f && strcmp(out, text) != 0)
            assert_int_equal(strncmp(out, "\\u{", 3), 0);
        assert_true(svct_name_next_point(&at, &(uint32_t){0}));
        assert_int_equal(at - text, len);
    }
}

static void style_hash(void **state)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    char text[64];

    (void)state;
    assert_true(sodium_init() >= 0);
    crypto_hash_sha256(hash, (const unsigned char *)svct_htmlstyle,
                       strlen(svct_htmlstyle));
    sodium_bin2base64(text, sizeof(text), hash, sizeof(hash),
                      sodium_base64_VARIANT_ORIGINAL);
    assert_string_equal(SVCT_HTMLSTYLE_HASH, text);
}

/* It ends with the element, and loads nothing. */
static void style_text(void **state)
{
    (void)state;
    assert_null(strchr(svct_htmlstyle, '<'));
    assert_null(strchr(svct_htmlstyle, '&'));
    assert_null(strstr(svct_htmlstyle, "url("));
    assert_null(strstr(svct_htmlstyle, "@import"));
    assert_null(strstr(svct_htmlstyle, "//"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(markup),     cmocka_unit_test(hidden),
        cmocka_unit_test(letters),    cmocka_unit_test(no_utf8),
        cmocka_unit_test(all_points), cmocka_unit_test(style_hash),
        cmocka_unit_test(style_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
