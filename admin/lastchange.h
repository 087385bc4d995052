/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_LASTCHANGE_H
#define SVCT_ADMIN_LASTCHANGE_H

/* What the log of changes (auditread.h) says of the change that made a
 * generation. */

#include <jansson.h>

#include "base/err.h"

/* The first line about it, the caller's to json_decref; NULL: the log has none,
 * or it can't be read. Reads the end of the log only. */
json_t *svct_lastchange_find(const char *db, uint64_t sequence);

#endif
