/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_PROGRAM_H
#define SVCT_ADMIN_PROGRAM_H

/*
 * Running a program of the host: by its path, without a shell, with an
 * environment of its own, nothing to read, the umask 022 and no signal blocked
 * or ignored. What one says: programread.h.
 */

#include <sys/types.h>

#include "base/err.h"

/* The first of these paths (ends in NULL) that can be run; or NULL. */
const char *svct_program_find(const char *const *paths);

/* argv[0]: the path. out, err: where its standard output and its standard error
 * go; -1: nowhere. false: it could not be started. */
bool svct_program_start(const char *const *argv, int out, int err,
                        pid_t *ret_pid);

/* Waits for its end, however long. Its exit code; -1: it was killed. */
int svct_program_await(pid_t pid);

/* All of it, its output dropped: its exit code; -1: it could not be started, or
 * was killed. */
int svct_program_code(const char *const *argv);

/* The same. Did it exit with 0? */
bool svct_program_run(const char *const *argv);

#endif
