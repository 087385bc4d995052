/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "apikey.h"

/* What a column of the account, or of the token, has. */
static void fill(const struct svct_column *columns, const char *key,
                 const void *row, struct svct_cell *cell)
{
    for (; columns->key != NULL; columns++) {
        if (strcmp(columns->key, key) == 0) {
            columns->get(row, cell);
            return;
        }
    }
}

/* What of either shuts it, in the order of the tokens' own states. */
static const char *state_of(const struct svct_apikey_row *row, int64_t now)
{
    enum svct_token_state token = svct_token_state(&row->token.token, now);
    enum svct_account_state account = row->token.account_state;

    if (token == SVCT_TOKEN_IS_REVOKED || token == SVCT_TOKEN_HAS_EXPIRED)
        return svct_token_states[token];
    if (account != SVCT_ACCOUNT_ACTIVE)
        return svct_account_states[account];
    return svct_token_states[token];
}

#define CELL(key, fills)                                               \
    static void apikey_##key(const void *row_, struct svct_cell *cell) \
    {                                                                  \
        const struct svct_apikey_row *row = row_;                      \
        fills;                                                         \
    }
#define ACCOUNT_CELL(key) \
    CELL(key, fill(svct_account_columns, #key, &row->account, cell))
#define TOKEN_CELL(key) \
    CELL(key, fill(svct_token_columns, #key, &row->token, cell))

ACCOUNT_CELL(name)
ACCOUNT_CELL(role)
CELL(state, cell->text = state_of(row, cell->now))
TOKEN_CELL(id)
CELL(token_name, cell->text = row->token.token.name)
ACCOUNT_CELL(expires)
ACCOUNT_CELL(expires_in)
TOKEN_CELL(note)
TOKEN_CELL(expiring)
ACCOUNT_CELL(description)
CELL(disabled, cell->truth = row->account.disabled || row->token.token.disabled)
TOKEN_CELL(revoked)
ACCOUNT_CELL(sources)
TOKEN_CELL(services)
ACCOUNT_CELL(created)
ACCOUNT_CELL(created_by)

#define LIST SVCT_COLUMN_LIST
#define SPARE SVCT_COLUMN_SPARE
#define TEXT SVCT_COLUMN_TEXT
#define WRAP SVCT_COLUMN_WRAP

const struct svct_column svct_apikey_columns[] = {
    {"name", SVCT_CELL_TEXT, LIST, "API KEY", "its name, the login name",
     apikey_name},
    {"role", SVCT_CELL_TEXT, LIST, "ROLE", "its role", apikey_role},
    {"state", SVCT_CELL_STATE, LIST, "STATE",
     "of account and token: active, not-yet-valid, expired, disabled or "
     "revoked",
     apikey_state},
    {"id", SVCT_CELL_TEXT, LIST, "ID", "the id of its token, as in the log",
     apikey_id},
    {"token_name", SVCT_CELL_TEXT, 0, "TOKEN", "the name of its token",
     apikey_token_name},
    {"expires", SVCT_CELL_TIME, LIST | SPARE, "EXPIRES",
     "when account and token expire; null: never", apikey_expires},
    {"expires_in", SVCT_CELL_SPAN, LIST, "IN",
     "seconds until then; below 0: since then; null: never", apikey_expires_in},
    {"note", SVCT_CELL_STATE, LIST | SPARE | TEXT, "NOTE", "", apikey_note},
    {"expiring", SVCT_CELL_BOOL, 0, "EXPIRES SOON",
     "does it end within warn_before of the policy, and in the last quarter of "
     "its life? Not when it is revoked",
     apikey_expiring},
    {"description", SVCT_CELL_TEXT, LIST | WRAP, "DESCRIPTION",
     "what people wrote about it", apikey_description},
    {"disabled", SVCT_CELL_BOOL, 0, "DISABLED",
     "is its account or its token disabled?", apikey_disabled},
    {"revoked", SVCT_CELL_BOOL, 0, "REVOKED", "is its token revoked?",
     apikey_revoked},
    {"sources", SVCT_CELL_LIST, 0, "SOURCES",
     "where logins may come from; empty: from anywhere", apikey_sources},
    {"services", SVCT_CELL_LIST, 0, "SERVICES",
     "the services its token is limited to; empty: all of its role",
     apikey_services},
    {"created", SVCT_CELL_TIME, 0, "CREATED", "when it was made",
     apikey_created},
    {"created_by", SVCT_CELL_TEXT, 0, "CREATED BY", "who made it",
     apikey_created_by},
    {NULL, SVCT_CELL_TEXT, 0, NULL, NULL, NULL},
};

int svct_apikey_compare(const void *a, const void *b)
{
    const struct svct_apikey_row *left = a, *right = b;

    return strcmp(left->account.name, right->account.name);
}
