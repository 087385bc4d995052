/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_DOCTOR_ROLES_H
#define SVCT_ADMIN_DOCTOR_ROLES_H

/* The roles of a database, for who asks what they let somebody do. All but the
 * first function are pure. */

#include "auth/lists.h"
#include "base/snapshot.h"

struct svct_doctor_roles {
    size_t count;
    struct svct_role item[SVCT_ROLES_MAX];
};

/* Reads all of them. What reading the database can give; a role that is listed
 * and not there is SVCT_E_DAMAGED. */
int svct_doctor_roles_read(const struct svct_snapshot *snapshot,
                           struct svct_doctor_roles *roles);

/* NULL when there is none. */
const struct svct_role *svct_doctor_roles_find(
    const struct svct_doctor_roles *roles, const char *name);

/* The first service that raises the rights of its user, as sudo does, and that
 * this role allows; NULL: none. Static text. */
const char *svct_doctor_roles_raises(const struct svct_role *role);

/* Does a token of a role, with this cap (NULL: none) and these services (NULL
 * or none: all), open such a service? */
bool svct_doctor_roles_lets(const struct svct_role *role,
                            const struct svct_role *cap,
                            const struct svct_globs *services);

#endif
