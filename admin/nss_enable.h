/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_NSS_ENABLE_H
#define SVCT_ADMIN_NSS_ENABLE_H

/* The commands of "nss" that change nsswitch.conf(5). */

#include "cmd.h"

extern const struct svct_opt svct_nss_disable_options[];

int svct_nss_enable(const struct svct_call *call);
int svct_nss_disable(const struct svct_call *call);

#endif
