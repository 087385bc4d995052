/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_PAMTRY_H
#define SVCT_ADMIN_PAMTRY_H

/*
 * Trying a service file before it is anybody's: logins through the real libpam
 * with the new text, in a world of their own (pamworld.h), of which nothing
 * stays.
 *
 *   - A token opens, and a wrong one does not; an account without a token (as
 *     with an SSH key) is let in, a disabled one is not, with or without.
 *   - For a person with the right password and with a wrong one, without a
 *     password (a key), for root with a wrong one, for a name that nobody has,
 *     and, where pam_rootok stands, for root who becomes that person: what
 *     libpam answers in each phase, and how often it asks, is what it is with
 *     the text so far.
 *   - That also holds when there is no database, when it is damaged, and when
 *     the module can't be loaded; no service account gets in then.
 *
 * No session is opened: its modules act on the host.
 */

#include "base/err.h"

struct svct_pamtry {
    const char *service;
    const char *service_path; /* the file, as it is now */
    const char *text;         /* what shall be */
    size_t len;
    const char *module_path; /* the file of pam_svctoken, resolved */
    bool root_passes;        /* pam_rootok is in the auth chain */
    int64_t now;
};

struct svct_pamtry_report {
    bool passed;
    unsigned logins;      /* that were tried */
    char failed[320];     /* what did not go as it must; "" when it passed */
    bool person_shut_out; /* a password alone opens nothing, as before */
};

/* 0, and the report says how it went; or it could not be tried: SVCT_E_ACCESS
 * where the host gives no such world, else what pamworld.h has. */
int svct_pamtry(const struct svct_pamtry *request,
                struct svct_pamtry_report *ret_report,
                struct svct_fault *fault);

#endif
