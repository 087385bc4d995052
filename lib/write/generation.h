/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_WRITE_GENERATION_H
#define SVCT_WRITE_GENERATION_H

/*
 * The folders of the generations: making, copying, publishing, pruning, and
 * the reserve. All of it under the writers' lock; nothing here knows gdbm.
 */

#include "base/snapshot.h"

/* How many generations are kept, the current one among them: readers that
 * hold an older one open, and a look back after a mistake. */
#define SVCT_GENERATIONS_KEPT 3

/*
 * A file whose blocks can be given back when the disk is full, so that taking
 * a right away still succeeds. As large as one more copy of a generation.
 */
#define SVCT_RESERVE_FILE "reserve"

/* Makes the folder of a sequence number, empty; one of that name that a
 * killed writer left is removed first. */
int svct_generation_make(int dir_fd, uint64_t sequence, int *ret_fd,
                         struct svct_fault *fault);

/* Makes one of its files, empty, with its mode; opened for reading and
 * writing. */
int svct_generation_make_file(int generation_fd, enum svct_part part,
                              int *ret_fd, struct svct_fault *fault);

/* Copies one file of a generation into another: shared blocks where the file
 * system can, else copied in the kernel, else through memory. */
int svct_generation_copy_file(int from_fd, int to_fd, enum svct_part part,
                              int *ret_fd, struct svct_fault *fault);

/* Makes "current" point to it, by one rename, and syncs the folder. On an
 * error *ret_published tells whether the rename was done. */
int svct_generation_publish(int dir_fd, uint64_t sequence, bool *ret_published,
                            struct svct_fault *fault);

/* Removes every generation folder that is newer than current or older than
 * the newest "keep" (at least 1), as far as it can, and what a killed publish
 * left. 0 as sequence of current removes them all.
 *
 * With a generation goes all that is in its folder: folders too, if they are
 * root's alone, of the same file system and at most eight in one another; no
 * symbolic link is followed. */
void svct_generation_prune(int dir_fd, uint64_t current, unsigned keep);

/* The highest sequence number of a folder there; 0 when there is none. */
uint64_t svct_generation_newest(int dir_fd);

/* Bytes that one more copy of an open generation takes, generously. */
int64_t svct_generation_size(int generation_fd);

/* Is there room for bytes on the disk? Also when that can't be told. */
bool svct_generation_room(int dir_fd, int64_t bytes);

/* Makes or enlarges the reserve to bytes; as far as it can, and never when
 * that would fill the disk. */
void svct_generation_keep_reserve(int dir_fd, int64_t bytes);
void svct_generation_drop_reserve(int dir_fd);

#endif
