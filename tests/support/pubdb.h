/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_TESTS_PUBDB_H
#define SVCT_TESTS_PUBDB_H

/*
 * A database of testdb.h whose public.gdbm has just the records that a test
 * gives it, also ones that contradict each other: between testdb_begin and
 * testdb_commit. Nothing is in the private part. What fails ends the program.
 */

#include "base/pubrec.h"
#include "testdb.h"

/* One record each, as it is given. */
void pubdb_put_user(struct svct_txn *txn, const struct svct_pubuser *user);
void pubdb_put_id(struct svct_txn *txn, uint32_t id,
                  enum svct_pubid_owner owner, const char *name);
void pubdb_put_page(struct svct_txn *txn, const char *role, uint32_t number,
                    const struct svct_pubpage *page);
void pubdb_remove(struct svct_txn *txn, const struct svct_key *key);

/* groups: texts "NAME=GID", up to NULL. */
void pubdb_put_role(struct svct_txn *txn, const char *name, uint32_t members,
                    const char *const *groups);
/* roles: their names, up to NULL. Without an id record. */
void pubdb_put_group(struct svct_txn *txn, const char *name, uint32_t gid,
                     const char *const *roles);

/* A user with a home and a shell; gecos is "The NAME". */
struct svct_pubuser pubdb_user(const char *name, uint32_t uid, uint32_t gid,
                               const char *role);

/* Users PREFIX0, PREFIX1, ... with uids from the first one on, groups of their
 * own, id records and the pages of the role: all but the role's record. */
void pubdb_fill(struct svct_txn *txn, const char *role, const char *prefix,
                uint32_t first_uid, uint32_t count);

#endif
