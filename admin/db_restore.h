/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_DB_RESTORE_H
#define SVCT_ADMIN_DB_RESTORE_H

/* "svctoken db restore": what its table entry needs. */

#include "out.h"

extern const struct svct_opt svct_db_restore_options[];
extern const struct svct_column svct_db_restore_columns[];

int svct_db_restore(const struct svct_call *call);

#endif
