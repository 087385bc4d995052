/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_APPLYPRUNE_H
#define SVCT_ADMIN_APPLYPRUNE_H

/*
 * What a file does not list, of the lists that it has: what --prune takes away.
 * Accounts; tokens of the accounts that stay, as long as they could open
 * something; custom roles. Changes nothing.
 */

#include "applyfile.h"
#include "auth/lookup.h"
#include "write/namelist.h"

/* Zeroed memory is nothing. */
struct svct_applyprune {
    struct svct_namelist accounts;     /* sorted */
    uint64_t accounts_there;           /* of how many */
    uint64_t hosts;                    /* of these: Unix users of the host */
    char (*id)[SVCT_TOKEN_ID_LEN + 1]; /* tokens, in the order of the file */
    size_t ids, ids_room;
    uint64_t tokens_listed; /* by the file, of whatever account */
    char role[SVCT_ROLES_MAX][SVCT_ROLE_MAX + 1]; /* sorted */
    size_t roles;
};

/* Codes of lookup.h, SVCT_E_NOMEM. After a failure there is nothing to be
 * freed. */
int svct_applyprune_find(const struct svct_applyfile *file,
                         const struct svct_snapshot *snapshot, int64_t now,
                         struct svct_applyprune *ret_prune,
                         struct svct_fault *fault);
void svct_applyprune_done(struct svct_applyprune *prune);

bool svct_applyprune_is_empty(const struct svct_applyprune *prune);

/* Is it every account there is, and is there one? */
bool svct_applyprune_is_all(const struct svct_applyprune *prune);

/* Are tokens to go, and lists the file none at all? */
bool svct_applyprune_is_tokenless(const struct svct_applyprune *prune);

/* Are these the very same things? */
bool svct_applyprune_same(const struct svct_applyprune *a,
                          const struct svct_applyprune *b);

#endif
