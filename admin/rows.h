/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_ROWS_H
#define SVCT_ADMIN_ROWS_H

/*
 * Accounts, tokens and roles as rows of an answer: their columns (which are
 * the JSON keys), their states, and collecting many of them.
 */

#include "auth/entity.h"
#include "auth/lookup.h"
#include "auth/usage.h"
#include "out.h"

/* ---- a growing array of copies ---- */

struct svct_rows {
    void **row;
    size_t count;
    size_t room;
};

/* SVCT_E_NOMEM. */
int svct_rows_add(struct svct_rows *rows, const void *row, size_t size);
void svct_rows_done(struct svct_rows *rows);

/* compare gets two rows. */
void svct_rows_sort(struct svct_rows *rows,
                    int (*compare)(const void *a, const void *b));

/* ---- states; the last word of each array is NULL ---- */

enum svct_account_state {
    SVCT_ACCOUNT_ACTIVE,
    SVCT_ACCOUNT_IS_DISABLED,
    SVCT_ACCOUNT_HAS_EXPIRED
};
extern const char *const svct_account_states[];
enum svct_account_state svct_account_state(const struct svct_account *account,
                                           int64_t now);

enum svct_token_state {
    SVCT_TOKEN_ACTIVE,
    SVCT_TOKEN_WAITS, /* not yet valid */
    SVCT_TOKEN_HAS_EXPIRED,
    SVCT_TOKEN_IS_DISABLED,
    SVCT_TOKEN_IS_REVOKED,
    SVCT_TOKEN_IS_USED_UP /* by svct_token_row_state only */
};
extern const char *const svct_token_states[];

/* The token's own; that its account is disabled is another matter, and so is
 * how often it was used. */
enum svct_token_state svct_token_state(const struct svct_token *token,
                                       int64_t now);

/* ---- rows ---- */

/* A row is a struct svct_account. */
extern const struct svct_column svct_account_columns[];
int svct_account_compare(const void *a, const void *b); /* by name */

struct svct_token_row {
    struct svct_token token;
    char role[SVCT_ROLE_MAX + 1]; /* the lower of the account's and its own */
    enum svct_account_state account_state;
    bool expiring;  /* about to expire (auth/terms.h), and not revoked */
    bool use_known; /* the next is; filled by lastuse.h */
    struct svct_seen seen;
};

/* The token's own with its uses, as far as they are known. */
enum svct_token_state svct_token_row_state(const struct svct_token_row *row,
                                           int64_t now);
extern const struct svct_column svct_token_columns[];
int svct_token_compare(const void *a, const void *b); /* account, name */

/* Completes a row by its account; SVCT_E_* when that or a role lacks. */
int svct_token_row_complete(const struct svct_snapshot *snapshot,
                            const struct svct_account *account, int64_t now,
                            struct svct_token_row *row);

/* The same for many rows in turn: what is as for the row before is not looked
 * up again. All zero before the first; of one snapshot. */
struct svct_token_memo {
    struct svct_role role; /* of an account */
    struct svct_role cap;
    struct svct_policy policy;
    bool policy_known;
};
int svct_token_row_complete_next(const struct svct_snapshot *snapshot,
                                 const struct svct_account *account,
                                 int64_t now, struct svct_token_memo *memo,
                                 struct svct_token_row *row);

struct svct_role_row {
    struct svct_role role;
    int64_t accounts; /* that have it */
    int64_t tokens;   /* that are capped by it */
    /* Of its groups, here: its own, or what the host says; 0: the host has no
     * group of that name. Filled by svct_role_row_look. */
    uint32_t gids[SVCT_GROUPS_MAX];
};
extern const struct svct_column svct_role_columns[];
void svct_role_row_look(struct svct_role_row *row);  /* asks the host */
int svct_role_compare(const void *a, const void *b); /* by place */

/* A cell with these patterns as its list. */
void svct_rows_put_globs(struct svct_cell *cell,
                         const struct svct_globs *globs);

/* Is this moment later than now and at most so many seconds away? */
bool svct_rows_expiring(int64_t expires, int64_t now, int64_t within);

#endif
