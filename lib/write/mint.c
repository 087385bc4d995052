/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/mint.h"

#include <sodium.h>
#include <string.h>

static char draw_digit(void)
{
    return svct_token_digits[randombytes_uniform(62)];
}

static int append_text(struct svct_secret *secret, const char *text)
{
    return svct_secret_append(secret, text, strlen(text));
}

/* Appends the check to a body that is complete. */
static int append_check(struct svct_secret *text)
{
    char check[SVCT_TOKEN_LEN - SVCT_TOKEN_BODY_LEN + 1];
    int rc;

    svct_token_check(text->text, check);
    rc = append_text(text, check);
    svct_secret_wipe(check, sizeof(check));
    return rc;
}

/* secret NULL: drawn, character by character, into its guarded place. */
static int append_secret(struct svct_secret *text, const char *secret)
{
    int rc = 0;

    if (secret != NULL)
        return append_text(text, secret);
    for (int i = 0; i < SVCT_TOKEN_SECRET_LEN && rc == 0; i++) {
        char digit = draw_digit();

        rc = svct_secret_append(text, &digit, 1);
    }
    return rc;
}

static int fill(struct svct_secret *text, const char *id, const char *secret)
{
    char parsed[SVCT_TOKEN_ID_LEN + 1];
    int rc = append_text(text, SVCT_TOKEN_PREFIX);

    if (rc == 0)
        rc = append_text(text, id);
    if (rc == 0)
        rc = append_text(text, "_");
    if (rc == 0)
        rc = append_secret(text, secret);
    if (rc == 0)
        rc = append_check(text);
    if (rc == 0)
        rc = svct_token_parse(text->text, text->len, parsed);
    return rc;
}

static int assemble(const char *id, const char *secret,
                    struct svct_secret *ret_text)
{
    struct svct_secret text = {0};
    int rc = svct_secret_init(&text, SVCT_TOKEN_LEN);

    if (rc < 0)
        return rc;
    rc = fill(&text, id, secret);
    if (rc < 0)
        svct_secret_done(&text);
    else
        *ret_text = text;
    svct_secret_wipe_stack();
    return rc;
}

int svct_mint_assemble(const char *id, const char *secret,
                       struct svct_secret *ret_text)
{
    if (!svct_token_is_id(id) || secret == NULL ||
        strlen(secret) != SVCT_TOKEN_SECRET_LEN)
        return SVCT_E_SYNTAX;
    return assemble(id, secret, ret_text);
}

int svct_mint_secret(const char *id, struct svct_secret *ret_text,
                     uint8_t ret_digest[SVCT_DIGEST_LEN])
{
    int rc = svct_token_is_id(id) ? svct_secret_setup() : SVCT_E_SYNTAX;

    if (rc == 0)
        rc = assemble(id, NULL, ret_text);
    if (rc == 0)
        svct_digest_token(ret_text->text, ret_text->len, ret_digest);
    return rc;
}

int svct_mint_token(struct svct_secret *ret_text,
                    char ret_id[SVCT_TOKEN_ID_LEN + 1],
                    uint8_t ret_digest[SVCT_DIGEST_LEN])
{
    char id[SVCT_TOKEN_ID_LEN + 1] = "";
    int rc = svct_secret_setup();

    if (rc < 0)
        return rc;
    for (int i = 0; i < SVCT_TOKEN_ID_LEN; i++)
        id[i] = draw_digit();
    rc = svct_mint_secret(id, ret_text, ret_digest);
    if (rc == 0)
        memcpy(ret_id, id, sizeof(id));
    return rc;
}
