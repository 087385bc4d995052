/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "auth/token.h"

#include <string.h>

#include "base/name.h"

#define PREFIX_LEN (sizeof(SVCT_TOKEN_PREFIX) - 1)
#define CHECK_LEN 6

_Static_assert(PREFIX_LEN + SVCT_TOKEN_ID_LEN + 1 + SVCT_TOKEN_SECRET_LEN ==
                   SVCT_TOKEN_BODY_LEN,
               "the parts make up the body");
_Static_assert(SVCT_TOKEN_BODY_LEN + CHECK_LEN == SVCT_TOKEN_LEN,
               "body and check make up the token");

const char svct_token_digits[62 + 1] =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static bool is_digit62(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
           (c >= 'a' && c <= 'z');
}

/* The first len characters of text are digits. Stops at a NUL. */
static bool all_digits62(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!is_digit62(text[i]))
            return false;
    }
    return true;
}

bool svct_token_is_id(const char *text)
{
    return text != NULL && all_digits62(text, SVCT_TOKEN_ID_LEN) &&
           text[SVCT_TOKEN_ID_LEN] == '\0';
}

bool svct_token_looks_like(const char *text)
{
    const char *id;

    if (text == NULL || strncmp(text, SVCT_TOKEN_PREFIX, PREFIX_LEN) != 0)
        return false;
    id = text + PREFIX_LEN;
    if (all_digits62(id, SVCT_TOKEN_ID_LEN) && id[SVCT_TOKEN_ID_LEN] == '_')
        return true;
    return strnlen(text, SVCT_LOGIN_MAX + 1) > SVCT_LOGIN_MAX;
}

/* Bit by bit: 59 bytes do not pay for a table. */
static uint32_t crc32(const char *bytes, size_t len)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < len; i++) {
        crc ^= (uint8_t)bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (UINT32_C(0xedb88320) & (0 - (crc & 1)));
    }
    return ~crc;
}

void svct_token_check(const char *body, char ret_check[6 + 1])
{
    uint32_t crc = crc32(body, SVCT_TOKEN_BODY_LEN);

    for (int i = CHECK_LEN - 1; i >= 0; i--) {
        ret_check[i] = svct_token_digits[crc % 62];
        crc /= 62;
    }
    ret_check[CHECK_LEN] = '\0';
}

static bool has_form(const char *text)
{
    const char *id = text + PREFIX_LEN;
    const char *secret = id + SVCT_TOKEN_ID_LEN + 1;

    return memcmp(text, SVCT_TOKEN_PREFIX, PREFIX_LEN) == 0 &&
           all_digits62(id, SVCT_TOKEN_ID_LEN) && secret[-1] == '_' &&
           all_digits62(secret, SVCT_TOKEN_SECRET_LEN + CHECK_LEN);
}

int svct_token_parse(const char *text, size_t len,
                     char ret_id[SVCT_TOKEN_ID_LEN + 1])
{
    char check[CHECK_LEN + 1];

    if (text == NULL || len != SVCT_TOKEN_LEN || !has_form(text))
        return SVCT_E_SYNTAX;
    svct_token_check(text, check);
    if (memcmp(text + SVCT_TOKEN_BODY_LEN, check, CHECK_LEN) != 0)
        return SVCT_E_SYNTAX;
    memcpy(ret_id, text + PREFIX_LEN, SVCT_TOKEN_ID_LEN);
    ret_id[SVCT_TOKEN_ID_LEN] = '\0';
    return 0;
}
