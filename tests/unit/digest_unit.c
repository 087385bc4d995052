/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth/digest.h"
#include "auth/secret.h"
#include "stack_probe.h"

#define TOKEN \
    "svct_0123456789_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopq2affKt"

static int set_up(void **state)
{
    (void)state;
    return svct_secret_setup();
}

/* Made with Python: hashlib.blake2b(text, digest_size=32,
 * person=b"svctoken-token-1"). */
static void known_values(void **state)
{
    static const struct {
        const char *text;
        uint8_t digest[SVCT_DIGEST_LEN];
    } cases[] = {
        {TOKEN,
         {0x75, 0x99, 0xed, 0xde, 0xc3, 0x8d, 0x55, 0x7b, 0xf4, 0x3e, 0x6b,
          0x2c, 0xc0, 0x79, 0x95, 0xbd, 0xfa, 0xba, 0xd9, 0x04, 0x54, 0xd2,
          0xa4, 0x66, 0x26, 0x21, 0x4c, 0x2e, 0x5b, 0x9c, 0x48, 0xd2}},
        {"", {0xf9, 0xfb, 0x2d, 0x7e, 0x08, 0x3c, 0xc5, 0x35, 0x21, 0xa8, 0x72,
              0x4c, 0xf6, 0x1b, 0x13, 0xe7, 0x4c, 0x8e, 0x3c, 0x99, 0x99, 0x85,
              0xcc, 0x7f, 0x6f, 0xe4, 0xb5, 0x7d, 0xc2, 0x93, 0x60, 0xc4}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t digest[SVCT_DIGEST_LEN] = {0};

        svct_digest_token(cases[i].text, strlen(cases[i].text), digest);
        assert_memory_equal(digest, cases[i].digest, SVCT_DIGEST_LEN);
    }
}

static void every_byte_changes_it(void **state)
{
    uint8_t right[SVCT_DIGEST_LEN];
    uint8_t other[SVCT_DIGEST_LEN];
    char text[] = TOKEN;

    (void)state;
    svct_digest_token(TOKEN, strlen(TOKEN), right);
    for (size_t i = 0; i < strlen(TOKEN); i++) {
        text[i] ^= 1;
        svct_digest_token(text, strlen(TOKEN), other);
        assert_false(svct_digest_equal(right, other));
        text[i] ^= 1;
    }
    svct_digest_token(text, strlen(TOKEN) - 1, other);
    assert_false(svct_digest_equal(right, other));
    svct_digest_token(text, strlen(TOKEN), other);
    assert_true(svct_digest_equal(right, other));
}

static void every_bit_is_compared(void **state)
{
    uint8_t a[SVCT_DIGEST_LEN] = {0};
    uint8_t b[SVCT_DIGEST_LEN] = {0};

    (void)state;
    for (size_t bit = 0; bit < 8 * SVCT_DIGEST_LEN; bit++) {
        b[bit / 8] = (uint8_t)(1 << bit % 8);
        assert_false(svct_digest_equal(a, b));
        b[bit / 8] = 0;
        assert_true(svct_digest_equal(a, b));
    }
}

static void digest_in_thread(void *arg)
{
    uint8_t digest[SVCT_DIGEST_LEN];

    svct_digest_token(arg, strlen(arg), digest);
}

static void leaves_nothing_behind(void **state)
{
    /* No digits in a row: such may be there for other reasons. */
    static char token[] =
        "svct_hT5gB0wKzR_q9Xv2LmN7cYd4JsWf8PaUe1ZiOk6GrQxEb3HnVtSy0MjK5pD2wC";
    char *copy = stack_probe_run(digest_in_thread, token);

    (void)state;
    assert_false(stack_probe_holds(copy, token, strlen(token), 6));
    free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_values),
        cmocka_unit_test(every_byte_changes_it),
        cmocka_unit_test(every_bit_is_compared),
        cmocka_unit_test(leaves_nothing_behind),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
