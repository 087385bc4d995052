/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_WRITE_GENERATION_H
#define SVCT_WRITE_GENERATION_H

/*
 * The folder of one generation: making, copying, publishing. All of it under
 * the writers' lock; nothing here knows gdbm. (Which ones there are and which
 * may go: genlist.h.)
 */

#include <sys/types.h>

#include "base/snapshot.h"

/* The files in it: one for each part (an enum svct_part is its number), and the
 * roll of the private one. */
#define SVCT_FILE_ROLL SVCT_PARTS
#define SVCT_FILES (SVCT_PARTS + 1)
const char *svct_generation_file(int file);
mode_t svct_generation_mode(int file);

/* Makes the folder of a sequence number, empty, marks it before as not
 * published yet, and syncs the folder above. There must be none of that name:
 * clear up first (svct_genlist_prune), then take svct_genlist_next. */
int svct_generation_make(int dir_fd, uint64_t sequence, int *ret_fd,
                         struct svct_fault *fault);

/* Makes one of its files, empty, with its mode; opened for reading and
 * writing. */
int svct_generation_make_file(int generation_fd, int file, int *ret_fd,
                              struct svct_fault *fault);

/* Copies a part of a generation into another (the roll: rollfile.h): shared blocks where the file
 * system can, else copied in the kernel, else through memory. */
int svct_generation_copy_file(int from_fd, int to_fd, enum svct_part part,
                              int *ret_fd, struct svct_fault *fault);

/* The same onto the file that is there already, in a folder that was the
 * reserve: through memory, so that no block is given back and another taken;
 * what the file has beyond goes. */
int svct_generation_copy_onto(int from_fd, int to_fd, enum svct_part part,
                              int *ret_fd, struct svct_fault *fault);

/* Makes "current" point to the one that was made last, by one rename, which
 * takes the mark away as well, and syncs the folder. The files and the folder
 * of the generation must be on the disk by then. On an error *ret_published
 * tells whether the rename was done. */
int svct_generation_publish(int dir_fd, uint64_t sequence, bool *ret_published,
                            struct svct_fault *fault);

/* Bytes that one more copy of an open generation takes, generously. */
int64_t svct_generation_size(int generation_fd);

/* What a file of it may become while it is changed, from what it is. */
int64_t svct_generation_grown(int file, int64_t size);

/* Is there room for bytes on the disk? Also when that can't be told. */
bool svct_generation_room(int dir_fd, int64_t bytes);

/* Writes exactly len bytes at offset, whatever write says in between. false
 * with errno. */
bool svct_generation_pwrite(int fd, const void *bytes, size_t len,
                            int64_t offset);

#endif
