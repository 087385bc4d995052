/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_ARGS_H
#define SVCT_ADMIN_ARGS_H

/*
 * From words of the command line to values, with the sentence that says what
 * is wrong with a word and what would be right. Each returns an exit code; on
 * a failure what it would have set is untouched.
 *
 * index names an option in the command's table; one that is not given leaves
 * the value as it was.
 */

#include "auth/entity.h"
#include "cmd.h"

/* The names there are, by form. */
int svct_args_login(const struct svct_call *call, const char *name);
int svct_args_role(const struct svct_call *call, const char *name);

/* ACCOUNT/NAME, or ACCOUNT alone, which gives "" as name. */
int svct_args_token(const struct svct_call *call, const char *text,
                    char ret_account[SVCT_LOGIN_MAX + 1],
                    char ret_name[SVCT_NAME_MAX + 1]);

int svct_args_get_role(const struct svct_call *call, size_t index,
                       char ret_role[SVCT_ROLE_MAX + 1]);
int svct_args_get_text(const struct svct_call *call, size_t index,
                       char ret_text[SVCT_TEXT_MAX + 1]);

/* WHEN. never: takes that word too. Says so when a date alone was given. */
int svct_args_get_time(const struct svct_call *call, size_t index, bool never,
                       int64_t *ret_time);

/* The same, and it must lie ahead. */
int svct_args_get_future(const struct svct_call *call, size_t index, bool never,
                         int64_t *ret_time);

int svct_args_get_duration(const struct svct_call *call, size_t index,
                           int64_t *ret_seconds);

/* The same from nothing ("0", "0s") to most seconds. */
int svct_args_get_span(const struct svct_call *call, size_t index, int64_t most,
                       int64_t *ret_seconds);

/* A whole number from 1 to most. */
int svct_args_get_count(const struct svct_call *call, size_t index,
                        uint64_t most, uint64_t *ret_count);

/* Lists: what is given replaces the value. none: that word clears it. */
int svct_args_get_sources(const struct svct_call *call, size_t index, bool none,
                          struct svct_sources *ret_sources);
int svct_args_get_services(const struct svct_call *call, size_t index,
                           struct svct_globs *ret_services);

/* One of the words (ends in NULL); its place to ret_choice. */
int svct_args_get_choice(const struct svct_call *call, size_t index,
                         const char *const *words, size_t *ret_choice);

#endif
