/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

/*
 * Any text as a pattern over names of services, and any as a name: the first
 * line of the input and the rest. The answer is that of a table of all their
 * beginnings.
 */

#include <stdlib.h>
#include <string.h>

#include "auth/glob.h"
#include "fuzz.h"

#define MOST 256

/* matches[j]: the pattern so far and the first j bytes of the text. */
static bool is_match(const char *pattern, const char *text)
{
    bool matches[MOST + 1] = {true};
    const size_t len = strlen(text);

    for (; *pattern != '\0'; pattern++) {
        bool before = matches[0];

        matches[0] = matches[0] && *pattern == '*';
        for (size_t j = 1; j <= len; j++) {
            const bool here = matches[j];

            if (*pattern == '*')
                matches[j] = here || matches[j - 1];
            else
                matches[j] =
                    before && (*pattern == '?' || *pattern == text[j - 1]);
            before = here;
        }
    }
    return matches[len];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct svct_globs globs = {.count = 0};
    char pattern[MOST + 1], *text;
    int r;

    if (size > MOST)
        return 0;
    if (size > 0)
        memcpy(pattern, data, size);
    pattern[size] = '\0';
    text = strchr(pattern, '\n');
    if (text == NULL)
        return 0;
    *text++ = '\0';
    MUST(svct_glob_match(pattern, text) == is_match(pattern, text));
    r = svct_globs_add(&globs, pattern);
    MUST(r == 0 || r == SVCT_E_SYNTAX || r == SVCT_E_TOOBIG);
    MUST(r == svct_glob_check(pattern) && globs.count == (r == 0));
    if (r == 0)
        MUST(svct_globs_match(&globs, text) ==
             (text[0] != '\0' && is_match(pattern, text)));
    return 0;
}
