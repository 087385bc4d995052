/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_TESTS_CRASHFS_H
#define SVCT_TESTS_CRASHFS_H

/*
 * What a folder may look like after the power was lost.
 *
 * crashfs_record runs a child and takes down what each of its system calls
 * makes of a folder (two levels deep): bytes, sizes, modes, entries, and what
 * was synced when. crashfs_replay makes a folder as it may be found after a
 * loss of power at some point of that:
 *
 * - of the bytes that were written to a file since its last sync, each page
 *   (or sector) is as it was at any moment since then, and so are, apart from
 *   them, its size and its mode; a page beyond a former end has zeros;
 * - an entry made, removed or renamed is as it is, or as it was, unless its
 *   folder was synced since. A rename is whole in both of its folders or in
 *   none, and durable when one of them is synced. What came later to the same
 *   entry is there only if the earlier is. Nothing else has an order: what was
 *   done last may be all that is there.
 *
 * That is more than file systems lose that keep the order of their entries.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct crashfs;

/* child runs in a process of its own, and must return. */
struct crashfs *crashfs_record(const char *dir, void (*child)(const char *dir));
void crashfs_free(struct crashfs *fs);

/* How many changes and syncs there were: a loss can be before and after each. */
size_t crashfs_length(const struct crashfs *fs);

/* How many of them had been done when the folder was synced first after an
 * entry of that name had changed in it: from there on that must be there.
 * SIZE_MAX: it never was. */
size_t crashfs_settled(const struct crashfs *fs, const char *name);

/* How many syncs were of what had not changed since the last sync of it. */
size_t crashfs_idle_syncs(const struct crashfs *fs);

/* The folder to (which must not be there) after the first "done" of them, with
 * a loss that follows from the seed alone. */
void crashfs_replay(const struct crashfs *fs, size_t done, uint64_t seed,
                    const char *to);

#endif
