/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_TESTS_TESTDB_H
#define SVCT_TESTS_TESTDB_H

/*
 * Databases for tests of the storage layer: one step at a time, everything
 * with fixed times and ids. (dbmake.h is for those who only want one.)
 * Whatever fails here ends the test program with the reason.
 */

#include "privdir.h"
#include "write/change.h"

#define TESTDB PRIVDIR "/db"
#define TESTDB_NOW INT64_C(1800000000)

/* For main(): the private folder, or the reason and exit 77. */
void testdb_enter(void);

/* Options for dir: no wait, not urgent. */
struct svct_txn_options testdb_options(const char *dir);

/* A new database with the built-in roles instead of what is there. */
void testdb_init(const char *dir);

struct svct_txn *testdb_begin(const char *dir);
void testdb_commit(struct svct_txn *txn); /* and frees it */
void testdb_must(int err, const struct svct_fault *fault, const char *what);

/* No limits, made at TESTDB_NOW, does not expire. */
struct svct_account testdb_account(const char *name, const char *role);
/* The id of a number: 10 characters, another for each. */
void testdb_id(unsigned long number, char ret_id[SVCT_TOKEN_ID_LEN + 1]);
/* Named "t<number>", with the id and a hash of that number; ends in an hour. */
struct svct_token testdb_token(const char *account, unsigned long number);

/* Each in a commit of its own. */
void testdb_add_account(const char *dir, const char *name);
void testdb_add_token(const char *dir, const char *account,
                      unsigned long number);

/* The open folder of the database; close it. */
int testdb_open(const char *dir);

/* The whole snapshot of a part, every record checked; free it. Fails the
 * program when it is not sound. */
struct svct_snapshot *testdb_sound(const char *dir, enum svct_part part);

/* How often the bytes occur in the file. */
unsigned testdb_occurs(const char *path, const void *bytes, size_t len);

/* Path of a file of the current generation. */
const char *testdb_path(const char *dir, enum svct_part part);

/* Open descriptors of this process. */
unsigned testdb_descriptors(void);

#endif
