/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_DELIVER_H
#define SVCT_ADMIN_DELIVER_H

/*
 * Handing a new token over, once: to standard output, or to a file of its own
 * that nobody else can read. It is written straight from its guarded memory,
 * past stdio, and that all of it arrived is made sure of.
 *
 * A file that is to go again is looked up in the folder it was made in, and
 * goes only if it still is the one that was made: somebody who may write to
 * that folder could have put another in its place. (Between that look and the
 * removal there is no call that does both; the moment is a system call long.)
 */

#include <jansson.h>

#include "auth/secret.h"
#include "cmd.h"

struct svct_deliver {
    const char *path; /* NULL: standard output */
    int fd;           /* to write to; -1: none, or closed */
    int folder_fd;    /* where the file is; -1: standard output */
    int file_fd;      /* the file again, to know it by */
};

/* None. */
#define SVCT_DELIVER_NONE \
    ((struct svct_deliver){.fd = -1, .folder_fd = -1, .file_fd = -1})

/* Makes the file, which must not be there yet, before there is a token. Says
 * what is wrong and returns an exit code. what: who named it, "--out". */
int svct_deliver_open(const struct svct_call *call, const char *what,
                      const char *path, struct svct_deliver *ret_deliver);

/* Writes head, the token, tail, and has a file on the disk with its name. false
 * with errno. */
bool svct_deliver_write(const struct svct_deliver *deliver, const char *head,
                        const struct svct_secret *token, const char *tail);

/* The object with the token as its last key, to standard output; put together
 * here: no library gets to copy the token. Takes the object's reference; NULL
 * is no memory. false with errno. */
bool svct_deliver_json(const struct svct_deliver *deliver, json_t *object,
                       const struct svct_secret *token);

/* No more is to be written. false with errno, when a last write failed. */
bool svct_deliver_close(struct svct_deliver *deliver);

/* Removes the file, before or after it was closed; one that is another by now
 * stays. That it can't be removed is said. */
void svct_deliver_drop(struct svct_deliver *deliver);

/* Gives back what is open; none is fine. */
void svct_deliver_done(struct svct_deliver *deliver);

#endif
