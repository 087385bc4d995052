/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_ENDSESSION_H
#define SVCT_ADMIN_ENDSESSION_H

/*
 * Ending open sessions, with all that runs in them.
 *
 * Each by the login session (logind) that its leader leads, where there is
 * one; then whatever of its processes lives still: the leader, all that
 * descend from it, and those of the account's user that carry the session's
 * mark or are in its audit session. A session that this command itself runs
 * in is left alone, and said.
 */

#include "auth/entity.h"
#include "sessrows.h"

struct svct_endsession {
    size_t ended;     /* sessions */
    size_t failed;    /* that live still, or about which it can't be told */
    size_t processes; /* of all of these, and what former sessions left */
    json_t *ended_ids;
    json_t *failed_ids;
};

/*
 * All that match. With an account or token, also what processes their former
 * sessions have left behind. Says each, writes a line to the log for each.
 * SVCT_EXIT_CANNOT when one could not be ended. ret_result is filled in every
 * case; end with done.
 */
int svct_endsession_run(const struct svct_call *call,
                        const struct svct_sessrows_filter *filter,
                        struct svct_endsession *ret_result);
void svct_endsession_done(struct svct_endsession *result);

/*
 * For a command that took rights away: with its option --end-sessions (of this
 * index) ends the sessions of the account, or of the token; else says how to.
 * token_id: NULL for all of the account. An exit code.
 */
int svct_endsession_if(const struct svct_call *call, size_t option,
                       const char *account, const char *token_id);

/* The same for an account that was deleted just now, with its uid: where it was
 * a Unix user by svctoken alone, the host does not know it any more. */
int svct_endsession_if_gone(const struct svct_call *call, size_t option,
                            const struct svct_account *account);

/* The option itself, for the tables of these commands. */
#define SVCT_ENDSESSION_OPTION                     \
    {                                              \
        "end-sessions", NULL, 0,                   \
            "end the sessions that are open, too " \
            "(see \"session end\")"                \
    }

#endif
