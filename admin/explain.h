/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_EXPLAIN_H
#define SVCT_ADMIN_EXPLAIN_H

/*
 * The rules of a decision in words, each with the values that it looked at.
 */

#include "auth/verify.h"
#include "out.h"

/* What was decided about, for the words. */
struct svct_explain {
    const struct svct_attempt *attempt;
    const struct svct_account *account; /* NULL: none is known */
    const struct svct_token *token;     /* NULL: none is known */
    const struct svct_outcome *outcome; /* for the uses */
    const char *role;                   /* that counts */
    bool proven;                        /* the secret itself was presented */
    bool superseded;                    /* it was that before a rotation */
    bool bare;                          /* no token: the account phase */
};

struct svct_explain_row {
    enum svct_verdict reason; /* that the rule is for */
    bool passed;
    char text[320];
};
extern const struct svct_column svct_explain_columns[];

void svct_explain_rule(const struct svct_explain *explain,
                       const struct svct_rule *rule,
                       struct svct_explain_row *ret_row);

#endif
