/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_PAM_MARKER_H
#define SVCT_PAM_MARKER_H

/*
 * The session marker: a text that says which token was accepted, for hosts
 * that authenticate in a child process and hand back nothing but the PAM
 * environment (sshd, keyboard-interactive).
 *
 *     <token id>:<last minute>:<pid>:<parent's pid>:<mac>
 *
 * The last minute (Unix time / 60) in which it is good, the two process ids,
 * and keyed BLAKE2b-256 in hex over these and the user. Only the process that
 * made it or its parent can redeem it, because a user can put any text into
 * the PAM environment (~/.pam_environment), also one seen before.
 */

#include <sys/types.h>

#include "base/name.h"
#include "auth/token.h"

#define SVCT_MARKER_KEY_LEN 32
#define SVCT_MARKER_KEY_FILE "marker.key"
#define SVCT_MARKER_MINUTES 10 /* from making it to redeeming it, at most */
#define SVCT_MARKER_TEXT 160   /* bytes that hold any marker */

struct svct_marker {
    const char *token_id;
    const char *user;
    int64_t now; /* Unix seconds */
    pid_t pid;   /* of the process that makes it */
    pid_t ppid;  /* of its parent */
};

/* SVCT_E_SYNTAX when a part is not legal, SVCT_E_TOOBIG when size is too
 * small. out is untouched then. Needs svct_secret_setup, as redeeming does. */
int svct_marker_format(const struct svct_marker *marker,
                       const uint8_t key[SVCT_MARKER_KEY_LEN], char *out,
                       size_t size);

/*
 * Is text a marker for this user that process self may redeem now? 0 and the
 * token's id; SVCT_E_SYNTAX for every other text, forged, expired or another
 * process's.
 */
int svct_marker_redeem(const char *text, const char *user, int64_t now,
                       pid_t self, const uint8_t key[SVCT_MARKER_KEY_LEN],
                       char ret_id[SVCT_TOKEN_ID_LEN + 1]);

/*
 * Reads the key of this host from the folder dir. With create the folder
 * (its last part only) and the key are made when they lack; a key that
 * somebody else made at the same moment is taken. SVCT_E_NODB or
 * SVCT_E_NOTFOUND when it lacks, SVCT_E_DAMAGED for a wrong size, or what
 * opening and making files can give. The caller wipes the key.
 */
int svct_marker_key(const char *dir, bool create,
                    uint8_t ret_key[SVCT_MARKER_KEY_LEN],
                    struct svct_fault *fault);

#endif
