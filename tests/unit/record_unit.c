/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/record.h"

/* ---- keys ---- */

static void keys(void **state)
{
    struct svct_key key = svct_key_single(SVCT_KIND_META);
    char longest[SVCT_KEY_MAX + 1];

    (void)state;
    assert_int_equal(key.len, 1);
    assert_int_equal(key.data[0], 'M');
    /* CRC-64 of "123456789" and the name itself. */
    key = svct_key_named(SVCT_KIND_ACCOUNT, "123456789");
    assert_int_equal(key.len, 18);
    assert_memory_equal(key.data,
                        "A\x99\x5d\xc9\xbb\xdf\x19\x39\xfa"
                        "123456789",
                        18);
    key = svct_key_numbered(SVCT_KIND_PAGE, "123456789", 0x01020304);
    assert_int_equal(key.len, 22);
    assert_memory_equal(key.data,
                        "G\x99\x5d\xc9\xbb\xdf\x19\x39\xfa"
                        "123456789\1\2\3\4",
                        22);
    assert_int_equal(svct_key_named(SVCT_KIND_ACCOUNT, NULL).len, 0);
    assert_int_equal(svct_key_named(SVCT_KIND_ACCOUNT, "").len, 0);
    assert_int_equal(svct_key_numbered(SVCT_KIND_PAGE, "", 1).len, 0);
    memset(longest, 'x', sizeof longest);
    longest[SVCT_KEY_MAX - 9] = '\0';
    assert_int_equal(svct_key_named(SVCT_KIND_ROLE, longest).len, SVCT_KEY_MAX);
    assert_int_equal(svct_key_numbered(SVCT_KIND_PAGE, longest, 1).len, 0);
    longest[SVCT_KEY_MAX - 9] = 'x';
    longest[SVCT_KEY_MAX - 8] = '\0';
    assert_int_equal(svct_key_named(SVCT_KIND_ROLE, longest).len, 0);
}

/* ---- one record ---- */

struct sealed {
    struct svct_key key;
    uint8_t value[SVCT_RECORD_MAX];
    size_t size;
};

static void seal(struct svct_record_writer *writer, struct sealed *sealed)
{
    assert_int_equal(svct_record_end(writer, &sealed->key, 0, &sealed->size),
                     0);
    memcpy(sealed->value, writer->value, sealed->size);
}

static struct sealed example(void)
{
    struct svct_record_writer writer;
    struct sealed sealed = {.key = svct_key_named(SVCT_KIND_ROLE, "r")};

    svct_record_begin(&writer, SVCT_KIND_ROLE);
    svct_record_put_text(&writer, 1 | SVCT_TAG_CRITICAL, "text");
    svct_record_put_u8(&writer, 2, 7);
    svct_record_put_u64(&writer, 3, UINT64_C(0x0102030405060708));
    svct_record_put(&writer, 9, NULL, 0);
    seal(&writer, &sealed);
    return sealed;
}

static int open_it(const struct sealed *sealed, struct svct_record *record)
{
    return svct_record_open(&sealed->key, SVCT_KIND_ROLE, sealed->value,
                            sealed->size, record);
}

static int try_open(const struct sealed *sealed)
{
    struct svct_record record;

    return open_it(sealed, &record);
}

static void what_is_written_is_read(void **state)
{
    struct sealed sealed = example();
    struct svct_record record;
    struct svct_field field;
    char text[5];
    uint64_t u64;
    uint8_t u8;

    (void)state;
    assert_int_equal(sealed.size, SVCT_RECORD_MIN);
    assert_int_equal(open_it(&sealed, &record), 0);
    assert_int_equal(record.kind, SVCT_KIND_ROLE);
    assert_int_equal(record.size, sealed.size);
    assert_true(record.sum == svct_record_sum(sealed.value, sealed.size));
    assert_true(svct_record_next(&record, &field));
    assert_int_equal(field.tag, 1);
    assert_true(field.critical);
    assert_int_equal(svct_field_text(&field, text, 4), SVCT_E_DAMAGED);
    assert_int_equal(svct_field_text(&field, text, 5), 0);
    assert_string_equal(text, "text");
    assert_int_equal(svct_field_u8(&field, &u8), SVCT_E_DAMAGED);
    assert_true(svct_record_next(&record, &field));
    assert_int_equal(field.tag, 2);
    assert_false(field.critical);
    assert_int_equal(svct_field_u8(&field, &u8), 0);
    assert_int_equal(u8, 7);
    assert_int_equal(svct_field_u64(&field, &u64), SVCT_E_DAMAGED);
    assert_true(svct_record_next(&record, &field));
    assert_int_equal(svct_field_u64(&field, &u64), 0);
    assert_true(u64 == UINT64_C(0x0102030405060708));
    assert_int_equal(svct_field_text(&field, text, 5), SVCT_E_DAMAGED);
    assert_true(svct_record_next(&record, &field));
    assert_int_equal(field.tag, 9);
    assert_int_equal(field.len, 0);
    assert_int_equal(svct_field_text(&field, text, 1), 0);
    assert_string_equal(text, "");
    assert_false(svct_record_next(&record, &field));
    assert_false(svct_record_next(&record, &field));
}

