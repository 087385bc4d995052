/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_RESTOREIDS_H
#define SVCT_ADMIN_RESTOREIDS_H

/*
 * Uids and gids that a restore gives to somebody else than has them now: what
 * the one left in the file system is then the other's. Each says it in a
 * sentence of at most SVCT_RESTOREIDS_TEXT bytes; false: there is nothing to
 * say.
 */

#include "present.h"

#define SVCT_RESTOREIDS_TEXT 256

/* By svctoken here, or, if the account or its uid is new here, by the host. */
bool svct_restoreids_account(const struct svct_present *present,
                             const struct svct_account *back, bool is_new,
                             char ret_text[SVCT_RESTOREIDS_TEXT]);

/* The group at this index of a role, by both. */
bool svct_restoreids_group(const struct svct_present *present,
                           const struct svct_role *back, size_t index,
                           char ret_text[SVCT_RESTOREIDS_TEXT]);

#endif
