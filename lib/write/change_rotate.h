/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_WRITE_CHANGE_ROTATE_H
#define SVCT_WRITE_CHANGE_ROTATE_H

/*
 * A new secret for a token that stays what it is: id, name, limits and the
 * count of its uses. As with all changes (change.h) the rules are checked
 * here, and on an error the transaction is to be freed.
 *
 * One record says both, which secret counts and how long the former one still
 * does, so that no login ever finds a token without a secret.
 */

#include "auth/entity.h"
#include "write/txn.h"

/* The longest overlap, seconds: who needs more forgot to end it. */
#define SVCT_ROTATE_OVERLAP_MAX (INT64_C(30) * 86400)

struct svct_rotation {
    int64_t now;
    const char *actor; /* cut to SVCT_ACTOR_MAX */
    int64_t overlap;   /* seconds that the secret so far is still taken, 0 to
                          SVCT_ROTATE_OVERLAP_MAX; 0: not a second */
    uint8_t hash[SVCT_DIGEST_LEN]; /* of the new secret */
    bool new_expiry;               /* else the end stays what it is */
    int64_t expires;               /* then: the new end, or SVCT_TIME_NEVER */
};

/* What a rotation did, for words and for taking it back. */
struct svct_rotated {
    struct svct_token before;
    struct svct_token after;
    bool apikey; /* the account is an API key: its end was set as well */
    int64_t account_before; /* then: when it ended before */
    bool shortened; /* the former secret ends before now + overlap: it would
                       have had to, with the token */
    bool ended_one; /* a secret from before the last rotation was still taken,
                       and has ended: at most one former secret is kept */
};

/*
 * The secret so far is taken until now + overlap, yet never longer than the
 * token would have lived with it, nor than it lives now; then it is told as
 * superseded. A disabled token stays disabled.
 *
 * SVCT_E_NOTFOUND; SVCT_E_EXISTS: it is revoked, or has this secret already;
 * SVCT_E_RANGE: overlap or end out of bounds, the token has expired and gets
 * no new end, or would end before it begins; SVCT_E_POLICY: from now on it
 * would live longer than is allowed, also with the end that it has.
 */
int svct_change_token_rotate(struct svct_txn *txn, const char *id,
                             const struct svct_rotation *rotation,
                             struct svct_rotated *ret_rotated,
                             struct svct_fault *fault);

/*
 * Takes a rotation back whose new secret reached nobody: the secrets and the
 * end are again what they were. What was changed since stays (disabled,
 * revoked; an end that is not the rotation's any more). SVCT_E_NOTFOUND: the
 * token is gone; SVCT_E_EXISTS: it has got another secret since, and nothing
 * is changed.
 */
int svct_change_token_unrotate(struct svct_txn *txn,
                               const struct svct_rotated *rotated,
                               struct svct_fault *fault);

#endif
