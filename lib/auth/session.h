/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_AUTH_SESSION_H
#define SVCT_AUTH_SESSION_H

/*
 * The record of an open session of a service account, in memory and as text;
 * doc/FORMAT.md has the bytes. sessiondir.h keeps them as files.
 *
 * The process that opened the session, its leader, is named by its id, the
 * moment it began and the boot: a record whose process is gone, or of another
 * boot, is never taken for a session, whoever has that process id now.
 *
 * The id of a session has the id of its token in it, or "notoken":
 *
 *     4fK2pQ0aZb-3kT9wXbQ7ZpM        notoken-Qm3ZpM7kT9wX
 *
 * so that a process that carries it in its environment (SVCTOKEN_SESSION) and
 * has outlived its session can still be told to be of that token.
 */

#include "auth/procstat.h"
#include "auth/timefmt.h"
#include "auth/token.h"
#include "base/name.h"

#define SVCT_SESSION_ENV "SVCTOKEN_SESSION"
#define SVCT_SESSION_RANDOM 12 /* characters, about 71 bits */
#define SVCT_SESSION_ID_MAX (SVCT_TOKEN_ID_LEN + 1 + SVCT_SESSION_RANDOM)
#define SVCT_SESSION_WORD 128  /* bytes of a text from outside, escaped */
#define SVCT_SESSION_FILE 1024 /* bytes that hold any record */

struct svct_session {
    char id[SVCT_SESSION_ID_MAX + 1];
    char account[SVCT_LOGIN_MAX + 1];
    char token_id[SVCT_TOKEN_ID_LEN + 1]; /* "": begun without a token */
    char token_name[SVCT_NAME_MAX + 1];   /* "": none, or not known */
    char role[SVCT_ROLE_MAX + 1];         /* "": not known */
    /* Escaped as by svct_name_escape, where "" stands for none. */
    char service[SVCT_SESSION_WORD + 1];
    char rhost[SVCT_SESSION_WORD + 1];
    char tty[SVCT_SESSION_WORD + 1];
    int64_t pid;                  /* of the leader, > 0 */
    uint64_t start;               /* when it began, see procstat.h */
    char boot[SVCT_BOOT_LEN + 1]; /* in which boot */
    int64_t opened;               /* Unix seconds */
    int64_t expires;              /* the earlier of token and account;
                                     SVCT_TIME_NEVER; 0: not known */
};

/* Has text the form of a session's id? */
bool svct_session_is_id(const char *text);

/* Is that the id of a session begun with this token? */
bool svct_session_is_of_token(const char *id, const char *token_id);

/* Draws an id; token_id "" or NULL: none. Needs svct_secret_setup. */
void svct_session_draw_id(const char *token_id,
                          char ret_id[SVCT_SESSION_ID_MAX + 1]);

/* Text of outside into a field of SVCT_SESSION_WORD: escaped and cut. NULL is
 * none. */
void svct_session_set_word(char ret_word[SVCT_SESSION_WORD + 1],
                           const char *text);

/* The record as text, without a NUL. SVCT_E_SYNTAX when a field is not legal:
 * then out is undefined. */
int svct_session_format(const struct svct_session *session,
                        char out[SVCT_SESSION_FILE], size_t *ret_len);

/*
 * Takes it apart; strictly: whatever format would not write is refused, and
 * so is a wrong check. SVCT_E_DAMAGED, or SVCT_E_VERSION for one written by a
 * newer program.
 */
int svct_session_parse(const char *text, size_t len,
                       struct svct_session *ret_session);

/* Is its leader there? boot: of now. 1, 0, or what reading /proc gives. */
int svct_session_is_open(const struct svct_session *session, const char *boot,
                         struct svct_fault *fault);

#endif
