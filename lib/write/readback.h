/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_WRITE_READBACK_H
#define SVCT_WRITE_READBACK_H

/*
 * What was changed in a file of a generation, remembered, and held against what
 * a reader finds there before it is published: a disk or a memory that loses or
 * alters what was written must not become the state of the host.
 *
 *     svct_readback_note      after each change
 *     svct_readback_compare   when all is written and gdbm has let go of it
 *     svct_readback_done
 *
 * A change is its key and the sum of its record, not its bytes. Of several
 * changes to one key the last one counts. Where they are more than a few
 * thousand, each record of the file is read and checked by itself instead.
 * Either way meta, which has their number and their digest, must be the one
 * that was written.
 */

#include "base/snapshot.h"

struct svct_readback_change;

struct svct_readback {
    struct svct_readback_change *change;
    size_t count;
    bool all; /* too many to remember: all will be read */
};

/* Zeroed memory knows of no change. Frees what it holds, and is zeroed again. */
void svct_readback_done(struct svct_readback *readback);

/* The record of that key has now this sum; gone: there is none, sum means
 * nothing. SVCT_E_NOMEM. */
int svct_readback_note(struct svct_readback *readback,
                       const struct svct_key *key, uint64_t sum, bool gone,
                       struct svct_fault *fault);

/* Opens the part in its generation folder as a reader would, and holds meta and
 * every change against it. SVCT_E_DAMAGED, SVCT_E_NOTFOUND: it is not what was
 * written; SVCT_E_IO, SVCT_E_NOMEM, ...: that can't be told. The changes stay
 * known, in another order. */
int svct_readback_compare(struct svct_readback *readback, enum svct_part part,
                          const struct svct_meta *meta, int generation_fd,
                          struct svct_fault *fault);

#endif
