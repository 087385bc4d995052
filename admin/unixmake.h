/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_UNIXMAKE_H
#define SVCT_ADMIN_UNIXMAKE_H

/*
 * The Unix user of an account that is being made: the one of that name that
 * the host has, or else one by svctoken alone, with a uid and gid from the
 * range (write/ids.h) or as asked for. For account_create.c and
 * apikey_create.c, whose tables have these options.
 *
 *     svct_unixmake_read      the words, and what the host knows of the name
 *     svct_unixmake_assign    within the transaction: which numbers
 *     svct_unixmake_say       behind the commit: what it is, what is missing
 *     svct_unixmake_home      last: its home
 *
 * Each returns an exit code, and has said what was wrong.
 */

#include "auth/entity.h"
#include "cmd.h"
#include "idrange.h"
#include "write/txn.h"

/* Where homes are, if nothing is said: /var/lib/svctoken-home/NAME. */
#define SVCT_UNIXMAKE_HOMES SVCT_DBDIR "-home"
#define SVCT_UNIXMAKE_SHELL "/bin/sh"

/* The options, one behind the other in the table of a command. */
enum svct_unixmake_option {
    SVCT_UNIXMAKE_OPT_EXISTING,
    SVCT_UNIXMAKE_OPT_CONVERT,
    SVCT_UNIXMAKE_OPT_UID,
    SVCT_UNIXMAKE_OPT_GID,
    SVCT_UNIXMAKE_OPT_HOME,
    SVCT_UNIXMAKE_OPT_SHELL,
    SVCT_UNIXMAKE_OPT_CREATE_HOME,
    SVCT_UNIXMAKE_OPTS /* how many */
};

/* first: the index of the first one. */
/* clang-format off */
#define SVCT_UNIXMAKE_TABLE(first)                                            \
    [(first) + SVCT_UNIXMAKE_OPT_EXISTING] =                                  \
        {"existing", NULL, 0,                                                 \
         "only if NAME is a Unix user of this host already"},                 \
    [(first) + SVCT_UNIXMAKE_OPT_CONVERT] =                                   \
        {"convert", NULL, 0,                                                  \
         "also a Unix user in the group sudo, wheel or adm"},                 \
    [(first) + SVCT_UNIXMAKE_OPT_UID] =                                       \
        {"uid", "N", 0, "this uid, instead of the next one of the range"},    \
    [(first) + SVCT_UNIXMAKE_OPT_GID] =                                       \
        {"gid", "GROUP", 0,                                                   \
         "this group of the host, by name or number, as its primary one, "    \
         "instead of a group of its own"},                                    \
    [(first) + SVCT_UNIXMAKE_OPT_HOME] =                                      \
        {"home", "DIR", 0,                                                    \
         "its home, " SVCT_UNIXMAKE_HOMES "/NAME if not given"},              \
    [(first) + SVCT_UNIXMAKE_OPT_SHELL] =                                     \
        {"shell", "PATH", 0, "its shell, " SVCT_UNIXMAKE_SHELL " if not given"}, \
    [(first) + SVCT_UNIXMAKE_OPT_CREATE_HOME] =                               \
        {"create-home", NULL, 0, "make its home, with what is in /etc/skel"}
/* clang-format on */

struct svct_unixmake {
    const struct svct_call *call;
    size_t first; /* of the options in the table */
    bool existing;     /* the host has that user; nothing below counts but */
    uint32_t host_uid; /* its uid */
    uint32_t uid;      /* asked for; 0: the next one */
    uint32_t gid;      /* of a group of the host; 0: a group of its own */
    char home[SVCT_PUB_PATH_MAX + 1];
    char shell[SVCT_PUB_PATH_MAX + 1];
    bool create_home;
    struct svct_idrange range; /* in force, known from assign on */
};

/* first: of the options in the table; name: a legal login name. */
int svct_unixmake_read(const struct svct_call *call, size_t first,
                       const char *name, struct svct_unixmake *ret_make);

/* Fills uid, gid, home and shell of the account. Numbers that the host knows
 * are passed over, and a few of them named. Nothing is changed. */
int svct_unixmake_assign(struct svct_unixmake *make, const struct svct_txn *txn,
                         struct svct_account *account);

void svct_unixmake_say(const struct svct_unixmake *make,
                       const struct svct_account *account);

/* Nothing without --create-home. SVCT_EXIT_CANNOT: the account is there and
 * its home is not. */
int svct_unixmake_home(const struct svct_unixmake *make,
                       const struct svct_account *account);

/* That a home or shell (NULL: not asked for) is not what one expects. */
void svct_unixmake_say_home(const char *home, uint32_t uid);
void svct_unixmake_say_shell(const char *shell);

/* name: a legal login name. */
void svct_unixmake_default_home(const char *name,
                                char ret_home[SVCT_PUB_PATH_MAX + 1]);

/* A path of an option that is not given stays as it is. */
int svct_unixmake_get_path(const struct svct_call *call, size_t index,
                           char ret_path[SVCT_PUB_PATH_MAX + 1]);

#endif
