/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_PAM_RUNTIME_H
#define SVCT_PAM_RUNTIME_H

/*
 * A session ends when its token does: pam_systemd(8), which must stand behind
 * us in the stack, reads "systemd.runtime_max_sec" from the PAM handle as it
 * opens its session, a NUL-terminated text, and has the service manager end
 * the session's scope after so many seconds. A text it can't read, it ignores.
 */

#include <security/pam_modules.h>

#include "base/err.h"

#define SVCT_RUNTIME_DATA "systemd.runtime_max_sec"
#define SVCT_RUNTIME_TEXT 24 /* bytes that hold any number of seconds */

/* The text for a session that ends at expires: at least "1", because 0 and
 * less are no limits everywhere. false: it has no end, out is untouched. */
bool svct_runtime_format(int64_t expires, int64_t now,
                         char out[SVCT_RUNTIME_TEXT]);

/* Is present, another module's text (NULL: none), a plain number above 0 that
 * is not more than ours? Anything else might not be a limit. */
bool svct_runtime_is_shorter(const char *present, const char *ours);

/* Puts the limit into the handle, unless there is a shorter one. false: out of
 * memory. */
bool svct_runtime_limit(pam_handle_t *pamh, int64_t expires, int64_t now);

#endif
