/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "auth/glob.h"

#include <string.h>

/* Not to be asked about the NUL. */
static bool is_allowed(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c >= '0' && c <= '9') || strchr("._+-*?", c) != NULL;
}

int svct_glob_check(const char *pattern)
{
    size_t len;

    if (pattern == NULL || pattern[0] == '\0')
        return SVCT_E_SYNTAX;
    len = strnlen(pattern, SVCT_GLOB_MAX + 1);
    if (len > SVCT_GLOB_MAX)
        return SVCT_E_TOOBIG;
    for (size_t i = 0; i < len; i++) {
        if (!is_allowed(pattern[i]))
            return SVCT_E_SYNTAX;
    }
    return 0;
}

/* Only the last "*" is ever taken back: whatever an earlier one could match
 * otherwise, the later one can match as well. */
bool svct_glob_match(const char *pattern, const char *text)
{
    const char *star = NULL; /* behind the last "*" */
    const char *retry = NULL;

    if (pattern == NULL || text == NULL)
        return false;
    while (*text != '\0') {
        if (*pattern == '*') {
            star = ++pattern;
            retry = text;
        } else if (*pattern != '\0' && (*pattern == '?' || *pattern == *text)) {
            pattern++;
            text++;
        } else if (star != NULL) {
            pattern = star;
            text = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

int svct_globs_add(struct svct_globs *globs, const char *pattern)
{
    int rc = svct_glob_check(pattern);

    if (rc < 0)
        return rc;
    for (unsigned i = 0; i < globs->count; i++) {
        if (strcmp(globs->item[i], pattern) == 0)
            return SVCT_E_EXISTS;
    }
    if (globs->count >= SVCT_GLOBS_MAX)
        return SVCT_E_TOOBIG;
    memcpy(globs->item[globs->count++], pattern, strlen(pattern) + 1);
    return 0;
}

bool svct_globs_match(const struct svct_globs *globs, const char *text)
{
    if (text == NULL || text[0] == '\0' || globs->count > SVCT_GLOBS_MAX)
        return false;
    for (unsigned i = 0; i < globs->count; i++) {
        if (svct_glob_match(globs->item[i], text))
            return true;
    }
    return false;
}
