/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_DOCTOR_SUDOLIST_H
#define SVCT_ADMIN_DOCTOR_SUDOLIST_H

/* What "sudo -l -U USER" says, in the locale C. Pure. */

#include "base/err.h"

struct svct_sudolist {
    bool known;    /* it is such an answer */
    bool may;      /* the user has some rule */
    bool nopasswd; /* one of them, or a default, asks for no password */
    bool ticket;   /* who was asked once is not asked again for a while */
};

void svct_sudolist_read(const char *text, struct svct_sudolist *ret_list);

#endif
