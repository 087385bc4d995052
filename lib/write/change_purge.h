/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_WRITE_CHANGE_PURGE_H
#define SVCT_WRITE_CHANGE_PURGE_H

/*
 * Removing the tokens that ended long ago: first finding them, which changes
 * nothing, then taking them out in one transaction, an account's pages once.
 *
 * A token has ended when it is revoked, at that time, else when it has
 * expired. A disabled one has not: it can be enabled.
 *
 * Those of API keys stay. Such an account without its token would be none,
 * and with the account its Unix user would no longer be a service account:
 * an SSH key of theirs, refused since the API key ended, would open something
 * again. Only somebody who knows that should do it.
 */

#include "auth/entity.h"
#include "base/snapshot.h"
#include "write/txn.h"

/* So many are taken out at a time: it bounds memory, what is written to the
 * log, and the time that the lock is held (somebody may want to revoke). */
#define SVCT_PURGE_MAX 50000

struct svct_purge_wish {
    int64_t now;
    int64_t older;       /* seconds since the end, at least; 0: all */
    const char *account; /* of this one alone; NULL: of all */
    size_t most;         /* at a time; 0: SVCT_PURGE_MAX */
};

struct svct_purge_item {
    char account[SVCT_LOGIN_MAX + 1];
    char id[SVCT_TOKEN_ID_LEN + 1];
    char name[SVCT_NAME_MAX + 1];
    bool revoked;
    int64_t ended;
};

/* Zeroed memory is an empty one. */
struct svct_purge {
    struct svct_purge_item *item; /* by account, then id */
    size_t count;                 /* at most wish->most */
    size_t room;
    size_t accounts; /* how many these are of */
    size_t apikeys;  /* tokens that stay because they are of API keys */
    size_t more;     /* that are left for the next time */
};

/* SVCT_E_NOTFOUND: no such account; SVCT_E_DAMAGED; SVCT_E_NOMEM. After a
 * failure there is nothing to be freed. */
int svct_purge_find(const struct svct_snapshot *snapshot,
                    const struct svct_purge_wish *wish,
                    struct svct_purge *ret_purge, struct svct_fault *fault);
void svct_purge_done(struct svct_purge *purge);

/* Are these the very same tokens? */
bool svct_purge_same(const struct svct_purge *a, const struct svct_purge *b);

/* Takes out what was found in this very transaction's view. SVCT_E_DAMAGED:
 * a token is not in the pages of its account. */
int svct_change_token_purge(struct svct_txn *txn,
                            const struct svct_purge *purge,
                            struct svct_fault *fault);

#endif
