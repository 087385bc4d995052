/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_WRITE_SLOTS_H
#define SVCT_WRITE_SLOTS_H

/*
 * Giving out the slots of the file "usage" (auth/usage.h), and making that
 * file. Logins read and write it whatever generation they see, so a
 * transaction touches only slots that no token of the generation it began from
 * has: what it takes back is free for the next one. A slot is made ready, and
 * synced, before the commit that gives it out, both copies of it:
 *
 * - for a token with a limit of uses it gets the token's id and the count 0: a
 *   login refuses a slot without the id, so a crash in between lets nobody in;
 * - so does one that was another token's before, of which a login may still be
 *   under way and must find that it is not its own any more;
 * - one that was never used stays as it is, a hole in the file.
 *
 * Each transaction makes the file, or mends its head, where it can. Where it
 * can't, or a slot can't be written, only a token with a limit can't be made;
 * the others get a slot that was never used, which is ready as soon as the
 * file is.
 */

#include "auth/lists.h"
#include "auth/usage.h"
#include "base/snapshot.h"

struct svct_partfile;
struct svct_txn;

/* The part of a transaction in this; within struct svct_txn. */
struct svct_slotwork {
    int dir_fd;              /* of the database; the transaction's */
    struct svct_usage usage; /* size: as if it were long enough */
    int64_t written; /* bytes the file had when it was opened: behind them
                        there is nothing of anybody */
    int error;       /* that the file could not be made ready with */
    struct svct_fault fault;
    bool opened;  /* or tried to */
    bool dirty;   /* not synced */
    bool limited; /* a token with a limit of uses relies on it */
    bool loaded;
    bool changed; /* the record */
    struct svct_slots slots;
    uint16_t usable;      /* the first so many of slots.free were free before */
    uint32_t never_given; /* numbers from this one on were never given out */
};

void svct_slots_begin(struct svct_slotwork *work, int dir_fd);
void svct_slots_done(struct svct_slotwork *work);

/* For a transaction that began from nothing, before the first is given: these
 * were given out by what it takes the place of. */
void svct_slots_go_on(struct svct_txn *txn, const struct svct_slots *slots);

/*
 * Gives a new token its slot: token->slot, which is 0 when none is left that
 * is ready. For a token with max_uses it is made ready, or an error says why
 * that can't be: SVCT_E_TOOBIG: none is left; SVCT_E_DAMAGED, SVCT_E_VERSION,
 * SVCT_E_UNSAFE, SVCT_E_NOSPACE, ... The token is to be stored after that.
 */
int svct_slots_give(struct svct_txn *txn, struct svct_token *token,
                    struct svct_fault *fault);

/*
 * The same for a token that is there, had no limit of uses and gets one. Its
 * slot may be a hole, which a login refuses, and counts minutes: so its uses
 * begin in another one, with what can be read of the last one, and the former
 * slot is taken back.
 */
int svct_slots_renew(struct svct_txn *txn, struct svct_token *token,
                     struct svct_fault *fault);

/* Takes back the slot of a token that is gone; 0: it had none. What does not
 * fit the list, or a record that can't be read, is lost until all numbers have
 * been given out. SVCT_E_IO, SVCT_E_NOMEM. */
int svct_slots_take_back(struct svct_txn *txn, uint32_t slot,
                         struct svct_fault *fault);

/*
 * Before the meta record is written: stores the record of the slots, makes and
 * lengthens the file for all that are given out, syncs it. An error of the
 * file is one only when a token relies on it.
 */
int svct_slots_settle(struct svct_slotwork *work, struct svct_partfile *file,
                      struct svct_fault *fault);

#endif
