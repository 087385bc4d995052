/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_BASE_NAME_H
#define SVCT_BASE_NAME_H

/*
 * The names people give, and what may stand in them.
 *
 * All checks return 0, SVCT_E_SYNTAX (a character or the form) or
 * SVCT_E_TOOBIG (too long). The empty name is SVCT_E_SYNTAX. ASCII only, by
 * value and not by locale.
 */

#include "base/err.h"

#define SVCT_LOGIN_MAX 32 /* bytes; what useradd and utmp take */
#define SVCT_NAME_MAX 64  /* bytes of a token's name */
#define SVCT_ROLE_MAX 32
#define SVCT_GROUP_NAME_MAX 32
#define SVCT_TEXT_MAX 256 /* bytes of a description, comment or reason */
#define SVCT_ACTOR_MAX 64 /* bytes of "who did it" */

/* A login name: [a-z_][a-z0-9_-]*[$]?, as useradd(8) has it. */
int svct_name_check_login(const char *name);

/* A token's name: [A-Za-z0-9][A-Za-z0-9._-]*. A name of the form of a token
 * id could not be told from one on the command line, but a token is always
 * named as ACCOUNT/NAME there, so it is allowed. */
int svct_name_check_token(const char *name);

/* A role's name: [A-Za-z][A-Za-z0-9._-]*. */
int svct_name_check_role(const char *name);

/* A Unix group's name: [A-Za-z_][A-Za-z0-9._-]*[$]?, as the ones there are on
 * hosts; useradd(8) itself would make small letters only. */
int svct_name_check_group(const char *name);

/* A free text: valid UTF-8 (no surrogates, no overlong forms, at most
 * U+10FFFF), no control characters (C0, DEL, C1), at most SVCT_TEXT_MAX
 * bytes. The empty text is fine. */
int svct_name_check_text(const char *text);

/* Reads the next code point of a text in UTF-8, which is not at its end, and
 * moves *pos behind it. false for bad UTF-8 (as above): nothing moved. */
bool svct_name_next_point(const char **pos, uint32_t *ret_point);

/* C0, DEL or C1: a terminal may take it for a command. */
bool svct_name_is_control(uint32_t point);

/* An absolute path as it may stand in a line of passwd(5): a text that begins
 * with "/", without ":". */
int svct_name_check_path(const char *path);

/*
 * Writes text to out (size bytes, at least 8) so that it is safe in one line
 * of a log or a terminal: printable ASCII stays, all else (blanks, quotes,
 * backslash, "=" too, so that key=value lines can be taken apart) becomes
 * \xNN. NULL and "" give "-". What does not fit is cut and ends in "...".
 * Always NUL-terminated. Returns out.
 */
char *svct_name_escape(char *out, size_t size, const char *text);

#endif
