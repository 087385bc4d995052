/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_SUGGEST_H
#define SVCT_ADMIN_SUGGEST_H

/*
 * "Did you mean ...?": of many words the one nearest to a mistyped one, by the
 * number of letters added, left out, changed or swapped.
 */

#include "base/err.h"

#define SVCT_SUGGEST_MAX 32 /* longer words are not compared */

struct svct_suggest {
    const char *typed;
    const char *best; /* NULL while none is near enough */
    size_t distance;  /* of best */
};

void svct_suggest_init(struct svct_suggest *suggest, const char *typed);
void svct_suggest_offer(struct svct_suggest *suggest, const char *candidate);

#endif
