/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_PROGRAMREAD_H
#define SVCT_ADMIN_PROGRAMREAD_H

/* What a program of the host prints (program.h), in bounded time. */

#include "program.h"

enum svct_programread_what {
    SVCT_PROGRAMREAD_OUTPUT, /* standard output; standard error is dropped */
    SVCT_PROGRAMREAD_BOTH,   /* together, as they come */
};

/* Some bytes of it, in their order. false: that is enough. */
typedef bool svct_programread_take_fn(void *arg, const char *bytes, size_t len);

/*
 * Runs it and hands on what it prints. When take has enough, or after so many
 * milliseconds, it is killed. Its exit code; -1: it did not come to its end, or
 * could not be started.
 */
int svct_programread(const char *const *argv, enum svct_programread_what what,
                     unsigned milliseconds, svct_programread_take_fn *take,
                     void *arg);

/* The same; the beginning of what it prints goes to out, ended by a NUL. What
 * exceeds its size, which is not 0, is read and dropped. */
int svct_programread_text(const char *const *argv,
                          enum svct_programread_what what,
                          unsigned milliseconds, char *out, size_t size);

#endif
