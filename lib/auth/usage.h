/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_AUTH_USAGE_H
#define SVCT_AUTH_USAGE_H

/*
 * The file "usage" in the database folder: when each token was last used, from
 * where, by which service, and how often. Logins write it, so it is no part of
 * a generation and never waits for a commit.
 *
 * Slots of constant size, one a token; the token's record has the number of
 * its slot, the slot has the token's id and a check over its number and its
 * content (doc/FORMAT.md). Slot 0 is the head of the file. A slot of zeros is
 * one that was never written.
 *
 * Slots are written in place, at most one write for each, so that a reader may
 * see half of one: its check then fails, and reading it again helps. Who
 * writes holds the record lock of the slot. Only the utility makes the file or
 * makes it longer (write/slots.h); what a login does is in auth/use.h.
 */

#include "auth/entity.h"

#define SVCT_USAGE_FILE "usage"
#define SVCT_USAGE_SLOT 128 /* bytes of a slot; slot n is at n times that */
#define SVCT_USAGE_SERVICE_MAX 32
#define SVCT_USAGE_RHOST_MAX 64

/* What a slot says. */
struct svct_seen {
    char id[SVCT_TOKEN_ID_LEN + 1];
    uint32_t uses;     /* of a token with a limit of uses: exactly; of others
                          minutes in which it was used, see use.h */
    int64_t last_used; /* Unix seconds; 0: never */
    char service[SVCT_USAGE_SERVICE_MAX + 1]; /* printable ASCII, no blank */
    char rhost[SVCT_USAGE_RHOST_MAX + 1];     /* likewise; "": none */
};

/* ---- bytes; pure ---- */

/* For slot 1 to SVCT_SLOT_MAX. Every byte of the texts that is not printable
 * ASCII, or a blank, becomes "?"; what is too long is cut. */
void svct_usage_encode(uint32_t slot, const struct svct_seen *seen,
                       uint8_t ret_bytes[SVCT_USAGE_SLOT]);

/* SVCT_E_NOTFOUND: all zeros. SVCT_E_DAMAGED, SVCT_E_VERSION. */
int svct_usage_decode(uint32_t slot, const uint8_t bytes[SVCT_USAGE_SLOT],
                      struct svct_seen *ret_seen);

void svct_usage_encode_head(uint8_t ret_bytes[SVCT_USAGE_SLOT]);

/* As svct_usage_decode. */
int svct_usage_decode_head(const uint8_t bytes[SVCT_USAGE_SLOT]);

/* ---- the file ---- */

struct svct_usage {
    int fd;       /* -1: not open */
    int64_t size; /* bytes, when it was opened */
};

/* flags: O_RDONLY or O_RDWR. SVCT_E_NOTFOUND when there is none, and as
 * svct_safefile_open. The head is not looked at: each slot proves itself. */
int svct_usage_open(int dir_fd, int flags, struct svct_usage *ret_usage,
                    struct svct_fault *fault);
void svct_usage_close(struct svct_usage *usage);

/* One slot, or the head (slot 0, of which only the code matters). SVCT_E_RANGE
 * when it is behind the end of the file, or 0; SVCT_E_IO with errno; else as
 * svct_usage_decode. */
int svct_usage_read(const struct svct_usage *usage, uint32_t slot,
                    struct svct_seen *ret_seen);

/* The same for the slot of one token: SVCT_E_NOTFOUND also when it is
 * another's. */
int svct_usage_read_own(const struct svct_usage *usage, uint32_t slot,
                        const char *id, struct svct_seen *ret_seen);

/*
 * Writes one slot, with its lock held. Never makes the file longer than it was
 * when it was opened (SVCT_E_RANGE), and never runs into the limit of file
 * sizes of this process (SVCT_E_IO with EFBIG), which would end it by a signal.
 * SVCT_E_NOSPACE, SVCT_E_IO. Not synced.
 */
int svct_usage_write(const struct svct_usage *usage, uint32_t slot,
                     const struct svct_seen *seen);

/*
 * The write lock of a slot, waited for at most so many milliseconds by asking
 * again (no signal, no alarm); 0: asked once. SVCT_E_BUSY when somebody else
 * has it, SVCT_E_IO with errno when the file system can't. Another thread
 * which has opened the file by itself is somebody else. To be given back
 * before the file is closed: a child process that the host forks meanwhile
 * would keep it.
 */
int svct_usage_lock(const struct svct_usage *usage, uint32_t slot,
                    unsigned milliseconds);
void svct_usage_unlock(const struct svct_usage *usage, uint32_t slot);

#endif
