/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_AUTH_SIGHT_H
#define SVCT_AUTH_SIGHT_H

/*
 * For verify.h: an open database, with what it and the file "names" say about
 * one user.
 */

#include <sys/stat.h>

#include "auth/entity.h"
#include "base/snapshot.h"

struct svct_sight {
    int dir_fd;
    struct svct_snapshot *snapshot; /* NULL: could not be opened */
    bool listed;                    /* in "names" */
    bool stored;                    /* in the database, as account */
    struct svct_account account;    /* when stored */
    struct stat dir, names;         /* as they were found; when listed */
};

/*
 * Looks until "names" and the database agree; a contradiction that stays is
 * SVCT_E_DAMAGED. What could be found out is in the sight, whatever is
 * returned, and it is the caller's to close. user: by form the name of an
 * account.
 */
int svct_sight_open(struct svct_sight *sight, const char *dir, const char *user,
                    struct svct_fault *fault);

/*
 * Closes all descriptors, and keeps what was found of an account of ours: some
 * 24 KiB, nothing of a token. What is nobody's, or unknown, is closed.
 */
void svct_sight_suspend(struct svct_sight *sight);

/*
 * Goes on with a suspended sight if it is of that user and nothing has happened
 * since: the folder is the same one, "current" names the same generation, and
 * its files and "names" are the very same, unchanged; so what was found in them
 * is what would be found again. Else, and of a closed one, it is open. As it.
 */
int svct_sight_resume(struct svct_sight *sight, const char *dir,
                      const char *user, struct svct_fault *fault);

/* One of dir_fd -1 is closed, or suspended. */
void svct_sight_close(struct svct_sight *sight);

#endif
