/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_PROGRAMREAD_H
#define SVCT_ADMIN_PROGRAMREAD_H

/* What a program of the host prints (program.h), in bounded time. */

#include "program.h"

/* Some bytes of it, in their order. false: that is enough. */
typedef bool svct_programread_take_fn(void *arg, const char *bytes, size_t len);

/*
 * Runs it and hands on what it prints, until its end, or so many milliseconds,
 * or until take has enough; it is killed then. Did it come to its end and exit
 * with 0?
 */
bool svct_programread(const char *const *argv, unsigned milliseconds,
                      svct_programread_take_fn *take, void *arg);

/* The beginning of what it prints, as a text, to out. The same. */
bool svct_programread_text(const char *const *argv, unsigned milliseconds,
                           char *out, size_t size);

#endif
