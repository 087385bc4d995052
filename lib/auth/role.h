/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_AUTH_ROLE_H
#define SVCT_AUTH_ROLE_H

/*
 * What a role permits, and two of them together.
 *
 * Roles are ordered by their place: None < Viewer < Editor < Admin, and custom
 * ones between. A token may have a second role as a cap. Together they can
 * only narrow: the lower place, services that both allow, groups in both.
 */

#include "auth/entity.h"

#define SVCT_ROLE_NONE "None"
#define SVCT_ROLE_VIEWER "Viewer"
#define SVCT_ROLE_EDITOR "Editor"
#define SVCT_ROLE_ADMIN "Admin"

/* The four built-in roles as a new database gets them, lowest first. index
 * 0..3; false beyond. */
bool svct_role_builtin(unsigned index, struct svct_role *ret_role);

/* Does this one role allow a service? NULL does not; NULL or "" is no
 * service. */
bool svct_role_allows(const struct svct_role *role, const char *service);

/* Is this Unix group among those of this one role? A count beyond the array
 * can't be read: nothing is in it. */
bool svct_role_has_group(const struct svct_role *role, const char *name);

/* The lower of the two places; cap may be NULL. 0 when role is. */
uint16_t svct_role_place(const struct svct_role *role,
                         const struct svct_role *cap);

/* The one of the two with the lower place, for its name; role when they are
 * equal or cap is NULL; NULL when role is. */
const struct svct_role *svct_role_lower(const struct svct_role *role,
                                        const struct svct_role *cap);

#endif
