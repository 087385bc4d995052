/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "access.h"
#include "args.h"
#include "lastuse.h"
#include "rows.h"
#include "say.h"
#include "token.h"
#include "token_hash.h"

/* ---- list ---- */

enum {
    LIST_STATE,
    LIST_EXPIRING,
    LIST_UNUSED
};

static const struct svct_opt list_options[] = {
    [LIST_STATE] = {"state", "STATE", 0,
                    "only those that are active, not-yet-valid, expired, "
                    "disabled, revoked or used-up"},
    [LIST_EXPIRING] = {"expiring", "DURATION", 0,
                       "only those that will expire within that time from "
                       "now (and are not revoked)"},
    [LIST_UNUSED] = {"unused", "DURATION", 0,
                     "only those that were last used that long ago or "
                     "earlier, or never and were made that long ago"},
    {NULL, NULL, 0, NULL},
};

struct listing {
    const struct svct_call *call;
    const struct svct_snapshot *snapshot;
    size_t state;   /* SIZE_MAX: any */
    int64_t within; /* seconds; 0: any */
    int64_t unused; /* likewise */
    struct svct_lastuse lastuse;
    struct svct_rows rows;
};

static bool is_wanted(const struct listing *listing,
                      const struct svct_token_row *row)
{
    const struct svct_token *token = &row->token;
    int64_t now = listing->call->now;

    if (listing->state != SIZE_MAX &&
        listing->state != svct_token_row_state(row, now))
        return false;
    if (listing->unused != 0 && !svct_lastuse_unused(row, now, listing->unused))
        return false;
    return listing->within == 0 ||
           (!token->revoked &&
            svct_rows_expiring(token->expires, now, listing->within));
}

static int collect(void *arg, const struct svct_token *token)
{
    struct listing *listing = arg;
    struct svct_token_row row = {.token = *token};

    svct_lastuse_read(&listing->lastuse, &row);
    if (!is_wanted(listing, &row))
        return 0;
    return svct_rows_add(&listing->rows, &row, sizeof(row));
}

static int collect_record(void *arg, const struct svct_key *key,
                          struct svct_record *record)
{
    struct svct_token token;
    int r = svct_token_decode(record, &token);

    (void)key;
    return r < 0 ? r : collect(arg, &token);
}

/* Rows of one account stand together: it is looked up once. */
static int complete_all(struct listing *listing)
{
    struct svct_account account = {.name = ""};

    for (size_t i = 0; i < listing->rows.count; i++) {
        struct svct_token_row *row = listing->rows.row[i];
        int r = 0;

        if (strcmp(account.name, row->token.account) != 0)
            r = svct_lookup_account(listing->snapshot, row->token.account,
                                    &account);
        if (r == 0)
            r = svct_token_row_complete(listing->snapshot, &account,
                                        listing->call->now, row);
        if (r < 0)
            return r == SVCT_E_NOTFOUND ? SVCT_E_DAMAGED : r;
    }
    return 0;
}

/* That tokens look active and are not is told: once an account. */
static void say_closed_accounts(const struct listing *listing)
{
    const char *said = "";

    for (size_t i = 0; i < listing->rows.count; i++) {
        const struct svct_token_row *row = listing->rows.row[i];

        if (row->account_state == SVCT_ACCOUNT_ACTIVE ||
            strcmp(said, row->token.account) == 0)
            continue;
        said = row->token.account;
        svct_say("the service account %s is %s: its tokens open nothing as "
                 "long as that lasts",
                 said, svct_account_states[row->account_state]);
    }
}

static int walk(struct listing *listing, struct svct_fault *fault)
{
    const char *name = svct_opts_operand(&listing->call->opts, 0);
    struct svct_account account;
    int r;

    if (name == NULL)
        return svct_snapshot_each(listing->snapshot, SVCT_KIND_TOKEN,
                                  collect_record, listing, fault);
    r = svct_lookup_account(listing->snapshot, name, &account);
    return r < 0 ? r
                 : svct_lookup_tokens_of(listing->snapshot, &account, collect,
                                         listing);
}

