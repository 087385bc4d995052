/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_APPLYSCAN_H
#define SVCT_ADMIN_APPLYSCAN_H

/*
 * Finding one's way in a JSON text without taking it apart: where the members
 * of an object and the elements of an array begin and end, and on which line.
 * What a value is, is jansson's to say. Pure, no memory of its own, no
 * recursion; a scan is a place in the text, and may be copied to come back to.
 *
 *     svct_applyscan_enter(&scan, '{', fault)
 *     while (svct_applyscan_next(&scan, '}', &first, &got, fault) == 0 && got)
 *         svct_applyscan_key(...), svct_applyscan_value(...)
 *
 * Errors are SVCT_E_SYNTAX, with what was expected; scan.line is where.
 */

#include "base/err.h"

struct svct_applyscan {
    const char *text; /* the caller's */
    size_t len;
    size_t at;
    uint64_t line; /* from 1 */
};

/* Bytes of the text. */
struct svct_applypiece {
    const char *text;
    size_t len;
    uint64_t line; /* of its first byte */
};

#define SVCT_APPLYSCAN_DEEPEST 32 /* brackets within each other in a value */

void svct_applyscan_init(struct svct_applyscan *scan, const char *text,
                         size_t len);

/* Reads over blanks. The byte that follows; 0 at the end, and for a NUL. */
char svct_applyscan_peek(struct svct_applyscan *scan);

/* Is there nothing but blanks any more? */
bool svct_applyscan_ended(struct svct_applyscan *scan);

/* Reads the bracket that begins an object or an array. */
int svct_applyscan_enter(struct svct_applyscan *scan, char bracket,
                         struct svct_fault *fault);

/* To the next member or element: reads a comma, or the closing bracket, and
 * then *ret_got is false. *first: true before the first one. */
int svct_applyscan_next(struct svct_applyscan *scan, char bracket, bool *first,
                        bool *ret_got, struct svct_fault *fault);

/* A member's key, with its quotes, and the colon. */
int svct_applyscan_key(struct svct_applyscan *scan,
                       struct svct_applypiece *ret_key,
                       struct svct_fault *fault);

/* Reads over a value. That its brackets and quotes end is all that is known of
 * it then. */
int svct_applyscan_value(struct svct_applyscan *scan,
                         struct svct_applypiece *ret_value,
                         struct svct_fault *fault);

#endif
