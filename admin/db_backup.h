/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_DB_BACKUP_H
#define SVCT_ADMIN_DB_BACKUP_H

/* "svctoken db backup", and what "db restore" needs of it: that a file is a
 * whole backup that was not altered. */

#include "linefile.h"
#include "out.h"

extern const struct svct_column svct_db_backup_columns[];

struct svct_backup_info {
    uint8_t whole[SVCT_DIGEST_LEN]; /* digest of all before its last line */
    const char *file;
    uint64_t sequence;
    int64_t committed;
    uint64_t roles, accounts, tokens;
};

/* Reads all of it: form of each line, number of lines, digest. Says what is
 * wrong, with the number of the line, and returns an exit code. Leaves it at
 * its start. */
int svct_backup_check(const struct svct_call *call, struct svct_linefile *file,
                      struct svct_backup_info *ret_info);

int svct_db_backup(const struct svct_call *call);

#endif
