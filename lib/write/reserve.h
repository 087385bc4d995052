/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_WRITE_RESERVE_H
#define SVCT_WRITE_RESERVE_H

/*
 * What taking a right away needs on a full disk, kept ready: the folder of a
 * generation with blocks for one more copy in its files, and two entries
 * that a commit makes, the link "current.new" and the file "names.stale". (The
 * blocks of a folder and inodes can be used up, too.)
 *
 * It is not given back to the file system and asked for again: somebody who
 * keeps filling the disk would be faster. The folder itself becomes that of
 * the new generation, by a rename, and the copy is written over its blocks. On
 * file systems that write elsewhere whatever is written over (btrfs, ZFS; XFS
 * where files share blocks) that is a matter of luck again.
 *
 * As the reserve, and as a generation made of it that is not settled, the
 * folder has mode 0700: so it can be told which leftovers become the reserve
 * again. All of it under the writers' lock.
 */

#include "base/snapshot.h"

#define SVCT_RESERVE_FOLDER "reserve"
#define SVCT_RESERVE_STALE "names.stale"

/* Makes it, or makes it larger, for one more copy of the open generation, and
 * its link for the number "next"; as far as it can, and never when that would
 * fill the disk. */
void svct_reserve_keep(int dir_fd, int generation_fd, uint64_t next);

/* Makes it the folder of a number, marked as not published yet, as
 * svct_generation_make does. SVCT_E_NOTFOUND when there is none. */
int svct_reserve_take(int dir_fd, uint64_t sequence, int *ret_fd,
                      struct svct_fault *fault);

/* The other way round, for one that is marked. false when it was not made of
 * the reserve, or there is another by now. */
bool svct_reserve_give_back(int dir_fd, uint64_t sequence);

/* The last step before it is published: what a commit did not need of it goes,
 * readers may look into it, and that is synced. And, should it not be
 * published: back again. */
int svct_reserve_settle(int generation_fd, struct svct_fault *fault);
void svct_reserve_unsettle(int generation_fd);

void svct_reserve_drop(int dir_fd);

#endif
