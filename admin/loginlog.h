/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_LOGINLOG_H
#define SVCT_ADMIN_LOGINLOG_H

/*
 * What the log of the host says of the last logins: how many were granted and
 * denied, for which reasons, and the last that were denied.
 *
 * Where journald takes what programs give to syslog, its journal is asked, for
 * lines of root's processes and of the programs that users become root by: it
 * knows who sent a line, and no other user can write one of these. Elsewhere
 * the end of /var/log/auth.log or /var/log/secure is read. That is only as true
 * as the file, and where any user may write to syslog, any user can have a line
 * put there. (A program that starts sudo right behind its line can be taken for
 * it by journald, too.)
 *
 * In bounded time and memory: at most SVCT_LOGINLOG_LINES of the journal, the
 * last SVCT_LOGINLOG_BYTES of a file. What was not looked at is told.
 */

#include "auth/policy.h"
#include "loginline.h"

#define SVCT_LOGINLOG_LINES 20000
#define SVCT_LOGINLOG_BYTES (16 << 20)
#define SVCT_LOGINLOG_LAST 10 /* refusals that are kept */

enum svct_loginlog_source {
    SVCT_LOGINLOG_NOTHING = 0, /* nothing could be read */
    SVCT_LOGINLOG_JOURNAL,
    SVCT_LOGINLOG_FILE
};

/* A reason of a refusal: SVCT_UNDECIDED to SVCT_VERDICT_COUNT - 1 as in
 * policy.h, and two more. */
enum {
    SVCT_LOGINLOG_NO_ANSWER = SVCT_VERDICT_COUNT,
    SVCT_LOGINLOG_OTHER, /* of a newer module */
    SVCT_LOGINLOG_REASONS
};

struct svct_loginlog {
    enum svct_loginlog_source source;
    char file[160];        /* FILE: its name, as it may be shown */
    struct svct_fault why; /* NOTHING: why not */
    int64_t since;         /* all from then on was looked at, Unix seconds */
    bool whole;            /* that is the whole of what was asked for */
    bool backwards;        /* the log is read with the newest first */
    uint64_t granted; /* by a token: not those of the account phase, which are
                         logged with "debug" and have none */
    uint64_t denied;  /* all that were refused, "undecided" not among them */
    uint64_t undecided;
    struct {
        uint64_t count;
        int64_t last; /* Unix seconds; 0: none */
    } reason[SVCT_LOGINLOG_REASONS];
    struct svct_loginline last[SVCT_LOGINLOG_LAST]; /* the newest first */
    size_t last_count;
};

/* "token_expired", "no_answer", "other"; an interface, as those of policy.h. */
const char *svct_loginlog_reason(unsigned reason);

/* Counts a line that is not older than since. Pure. */
void svct_loginlog_count(struct svct_loginlog *log,
                         const struct svct_loginline *line);

/*
 * The last "window" seconds before now. file: this one is read, whatever the
 * host has; NULL: what the host has. That nothing could be read is an answer;
 * ret_log is filled in any case. With a file, what is wrong with it is the
 * result, too: SVCT_E_NOTFOUND, SVCT_E_SYNTAX (no regular file), SVCT_E_ACCESS,
 * SVCT_E_IO.
 */
int svct_loginlog_read(const char *file, int64_t now, int64_t window,
                       struct svct_loginlog *ret_log);

#endif
