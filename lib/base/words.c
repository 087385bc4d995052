/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "base/words.h"

#include <string.h>

bool svct_words_get_one(struct svct_cursor *cursor, char *ret_word, size_t size)
{
    size_t len = svct_cursor_u8(cursor);
    const uint8_t *bytes = svct_cursor_bytes(cursor, len);

    if (bytes == NULL || len == 0 || len >= size ||
        memchr(bytes, 0, len) != NULL)
        return false;
    memcpy(ret_word, bytes, len);
    ret_word[len] = '\0';
    return true;
}

void svct_words_put_one(struct svct_buf *buf, const char *word)
{
    size_t len = strlen(word);

    svct_buf_put_u8(buf, (uint8_t)len);
    svct_buf_put(buf, word, len);
}

int svct_words_get(const struct svct_field *field, svct_word *words,
                   size_t most, uint8_t *ret_count)
{
    struct svct_cursor cursor;
    uint8_t count = 0;

    svct_cursor_init(&cursor, field->data, field->len);
    while (cursor.left > 0) {
        if (count == most ||
            !svct_words_get_one(&cursor, words[count], sizeof words[count]))
            return SVCT_E_DAMAGED;
        count++;
    }
    *ret_count = count;
    return 0;
}

void svct_words_put(struct svct_record_writer *writer, unsigned tag,
                    const svct_word *words, size_t most, size_t count)
{
    uint8_t bytes[SVCT_WORDS_MAX * (1 + SVCT_WORD_MAX)];
    struct svct_buf buf;

    if (count > most || count > SVCT_WORDS_MAX) {
        writer->fields.failed = true;
        return;
    }
    svct_buf_init(&buf, bytes, sizeof bytes);
    for (size_t i = 0; i < count; i++)
        svct_words_put_one(&buf, words[i]);
    svct_record_put(writer, tag, bytes, buf.len);
}

int svct_words_get_u32s(const struct svct_field *field, uint32_t *numbers,
                        size_t count)
{
    struct svct_cursor cursor;

    if (count > SVCT_WORDS_MAX || field->len != 4 * count)
        return SVCT_E_DAMAGED;
    svct_cursor_init(&cursor, field->data, field->len);
    for (size_t i = 0; i < count; i++)
        numbers[i] = svct_cursor_u32(&cursor);
    return 0;
}

void svct_words_put_u32s(struct svct_record_writer *writer, unsigned tag,
                         const uint32_t *numbers, size_t count)
{
    uint8_t bytes[4 * SVCT_WORDS_MAX];
    struct svct_buf buf;

    if (count > SVCT_WORDS_MAX) {
        writer->fields.failed = true;
        return;
    }
    svct_buf_init(&buf, bytes, sizeof bytes);
    for (size_t i = 0; i < count; i++)
        svct_buf_put_u32(&buf, numbers[i]);
    svct_record_put(writer, tag, bytes, buf.len);
}