static int print_list(struct listing *listing)
{
    struct svct_fault fault = {0};
    int r = walk(listing, &fault);

    if (r == 0) {
        svct_rows_sort(&listing->rows, svct_token_compare);
        r = complete_all(listing);
    }
    if (r < 0)
        return svct_say_fault(listing->call, r, &fault);
    r = svct_out_list(listing->call, "tokens", svct_token_columns,
                      (const void *const *)listing->rows.row,
                      listing->rows.count);
    fflush(stdout); /* these words come after the table */
    if (r == SVCT_EXIT_DONE && !listing->call->opts.json)
        say_closed_accounts(listing);
    if (listing->rows.count > 0 || listing->unused != 0)
        svct_lastuse_say(&listing->lastuse);
    return r;
}

/* Who deletes what is listed as unused must not be told of all. */
static int need_usage(const struct listing *listing)
{
    if (listing->unused == 0 || listing->lastuse.code == 0)
        return SVCT_EXIT_DONE;
    return svct_say_cannot(listing->call,
                           "when tokens were last used is not known: %s",
                           listing->lastuse.fault.what);
}

static int list(const struct svct_call *call)
{
    struct svct_view view;
    struct svct_account account;
    struct listing listing = {.call = call, .state = SIZE_MAX};
    const char *name = svct_opts_operand(&call->opts, 0);
    int r = svct_args_get_choice(call, LIST_STATE, svct_token_states,
                                 &listing.state);

    if (r == SVCT_EXIT_DONE)
        r = svct_args_get_duration(call, LIST_EXPIRING, &listing.within);
    if (r == SVCT_EXIT_DONE)
        r = svct_args_get_duration(call, LIST_UNUSED, &listing.unused);
    if (r == SVCT_EXIT_DONE)
        r = svct_access_read(call, &view);
    if (r != SVCT_EXIT_DONE)
        return r;
    listing.snapshot = view.snapshot;
    svct_lastuse_open(&listing.lastuse, view.dir_fd);
    if (name != NULL)
        r = svct_access_account(call, view.snapshot, name, &account);
    if (r == SVCT_EXIT_DONE)
        r = need_usage(&listing);
    if (r == SVCT_EXIT_DONE)
        r = print_list(&listing);
    svct_lastuse_close(&listing.lastuse);
    svct_rows_done(&listing.rows);
    svct_access_done(&view);
    return r;
}

/* ---- show ---- */

static int show_token(const struct svct_call *call,
                      const struct svct_view *view)
{
    const struct svct_snapshot *snapshot = view->snapshot;
    struct svct_token_row row = {.role = ""};
    struct svct_account account;
    int r = svct_access_token(call, snapshot, svct_opts_operand(&call->opts, 0),
                              &row.token);

    if (r != SVCT_EXIT_DONE)
        return r;
    r = svct_lookup_account(snapshot, row.token.account, &account);
    if (r == 0)
        r = svct_token_row_complete(snapshot, &account, call->now, &row);
    if (r < 0)
        return svct_say_code(call, r == SVCT_E_NOTFOUND ? SVCT_E_DAMAGED : r,
                             "the account %s of this token", row.token.account);
    svct_lastuse_fill(view->dir_fd, &row);
    return svct_out_one(call, svct_token_columns, &row);
}

static int show(const struct svct_call *call)
{
    struct svct_view view;
    int r = svct_access_read(call, &view);

    if (r != SVCT_EXIT_DONE)
        return r;
    r = show_token(call, &view);
    svct_access_done(&view);
    return r;
}

/* ---- the table ---- */

#define TOKEN_WORDS "TOKEN is ACCOUNT/NAME or a token id.\n"

