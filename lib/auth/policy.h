/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_AUTH_POLICY_H
#define SVCT_AUTH_POLICY_H

/*
 * The decision: may this account, with this token, use this service now?
 *
 * One function decides, for the PAM module and for "svctoken check" alike. It
 * is pure (no clock, no I/O, no allocation, no log) and total (any input gives
 * a verdict). The rules below are checked in their order; the first that
 * fails is the verdict. With a trace the rest are checked too, so that all of
 * them can be shown; the verdict is the same with and without. Adding a
 * restriction to a subject never turns a refusal into a grant.
 */

#include "auth/entity.h"

/*
 * 0 is "undecided" and refuses, like every value but SVCT_GRANTED; each other
 * value is the reason of a refusal. The names (svct_verdict_name) are an
 * interface: logs, JSON and scripts carry them; never renamed.
 */
enum svct_verdict {
    SVCT_UNDECIDED = 0,
    SVCT_GRANTED,
    /* what was presented */
    SVCT_TOKEN_MALFORMED,     /* no token: not its form, or a wrong check */
    SVCT_TOKEN_UNKNOWN,       /* no token of that id */
    SVCT_TOKEN_WRONG_SECRET,  /* right id, wrong secret */
    SVCT_TOKEN_OTHER_ACCOUNT, /* a token of somebody else */
    /* the clock */
    SVCT_CLOCK_SUSPECT, /* the time is before the last commit */
    /* the account */
    SVCT_ACCOUNT_DISABLED,
    SVCT_ACCOUNT_EXPIRED,
    SVCT_ACCOUNT_SOURCE, /* not from this remote host */
    /* the token */
    SVCT_TOKEN_REVOKED,
    SVCT_TOKEN_DISABLED,
    SVCT_TOKEN_NOT_YET_VALID,
    SVCT_TOKEN_EXPIRED,
    SVCT_TOKEN_SUPERSEDED, /* the secret before this one, after its overlap */
    SVCT_TOKEN_SOURCE,
    SVCT_TOKEN_SERVICE,
    SVCT_USAGE_UNAVAILABLE, /* its uses are limited and can't be counted */
    SVCT_TOKEN_USED_UP,
    /* the roles */
    SVCT_ROLE_SERVICE, /* role or cap does not allow the service */
    SVCT_ROLE_TOO_LOW, /* below what this PAM stack demands */
    SVCT_VERDICT_COUNT
};

/* "granted", "token_expired", ...; "undecided" for no verdict. */
const char *svct_verdict_name(enum svct_verdict verdict);

/* The same in words, for check: "the token has expired". */
const char *svct_verdict_text(enum svct_verdict verdict);

enum svct_phase {
    SVCT_PHASE_NONE = 0, /* refuses */
    SVCT_PHASE_TOKEN,    /* a token is presented: all rules */
    SVCT_PHASE_ACCOUNT   /* no token is (SSH key, sudo ticket, cron): the rules
                            of the account and its role */
};

enum svct_proof {
    SVCT_PROOF_NONE = 0, /* refuses (token_wrong_secret) */
    SVCT_PROOF_MATCHED,  /* the secret was compared and is right, or "check"
                            explains a stored token as if it were */
    SVCT_PROOF_FORMER    /* it is the secret before a rotation */
};

/* What the database says. */
struct svct_subject {
    const struct svct_account *account; /* NULL refuses: undecided */
    const struct svct_role *role;       /* of the account; NULL refuses */
    const struct svct_token *token;     /* NULL: unknown */
    const struct svct_role *cap;        /* the token's; NULL if it has none,
                                             refuses if it has one */
};

/* How long before the last commit a time may lie, seconds. */
#define SVCT_CLOCK_TOLERANCE 300

/* What the moment says. */
struct svct_facts {
    enum svct_phase phase;
    enum svct_proof proof;
    const char *user;    /* the account asked for; NULL refuses */
    const char *service; /* PAM service; NULL or "" matches no pattern */
    const char *rhost;   /* PAM_RHOST, may be NULL */
    int64_t now;         /* Unix seconds */
    int64_t committed;   /* commit time of the generation */
    bool min_place_set;  /* this PAM stack demands a role */
    uint16_t min_place;  /* at least of this place */
    bool uses_known;     /* the count of a token with a limit of uses */
    uint32_t uses;       /* that count; this login is not in it */
    bool use_taken;      /* this very login has been counted already: the limit
                            was asked then, and is not asked again */
};

/* One line for each rule that was checked, in order. */
struct svct_rule {
    enum svct_verdict reason; /* the verdict if it failed */
    bool passed;
};
struct svct_trace {
    size_t count;
    struct svct_rule rule[SVCT_VERDICT_COUNT];
};

/*
 * The order: token_unknown, token_wrong_secret, token_other_account,
 * clock_suspect, account_*, token_*, role_*; as in the enum. A suspect clock
 * fails each token (phase TOKEN), and without one an account that expires.
 * now before 0 or behind SVCT_TIME_MAX is suspect. A former secret of a token
 * that was never rotated, one whose time is over, and one that was left no time
 * by the rotation, fails token_superseded. In the phase ACCOUNT the rules of
 * token and proof are left out. trace may be NULL.
 *
 * SVCT_UNDECIDED, before any rule, when a pointer above that must not be NULL
 * is, the phase is none, or what was given does not belong together:
 * account->name is not facts->user, role->name is not account->role, or, in
 * the phase TOKEN with a token of this account whose secret is right, cap->name
 * is not token->cap (cap NULL standing for ""). The trace then has that one
 * line. With another token, which is refused before a rule looks at a role, the
 * cap need not be given, but for a trace that is to be right.
 */
enum svct_verdict svct_policy_decide(const struct svct_subject *subject,
                                     const struct svct_facts *facts,
                                     struct svct_trace *trace);

#endif
