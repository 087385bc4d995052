/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_AUDITLOG_H
#define SVCT_ADMIN_AUDITLOG_H

/*
 * The file that keeps who changed what: one JSON object a line (doc/FORMAT.md),
 * appended after each change, never rewritten. It is opened anew for each
 * change, so that it can be rotated by a rename at any time.
 *
 * For the database of this host it lies in a folder of its own
 * (SVCT_LOGDIR), for another one in that database's folder.
 */

#include "auth/timefmt.h"
#include "write/audit.h"

#define SVCT_AUDITLOG_FILE "audit.log"

struct svct_auditlog_entry {
    const struct svct_audit *audit;
    int64_t now;       /* Unix seconds; of a clock before 1970 or after 9999 the
                    nearest moment of these is written */
    uint64_t sequence; /* of the generation that the change made */
    const char *by;
    unsigned long uid;
    const char *terminal; /* "pts/3"; "" when there is none */
    const char *host;     /* that it was reached from; "" when not known */
    bool follows; /* another line of the same change comes next: with that one
                     this one is synced */
};

/* Where the lines of a change go. */
struct svct_auditlog {
    const char *db;
    int fd; /* -1: not open */
};

/* The folder of the log of a database: SVCT_LOGDIR, or db itself. */
const char *svct_auditlog_folder(const char *db);

/*
 * Appends a line, by one write; if no other follows, syncs the file and closes
 * it, as after an error. The caller holds the writers' lock of the database:
 * lines come in the order of the changes, and what a killed or failed writer
 * left of a line is ended first. Makes SVCT_LOGDIR (0700) and the file (0600)
 * when they are not there; what is there must be root's, writable by nobody
 * else, and no symbolic link.
 *
 * Any error means that the line is not, or not surely, in the file.
 */
int svct_auditlog_append(struct svct_auditlog *log,
                         const struct svct_auditlog_entry *entry,
                         struct svct_fault *fault);

#endif
