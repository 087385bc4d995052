/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_ROLE_H
#define SVCT_ADMIN_ROLE_H

/*
 * The commands that change roles, for the table in cmd_role.c: role_edit.c
 * makes and edits them, role_delete.c takes them away.
 */

#include "cmd.h"

extern const struct svct_opt svct_role_create_options[];
extern const struct svct_opt svct_role_edit_options[];
extern const struct svct_opt svct_role_delete_options[];

int svct_role_create(const struct svct_call *call);
int svct_role_edit(const struct svct_call *call);
int svct_role_delete(const struct svct_call *call);

#endif
