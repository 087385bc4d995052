/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_AUTH_SECRET_H
#define SVCT_AUTH_SECRET_H

/*
 * The one owner of a secret in memory: guarded, kept out of core dumps and,
 * where the system lets us, out of swap; wiped when freed. That memory can't
 * be locked (LimitMEMLOCK=0, seccomp) is no error.
 */

#include "base/err.h"

struct svct_secret {
    char *text; /* NUL-terminated; NULL only before init */
    size_t len;
    size_t size; /* bytes at text */
};

/* Sets libsodium up; any thread, any number of times. SVCT_E_IO when it can't
 * be used, also where getrandom(2) is refused: then nothing else that needs it
 * may be called. Call it before random bytes are drawn, each time. */
int svct_secret_setup(void);

/* Room for max bytes and a NUL, empty. SVCT_E_NOMEM. */
int svct_secret_init(struct svct_secret *secret, size_t max);
void svct_secret_done(struct svct_secret *secret);

/* Appends. SVCT_E_TOOBIG, and unchanged, when it does not fit. */
int svct_secret_append(struct svct_secret *secret, const char *text,
                       size_t len);

/* Wipes memory of others (a PAM answer); NULL is fine. */
void svct_secret_wipe(void *memory, size_t len);

/* Wipes what former calls may have left on the stack below. */
void svct_secret_wipe_stack(void);

#endif
