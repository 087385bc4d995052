/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_TESTS_DBWHOLE_H
#define SVCT_TESTS_DBWHOLE_H

/*
 * Is a database whole? Reads every record of the current generation, holds
 * accounts, pages, tokens, roles and "names" against each other, and says in
 * which state it is.
 */

#include "base/snapshot.h"

#define DBWHOLE_ACCOUNTS 64 /* at most, in tests */

struct dbwhole {
    uint64_t sequence;
    uint64_t records[SVCT_PARTS];
    uint64_t digest[SVCT_PARTS];
    size_t accounts;
    char account[DBWHOLE_ACCOUNTS][SVCT_LOGIN_MAX + 1]; /* sorted */
};

/* NULL when it is whole; else what is wrong with it. The text is good until
 * the next call. "names" must list all accounts, and may list more. */
const char *dbwhole_look(const char *dir, struct dbwhole *ret_whole);

/* The same records, whatever the generation? */
bool dbwhole_same(const struct dbwhole *a, const struct dbwhole *b);

/* NULL when "names" lists the accounts exactly and the folder holds nothing
 * but what belongs there after an undisturbed commit. */
const char *dbwhole_tidy(const char *dir, const struct dbwhole *whole);

#endif
