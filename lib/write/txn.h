/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_WRITE_TXN_H
#define SVCT_WRITE_TXN_H

/*
 * Changing the database: all of a transaction or nothing.
 *
 *     svct_txn_begin()    takes the writers' lock, copies the current
 *                         generation into a new folder
 *     svct_txn_store(),   change the copy
 *     svct_txn_delete()
 *     svct_txn_commit()   writes meta, syncs, reads back what was changed,
 *                         moves "current" to the new folder by one rename
 *     svct_txn_free()     gives up what was not committed
 *
 * A published file is never written again, readers take no lock and never
 * wait. A writer killed at any point leaves the old generation, or the new
 * one, whole; what it left behind is removed by the next one, under the lock.
 * A generation that holds not as many records as it counts, or whose roll
 * (base/roll.h) is damaged or can't be read, is not changed, but by an urgent
 * transaction; that one prunes nothing, since an older generation may be the
 * last whole one. It makes the roll anew if the digest proves the records
 * without it; else what is damaged of it stays so, and the records there can't
 * be read or changed. What a transaction reads of its private part is held
 * against its roll: no record of an older generation is changed, and so made
 * one of today.
 *
 * gdbm may crash or grow without bound on a damaged file: it is only ever let
 * loose on the private copy, and the caller bounds the size of files
 * (RLIMIT_FSIZE, SIGXFSZ ignored).
 */

#include "base/snapshot.h"

struct svct_publishwork;
struct svct_slotwork;
struct svct_txn;

struct svct_txn_options {
    const char *dir;
    const char *holder; /* for the lock file: user and command, one line */
    int wait_seconds;   /* for another writer; 0: not at all */
    bool urgent; /* takes rights away: may use up the reserve of a full disk,
                    and is done on a damaged database too */
};

/*
 * Makes the folder, if it is not there, and an empty first generation in it;
 * then as svct_txn_begin on it: nothing is visible before the commit.
 * SVCT_E_EXISTS when there is a database already.
 */
int svct_txn_create(const struct svct_txn_options *options,
                    struct svct_txn **ret_txn, struct svct_fault *fault);

/* SVCT_E_NODB, SVCT_E_BUSY (the fault says who holds the lock), SVCT_E_
 * DAMAGED, SVCT_E_NOSPACE, ... */
int svct_txn_begin(const struct svct_txn_options *options,
                   struct svct_txn **ret_txn, struct svct_fault *fault);

/*
 * A transaction over nothing, whatever is there, also a database that is lost
 * or damaged: for a restore, which stores all of it anew. The generation gets
 * a number above every folder there is; with the commit "names" lists the
 * accounts that were added and no others. committed: the commit time will not
 * be before that, nor before that of the generation that is there. Makes the
 * folder if it is not there.
 */
int svct_txn_begin_fresh(const struct svct_txn_options *options,
                         int64_t committed, struct svct_txn **ret_txn,
                         struct svct_fault *fault);

/* Gives up an uncommitted transaction and the lock. NULL is fine. */
void svct_txn_free(struct svct_txn *txn);

/* The state as changed so far, for lookup.h. The transaction's. */
const struct svct_snapshot *svct_txn_view(const struct svct_txn *txn,
                                          enum svct_part part);

/*
 * For a transaction with many changes, before them: they wait in memory, a few
 * mebibytes at most, and are written many at once, in an order that costs gdbm
 * less. What is read is as if they were written; an error may be that of an
 * earlier change. SVCT_E_NOMEM.
 */
int svct_txn_gather(struct svct_txn *txn, struct svct_fault *fault);

/* Seals writer's record (not smaller than the one it replaces) and stores it.
 * An error makes the commit fail as well. */
int svct_txn_store(struct svct_txn *txn, enum svct_part part,
                   const struct svct_key *key,
                   struct svct_record_writer *writer, struct svct_fault *fault);

/* Overwrites the record with zeros, then deletes it. SVCT_E_NOTFOUND. */
int svct_txn_delete(struct svct_txn *txn, enum svct_part part,
                    const struct svct_key *key, struct svct_fault *fault);

/* Tells that an account comes or goes, for the file "names"; the last word
 * about a name counts. A new database gets the file with its first commit, and
 * a begin makes a stale or lost one anew. */
int svct_txn_name_added(struct svct_txn *txn, const char *name);
int svct_txn_name_removed(struct svct_txn *txn, const char *name);

/* What the transaction does with the slots of the file "usage"; for slots.h. */
struct svct_slotwork *svct_txn_slots(struct svct_txn *txn);

/* Public records that are in memory until the commit; for pubroles.h. */
struct svct_publishwork *svct_txn_publish(struct svct_txn *txn);

/* Lets the commit time go back to now: for when the clock was ahead at a
 * former commit and is right now. */
void svct_txn_accept_clock(struct svct_txn *txn);

/*
 * Publishes. now is the commit time, Unix seconds; if it is not later than
 * that of the generation before, that one's is kept. On an error nothing has
 * changed, with one exception that the fault names: the rename is done but
 * the folder could not be synced (SVCT_E_IO, *ret_published true). The
 * transaction can only be freed afterwards. ret_published may be NULL.
 */
int svct_txn_commit(struct svct_txn *txn, int64_t now, bool *ret_published,
                    struct svct_fault *fault);

/* Sequence number of the generation that is being written. */
uint64_t svct_txn_sequence(const struct svct_txn *txn);

#endif
