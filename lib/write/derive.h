/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_WRITE_DERIVE_H
#define SVCT_WRITE_DERIVE_H

/*
 * What public.gdbm is to say of one private record. For those who store it
 * (edit.c, publish.c, pubgroups.c) and who check it (pubcheck.c, pubdiff.c).
 * All of it is pure.
 */

#include "auth/entity.h"
#include "base/pubrec.h"

/* "member" follows from no private record, and is left 0. */
void svct_derive_user(const struct svct_account *account,
                      struct svct_pubuser *ret_user);

/* But for name and member. */
bool svct_derive_same_user(const struct svct_pubuser *a,
                           const struct svct_pubuser *b);

/* The groups and their gids; name and members stay as they are. */
void svct_derive_groups(const struct svct_role *role,
                        struct svct_pubrole *ret_role);

/* Groups and gids, in the same order. */
bool svct_derive_same_groups(const struct svct_pubrole *a,
                             const struct svct_pubrole *b);

#endif
