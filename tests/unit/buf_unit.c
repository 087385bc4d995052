/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

static void numbers_are_big_endian(void **state)
{
    uint8_t memory[16];
    struct svct_buf buf;

    (void)state;
    memset(memory, 0xee, sizeof memory);
    svct_buf_init(&buf, memory, 15);
    svct_buf_put_u8(&buf, 0x01);
    svct_buf_put_u16(&buf, 0x0203);
    svct_buf_put_u32(&buf, 0x04050607);
    svct_buf_put_u64(&buf, UINT64_C(0x08090a0b0c0d0e0f));
    assert_false(buf.failed);
    assert_int_equal(buf.len, 15);
    assert_memory_equal(memory,
                        "\x01\x02\x03\x04\x05\x06\x07\x08"
                        "\x09\x0a\x0b\x0c\x0d\x0e\x0f\xee",
                        16);
}

static void nothing_is_written_beyond(void **state)
{
    uint8_t memory[8];
    struct svct_buf buf;

    (void)state;
    for (size_t size = 0; size < 8; size++) {
        memset(memory, 0xee, sizeof memory);
        svct_buf_init(&buf, memory, size);
        svct_buf_put_u64(&buf, 0);
        assert_true(buf.failed);
        assert_int_equal(buf.len, 0);
        /* It stays failed: also for what would fit. */
        svct_buf_put(&buf, "", 0);
        svct_buf_put_u8(&buf, 1);
        assert_true(buf.failed);
        assert_int_equal(buf.len, 0);
        for (size_t i = 0; i < sizeof memory; i++)
            assert_int_equal(memory[i], 0xee);
    }
}

static void an_exact_fit(void **state)
{
    uint8_t memory[3];
    struct svct_buf buf;

    (void)state;
    svct_buf_init(&buf, memory, sizeof memory);
    svct_buf_put(&buf, "abc", 3);
    svct_buf_put(&buf, NULL, 0);
    assert_false(buf.failed);
    svct_buf_put(&buf, "x", SIZE_MAX);
    assert_true(buf.failed);
    assert_memory_equal(memory, "abc", 3);
}

static void what_is_put_is_got(void **state)
{
    const uint8_t memory[] = {1,  2,  3,  4,  5,  6,  7,   8,  9,
                              10, 11, 12, 13, 14, 15, 'x', 'y'};
    struct svct_cursor cursor;

    (void)state;
    svct_cursor_init(&cursor, memory, sizeof memory);
    assert_int_equal(svct_cursor_u8(&cursor), 0x01);
    assert_int_equal(svct_cursor_u16(&cursor), 0x0203);
    assert_int_equal(svct_cursor_u32(&cursor), 0x04050607);
    assert_true(svct_cursor_u64(&cursor) == UINT64_C(0x08090a0b0c0d0e0f));
    assert_memory_equal(svct_cursor_bytes(&cursor, 2), "xy", 2);
    assert_int_equal(cursor.left, 0);
    assert_non_null(svct_cursor_bytes(&cursor, 0));
    assert_false(cursor.failed);
}

static void beyond_the_end_there_are_zeros(void **state)
{
    const uint8_t memory[7] = {1, 2, 3, 4, 5, 6, 7};
    struct svct_cursor cursor;

    (void)state;
    svct_cursor_init(&cursor, memory, sizeof memory);
    assert_true(svct_cursor_u64(&cursor) == 0);
    assert_true(cursor.failed);
    /* Sticky, though these bytes would be there. */
    assert_int_equal(svct_cursor_u8(&cursor), 0);
    assert_int_equal(svct_cursor_u16(&cursor), 0);
    assert_int_equal(svct_cursor_u32(&cursor), 0);
    assert_null(svct_cursor_bytes(&cursor, 1));
    assert_null(svct_cursor_bytes(&cursor, 0));
    svct_cursor_init(&cursor, memory, sizeof memory);
    assert_null(svct_cursor_bytes(&cursor, SIZE_MAX));
    assert_true(cursor.failed);
}

/* As far as it fits, and always ended. */
static void texts(void **state)
{
    char out[5] = "....";

    (void)state;
    svct_buf_text(out, sizeof out, "abc");
    assert_string_equal(out, "abc");
    svct_buf_text(out, sizeof out, "abcde");
    assert_string_equal(out, "abcd");
    svct_buf_text(out, sizeof out, "");
    assert_string_equal(out, "");
    memcpy(out, "....", 5);
    svct_buf_text(out, 1, "abc");
    assert_memory_equal(out, "\0...", 5);
    svct_buf_text(out, sizeof out, NULL);
    assert_string_equal(out, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_big_endian),
        cmocka_unit_test(nothing_is_written_beyond),
        cmocka_unit_test(an_exact_fit),
        cmocka_unit_test(what_is_put_is_got),
        cmocka_unit_test(texts),
        cmocka_unit_test(beyond_the_end_there_are_zeros),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
