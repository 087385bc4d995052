/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_APPLYFILE_H
#define SVCT_ADMIN_APPLYFILE_H

/*
 * The state that is wanted, as svctoken-apply(5) has it: one JSON object with
 * policy, roles, and accounts with their tokens. Pure: a text in memory, no
 * file, no clock, no database.
 *
 *     svct_applyfile_read    all of it, with every fault there is
 *     svct_applyfile_walk    an object at a time, as often as wanted
 *     svct_applyfile_done
 *
 * Strict as line.h, whose keys and values these are. Only one object is in
 * memory at a time, besides the names of accounts and roles.
 */

#include "line.h"
#include "applyscan.h"
#include "auth/lists.h"

#define SVCT_APPLYFILE_MAX (64u << 20) /* bytes of a text */
#define SVCT_APPLYFILE_PATH_MAX 1024   /* bytes of a path of "generate" */
#define SVCT_APPLYFILE_VERSION 1

/* An object as it stands there: what it does not say is not known yet. */
struct svct_applywant {
    struct svct_line line;         /* kind, values, and which were given */
    char above[SVCT_ROLE_MAX + 1]; /* of a role; "": not given */
    char generate[SVCT_APPLYFILE_PATH_MAX + 1]; /* of a token; likewise */
    bool revoked; /* of a token: it shall be; revoked_at is given then, and 0 */
    bool tokens;  /* of an account: it has a list of them */
};

/* For people. */
struct svct_applyplace {
    uint64_t line;
    char path[80]; /* ".accounts[0].tokens[2].expires" */
};

enum svct_applypart {
    SVCT_APPLYPART_POLICY,
    SVCT_APPLYPART_ROLES,
    SVCT_APPLYPART_ACCOUNTS
};
#define SVCT_APPLYPARTS 3

struct svct_applyfile {
    const char *text; /* the caller's */
    size_t len;
    struct svct_applyfile_part {
        bool given;
        struct svct_applyscan scan; /* before its value */
    } part[SVCT_APPLYPARTS];
    struct svct_applyfile_name {
        char name[SVCT_LOGIN_MAX + 1];
        uint32_t index; /* among the accounts of the file */
        uint64_t line;
    } * account; /* sorted by name */
    size_t accounts, accounts_room;
    char role[SVCT_ROLES_MAX][SVCT_ROLE_MAX + 1];
    size_t roles;
    uint64_t faults; /* how many were reported */
};

typedef void svct_applyfile_report_fn(void *arg,
                                      const struct svct_applyplace *place,
                                      const struct svct_fault *fault);

/* 0, also when faults were reported: then the file is not to be walked.
 * SVCT_E_NOMEM. The text must outlive it. */
int svct_applyfile_read(const char *text, size_t len,
                        svct_applyfile_report_fn *report, void *arg,
                        struct svct_applyfile *ret_file);
void svct_applyfile_done(struct svct_applyfile *file);

/*
 * Each object of a part in its order; an account is followed by its tokens,
 * whose line.token.account is its name. A part that is not given has none.
 * What the visit returns other than 0 ends the walk and is the result;
 * SVCT_E_NOMEM.
 */
typedef int svct_applyfile_visit_fn(void *arg,
                                    const struct svct_applyplace *place,
                                    const struct svct_applywant *want);
int svct_applyfile_walk(const struct svct_applyfile *file,
                        enum svct_applypart part,
                        svct_applyfile_visit_fn *visit, void *arg);

/* Is there such an account, or role, in the file? */
bool svct_applyfile_has_account(const struct svct_applyfile *file,
                                const char *name);
bool svct_applyfile_has_role(const struct svct_applyfile *file,
                             const char *name);

#endif
