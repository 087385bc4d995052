/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_AUTH_GLOB_H
#define SVCT_AUTH_GLOB_H

/*
 * Patterns over PAM service names: "*" any run, "?" one character, all else
 * itself. By bytes; no locale, no classes, no escape; case counts.
 */

#include "base/err.h"

#define SVCT_GLOB_MAX 32  /* bytes of a pattern */
#define SVCT_GLOBS_MAX 16 /* patterns in a list */

/* Characters of service names [A-Za-z0-9._+-] and * and ?. SVCT_E_SYNTAX,
 * SVCT_E_TOOBIG. */
int svct_glob_check(const char *pattern);

/* Time at most proportional to the product of the lengths. "*" matches the
 * empty text; NULL is no match. */
bool svct_glob_match(const char *pattern, const char *text);

struct svct_globs {
    uint8_t count;
    char item[SVCT_GLOBS_MAX][SVCT_GLOB_MAX + 1];
};

/* As svct_glob_check; SVCT_E_TOOBIG when there are too many; SVCT_E_EXISTS. */
int svct_globs_add(struct svct_globs *globs, const char *pattern);

/* Does any of them match? An empty list matches nothing, and nothing matches
 * NULL or "", for no service is called that. */
bool svct_globs_match(const struct svct_globs *globs, const char *text);

#endif
