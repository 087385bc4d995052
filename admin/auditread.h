/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_AUDITREAD_H
#define SVCT_ADMIN_AUDITREAD_H

/*
 * Reading the file of auditlog.h line by line, in bounded memory however large
 * it is. What is no entry is told by its number and passed over: a line torn
 * by a full disk must not hide the others.
 */

#include <jansson.h>

#include "base/err.h"

/* More than any line that is written has. */
#define SVCT_AUDITREAD_LINE_MAX (256 * 1024)

struct svct_auditread {
    FILE *file;
    char *line;      /* SVCT_AUDITREAD_LINE_MAX bytes */
    uint64_t number; /* of the line read last, from 1 on */
};

/*
 * The log of a database. SVCT_E_NOTFOUND when there is none yet, since the
 * last rotation or at all; SVCT_E_NODB when the folder of another database is
 * not there; SVCT_E_UNSAFE, SVCT_E_ACCESS, ...
 */
int svct_auditread_open(const char *db, struct svct_auditread *ret_reader,
                        struct svct_fault *fault);

/* A file of any owner, a rotated one for instance; "-" is standard input.
 * SVCT_E_NOTFOUND; SVCT_E_SYNTAX: no regular file. */
int svct_auditread_open_file(const char *path,
                             struct svct_auditread *ret_reader,
                             struct svct_fault *fault);

/* Goes on near the end: at the first line that begins within so many bytes of
 * it. What was passed over is not counted in number. SVCT_E_IO. */
int svct_auditread_tail(struct svct_auditread *reader, int64_t bytes,
                        struct svct_fault *fault);

/* Zeroed memory is fine. */
void svct_auditread_done(struct svct_auditread *reader);

/*
 * The next entry: an object whose keys have the types and bounds of
 * doc/FORMAT.md, the caller's to json_decref; NULL at the end. SVCT_E_DAMAGED:
 * the line "number" is none, and the fault says why; the next call goes on
 * behind it. SVCT_E_IO, SVCT_E_NOMEM: it can't go on.
 */
int svct_auditread_next(struct svct_auditread *reader, json_t **ret_entry,
                        struct svct_fault *fault);

#endif
