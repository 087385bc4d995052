/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_ACTOR_H
#define SVCT_ADMIN_ACTOR_H

/*
 * Who runs this command: the person, as far as that can be told.
 *
 * The login uid that the kernel keeps through su and sudo; without one (no
 * audit, no login) the SUDO_USER of sudo; else the real uid. Root can set all
 * three: it is for the record, not proof.
 */

#include <sys/types.h>

#include "base/name.h"

struct svct_actor {
    char name[SVCT_ACTOR_MAX + 1]; /* a login name, or "uid-1000" */
    uid_t uid;
};

void svct_actor_find(struct svct_actor *ret_actor);

/* Where that person sits: the terminal of a standard descriptor, and the host
 * that utmp(5) has for it. "" for what there is not. */
struct svct_actor_place {
    char terminal[64]; /* "pts/3" */
    char host[257];
};

void svct_actor_find_place(struct svct_actor_place *ret_place);

#endif