static void a_nul_is_no_text(void **state)
{
    struct svct_field field = {.data = (const uint8_t *)"a\0b", .len = 3};
    char text[8] = "kept";

    (void)state;
    assert_int_equal(svct_field_text(&field, text, sizeof text),
                     SVCT_E_DAMAGED);
    assert_string_equal(text, "kept");
}

/* ---- damage ---- */

static void every_flipped_bit_is_noticed(void **state)
{
    struct sealed good = example(), bad;

    (void)state;
    for (size_t bit = 0; bit < good.size * 8; bit++) {
        bad = good;
        bad.value[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(try_open(&bad), SVCT_E_DAMAGED);
    }
    for (size_t bit = 0; bit < good.key.len * 8; bit++) {
        bad = good;
        bad.key.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(try_open(&bad), SVCT_E_DAMAGED);
    }
}

static void every_other_size_is_noticed(void **state)
{
    struct sealed sealed = example();

    (void)state;
    for (size_t size = 0; size <= SVCT_RECORD_MAX; size++) {
        sealed.size = size;
        assert_int_equal(try_open(&sealed),
                         size == SVCT_RECORD_MIN ? 0 : SVCT_E_DAMAGED);
    }
}

static void moved_to_another_key(void **state)
{
    struct sealed sealed = example();

    (void)state;
    sealed.key = svct_key_named(SVCT_KIND_ROLE, "s");
    assert_int_equal(try_open(&sealed), SVCT_E_DAMAGED);
    sealed.key = svct_key_single(SVCT_KIND_ROLE);
    assert_int_equal(try_open(&sealed), SVCT_E_DAMAGED);
}

/* Zeros, as they are stored before a record is deleted. */
static void zeros_are_no_record(void **state)
{
    struct sealed sealed = example();

    (void)state;
    memset(sealed.value, 0, sizeof sealed.value);
    for (size_t size = SVCT_RECORD_MIN; size <= SVCT_RECORD_MAX; size *= 2) {
        sealed.size = size;
        assert_int_equal(try_open(&sealed), SVCT_E_DAMAGED);
    }
}

/* With the check made good again: what a wrong program would write. */
static struct sealed resealed(size_t at, uint8_t byte)
{
    struct svct_record_writer writer;
    struct sealed sealed = example();
    size_t len = (size_t)(sealed.value[2] << 8 | sealed.value[3]);

    svct_record_begin(&writer, SVCT_KIND_ROLE);
    memcpy(writer.value, sealed.value, sealed.size - 8);
    writer.value[at] = byte;
    writer.fields.len = at == 3 ? byte : len;
    seal(&writer, &sealed);
    return sealed;
}

static void a_good_check_over_a_wrong_form(void **state)
{
    struct sealed sealed;

    (void)state;
    sealed = resealed(0, 1);
    assert_int_equal(try_open(&sealed), 0);
    sealed = resealed(0, 2);
    assert_int_equal(try_open(&sealed), SVCT_E_VERSION);
    sealed = resealed(0, 255);
    assert_int_equal(try_open(&sealed), SVCT_E_VERSION);
    sealed = resealed(0, 0);
    assert_int_equal(try_open(&sealed), SVCT_E_DAMAGED);
    sealed = resealed(1, 'A'); /* another kind */
    assert_int_equal(try_open(&sealed), SVCT_E_DAMAGED);
    sealed = resealed(3, 28); /* cut within a field's head */
    assert_int_equal(try_open(&sealed), SVCT_E_DAMAGED);
    sealed = resealed(3, 24); /* within a field's bytes */
    assert_int_equal(try_open(&sealed), SVCT_E_DAMAGED);
    sealed = resealed(3, 30); /* a byte of another field */
    assert_int_equal(try_open(&sealed), SVCT_E_DAMAGED);
    sealed = resealed(100, 1); /* no zero behind the fields */
    assert_int_equal(try_open(&sealed), SVCT_E_DAMAGED);
    sealed = resealed(5, 2); /* tag 2, 2, 3, 9 */
    assert_int_equal(try_open(&sealed), SVCT_E_DAMAGED);
    sealed = resealed(13, 1); /* 1, 1, 3, 9 */
    assert_int_equal(try_open(&sealed), SVCT_E_DAMAGED);
    sealed = resealed(7, 5); /* the first one a byte longer */
    assert_int_equal(try_open(&sealed), SVCT_E_DAMAGED);
}

/* ---- writing ---- */

static void tags_must_ascend(void **state)
{
    struct svct_key key = svct_key_single(SVCT_KIND_POLICY);
    struct svct_record_writer writer;
    size_t size = 1;

    (void)state;
    svct_record_begin(&writer, SVCT_KIND_POLICY);
    svct_record_put_u8(&writer, 3 | SVCT_TAG_CRITICAL, 0);
    svct_record_put_u8(&writer, 3, 0);
    assert_int_equal(svct_record_end(&writer, &key, 0, &size), SVCT_E_TOOBIG);
    svct_record_begin(&writer, SVCT_KIND_POLICY);
    svct_record_put_u8(&writer, 3, 0);
    svct_record_put_u8(&writer, 2 | SVCT_TAG_CRITICAL, 0);
    svct_record_put_u8(&writer, 4, 0);
    assert_int_equal(svct_record_end(&writer, &key, 0, &size), SVCT_E_TOOBIG);
    assert_int_equal(size, 1);
    key.len = 0;
    svct_record_begin(&writer, SVCT_KIND_POLICY);
    assert_int_equal(svct_record_end(&writer, &key, 0, &size), SVCT_E_TOOBIG);
}

/* Sizes grow in steps: with n bytes of field there are 4 + 4 + n + 8. */
static void sizes_are_powers_of_two(void **state)
{
    static const uint8_t zeros[SVCT_RECORD_MAX];
    struct svct_key key = svct_key_single(SVCT_KIND_POLICY);
    struct svct_record_writer writer;
    struct svct_record record;

    (void)state;
    for (size_t len = 0; len <= SVCT_RECORD_MAX; len++) {
        size_t size = 1, expected = 128;
        int r;

        svct_record_begin(&writer, SVCT_KIND_POLICY);
        svct_record_put(&writer, 1, zeros, len);
        r = svct_record_end(&writer, &key, 0, &size);
        if (len + 16 > SVCT_RECORD_MAX) {
            assert_int_equal(r, SVCT_E_TOOBIG);
            assert_int_equal(size, 1);
            continue;
        }
        while (expected < len + 16)
            expected *= 2;
        assert_int_equal(r, 0);
        assert_int_equal(size, expected);
        assert_int_equal(svct_record_open(&key, SVCT_KIND_POLICY, writer.value,
                                          size, &record),
                         0);
    }
}

static void sizes_do_not_shrink(void **state)
{
    struct svct_key key = svct_key_single(SVCT_KIND_POLICY);
    struct svct_record_writer writer;
    struct svct_record record;
    size_t size;

    (void)state;
    for (size_t least = 128; least <= SVCT_RECORD_MAX; least *= 2) {
        svct_record_begin(&writer, SVCT_KIND_POLICY);
        svct_record_put_u8(&writer, 1, 1);
        assert_int_equal(svct_record_end(&writer, &key, least, &size), 0);
        assert_int_equal(size, least);
        assert_int_equal(svct_record_open(&key, SVCT_KIND_POLICY, writer.value,
                                          size, &record),
                         0);
    }
    svct_record_begin(&writer, SVCT_KIND_POLICY);
    assert_int_equal(svct_record_end(&writer, &key, SVCT_RECORD_MAX + 1, &size),
                     SVCT_E_TOOBIG);
}

/* The same change in two records must not cancel out in their sum. */
static void sums_are_not_linear(void **state)
{
    uint8_t a[128] = {0}, b[128] = {0};
    uint64_t before, after;

    (void)state;
    a[127] = 1;
    b[127] = 2;
    before = svct_record_sum(a, 128) + svct_record_sum(b, 128);
    a[120] ^= 0x10;
    b[120] ^= 0x10;
    after = svct_record_sum(a, 128) + svct_record_sum(b, 128);
    assert_true(before != after);
    assert_true((svct_record_sum(a, 128) ^ svct_record_sum(b, 128)) !=
                (UINT64_C(1) ^ 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(a_nul_is_no_text),
        cmocka_unit_test(every_flipped_bit_is_noticed),
        cmocka_unit_test(every_other_size_is_noticed),
        cmocka_unit_test(moved_to_another_key),
        cmocka_unit_test(zeros_are_no_record),
        cmocka_unit_test(a_good_check_over_a_wrong_form),
        cmocka_unit_test(tags_must_ascend),
        cmocka_unit_test(sizes_are_powers_of_two),
        cmocka_unit_test(sizes_do_not_shrink),
        cmocka_unit_test(sums_are_not_linear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
