/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_LOGIND_H
#define SVCT_ADMIN_LOGIND_H

/*
 * Login sessions of systemd-logind, by loginctl(1), which is run with an empty
 * environment and for a bounded time.
 */

#include "base/err.h"

/*
 * Asks logind to end the login session that the process leader leads, which
 * began at start: not when somebody else has its process id by now. false when
 * there is none (no logind; su within a session of somebody, who leads it),
 * when it is the one that this process is in, or when it can't be asked. That it was asked does not mean that all is over.
 */
bool svct_logind_terminate(int64_t leader, uint64_t start);

#endif
