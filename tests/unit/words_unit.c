/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/words.h"

#define TAG (1 | SVCT_TAG_CRITICAL)

/* ---- a list and its bytes ---- */

static struct svct_record_writer writer;

/* The bytes of the one field, in an allocation of just their size. */
static struct svct_field written(void)
{
    struct svct_key key = svct_key_named(SVCT_KIND_PUBROLE, "Editor");
    struct svct_field field;
    struct svct_record record;
    uint8_t *bytes;
    size_t size;

    assert_int_equal(svct_record_end(&writer, &key, 0, &size), 0);
    assert_int_equal(
        svct_record_open(&key, SVCT_KIND_PUBROLE, writer.value, size, &record),
        0);
    assert_true(svct_record_next(&record, &field));
    bytes = malloc(field.len > 0 ? field.len : 1);
    assert_non_null(bytes);
    memcpy(bytes, field.data, field.len);
    field.data = bytes;
    assert_false(svct_record_next(&record, &(struct svct_field){0}));
    return field;
}

static struct svct_field of_words(const svct_word *words, size_t most,
                                  size_t count)
{
    svct_record_begin(&writer, SVCT_KIND_PUBROLE);
    svct_words_put(&writer, TAG, words, most, count);
    return written();
}

static void drop(const struct svct_field *field)
{
    free((void *)field->data);
}

/* Without a byte behind them that a reading too far would find. */
static int get(const void *bytes, size_t len, size_t most, uint8_t *ret_count)
{
    static svct_word words[SVCT_WORDS_MAX];
    struct svct_field field = {.tag = 1, .len = len};
    uint8_t *copy = malloc(len > 0 ? len : 1);
    int r;

    assert_non_null(copy);
    if (len > 0)
        memcpy(copy, bytes, len);
    field.data = copy;
    r = svct_words_get(&field, words, most, ret_count);
    free(copy);
    return r;
}

/* ---- words ---- */

static void there_and_back(void **state)
{
    static const size_t counts[] = {0, 1, 2, 63, 64};
    svct_word words[SVCT_WORDS_MAX], found[SVCT_WORDS_MAX];

    (void)state;
    for (size_t i = 0; i < SVCT_WORDS_MAX; i++) {
        memset(words[i], 'a' + (int)(i % 26), SVCT_WORD_MAX);
        words[i][1 + i % SVCT_WORD_MAX] = '\0'; /* of 1 to 32 bytes */
        words[i][SVCT_WORD_MAX] = '\0';
    }
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        struct svct_field field = of_words(words, SVCT_WORDS_MAX, counts[i]);
        uint8_t count = 99;

        assert_int_equal(svct_words_get(&field, found, SVCT_WORDS_MAX, &count),
                         0);
        assert_int_equal(count, counts[i]);
        for (size_t k = 0; k < count; k++)
            assert_string_equal(found[k], words[k]);
        drop(&field);
    }
}

/* One more than there may be, read and written. */
static void too_many(void **state)
{
    struct svct_key key = svct_key_named(SVCT_KIND_PUBROLE, "Editor");
    svct_word words[SVCT_WORDS_MAX + 1];
    uint8_t bytes[2 * (SVCT_WORDS_MAX + 1)], count = 99;
    size_t size;

    (void)state;
    for (size_t i = 0; i <= SVCT_WORDS_MAX; i++) {
        snprintf(words[i], sizeof words[i], "x");
        bytes[2 * i] = 1;
        bytes[2 * i + 1] = 'x';
    }
    assert_int_equal(get(bytes, 2 * 64, SVCT_WORDS_MAX, &count), 0);
    assert_int_equal(count, 64);
    count = 99;
    assert_int_equal(get(bytes, 2 * 65, SVCT_WORDS_MAX, &count),
                     SVCT_E_DAMAGED);
    assert_int_equal(get(bytes, 2 * 33, 32, &count), SVCT_E_DAMAGED);
    assert_int_equal(get(bytes, 2, 0, &count), SVCT_E_DAMAGED);
    assert_int_equal(count, 99);
    assert_int_equal(get(bytes, 2 * 32, 32, &count), 0);
    svct_record_begin(&writer, SVCT_KIND_PUBROLE);
    svct_words_put(&writer, TAG, words, SVCT_WORDS_MAX + 1, 65);
    assert_int_equal(svct_record_end(&writer, &key, 0, &size), SVCT_E_TOOBIG);
    svct_record_begin(&writer, SVCT_KIND_PUBROLE);
    svct_words_put(&writer, TAG, words, 32, 33);
    assert_int_equal(svct_record_end(&writer, &key, 0, &size), SVCT_E_TOOBIG);
}

#define LONGEST "abcdefghijklmnopqrstuvwxyz012345" /* 32 */

