/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_COMPLETE_H
#define SVCT_ADMIN_COMPLETE_H

/*
 * What may stand in the last word of a command line that is not finished: for
 * the completion of shells. Pure, from the tables of the commands alone, so
 * that it offers what the program takes and nothing else. What names and files
 * there are is for completevalue.h.
 */

#include "cmd.h"

enum svct_complete_what {
    SVCT_COMPLETE_NOTHING = 0, /* no such command, or all is said */
    SVCT_COMPLETE_GROUP,       /* the first word of a command, or "help" */
    SVCT_COMPLETE_NAME,        /* the second, of the group */
    SVCT_COMPLETE_OPTION,      /* of the command, or of every one */
    SVCT_COMPLETE_VALUE,       /* of an option, or an operand */
};

struct svct_complete {
    enum svct_complete_what what;
    const struct svct_command *group;   /* the table; NULL before its word */
    const struct svct_command *command; /* NULL until it is known */
    const struct svct_opt *opt;         /* whose value it is; NULL: operand */
    const char *value;                  /* as the help has it: "ROLE" */
    const char *word;                   /* to be completed */
    const char
        *begun;     /* within it, behind "--role=": what a value begins with */
    const char *db; /* given by --db; NULL: none is */
    const char *const *before; /* the words before it */
    size_t count;
};

/*
 * words[0] is the first behind "svctoken", words[count - 1] the one to be
 * completed, which may be "". With a count of 0 it is NOTHING. The result points
 * into both.
 */
struct svct_complete svct_complete_words(
    const struct svct_command *const *tables, const char *const *words,
    size_t count);

/* Could this option still be given? Not twice, unless it may be, and not with
 * one that contradicts it. */
bool svct_complete_may(const struct svct_complete *at,
                       const struct svct_opt *opt);

#endif
