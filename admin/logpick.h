/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_LOGPICK_H
#define SVCT_ADMIN_LOGPICK_H

/*
 * Which entries of the log of changes are asked for: from the options of the
 * command to a question about each entry.
 */

#include <jansson.h>

#include "auth/entity.h"
#include "cmd.h"

#define SVCT_LOGPICK_MAX 10000 /* entries shown: so much memory it takes */

enum {
    SVCT_LOG_SINCE,
    SVCT_LOG_UNTIL,
    SVCT_LOG_ACCOUNT,
    SVCT_LOG_TOKEN,
    SVCT_LOG_ACTION,
    SVCT_LOG_BY,
    SVCT_LOG_LAST,
    SVCT_LOG_FILE
};

extern const struct svct_opt svct_logpick_options[];

struct svct_logpick {
    int64_t since; /* Unix seconds; both belong to it */
    int64_t until;
    const char *account; /* NULL: any, as for the others */
    const char *token_id;
    char token_account[SVCT_LOGIN_MAX + 1]; /* "": any */
    char token_name[SVCT_NAME_MAX + 1];
    const char *action;
    const char *by;
    uint64_t last; /* 1 to SVCT_LOGPICK_MAX */
};

/* Says what is wrong and returns an exit code. The texts are those of the
 * command line. */
int svct_logpick_read(const struct svct_call *call,
                      struct svct_logpick *ret_pick);

/* entry: as auditread.h gives it. "last" is not looked at. */
bool svct_logpick_wants(const struct svct_logpick *pick, const json_t *entry);

#endif
