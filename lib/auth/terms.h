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
    int64_t warn_before; /* of the policy, seconds; 0: no warning */
};

/*
 * user: an account; token_id: the token it was opened with, NULL or "" for
 * none; one that is not there any more, or is not the account's, counts as
 * none. ret_terms is zeroed on failure: SVCT_E_NOTFOUND when there is no such
 * account, else what reading the database can give.
 */
int svct_terms_find(const char *dir, const char *user, const char *token_id,
                    struct svct_terms *ret_terms, struct svct_fault *fault);

#endif
