/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_DUMP_H
#define SVCT_ADMIN_DUMP_H

/*
 * A whole generation as lines: header, policy, roles by their place, accounts
 * by name, each followed by its tokens, end. The order is the same for the
 * same content, so that two of them can be compared.
 */

#include "access.h"
#include "lineout.h"

/* What a backup has besides; all may be NULL. */
struct svct_dump_extra {
    void *arg;
    /* Fills in what is known of the use of line->token. */
    void (*usage)(void *arg, struct svct_line *line);
};

struct svct_dump_counts {
    uint64_t roles, accounts, tokens;
};

/* Reads every record and holds the whole against the meta record first: what
 * is damaged is not written. Returns an exit code. */
int svct_dump(const struct svct_call *call,
              const struct svct_snapshot *snapshot, struct svct_lineout *out,
              const struct svct_dump_extra *extra,
              struct svct_dump_counts *ret_counts);

#endif
