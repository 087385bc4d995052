/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "base/record.h"

#include <string.h>

#include "base/crc64.h"

#define HEAD_SIZE 4
#define CHECK_SIZE 8
#define FIELD_HEAD_SIZE 4
#define TAG_MASK (SVCT_TAG_CRITICAL - 1)

/* ---- keys ---- */

struct svct_key svct_key_single(enum svct_kind kind)
{
    struct svct_key key = {.len = 1};

    key.data[0] = (uint8_t)kind;
    return key;
}

struct svct_key svct_key_named(enum svct_kind kind, const char *name)
{
    struct svct_key key = {.len = 0};
    size_t len = name != NULL ? strlen(name) : 0;
    struct svct_buf buf;

    if (len == 0)
        return key;
    svct_buf_init(&buf, key.data, sizeof key.data);
    svct_buf_put_u8(&buf, (uint8_t)kind);
    svct_buf_put_u64(&buf, svct_crc64(0, name, len));
    svct_buf_put(&buf, name, len);
    key.len = buf.failed ? 0 : buf.len;
    return key;
}

struct svct_key svct_key_numbered(enum svct_kind kind, const char *name,
                                  uint32_t number)
{
    struct svct_key key = svct_key_named(kind, name);
    struct svct_buf buf;

    if (key.len == 0)
        return key;
    svct_buf_init(&buf, key.data, sizeof key.data);
    buf.len = key.len;
    svct_buf_put_u32(&buf, number);
    key.len = buf.failed ? 0 : buf.len;
    return key;
}

struct svct_key svct_key_id(enum svct_kind kind, uint32_t id)
{
    struct svct_key key = {.len = 0};
    uint8_t bytes[4];
    struct svct_buf buf;

    svct_buf_init(&buf, bytes, sizeof bytes);
    svct_buf_put_u32(&buf, id);
    svct_buf_init(&buf, key.data, sizeof key.data);
    svct_buf_put_u8(&buf, (uint8_t)kind);
    svct_buf_put_u64(&buf, svct_crc64(0, bytes, sizeof bytes));
    svct_buf_put(&buf, bytes, sizeof bytes);
    key.len = buf.len;
    return key;
}

