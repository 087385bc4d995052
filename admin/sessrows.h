/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_SESSROWS_H
#define SVCT_ADMIN_SESSROWS_H

/* The sessions that are open now, as rows of an answer. */

#include "auth/sessiondir.h"
#include "rows.h"

/* A row is a struct svct_session. */
extern const struct svct_column svct_session_columns[];

/* Of which sessions; NULL: of any. */
struct svct_sessrows_filter {
    const char *account;
    const char *token_id;
    const char *session;
};

bool svct_sessrows_match(const struct svct_sessrows_filter *filter,
                         const struct svct_session *session);

/*
 * All that are open and match, by account, token and age. Records whose
 * process is gone are removed; ones that can't be believed are said, and
 * counted in ret_doubtful, or, with that NULL, only passed over. Returns an exit code, and has said
 * what was wrong. The caller ends with svct_rows_done in every case.
 */
int svct_sessrows_collect(const struct svct_call *call,
                          const struct svct_sessrows_filter *filter,
                          struct svct_rows *rows, size_t *ret_doubtful);

#endif
