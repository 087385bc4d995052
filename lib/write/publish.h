/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_WRITE_PUBLISH_H
#define SVCT_WRITE_PUBLISH_H

/*
 * Keeps public.gdbm saying what the private records imply: which Unix users
 * and groups there are by svctoken alone (base/pubrec.h). For edit.c, through
 * which every account and role is stored or deleted; nobody else calls this.
 *
 * Each call makes the public records agree with the private one that is being
 * stored, whatever they said before, and stores nothing where they agree. What
 * is refused (SVCT_E_EXISTS) is so before anything is stored. Members of a role stand in pages, the last one
 * takes the place of one that goes. Counts and last pages of roles are kept
 * in memory, and stored by the settling, so that a bulk writes a page once.
 */

#include "auth/entity.h"
#include "write/txn.h"

/* The account as it is now. SVCT_E_EXISTS: its uid, or the name of its group,
 * is another one's; SVCT_E_DAMAGED: public records contradict each other. */
int svct_publish_account(struct svct_txn *txn,
                         const struct svct_account *account,
                         struct svct_fault *fault);
int svct_publish_account_gone(struct svct_txn *txn, const char *name,
                              struct svct_fault *fault);

/* The role as it is now: its groups. SVCT_E_EXISTS: a gid is another one's,
 * or a group has another gid in another role. */
int svct_publish_role(struct svct_txn *txn, const struct svct_role *role,
                      struct svct_fault *fault);
int svct_publish_role_gone(struct svct_txn *txn, const char *name,
                           struct svct_fault *fault);

/* What the name service is to say of the account; "member" is left 0. Pure. */
void svct_publish_user_of(const struct svct_account *account,
                          struct svct_pubuser *ret_user);

/* But for name and member. */
bool svct_publish_is_same_user(const struct svct_pubuser *a,
                               const struct svct_pubuser *b);

/* Stores what is still in memory; before the commit. */
int svct_publish_settle(struct svct_txn *txn, struct svct_fault *fault);

/*
 * Do the public records say what the private ones imply, and nothing besides?
 * Walks both files. report is called with a sentence for each difference;
 * *ret_count: how many there were. For svctoken db verify.
 */
typedef void svct_publish_report_fn(void *arg, const char *text);
int svct_publish_check(const struct svct_snapshot *public_part,
                       const struct svct_snapshot *private_part,
                       svct_publish_report_fn *report, void *arg,
                       uint64_t *ret_count, struct svct_fault *fault);

#endif
