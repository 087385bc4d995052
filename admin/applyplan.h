/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_APPLYPLAN_H
#define SVCT_ADMIN_APPLYPLAN_H

/*
 * What becomes of an object when a file says of it what it wants: together
 * with what is there, a line (line.h) that says all of it, for bringin.h. What
 * the file does not say stays as it is; of what is new it is left to bringin.h,
 * which knows the defaults. And how the two differ, key by key. Pure.
 *
 * That a value is legal and goes with all others is not looked at: that is for
 * write/bulk.h to say. Errors are SVCT_E_SYNTAX, RANGE, EXISTS and POLICY, with
 * what would be right.
 */

#include "applyfile.h"

/* For what a change notes. */
struct svct_applyby {
    int64_t now;
    const char *actor;
};

int svct_applyplan_policy(const struct svct_applywant *want,
                          const struct svct_policy *old,
                          struct svct_line *ret_line);

/* old: NULL when it is not there, as with all here. Then a place of 0 in
 * ret_line is one directly above want->above. */
int svct_applyplan_role(const struct svct_applywant *want,
                        const struct svct_role *old, struct svct_line *ret_line,
                        struct svct_fault *fault);

int svct_applyplan_account(const struct svct_applywant *want,
                           const struct svct_account *old,
                           const struct svct_applyby *by,
                           struct svct_line *ret_line,
                           struct svct_fault *fault);

/* account: as it will be. *ret_none: there is nothing to be done, for it is
 * not there and shall be revoked. A new one without "hash" gets its id and hash
 * by the caller. */
int svct_applyplan_token(const struct svct_applywant *want,
                         const struct svct_account *account,
                         const struct svct_token *old,
                         const struct svct_applyby *by,
                         struct svct_line *ret_line, bool *ret_none,
                         struct svct_fault *fault);

/* ---- the difference ---- */

/* For each key that differs: its values as JSON; old is NULL where there was
 * nothing. No hash is among them. */
typedef void svct_applyplan_differ_fn(void *arg, const char *key,
                                      const char *old, const char *value);

/* Of two lines of one kind with whole records; old may be NULL. Does anything
 * differ? differ may be NULL. */
bool svct_applyplan_differs(const struct svct_line *old,
                            const struct svct_line *line,
                            svct_applyplan_differ_fn *differ, void *arg);

#endif
