/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_BASE_NAMES_H
#define SVCT_BASE_NAMES_H

/*
 * The file "names": every service account, one name a line, sorted by bytes.
 *
 * It answers "is this user ours?" when the database can't, and proves absence
 * when it can: in a damaged file of it a key may not be found, and a service
 * account that is "not found" would pass for a person. So a
 * user is ours when this file lists them or the database has them, and a
 * contradiction is damage. It is replaced by rename, before a commit that adds
 * an account and after one that removes one: at every moment it lists at least
 * what the database has.
 */

#include <sys/stat.h>

#include "base/err.h"

#define SVCT_NAMES_FILE "names"
#define SVCT_NAMES_SIZE_MAX (INT64_C(256) << 20) /* bytes */

/*
 * Looks one name up in the database folder dir_fd, in a few reads at any
 * size. 1 listed, 0 not listed or no such file, SVCT_E_DAMAGED (a line that
 * is no name, or not ended), SVCT_E_UNSAFE, SVCT_E_IO, SVCT_E_ACCESS.
 */
int svct_names_lookup(int dir_fd, const char *name, struct svct_fault *fault);

/* The same, and gives what fstat said of the file before it was searched; not
 * when there is none. */
int svct_names_look(int dir_fd, const char *name, struct stat *ret_stat,
                    struct svct_fault *fault);

/*
 * Does the file in the folder at this path list the name, whoever may have
 * written it? Follows symbolic links and looks at no owner, so the answer may
 * serve to refuse, never to let anybody in: for a folder that cannot be
 * trusted any more but still says who used to be a service account.
 */
bool svct_names_listed_anyhow(const char *dir, const char *name);

#endif
