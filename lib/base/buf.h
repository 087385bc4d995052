/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_BASE_BUF_H
#define SVCT_BASE_BUF_H

/*
 * Writing to and reading from a piece of the caller's memory, with bounds.
 *
 * Both kinds have a sticky error: the first put or get that does not fit sets
 * "failed", from then on nothing is written and every get yields zeros. So a
 * caller may write or read a whole structure and ask once, at the end.
 * Numbers are big-endian. Nothing here allocates.
 */

#include "base/err.h"

struct svct_buf {
    uint8_t *data;
    size_t size; /* bytes at data */
    size_t len;  /* bytes written so far, <= size */
    bool failed;
};

void svct_buf_init(struct svct_buf *buf, void *memory, size_t size);
void svct_buf_put(struct svct_buf *buf, const void *bytes, size_t len);
void svct_buf_put_u8(struct svct_buf *buf, uint8_t value);
void svct_buf_put_u16(struct svct_buf *buf, uint16_t value);
void svct_buf_put_u32(struct svct_buf *buf, uint32_t value);
void svct_buf_put_u64(struct svct_buf *buf, uint64_t value);

/* Copies a text (NULL: "") as far as it fits: as snprintf with "%s", which takes
 * ten times as long. */
void svct_buf_text(char *out, size_t size, const char *text);

struct svct_cursor {
    const uint8_t *data; /* the next byte to be read */
    size_t left;
    bool failed;
};

void svct_cursor_init(struct svct_cursor *cursor, const void *bytes,
                      size_t len);
uint8_t svct_cursor_u8(struct svct_cursor *cursor);
uint16_t svct_cursor_u16(struct svct_cursor *cursor);
uint32_t svct_cursor_u32(struct svct_cursor *cursor);
uint64_t svct_cursor_u64(struct svct_cursor *cursor);

/* The next len bytes, in place; NULL, and failed, when there are fewer. */
const uint8_t *svct_cursor_bytes(struct svct_cursor *cursor, size_t len);

#endif
