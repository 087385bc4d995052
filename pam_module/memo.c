/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "memo.h"

#include <unistd.h>

#include "auth/secret.h"
#include "base/buf.h"
#include "marker.h"

static void memo_free(pam_handle_t *pamh, void *data, int error_status)
{
    (void)pamh;
    (void)error_status;
    if (data != NULL)
        svct_secret_wipe(data, sizeof(struct svct_memo));
    free(data);
}

int svct_memo_put(pam_handle_t *pamh, const char *user, const char *token_id,
                  const uint8_t *digest)
{
    struct svct_memo *memo = calloc(1, sizeof *memo);

    if (memo == NULL)
        return SVCT_E_NOMEM;
    svct_buf_text(memo->user, sizeof memo->user, user);
    svct_buf_text(memo->token_id, sizeof memo->token_id, token_id);
    memo->has_digest = digest != NULL;
    if (digest != NULL)
        memcpy(memo->digest, digest, sizeof memo->digest);
    if (pam_set_data(pamh, SVCT_MEMO_DATA, memo, memo_free) != PAM_SUCCESS) {
        free(memo);
        return SVCT_E_NOMEM;
    }
    return 0;
}

const struct svct_memo *svct_memo_get(pam_handle_t *pamh)
{
    const void *data = NULL;

    if (pam_get_data(pamh, SVCT_MEMO_DATA, &data) != PAM_SUCCESS)
        return NULL;
    return data;
}

const struct svct_memo *svct_memo_of(pam_handle_t *pamh, const char *user)
{
    const struct svct_memo *memo = svct_memo_get(pamh);

    return memo != NULL && user != NULL && strcmp(memo->user, user) == 0 ? memo
                                                                         : NULL;
}

/* libpam logs the removal of a variable that is not there. */
void svct_memo_unmark(pam_handle_t *pamh)
{
    if (pam_getenv(pamh, SVCT_MEMO_ENV) != NULL)
        pam_putenv(pamh, SVCT_MEMO_ENV);
}

void svct_memo_forget(pam_handle_t *pamh)
{
    if (svct_memo_get(pamh) == NULL)
        return;
    pam_set_data(pamh, SVCT_MEMO_DATA, NULL, NULL);
    svct_memo_unmark(pamh);
}

int svct_memo_mark(pam_handle_t *pamh, const char *rundir, int64_t now,
                   struct svct_fault *fault)
{
    const struct svct_memo *memo = svct_memo_get(pamh);
    char text[sizeof SVCT_MEMO_ENV + SVCT_MARKER_TEXT] = SVCT_MEMO_ENV "=";
    size_t len = sizeof SVCT_MEMO_ENV; /* of name and "=" */
    uint8_t key[SVCT_MARKER_KEY_LEN];
    int err;

    if (memo == NULL)
        return SVCT_E_NOTFOUND;
    err = svct_marker_key(rundir, true, key, fault);
    if (err != 0)
        return err;
    err = svct_marker_format(&(struct svct_marker){memo->token_id, memo->user,
                                                   now, getpid(), getppid()},
                             key, text + len, sizeof text - len);
    svct_secret_wipe(key, sizeof key);
    if (err == 0 && pam_putenv(pamh, text) != PAM_SUCCESS)
        err = SVCT_E_NOMEM;
    return err;
}

int svct_memo_recover(pam_handle_t *pamh, const char *rundir, const char *user,
                      int64_t now, struct svct_fault *fault)
{
    const char *text = pam_getenv(pamh, SVCT_MEMO_ENV);
    char id[SVCT_TOKEN_ID_LEN + 1] = "";
    uint8_t key[SVCT_MARKER_KEY_LEN];
    int err, put;

    if (text == NULL)
        return SVCT_E_NOTFOUND;
    err = svct_secret_setup();
    if (err != 0)
        svct_fault_set(fault, err, 0, "libsodium can't be used");
    else
        err = svct_marker_key(rundir, false, key, fault);
    if (err == 0) {
        err = svct_marker_redeem(text, user, now, getpid(), key, id);
        svct_secret_wipe(key, sizeof key);
    }
    put = svct_memo_put(pamh, user, id, NULL);
    if (put != 0)
        return put;
    svct_memo_unmark(pamh);
    return err;
}
