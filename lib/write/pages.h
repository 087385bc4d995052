/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_WRITE_PAGES_H
#define SVCT_WRITE_PAGES_H

/*
 * The pages that list an account's tokens (auth/lists.h), kept without a gap
 * and in step with the account's count. On an error the transaction is to be
 * freed.
 */

#include "auth/entity.h"
#include "write/txn.h"

/* The id goes behind the last one; account, which counts one more, is
 * stored. */
int svct_pages_append(struct svct_txn *txn, struct svct_account *account,
                      const char *id, struct svct_fault *fault);

/* The last id of all moves into the place of the one that goes; account, which
 * counts one less, is stored. SVCT_E_DAMAGED when the id is not there. */
int svct_pages_remove(struct svct_txn *txn, struct svct_account *account,
                      const char *id, struct svct_fault *fault);

#endif
