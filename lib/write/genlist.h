/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_WRITE_GENLIST_H
#define SVCT_WRITE_GENLIST_H

/*
 * The generations that are there: their numbers, which of them were published,
 * which may go.
 *
 * While a generation is made, the link "current.new" names it: it is there
 * before the folder is, and publishing renames it to "current". So a folder
 * that it names was never published, however its writer died, and goes; any
 * other was, and stays until it is old, also when an administrator has put
 * "current" back to an older one. A number is never used again while a folder
 * has it.
 */

#include "base/snapshot.h"

#define SVCT_GENLIST_PENDING SVCT_CURRENT ".new"

/* How many generations are kept, the current one among them: readers that
 * hold an older one open, and a look back after a mistake. */
#define SVCT_GENLIST_KEPT 3

#define SVCT_GENLIST_NAME (SVCT_GENERATION_LEN + 8) /* bytes for a name */

/* The name of the folder of a sequence number. */
void svct_genlist_name(char ret_name[SVCT_GENLIST_NAME], uint64_t sequence);

/* The sequence number of a folder of that name; 0 for any other name. */
uint64_t svct_genlist_sequence(const char *name);

/* Calls visit for the number of each folder there is, in no order. */
void svct_genlist_each(int dir_fd, void (*visit)(void *arg, uint64_t sequence),
                       void *arg);

/* The number that is marked as not published yet; 0: none is, or, with errno,
 * the link can't be read. */
uint64_t svct_genlist_pending(int dir_fd);

/* Marks a number as not published yet, before there is a folder of it; the
 * caller syncs. */
int svct_genlist_mark(int dir_fd, uint64_t sequence, struct svct_fault *fault);

/* The highest number of a folder that is not marked; 0 when there is none. */
uint64_t svct_genlist_newest(int dir_fd);

/* The number for the next one: above every folder there is, and above current.
 * More than SVCT_SEQUENCE_MAX when they are used up. */
uint64_t svct_genlist_next(int dir_fd, uint64_t current);

/*
 * The newest one that was published and is whole as far as a count of its
 * records, and of those on its roll, tells: what "current" may be put to when it is lost. 0 when there is
 * none, or the caller may not read them. Writers only change what is marked:
 * this needs no lock.
 */
uint64_t svct_genlist_newest_whole(int dir_fd);

struct svct_genlist_rule {
    uint64_t current; /* stays; 0: there is none */
    uint64_t also;    /* stays as well; 0: none */
    unsigned keep;    /* the newest so many stay, at least 1 */
};

/*
 * Removes, as far as it can, what was never published and those older than
 * current that the rule does not keep; never one that is newer and was
 * published. With a generation goes all that is in its folder: folders too, if
 * they are root's alone, of the same file system and at most eight in one
 * another; no symbolic link is followed. One that was never published and was
 * made of the reserve becomes that again. Under the writers' lock.
 */
void svct_genlist_prune(int dir_fd, const struct svct_genlist_rule *rule);

/* Removes any folder in the same way. */
void svct_genlist_remove_folder(int dir_fd, const char *name);

#endif
