/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_LOGROW_H
#define SVCT_ADMIN_LOGROW_H

/* An entry of the log of changes as a row of an answer. */

#include "out.h"

struct svct_logrow {
    json_t *entry;   /* of auditread.h */
    int64_t time;    /* Unix seconds */
    char about[99];  /* "deploy/ci", "deploy" or "" */
    char what[1024]; /* "role: Viewer -> Admin, reason: laptop lost" */
};

/* Borrows the entry. */
void svct_logrow_fill(struct svct_logrow *row, json_t *entry);

/* A row is a struct svct_logrow. */
extern const struct svct_column svct_logrow_columns[];

/* The object of an answer: the columns, "details" and "changed". NULL when out
 * of memory. */
json_t *svct_logrow_object(const struct svct_call *call, json_t *entry);

#endif
