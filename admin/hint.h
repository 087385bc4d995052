/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_HINT_H
#define SVCT_ADMIN_HINT_H

/*
 * What is good to know about a thing that is allowed: on standard error, and
 * without any effect on what is done.
 */

#include "auth/entity.h"
#include "cmd.h"

/* Is the clock so far behind the last change that tokens are refused? */
bool svct_hint_clock_suspect(int64_t now, int64_t committed);

/* That it is, the two times, and what mends it; a sentence. At least 400
 * bytes. Returns out. */
char *svct_hint_clock(char *out, size_t size, int64_t now, int64_t committed);

/*
 * A list of addresses alone shuts sudo out, which has none. Is that so where
 * the roles (cap may be NULL) and services (NULL or none: all) let it be used?
 */
bool svct_hint_shuts_sudo(const struct svct_sources *sources,
                          const struct svct_role *role,
                          const struct svct_role *cap,
                          const struct svct_globs *services);

/* Says that it is. what: "the token". */
void svct_hint_local(const char *what);

/* That what was taken away ends no session that is open, and what does.
 * token_id: NULL for all of the account. */
void svct_hint_sessions(const char *account, const char *token_id);

/* That the account has no Unix user (any more). */
void svct_hint_no_user(const char *account);

#endif
