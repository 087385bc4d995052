/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/siphash.h"

/* Bytes 00, 01, 02, ... under the key of bytes 00 to 0f: from the vectors of
 * its authors, and the example of their paper. */
static const struct {
    size_t len;
    uint64_t hash;
} published[] = {
    {0, UINT64_C(0x726fdb47dd0e0e31)}, {1, UINT64_C(0x74f839c593dc67fd)},
    {2, UINT64_C(0x0d6c8009d9a94f5a)}, {7, UINT64_C(0xab0200f58b01d137)},
    {8, UINT64_C(0x93f5f5799a932462)}, {15, UINT64_C(0xa129ca6149be45e5)},
};

static const uint64_t key[2] = {UINT64_C(0x0706050403020100),
                                UINT64_C(0x0f0e0d0c0b0a0908)};

static void the_published_values(void **state)
{
    uint8_t bytes[16];

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)i;
    for (size_t i = 0; i < sizeof published / sizeof published[0]; i++)
        assert_true(svct_siphash(key, bytes, published[i].len) ==
                    published[i].hash);
}

/* What does not fill eight bytes counts, and nothing behind it does. */
static void each_byte_counts(void **state)
{
    uint8_t bytes[41] = {0};

    (void)state;
    for (size_t len = 0; len < sizeof bytes; len++) {
        uint64_t hash = svct_siphash(key, bytes, len);

        bytes[len] = 1;
        assert_true(svct_siphash(key, bytes, len) == hash);
        assert_true(svct_siphash(key, bytes, len + 1) != hash);
        bytes[len] = 0;
        assert_true(svct_siphash(key, bytes, len + 1) != hash);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_values),
        cmocka_unit_test(each_byte_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
