/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_UNIXGROUP_H
#define SVCT_ADMIN_UNIXGROUP_H

/*
 * What this host knows of a Unix group. Where the name service has svctoken,
 * "this host" knows the groups of svctoken's own as well: whoever asks has
 * looked into the roles before.
 */

#include "base/err.h"

struct svct_unixgroup {
    uint32_t gid;
    bool local; /* it stands in /etc/group; else in another name service */
};

/* The one of this name. 0; SVCT_E_NOTFOUND: certainly none; SVCT_E_IO,
 * SVCT_E_NOMEM, SVCT_E_ACCESS: it can't be told. */
int svct_unixgroup_find(const char *name, struct svct_unixgroup *ret_group,
                        struct svct_fault *fault);

/* Its gid alone, without a look into /etc/group. The same codes. */
int svct_unixgroup_gid(const char *name, uint32_t *ret_gid,
                       struct svct_fault *fault);

/* Do distributions let the members of a group of this name do what is as good
 * as being root? */
bool svct_unixgroup_is_powerful(const char *name);

/* The name of such a group that has this gid on the host, or NULL: a text of
 * this program. */
const char *svct_unixgroup_powerful(uint32_t gid);

/* Calls visit for the name of each group of /etc/group; the name lasts for the
 * call. */
void svct_unixgroup_each_local(void (*visit)(void *arg, const char *name),
                               void *arg);

#endif
