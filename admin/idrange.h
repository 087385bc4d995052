/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_IDRANGE_H
#define SVCT_ADMIN_IDRANGE_H

/*
 * The range of uids and gids of the policy: reading one, and what it collides
 * with on this host. A collision is told and forbids nothing: an administrator
 * may know that nobody uses those numbers.
 *
 * Pure, but for the last function.
 */

#include "auth/entity.h"

struct svct_idrange {
    uint32_t min, max; /* both can be handed out, min <= max */
};

/* "65536-99999". SVCT_E_SYNTAX: no two numbers; SVCT_E_POLICY: the first is
 * more; SVCT_E_RANGE: one of them can't be handed out (base/pubrec.h). */
int svct_idrange_parse(const char *text, struct svct_idrange *ret_range);

bool svct_idrange_holds(const struct svct_idrange *range, uint32_t id);

/* How many numbers from next on can be handed out. */
uint32_t svct_idrange_left(const struct svct_idrange *range, uint32_t next);

/* Called with a sentence for each collision, without a full stop. */
typedef void svct_idrange_tell_fn(void *arg, const char *text);

/* The numbers that systemd gives out, those that programs with signed numbers
 * can't read, and the length of /var/log/lastlog. */
void svct_idrange_fixed(const struct svct_idrange *range,
                        svct_idrange_tell_fn *tell, void *arg);

/* Those that useradd(8) and groupadd(8) give out: file is /etc/login.defs;
 * NULL, or a line that lacks: what they take then. */
void svct_idrange_defs(FILE *file, const struct svct_idrange *range,
                       svct_idrange_tell_fn *tell, void *arg);

/* Those of containers: file is /etc/subuid or /etc/subgid, name says which. */
void svct_idrange_subids(FILE *file, const char *name,
                         const struct svct_idrange *range,
                         svct_idrange_tell_fn *tell, void *arg);

/* Users or groups that are in it, told by name: the first few. */
#define SVCT_IDRANGE_NAMED 3
struct svct_idrange_found {
    uint64_t count;
    char name[SVCT_IDRANGE_NAMED][SVCT_NAME_MAX + 1]; /* cut where longer */
    uint32_t id[SVCT_IDRANGE_NAMED];
};
void svct_idrange_find(struct svct_idrange_found *found, const char *name,
                       uint32_t id);
/* what: "user", "group". Nothing where none was found. */
void svct_idrange_found(const struct svct_idrange_found *found,
                        const char *what, svct_idrange_tell_fn *tell,
                        void *arg);

/* The fixed ones, login.defs and the files of subordinate ids of this host. */
void svct_idrange_host(const struct svct_idrange *range,
                       svct_idrange_tell_fn *tell, void *arg);

#endif
