/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_ACCESS_H
#define SVCT_ADMIN_ACCESS_H

/*
 * The way of a command to the database: reading it as it is now, and changing
 * it with a line in the log about who did. Functions that return an exit code
 * have said what was wrong.
 */

#include <signal.h>

#include "auth/lookup.h"
#include "cmd.h"
#include "write/audit.h"
#include "write/change.h"

/* ---- reading ---- */

struct svct_view {
    int dir_fd;
    struct svct_snapshot *snapshot; /* of the private file */
};

int svct_access_read(const struct svct_call *call, struct svct_view *ret_view);

/* The same without a word: for those to whom a database that can't be read is
 * an answer. What opening can give, and what lost.h makes of it. */
int svct_access_open(const char *dir, struct svct_view *ret_view,
                     struct svct_fault *fault);
void svct_access_done(struct svct_view *view);

/* ---- changing ---- */

/* From here on no signal of the terminal, and no request to end, comes through:
 * who interrupts gets no change, or one that is in the log and handed over.
 * ret_before: the mask as it was, for sigprocmask; may be NULL. */
void svct_access_hold_signals(sigset_t *ret_before);

#define SVCT_ACCESS_WAIT 10 /* seconds for another admin */
#define SVCT_ACCESS_WAIT_URGENT \
    120 /* to take rights away: an import of a
                                       million tokens takes longer than 10 */

/* urgent: takes rights away, see txn.h. Fills the "holder". Says so when the
 * clock is behind the last change. From here on words are held (say.h), until
 * one of those that end it: svct_access_drop, _give_up, _commit, _publish. */
int svct_access_begin(const struct svct_call *call, bool urgent,
                      struct svct_txn **ret_txn);

/* The same without a word about the clock, for where that was said. */
int svct_access_begin_again(const struct svct_call *call, bool urgent,
                            struct svct_txn **ret_txn);

/* The same for a database that is not there yet. */
int svct_access_create(const struct svct_call *call, struct svct_txn **ret_txn);

/* The same in the place of whatever is there: svct_txn_begin_fresh. */
int svct_access_begin_fresh(const struct svct_call *call, int64_t committed,
                            struct svct_txn **ret_txn);

/* For one that is not to be: frees the transaction, then lets words out. */
void svct_access_drop(struct svct_txn *txn);

/* For a change that failed: frees the transaction, says why. */
int svct_access_give_up(const struct svct_call *call, struct svct_txn *txn,
                        int code, const struct svct_fault *fault);

/* Commits, frees the transaction in every case. When the change is there, the
 * audit, completed by who did it, goes to syslog and to the file of
 * auditlog.h; that the file can't be written to is said, and changes neither
 * the change nor the exit code. */
int svct_access_commit(const struct svct_call *call, struct svct_txn *txn,
                       struct svct_audit *audit);

/* Further lines of a change that has more to say than one holds: the line of
 * that index, from 0 on; false behind the last. */
typedef bool svct_access_more_fn(const void *arg, size_t index,
                                 struct svct_audit *ret_audit);

/*
 * As svct_access_commit, and tells whether the change is there: it can be
 * though this is no success, when the disk reports an error at the very end.
 * more may be NULL; its lines follow the first.
 */
int svct_access_publish(const struct svct_call *call, struct svct_txn *txn,
                        struct svct_audit *audit, svct_access_more_fn *more,
                        const void *arg, bool *ret_published);

/*
 * The same for what was done without a commit, in two steps, because the file
 * is appended to under the writers' lock, which another admin may hold for a
 * while: tell completes the line and sends it to syslog at once; keep puts it
 * into the file, with the sequence 0, and returns an exit code when it had to
 * give up. The caller holds no transaction.
 */
void svct_access_tell(const struct svct_call *call, struct svct_audit *audit);
int svct_access_keep(const struct svct_call *call,
                     const struct svct_audit *audit);

/* Both, for a change of the host's files: into the file only where there is a
 * database, whose lock that needs. */
int svct_access_note(const struct svct_call *call, struct svct_audit *audit);

/* ---- finding, with the words when there is none ---- */

int svct_access_account(const struct svct_call *call,
                        const struct svct_snapshot *snapshot, const char *name,
                        struct svct_account *ret_account);

/* Is there an account with nearly this name? */
bool svct_access_near_account(const struct svct_snapshot *snapshot,
                              const char *name,
                              char ret_near[SVCT_LOGIN_MAX + 1]);

/* text is ACCOUNT/NAME or a token id. */
int svct_access_token(const struct svct_call *call,
                      const struct svct_snapshot *snapshot, const char *text,
                      struct svct_token *ret_token);

int svct_access_role(const struct svct_call *call,
                     const struct svct_snapshot *snapshot, const char *name,
                     struct svct_role *ret_role);

#endif
