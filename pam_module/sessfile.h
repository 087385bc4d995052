/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_PAM_SESSFILE_H
#define SVCT_PAM_SESSFILE_H

/*
 * The record of the session that this process opens, and the mark that the
 * session's programs carry.
 *
 * The record (auth/sessiondir.h) is for "svctoken session"; that it can't be
 * written, on a full, read-only or missing /run, is logged and costs nothing
 * else. The mark is SVCTOKEN_SESSION in the PAM environment: information, by
 * which programs are found that have left the session's process tree.
 */

#include "auth/sessiondir.h"
#include "auth/terms.h"
#include "facts.h"

#define SVCT_SESSFILE_DATA "svctoken.record"

/*
 * login->user is the account. token_id: "" for none. terms NULL: they could
 * not be read. ret_id gets the session's id, for the environment; "" when
 * none could be made. A session that this handle has open is closed first.
 * Never fails the login.
 */
void svct_sessfile_open(const struct svct_login *login, const char *token_id,
                        const struct svct_terms *terms, int64_t now,
                        char ret_id[SVCT_SESSION_ID_MAX + 1]);

/* Did this handle open one that was not closed? */
bool svct_sessfile_is_open(pam_handle_t *pamh);

/* Removes the record that this handle made; in a handle that does not know,
 * that of this process and login->user. */
void svct_sessfile_close(const struct svct_login *login);

#endif
