/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_DBCHECK_H
#define SVCT_ADMIN_DBCHECK_H

/*
 * Is a generation whole? Every record of both files is read, and
 * all that must agree is held against each other:
 *
 *     the records of the private file and its roll, both ways
 *     the two meta records; their counts and digests and the records
 *     accounts and their roles; tokens, their accounts and their caps
 *     the roles, the list of their names and their order
 *     an account's count, its pages and its tokens, both ways
 *     the names of the tokens within an account
 *     the public file and what the private one implies, both ways; its mode
 *     an API key, its one token and the end of both
 *     the file "names" and the accounts, in the current generation
 *     the slots of the tokens, and in the current generation the file "usage"
 *     the time of the last change and the clock
 *
 * It takes no lock, and looks at one generation: that of the moment when it
 * begins, or the one that is wanted.
 */

#include "base/snapshot.h"

struct svct_dbcheck_counts {
    uint64_t accounts;
    uint64_t tokens;
    uint64_t roles;
    uint64_t pages;
    uint64_t listed; /* names in the file "names" */
};

struct svct_dbcheck {
    void (*report)(void *arg, const char *sentence); /* one problem */
    void *arg;
    int64_t now;           /* Unix seconds */
    uint64_t wanted;       /* this generation; 0: the current one */
    uint64_t sequence;     /* of the generation that it is; 0: there is none */
    bool current;          /* that is the current one */
    struct svct_meta meta; /* of the private file */
    struct svct_dbcheck_counts counts;
    uint64_t problems;
    bool names_differ; /* they or the usage, and nothing else; a change under
                          way can be why */
};

/* Counts and reports one problem; for the parts of the check that have a file
 * of their own. */
void svct_dbcheck_problem(struct svct_dbcheck *check, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* report, arg, now and wanted are the caller's, the rest is zero at first. 0
 * when it could be looked at, whatever was found; SVCT_E_NODB; SVCT_E_NOTFOUND:
 * not the wanted generation; SVCT_E_ACCESS, SVCT_E_UNSAFE, SVCT_E_NOMEM,
 * SVCT_E_IO. */
int svct_dbcheck_run(struct svct_dbcheck *check, const char *dir,
                     struct svct_fault *fault);

#endif
