/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_TESTS_LARGEST_H
#define SVCT_TESTS_LARGEST_H

/*
 * The largest of everything that the rules of lib/write let in: as many roles
 * as there can be, each with all lists full, and the same groups of svctoken's
 * own, so that each group has as many roles as it can have; accounts whose
 * names, texts and paths are as long as they may be, in every role, and in the
 * last one more than a page of members holds. What can be written must be
 * readable, or an account is out.
 */

#include "auth/lists.h"
#include "testdb.h"

#define LARGEST_ACCOUNTS ((unsigned)(SVCT_ROLES_MAX + SVCT_PUBPAGE_NAMES))

/* Between testdb_begin and testdb_commit, of a database that has the built-in
 * roles alone. Whatever is refused ends the test program with the reason. */
void largest_make(struct svct_txn *txn);

/* Numbers from 0 on, below LARGEST_ACCOUNTS and SVCT_GROUPS_MAX. */
struct svct_account largest_account(unsigned number);
void largest_group(unsigned number, svct_word ret_name, uint32_t *ret_gid);

#endif
