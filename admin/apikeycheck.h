/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_APIKEYCHECK_H
#define SVCT_ADMIN_APIKEYCHECK_H

/*
 * For dbcheck.h: is each API key whole, as write/change_apikey.h has it? It
 * has one token, and both end together.
 */

#include "dbcheck.h"

/* Reports each problem. Only for a file of which every record can be read. */
void svct_apikeycheck_run(struct svct_dbcheck *check,
                          const struct svct_snapshot *snapshot);

#endif
