/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "linevalue.h"

/* The half of linevalue.h that writes. */

static const void *at(const struct svct_linekey *key, const void *base)
{
    return (const char *)base + key->offset;
}

static void put(struct svct_buf *out, const char *text)
{
    svct_buf_put(out, text, strlen(text));
}

/* The texts have no control characters. */
void svct_linevalue_quote(struct svct_buf *out, const char *text)
{
    svct_buf_put_u8(out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            svct_buf_put_u8(out, '\\');
        svct_buf_put_u8(out, (uint8_t)*text);
    }
    svct_buf_put_u8(out, '"');
}

static void put_hex(struct svct_buf *out, const uint8_t *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";

    svct_buf_put_u8(out, '"');
    for (size_t i = 0; i < len; i++) {
        svct_buf_put_u8(out, (uint8_t)digits[bytes[i] >> 4]);
        svct_buf_put_u8(out, (uint8_t)digits[bytes[i] & 15]);
    }
    svct_buf_put_u8(out, '"');
}

static uint64_t number_of(const struct svct_linekey *key, const void *base)
{
    switch (key->type) {
    case SVCT_VALUE_U16:
        return *(const uint16_t *)at(key, base);
    case SVCT_VALUE_U32:
    case SVCT_VALUE_UID:
    case SVCT_VALUE_GID:
        return *(const uint32_t *)at(key, base);
    case SVCT_VALUE_FLAG:
        return *(const bool *)at(key, base);
    default:
        return *(const uint64_t *)at(key, base);
    }
}

static void put_number(struct svct_buf *out, uint64_t number)
{
    char text[24];

    snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
    put(out, text);
}

static void put_time(struct svct_buf *out, int64_t time)
{
    char text[40];

    svct_linevalue_quote(out, svct_time_format(text, sizeof(text), time));
}

static void put_word(struct svct_buf *out, size_t index, const char *word)
{
    if (index > 0)
        svct_buf_put_u8(out, ',');
    svct_linevalue_quote(out, word);
}

static void put_sources(struct svct_buf *out,
                        const struct svct_sources *sources)
{
    char text[SVCT_CIDR_TEXT];

    for (size_t i = 0; i < sources->count; i++)
        put_word(out, i,
                 svct_cidr_format(text, sizeof(text), &sources->item[i]));
    if (sources->local)
        put_word(out, sources->count, "local");
}

static void put_gids(struct svct_buf *out, const struct svct_role *role)
{
    for (size_t i = 0; i < role->groups_count; i++) {
        if (i > 0)
            svct_buf_put_u8(out, ',');
        put_number(out, role->gids[i]);
    }
}

static void put_list(const struct svct_linekey *key, const void *base,
                     struct svct_buf *out)
{
    svct_buf_put_u8(out, '[');
    if (key->type == SVCT_VALUE_SOURCES) {
        put_sources(out, at(key, base));
    } else if (key->type == SVCT_VALUE_GIDS) {
        put_gids(out, at(key, base));
    } else if (key->type == SVCT_VALUE_GLOBS) {
        const struct svct_globs *globs = at(key, base);

        for (size_t i = 0; i < globs->count; i++)
            put_word(out, i, globs->item[i]);
    } else {
        const struct svct_role *role = at(key, base);

        for (size_t i = 0; i < role->groups_count; i++)
            put_word(out, i, role->groups[i]);
    }
    svct_buf_put_u8(out, ']');
}

static bool list_is_empty(const struct svct_linekey *key, const void *base)
{
    const struct svct_sources *sources = at(key, base);

    switch (key->type) {
    case SVCT_VALUE_SOURCES:
        return sources->count == 0 && !sources->local;
    case SVCT_VALUE_GLOBS:
        return ((const struct svct_globs *)at(key, base))->count == 0;
    default:
        return ((const struct svct_role *)at(key, base))->groups_count == 0;
    }
}

static bool is_zero(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != 0)
            return false;
    }
    return true;
}

bool svct_linevalue_is_empty(const struct svct_linekey *key, const void *base)
{
    switch (key->type) {
    case SVCT_VALUE_SOURCES:
    case SVCT_VALUE_GLOBS:
    case SVCT_VALUE_GROUPS:
    case SVCT_VALUE_GIDS:
        return list_is_empty(key, base);
    case SVCT_VALUE_HASH:
        return is_zero(at(key, base), SVCT_DIGEST_LEN);
    case SVCT_VALUE_EXTRA:
        return ((const struct svct_extra *)at(key, base))->len == 0;
    case SVCT_VALUE_LOGIN:
    case SVCT_VALUE_NAME:
    case SVCT_VALUE_ROLE:
    case SVCT_VALUE_ID:
    case SVCT_VALUE_PATH:
    case SVCT_VALUE_TEXT:
        return *(const char *)at(key, base) == '\0';
    default:
        return number_of(key, base) == 0;
    }
}

int svct_linevalue_write(const struct svct_linekey *key, const void *base,
                         struct svct_buf *out)
{
    const struct svct_extra *extra = at(key, base);

    switch (key->type) {
    case SVCT_VALUE_SOURCES:
    case SVCT_VALUE_GLOBS:
    case SVCT_VALUE_GROUPS:
    case SVCT_VALUE_GIDS:
        put_list(key, base, out);
        return 0;
    case SVCT_VALUE_HASH:
        put_hex(out, at(key, base), SVCT_DIGEST_LEN);
        return 0;
    case SVCT_VALUE_EXTRA:
        put_hex(out, extra->data, extra->len);
        return 0;
    case SVCT_VALUE_FLAG:
        put(out, number_of(key, base) != 0 ? "true" : "false");
        return 0;
    case SVCT_VALUE_TIME:
    case SVCT_VALUE_END:
        put_time(out, *(const int64_t *)at(key, base));
        return 0;
    case SVCT_VALUE_LOGIN:
    case SVCT_VALUE_NAME:
    case SVCT_VALUE_ROLE:
    case SVCT_VALUE_ID:
    case SVCT_VALUE_PATH:
    case SVCT_VALUE_TEXT:
        if (svct_name_check_text(at(key, base)) != 0)
            return SVCT_E_DAMAGED;
        svct_linevalue_quote(out, at(key, base));
        return 0;
    default:
        put_number(out, number_of(key, base));
        return 0;
    }
}
