/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "access.h"
#include "lastuse.h"
#include "rows.h"
#include "say.h"
#include "token.h"
#include "token_hash.h"

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
     .options = svct_token_list_options,
     .columns = svct_token_columns,
     .run = svct_token_list},
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
