/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The least that a login with a token can cost, for tests/bench/login to
 * measure pam_svctoken beside. It is not to be used: it opens the database,
 * fetches one record, hashes once and compares. It asks for no owner, account,
 * role, time or source, checks nothing that it reads, logs and notes nothing.
 *
 *     auth required pam_reference.so FILE     a private.gdbm
 */
#include <config.h>

#include <gdbm.h>
#include <security/pam_modules.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define ID_AT 5 /* in the text of a token */
#define ID_LEN 10
#define TOKEN_LEN 65
#define DIGEST_LEN 32

int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc,
                        const char **argv);
int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv);

static char *ask(pam_handle_t *pamh)
{
    const struct pam_message message = {PAM_PROMPT_ECHO_OFF, "Password: "};
    const struct pam_message *messages = &message;
    struct pam_response *response = NULL;
    const struct pam_conv *conv;
    const void *item = NULL;
    char *text;

    if (pam_get_item(pamh, PAM_CONV, &item) != PAM_SUCCESS || item == NULL)
        return NULL;
    conv = item;
    if (conv->conv(1, &messages, &response, conv->appdata_ptr) != PAM_SUCCESS ||
        response == NULL)
        return NULL;
    text = response->resp;
    free(response);
    return text;
}

static void digest_of(const char *text, uint8_t ret_digest[DIGEST_LEN])
{
    static const uint8_t salt[crypto_generichash_blake2b_SALTBYTES];

    crypto_generichash_blake2b_salt_personal(
        ret_digest, DIGEST_LEN, (const uint8_t *)text, TOKEN_LEN, NULL, 0, salt,
        (const uint8_t *)"svctoken-token-1");
}

/* The hash is somewhere in the record. */
static bool is_in(const char *path, const char *text)
{
    char id[1 + ID_LEN] = "T";
    datum key = {id, sizeof(id)};
    uint8_t digest[DIGEST_LEN];
    datum found;
    bool right;
    GDBM_FILE file =
        gdbm_open(path, 0, GDBM_READER | GDBM_NOLOCK | GDBM_NOMMAP, 0, NULL);

    if (file == NULL)
        return false;
    memcpy(id + 1, text + ID_AT, ID_LEN);
    found = gdbm_fetch(file, key);
    digest_of(text, digest);
    right = found.dptr != NULL && memmem(found.dptr, (size_t)found.dsize,
                                         digest, sizeof(digest)) != NULL;
    free(found.dptr);
    gdbm_close(file);
    return right;
}

int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc,
                        const char **argv)
{
    char *text = ask(pamh);
    bool right;

    (void)flags;
    right = argc == 1 && text != NULL && strlen(text) == TOKEN_LEN &&
            sodium_init() >= 0 && is_in(argv[0], text);
    free(text);
    return right ? PAM_SUCCESS : PAM_AUTH_ERR;
}

int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    (void)pamh;
    (void)flags;
    (void)argc;
    (void)argv;
    return PAM_SUCCESS;
}
