/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "suggest.h"

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment: a swap of neighbours counts as one. */
static size_t distance(const char *a, const char *b)
{
    size_t row[SVCT_SUGGEST_MAX + 1][SVCT_SUGGEST_MAX + 1];
    size_t m = strlen(a), n = strlen(b);

    for (size_t i = 0; i <= m; i++) {
        for (size_t j = 0; j <= n; j++) {
            if (i == 0 || j == 0) {
                row[i][j] = i + j;
                continue;
            }
            row[i][j] = least(row[i - 1][j], row[i][j - 1]) + 1;
            row[i][j] =
                least(row[i][j], row[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[i][j] = least(row[i][j], row[i - 2][j - 2] + 1);
        }
    }
    return row[m][n];
}

void svct_suggest_init(struct svct_suggest *suggest, const char *typed)
{
    *suggest = (struct svct_suggest){.typed = typed};
}

void svct_suggest_offer(struct svct_suggest *suggest, const char *candidate)
{
    size_t typed = strlen(suggest->typed);
    size_t near;

    if (typed < 2 || typed > SVCT_SUGGEST_MAX ||
        strlen(candidate) > SVCT_SUGGEST_MAX)
        return;
    near = strncmp(suggest->typed, candidate, typed) == 0
               ? 1 /* an abbreviation */
               : distance(suggest->typed, candidate);
    if (near > 1 + typed / 4)
        return;
    if (suggest->best == NULL || near < suggest->distance) {
        suggest->best = candidate;
        suggest->distance = near;
    }
}
