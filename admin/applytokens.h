/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_APPLYTOKENS_H
#define SVCT_ADMIN_APPLYTOKENS_H

/*
 * The tokens that one account has, by name: looking each up in the database
 * reads all of the account's. For one account after the other. Zeroed memory
 * is none.
 */

#include "auth/lookup.h"

struct svct_applytokens {
    struct svct_applytokens_item {
        char name[SVCT_NAME_MAX + 1];
        char id[SVCT_TOKEN_ID_LEN + 1];
        bool live;   /* neither revoked nor expired */
        bool listed; /* svct_applytokens_find was asked for it */
    } * item;        /* sorted by name */
    size_t count, room;
};

void svct_applytokens_done(struct svct_applytokens *tokens);

/* Those of another account; NULL: there are none. Codes of lookup.h,
 * SVCT_E_NOMEM. */
int svct_applytokens_load(struct svct_applytokens *tokens,
                          const struct svct_snapshot *snapshot,
                          const struct svct_account *account, int64_t now);

/* NULL: none has that name. */
const struct svct_applytokens_item *svct_applytokens_find(
    struct svct_applytokens *tokens, const char *name);

#endif
