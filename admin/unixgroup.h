/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_UNIXGROUP_H
#define SVCT_ADMIN_UNIXGROUP_H

/* What this host knows of a Unix group. */

#include "base/err.h"

/* Is there one of this name? 0; SVCT_E_NOTFOUND: certainly not; SVCT_E_IO,
 * SVCT_E_NOMEM, SVCT_E_ACCESS: it can't be told. */
int svct_unixgroup_find(const char *name, struct svct_fault *fault);

#endif