bool svct_key_equal(const struct svct_key *a, const struct svct_key *b)
{
    return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

/* ---- writing ---- */

void svct_record_begin(struct svct_record_writer *writer, enum svct_kind kind)
{
    memset(writer->value, 0, sizeof writer->value);
    writer->value[0] = SVCT_RECORD_VERSION;
    writer->value[1] = (uint8_t)kind;
    svct_buf_init(&writer->fields, writer->value + HEAD_SIZE,
                  sizeof writer->value - HEAD_SIZE - CHECK_SIZE);
    writer->last_tag = 0;
}

void svct_record_put(struct svct_record_writer *writer, unsigned tag,
                     const void *bytes, size_t len)
{
    int order = (int)(tag & TAG_MASK);

    if (order <= writer->last_tag || len > UINT16_MAX) {
        writer->fields.failed = true;
        return;
    }
    writer->last_tag = order;
    svct_buf_put_u16(&writer->fields, (uint16_t)tag);
    svct_buf_put_u16(&writer->fields, (uint16_t)len);
    svct_buf_put(&writer->fields, bytes, len);
}

void svct_record_put_text(struct svct_record_writer *writer, unsigned tag,
                          const char *text)
{
    svct_record_put(writer, tag, text, strlen(text));
}

void svct_record_put_u8(struct svct_record_writer *writer, unsigned tag,
                        uint8_t value)
{
    svct_record_put(writer, tag, &value, 1);
}

void svct_record_put_u64(struct svct_record_writer *writer, unsigned tag,
                         uint64_t value)
{
    uint8_t bytes[8];
    struct svct_buf buf;

    svct_buf_init(&buf, bytes, sizeof bytes);
    svct_buf_put_u64(&buf, value);
    svct_record_put(writer, tag, bytes, sizeof bytes);
}

/* Over the key and all of the value but the check itself. */
static uint64_t check_of(const struct svct_key *key, const uint8_t *value,
                         size_t size)
{
    uint64_t crc = svct_crc64(0, key->data, key->len);

    return svct_crc64(crc, value, size - CHECK_SIZE);
}

int svct_record_end(struct svct_record_writer *writer,
                    const struct svct_key *key, size_t least, size_t *ret_size)
{
    size_t used = HEAD_SIZE + writer->fields.len + CHECK_SIZE;
    size_t size = SVCT_RECORD_MIN;
    struct svct_buf buf;

    if (writer->fields.failed || key->len == 0 || least > SVCT_RECORD_MAX)
        return SVCT_E_TOOBIG;
    while (size < used || size < least)
        size *= 2;
    svct_buf_init(&buf, writer->value + 2, 2);
    svct_buf_put_u16(&buf, (uint16_t)writer->fields.len);
    svct_buf_init(&buf, writer->value + size - CHECK_SIZE, CHECK_SIZE);
    svct_buf_put_u64(&buf, check_of(key, writer->value, size));
    *ret_size = size;
    return 0;
}

/* ---- reading ---- */

static bool size_is_legal(size_t size)
{
    return size >= SVCT_RECORD_MIN && size <= SVCT_RECORD_MAX &&
           (size & (size - 1)) == 0;
}

static uint64_t stored_check(const uint8_t *value, size_t size)
{
    struct svct_cursor cursor;

    svct_cursor_init(&cursor, value + size - CHECK_SIZE, CHECK_SIZE);
    return svct_cursor_u64(&cursor);
}

static bool all_zero(const uint8_t *bytes, size_t len)
{
    uint8_t any = 0;

    for (size_t i = 0; i < len; i++)
        any |= bytes[i];
    return any == 0;
}

/* Every field in bounds, tags ascending, nothing left over. */
static bool fields_are_whole(struct svct_cursor fields)
{
    int last = 0;

    while (fields.left > 0) {
        int tag = svct_cursor_u16(&fields) & TAG_MASK;
        size_t len = svct_cursor_u16(&fields);

        if (svct_cursor_bytes(&fields, len) == NULL || tag <= last)
            return false;
        last = tag;
    }
    return !fields.failed;
}

int svct_record_open(const struct svct_key *key, enum svct_kind kind,
                     const uint8_t *value, size_t size,
                     struct svct_record *ret_record)
{
    struct svct_record record = {.kind = kind, .size = size};
    struct svct_cursor head;
    size_t len;

    if (!size_is_legal(size) ||
        stored_check(value, size) != check_of(key, value, size))
        return SVCT_E_DAMAGED;
    if (value[0] > SVCT_RECORD_VERSION)
        return SVCT_E_VERSION;
    if (value[0] != SVCT_RECORD_VERSION || value[1] != (uint8_t)kind)
        return SVCT_E_DAMAGED;
    svct_cursor_init(&head, value + 2, 2);
    len = svct_cursor_u16(&head);
    if (len > size - HEAD_SIZE - CHECK_SIZE ||
        !all_zero(value + HEAD_SIZE + len, size - HEAD_SIZE - CHECK_SIZE - len))
        return SVCT_E_DAMAGED;
    svct_cursor_init(&record.fields, value + HEAD_SIZE, len);
    if (!fields_are_whole(record.fields))
        return SVCT_E_DAMAGED;
    record.sum = svct_record_sum(value, size);
    *ret_record = record;
    return 0;
}

bool svct_record_next(struct svct_record *record, struct svct_field *ret_field)
{
    unsigned tag;
    size_t len;
    const uint8_t *data;

    if (record->fields.left < FIELD_HEAD_SIZE)
        return false;
    tag = svct_cursor_u16(&record->fields);
    len = svct_cursor_u16(&record->fields);
    data = svct_cursor_bytes(&record->fields, len);
    if (data == NULL)
        return false;
    ret_field->tag = tag & TAG_MASK;
    ret_field->critical = (tag & SVCT_TAG_CRITICAL) != 0;
    ret_field->data = data;
    ret_field->len = len;
    return true;
}

uint64_t svct_record_sum(const uint8_t *value, size_t size)
{
    /* The finalizer of splitmix64 (Steele, Lea, Flood 2014): a CRC alone is
     * linear, and equal changes in two records would cancel out. */
    uint64_t x = stored_check(value, size) + UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

int svct_field_u8(const struct svct_field *field, uint8_t *ret_value)
{
    if (field->len != 1)
        return SVCT_E_DAMAGED;
    *ret_value = field->data[0];
    return 0;
}

int svct_field_u64(const struct svct_field *field, uint64_t *ret_value)
{
    struct svct_cursor cursor;

    if (field->len != 8)
        return SVCT_E_DAMAGED;
    svct_cursor_init(&cursor, field->data, field->len);
    *ret_value = svct_cursor_u64(&cursor);
    return 0;
}

int svct_field_u32(const struct svct_field *field, uint32_t *ret_value)
{
    uint64_t value;

    if (svct_field_u64(field, &value) != 0 || value > UINT32_MAX)
        return SVCT_E_DAMAGED;
    *ret_value = (uint32_t)value;
    return 0;
}

int svct_field_text(const struct svct_field *field, char *ret_text, size_t size)
{
    if (field->len >= size || memchr(field->data, 0, field->len) != NULL)
        return SVCT_E_DAMAGED;
    memcpy(ret_text, field->data, field->len);
    ret_text[field->len] = '\0';
    return 0;
}
