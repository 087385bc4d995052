/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "auth/digest.h"

#include <sodium.h>

#include "auth/secret.h"

static const unsigned char personal[crypto_generichash_blake2b_PERSONALBYTES] =
    {'s', 'v', 'c', 't', 'o', 'k', 'e', 'n',
     '-', 't', 'o', 'k', 'e', 'n', '-', '1'};

void svct_digest_token(const char *text, size_t len,
                       uint8_t ret_digest[SVCT_DIGEST_LEN])
{
    /* It fails for lengths that are not those of BLAKE2b only. */
    (void)crypto_generichash_blake2b_salt_personal(
        ret_digest, SVCT_DIGEST_LEN, (const unsigned char *)text, len, NULL, 0,
        NULL, personal);
    svct_secret_wipe_stack();
}

bool svct_digest_equal(const uint8_t a[SVCT_DIGEST_LEN],
                       const uint8_t b[SVCT_DIGEST_LEN])
{
    return sodium_memcmp(a, b, SVCT_DIGEST_LEN) == 0;
}
