/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_PROGRAM_H
#define SVCT_ADMIN_PROGRAM_H

/*
 * Running a program of the host: by its path, without a shell, with an
 * environment of its own, nothing to read, what it says on standard error
 * dropped, the umask 022 and no signal blocked or ignored.
 */

#include <sys/types.h>

#include "base/err.h"

/* The first of these paths (ends in NULL) that can be run; or NULL. */
const char *svct_program_find(const char *const *paths);

/* argv[0]: the path. out: where its standard output goes; -1: nowhere. false:
 * it could not be started. */
bool svct_program_start(const char *const *argv, int out, pid_t *ret_pid);

/* Waits for its end, however long. Did it exit with 0? */
bool svct_program_finish(pid_t pid);

/* All of it, its output dropped: its exit code; -1: it could not be started, or
 * was killed. */
int svct_program_code(const char *const *argv);

/* The same. Did it exit with 0? */
bool svct_program_run(const char *const *argv);

/*
 * The same, and what it says on standard output and standard error, together
 * and ended by a NUL, of which out has room for size; what exceeds that is
 * read and dropped. One that has not ended after so many seconds is killed.
 */
int svct_program_read(const char *const *argv, unsigned seconds, char *out,
                      size_t size);

#endif
