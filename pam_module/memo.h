/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_PAM_MEMO_H
#define SVCT_PAM_MEMO_H

/*
 * What the auth phase leaves for the later ones: which token opened this
 * login. It lives in the PAM handle (pam_set_data), where nobody but us can
 * put it, and, for hosts that lose that, as a marker in the PAM environment
 * (marker.h), which is believed only when it proves itself.
 *
 * memo->user is who presented the token. PAM_USER may be somebody else by
 * then: in sudo's session it is the target. A token_id of "" stands for a
 * marker that was refused: it can't be told with which token, if any, this
 * login began, and it must not have more for that.
 */

#include <security/pam_modules.h>

#include "auth/verify.h"

#define SVCT_MEMO_DATA "svctoken.session"
#define SVCT_MEMO_ENV "SVCTOKEN_MARK"

struct svct_memo {
    char user[SVCT_LOGIN_MAX + 1];
    char token_id[SVCT_TOKEN_ID_LEN + 1];
    bool has_digest; /* not by a marker, which does not carry it */
    uint8_t digest[SVCT_DIGEST_LEN]; /* of the secret that was presented */
};

/* Into the handle, in place of what is there. digest may be NULL.
 * SVCT_E_NOMEM. */
int svct_memo_put(pam_handle_t *pamh, const char *user, const char *token_id,
                  const uint8_t *digest);

/* From the handle; NULL when there is none. The handle's. */
const struct svct_memo *svct_memo_get(pam_handle_t *pamh);

/* From the handle, if it is about this user. */
const struct svct_memo *svct_memo_of(pam_handle_t *pamh, const char *user);

/* Takes memo and marker out of the handle, when there is a memo. */
void svct_memo_forget(pam_handle_t *pamh);

/* Takes the marker alone out. */
void svct_memo_unmark(pam_handle_t *pamh);

/* Adds the marker for a memo that was put. The login works without one. Needs
 * svct_secret_setup, which verifying the token did. */
int svct_memo_mark(pam_handle_t *pamh, const char *rundir, int64_t now,
                   struct svct_fault *fault);

/*
 * Turns the marker into a memo in the handle, one without a token id when it
 * is no good one for this user, and removes the variable. SVCT_E_NOTFOUND:
 * there was no marker, and so is no memo; SVCT_E_SYNTAX: it was not a good
 * one; or no key. SVCT_E_NOMEM without a memo: nothing is changed, and the
 * next one to ask may find the memory.
 */
int svct_memo_recover(pam_handle_t *pamh, const char *rundir, const char *user,
                      int64_t now, struct svct_fault *fault);

#endif
