/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "base/name.h"

#include <string.h>

/* By value: isalpha() and its kin ask the locale of whoever loaded us. */
static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_letter(char c)
{
    return is_lower(c) || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int check_length(const char *name, size_t max, size_t *ret_len)
{
    if (name == NULL || name[0] == '\0')
        return SVCT_E_SYNTAX;
    *ret_len = strnlen(name, max + 1);
    return *ret_len > max ? SVCT_E_TOOBIG : 0;
}

int svct_name_check_login(const char *name)
{
    size_t len = 0;
    int rc = check_length(name, SVCT_LOGIN_MAX, &len);

    if (rc < 0)
        return rc;
    if (!is_lower(name[0]) && name[0] != '_')
        return SVCT_E_SYNTAX;
    for (size_t i = 1; i < len; i++) {
        char c = name[i];

        if (c == '$' && i == len - 1)
            break;
        if (!is_lower(c) && !is_digit(c) && c != '_' && c != '-')
            return SVCT_E_SYNTAX;
    }
    return 0;
}

static bool is_word(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char c = text[i];

        if (!is_letter(c) && !is_digit(c) && c != '.' && c != '_' && c != '-')
            return false;
    }
    return true;
}

int svct_name_check_token(const char *name)
{
    size_t len = 0;
    int rc = check_length(name, SVCT_NAME_MAX, &len);

    if (rc < 0)
        return rc;
    if (!is_letter(name[0]) && !is_digit(name[0]))
        return SVCT_E_SYNTAX;
    return is_word(name, len) ? 0 : SVCT_E_SYNTAX;
}

int svct_name_check_role(const char *name)
{
    size_t len = 0;
    int rc = check_length(name, SVCT_ROLE_MAX, &len);

    if (rc < 0)
        return rc;
    if (!is_letter(name[0]))
        return SVCT_E_SYNTAX;
    return is_word(name, len) ? 0 : SVCT_E_SYNTAX;
}

int svct_name_check_group(const char *name)
{
    size_t len = 0;
    int rc = check_length(name, SVCT_GROUP_NAME_MAX, &len);

    if (rc < 0)
        return rc;
    if (!is_letter(name[0]) && name[0] != '_')
        return SVCT_E_SYNTAX;
    if (len > 1 && name[len - 1] == '$')
        len--;
    return is_word(name, len) ? 0 : SVCT_E_SYNTAX;
}

/* How many bytes follow a first byte of a UTF-8 sequence; its own bits go to
 * *ret_bits, the least code point that needs the length to *ret_least. */
static int utf8_follow(uint8_t first, uint32_t *ret_bits, uint32_t *ret_least)
{
    static const struct {
        uint8_t mask, lead, follow;
        uint32_t least;
    } forms[] = {
        {0x80, 0x00, 0, 0},
        {0xe0, 0xc0, 1, 0x80},
        {0xf0, 0xe0, 2, 0x800},
        {0xf8, 0xf0, 3, 0x10000},
    };

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if ((first & forms[i].mask) == forms[i].lead) {
            *ret_bits = first & (uint8_t)~forms[i].mask;
            *ret_least = forms[i].least;
            return forms[i].follow;
        }
    }
    return -1;
}

/* The NUL at the end is no continuation byte, so it is never passed. */
bool svct_name_next_point(const char **pos, uint32_t *ret_point)
{
    uint32_t point = 0;
    uint32_t least = 0;
    const char *p = *pos;
    int follow = utf8_follow((uint8_t)*p++, &point, &least);

    if (follow < 0)
        return false;
    for (; follow > 0; follow--, p++) {
        if (((uint8_t)*p & 0xc0) != 0x80)
            return false;
        point = point << 6 | ((uint8_t)*p & 0x3f);
    }
    if (point < least || point > 0x10ffff)
        return false;
    if (point >= 0xd800 && point <= 0xdfff)
        return false;
    *pos = p;
    *ret_point = point;
    return true;
}

bool svct_name_is_control(uint32_t point)
{
    return point < 0x20 || (point >= 0x7f && point <= 0x9f);
}

int svct_name_check_text(const char *text)
{
    uint32_t point = 0;

    if (text == NULL)
        return SVCT_E_SYNTAX;
    if (strnlen(text, SVCT_TEXT_MAX + 1) > SVCT_TEXT_MAX)
        return SVCT_E_TOOBIG;
    while (*text != '\0') {
        if (!svct_name_next_point(&text, &point) || svct_name_is_control(point))
            return SVCT_E_SYNTAX;
    }
    return 0;
}

int svct_name_check_path(const char *path)
{
    int r = svct_name_check_text(path);

    if (r != 0)
        return r;
    return path[0] == '/' && strchr(path, ':') == NULL ? 0 : SVCT_E_SYNTAX;
}

static bool is_plain(char c)
{
    return c > ' ' && c <= '~' && strchr("\"'`\\=", c) == NULL;
}

/* One byte as it is written; returns how many characters that are. */
static size_t escape_byte(char c, char ret_unit[4])
{
    static const char hex[] = "0123456789abcdef";

    if (is_plain(c)) {
        ret_unit[0] = c;
        return 1;
    }
    ret_unit[0] = '\\';
    ret_unit[1] = 'x';
    ret_unit[2] = hex[(uint8_t)c >> 4];
    ret_unit[3] = hex[(uint8_t)c & 15];
    return 4;
}

char *svct_name_escape(char *out, size_t size, const char *text)
{
    static const char cut[] = "...";
    size_t len = 0;
    size_t keep = 0; /* how much may stay so that the mark still fits */
    char unit[4];

    if (size < 2 * sizeof(cut)) {
        if (size > 0)
            out[0] = '\0';
        return out;
    }
    if (text == NULL || text[0] == '\0')
        text = "-";
    for (; *text != '\0'; text++) {
        size_t add = escape_byte(*text, unit);

        if (len + add >= size) {
            memcpy(out + keep, cut, sizeof(cut));
            return out;
        }
        memcpy(out + len, unit, add);
        len += add;
        if (len + sizeof(cut) <= size)
            keep = len;
    }
    out[len] = '\0';
    return out;
}
