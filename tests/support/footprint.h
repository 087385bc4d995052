/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_TESTS_FOOTPRINT_H
#define SVCT_TESTS_FOOTPRINT_H

/*
 * What a guest in this process could change of it, told as text: so that a
 * test can hold what was before a call against what is after it. And what the
 * process needs: so that many calls can be held against few.
 *
 * Not in it is errno, which every function of PAM may set.
 */

#include <stdbool.h>
#include <stddef.h>

/* A line for each thing: signals with handler, flags and mask; umask, ids,
 * groups, capabilities, limits, timers, nice, scheduler, oom_score_adj,
 * dumpable, locale, environment, working and root directory, what the
 * descriptors are, number of threads, ... To be freed. */
char *footprint_take(void);

/* Ends the test (cmocka) with the lines that differ, if any do. Frees both. */
void footprint_same(char *before, char *after, const char *when);

/* An odd host: a handler and an ignored signal, others blocked, a umask, a
 * priority, a timer that runs, a locale, an environment, a working directory
 * unlike any default. For the rest of this process. */
void footprint_be_odd(void);

struct footprint_needs {
    size_t heap;     /* bytes that malloc has given out */
    long pages;      /* of address space */
    int mappings;    /* lines of /proc/self/maps */
    int descriptors; /* open now */
    int threads;
};

struct footprint_needs footprint_needs(void);

/* Ends the test when more is needed now than before, but for what blocks of
 * the heap that split in another way make up. Where malloc is
 * another (SVCT_INSTRUMENTED) only descriptors and threads count. */
void footprint_no_growth(const struct footprint_needs *before);

#endif
