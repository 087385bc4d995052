/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_HOME_H
#define SVCT_ADMIN_HOME_H

/*
 * The home of a Unix user: what stands in its place, and making it as the
 * first login would, by mkhomedir_helper(8) of Linux-PAM.
 */

#include <sys/types.h>

#include "base/err.h"
#include "base/pubrec.h"

enum svct_home {
    SVCT_HOME_ABSENT, /* or it can't be told */
    SVCT_HOME_THERE,  /* a folder of this user */
    SVCT_HOME_OTHERS, /* a folder of somebody else */
    SVCT_HOME_NONE    /* what is there is no folder */
};

/* Links are followed. *ret_owner, if it is SVCT_HOME_OTHERS: whose it is. */
enum svct_home svct_home_look(const char *path, uint32_t uid, uid_t *ret_owner);

/* Are the folders above it, as far as they are there, root's and writable by
 * root alone? Else somebody could put a link in the way of what root makes.
 * ret_folder: the first that is not. */
bool svct_home_is_safe(const char *path,
                       char ret_folder[SVCT_PUB_PATH_MAX + 1]);

/* Is that program there? */
bool svct_home_can_make(void);

/* Makes the home of the user, for them alone, with what is in /etc/skel; one
 * that is there stays as it is. The name service must know the user. Did it
 * succeed? */
bool svct_home_make(const char *name);

#endif
