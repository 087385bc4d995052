/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "base/parse.h"

#include <string.h>

#define DIGITS_MAX 20 /* of UINT64_MAX */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool add_digit(uint64_t *value, unsigned digit)
{
    if (*value > (UINT64_MAX - digit) / 10)
        return false;
    *value = *value * 10 + digit;
    return true;
}

int svct_parse_digits(const char **pos, const char *end, uint64_t max,
                      uint64_t *ret_value)
{
    const char *p = *pos;
    uint64_t value = 0;

    if (p == end || !is_digit(*p))
        return SVCT_E_SYNTAX;
    for (; p < end && is_digit(*p); p++) {
        if (p - *pos >= DIGITS_MAX || !add_digit(&value, (unsigned)(*p - '0')))
            return SVCT_E_RANGE;
    }
    if (value > max)
        return SVCT_E_RANGE;
    *pos = p;
    *ret_value = value;
    return 0;
}

int svct_parse_number(const char *text, uint64_t min, uint64_t max,
                      uint64_t *ret_value)
{
    const char *pos = text;
    const char *end;
    uint64_t value = 0;
    int rc;

    if (text == NULL)
        return SVCT_E_SYNTAX;
    end = text + strlen(text);
    rc = svct_parse_digits(&pos, end, UINT64_MAX, &value);
    if (rc < 0)
        return rc;
    if (pos != end)
        return SVCT_E_SYNTAX;
    if (value < min || value > max)
        return SVCT_E_RANGE;
    *ret_value = value;
    return 0;
}
