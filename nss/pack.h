/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_NSS_PACK_H
#define SVCT_NSS_PACK_H

/*
 * Filling the caller's buffer: all that a struct passwd or group points to is
 * in it. Pure.
 *
 * SVCT_E_RANGE: the buffer is too small. The struct is untouched then, what is
 * in the buffer means nothing.
 */

#include <grp.h>
#include <pwd.h>

#include "base/pubrec.h"

int svct_pack_passwd(const struct svct_pubuser *user, char *buffer, size_t len,
                     struct passwd *ret_passwd);

/*
 * A group in three steps: begin with the number of members, add each of them,
 * end. Nothing of the buffer is touched beyond its end at any of them.
 */
struct svct_pack_group {
    char *at;    /* the free rest of the buffer */
    size_t left; /* its bytes */
    struct group group;
    size_t members; /* so many are to come in all, */
    size_t added;   /* and so many came */
};

int svct_pack_group_begin(struct svct_pack_group *pack, const char *name,
                          uint32_t gid, size_t members, char *buffer,
                          size_t len);
/* SVCT_E_DAMAGED: one more than there were to be. */
int svct_pack_group_add(struct svct_pack_group *pack, const char *member);
/* SVCT_E_DAMAGED: fewer than there were to be. */
int svct_pack_group_end(const struct svct_pack_group *pack,
                        struct group *ret_group);

#endif
