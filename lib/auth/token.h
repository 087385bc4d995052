/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_AUTH_TOKEN_H
#define SVCT_AUTH_TOKEN_H

/*
 * The text of a token:
 *
 *     svct_ + id (10) + _ + secret (43) + check (6)       65 bytes in all
 *
 * with id, secret and check of [0-9A-Za-z]. The id is public, the secret is
 * 43 characters drawn evenly from 62 (256 bits). The check is the CRC-32
 * (IEEE) of the 59 bytes before it, in base 62 with the digits in the order
 * 0-9 A-Z a-z, most significant first, six digits. It tells typing errors and
 * other people's passwords from tokens before any database is opened; it
 * protects nothing.
 */

#include "base/err.h"

#define SVCT_TOKEN_PREFIX "svct_"
#define SVCT_TOKEN_ID_LEN 10
#define SVCT_TOKEN_SECRET_LEN 43
#define SVCT_TOKEN_LEN 65

/* What is left of the text before the check. */
#define SVCT_TOKEN_BODY_LEN 59

/* The digits of base 62, and a NUL. */
extern const char svct_token_digits[62 + 1];

/* Is it a token id by form? */
bool svct_token_is_id(const char *text);

/*
 * May there be a secret in it? For refusing secrets where none belong. So it
 * is for all that begins with the prefix and an id and "_", and for all that
 * begins with the prefix and is longer than a login name may be (a token with
 * a slip in it). "svct_backup" is a login name.
 */
bool svct_token_looks_like(const char *text);

/* Is text, len bytes, a whole token with a right check? Then its id goes to
 * ret_id with a NUL. SVCT_E_SYNTAX otherwise, one code for every way. */
int svct_token_parse(const char *text, size_t len,
                     char ret_id[SVCT_TOKEN_ID_LEN + 1]);

/* The six characters of the check for a body of SVCT_TOKEN_BODY_LEN bytes,
 * and a NUL. */
void svct_token_check(const char *body, char ret_check[6 + 1]);

#endif
