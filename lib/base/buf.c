/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "base/buf.h"

#include <string.h>

void svct_buf_init(struct svct_buf *buf, void *memory, size_t size)
{
    buf->data = memory;
    buf->size = size;
    buf->len = 0;
    buf->failed = false;
}

void svct_buf_put(struct svct_buf *buf, const void *bytes, size_t len)
{
    if (buf->failed || len > buf->size - buf->len) {
        buf->failed = true;
        return;
    }
    if (len > 0)
        memcpy(buf->data + buf->len, bytes, len);
    buf->len += len;
}

void svct_buf_text(char *out, size_t size, const char *text)
{
    size_t len = text != NULL ? strnlen(text, size - 1) : 0;

    if (len > 0)
        memcpy(out, text, len);
    out[len] = '\0';
}

/* The lowest count bytes of value, most significant first. */
static void put_number(struct svct_buf *buf, uint64_t value, size_t count)
{
    uint8_t bytes[8];

    for (size_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)(value >> (8 * (count - 1 - i)));
    svct_buf_put(buf, bytes, count);
}

void svct_buf_put_u8(struct svct_buf *buf, uint8_t value)
{
    put_number(buf, value, 1);
}

void svct_buf_put_u16(struct svct_buf *buf, uint16_t value)
{
    put_number(buf, value, 2);
}

void svct_buf_put_u32(struct svct_buf *buf, uint32_t value)
{
    put_number(buf, value, 4);
}

void svct_buf_put_u64(struct svct_buf *buf, uint64_t value)
{
    put_number(buf, value, 8);
}

void svct_cursor_init(struct svct_cursor *cursor, const void *bytes, size_t len)
{
    cursor->data = bytes;
    cursor->left = len;
    cursor->failed = false;
}

const uint8_t *svct_cursor_bytes(struct svct_cursor *cursor, size_t len)
{
    const uint8_t *bytes = cursor->data;

    if (cursor->failed || len > cursor->left) {
        cursor->failed = true;
        return NULL;
    }
    cursor->data += len;
    cursor->left -= len;
    return bytes;
}

static uint64_t get_number(struct svct_cursor *cursor, size_t count)
{
    const uint8_t *bytes = svct_cursor_bytes(cursor, count);
    uint64_t value = 0;

    for (size_t i = 0; bytes != NULL && i < count; i++)
        value = value << 8 | bytes[i];
    return value;
}

uint8_t svct_cursor_u8(struct svct_cursor *cursor)
{
    return (uint8_t)get_number(cursor, 1);
}

uint16_t svct_cursor_u16(struct svct_cursor *cursor)
{
    return (uint16_t)get_number(cursor, 2);
}

uint32_t svct_cursor_u32(struct svct_cursor *cursor)
{
    return (uint32_t)get_number(cursor, 4);
}

uint64_t svct_cursor_u64(struct svct_cursor *cursor)
{
    return get_number(cursor, 8);
}
