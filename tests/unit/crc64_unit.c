/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/crc64.h"

/* Bit by bit, as the definition has it. */
static uint64_t naive(const uint8_t *bytes, size_t len)
{
    uint64_t crc = UINT64_MAX;

    for (size_t i = 0; i < len; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? UINT64_C(0xc96c5795d7870f42) : 0);
    }
    return ~crc;
}

static void the_published_check_value(void **state)
{
    (void)state;
    assert_true(svct_crc64(0, "123456789", 9) == UINT64_C(0x995dc9bbdf1939fa));
    assert_true(svct_crc64(0, "", 0) == 0);
}

static void as_the_definition(void **state)
{
    uint8_t bytes[300];

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 151 + 7);
    for (size_t len = 0; len <= sizeof bytes; len++)
        assert_true(svct_crc64(0, bytes, len) == naive(bytes, len));
    for (unsigned byte = 0; byte < 256; byte++) {
        bytes[0] = (uint8_t)byte;
        assert_true(svct_crc64(0, bytes, 1) == naive(bytes, 1));
    }
}

static void in_pieces(void **state)
{
    const char *text = "in how many pieces does not matter";
    size_t len = strlen(text);

    (void)state;
    for (size_t cut = 0; cut <= len; cut++)
        assert_true(svct_crc64(svct_crc64(0, text, cut), text + cut,
                               len - cut) == svct_crc64(0, text, len));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_check_value),
        cmocka_unit_test(as_the_definition),
        cmocka_unit_test(in_pieces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
