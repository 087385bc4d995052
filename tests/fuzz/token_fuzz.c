/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

/*
 * Any bytes as a token. What is taken is one that mint makes of its own parts,
 * byte for byte; everything shorter, longer or with its check changed is not.
 */

#include <stdlib.h>
#include <string.h>

#include "auth/digest.h"
#include "auth/secret.h"
#include "auth/token.h"
#include "base/name.h"
#include "write/mint.h"
#include "fuzz.h"

static void check_good(const char *text, const char *id)
{
    char secret[SVCT_TOKEN_SECRET_LEN + 1] = "";
    char other[SVCT_TOKEN_ID_LEN + 1];
    char copy[SVCT_TOKEN_LEN];
    struct svct_secret again;
    uint8_t a[SVCT_DIGEST_LEN], b[SVCT_DIGEST_LEN];

    MUST(svct_token_is_id(id));
    MUST(svct_token_looks_like(text));
    memcpy(secret, text + 16, SVCT_TOKEN_SECRET_LEN);
    MUST(svct_mint_assemble(id, secret, &again) == 0);
    MUST(again.len == SVCT_TOKEN_LEN);
    MUST(memcmp(again.text, text, SVCT_TOKEN_LEN) == 0);
    svct_digest_token(text, SVCT_TOKEN_LEN, a);
    svct_digest_token(again.text, again.len, b);
    MUST(svct_digest_equal(a, b));
    svct_secret_done(&again);
    memcpy(copy, text, sizeof(copy));
    copy[SVCT_TOKEN_LEN - 1] ^= 1;
    MUST(svct_token_parse(copy, sizeof(copy), other) == SVCT_E_SYNTAX);
    MUST(svct_token_parse(text, SVCT_TOKEN_LEN - 1, other) == SVCT_E_SYNTAX);
}

/* The same bytes with a check that is right: taken just when all of it is of
 * the form. */
static void check_mended(const uint8_t *data)
{
    char text[SVCT_TOKEN_LEN + 1] = "";
    char id[SVCT_TOKEN_ID_LEN + 1];

    memcpy(text, data, SVCT_TOKEN_BODY_LEN);
    svct_token_check(text, text + SVCT_TOKEN_BODY_LEN);
    if (svct_token_parse(text, SVCT_TOKEN_LEN, id) == 0)
        check_good(text, id);
}

/* Whatever came in: in one line it is printable, and no pair of its own. */
static void check_escaped(const char *text)
{
    char out[100];

    svct_name_escape(out, sizeof(out), text);
    MUST(out[0] != '\0' && strlen(out) < sizeof(out));
    for (const char *c = out; *c != '\0'; c++)
        MUST(*c > ' ' && *c <= '~' && *c != '=' && *c != '"');
    if (svct_name_check_login(text) == 0 || svct_name_check_token(text) == 0)
        MUST(strcmp(out, text) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char id[SVCT_TOKEN_ID_LEN + 1] = "none";
    char *text;

    if (svct_secret_setup() < 0)
        return 0;
    text = malloc(size + 1);
    MUST(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    if (svct_token_parse(text, size, id) == 0) {
        MUST(size == SVCT_TOKEN_LEN);
        check_good(text, id);
    } else {
        MUST(strcmp(id, "none") == 0);
    }
    if (size >= SVCT_TOKEN_BODY_LEN)
        check_mended(data);
    (void)svct_token_looks_like(text);
    (void)svct_name_check_text(text);
    check_escaped(text);
    free(text);
    return 0;
}
