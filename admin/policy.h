/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_POLICY_H
#define SVCT_ADMIN_POLICY_H

/*
 * The policy as "policy show" and "policy set" (policy_set.c) have it: keys,
 * values as text, columns. The bounds are those of write/change_policy.h.
 */

#include "auth/entity.h"
#include "out.h"

/* A row is a struct svct_policy. */
extern const struct svct_column svct_policy_columns[];

/* The value of a key as "policy set" takes it: "8h", "none", "yes", "20". At
 * least 32 bytes. Returns out. */
char *svct_policy_value(char *out, size_t size,
                        const struct svct_policy *policy, const char *key);

int svct_policy_set(const struct svct_call *call);

#endif
