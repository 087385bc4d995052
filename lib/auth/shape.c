/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "auth/shape.h"

/* A field this program does not know: refused, or carried along. */
static int keep_unknown(struct svct_extra *extra,
                        const struct svct_field *field)
{
    struct svct_buf buf;

    if (field->critical)
        return SVCT_E_VERSION;
    svct_buf_init(&buf, extra->data, sizeof extra->data);
    buf.len = extra->len;
    svct_buf_put_u16(&buf, (uint16_t)field->tag);
    svct_buf_put_u16(&buf, (uint16_t)field->len);
    svct_buf_put(&buf, field->data, field->len);
    if (buf.failed)
        return SVCT_E_VERSION; /* more than can be carried: hands off */
    extra->len = buf.len;
    return 0;
}

void svct_shape_put_extra(struct svct_record_writer *writer,
                          const struct svct_extra *extra)
{
    struct svct_cursor cursor;

    svct_cursor_init(&cursor, extra->data, extra->len);
    while (cursor.left > 0 && !cursor.failed) {
        unsigned tag = svct_cursor_u16(&cursor);
        size_t len = svct_cursor_u16(&cursor);
        const uint8_t *bytes = svct_cursor_bytes(&cursor, len);

        if (bytes != NULL)
            svct_record_put(writer, tag, bytes, len);
    }
}

int svct_shape_decode(struct svct_record *record,
                      const struct svct_shape *shape, void *entity,
                      struct svct_extra *ret_extra)
{
    struct svct_field field;
    uint32_t seen = 0, together;

    while (svct_record_next(record, &field)) {
        int r = shape->take(entity, &field);

        if (r == SVCT_SHAPE_UNKNOWN)
            r = keep_unknown(ret_extra, &field);
        if (r != 0)
            return r;
        if (field.tag < 32)
            seen |= SVCT_SHAPE_BIT(field.tag);
    }
    together = seen & shape->together;
    if ((seen & shape->needed) != shape->needed ||
        (together != 0 && together != shape->together))
        return SVCT_E_DAMAGED;
    return 0;
}
