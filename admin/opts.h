/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_OPTS_H
#define SVCT_ADMIN_OPTS_H

/*
 * The command line: words and long options in any order.
 *
 * "--name VALUE" and "--name=VALUE"; a value that begins with "--" takes the
 * second form. "--" ends the options. Names are written out (an abbreviation
 * would change its meaning when an option is added). An option that takes one
 * value is refused when it is given twice, and so are two that contradict
 * each other.
 */

#include "base/err.h"

struct svct_opt {
    const char *name;  /* without "--"; NULL ends a table */
    const char *value; /* what it takes, for the help; NULL: a switch */
    unsigned flags;
    const char *help;
};

#define SVCT_OPT_MANY 1u   /* may be given several times */
#define SVCT_OPT_EITHER 2u /* at most one of those that have this bit */

/* The ones every command takes; ends in a name of NULL. */
extern const struct svct_opt svct_opts_global[];

/* The one of that name, of which len bytes count; table may be NULL. */
const struct svct_opt *svct_opts_find(const struct svct_opt *table,
                                      const char *name, size_t len);

struct svct_opts {
    char **argv;
    int argc;
    int next;                     /* the argument to be read */
    bool ended;                   /* "--" was seen */
    const struct svct_opt *table; /* of the command; NULL until known */
    struct svct_opts_item {
        const struct svct_opt *opt;
        const char *value; /* NULL for a switch */
    } * item;
    size_t items;
    const char **operand;
    size_t operands;
    const char *db; /* NULL: not given */
    bool json;
    bool help;
    bool version;
};

/* argv must outlive it. SVCT_E_NOMEM. */
int svct_opts_init(struct svct_opts *opts, int argc, char **argv);
void svct_opts_done(struct svct_opts *opts);

/* Reads global options up to the next word, or to the end (NULL). SVCT_E_
 * SYNTAX, and the fault says what is wrong. */
int svct_opts_word(struct svct_opts *opts, const char **ret_word,
                   struct svct_fault *fault);

/* Reads all the rest; table may be NULL. SVCT_E_SYNTAX. */
int svct_opts_rest(struct svct_opts *opts, const struct svct_opt *table,
                   struct svct_fault *fault);

/* index: within the command's table. The value, or NULL. */
const char *svct_opts_get(const struct svct_opts *opts, size_t index);
bool svct_opts_given(const struct svct_opts *opts, size_t index);

/* Is any option of the command's own given? */
bool svct_opts_any(const struct svct_opts *opts);

/* The values of one that may be given several times, one after the other:
 * begin with *pos 0; NULL at the end. */
const char *svct_opts_each(const struct svct_opts *opts, size_t index,
                           size_t *pos);

/* The operand, or NULL when there are fewer. */
const char *svct_opts_operand(const struct svct_opts *opts, size_t index);

#endif
