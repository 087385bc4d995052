/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_WRITE_PUBSUM_H
#define SVCT_WRITE_PUBSUM_H

/*
 * For pubcheck.c: what many public records say, summed up whatever their order,
 * as the digest of a file is. Two sums that are equal are of the same records.
 * Pure.
 */

#include "base/pubrec.h"

/* Zeroed: of none. */
struct svct_pubsum {
    uint64_t count;
    uint64_t total; /* modulo 2^64 */
};

/* "member", which follows from no private record, plays no part. */
void svct_pubsum_user(struct svct_pubsum *sum, const struct svct_pubuser *user);

void svct_pubsum_id(struct svct_pubsum *sum, uint32_t number,
                    enum svct_pubid_owner owner, const char *name);

/* That the member has this place in the pages of the role. */
void svct_pubsum_place(struct svct_pubsum *sum, const char *role,
                       uint32_t member, const char *name);

bool svct_pubsum_equal(const struct svct_pubsum *a,
                       const struct svct_pubsum *b);

#endif
