/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_WRITE_BULKSTATE_H
#define SVCT_WRITE_BULKSTATE_H

/*
 * What a bulk (bulk.h) has in memory: the account at work, its last page, the
 * names of its tokens. For lib/write/bulk*.c only.
 */

#include "write/bulk.h"
#include "auth/lists.h"
#include "write/bulknames.h"
#include "write/ids.h"
#include "write/namelist.h"

/* The options are those of svct_bulk_new. */
struct svct_bulk {
    struct svct_txn *txn;
    struct svct_bulk_options options;
    struct svct_policy policy;
    struct svct_ids ids;          /* uids and gids that come */
    struct svct_namelist apikeys; /* those that came */

    /* The account at work: "" for none. What is dirty is not stored yet. */
    struct svct_account account;
    bool account_dirty;
    struct svct_page page; /* its last one; empty when it is full */
    bool page_dirty;
    bool page_known;
    struct svct_bulknames names; /* of its tokens */
    bool names_known;
};

const struct svct_snapshot *svct_bulkstate_view(const struct svct_bulk *bulk);

int svct_bulkstate_nomem(struct svct_fault *fault);

/* As records: memory has padding. */
bool svct_bulkstate_same(const struct svct_record_writer *a,
                         const struct svct_record_writer *b);

/* Stores what is dirty. */
int svct_bulkstate_flush(struct svct_bulk *bulk, struct svct_fault *fault);

/* Makes it the one at work, which was flushed before. */
void svct_bulkstate_set(struct svct_bulk *bulk,
                        const struct svct_account *account);

/* Makes the account of that name the one at work. SVCT_E_NOTFOUND. */
int svct_bulkstate_enter(struct svct_bulk *bulk, const char *name,
                         struct svct_fault *fault);

/* The account at work lists one more id. */
int svct_bulkstate_append(struct svct_bulk *bulk, const char *id,
                          struct svct_fault *fault);

/* SVCT_E_EXISTS when a token of the account at work has that name. */
int svct_bulkstate_take_name(struct svct_bulk *bulk, const char *name,
                             struct svct_fault *fault);

#endif
