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
 * Each slot is there twice, byte for byte the same, in two blocks of which a
 * disk can lose one: nothing in a slot tells whether it is an older state of
 * itself, so of two counts the higher one is true (doc/decisions/0016). Only
 * the note of a last use, of a token without a limit of uses, goes into the
 * first copy alone.
 *
 * Slots are written in place, at most one write for each copy, so that a reader
 * may see half of one: its check then fails, and reading it again helps. Who
 * writes holds the lock of the slot, which is one for both copies. Only the
 * utility makes the file or makes it longer (write/slots.h); what a login does
 * is in auth/use.h.
 */

#include "auth/entity.h"

#define SVCT_USAGE_FILE "usage"
#define SVCT_USAGE_SLOT 128 /* bytes of one copy of a slot */
#define SVCT_USAGE_COPIES 2
#define SVCT_USAGE_GROUP 512 /* slots, behind which the same come again */
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

/* Where a copy of a slot is, from the beginning of the file; copy 0 or 1. */
int64_t svct_usage_offset(uint32_t slot, unsigned copy);

/* How long the file must be to have both copies of it, and of all before. */
int64_t svct_usage_end(uint32_t slot);

/* ---- the file ---- */

struct svct_usage {
    int fd;        /* -1: not open */
    int64_t size;  /* bytes, when it was opened */
    bool readonly; /* its locks keep out only who writes */
};

/* flags: O_RDONLY or O_RDWR. SVCT_E_NOTFOUND when there is none, and as
 * svct_safefile_open. The head is not looked at: each slot proves itself. */
int svct_usage_open(int dir_fd, int flags, struct svct_usage *ret_usage,
                    struct svct_fault *fault);
void svct_usage_close(struct svct_usage *usage);

/* One more than the highest slot of which the file has the first copy. */
uint32_t svct_usage_slots(const struct svct_usage *usage);

/* One copy of a slot, or of the head (slot 0, of which only the code matters).
 * SVCT_E_RANGE when it is behind the end of the file; SVCT_E_IO with errno;
 * else as svct_usage_decode. */
int svct_usage_read_copy(const struct svct_usage *usage, uint32_t slot,
                         unsigned copy, struct svct_seen *ret_seen);

/* 0 when one copy of the head is sound, and then whether both are.
 * SVCT_E_NOTFOUND: there is none yet. Else as svct_usage_read_copy. */
int svct_usage_read_head(const struct svct_usage *usage, bool *ret_both);

/*
 * The slot of a token with a limit of uses: the copy with the higher count,
 * or, when the other one is zeros, damaged or another token's, the one that is
 * sound and this token's. SVCT_E_NOTFOUND: it is not this token's;
 * SVCT_E_DAMAGED when nothing but damage is left. A copy that can't be read, is
 * behind the end of the file or a newer program's is never passed over:
 * SVCT_E_IO with errno, SVCT_E_RANGE (also for slot 0), SVCT_E_VERSION.
 */
int svct_usage_read_count(const struct svct_usage *usage, uint32_t slot,
                          const char *id, struct svct_seen *ret_seen);

/*
 * The slot of a token without a limit: the later use of both copies, if the
 * first one, which notes go to, is sound. SVCT_E_NOTFOUND: it was never
 * written. SVCT_E_DAMAGED, also when it is another token's or when only the
 * first copy is zeros. Else as above.
 */
int svct_usage_read_note(const struct svct_usage *usage, uint32_t slot,
                         const char *id, struct svct_seen *ret_seen);

/* The one of these two that is right for the token. */
int svct_usage_read_own(const struct svct_usage *usage,
                        const struct svct_token *token,
                        struct svct_seen *ret_seen);

/*
 * Writes both copies of a slot, with its lock held. Never makes the file longer
 * than it was when it was opened (SVCT_E_RANGE), and never runs into the limit
 * of file sizes of this process (SVCT_E_IO with EFBIG), which would end it by a
 * signal. SVCT_E_NOSPACE, SVCT_E_IO: the first may be written. Not synced.
 */
int svct_usage_write(const struct svct_usage *usage, uint32_t slot,
                     const struct svct_seen *seen);

/* The same for the first copy alone. */
int svct_usage_write_note(const struct svct_usage *usage, uint32_t slot,
                          const struct svct_seen *seen);

/* The same for both copies of the head. */
int svct_usage_write_head(const struct svct_usage *usage);

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
