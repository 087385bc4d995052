/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_TRAIL_H
#define SVCT_ADMIN_TRAIL_H

/* Values of the kinds that accounts and tokens have, for the line in the log
 * about a change. */

#include "auth/entity.h"
#include "write/audit.h"

void svct_trail_time(struct svct_audit *audit, const char *key, int64_t time);

/* "192.0.2.0/24,local"; "any" for no limit. */
void svct_trail_sources(struct svct_audit *audit, const char *key,
                        const struct svct_sources *sources);

/* "sshd,sudo*"; "any" for no limit. */
void svct_trail_services(struct svct_audit *audit, const char *key,
                         const struct svct_globs *services);

#endif
