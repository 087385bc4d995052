/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_FUZZ_FUZZ_H
#define SVCT_FUZZ_FUZZ_H

/* What every fuzz target has. */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Called with an input; what must not be ends the program. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A target may have more to say: then it defines this before. */
#ifndef FUZZ_FAIL
#define FUZZ_FAIL(condition)                          \
    do {                                              \
        fprintf(stderr, "not so: %s\n", (condition)); \
        abort();                                      \
    } while (0)
#endif

#define MUST(condition)            \
    do {                           \
        if (!(condition))          \
            FUZZ_FAIL(#condition); \
    } while (0)

#endif
