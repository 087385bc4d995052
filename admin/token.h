/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_TOKEN_H
#define SVCT_ADMIN_TOKEN_H

/*
 * Commands about tokens, for the table in cmd_token.c: the one that lists them
 * (token_list.c), and those that change them: one that makes them
 * (token_create.c), one that gives them another secret (token_rotate.c), one
 * that clears away (token_purge.c), the others (token_edit.c).
 */

#include "cmd.h"
#include "out.h"

extern const struct svct_column svct_token_purge_columns[];

extern const struct svct_opt svct_token_create_options[];
extern const struct svct_opt svct_token_list_options[];
extern const struct svct_opt svct_token_purge_options[];
extern const struct svct_opt svct_token_rotate_options[];
extern const struct svct_opt svct_token_revoke_options[];
extern const struct svct_opt svct_token_delete_options[];
extern const struct svct_opt svct_token_disable_options[];

int svct_token_create(const struct svct_call *call);
int svct_token_list(const struct svct_call *call);
int svct_token_purge(const struct svct_call *call);
int svct_token_rotate(const struct svct_call *call);
int svct_token_enable(const struct svct_call *call);
int svct_token_disable(const struct svct_call *call);
int svct_token_revoke(const struct svct_call *call);
int svct_token_delete(const struct svct_call *call);

#endif
