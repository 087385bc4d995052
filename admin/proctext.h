/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_PROCTEXT_H
#define SVCT_ADMIN_PROCTEXT_H

/*
 * Taking texts of /proc apart. Pure. Most of them are somebody else's: a
 * process may have anything in its environment. false: it does not say.
 */

#include <sys/types.h>

#include "base/err.h"

/* /proc/PID/environ: the value of the first NAME=..., as getenv would have it.
 * Not when it is longer than size allows. */
bool svct_proctext_environ(const char *text, size_t len, const char *name,
                           char *out, size_t size);

/* /proc/PID/status: the real and the effective user id. */
bool svct_proctext_uids(const char *text, size_t len, uid_t *ret_real,
                        uid_t *ret_effective);

/* /proc/PID/sessionid: of the kernel's audit. Not when it is not set. */
bool svct_proctext_audit(const char *text, size_t len, uint32_t *ret_session);

#define SVCT_PROCTEXT_LOGIND 32 /* bytes of the name of a login session */

/* /proc/PID/cgroup: the N of the first "session-N.scope" on the way to the
 * process, in the hierarchy that the service manager keeps. */
bool svct_proctext_logind(const char *text, size_t len,
                          char ret_name[SVCT_PROCTEXT_LOGIND + 1]);

#endif
