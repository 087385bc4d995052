/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_LASTUSE_H
#define SVCT_ADMIN_LASTUSE_H

/*
 * What the file "usage" says of tokens, for their rows. That it can't be read
 * leaves cells empty and is told in a word; it fails no command that shows
 * something.
 */

#include "auth/usage.h"
#include "rows.h"

struct svct_lastuse {
    struct svct_usage usage;
    int code; /* 0, or why the file can't be read, with its fault */
    struct svct_fault fault;
    uint64_t odd; /* tokens whose slot is damaged or another's */
};

/* dir_fd: the database folder. */
void svct_lastuse_open(struct svct_lastuse *lastuse, int dir_fd);
void svct_lastuse_close(struct svct_lastuse *lastuse);

/* Fills row->use_known and row->seen by row->token. */
void svct_lastuse_read(struct svct_lastuse *lastuse,
                       struct svct_token_row *row);

/* For one row alone: open, read, say, close. */
void svct_lastuse_fill(int dir_fd, struct svct_token_row *row);

/* A word when something could not be told. */
void svct_lastuse_say(const struct svct_lastuse *lastuse);

/* Was it last used so many seconds ago or earlier, or never and made so long
 * ago? false when that is not known. */
bool svct_lastuse_unused(const struct svct_token_row *row, int64_t now,
                         int64_t seconds);

#endif