const struct svct_command svct_cmd_token[] = {
    {.group = "token",
     .name = "create",
     .operands = "ACCOUNT[/NAME]",
     .least = 1,
     .most = 1,
     .summary = "make a token and print it, once",
     .text = "Standard output gets the token and nothing else. It can't be "
             "shown again: only\n"
             "a hash is kept. Without NAME it is called token-YYYYMMDD-N. "
             "If you are unsure\n"
             "when it shall end, take a few hours.\n"
             "\n"
             "With --json, the object has the token as \"token\" (with --out "
             "it has not).\n"
             "\n"
             "  svctoken token create deploy\n"
             "  svctoken token create deploy/ci --ttl 30d --source "
             "192.0.2.0/24\n"
             "  T=$(svctoken token create deploy/nightly --expires +1h)\n"
             "  svctoken token create deploy/once --max-uses 1\n"
             "  svctoken token create deploy/robot --no-expiry --out "
             "/root/robot.token\n",
     .options = svct_token_create_options,
     .columns = svct_token_columns,
     .run = svct_token_create},
    {.group = "token",
     .name = "list",
     .operands = "[ACCOUNT]",
     .most = 1,
     .summary = "list the tokens, of all accounts or of one",
     .text = "  svctoken token list\n"
             "  svctoken token list deploy --state active --expiring 7d\n"
             "  svctoken token list --unused 90d\n",
     .options = list_options,
     .columns = svct_token_columns,
     .run = list},
    {.group = "token",
     .name = "show",
     .operands = "TOKEN",
     .least = 1,
     .most = 1,
     .summary = "show all that is known of a token",
     .text = TOKEN_WORDS "\n"
                         "  svctoken token show deploy/ci\n",
     .columns = svct_token_columns,
     .run = show},
    {.group = "token",
     .name = "disable",
     .operands = "TOKEN",
     .least = 1,
     .most = 1,
     .summary = "let a token open nothing until it is enabled",
     .text = TOKEN_WORDS "\n"
                         "  svctoken token disable deploy/ci\n",
     .options = svct_token_disable_options,
     .columns = svct_token_columns,
     .run = svct_token_disable},
    {.group = "token",
     .name = "enable",
     .operands = "TOKEN",
     .least = 1,
     .most = 1,
     .summary = "let a disabled token in again",
     .text = TOKEN_WORDS "\n"
                         "  svctoken token enable deploy/ci\n",
     .columns = svct_token_columns,
     .run = svct_token_enable},
    {.group = "token",
     .name = "revoke",
     .operands = "TOKEN",
     .least = 1,
     .most = 1,
     .summary = "end a token at once and for good",
     .text = TOKEN_WORDS
     "Its record stays, and says when it was revoked and by whom. Sessions "
     "that are\n"
     "open go on, unless --end-sessions is given.\n"
     "\n"
     "  svctoken token revoke deploy/ci --reason \"laptop lost\"\n"
     "  svctoken token revoke 4fK2xYz81Q --end-sessions\n",
     .options = svct_token_revoke_options,
     .columns = svct_token_columns,
     .run = svct_token_revoke},
    {.group = "token",
     .name = "delete",
     .operands = "TOKEN",
     .least = 1,
     .most = 1,
     .summary = "remove a token and all that is known of it",
     .text = TOKEN_WORDS
     "Asks on a terminal; elsewhere it needs --yes. To keep a record of it, "
     "revoke it\n"
     "instead.\n"
     "\n"
     "  svctoken token delete deploy/ci\n",
     .options = svct_token_delete_options,
     .run = svct_token_delete},
    {.group = "token",
     .name = "hash",
     .summary = "tell the id and hash of a token, for an import",
     .text = "Reads a whole token from standard input, or asks for it. Needs "
             "no database and\n"
             "no root: it can be done where the token is used, and only id and "
             "hash travel.\n"
             "\n"
             "With --new it makes one, and shows it once. With --json and "
             "without --out, the\n"
             "object then has it as \"token\".\n"
             "\n"
             "  svctoken token hash --new --out ci.token\n"
             "  svctoken token hash --json < ci.token\n",
     .options = svct_token_hash_options,
     .columns = svct_token_hash_columns,
     .run = svct_token_hash},
    {.group = "token",
     .name = "rotate",
     .operands = "TOKEN",
     .least = 1,
     .most = 1,
     .summary = "give a token another secret and print it, once",
     .text = TOKEN_WORDS
     "Its id, name, limits and end stay. Standard output gets the token with "
     "its new\n"
     "secret and nothing else. The secret so far opens nothing any more, or "
     "is taken\n"
     "for as long as --overlap says. With --json, the object has the token "
     "as \"token\"\n"
     "(with --out it has not).\n"
     "\n"
     "  svctoken token rotate deploy/ci\n"
     "  svctoken token rotate deploy/ci --overlap 1h --ttl 30d --out "
     "/root/ci.token\n",
     .options = svct_token_rotate_options,
     .columns = svct_token_columns,
     .run = svct_token_rotate},
    {.group = "token",
     .name = "purge",
     .most = 0,
     .summary = "remove tokens that ended long ago",
     .text = "Those that have expired or were revoked, with all that is known "
             "of them; those\n"
             "of API keys stay. Asks on a terminal; elsewhere it needs "
             "--yes.\n"
             "\n"
             "  svctoken token purge --dry-run\n"
             "  svctoken token purge --older 90d --account deploy --yes\n",
     .options = svct_token_purge_options,
     .columns = svct_token_purge_columns,
     .run = svct_token_purge},
    {.group = NULL},
};
