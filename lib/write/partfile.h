/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_WRITE_PARTFILE_H
#define SVCT_WRITE_PARTFILE_H

/*
 * One gdbm file of a generation while it is being written: the writing
 * counterpart of base/snapshot.h. It keeps the meta record true (count and
 * digest) as records change, and has what was changed read back (readback.h).
 * Only a private copy is ever opened here.
 *
 *     svct_partfile_attach    takes over an open descriptor
 *     svct_partfile_load_meta or, in a new file, nothing
 *     svct_partfile_gather    if there will be many changes
 *     svct_partfile_store, svct_partfile_delete
 *     svct_partfile_finish    writes what waits and meta, syncs, closes gdbm
 *     svct_partfile_read_back
 *     svct_partfile_done
 */

#include "base/snapshot.h"
#include "write/readback.h"

struct svct_gather;
struct svct_rollfilter;

/* Keys that were asked for last and are not there. */
#define SVCT_PARTFILE_ABSENT 8

struct svct_partfile {
    enum svct_part part;
    void *gdbm; /* NULL: not attached */
    struct svct_meta meta;
    struct svct_snapshot *view; /* the state as changed so far */
    struct svct_key absent[SVCT_PARTFILE_ABSENT]; /* without length: none */
    unsigned absent_next;
    struct svct_roll *roll;         /* the transaction's; NULL: it has none */
    struct svct_gather *gather;     /* NULL: each change is written at once */
    struct svct_rollfilter *filter; /* of the roll, with a gather */
    struct svct_readback readback;  /* what was changed */
    int sys_errno; /* of the first call within gdbm that failed; 0: none */
};

/* Zeroed memory with part set is a file that is not attached. */
void svct_partfile_done(struct svct_partfile *file);

/* Closes gdbm, what was changed stays known. */
void svct_partfile_detach(struct svct_partfile *file);

/* fd is taken over, also on failure. fresh: an empty file becomes a gdbm
 * file. SVCT_E_NOSPACE, SVCT_E_DAMAGED, SVCT_E_NOMEM. */
int svct_partfile_attach(struct svct_partfile *file, int fd, bool fresh,
                         struct svct_fault *fault);

/* SVCT_E_DAMAGED, too, when it is not of the generation sequence. */
int svct_partfile_load_meta(struct svct_partfile *file, uint64_t sequence,
                            struct svct_fault *fault);

/* From now on what is read is held against that roll, and it changes as the
 * records do. It is the caller's, and must last until the file is detached. */
void svct_partfile_hold_against(struct svct_partfile *file,
                                struct svct_roll *roll);

/* From now on changes wait in at most so many bytes of memory, and are written
 * many at once, bucket after bucket (doc/decisions/0018). All that is asked here
 * is answered as if they were written. SVCT_E_NOMEM; SVCT_E_DAMAGED, ...: the
 * roll can't be read. */
int svct_partfile_gather(struct svct_partfile *file, size_t bytes,
                         struct svct_fault *fault);

/* Writes all that waits, if any does. SVCT_E_NOSPACE, ... */
int svct_partfile_write_waiting(struct svct_partfile *file,
                                struct svct_fault *fault);

/* Seals the record, not smaller than the one it replaces, and stores it. */
int svct_partfile_store(struct svct_partfile *file, const struct svct_key *key,
                        struct svct_record_writer *writer,
                        struct svct_fault *fault);

/* Zeros over the record, then deletes it. SVCT_E_NOTFOUND. */
int svct_partfile_delete(struct svct_partfile *file, const struct svct_key *key,
                         struct svct_fault *fault);

/* Writes what waits and file->meta, syncs and detaches. */
int svct_partfile_finish(struct svct_partfile *file, struct svct_fault *fault);

/* Of what was finished: does it read back (readback.h)? */
int svct_partfile_read_back(struct svct_partfile *file, int generation_fd,
                            struct svct_fault *fault);

#endif
