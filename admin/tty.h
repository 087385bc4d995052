/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_TTY_H
#define SVCT_ADMIN_TTY_H

/*
 * Asking people: a question with yes or no, and a secret. A secret comes from
 * the terminal without echo, or from standard input; never from an argument.
 */

#include "auth/secret.h"

/* More than any token has: what is longer is none. */
#define SVCT_TTY_SECRET_MAX 4096

/* Is there somebody to ask? */
bool svct_tty_present(void);

bool svct_tty_is_stdin(void);

/* Asks on standard error "... [y/N] ", reads a line from standard input. Only
 * "y" and "yes" are yes; the end of input is no. */
bool svct_tty_confirm(const char *question);

/*
 * Asks for a secret on the controlling terminal, with the echo off; the
 * terminal is put right again also when a signal ends the program. ret_secret
 * is initialised by this call. SVCT_E_ACCESS: there is no terminal; SVCT_E_
 * NOTFOUND: end of input; SVCT_E_TOOBIG; SVCT_E_IO; SVCT_E_NOMEM.
 */
int svct_tty_ask(const char *prompt, struct svct_secret *ret_secret);

/* Reads standard input to its end, without the last line's end. The same. */
int svct_tty_read(struct svct_secret *ret_secret);

#endif
