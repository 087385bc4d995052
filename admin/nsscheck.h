/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_NSSCHECK_H
#define SVCT_ADMIN_NSSCHECK_H

/*
 * Does the name service of svctoken work on this host? Looked at from outside,
 * as any program would.
 */

#include <sys/types.h>

#include "base/err.h"
#include "base/name.h"

#define SVCT_NSSCHECK_MODULE "libnss_svctoken.so.2"

/* Can libc load the module, with all that it asks of it? SVCT_E_NOTFOUND, and
 * the fault says where it was looked for; SVCT_E_VERSION: it is another one.
 */
int svct_nsscheck_module(struct svct_fault *fault);

/* Does a program survive that asks the module alone for a user that nobody
 * knows? */
bool svct_nsscheck_survives(void);

/* The accounts of a database. */
struct svct_nsscheck_accounts {
    uint64_t alone;                 /* Unix users by svctoken alone */
    uint64_t existing;              /* Unix users of the host besides */
    char first[SVCT_LOGIN_MAX + 1]; /* of those alone, by name; "": none */
    uid_t first_uid;
};
int svct_nsscheck_accounts(const char *db,
                           struct svct_nsscheck_accounts *ret_accounts,
                           struct svct_fault *fault);

/* Does this process find a user of that name and uid? */
bool svct_nsscheck_finds(const char *name, uid_t uid);

/* Does a program that starts now find a user of that name? */
bool svct_nsscheck_finds_anew(const char *name);

/* Does libc see a change of nsswitch.conf in programs that run? */
bool svct_nsscheck_rereads(void);

#endif
