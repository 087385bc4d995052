/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_CMD_H
#define SVCT_ADMIN_CMD_H

/*
 * What a command is, and what it is given when it runs.
 *
 * Each cmd_*.c holds the commands of one word ("account") and ends in their
 * table. svctoken.c reads the command line, finds the command, and calls it
 * once. Parsing, help and the check of the command line all come from the
 * tables, so that they cannot disagree.
 */

#include "actor.h"
#include "opts.h"

/* What svctoken exits with. */
enum svct_exit {
    SVCT_EXIT_DONE = 0, /* done, or granted */
    SVCT_EXIT_NO = 1,   /* the answer is no: denied, not there, there already */
    SVCT_EXIT_USAGE = 2,  /* the command line or a value in it is wrong */
    SVCT_EXIT_CANNOT = 3, /* could not: permission, I/O, damage, lock */
    SVCT_EXIT_ERRORS = 4  /* of doctor: it has found errors */
};

struct svct_call {
    const struct svct_command *command; /* NULL until it is known */
    struct svct_opts opts;
    const char *db;          /* the database folder */
    int64_t now;             /* read once, Unix seconds */
    struct svct_actor actor; /* who runs this */
    char *words;             /* room for say.h, SVCT_SAY_ROOM bytes */
};

struct svct_column;

struct svct_command {
    const char *group;              /* first word; NULL ends a table */
    const char *name;               /* second word; NULL if the first is all */
    const char *operands;           /* for the usage line; NULL for none */
    size_t least;                   /* operands demanded */
    size_t most;                    /* operands taken */
    const char *summary;            /* for the list of commands */
    const char *text;               /* for its own help: paragraphs, examples */
    const struct svct_opt *options; /* may be NULL */
    const struct svct_column *columns; /* what --json has; may be NULL */
    /* Says itself what is wrong; returns an exit code. */
    int (*run)(const struct svct_call *call);
};

extern const struct svct_command svct_cmd_init[];
extern const struct svct_command svct_cmd_account[];
extern const struct svct_command svct_cmd_token[];
extern const struct svct_command svct_cmd_role[];
extern const struct svct_command svct_cmd_apikey[];
extern const struct svct_command svct_cmd_policy[];
extern const struct svct_command svct_cmd_apply[];
extern const struct svct_command svct_cmd_session[];
extern const struct svct_command svct_cmd_setup[];
extern const struct svct_command svct_cmd_nss[];
extern const struct svct_command svct_cmd_check[];
extern const struct svct_command svct_cmd_doctor[];
extern const struct svct_command svct_cmd_status[];
extern const struct svct_command svct_cmd_report[];
extern const struct svct_command svct_cmd_metrics[];
extern const struct svct_command svct_cmd_log[];
extern const struct svct_command svct_cmd_db[];
extern const struct svct_command svct_cmd_complete[];

/* All of them, in the order of the help; ends in NULL. */
extern const struct svct_command *const svct_commands[];

#endif
