/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_UDIFF_H
#define SVCT_ADMIN_UDIFF_H

/*
 * The difference of two texts, as diff -u writes it and patch(1) takes it. For
 * texts one of which has all lines of the other, in their order; of others it
 * says that each line goes and comes. Pure.
 */

#include "base/err.h"

struct svct_udiff_text {
    const char *name; /* of the file */
    const char *data;
    size_t len;
};

/* *ret_diff is a text for free(); "" when they are the same. SVCT_E_NOMEM. */
int svct_udiff(const struct svct_udiff_text *old,
               const struct svct_udiff_text *new, char **ret_diff);

#endif
