/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_UNIXUSER_H
#define SVCT_ADMIN_UNIXUSER_H

/*
 * What this host knows of a Unix user, before it becomes a service account:
 * one that a person uses would lose the password, so that has to be asked for.
 */

#include <sys/types.h>

#include "base/err.h"

struct svct_unixuser {
    bool exists;
    uid_t uid;
    bool password;     /* one that can be typed, or an empty one */
    const char *group; /* "sudo", "wheel" or "adm" if in one of them; or NULL */
};

/* name: a legal login name. SVCT_E_ACCESS, SVCT_E_IO, SVCT_E_NOMEM when it
 * can't be told. */
int svct_unixuser_find(const char *name, struct svct_unixuser *ret_user,
                       struct svct_fault *fault);

/* May one that exists become a service account? SVCT_E_POLICY: it is root, or a
 * person may use it; convert: one in a group of administrators may. */
int svct_unixuser_check(const struct svct_unixuser *user, const char *name,
                        bool convert, struct svct_fault *fault);

/* The same for a name that is no user yet: it may be listed in groups
 * nevertheless, as one that was deleted by hand is. */
int svct_unixuser_check_listed(const char *name, bool convert,
                               struct svct_fault *fault);

/* Why a person may use it, who would lose that as a service account: a text of
 * this program; NULL: nothing tells so. */
const char *svct_unixuser_person(const char *name);

/* Calls visit for each Unix user that can be enumerated; that may be not all.
 */
void svct_unixuser_each(void (*visit)(void *arg, const char *name, uid_t uid),
                        void *arg);

/* 0; SVCT_E_NOTFOUND: there is certainly no such Unix user; SVCT_E_IO,
 * SVCT_E_NOMEM, SVCT_E_ACCESS: it can't be told. */
int svct_unixuser_uid(const char *name, uid_t *ret_uid);

/* Is it in /etc/shells? */
bool svct_unixuser_lists_shell(const char *shell);

#endif
