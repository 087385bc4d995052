/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_TESTS_PAMVERDICT_H
#define SVCT_TESTS_PAMVERDICT_H

/*
 * Logins through libpam and the module as built, and the verdict of each, as
 * the module's line in the log has it. As many threads as you like, each with
 * a handle of its own.
 */

#include "auth/policy.h"
#include "pamhost.h"

/* Beside the verdicts: the module says that it is nobody of ours. */
#define PAMVERDICT_PERSON SVCT_VERDICT_COUNT

struct pamverdict {
    int outcome;    /* enum svct_verdict, or PAMVERDICT_PERSON; SVCT_UNDECIDED:
                      none of these, or code and line contradict each other */
    int code;       /* PAM's */
    uint32_t use;   /* "use=3/10" of a grant: 3; else 0 */
    char line[256]; /* what the module logged last; "" when nothing */
};

/* Once, after pamhost_setup: the log goes to whoever asks here. */
void pamverdict_begin(void);

/* "granted", "token_revoked", ..., "person". */
const char *pamverdict_name(int outcome);

/* text: what is typed, a token or not. The handle is open then: the account
 * phase may follow. pamhost_end it. */
struct pamverdict pamverdict_auth(struct pamhost *host, const char *service,
                                  const char *user, const char *text);
struct pamverdict pamverdict_account(struct pamhost *host);

#endif
