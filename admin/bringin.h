/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_BRINGIN_H
#define SVCT_ADMIN_BRINGIN_H

/*
 * The lines of an import into a transaction: what a line does not say comes
 * from the policy, from what is there, from who runs this, or (bringunix.h)
 * from the host; the rest is write/bulk.h, whose codes are these.
 */

#include "access.h"
#include "importlog.h"
#include "line.h"
#include "write/bulk.h"

/* What became of an object: as it was (old is NULL: it was not there) and as
 * it is now, in a line of its kind; of an account all but its count of tokens,
 * of a token all but its slot. */
struct svct_bringin_change {
    enum svct_bulk_outcome outcome;
    const struct svct_line *old;
    const struct svct_line *line;
};

struct svct_bringin_options {
    bool update;
    bool dry;                   /* will not be committed */
    bool convert;               /* also users in sudo, wheel or adm */
    struct svct_importlog *log; /* gets to know of each change; may be NULL */
    /* Called for each object that is not the same as before; may be NULL. What
     * it returns other than 0 is the result of the line. */
    int (*changed)(void *arg, const struct svct_bringin_change *change);
    void *changed_arg;
};

struct svct_bringin_counts {
    uint64_t accounts_added, accounts_updated, accounts_same;
    uint64_t tokens_added, tokens_updated, tokens_same, still_revoked;
    uint64_t roles_added, roles_updated, roles_same;
    uint64_t policies_updated;
    uint64_t unix_users;   /* new accounts that are one by svctoken alone */
    uint64_t existing;     /* the other new ones */
    uint64_t without_user; /* of these: the host has no such user yet */
    char first_without_user[SVCT_LOGIN_MAX + 1];
    uint64_t behind_host; /* of those: the host has a user of that name, too */
    char first_behind_host[SVCT_LOGIN_MAX + 1];
    uint64_t passed; /* numbers of the range that the host knows */
    uint32_t first_passed;
};

struct svct_bringin;

int svct_bringin_new(const struct svct_call *call, struct svct_txn *txn,
                     const struct svct_bringin_options *options,
                     struct svct_bringin **ret_bringin,
                     struct svct_fault *fault);
void svct_bringin_free(struct svct_bringin *bringin);

int svct_bringin_line(struct svct_bringin *bringin,
                      const struct svct_line *line, struct svct_fault *fault);

/* After the last line. */
int svct_bringin_finish(struct svct_bringin *bringin, struct svct_fault *fault);

const struct svct_bringin_counts *svct_bringin_counts(
    const struct svct_bringin *bringin);

/* What is there, as changed so far: for svct_bulk_get_account and _token. */
struct svct_bulk *svct_bringin_bulk(struct svct_bringin *bringin);

/* What of new accounts and the host's users an administrator should know. */
void svct_bringin_say_users(const struct svct_bringin_counts *counts);

#endif
