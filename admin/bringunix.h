/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_BRINGUNIX_H
#define SVCT_ADMIN_BRINGUNIX_H

/*
 * What the lines of an import say, or leave to this host, about Unix users and
 * groups: which account is one of the host's, and what uids and gids the
 * others get. As account create and role create have it.
 */

#include "hostids.h"
#include "line.h"
#include "write/txn.h"

/* Zeroed but for the first two it is at its beginning. */
struct svct_bringunix {
    const struct svct_txn *txn;
    bool convert;    /* also users in sudo, wheel or adm */
    uint32_t from;   /* no number below it is looked at again */
    uint64_t passed; /* numbers of the range that this host knows */
    uint32_t first_passed;
    struct svct_hostids host;
};

void svct_bringunix_done(struct svct_bringunix *bringunix);

/*
 * The uid, gid, home and shell of an account. old: as it is here; NULL: it is
 * new, and then *ret_on_host tells whether the host has a Unix user of its
 * name, who is nobody that a person uses (SVCT_E_POLICY). SVCT_E_POLICY, too,
 * for a uid or gid that is another here, or that somebody else has on the host.
 */
int svct_bringunix_account(struct svct_bringunix *bringunix,
                           const struct svct_line *line,
                           const struct svct_account *old,
                           struct svct_account *account, bool *ret_on_host,
                           struct svct_fault *fault);

/* The gids of a role whose line does not say them: a group that a role has
 * here is that one; else one of the host's; else a new one. */
int svct_bringunix_role(struct svct_bringunix *bringunix,
                        const struct svct_line *line, struct svct_role *role,
                        struct svct_fault *fault);

#endif
