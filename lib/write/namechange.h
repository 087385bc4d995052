/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_WRITE_NAMECHANGE_H
#define SVCT_WRITE_NAMECHANGE_H

/*
 * Keeping the file "names" in step with a transaction: at every moment it
 * lists at least the accounts of the current generation.
 *
 * Before the commit the names that come are added, after it those that go are
 * taken out. While the file may not fit, "names.stale" is there: the next
 * writer that finds it makes "names" anew from the accounts.
 */

#include "write/namelist.h"

struct svct_namechange {
    int dir_fd;   /* of the database; the transaction's */
    int spare_fd; /* a folder with a spare "names.stale"; -1: none */
    struct svct_namelist listed;  /* the file as it is, once known */
    struct svct_namelist added;   /* a name is in the one of these two */
    struct svct_namelist removed; /* that its last change put it in */
    bool known;
    bool renew;   /* the file is to be written in any case */
    bool touched; /* the commit has begun to */
    bool anew;    /* only what is added stays */
    bool unsure;  /* it was stale and could not be mended: stays so */
};

void svct_namechange_done(struct svct_namechange *change);

/*
 * Writes "names" anew when it is stale or lost. Where that can't be done (a
 * full disk, a damaged record) the transaction goes on: revoking a token must
 * not depend on it.
 */
void svct_namechange_mend(struct svct_namechange *change);

/* For a new database: the file is written with the first commit, whatever it
 * was. */
void svct_namechange_begin_empty(struct svct_namechange *change);

/* For a database that takes the place of what is there: what the file lists,
 * and the accounts that are there as far as they can be read, stays in it until
 * the commit; then it lists what was added, and nothing else. SVCT_E_IO,
 * SVCT_E_NOMEM. */
int svct_namechange_begin_anew(struct svct_namechange *change,
                               struct svct_fault *fault);

/* The last change of a name counts. */
int svct_namechange_add(struct svct_namechange *change, const char *name);
int svct_namechange_remove(struct svct_namechange *change, const char *name);

/* Before the commit: all that the file had, and what is added. */
int svct_namechange_before(struct svct_namechange *change,
                           struct svct_fault *fault);

/* After the commit without the names that are gone; instead of it (published
 * false) without those that were to come. */
void svct_namechange_after(struct svct_namechange *change, bool published);

#endif
