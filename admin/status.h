/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_STATUS_H
#define SVCT_ADMIN_STATUS_H

/* An overview as one screen of text, and as JSON. */

#include "overview.h"

#define SVCT_STATUS_NEXT 6    /* tokens that expire next, on the screen */
#define SVCT_STATUS_REFUSED 5 /* refusals, likewise */

/* Both return an exit code, and have said what was wrong. */
int svct_status_print(const struct svct_overview *overview);
int svct_status_json(const struct svct_overview *overview);

#endif
