/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_DELIVER_H
#define SVCT_ADMIN_DELIVER_H

/*
 * Handing a new token over, once: to standard output, or to a file of its own
 * that nobody else can read. It is written straight from its guarded memory,
 * past stdio, and that all of it arrived is made sure of.
 */

#include "auth/secret.h"
#include "cmd.h"

struct svct_deliver {
    const char *path; /* NULL: standard output */
    int fd;
};

/* Makes the file, which must not be there yet, before there is a token. Says
 * what is wrong and returns an exit code. */
int svct_deliver_open(const struct svct_call *call, const char *path,
                      struct svct_deliver *ret_deliver);

/* Writes head, the token, tail. false with errno. */
bool svct_deliver_write(const struct svct_deliver *deliver, const char *head,
                        const struct svct_secret *token, const char *tail);

/* Closes; drop: removes the file as well. false with errno, when a last
 * write failed. */
bool svct_deliver_close(struct svct_deliver *deliver, bool drop);

#endif