static void illegal_words(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        int code;
    } cases[] = {
        {"", 0, 0},
        {"\1a", 2, 0},
        {"\1a\2bc", 5, 0},
        {"\x20" LONGEST, 33, 0},
        {"\1\xff", 2, 0}, /* any byte but NUL: names are their decoder's */
        {"\0", 1, SVCT_E_DAMAGED}, /* an empty word */
        {"\1a\0", 3, SVCT_E_DAMAGED},
        {"\0\1a", 3, SVCT_E_DAMAGED},
        {"\1\0", 2, SVCT_E_DAMAGED}, /* NUL */
        {"\3a\0b", 4, SVCT_E_DAMAGED},
        {"\2a\0", 3, SVCT_E_DAMAGED},
        {"\x21" LONGEST "6", 34, SVCT_E_DAMAGED}, /* too long */
        {"\xff", 1, SVCT_E_DAMAGED},
        {"\1", 1, SVCT_E_DAMAGED}, /* cut: no word */
        {"\3ab", 3, SVCT_E_DAMAGED},
        {"\1a\3bc", 5, SVCT_E_DAMAGED},
        {"\1a\1", 3, SVCT_E_DAMAGED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t count = 99;
        int r = get(cases[i].bytes, cases[i].len, SVCT_WORDS_MAX, &count);

        if (r != cases[i].code)
            print_error("case %zu\n", i);
        assert_int_equal(r, cases[i].code);
        assert_true(r == 0 || count == 99);
    }
}

/* A word for less room than the longest has. */
static void one_word(void **state)
{
    struct svct_cursor cursor;
    char word[4] = "???";

    (void)state;
    svct_cursor_init(&cursor, "\3abc\4defg", 9);
    assert_true(svct_words_get_one(&cursor, word, sizeof word));
    assert_string_equal(word, "abc");
    assert_false(svct_words_get_one(&cursor, word, sizeof word));
    assert_string_equal(word, "abc");
    svct_cursor_init(&cursor, "", 0);
    assert_false(svct_words_get_one(&cursor, word, sizeof word));
}

/* ---- numbers ---- */

static void numbers_there_and_back(void **state)
{
    static const size_t counts[] = {0, 1, 63, 64};
    uint32_t numbers[SVCT_WORDS_MAX], found[SVCT_WORDS_MAX];

    (void)state;
    for (size_t i = 0; i < SVCT_WORDS_MAX; i++)
        numbers[i] = i % 3 == 0 ? UINT32_MAX - (uint32_t)i : (uint32_t)i << 15;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        struct svct_field field;

        svct_record_begin(&writer, SVCT_KIND_PUBROLE);
        svct_words_put_u32s(&writer, TAG, numbers, counts[i]);
        field = written();
        assert_int_equal(field.len, 4 * counts[i]);
        assert_int_equal(svct_words_get_u32s(&field, found, counts[i]), 0);
        if (counts[i] > 0)
            assert_memory_equal(found, numbers, 4 * counts[i]);
        drop(&field);
    }
}

/* Neither more nor fewer, nor a part of one; 65 never. */
static void numbers_of_another_count(void **state)
{
    static const uint8_t bytes[4 * (SVCT_WORDS_MAX + 1)];
    uint32_t found[SVCT_WORDS_MAX + 1] = {7};

    (void)state;
    for (size_t len = 0; len <= sizeof bytes; len++) {
        struct svct_field field = {.tag = 1, .data = bytes, .len = len};
        size_t whole = len / 4;

        assert_int_equal(
            svct_words_get_u32s(&field, found, whole),
            len % 4 == 0 && whole <= SVCT_WORDS_MAX ? 0 : SVCT_E_DAMAGED);
        assert_int_equal(svct_words_get_u32s(&field, found, whole + 1),
                         SVCT_E_DAMAGED);
        if (whole > 0)
            assert_int_equal(svct_words_get_u32s(&field, found, whole - 1),
                             SVCT_E_DAMAGED);
    }
}

static void too_many_numbers_to_write(void **state)
{
    struct svct_key key = svct_key_named(SVCT_KIND_PUBROLE, "Editor");
    static const uint32_t numbers[SVCT_WORDS_MAX + 1];
    size_t size;

    (void)state;
    svct_record_begin(&writer, SVCT_KIND_PUBROLE);
    svct_words_put_u32s(&writer, TAG, numbers, SVCT_WORDS_MAX + 1);
    assert_int_equal(svct_record_end(&writer, &key, 0, &size), SVCT_E_TOOBIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(too_many),
        cmocka_unit_test(illegal_words),
        cmocka_unit_test(one_word),
        cmocka_unit_test(numbers_there_and_back),
        cmocka_unit_test(numbers_of_another_count),
        cmocka_unit_test(too_many_numbers_to_write),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
