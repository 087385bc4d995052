/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "apikeycheck.h"

#include "auth/lookup.h"

struct state {
    struct svct_dbcheck *check;
    const struct svct_snapshot *snapshot;
    const struct svct_account *account;
};

static void problem(struct state *state, const char *what)
{
    svct_dbcheck_problem(state->check, "the API key %s %s",
                         state->account->name, what);
}

static int check_token(void *arg, const struct svct_token *token)
{
    struct state *state = arg;

    if (token->expires != state->account->expires)
        problem(state, "and its token end at different times");
    return 0;
}

static int check_account(void *arg, const struct svct_key *key,
                         struct svct_record *record)
{
    struct state *state = arg;
    struct svct_account account;

    (void)key;
    if (svct_account_decode(record, &account) < 0 || !account.apikey)
        return 0;
    state->account = &account;
    if (account.tokens != 1)
        problem(state, "must have exactly one token, and has not");
    /* That they can't be found is another's to tell. */
    else
        svct_lookup_tokens_of(state->snapshot, &account, check_token, state);
    return 0;
}

void svct_apikeycheck_run(struct svct_dbcheck *check,
                          const struct svct_snapshot *snapshot)
{
    struct state state = {.check = check, .snapshot = snapshot};

    svct_snapshot_each(snapshot, SVCT_KIND_ACCOUNT, check_account, &state,
                       NULL);
}
