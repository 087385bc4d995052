/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_PLAINFILE_H
#define SVCT_ADMIN_PLAINFILE_H

/* Opening a file that somebody names, of any owner, to read it: a regular one,
 * so that nobody is waited for and nothing is set off. */

#include "base/err.h"

/* SVCT_E_NOTFOUND, SVCT_E_SYNTAX (it is no regular file), SVCT_E_ACCESS,
 * SVCT_E_IO. The fault does not name it. */
int svct_plainfile_open(const char *path, int *ret_fd,
                        struct svct_fault *fault);

#endif
