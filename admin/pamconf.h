/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_PAMCONF_H
#define SVCT_ADMIN_PAMCONF_H

/*
 * The service files of /etc/pam.d as libpam reads them (pam.d(5)): what is
 * called for a service, in which order. Pure: who calls it hands the files in.
 *
 * It is read as Linux-PAM 1.5.2 of Debian does, malformed lines too: libpam
 * puts a step that always fails in the place of most of these, and gives up
 * the whole service at some. Where a later version reads something otherwise,
 * the line or the service is marked. "@include FILE" is Debian's.
 *
 * Nothing grows without bound: what exceeds a maximum is SVCT_E_TOOBIG.
 */

#include "base/err.h"

#define SVCT_PAMCONF_FILE_MAX 65536 /* bytes of a file */
#define SVCT_PAMCONF_FILES_MAX 48   /* files of one service, with "other" */
#define SVCT_PAMCONF_PATH_MAX 256   /* bytes of a name or path, with its NUL */
#define SVCT_PAMCONF_LINES_MAX 512
#define SVCT_PAMCONF_LINE_MAX 1023 /* bytes; libpam before 1.6 takes no more */
#define SVCT_PAMCONF_DEPTH_MAX 16  /* files within files */
#define SVCT_PAMCONF_POOL_MAX 131072
#define SVCT_PAMCONF_ARGS_MAX 2048 /* arguments of all lines */

enum svct_pamconf_type {
    SVCT_PAMCONF_AUTH,
    SVCT_PAMCONF_ACCOUNT,
    SVCT_PAMCONF_SESSION,
    SVCT_PAMCONF_PASSWORD
};
#define SVCT_PAMCONF_TYPES 4

/* What a module returns, numbered as in libpam; those that are named here. */
enum svct_pamconf_code {
    SVCT_PAMCODE_SUCCESS = 0,
    SVCT_PAMCODE_SERVICE_ERR = 3,
    SVCT_PAMCODE_PERM_DENIED = 6,
    SVCT_PAMCODE_AUTH_ERR = 7,
    SVCT_PAMCODE_AUTHINFO_UNAVAIL = 9,
    SVCT_PAMCODE_USER_UNKNOWN = 10,
    SVCT_PAMCODE_NEW_AUTHTOK_REQD = 12,
    SVCT_PAMCODE_ACCT_EXPIRED = 13,
    SVCT_PAMCODE_SESSION_ERR = 14,
    SVCT_PAMCODE_IGNORE = 25,
    SVCT_PAMCODE_MODULE_UNKNOWN = 28
};
#define SVCT_PAMCODES 32

/* What is done about it; a positive number: so many steps are passed over. */
#define SVCT_PAMCONF_IGNORE 0
#define SVCT_PAMCONF_OK (-1)
#define SVCT_PAMCONF_DONE (-2)
#define SVCT_PAMCONF_BAD (-3)
#define SVCT_PAMCONF_DIE (-4)
#define SVCT_PAMCONF_RESET (-5)

/* A step of a chain. */
struct svct_pamconf_line {
    enum svct_pamconf_type type;
    bool quiet;     /* a "-" before the type */
    bool broken;    /* it fails without a module: PAM_PERM_DENIED */
    bool substack;  /* no module: a substack begins, its steps are the next */
    bool other;     /* from the file "other" */
    unsigned level; /* of substacks */
    int32_t action[SVCT_PAMCODES];
    const char *control; /* as written, without brackets; NULL: none */
    const char *module;  /* as written; NULL in broken and substack */
    int argc;
    const char *const *argv; /* NULL when argc is 0 */
    const char *file;        /* where it stands: a path */
    unsigned number;         /* its (first) line there, from 1 on */
    unsigned top;       /* the line of the service's own file that it comes by;
                          0 for one of "other" */
    const char *wrong;  /* what is malformed; NULL: nothing */
    const char *varies; /* what another version reads otherwise; NULL */
};

struct svct_pamconf {
    bool missing; /* there is no file for the service: "other" is all */
    /* libpam gives up: nobody is let in by this service, in no type. Why, and
     * where; "" when it does not. */
    char failed[160];
    const char *failed_file;
    unsigned failed_number;
    bool varies; /* a line, or what made it fail, is read otherwise elsewhere */
    const char *path; /* of the service's own file; NULL when it is missing */
    size_t count[SVCT_PAMCONF_TYPES];
    const struct svct_pamconf_line
        *chain[SVCT_PAMCONF_TYPES][SVCT_PAMCONF_LINES_MAX];
};

/* Hands in a file: name is one below pam.d, or an absolute path. *ret_data is
 * from malloc, and the reader's. ret_path: where it was found, for people.
 * SVCT_E_NOTFOUND: there is none; anything else ends the reading. */
typedef int svct_pamconf_open_fn(void *arg, const char *name, char **ret_data,
                                 size_t *ret_len,
                                 char ret_path[SVCT_PAMCONF_PATH_MAX],
                                 struct svct_fault *fault);

/* service in small letters, without "/". *ret_conf is the caller's to free.
 * SVCT_E_TOOBIG, SVCT_E_NOMEM, and what open gives. */
int svct_pamconf_read(const char *service, svct_pamconf_open_fn *open_file,
                      void *arg, struct svct_pamconf **ret_conf,
                      struct svct_fault *fault);
void svct_pamconf_free(struct svct_pamconf *conf);

/* "auth"; "session" */
const char *svct_pamconf_type_name(enum svct_pamconf_type type);

/* "authinfo_unavail"; NULL for a number that is none. */
const char *svct_pamconf_code_name(unsigned code);

/* Is it a line for that module? By the file's name, whatever its folder. */
bool svct_pamconf_is(const struct svct_pamconf_line *line, const char *module);

#endif
