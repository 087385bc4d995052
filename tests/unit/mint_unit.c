/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "write/mint.h"
#include "stack_probe.h"

#define ID "0123456789"
#define SECRET "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopq"

static int set_up(void **state)
{
    (void)state;
    return svct_secret_setup();
}

static void assembles_given_parts(void **state)
{
    struct svct_secret text;

    (void)state;
    assert_int_equal(svct_mint_assemble(ID, SECRET, &text), 0);
    assert_string_equal(text.text, "svct_" ID "_" SECRET "2affKt");
    assert_int_equal(text.len, SVCT_TOKEN_LEN);
    svct_secret_done(&text);
}

static void refuses_other_parts(void **state)
{
    static const struct {
        const char *id, *secret;
    } cases[] = {
        {NULL, SECRET},
        {"", SECRET},
        {"012345678", SECRET},
        {"01234567890", SECRET},
        {"012345678_", SECRET},
        {ID, NULL},
        {ID, ""},
        {ID, SECRET "x"},
        {ID, &SECRET[1]},
        {ID, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_bcdefghijklmnopq"},
        {ID, "ABCDEFGHIJKLMNOPQRSTUVWXYZ bcdefghijklmnopq"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct svct_secret text = {.len = 7};

        assert_int_equal(
            svct_mint_assemble(cases[i].id, cases[i].secret, &text),
            SVCT_E_SYNTAX);
        assert_int_equal(text.len, 7);
    }
}

static void mints_whole_tokens(void **state)
{
    struct svct_secret text;
    uint8_t digest[SVCT_DIGEST_LEN];
    uint8_t again[SVCT_DIGEST_LEN];
    char id[SVCT_TOKEN_ID_LEN + 1];
    char parsed[SVCT_TOKEN_ID_LEN + 1];

    (void)state;
    assert_int_equal(svct_mint_token(&text, id, digest), 0);
    assert_int_equal(text.len, SVCT_TOKEN_LEN);
    assert_int_equal(strlen(text.text), SVCT_TOKEN_LEN);
    assert_int_equal(svct_token_parse(text.text, text.len, parsed), 0);
    assert_string_equal(parsed, id);
    svct_digest_token(text.text, text.len, again);
    assert_true(svct_digest_equal(digest, again));
    svct_secret_done(&text);
}

/* For a token that has its id: another secret each time. */
static void mints_another_secret(void **state)
{
    struct svct_secret text[2];
    uint8_t digest[2][SVCT_DIGEST_LEN], again[SVCT_DIGEST_LEN];
    char parsed[SVCT_TOKEN_ID_LEN + 1];

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(svct_mint_secret("4fK2abcXYZ", &text[i], digest[i]),
                         0);
        assert_int_equal(svct_token_parse(text[i].text, text[i].len, parsed),
                         0);
        assert_string_equal(parsed, "4fK2abcXYZ");
        svct_digest_token(text[i].text, text[i].len, again);
        assert_true(svct_digest_equal(digest[i], again));
    }
    assert_string_not_equal(text[0].text, text[1].text);
    svct_secret_done(&text[0]);
    svct_secret_done(&text[1]);
    memset(again, 0x5a, sizeof again);
    assert_int_equal(svct_mint_secret("no id", &text[0], again), SVCT_E_SYNTAX);
    assert_int_equal(svct_mint_secret("", &text[0], again), SVCT_E_SYNTAX);
    assert_null(text[0].text);
    assert_int_equal(again[0], 0x5a);
}

#define ROUNDS 2000

/* Every digit at every place, and no place the same as another: a draw that
 * is stuck, or leaves digits out, shows. By chance a digit lacks at one of the
 * 53 places once in 10^10 runs. */
static void draws_every_digit_everywhere(void **state)
{
    static bool seen[SVCT_TOKEN_BODY_LEN][256];
    static char ids[ROUNDS][SVCT_TOKEN_ID_LEN + 1];
    uint8_t digest[SVCT_DIGEST_LEN];

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct svct_secret text;

        assert_int_equal(svct_mint_token(&text, ids[round], digest), 0);
        for (int i = 0; i < SVCT_TOKEN_BODY_LEN; i++)
            seen[i][(uint8_t)text.text[i]] = true;
        svct_secret_done(&text);
        for (int k = 0; k < round; k++)
            assert_string_not_equal(ids[round], ids[k]);
    }
    for (int i = 5; i < SVCT_TOKEN_BODY_LEN; i++) {
        if (i == 15)
            continue;
        for (const char *c = svct_token_digits; *c != '\0'; c++)
            assert_true(seen[i][(uint8_t)*c]);
    }
}

static void mint_in_thread(void *arg)
{
    uint8_t digest[SVCT_DIGEST_LEN];
    char id[SVCT_TOKEN_ID_LEN + 1];

    (void)svct_mint_token(arg, id, digest);
}

static void leaves_nothing_behind(void **state)
{
    struct svct_secret text = {0};
    char *copy = stack_probe_run(mint_in_thread, &text);

    (void)state;
    assert_int_equal(text.len, SVCT_TOKEN_LEN);
    assert_false(
        stack_probe_holds(copy, text.text + 16, SVCT_TOKEN_LEN - 16, 5));
    free(copy);
    svct_secret_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(assembles_given_parts),
        cmocka_unit_test(refuses_other_parts),
        cmocka_unit_test(mints_whole_tokens),
        cmocka_unit_test(mints_another_secret),
        cmocka_unit_test(draws_every_digit_everywhere),
        cmocka_unit_test(leaves_nothing_behind),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
