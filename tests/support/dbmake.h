/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_TESTS_DBMAKE_H
#define SVCT_TESTS_DBMAKE_H

/*
 * Databases for tests, made by the writing side as the utility makes them;
 * each call is one commit. Whatever fails ends the test program with the
 * reason: it is the test's surroundings, not what it tests.
 */

#include "auth/entity.h"

/* A token's text, xor DBMAKE_MASK: so the test itself keeps no copy of it
 * that a search for it in memory would find. */
#define DBMAKE_MASK 0x5a
struct minted {
    char id[SVCT_TOKEN_ID_LEN + 1];
    uint8_t masked[SVCT_TOKEN_LEN];
};

/* The text, for tests that may have it; SVCT_TOKEN_LEN + 1 bytes. */
void dbmake_unmask(const struct minted *minted, char *ret_text);

/* A database with the built-in roles and no account, instead of what was
 * there. */
void dbmake_init(const char *dir);

/* An account as a test usually wants it: does not expire, has no limits. */
struct svct_account dbmake_account(const char *name, const char *role);
void dbmake_add_account(const char *dir, const struct svct_account *account);
void dbmake_update_account(const char *dir, const struct svct_account *account);
void dbmake_delete_account(const char *dir, const char *name);

/* A token as a test usually wants it: for an hour, made a day ago. */
struct svct_token dbmake_token(const char *account, const char *name);
/* Draws id, secret and hash. */
struct minted dbmake_add_token(const char *dir, struct svct_token *token);
/* Another secret; the one so far is taken for so many seconds more. */
struct minted dbmake_rotate_token(const char *dir, const char *id,
                                  int64_t overlap);
void dbmake_revoke_token(const char *dir, const char *id);

/* A custom role; what a role may do. */
void dbmake_add_role(const char *dir, const struct svct_role *role,
                     const char *above);
void dbmake_update_role(const char *dir, const struct svct_role *role);

/* A commit without a change, at this time. */
void dbmake_commit_at(const char *dir, int64_t now);

/* Another token of the same id. */
struct minted dbmake_forge(const char *id);

#endif
