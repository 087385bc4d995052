/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_PROGRESS_H
#define SVCT_ADMIN_PROGRESS_H

/* How far long work is: one line on a terminal, which goes when it is done;
 * nothing elsewhere. Nothing either for work of less than a second. */

#include "base/err.h"

struct svct_progress {
    const char *what;
    uint64_t total; /* 0: not known */
    uint64_t calls;
    int64_t next; /* milliseconds of the clock when it is drawn next */
    bool on;
    bool drawn;
};

void svct_progress_begin(struct svct_progress *progress, const char *what,
                         uint64_t total);

/* done: of total. count: things, for the eye. */
void svct_progress_at(struct svct_progress *progress, uint64_t done,
                      uint64_t count);

/* Before anything else is written. May be begun again. */
void svct_progress_end(struct svct_progress *progress);

#endif
