/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_DB_IMPORT_H
#define SVCT_ADMIN_DB_IMPORT_H

/* "svctoken db import": what its table entry needs. */

#include "out.h"

extern const struct svct_opt svct_db_import_options[];
extern const struct svct_column svct_db_import_columns[];

int svct_db_import(const struct svct_call *call);

#endif
