/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_TESTS_ADMINTOOL_H
#define SVCT_TESTS_ADMINTOOL_H

/*
 * The utility as built, for tests that want commands and not the writing side
 * alone: the environment's SVCT_ADMIN, with the database of pamhost.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define ADMINTOOL_ARGS_MAX 12 /* and a NULL */

/* This process becomes it: args are the words behind "svctoken", up to NULL;
 * what it says goes to out, unless that is negative. */
_Noreturn void admintool_be(const char *const *args, int out);

/* Tokens for an import, each with an id of its own that nobody has the secret
 * of; in new accounts with a uid, "many<number>". */
struct admintool_lines {
    unsigned long tokens, each; /* each: of an account, at most 100 */
    unsigned long first;        /* number of the first token; accounts are
                                   numbered by first / each on */
    uint32_t uid;               /* of the account with number 0 */
};

void admintool_lines(FILE *file, const struct admintool_lines *lines);

#endif
