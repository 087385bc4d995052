/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_DB_H
#define SVCT_ADMIN_DB_H

/*
 * The commands about the database as a whole, for the table in cmd_db.c: the
 * one that verifies it (db_verify.c), the one that sets its time back to the
 * clock (db_clock.c), and the one that writes all of it as lines
 * (db_export.c). Those with options of their own have their own headers.
 */

#include "cmd.h"

extern const struct svct_opt svct_db_accept_clock_options[];

int svct_db_verify(const struct svct_call *call);
int svct_db_export(const struct svct_call *call);
int svct_db_accept_clock(const struct svct_call *call);

#endif
