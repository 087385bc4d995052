/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_ACCOUNT_H
#define SVCT_ADMIN_ACCOUNT_H

/*
 * The commands that change accounts, for the table in cmd_account.c: one that
 * makes them (account_create.c), the others (account_edit.c).
 */

#include "cmd.h"

extern const struct svct_opt svct_account_create_options[];
extern const struct svct_opt svct_account_edit_options[];
extern const struct svct_opt svct_account_delete_options[];
extern const struct svct_opt svct_account_disable_options[];

int svct_account_create(const struct svct_call *call);
int svct_account_edit(const struct svct_call *call);
int svct_account_enable(const struct svct_call *call);
int svct_account_disable(const struct svct_call *call);
int svct_account_delete(const struct svct_call *call);

#endif
