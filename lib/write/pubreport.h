/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_WRITE_PUBREPORT_H
#define SVCT_WRITE_PUBREPORT_H

/* For pubcheck.c and pubdiff.c: the two files that are held against each other,
 * and who is told what differs. */

#include "base/snapshot.h"

/* text: a sentence. */
typedef void svct_pubreport_fn(void *arg, const char *text);

struct svct_pubreport {
    const struct svct_snapshot *public_part;
    const struct svct_snapshot *private_part;
    svct_pubreport_fn *report;
    void *arg;
    uint64_t count; /* of differences */
};

void svct_pubreport_tell(struct svct_pubreport *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
