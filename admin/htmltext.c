/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "htmltext.h"

#include "base/name.h"

/* The joiners of U+200C and U+200D are part of how some languages are written.
 */
static bool is_hidden(uint32_t point)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0x00, 0x1f},       {0x7f, 0x9f},     {0xad, 0xad},
        {0x61c, 0x61c},     {0x180e, 0x180e}, {0x200b, 0x200b},
        {0x200e, 0x200f},   {0x2028, 0x202e}, {0x2060, 0x206f},
        {0xfeff, 0xfeff},   {0xfff9, 0xfffb}, {0xfffe, 0xffff},
        {0xe0000, 0xe0fff},
    };

    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        if (point >= ranges[i].first && point <= ranges[i].last)
            return true;
    }
    return (point & 0xfffe) == 0xfffe; /* of any plane: no character */
}

/* NULL: it may stand as it is. */
static const char *entity(uint32_t point)
{
    switch (point) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

static void put_point(uint32_t point, const char *bytes, size_t len, FILE *file)
{
    const char *name = entity(point);

    if (name != NULL)
        fputs(name, file);
    else if (is_hidden(point))
        fprintf(file, "\\u{%lx}", (unsigned long)point);
    else
        fwrite(bytes, 1, len, file);
}

void svct_htmltext_put(const char *text, FILE *file)
{
    while (*text != '\0') {
        const char *behind = text;
        uint32_t point;

        if (svct_name_next_point(&behind, &point)) {
            put_point(point, text, (size_t)(behind - text), file);
            text = behind;
        } else {
            fprintf(file, "\\x%02x", (unsigned)(uint8_t)*text++);
        }
    }
}
