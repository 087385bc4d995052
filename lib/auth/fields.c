/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "auth/fields.h"

#include <string.h>

/* ---- numbers ---- */

int svct_fields_get_bool(const struct svct_field *field, bool *ret_value)
{
    uint8_t value;

    if (svct_field_u8(field, &value) != 0 || value > 1)
        return SVCT_E_DAMAGED;
    *ret_value = value != 0;
    return 0;
}

int svct_fields_get_time(const struct svct_field *field, int64_t *ret_time)
{
    uint64_t value;

    if (svct_field_u64(field, &value) != 0 || value > INT64_MAX)
        return SVCT_E_DAMAGED;
    *ret_time = (int64_t)value;
    return 0;
}

void svct_fields_put_time(struct svct_record_writer *writer, unsigned tag,
                          int64_t time)
{
    svct_record_put_u64(writer, tag, (uint64_t)time);
}

/* ---- sources ---- */

/* A prefix with bits behind it would match other addresses than it shows. */
static bool ends_in_zeros(const uint8_t *bytes, size_t len, unsigned prefix)
{
    for (size_t bit = prefix; bit < len * 8; bit++)
        if ((bytes[bit / 8] & (0x80 >> bit % 8)) != 0)
            return false;
    return true;
}

/* local u8, then for each prefix: family u8, prefix u8, 4 or 16 bytes. */
int svct_fields_get_sources(const struct svct_field *field,
                            struct svct_sources *ret_sources)
{
    struct svct_sources sources = {.count = 0};
    struct svct_cursor cursor;
    uint8_t local;

    svct_cursor_init(&cursor, field->data, field->len);
    local = svct_cursor_u8(&cursor);
    sources.local = local == 1;
    while (cursor.left > 0 && sources.count < SVCT_SOURCES_MAX) {
        struct svct_cidr *cidr = &sources.item[sources.count++];
        const uint8_t *bytes;
        size_t len;

        cidr->addr.family = svct_cursor_u8(&cursor);
        cidr->prefix = svct_cursor_u8(&cursor);
        len = cidr->addr.family == 4 ? 4 : 16;
        bytes = svct_cursor_bytes(&cursor, len);
        if (bytes == NULL || cidr->prefix > len * 8 ||
            (cidr->addr.family != 4 && cidr->addr.family != 6) ||
            !ends_in_zeros(bytes, len, cidr->prefix))
            return SVCT_E_DAMAGED;
        memcpy(cidr->addr.bytes, bytes, len);
    }
    if (cursor.failed || cursor.left > 0 || local > 1)
        return SVCT_E_DAMAGED;
    *ret_sources = sources;
    return 0;
}

void svct_fields_put_sources(struct svct_record_writer *writer, unsigned tag,
                             const struct svct_sources *sources)
{
    uint8_t bytes[1 + SVCT_SOURCES_MAX * 18];
    struct svct_buf buf;

    if (sources->count > SVCT_SOURCES_MAX) {
        writer->fields.failed = true;
        return;
    }
    svct_buf_init(&buf, bytes, sizeof bytes);
    svct_buf_put_u8(&buf, sources->local);
    for (size_t i = 0; i < sources->count; i++) {
        const struct svct_cidr *cidr = &sources->item[i];

        svct_buf_put_u8(&buf, cidr->addr.family);
        svct_buf_put_u8(&buf, cidr->prefix);
        svct_buf_put(&buf, cidr->addr.bytes, cidr->addr.family == 4 ? 4 : 16);
    }
    svct_record_put(writer, tag, bytes, buf.len);
}

/* ---- patterns ---- */

int svct_fields_get_globs(const struct svct_field *field,
                          struct svct_globs *ret_globs)
{
    struct svct_globs globs = {.count = 0};
    struct svct_cursor cursor;

    svct_cursor_init(&cursor, field->data, field->len);
    while (cursor.left > 0) {
        char *item;

        if (globs.count == SVCT_GLOBS_MAX)
            return SVCT_E_DAMAGED;
        item = globs.item[globs.count++];
        if (!svct_words_get_one(&cursor, item, sizeof globs.item[0]) ||
            svct_glob_check(item) != 0)
            return SVCT_E_DAMAGED;
    }
    *ret_globs = globs;
    return 0;
}

void svct_fields_put_globs(struct svct_record_writer *writer, unsigned tag,
                           const struct svct_globs *globs)
{
    uint8_t bytes[SVCT_GLOBS_MAX * (1 + SVCT_GLOB_MAX)];
    struct svct_buf buf;

    if (globs->count > SVCT_GLOBS_MAX) {
        writer->fields.failed = true;
        return;
    }
    svct_buf_init(&buf, bytes, sizeof bytes);
    for (size_t i = 0; i < globs->count; i++)
        svct_words_put_one(&buf, globs->item[i]);
    svct_record_put(writer, tag, bytes, buf.len);
}
