/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_PAMEDIT_H
#define SVCT_ADMIN_PAMEDIT_H

/*
 * The text of a service file with the lines of pam_svctoken put in. Pure. Every
 * byte that was there stays, in its order.
 *
 * They go before the first line of their type that decides something: behind
 * those that let root pass, that wait, or that shut the host to all
 * (pam_rootok, pam_faildelay, pam_nologin, ...), before an @include and what asks
 * for a password; in session before what comes from another file, which may
 * have pam_systemd, or at the end. A file that is not understood is refused.
 */

#include "etcfile.h"
#include "pamconf.h"

/* What the three lines are, for one who puts them there by hand. */
extern const char *const svct_pamedit_line[SVCT_PAMCONF_TYPES]; /* NULL: none */

struct svct_pamedit {
    bool put[SVCT_PAMCONF_TYPES];        /* which of the lines were put in */
    unsigned before[SVCT_PAMCONF_TYPES]; /* which line of the file was */
    size_t len;
    char text[SVCT_ETCFILE_MAX + SVCT_ETCFILE_MORE];
};

/* conf: of this text. No line goes into session where the file has none, for
 * those of "other" would not count any more. SVCT_E_NOTFOUND: nothing in it asks
 * for a password, or it has no line for account; SVCT_E_SYNTAX: it can't be done
 * safely. The fault says why. */
int svct_pamedit(const struct svct_pamconf *conf, const char *text, size_t len,
                 struct svct_pamedit *ret_edit, struct svct_fault *fault);

#endif
