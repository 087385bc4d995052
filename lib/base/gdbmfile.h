/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_BASE_GDBMFILE_H
#define SVCT_BASE_GDBMFILE_H

/*
 * Reading a gdbm file, without gdbm: in somebody else's process a record is
 * found with one to four small reads, at any size of the file, with 21
 * kilobytes of memory, 28 more for a walk, and no offset that a forked process
 * would share (doc/decisions/0014). Writing is gdbm's (write/partfile.h).
 *
 * The format is that of gdbm 1.23 on a 64-bit machine, doc/FORMAT.md section
 * 3: a header; a directory of 2^bits offsets, by the first bits of a key's
 * hash; buckets of elements, by the rest of it; keys and values where an
 * element says. What is read is checked before it is followed, and an element
 * where its hash can't lead is damage; whether a value is the right one is for
 * record.h to tell.
 *
 * SVCT_E_DAMAGED; SVCT_E_IO; SVCT_E_NOMEM. A file belongs to one thread.
 */

#include "base/record.h"

#define SVCT_BLOCK_SIZE 8192                  /* of the files, bytes */
#define SVCT_FILE_SIZE_MAX (INT64_C(8) << 30) /* of a file, bytes */

struct svct_gdbmfile;

/* Is the header sound, for gdbm too, which trusts it? size: from fstat.
 * SVCT_E_TOOBIG besides. */
int svct_gdbmfile_check(int fd, int64_t size, struct svct_fault *fault);

/* The same, and takes the descriptor, which is closed on failure. */
int svct_gdbmfile_open(int fd, int64_t size, struct svct_gdbmfile **ret_file,
                       struct svct_fault *fault);
void svct_gdbmfile_free(struct svct_gdbmfile *file);

/* Closes the descriptor and keeps what was read. Until it gets another one of
 * the very same file, unchanged, which it takes, it can only be freed. */
void svct_gdbmfile_suspend(struct svct_gdbmfile *file);
void svct_gdbmfile_resume(struct svct_gdbmfile *file, int fd);

/* The value of a key: at most SVCT_RECORD_MAX bytes to ret_value, how many to
 * *ret_size. SVCT_E_NOTFOUND; a larger one is damage. */
int svct_gdbmfile_fetch(struct svct_gdbmfile *file, const struct svct_key *key,
                        uint8_t *ret_value, size_t *ret_size);

/* The key behind another one, or the first if that has no length; in no
 * particular order. SVCT_E_NOTFOUND behind the last. The two may be one. */
int svct_gdbmfile_behind(struct svct_gdbmfile *file,
                         const struct svct_key *from, struct svct_key *ret_key);

/* gdbm's own hash of a key, 31 bits: in the order of it keys lie in the same
 * bucket or in one behind, however large the directory is. */
uint32_t svct_gdbmfile_hash(const struct svct_key *key);

/* How many keys there are: every bucket is read, no key. */
int svct_gdbmfile_count(struct svct_gdbmfile *file, uint64_t *ret_count);

#endif
