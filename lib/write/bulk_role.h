/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_WRITE_BULK_ROLE_H
#define SVCT_WRITE_BULK_ROLE_H

/* The part of bulk.h that is about roles: see svct_bulk_role there. */

#include "write/bulk.h"
#include "write/ids.h"

int svct_bulk_role_store(struct svct_txn *txn,
                         const struct svct_bulk_options *options,
                         const struct svct_role *role, struct svct_ids *ids,
                         enum svct_bulk_outcome *ret_outcome,
                         struct svct_fault *fault);

#endif
