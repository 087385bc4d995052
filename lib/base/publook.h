/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_BASE_PUBLOOK_H
#define SVCT_BASE_PUBLOOK_H

/*
 * Finding the records of public.gdbm in a snapshot of that part.
 *
 * 0; SVCT_E_NOTFOUND: there is none, or the name or number can't be one of
 * ours (a damaged file can make that untrue: it makes a user of ours unknown,
 * which lets nobody in); SVCT_E_DAMAGED, SVCT_E_VERSION, SVCT_E_IO,
 * SVCT_E_NOMEM. The output is untouched then.
 */

#include "base/pubrec.h"
#include "base/snapshot.h"

int svct_publook_user(const struct svct_snapshot *snapshot, const char *name,
                      struct svct_pubuser *ret_user);
int svct_publook_id(const struct svct_snapshot *snapshot, uint32_t number,
                    struct svct_pubid *ret_id);
int svct_publook_role(const struct svct_snapshot *snapshot, const char *name,
                      struct svct_pubrole *ret_role);
int svct_publook_group(const struct svct_snapshot *snapshot, const char *name,
                       struct svct_pubgroup *ret_group);

/* Page number "number" of a role's members. */
int svct_publook_page(const struct svct_snapshot *snapshot, const char *role,
                      uint32_t number, struct svct_pubpage *ret_page);

#endif
