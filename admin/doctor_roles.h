/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_DOCTOR_ROLES_H
#define SVCT_ADMIN_DOCTOR_ROLES_H

/* The roles of the database, for the checks that ask what they let somebody
 * do. */

#include "auth/lists.h"
#include "doctor.h"

struct svct_doctor_roles {
    size_t count;
    struct svct_role item[SVCT_ROLES_MAX];
};

/* Reads all of them. NULL when they can't be read, which is a finding of the
 * check "db" then. The caller frees it by free. */
struct svct_doctor_roles *svct_doctor_roles_read(struct svct_doctor *doctor);

/* NULL when there is none. */
const struct svct_role *svct_doctor_roles_find(
    const struct svct_doctor_roles *roles, const char *name);

/* The first service that raises the rights of its user, as sudo does, and that
 * this role allows; NULL: none. Pure; static text. */
const char *svct_doctor_roles_raises(const struct svct_role *role);

/* Does a token of a role, with this cap (NULL: none) and these services (NULL
 * or none: all), open such a service? Pure. */
bool svct_doctor_roles_lets(const struct svct_role *role,
                            const struct svct_role *cap,
                            const struct svct_globs *services);

#endif
