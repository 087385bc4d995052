/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_AUTH_VERIFY_H
#define SVCT_AUTH_VERIFY_H

/*
 * The I/O around the decision: open the database, find the account and the
 * token, compare the hash, decide.
 *
 * Three outcomes, always apart: a negative SVCT_E_* (could not decide), a
 * verdict that refuses, SVCT_GRANTED. On an error the outcome is zeroed,
 * which refuses. Each call opens the current generation anew, and so sees
 * every commit that was done before it; what an earlier look has kept counts
 * only where nothing has changed since (auth/sight.h). Thread-safe.
 */

#include "auth/policy.h"

/* Whose login is it? */
enum svct_whose {
    SVCT_WHOSE_UNKNOWN = 0, /* the database can't tell; see listed */
    SVCT_WHOSE_OURS,
    SVCT_WHOSE_NOT_OURS
};

struct svct_ownership {
    enum svct_whose whose;
    bool listed; /* the file "names" has them, or the database: what remains
                    to go by when whose is UNKNOWN */
};

/*
 * Is user a service account? Ours when "names" and the database have them,
 * not ours when neither has. A contradiction between the two (looked at again
 * first, a commit may have come between) is SVCT_E_DAMAGED, and like every
 * database that can't be read gives UNKNOWN and the error. One that was never
 * set up is SVCT_E_NODB with listed false; one whose "names" is still there
 * says SVCT_E_NODB with listed true for its accounts. ret_ownership is filled
 * in every case. A user name that no account can have (NULL too) is NOT_OURS
 * without a look.
 */
int svct_verify_whose(const char *dir, const char *user,
                      struct svct_ownership *ret_ownership,
                      struct svct_fault *fault);

/*
 * The same, and keeps in memory what was found, for the decision that follows:
 * *ret_sight is NULL when there is nothing to keep, and nothing is open. The
 * caller ends it.
 */
struct svct_sight;
int svct_verify_look(const char *dir, const char *user,
                     struct svct_ownership *ret_ownership,
                     struct svct_sight **ret_sight, struct svct_fault *fault);
void svct_verify_end(struct svct_sight *sight);

struct svct_attempt {
    struct svct_sight *sight; /* NULL: nothing was kept */
    const char *dir;          /* the database folder */
    const char *user;
    const char *service;
    const char *rhost;    /* may be NULL */
    const char *min_role; /* the least role this stack takes; NULL: any */
    int64_t now;          /* read after the secret was typed */
    bool use_taken;       /* the use of this token was counted already, in the
                             auth phase of this very login */
};

struct svct_outcome {
    enum svct_verdict verdict;
    char account[SVCT_LOGIN_MAX + 1];
    char token_id[SVCT_TOKEN_ID_LEN + 1]; /* "" when the text was no token */
    uint8_t digest[SVCT_DIGEST_LEN]; /* of what svct_verify_token granted, for
                                        svct_verify_again; else zeros */
    /* Of the token only when it is the account's and the secret was right:
     * nothing is told about a token that was not proven. */
    char token_name[SVCT_NAME_MAX + 1]; /* else "" */
    char role[SVCT_ROLE_MAX + 1];       /* the lower of role and cap */
    int64_t expires;                    /* the earliest of the account's, the
                                           token's and superseded_until */
    bool superseded; /* it was the secret before a rotation, proven as above */
    int64_t superseded_until; /* when that ends; 0 unless superseded */
    /* Of a token with a limit of uses, told as its name is; else 0. */
    uint32_t max_uses;
    uint32_t uses; /* so far, this one among them when it was granted by
                      svct_verify_token; 0 too when that is not known */
    /* Why its uses could not be counted (usage_unavailable). After a grant:
     * why the last use of a token without a limit was not noted, for a debug
     * log. The code is 0 when there is nothing. */
    struct svct_fault usage_fault;
};

/*
 * These four fill the outcome whenever they return 0, also when it refuses.
 * SVCT_E_NOTFOUND: user is no service account (any more); SVCT_E_RANGE:
 * min_role names no role; else the database could not be read.
 */

/*
 * Decides about a presented secret (text, len; any bytes, any length). An
 * unknown id, a wrong secret, a former one and another account's token cost
 * the same work.
 * A text that is no token by form is refused without a look at the database.
 * The caller wipes the text, and the stack (svct_secret_wipe_stack).
 *
 * This is the one that makes a login of it: a grant takes a use of a token
 * whose uses are limited, or becomes a refusal; of another token it notes the
 * last use (auth/use.h). The two below only look.
 */
int svct_verify_token(const struct svct_attempt *attempt, const char *text,
                      size_t len, struct svct_outcome *ret_outcome,
                      struct svct_fault *fault);

/*
 * The account phase of a login that svct_verify_token granted: decides once
 * more about that token and that very secret (digest), either of which may
 * have been taken back meanwhile. The attempt's use_taken has to be set.
 */
int svct_verify_again(const struct svct_attempt *attempt, const char *token_id,
                      const uint8_t digest[SVCT_DIGEST_LEN],
                      struct svct_outcome *ret_outcome,
                      struct svct_fault *fault);

/*
 * Decides about a stored token (token_id) as if its secret had been presented,
 * or without one (NULL: the account phase). For "svctoken check", with a trace
 * (else NULL), and for the account phase of a login without a token, or whose
 * secret is not known any more.
 */
int svct_verify_explain(const struct svct_attempt *attempt,
                        const char *token_id, struct svct_outcome *ret_outcome,
                        struct svct_trace *trace, struct svct_fault *fault);

/* The same for a whole token. */
int svct_verify_explain_text(const struct svct_attempt *attempt,
                             const char *text, size_t len,
                             struct svct_outcome *ret_outcome,
                             struct svct_trace *trace,
                             struct svct_fault *fault);

#endif
