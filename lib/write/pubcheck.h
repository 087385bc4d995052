/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_WRITE_PUBCHECK_H
#define SVCT_WRITE_PUBCHECK_H

/* The two halves of svct_publish_check: see publish.h. */

#include "write/publish.h"

/* What both have in their hands. */
struct svct_pubcheck {
    const struct svct_snapshot *public_part;
    const struct svct_snapshot *private_part;
    svct_publish_report_fn *report;
    void *arg;
    uint64_t count; /* of differences */
};

void svct_pubcheck_tell(struct svct_pubcheck *check, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Names the users, numbers and members that differ: a look into the other file
 * for each of them, which takes long. For when it is known that some do.
 */
int svct_pubdiff_tell(struct svct_pubcheck *check, struct svct_fault *fault);

#endif
