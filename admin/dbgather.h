/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_DBGATHER_H
#define SVCT_ADMIN_DBGATHER_H

/*
 * For dbcheck.h: of every record of a private file, read once, what is
 * compared later. Some hundred bytes for each account and token.
 */

#include "auth/lookup.h"
#include "dbcheck.h"
#include "dbusage.h"

/* An array of items that begin with a text. */
struct svct_gathered {
    char *item;
    size_t size; /* of one */
    size_t count;
    size_t room;
};

struct svct_gathered_account {
    char name[SVCT_LOGIN_MAX + 1];
    uint32_t tokens; /* that it says it has */
    uint32_t found;  /* that say they are its: the caller's to count */
};

struct svct_gathered_token {
    char id[SVCT_TOKEN_ID_LEN + 1];
    char account[SVCT_LOGIN_MAX + 1];
    uint64_t name;  /* hash of it */
    uint32_t paged; /* in how many places of pages: the caller's to count */
};

struct svct_gathered_role {
    char name[SVCT_ROLE_MAX + 1];
    char user[SVCT_LOGIN_MAX + 1]; /* of the first that names it, or "" */
};

struct svct_dbgather {
    struct svct_dbcheck *check;
    struct svct_gathered accounts;
    struct svct_gathered tokens;
    struct svct_gathered roles;
    struct svct_gathered named; /* roles that accounts and tokens name */
    uint64_t policies;
    struct svct_dbusage usage;
};

void svct_dbgather_init(struct svct_dbgather *gather,
                        struct svct_dbcheck *check);
void svct_dbgather_done(struct svct_dbgather *gather);

/*
 * Reads all records, and counts them in check. One that can't be decoded is
 * reported, and the walk goes on. On 0 accounts, tokens and roles are sorted
 * by their text. SVCT_E_NOMEM; else what svct_snapshot_each returns.
 */
int svct_dbgather_read(struct svct_dbgather *gather,
                       const struct svct_snapshot *snapshot,
                       struct svct_fault *fault);

void *svct_gathered_at(const struct svct_gathered *gathered, size_t index);
void svct_gathered_sort(struct svct_gathered *gathered,
                        int (*compare)(const void *a, const void *b));

/* NULL: none has this text. Only while it is sorted by text. */
void *svct_gathered_find(const struct svct_gathered *gathered,
                         const char *text);

#endif
