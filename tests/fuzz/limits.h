/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_FUZZ_LIMITS_H
#define SVCT_FUZZ_LIMITS_H

/* What a damaged file must not make a program exceed. */

#include <stdbool.h>
#include <sys/resource.h>

/* A sanitizer has far more memory than it uses. */
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define UNBOUNDED
#elif defined __has_feature
#if __has_feature(address_sanitizer)
#define UNBOUNDED
#endif
#endif

/* Bytes of a file that is written, and of memory where it can be bounded. */
static inline bool limits_set(rlim_t file, rlim_t memory)
{
    struct rlimit files = {file, file};
#ifdef UNBOUNDED
    (void)memory;
#else
    struct rlimit data = {memory, memory};

    if (setrlimit(RLIMIT_DATA, &data) != 0)
        return false;
#endif
    return setrlimit(RLIMIT_FSIZE, &files) == 0;
}

#endif
