/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_HOSTDB_H
#define SVCT_ADMIN_HOSTDB_H

/* The database that the modules of this host read, and any other. */

#include "base/err.h"

/* Is it that of this host? As the path is written; links are not followed. */
bool svct_hostdb_is(const char *db);

#endif
