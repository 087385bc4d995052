/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_PAM_REPLY_H
#define SVCT_PAM_REPLY_H

/*
 * The answer to PAM, and the one line in the log that goes with it. Everything
 * that comes from outside is escaped and cut there; a presented text never
 * gets there.
 *
 *     granted user=deploy token=ci id=4fK2... role=Editor service=sshd
 *         rhost=192.0.2.7
 *     granted user=deploy token=ci ... rhost=192.0.2.7 superseded=yes
 *         until=2027-01-31T12:00:00Z
 *     granted user=deploy ... rhost=192.0.2.7 use=3/10
 *     denied reason=token_expired user=deploy ...
 *     denied reason=token_used_up user=deploy ... rhost=192.0.2.7 use=10/10
 *     denied reason=usage_unavailable user=deploy ... rhost=192.0.2.7: <why>
 *     denied reason=account_disabled phase=account user=deploy ...
 *     undecided phase=auth user=deploy service=sshd rhost=-: <why>
 *
 * The two last words are there when it was the secret before a rotation.
 * admin/loginline.h reads these lines again: what is added goes behind rhost,
 * or there as well.
 *
 * Levels: INFO granted, NOTICE denied, ERR a wrong option or this process may
 * not read the database, CRIT no memory, ALERT a database that is damaged,
 * unsafe, unreadable, of a newer version or gone. Grants of the account phase
 * are logged with "debug" only: there every SSH key and sudo ticket passes.
 */

#include "facts.h"

/* The two phases that decide. The return value is for PAM. */
int svct_reply_auth(const struct svct_login *login,
                    const struct svct_outcome *outcome);
int svct_reply_account(const struct svct_login *login,
                       const struct svct_outcome *outcome);

/*
 * A decision that could not be made, by error and fault: PAM_AUTHINFO_UNAVAIL,
 * and PAM_SERVICE_ERR for an option that names no role.
 */
int svct_reply_error(const struct svct_login *login, int error,
                     const struct svct_fault *fault);

/*
 * It could not be told whose login it is: PAM_AUTHINFO_UNAVAIL. For somebody
 * who is not listed, a database that is not there (never set up) or not for
 * this process to read is no news: a line with "debug" only.
 */
int svct_reply_unknown(const struct svct_login *login);

/* PAM_SERVICE_ERR, with login->options.error in the log. */
int svct_reply_bad_option(const struct svct_login *login);

/* Nothing was typed, the conversation failed, or went on for another user:
 * PAM_AUTH_ERR. */
int svct_reply_no_answer(const struct svct_login *login);

/* A line at the level warning: something beside the decision was not done. In
 * a process that is not root, which can't do it, with "debug" only. */
void svct_reply_warning(const struct svct_login *login, const char *what,
                        const char *detail);

/* Groups could not be taken away, by error and fault: PAM_CRED_ERR, and a
 * line "undecided". */
int svct_reply_no_groups(const struct svct_login *login, int error,
                         const struct svct_fault *fault);

/* A line with "debug" only. */
void svct_reply_debug(const struct svct_login *login, const char *what,
                      const char *detail);

#endif
