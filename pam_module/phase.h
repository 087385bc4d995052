/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_PAM_PHASE_H
#define SVCT_PAM_PHASE_H

/*
 * What the module does in each phase; each returns its PAM code. For somebody
 * who is no service account they do nothing at all: no prompt, no line in the
 * log, nothing in the PAM handle.
 *
 *                  ours, and may   ours, may not       not ours
 *     authenticate SUCCESS         AUTH_ERR            USER_UNKNOWN
 *     setcred      SUCCESS         CRED_ERR            USER_UNKNOWN
 *     account      SUCCESS         ACCT_EXPIRED, ...   IGNORE
 *     open, close  SUCCESS         (does not decide)   IGNORE
 *     chauthtok                    PERM_DENIED         IGNORE
 *
 * A database that can't tell gives AUTHINFO_UNAVAIL in authenticate, and in
 * account and chauthtok for those whom "names" lists; there the others get
 * IGNORE. A wrong option gives SERVICE_ERR, to service accounts only.
 */

#include <security/pam_modules.h>

int svct_phase_authenticate(pam_handle_t *pamh, int argc, const char **argv);

/*
 * Never IGNORE: where no authentication froze the chain (keyboard-interactive,
 * public key) that ends the login under default=die. SUCCESS too when the
 * token was used in this handle and PAM_USER has changed since (sudo).
 *
 * When a token with a role cap was used, and unless credentials are deleted,
 * takes the process out of the Unix groups beyond the token's role. Any number
 * of times. What that can't be told for is taken out of all of them, and gets
 * CRED_ERR: a session must not have more in silence. A session marker that
 * nobody has redeemed so far is, so that the groups do not depend on a session
 * line, nor on what modules before it put into the environment.
 */
int svct_phase_setcred(pam_handle_t *pamh, int flags, int argc,
                       const char **argv);

/* All rules that need no secret; those of the token as well when one was used
 * in this handle: it may have been revoked meanwhile, or its secret
 * replaced. */
int svct_phase_account(pam_handle_t *pamh, int argc, const char **argv);

/*
 * SVCTOKEN_ACCOUNT, SVCTOKEN_ROLE and, when a token was used, SVCTOKEN_TOKEN
 * (its name) into the PAM environment. Information for the user's programs,
 * never evidence.
 *
 * When PAM_USER is a service account (sudo may have changed it to somebody
 * else) this is a session of that account: it gets a limit of its run time,
 * for pam_systemd behind us, a record under /run, SVCTOKEN_SESSION, and,
 * unless PAM_SILENT, a word about an end that is near. Close removes the
 * record. What of this can't be done is logged, and costs nothing else.
 */
int svct_phase_open_session(pam_handle_t *pamh, int flags, int argc,
                            const char **argv);
int svct_phase_close_session(pam_handle_t *pamh, int argc, const char **argv);

/* There is no password to change: says so, unless PAM_SILENT, and refuses in
 * the preliminary check. */
int svct_phase_chauthtok(pam_handle_t *pamh, int flags, int argc,
                         const char **argv);

#endif
