/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Functions that must not be used: naming one is a compile error, even without
 * calling it. Included by base/err.h, and so by everything.
 *
 *   unbounded or easily cut short   strcpy strcat strncpy strncat sprintf
 *                                   vsprintf gets
 *                                   -> svct_buf, snprintf, memcpy
 *   no error reported               atoi atol atoll atof  -> base/parse.h
 *   static buffer, not thread-safe  strtok localtime gmtime ctime asctime
 *                                   -> base/parse.h, auth/timefmt.h
 *   not random                      rand srand  -> libsodium
 *   name to be raced for            mktemp tmpnam tempnam
 *
 * A poisoned name may not appear in a header that is read later either, so
 * the headers that declare these come first, here.
 */
#ifndef SVCT_BANNED_H
#define SVCT_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* With clang, _FORTIFY_SOURCE makes macros of some. */
#undef strcpy
#undef strcat
#undef strncpy
#undef strncat
#undef sprintf
#undef vsprintf
#undef gets
#undef atoi
#undef atol
#undef atoll
#undef atof
#undef strtok
#undef localtime
#undef gmtime
#undef ctime
#undef asctime
#undef rand
#undef srand
#undef mktemp
#undef tmpnam
#undef tempnam

#pragma GCC poison strcpy strcat strncpy strncat
#pragma GCC poison sprintf vsprintf gets
#pragma GCC poison atoi atol atoll atof
#pragma GCC poison strtok localtime gmtime ctime asctime
#pragma GCC poison rand srand
#pragma GCC poison mktemp tmpnam tempnam

#endif
