/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_AUTH_DIGEST_H
#define SVCT_AUTH_DIGEST_H

/*
 * What is stored of a token: BLAKE2b-256 of its whole text, without a key or
 * salt, personalised "svctoken-token-1". A fast hash is right here: the
 * secret has 256 bits of entropy, there is nothing to guess.
 */

#include "base/err.h"

#define SVCT_DIGEST_LEN 32

/* Leaves nothing of the text in memory of its own. */
void svct_digest_token(const char *text, size_t len,
                       uint8_t ret_digest[SVCT_DIGEST_LEN]);

/* In constant time. */
bool svct_digest_equal(const uint8_t a[SVCT_DIGEST_LEN],
                       const uint8_t b[SVCT_DIGEST_LEN]);

#endif
