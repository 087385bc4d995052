/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_LOGINLINE_H
#define SVCT_ADMIN_LOGINLINE_H

/*
 * A line that the PAM module has written about a login (pam_module/reply.h),
 * taken apart. Pure, but that a line without a year and a zone is in the time
 * of this host.
 *
 * What a line says is as true as the log it was found in: this tells a line of
 * ours from text of somebody else that another program quotes in a line of its
 * own ("Invalid user pam_svctoken(sshd:auth): denied ..."), and not a line of
 * ours from one that somebody wrote to look like it.
 */

#include "base/name.h"

enum svct_loginline_kind {
    SVCT_LOGINLINE_NONE = 0,
    SVCT_LOGINLINE_GRANTED,
    SVCT_LOGINLINE_DENIED,
    SVCT_LOGINLINE_UNDECIDED
};

#define SVCT_LOGINLINE_REASON_MAX 32
#define SVCT_LOGINLINE_WORD_MAX 144 /* as reply.c has them, escaped */

/* All texts are printable ASCII without a blank; "": not in the line. */
struct svct_loginline {
    enum svct_loginline_kind kind;
    int64_t time; /* Unix seconds */
    char reason[SVCT_LOGINLINE_REASON_MAX + 1];
    char phase[SVCT_LOGINLINE_REASON_MAX + 1]; /* "": auth */
    char user[SVCT_LOGINLINE_WORD_MAX + 1];
    char token[SVCT_NAME_MAX + 1]; /* its name */
    char id[16];
    char service[SVCT_LOGINLINE_WORD_MAX + 1];
    char rhost[SVCT_LOGINLINE_WORD_MAX + 1]; /* "-": none */
};

/* What the module gave to syslog. false: no such line. The time is the
 * caller's to fill. */
bool svct_loginline_parse(const char *message, struct svct_loginline *ret_line);

/*
 * A line of a file of syslogd, without its end: time and host, perhaps facility
 * and level, the program with or without its process id, and then a message of
 * ours and nothing before it. now: what a time without a year is the last one
 * before (up to a day ahead). false: no such line.
 */
bool svct_loginline_parse_file(const char *line, int64_t now,
                               struct svct_loginline *ret_line);

/* When a line of such a file, of whichever program, was written. false: that
 * can't be told. */
bool svct_loginline_time(const char *line, int64_t now, int64_t *ret_time);

#endif
