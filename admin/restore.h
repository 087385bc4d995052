/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_RESTORE_H
#define SVCT_ADMIN_RESTORE_H

/*
 * A backup into a transaction that began from nothing, together with what the
 * present database knows and a restore must not undo:
 *
 * - a token that is revoked there is revoked, whatever the backup says; one
 *   that the backup does not have stays as a record, if its account comes
 *   (under another name, NAME.ID, if the backup has one of its name);
 * - a token whose secret was rotated there later than the backup knows keeps
 *   that secret: one that was replaced never comes back;
 * - a token keeps its slot in the file "usage", a new one gets one that no
 *   token of the present has; a count of uses is the higher of both, and one
 *   that is lost there counts as used up;
 * - no uid or gid that was handed out there is handed out again, except to who
 *   has it in the backup;
 * - a token whose record there can't be read is disabled: nobody knows whether
 *   it was revoked.
 */

#include "access.h"
#include "linefile.h"
#include "present.h"
#include "usagekeep.h"
#include "write/bulk.h"

enum svct_restore_way {
    SVCT_RESTORE_BACK = 1, /* opens something, and nothing now */
    SVCT_RESTORE_OTHER,    /* opens more, or something else, than now; or is
                              an account that a person may use here */
    SVCT_RESTORE_GONE
};

/* What will be another way than it is. */
struct svct_restore_item {
    enum svct_restore_way way;
    const char *role;    /* NULL: it is about no role */
    const char *account; /* NULL, and no role: about the policy */
    const char *token;   /* its name; NULL: the account itself */
    const char *id;      /* NULL with the account itself */
    const char *why;     /* "deleted here", ... */
};

struct svct_restore_counts {
    uint64_t roles, accounts, tokens; /* after it */
    uint64_t accounts_back, tokens_back, accounts_gone, tokens_gone;
    uint64_t others;       /* accounts, tokens, roles and the policy */
    uint64_t kept_revoked; /* that the backup does not know as revoked */
    uint64_t kept_secrets; /* that were rotated since */
    uint64_t disabled;     /* whose record here can't be read */
    uint64_t used_up;      /* whose count of uses here can't be read */
};

struct svct_restore {
    const struct svct_call *call;
    struct svct_linefile *file;
    const struct svct_present *present;
    bool dry; /* will not be committed */
    /* Called for each item; may be NULL. */
    void (*report)(void *arg, const struct svct_restore_item *item);
    void *report_arg;
    struct svct_restore_counts counts;
    bool late; /* some uses are to be written after the commit */
};

/* Reads the file, which was checked, and is at its start. Afterwards the
 * transaction may be committed. Codes as write/bulk.h; SVCT_E_SYNTAX, too,
 * when the file is not the one that was checked any more. */
int svct_restore_build(struct svct_restore *restore, struct svct_txn *txn,
                       struct svct_fault *fault);

/* After the commit: when the tokens without a limit of uses were used last, as
 * far as it could not be written before. Losing that costs nobody a login. */
void svct_restore_late(struct svct_restore *restore);

#endif
