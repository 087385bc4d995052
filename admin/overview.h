/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_OVERVIEW_H
#define SVCT_ADMIN_OVERVIEW_H

/*
 * All that the commands "status", "report" and "metrics" know, gathered once;
 * they differ in how it is shown only. A database that can't be read is an
 * answer, and so is a log that can't be.
 */

#include <jansson.h>

#include "inventory.h"
#include "loginlog.h"
#include "say.h"

#define SVCT_OVERVIEW_UNUSED (INT64_C(90) * 86400) /* by default */
#define SVCT_OVERVIEW_WINDOW 86400                 /* of the log of logins */
#define SVCT_OVERVIEW_PROBLEMS 8

struct svct_overview {
    const struct svct_call *call;
    char host[65];           /* name of this host */
    int error;               /* 0: the database is up; else why not, with */
    struct svct_fault fault; /* its sentence */
    struct svct_inventory inventory; /* counts are right when it is up only */
    bool opened;        /* meta and size of the inventory are right */
    json_t *change;     /* the last one, of auditread.h; NULL: not known */
    bool logins_wanted; /* the next is filled */
    struct svct_loginlog logins;
    bool verified; /* "db verify" was done, and found: */
    uint64_t verify_problems;
    /* What somebody should look at, a sentence each. */
    size_t problems;
    struct svct_words_long problem[SVCT_OVERVIEW_PROBLEMS];
};

struct svct_overview_wish {
    struct svct_inventory_wish inventory;
    bool logins;
    const char *log; /* a file in place of the host's log; NULL: that one */
    bool verify;     /* all that db verify does, too */
};

/* The overview is to be given back in any case. Says what is wrong and returns
 * an exit code: SVCT_EXIT_CANNOT when nobody but root may ask, or without
 * memory; SVCT_EXIT_NO or _USAGE for a log that is no file. A database that is
 * down was said, and is no failure here. */
int svct_overview_gather(const struct svct_call *call,
                         const struct svct_overview_wish *wish,
                         struct svct_overview *ret_overview);
void svct_overview_done(struct svct_overview *overview);

/* The exit code of a command that has shown it. */
int svct_overview_exit(const struct svct_overview *overview);

#endif
