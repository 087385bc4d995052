/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "prompt.h"

#include "auth/secret.h"
#include "auth/token.h"

/*
 * Not by pam_prompt(), which logs a line of its own when the user gives up. A
 * response that comes with a failure belongs to nobody: it is left alone.
 */
static int converse(pam_handle_t *pamh, char **ret_text)
{
    const struct pam_message message = {PAM_PROMPT_ECHO_OFF, SVCT_PROMPT};
    const struct pam_message *messages = &message;
    struct pam_response *response = NULL;
    const struct pam_conv *conv;
    const void *item = NULL;
    int code;

    if (pam_get_item(pamh, PAM_CONV, &item) != PAM_SUCCESS || item == NULL)
        return PAM_AUTH_ERR;
    conv = item;
    if (conv->conv == NULL)
        return PAM_AUTH_ERR;
    code = conv->conv(1, &messages, &response, conv->appdata_ptr);
    if (code != PAM_SUCCESS)
        return code == PAM_CONV_AGAIN ? PAM_CONV_AGAIN : PAM_AUTH_ERR;
    if (response == NULL)
        return PAM_AUTH_ERR;
    *ret_text = response->resp;
    free(response);
    return *ret_text != NULL ? PAM_SUCCESS : PAM_AUTH_ERR;
}

/* The password that a module before us has asked for, not ours to wipe. */
static const char *typed_before(pam_handle_t *pamh,
                                const struct svct_options *options)
{
    const void *item = NULL;
    const char *text;
    char id[SVCT_TOKEN_ID_LEN + 1];

    if (!options->use_first_pass && !options->try_first_pass)
        return NULL;
    if (pam_get_item(pamh, PAM_AUTHTOK, &item) != PAM_SUCCESS)
        return NULL;
    text = item;
    if (text == NULL || options->use_first_pass)
        return text;
    return svct_token_parse(text, strlen(text), id) == 0 ? text : NULL;
}

int svct_prompt_get(pam_handle_t *pamh, const struct svct_options *options,
                    struct svct_answer *ret_answer)
{
    int code;

    ret_answer->owned = NULL;
    ret_answer->text = typed_before(pamh, options);
    if (ret_answer->text != NULL)
        return PAM_SUCCESS;
    if (options->use_first_pass)
        return PAM_AUTH_ERR;
    code = converse(pamh, &ret_answer->owned);
    ret_answer->text = ret_answer->owned;
    return code;
}

void svct_prompt_done(struct svct_answer *answer)
{
    if (answer->owned != NULL)
        svct_secret_wipe(answer->owned, strlen(answer->owned));
    free(answer->owned);
    answer->owned = NULL;
    answer->text = NULL;
}
