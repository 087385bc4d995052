/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_FREEID_H
#define SVCT_ADMIN_FREEID_H

/*
 * A number for a new user or group: the lowest of the range, from "from" on (0:
 * any), that neither svctoken nor this host knows. Files of somebody else would
 * be the new one's. Numbers that the host knows are passed over, and the first
 * five of them named.
 *
 * Returns an exit code, and has said what was wrong. Nothing is taken yet.
 */

#include "cmd.h"
#include "write/txn.h"

int svct_freeid_find(const struct svct_call *call, const struct svct_txn *txn,
                     uint32_t from, uint32_t *ret_id);

#endif
