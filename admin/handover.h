/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_HANDOVER_H
#define SVCT_ADMIN_HANDOVER_H

/*
 * A new secret on its way to whoever asked for it, for the commands that make
 * one. Between the commit and the end of that way nobody has it yet, so:
 *
 *     svct_handover_prepare   no signal ends the program any more; a file of
 *                             --out is written now, before anything is
 *                             changed
 *     svct_handover_commit    the change itself
 *     svct_handover_give      reads the database anew, then writes to standard
 *                             output; on a failure the caller takes its change
 *                             back, after svct_handover_drop
 *
 * Functions that return an exit code have said what was wrong.
 */

#include <signal.h>

#include "access.h"
#include "deliver.h"
#include "rows.h"

struct svct_handover {
    const struct svct_call *call;
    struct svct_secret
        text; /* svct_handover_mint's, or the caller's to fill by mint.h */
    struct svct_deliver deliver;
    sigset_t signals; /* the mask as it was */
    int exit; /* for the command when all went well: SVCT_EXIT_CANNOT after a
                 commit that is done and may not be on the disk */
};

void svct_handover_init(struct svct_handover *handover,
                        const struct svct_call *call);

/* Wipes the text and lets signals in again. */
void svct_handover_done(struct svct_handover *handover);

/* Draws a new token: its text into the handover, id and hash into the token. */
int svct_handover_mint(struct svct_handover *handover,
                       struct svct_token *token);

/* path NULL: to standard output. A file is whole and on the disk when this
 * returns; it must not be there yet. On a failure it is gone. */
int svct_handover_prepare(struct svct_handover *handover, const char *path);

/* As svct_access_commit. When the change is there though the disk reported an
 * error at its end, the secret counts and has to be handed over: that is no
 * failure here. After a failure the file is gone. */
int svct_handover_commit(struct svct_handover *handover, struct svct_txn *txn,
                         struct svct_audit *audit);

/* The secret is none: a file that has it is removed. */
void svct_handover_drop(struct svct_handover *handover);

/* The text goes to standard output, with --json as the last key of the row's
 * object; with a file, only the object does, without it. */
int svct_handover_give(struct svct_handover *handover,
                       const struct svct_token_row *row);

/* On standard error: when it ends and begins, and what keeps it shut. */
void svct_handover_say_times(const struct svct_handover *handover,
                             const struct svct_token_row *row,
                             int64_t account_expires);

/* On standard error: where the secret is now. */
void svct_handover_say_where(const struct svct_handover *handover);

#endif
