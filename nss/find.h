/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_NSS_FIND_H
#define SVCT_NSS_FIND_H

/*
 * Who is meant by a name or a number, in a snapshot of public.gdbm.
 *
 * SVCT_E_NOTFOUND: it is nobody of ours. SVCT_E_DAMAGED also for records that
 * contradict each other. Outputs are untouched then.
 *
 * What a record says that gives rights, another one has to say as well: a
 * block that a disk brings back from an older generation has sound records of
 * users and groups that are gone. So a user counts if the record of its uid
 * names it, its role if it is in its place among the members, and a group of
 * the role if the record of the group has the role.
 */

#include "base/publook.h"

/* Can they be one of ours? If not, no file needs to be opened. Pure. */
bool svct_find_may_be_user(const char *name);
bool svct_find_may_be_group(const char *name);

/* The name in the key of a user's or a group's record; false: it has none. */
bool svct_find_key_name(const struct svct_key *key,
                        char ret_name[SVCT_WORD_MAX + 1]);

/* The current generation; svct_snapshot_free it. SVCT_E_NOMEM also when there
 * is no descriptor: both pass. */
int svct_find_open(struct svct_snapshot **ret_snapshot);

int svct_find_user(const struct svct_snapshot *snapshot, const char *name,
                   struct svct_pubuser *ret_user);
int svct_find_user_by_uid(const struct svct_snapshot *snapshot, uint32_t uid,
                          struct svct_pubuser *ret_user);

/*
 * A group that a role has, or a user's own one, which has no roles. A group of
 * the host has its gid here, if the host has it (else SVCT_E_NOTFOUND), and is
 * not found by that.
 */
int svct_find_group(const struct svct_snapshot *snapshot, const char *name,
                    struct svct_pubgroup *ret_group);
int svct_find_group_by_gid(const struct svct_snapshot *snapshot, uint32_t gid,
                           struct svct_pubgroup *ret_group);

/* The group of a user's own: SVCT_E_NOTFOUND when its gid is not its uid. */
int svct_find_own_group(const struct svct_pubuser *user,
                        struct svct_pubgroup *ret_group);

/* The gids that a user has by its role, but that of its own; at most
 * SVCT_PUBROLE_GROUPS, none 0, in the order of the role. SVCT_E_NOTFOUND also
 * when the host has a user of that name, who is another one. */
int svct_find_gids(const struct svct_snapshot *snapshot, const char *user,
                   uint32_t *gids, size_t *ret_count);

#endif
