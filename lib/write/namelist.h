/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_WRITE_NAMELIST_H
#define SVCT_WRITE_NAMELIST_H

/*
 * Writing the file "names" (base/names.h): sorted, one name a line, replaced
 * by rename.
 *
 * A list is a set of names in memory. Adding is cheap; it is sorted, and
 * doubles are dropped, when it is written.
 */

#include "base/names.h"

struct svct_namelist {
    char (*name)[33]; /* SVCT_LOGIN_MAX and a NUL */
    size_t count;
    size_t room;
};

void svct_namelist_done(struct svct_namelist *list);

/* SVCT_E_NOMEM; SVCT_E_SYNTAX for what is no login name. */
int svct_namelist_add(struct svct_namelist *list, const char *name);

/* Adds all that another list has. SVCT_E_NOMEM. */
int svct_namelist_add_all(struct svct_namelist *list,
                          const struct svct_namelist *from);

/* Takes a name out, each time it is there. */
void svct_namelist_drop(struct svct_namelist *list, const char *name);

/* Adds all that the file has; no file has none. SVCT_E_DAMAGED for a line
 * that is no name. */
int svct_namelist_read(struct svct_namelist *list, int dir_fd,
                       struct svct_fault *fault);

/*
 * Replaces the file by the names of list without those of removed (NULL:
 * none): writes a new one, syncs it, renames it, syncs the folder. On an
 * error the old one stands, or both may be there after a failed last sync.
 * Sorts both lists.
 */
int svct_namelist_write(struct svct_namelist *list,
                        struct svct_namelist *removed, int dir_fd,
                        struct svct_fault *fault);

#endif
