/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_AUTH_TERMS_H
#define SVCT_AUTH_TERMS_H

/*
 * What a session that is about to begin has to know of its account and token.
 * Decides nothing: whether the login is good was decided before (verify.h).
 */

#include "auth/entity.h"

struct svct_terms {
    char token_name[SVCT_NAME_MAX + 1]; /* "": no token, or not there */
    char role[SVCT_ROLE_MAX + 1];       /* the lower of role and cap */
    int64_t expires;     /* the earlier of the two; SVCT_TIME_NEVER */
    bool token_ends;     /* that is the token's end; both the same: also */
    int64_t begun;       /* what ends then was made, or became valid */
    int64_t warn_before; /* of the policy, seconds; 0: no warning */
};

/*
 * Is it time to say that what begun at begun will have ended at expires? Within
 * warn_before seconds of the end (0: never), and in the last quarter of its
 * life: one that lives for hours is not about to end when it is made, whatever
 * suits those that live for months. false for what has ended, or never does.
 */
bool svct_terms_is_ending(int64_t begun, int64_t expires, int64_t warn_before,
                          int64_t now);

/* When the life of a token began, for that. */
int64_t svct_terms_begun(const struct svct_token *token);

/*
 * user: an account; token_id: the token it was opened with, NULL or "" for
 * none. One that is not there any more, or is not the account's, has ended:
 * expires is 0 then, so that what it has just opened gets no time without end.
 * ret_terms is zeroed on failure: SVCT_E_NOTFOUND when there is no such
 * account, else what reading the database can give.
 */
int svct_terms_find(const char *dir, const char *user, const char *token_id,
                    struct svct_terms *ret_terms, struct svct_fault *fault);

#endif
