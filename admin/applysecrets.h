/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_APPLYSECRETS_H
#define SVCT_ADMIN_APPLYSECRETS_H

/*
 * The secrets that an apply makes, on their way to the files that its file
 * names: as handover.h has it for one (doc/decisions/0006), for many.
 *
 *     svct_applysecrets_mint     draws one, remembers where it shall go
 *     svct_applysecrets_write    all of them, before the commit; no signal ends
 *                                the program from here on
 *     svct_applysecrets_drop     they are none: the files go again
 *     svct_applysecrets_settled  they are, or are not: signals come in again
 *     svct_applysecrets_done     wipes what is in memory
 */

#include <signal.h>

#include "auth/entity.h"
#include "deliver.h"

/* At a time: each file is held open until it is known whether it stays. */
#define SVCT_APPLYSECRETS_MAX 400

struct svct_applysecrets {
    const struct svct_call *call;
    struct svct_applysecret *item;
    size_t count;
    bool held;        /* signals */
    sigset_t signals; /* the mask as it was */
};

/* There is none yet. SVCT_E_NOMEM. */
int svct_applysecrets_init(struct svct_applysecrets *secrets,
                           const struct svct_call *call);
void svct_applysecrets_done(struct svct_applysecrets *secrets);

/*
 * Id and hash into the token, whose account and name are known. SVCT_E_EXISTS:
 * there is a file at the path, or another secret goes there; SVCT_E_TOOBIG: too
 * many at a time; SVCT_E_IO, SVCT_E_NOMEM.
 */
int svct_applysecrets_mint(struct svct_applysecrets *secrets, const char *path,
                           struct svct_token *token, struct svct_fault *fault);

/* An exit code; has said what was wrong, and then no file is left. */
int svct_applysecrets_write(struct svct_applysecrets *secrets);

void svct_applysecrets_drop(struct svct_applysecrets *secrets);

/* They count, or are gone: signals are let in again. */
void svct_applysecrets_settled(struct svct_applysecrets *secrets);

/* Where they are now. */
void svct_applysecrets_say(const struct svct_applysecrets *secrets);

#endif
