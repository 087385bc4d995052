/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_AUTH_USE_H
#define SVCT_AUTH_USE_H

/*
 * What a login does with the file "usage" (auth/usage.h). Two kinds of tokens:
 *
 * - One without a limit of uses: its last use is noted, at most once a minute.
 *   That never makes a login wait and never fails one, so the note is not
 *   synced, not written when somebody else has the slot, and a lost one costs
 *   a time. The number beside it counts such notes, not logins.
 *
 * - One with a limit: a use is counted, exactly and durably, or there is no
 *   login. It is taken after everything else was decided, and so can only turn
 *   a grant into a refusal. The count stands twice, in blocks apart, so one
 *   block that the disk lost neither gives a use back nor refuses; each use
 *   writes both, and so mends the one that was lost.
 *
 * Neither makes the file, or makes it longer, or writes over the slot of
 * another token. Thread-safe.
 */

#include "auth/policy.h"
#include "auth/usage.h"

#define SVCT_USE_INTERVAL 60 /* seconds between two notes */
#define SVCT_USE_WAIT 2000   /* milliseconds for the lock of a slot */

struct svct_use {
    const char *id;      /* of the token */
    uint32_t slot;       /* 0: it has none */
    const char *service; /* NULL or "": none */
    const char *rhost;   /* likewise */
    int64_t now;         /* Unix seconds, 0 to SVCT_TIME_MAX */
};

/*
 * How often a token with a limit has been used so far. The file is opened as
 * for writing: where that can't be done no use could be taken either. Takes no
 * lock, unless the slot looks damaged (another login may be writing it), then
 * waits as svct_use_take. 0, or why it is not known.
 */
int svct_use_count(int dir_fd, uint32_t slot, const char *id,
                   uint32_t *ret_uses, struct svct_fault *fault);

/*
 * Notes the use of a token without a limit, if it is a minute or more since the
 * last note, or that lies ahead (a clock was set back). A slot that is damaged
 * is begun anew. 0, also when nothing was due; else why it was not noted, which
 * is for a debug log and nothing else.
 */
int svct_use_note(int dir_fd, const struct svct_use *use,
                  struct svct_fault *fault);

/*
 * Takes one of max_uses uses: SVCT_GRANTED when it is counted and on the disk,
 * *ret_uses then being the count with it; SVCT_TOKEN_USED_UP; or
 * SVCT_USAGE_UNAVAILABLE with a fault, when the slot can't be locked within
 * SVCT_USE_WAIT, read, written or synced, or is not this token's. A use that
 * could not be written or synced as a whole may be counted all the same.
 */
enum svct_verdict svct_use_take(int dir_fd, const struct svct_use *use,
                                uint32_t max_uses, uint32_t *ret_uses,
                                struct svct_fault *fault);

#endif
