/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_ACCOUNT_H
#define SVCT_ADMIN_ACCOUNT_H

/*
 * The commands about accounts, for the table in cmd_account.c: the one that
 * makes them (account_create.c), the one that lists them (account_list.c), the
 * others (account_edit.c).
 */

#include "auth/entity.h"
#include "cmd.h"

extern const struct svct_opt svct_account_create_options[];
extern const struct svct_opt svct_account_edit_options[];
extern const struct svct_opt svct_account_delete_options[];
extern const struct svct_opt svct_account_disable_options[];
extern const struct svct_opt svct_account_list_options[];

/* Does the account fit the PATTERN of a list? NULL: any does. Part of its name
 * or description in any case, or, with * and ? in it, the whole of one. */
bool svct_account_matches(const struct svct_account *account,
                          const char *pattern);

/* That its home and files stay; and its Unix user, if the host has that. */
void svct_account_say_left(const struct svct_account *account);

int svct_account_create(const struct svct_call *call);
int svct_account_edit(const struct svct_call *call);
int svct_account_enable(const struct svct_call *call);
int svct_account_disable(const struct svct_call *call);
int svct_account_delete(const struct svct_call *call);
int svct_account_list(const struct svct_call *call);

#endif
