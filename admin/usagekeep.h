/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_USAGEKEEP_H
#define SVCT_ADMIN_USAGEKEEP_H

/*
 * The file "usage" for a backup and a restore: what it knows of a token goes
 * into the token's line, and from the line into the token's slot. A count of
 * uses never gets smaller here.
 */

#include "base/err.h"
#include "line.h"

struct svct_usagekeep {
    int dir_fd;  /* of the database; -1: there is no folder */
    void *usage; /* the open file; NULL: see err */
    int err;     /* why it is not open; SVCT_E_NOTFOUND: there is none */
    struct svct_usagekeep_place *index; /* by id, once it was asked for */
    size_t count;
    bool damaged; /* a slot of a token with a limit of uses could not be read */
};

/* As far as it can: a database without the file knows of no use. */
void svct_usagekeep_open(int dir_fd, bool writing, struct svct_usagekeep *ret);
void svct_usagekeep_done(struct svct_usagekeep *keep);

/* What the slot of line->token says, to line->usage; nothing when it is not
 * this token's or can't be read: one with a limit of uses then counts as used
 * up. */
void svct_usagekeep_get(struct svct_usagekeep *keep, struct svct_line *line);

/* A limit of uses was counted in the slot of this token, and how often can't be
 * told any more: the slot is damaged, not the token's, or gone, alone or with
 * the file. (What can't be read at the moment is not lost.) */
bool svct_usagekeep_is_lost(const struct svct_usagekeep *keep,
                            const struct svct_token *token);

/* The slot that is this token's, of several the one with most uses; 0: none.
 * For when no record says it: the first call reads the whole file. */
uint32_t svct_usagekeep_find(struct svct_usagekeep *keep, const char *id);

/* How many slots the file has room for. */
uint32_t svct_usagekeep_slots(const struct svct_usagekeep *keep);

/*
 * Writes line->usage to the slot of line->token, where it says more than the
 * slot does, or where that was never written and the token has a limit of uses;
 * then it is synced. SVCT_E_RANGE: the file is not that long yet.
 */
int svct_usagekeep_put(struct svct_usagekeep *keep,
                       const struct svct_line *line, struct svct_fault *fault);

#endif
