/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_AUTH_OPTIONS_H
#define SVCT_AUTH_OPTIONS_H

/*
 * The module's arguments in /etc/pam.d.
 *
 *     db=DIR          the database folder, an absolute path
 *     role=NAME       at least this role
 *     debug           more in the log
 *     use_first_pass  the password typed before, never a prompt
 *     try_first_pass  the password typed before if it is a token
 *
 * Pure. An argument that is not known, malformed or given twice is an error,
 * and an error refuses service accounts: a typing error must not switch a
 * demand off. The rest is read nevertheless, because db= is needed to tell
 * whom to refuse.
 */

#include "base/err.h"

#define SVCT_OPTIONS_ERROR_MAX 160

struct svct_options {
    const char *dir;  /* never NULL; the built-in one unless db= is right */
    bool dir_given;   /* by db= */
    const char *role; /* NULL: any; points into argv */
    bool debug;
    bool use_first_pass;
    bool try_first_pass;
    /* The first error, escaped, naming the argument; "" when there is none. */
    char error[SVCT_OPTIONS_ERROR_MAX];
};

/* 0, or SVCT_E_SYNTAX when there was an error. ret_options is always filled;
 * its texts are argv's. argv may be NULL when argc is 0. */
int svct_options_parse(int argc, const char *const *argv,
                       struct svct_options *ret_options);

#endif
