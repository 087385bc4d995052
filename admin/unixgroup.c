/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "unixgroup.h"

#include <errno.h>
#include <grp.h>

int svct_unixgroup_find(const char *name, struct svct_fault *fault)
{
    errno = 0;
    if (getgrnam(name) != NULL)
        return 0;
    switch (errno) {
    case 0: /* what the manual page lists for "not there" */
    case ENOENT:
    case ESRCH:
    case EBADF:
    case EPERM:
        return SVCT_E_NOTFOUND;
    default:
        return svct_fault_errno(fault, errno, "can't look up the group %s",
                                name);
    }
}
