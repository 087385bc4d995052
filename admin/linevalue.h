/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_LINEVALUE_H
#define SVCT_ADMIN_LINEVALUE_H

/* The values of the keys of a line (line.h), from JSON and to it. Pure. */

#include <jansson.h>

#include "auth/entity.h"
#include "base/buf.h"

enum svct_linevalue_type {
    SVCT_VALUE_LOGIN, /* texts, each of its form */
    SVCT_VALUE_NAME,
    SVCT_VALUE_ROLE,
    SVCT_VALUE_ID,
    SVCT_VALUE_PATH, /* of passwd(5) */
    SVCT_VALUE_TEXT,
    SVCT_VALUE_FLAG,
    SVCT_VALUE_U16, /* numbers, from "least" */
    SVCT_VALUE_U32,
    SVCT_VALUE_U64,
    SVCT_VALUE_UID,     /* uint32_t: a number that svctoken hands out */
    SVCT_VALUE_GID,     /* uint32_t: also one of the host's groups */
    SVCT_VALUE_SECONDS, /* int64_t, from "least" */
    SVCT_VALUE_TIME,    /* RFC 3339 */
    SVCT_VALUE_END,     /* that or "never" */
    SVCT_VALUE_SPAN,    /* a duration as text: "8h" */
    SVCT_VALUE_HASH,
    SVCT_VALUE_SOURCES,
    SVCT_VALUE_GLOBS,
    SVCT_VALUE_GROUPS, /* of a struct svct_role */
    SVCT_VALUE_GIDS,   /* of one; how many there are is the caller's to check */
    SVCT_VALUE_EXTRA
};

struct svct_linekey {
    const char *name; /* NULL ends a table */
    enum svct_linevalue_type type;
    size_t offset; /* in struct svct_line */
    size_t size;   /* of a text, with its NUL */
    unsigned flags;
    uint64_t least; /* of a number */
};

#define SVCT_KEY_NEEDED 1u /* an import must have it */
#define SVCT_KEY_ALWAYS 2u /* is written also when it is empty */
#define SVCT_KEY_BACKUP 4u /* only a backup has it */

/* The value to where it belongs in "base", a struct svct_line. The fault says
 * what would be right. SVCT_E_SYNTAX, SVCT_E_RANGE, SVCT_E_TOOBIG. */
int svct_linevalue_read(const struct svct_linekey *key, const json_t *value,
                        void *base, struct svct_fault *fault);

/* Zero, empty, false? Such a key is left out, unless ALWAYS. */
bool svct_linevalue_is_empty(const struct svct_linekey *key, const void *base);

/* Makes it so. */
void svct_linevalue_clear(const struct svct_linekey *key, void *base);

/* The same value in another struct svct_line. */
void svct_linevalue_copy(const struct svct_linekey *key, const void *base,
                         void *other);

/* JSON of the value. SVCT_E_DAMAGED for a text that JSON can't hold. */
int svct_linevalue_write(const struct svct_linekey *key, const void *base,
                         struct svct_buf *out);

/* A JSON string of a text that needs no check, in quotes. */
void svct_linevalue_quote(struct svct_buf *out, const char *text);

#endif
