/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_TRAIL_H
#define SVCT_ADMIN_TRAIL_H

/* Values of the kinds that accounts and tokens have, for the audit of a
 * change. */

#include "auth/entity.h"
#include "write/audit.h"

/* Begins the audit of what was done to a token: account, name and id. */
void svct_trail_token(struct svct_audit *audit, const char *action,
                      const struct svct_token *token);

/* What limits a token between its begin and its end, and its comment. */
void svct_trail_limits(struct svct_audit *audit,
                       const struct svct_token *token);

/* The whole audit of a token that was made: that, its end and its limits. */
void svct_trail_new_token(struct svct_audit *audit,
                          const struct svct_token *token);

/* A fact: the value alone. */

/* What an account may: role, expiry, sources; its Unix user; disabled and
 * description where there is something to say. */
void svct_trail_account(struct svct_audit *audit,
                        const struct svct_account *account);

/* Its Unix user: "unix-uid" (the line has "uid" for who did it), "unix-gid",
 * home and shell; "unix-uid" existing for one that is the host's. Part of
 * svct_trail_account. */
void svct_trail_unix(struct svct_audit *audit,
                     const struct svct_account *account);

void svct_trail_time(struct svct_audit *audit, const char *key, int64_t time);

/* "192.0.2.0/24,local"; "any" for no limit. */
void svct_trail_sources(struct svct_audit *audit, const char *key,
                        const struct svct_sources *sources);

/* "sshd,sudo*"; "any" for no limit. */
void svct_trail_services(struct svct_audit *audit, const char *key,
                         const struct svct_globs *services);

/* What a role may: allow, refuse, groups, description. A group of svctoken's
 * own is there with its gid, "ops:65540". */
void svct_trail_role(struct svct_audit *audit, const struct svct_role *role);

/* The id of that index. */
typedef const char *svct_trail_id_fn(const void *arg, size_t index);

/* A further line of a change that took many tokens out, with as many of their
 * ids as it holds, in "ids", "ids2" and "ids3": whoever looks for one finds it.
 * index: of the line, from 0 on; false behind the last. */
bool svct_trail_ids(struct svct_audit *ret_audit, const char *action,
                    svct_trail_id_fn *id, const void *arg, size_t count,
                    size_t index);

/* How many lines so many ids make. */
size_t svct_trail_ids_lines(size_t count);

/* A change: nothing when both are the same. */

void svct_trail_change_time(struct svct_audit *audit, const char *key,
                            int64_t old, int64_t time);
void svct_trail_change_flag(struct svct_audit *audit, const char *key, bool old,
                            bool flag); /* "yes", "no" */
void svct_trail_change_sources(struct svct_audit *audit, const char *key,
                               const struct svct_sources *old,
                               const struct svct_sources *sources);
void svct_trail_change_account(struct svct_audit *audit,
                               const struct svct_account *old,
                               const struct svct_account *account);
/* That the secret is another is told, never a hash. */
void svct_trail_change_token(struct svct_audit *audit,
                             const struct svct_token *old,
                             const struct svct_token *token);
void svct_trail_change_role(struct svct_audit *audit,
                            const struct svct_role *old,
                            const struct svct_role *role);

#endif
