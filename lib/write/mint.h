/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_WRITE_MINT_H
#define SVCT_WRITE_MINT_H

/* Making a new token: the only place where one comes into being. */

#include "auth/digest.h"
#include "auth/secret.h"
#include "auth/token.h"

/* Draws id and secret from the system's random source. ret_text is
 * initialised by this call and the caller's to svct_secret_done; on failure it
 * is untouched. SVCT_E_NOMEM, SVCT_E_IO. */
int svct_mint_token(struct svct_secret *ret_text,
                    char ret_id[SVCT_TOKEN_ID_LEN + 1],
                    uint8_t ret_digest[SVCT_DIGEST_LEN]);

/* The same for a token that has its id: another secret. SVCT_E_SYNTAX: that is
 * no id. */
int svct_mint_secret(const char *id, struct svct_secret *ret_text,
                     uint8_t ret_digest[SVCT_DIGEST_LEN]);

/* The same of given parts, for tests and golden files: id of
 * SVCT_TOKEN_ID_LEN, secret of SVCT_TOKEN_SECRET_LEN characters. After
 * svct_secret_setup. SVCT_E_SYNTAX, SVCT_E_NOMEM. */
int svct_mint_assemble(const char *id, const char *secret,
                       struct svct_secret *ret_text);

#endif
