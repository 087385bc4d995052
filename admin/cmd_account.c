/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "access.h"
#include "account.h"
#include "lastuse.h"
#include "rows.h"
#include "say.h"
#include "unixstate.h"
#include "unixuser.h"

/* ---- show ---- */

struct tokens_of {
    const struct svct_snapshot *snapshot;
    const struct svct_account *account;
    int64_t now;
    struct svct_lastuse lastuse;
    struct svct_rows rows;
};

static int collect_token(void *arg, const struct svct_token *token)
{
    struct tokens_of *tokens = arg;
    struct svct_token_row row = {.token = *token};
    int r = svct_token_row_complete(tokens->snapshot, tokens->account,
                                    tokens->now, &row);

    svct_lastuse_read(&tokens->lastuse, &row);
    return r < 0 ? r : svct_rows_add(&tokens->rows, &row, sizeof(row));
}

static void say_unix(const struct svct_call *call,
                     const struct svct_account *account)
{
    struct svct_unixstate_host host;
    uid_t uid = 0;
    int looked = svct_unixuser_uid(account->name, &uid);

    svct_unixstate_look(call->db, &host);
    svct_unixstate_say(svct_unixstate_tell(&host, account, looked, uid),
                       account, uid);
}

static int print_account(const struct svct_call *call,
                         const struct svct_account *account,
                         const struct svct_rows *tokens)
{
    const void *const *rows = (const void *const *)tokens->row;
    int r;

    if (call->opts.json) {
        json_t *object = svct_out_object(call, svct_account_columns, account);

        svct_out_put(
            &object, "token_list",
            svct_out_array(call, svct_token_columns, rows, tokens->count));
        return svct_out_json(call, object);
    }
    r = svct_out_sheet(call, svct_account_columns, account);
    if (r == SVCT_EXIT_DONE && tokens->count > 0) {
        putchar('\n');
        r = svct_out_table(call, svct_token_columns, rows, tokens->count);
    }
    fflush(stdout);
    say_unix(call, account);
    return r;
}

static int show_account(const struct svct_call *call,
                        const struct svct_view *view)
{
    struct svct_account account;
    struct tokens_of tokens = {
        .snapshot = view->snapshot, .account = &account, .now = call->now};
    int r = svct_access_account(call, view->snapshot,
                                svct_opts_operand(&call->opts, 0), &account);

    if (r != SVCT_EXIT_DONE)
        return r;
    svct_lastuse_open(&tokens.lastuse, view->dir_fd);
    r = svct_lookup_tokens_of(view->snapshot, &account, collect_token, &tokens);
    svct_rows_sort(&tokens.rows, svct_token_compare);
    r = r < 0 ? svct_say_code(call, r, "the tokens of %s", account.name)
              : print_account(call, &account, &tokens.rows);
    if (account.tokens > 0)
        svct_lastuse_say(&tokens.lastuse);
    svct_lastuse_close(&tokens.lastuse);
    svct_rows_done(&tokens.rows);
    return r;
}

static int show(const struct svct_call *call)
{
    struct svct_view view;
    int r = svct_access_read(call, &view);

    if (r != SVCT_EXIT_DONE)
        return r;
    r = show_account(call, &view);
    svct_access_done(&view);
    return r;
}

/* ---- the table ---- */

const struct svct_command svct_cmd_account[] = {
    {.group = "account",
     .name = "create",
     .operands = "NAME",
     .least = 1,
     .most = 1,
     .summary = "make a service account",
     .text = "A Unix user of this host stays what it is. It must have no "
             "password that opens\n"
             "it; one in the group sudo, wheel or adm, as a person may be, "
             "takes --convert.\n"
             "Root can't be a service account. Where there is none of that "
             "name, the account\n"
             "is one by svctoken alone, as soon as the host asks it "
             "(\"svctoken nss enable\"),\n"
             "with a uid that nobody else ever gets.\n"
             "\n"
             "  svctoken account create deploy --role Editor --source "
             "192.0.2.0/24\n"
             "  svctoken account create backup --home /srv/backup --gid "
             "backup\n"
             "  svctoken account create www-data --existing\n",
     .options = svct_account_create_options,
     .columns = svct_account_columns,
     .run = svct_account_create},
    {.group = "account",
     .name = "list",
     .operands = "[PATTERN]",
     .most = 1,
     .summary = "list the service accounts",
     .text = "PATTERN is part of the name or of the description, or with * "
             "and ? all of one of\n"
             "them. Of several conditions all must hold.\n"
             "\n"
             "With --json, \"expired_tokens\" has how many of its tokens have "
             "expired.\n"
             "\n"
             "  svctoken account list\n"
             "  svctoken account list 'ci-*' --state active --expiring 7d\n"
             "  svctoken account list backup --role Viewer "
             "--with-expired-tokens\n",
     .options = svct_account_list_options,
     .columns = svct_account_columns,
     .run = svct_account_list},
    {.group = "account",
     .name = "show",
     .operands = "NAME",
     .least = 1,
     .most = 1,
     .summary = "show a service account and its tokens",
     .text = "With --json, \"token_list\" has the tokens, with the keys of "
             "\"token list\".\n"
             "\n"
             "  svctoken account show deploy\n",
     .columns = svct_account_columns,
     .run = show},
    {.group = "account",
     .name = "edit",
     .operands = "NAME",
     .least = 1,
     .most = 1,
     .summary = "change a service account",
     .text =
         "What is not given stays, and sessions that are open go on. To end "
         "its logins at\n"
         "once, disable it.\n"
         "\n"
         "  svctoken account edit deploy --role Viewer --expires "
         "2027-01-31\n"
         "  svctoken account edit deploy --source none\n"
         "  svctoken account edit deploy --shell /bin/bash\n",
     .options = svct_account_edit_options,
     .columns = svct_account_columns,
     .run = svct_account_edit},
    {.group = "account",
     .name = "enable",
     .operands = "NAME",
     .least = 1,
     .most = 1,
     .summary = "let a disabled service account in again",
     .text = "  svctoken account enable deploy\n",
     .columns = svct_account_columns,
     .run = svct_account_enable},
    {.group = "account",
     .name = "disable",
     .operands = "NAME",
     .least = 1,
     .most = 1,
     .summary = "let a service account in no more, until it is enabled",
     .text = "None of its tokens opens anything, and none is lost. "
             "Sessions that are\n"
             "open go on, unless --end-sessions is given.\n"
             "\n"
             "  svctoken account disable deploy --end-sessions\n",
     .options = svct_account_disable_options,
     .columns = svct_account_columns,
     .run = svct_account_disable},
    {.group = "account",
     .name = "delete",
     .operands = "NAME",
     .least = 1,
     .most = 1,
     .summary = "delete a service account and its tokens",
     .text = "Asks on a terminal; elsewhere it needs --yes. A Unix user of the "
             "host stays as\n"
             "it is; one by svctoken alone goes, and its files stay.\n"
             "\n"
             "  svctoken account delete deploy\n",
     .options = svct_account_delete_options,
     .run = svct_account_delete},
    {.group = NULL},
};
