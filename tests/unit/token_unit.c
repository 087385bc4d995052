/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth/token.h"

#include <stdio.h>

#define TOKEN \
    "svct_0123456789_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopq2affKt"

static void known_values(void **state)
{
    /* Made with zlib's crc32. The last has leading zeros in its check. */
    static const char *const tokens[] = {
        TOKEN,
        "svct_zzzzzzzzzz_zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz4YV421",
        "svct_0000000000_00000000000000000000000000000000000000000003y1DRb",
        "svct_0000000000_000000000000000000000000000000000000000022600YKyQ",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
        char id[SVCT_TOKEN_ID_LEN + 1] = "";
        char check[7] = "";

        assert_int_equal(strlen(tokens[i]), SVCT_TOKEN_LEN);
        svct_token_check(tokens[i], check);
        assert_string_equal(check, tokens[i] + SVCT_TOKEN_BODY_LEN);
        assert_int_equal(svct_token_parse(tokens[i], SVCT_TOKEN_LEN, id), 0);
        assert_int_equal(strlen(id), SVCT_TOKEN_ID_LEN);
        assert_memory_equal(id, tokens[i] + 5, SVCT_TOKEN_ID_LEN);
    }
}

/* The division by the polynomial, bit by bit, most significant bit first on
 * reflected input: another way than the library's. */
static uint32_t naive_crc32(const char *bytes, size_t len)
{
    uint32_t rest = 0xffffffff;
    uint32_t mirrored = 0;

    for (size_t bit = 0; bit < len * 8; bit++) {
        uint32_t in = (uint8_t)bytes[bit / 8] >> bit % 8 & 1;
        uint32_t out = rest >> 31;

        rest <<= 1;
        if (in != out)
            rest ^= 0x04c11db7;
    }
    for (int bit = 0; bit < 32; bit++)
        mirrored |= (rest >> bit & 1) << (31 - bit);
    return mirrored ^ 0xffffffff;
}

static void check_is_the_crc(void **state)
{
    char body[SVCT_TOKEN_BODY_LEN + 1];
    uint32_t seed = 1;

    (void)state;
    assert_true(naive_crc32("123456789", 9) == 0xcbf43926);
    for (int round = 0; round < 5000; round++) {
        uint64_t value = 0;
        char check[7];

        for (int i = 0; i < SVCT_TOKEN_BODY_LEN; i++) {
            seed = seed * 1664525 + 1013904223;
            body[i] = (char)(seed >> 24);
        }
        svct_token_check(body, check);
        for (int i = 0; i < 6; i++) {
            const char *digit = strchr(svct_token_digits, check[i]);

            assert_non_null(digit);
            value = value * 62 + (uint64_t)(digit - svct_token_digits);
        }
        assert_int_equal(strlen(check), 6);
        assert_true(value == naive_crc32(body, SVCT_TOKEN_BODY_LEN));
    }
}

static void assert_refused(const char *text, size_t len)
{
    char id[SVCT_TOKEN_ID_LEN + 1] = "before";

    assert_int_equal(svct_token_parse(text, len, id), SVCT_E_SYNTAX);
    assert_string_equal(id, "before");
}

static void each_byte_counts(void **state)
{
    char text[] = TOKEN;

    (void)state;
    for (size_t i = 0; i < SVCT_TOKEN_LEN; i++) {
        for (int c = 0; c < 256; c++) {
            if (c == (uint8_t)TOKEN[i])
                continue;
            text[i] = (char)c;
            assert_refused(text, SVCT_TOKEN_LEN);
        }
        text[i] = TOKEN[i];
    }
}

static void swapped_neighbours(void **state)
{
    char text[] = TOKEN;

    (void)state;
    for (size_t i = 0; i + 1 < SVCT_TOKEN_LEN; i++) {
        if (TOKEN[i] == TOKEN[i + 1])
            continue;
        text[i] = TOKEN[i + 1];
        text[i + 1] = TOKEN[i];
        assert_refused(text, SVCT_TOKEN_LEN);
        memcpy(text, TOKEN, sizeof(TOKEN));
    }
}

static void other_lengths(void **state)
{
    char text[SVCT_TOKEN_LEN + 3] = TOKEN "\n";

    (void)state;
    for (size_t len = 0; len < SVCT_TOKEN_LEN; len++)
        assert_refused(text, len);
    assert_refused(text, SVCT_TOKEN_LEN + 1);
    assert_refused(TOKEN TOKEN, 2 * SVCT_TOKEN_LEN);
    assert_refused(NULL, SVCT_TOKEN_LEN);
    assert_refused(NULL, 0);
}

/* A right check over a wrong form is no token either. */
static void form_is_not_left_to_the_check(void **state)
{
    static const struct {
        size_t at;
        char c;
    } cases[] = {
        {0, 'S'},  {4, '-'},  {5, '_'},  {14, '-'},  {15, '-'},
        {15, 'a'}, {16, '_'}, {58, ' '}, {30, '\0'}, {30, '\xe4'},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[] = TOKEN;

        text[cases[i].at] = cases[i].c;
        svct_token_check(text, text + SVCT_TOKEN_BODY_LEN);
        assert_refused(text, SVCT_TOKEN_LEN);
    }
}

static void ids(void **state)
{
    (void)state;
    assert_true(svct_token_is_id("0123456789"));
    assert_true(svct_token_is_id("AZaz09AZaz"));
    assert_false(svct_token_is_id(NULL));
    assert_false(svct_token_is_id(""));
    assert_false(svct_token_is_id("012345678"));
    assert_false(svct_token_is_id("01234567890"));
    assert_false(svct_token_is_id("012345678_"));
    assert_false(svct_token_is_id("012345678\xe4"));
}

static void every_byte_in_ids(void **state)
{
    (void)state;
    for (int c = 1; c < 256; c++) {
        char id[] = "012345678?";

        id[9] = (char)c;
        assert_int_equal(svct_token_is_id(id),
                         strchr(svct_token_digits, c) != NULL);
    }
}

static void secrets_where_none_belong(void **state)
{
    char text[] = TOKEN;

    (void)state;
    assert_true(svct_token_looks_like(TOKEN));
    assert_true(svct_token_looks_like(TOKEN "/x"));
    assert_true(svct_token_looks_like("svct_0123456789_"));
    /* one character of the id is lost */
    assert_true(svct_token_looks_like("svct_012345678_ABCDEFGHIJKLMNOPQRST"));
    assert_true(svct_token_looks_like("svct_ABCDEFGHIJKLMNOPQRSTUVWXYZabc"));
    assert_false(svct_token_looks_like(NULL));
    assert_false(svct_token_looks_like(""));
    assert_false(svct_token_looks_like("svct"));
    assert_false(svct_token_looks_like("svct_"));
    assert_false(svct_token_looks_like("svct_backup"));
    assert_false(svct_token_looks_like("svct_0123456789"));
    assert_false(svct_token_looks_like("svct_a-login-name-of-32-bytes-ab"));
    assert_false(svct_token_looks_like("0123456789"));
    assert_false(svct_token_looks_like("deploy/ci"));
    text[0] = 'x';
    assert_false(svct_token_looks_like(text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_values),
        cmocka_unit_test(check_is_the_crc),
        cmocka_unit_test(each_byte_counts),
        cmocka_unit_test(swapped_neighbours),
        cmocka_unit_test(other_lengths),
        cmocka_unit_test(form_is_not_left_to_the_check),
        cmocka_unit_test(ids),
        cmocka_unit_test(every_byte_in_ids),
        cmocka_unit_test(secrets_where_none_belong),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
