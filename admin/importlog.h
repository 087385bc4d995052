/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_IMPORTLOG_H
#define SVCT_ADMIN_IMPORTLOG_H

/*
 * What an import, or an apply, changed, for the log of changes: a line for the
 * policy, each role, each account, and each token that was there already, with
 * old and new values, as the commands for one of them leave it; and the ids of
 * new tokens, many a line, or each in a line as well. While lines come in only names are kept (11 bytes a new token);
 * the values are looked up in the two generations when the lines are formed.
 *
 *     svct_importlog_begin    before the import changes anything
 *     svct_importlog_note     for each change
 *     svct_importlog_more     for svct_access_publish
 *     svct_importlog_done
 */

#include "access.h"

enum svct_importlog_kind {
    SVCT_IMPORTLOG_POLICY, /* its name is "" */
    SVCT_IMPORTLOG_ROLE,
    SVCT_IMPORTLOG_ACCOUNT,
    SVCT_IMPORTLOG_TOKEN, /* by id */
    SVCT_IMPORTLOG_ROLE_GONE,
    SVCT_IMPORTLOG_ACCOUNT_GONE
};

struct svct_importlog {
    const struct svct_call *call;
    const char *via; /* "db-import" */
    bool each;       /* new tokens in a line each: the caller's to set */
    struct svct_view before;
    struct svct_importlog_after *after; /* the generation of the commit */
    struct svct_importlog_item *item;
    size_t items, items_room;
    struct svct_importlog_ids {
        char (*id)[SVCT_TOKEN_ID_LEN + 1];
        size_t count, room;
    } added, gone; /* of new tokens, and of those of accounts that are gone */
};

/* Under the lock of the writers: the current generation is the one before. Says
 * what is wrong and returns an exit code. */
int svct_importlog_begin(struct svct_importlog *log,
                         const struct svct_call *call, const char *via);
void svct_importlog_done(struct svct_importlog *log);

/* added: it was not there. SVCT_E_NOMEM. */
int svct_importlog_note(struct svct_importlog *log,
                        enum svct_importlog_kind kind, const char *name,
                        bool added);

/* A token that goes with its account. SVCT_E_NOMEM. */
int svct_importlog_gone(struct svct_importlog *log, const char *id);

/* A svct_access_more_fn, after the commit; arg: the log. */
bool svct_importlog_more(const void *arg, size_t index,
                         struct svct_audit *ret_audit);

#endif
