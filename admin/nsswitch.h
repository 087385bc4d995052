/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_NSSWITCH_H
#define SVCT_ADMIN_NSSWITCH_H

#include "base/err.h"

/* Does /etc/nsswitch.conf have the host ask svctoken about this database
 * ("passwd", "group")? That it can't be told is no. */
bool svct_nsswitch_asks(const char *database);

#endif
