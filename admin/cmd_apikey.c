/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "access.h"
#include "account.h"
#include "apikey.h"
#include "args.h"
#include "endsession.h"
#include "rows.h"
#include "say.h"
#include "trail.h"
#include "tty.h"
#include "write/change_apikey.h"

/* ---- list ---- */

struct listing {
    const struct svct_call *call;
    const struct svct_snapshot *snapshot;
    const char *pattern; /* NULL: any */
    struct svct_rows rows;
};

static int take_token(void *arg, const struct svct_token *token)
{
    struct svct_apikey_row *row = arg;

    row->token.token = *token;
    return 0;
}

static int collect(void *arg, const struct svct_key *key,
                   struct svct_record *record)
{
    struct listing *listing = arg;
    struct svct_apikey_row row = {.account = {.name = ""}};
    int r = svct_account_decode(record, &row.account);

    (void)key;
    if (r < 0 || !row.account.apikey ||
        !svct_account_matches(&row.account, listing->pattern))
        return r;
    return svct_rows_add(&listing->rows, &row, sizeof(row));
}

static int complete(struct listing *listing, struct svct_apikey_row *row)
{
    int r = svct_lookup_tokens_of(listing->snapshot, &row->account, take_token,
                                  row);

    if (r == 0 && row->token.token.id[0] == '\0')
        r = SVCT_E_DAMAGED;
    if (r == 0)
        r = svct_token_row_complete(listing->snapshot, &row->account,
                                    listing->call->now, &row->token);
    return r == SVCT_E_NOTFOUND ? SVCT_E_DAMAGED : r;
}

static int complete_all(struct listing *listing)
{
    for (size_t i = 0; i < listing->rows.count; i++) {
        struct svct_apikey_row *row = listing->rows.row[i];
        int r = complete(listing, row);

        if (r < 0)
            return svct_say_code(listing->call, r,
                                 "the token of the API key "
                                 "%s",
                                 row->account.name);
    }
    return SVCT_EXIT_DONE;
}

/* In JSON as its key is, in words as people say it. */
static int print_list(const struct svct_call *call,
                      const struct svct_rows *rows)
{
    if (rows->count == 0 && !call->opts.json) {
        svct_say("no API keys");
        return SVCT_EXIT_DONE;
    }
    return svct_out_list(call, "apikeys", svct_apikey_columns,
                         (const void *const *)rows->row, rows->count);
}

static int list(const struct svct_call *call)
{
    struct listing listing = {.call = call,
                              .pattern = svct_opts_operand(&call->opts, 0)};
    struct svct_fault fault = {0};
    struct svct_view view;
    int r = svct_access_read(call, &view);

    if (r != SVCT_EXIT_DONE)
        return r;
    listing.snapshot = view.snapshot;
    r = svct_snapshot_each(view.snapshot, SVCT_KIND_ACCOUNT, collect, &listing,
                           &fault);
    r = r < 0 ? svct_say_fault(call, r, &fault) : complete_all(&listing);
    if (r == SVCT_EXIT_DONE) {
        svct_rows_sort(&listing.rows, svct_apikey_compare);
        r = print_list(call, &listing.rows);
    }
    svct_rows_done(&listing.rows);
    svct_access_done(&view);
    return r;
}

/* ---- delete ---- */

enum {
    DELETE_YES,
    DELETE_END_SESSIONS
};

static const struct svct_opt delete_options[] = {
    [DELETE_YES] = {"yes", NULL, 0, "do not ask"},
    [DELETE_END_SESSIONS] = SVCT_ENDSESSION_OPTION,
    {NULL, NULL, 0, NULL},
};

static const char *operand(const struct svct_call *call)
{
    return svct_opts_operand(&call->opts, 0);
}

/* Without a lock: people think. */
static int look(const struct svct_call *call, struct svct_account *ret_account)
{
    struct svct_view view;
    int r = svct_access_read(call, &view);

    if (r != SVCT_EXIT_DONE)
        return r;
    r = svct_access_account(call, view.snapshot, operand(call), ret_account);
    svct_access_done(&view);
    if (r != SVCT_EXIT_DONE || ret_account->apikey)
        return r;
    return svct_say_usage(call,
                          "%s is a service account and no API key: \"svctoken "
                          "account delete %s\" deletes it",
                          ret_account->name, ret_account->name);
}

static int confirm(const struct svct_call *call, const char *name)
{
    char question[120];

    if (svct_opts_given(&call->opts, DELETE_YES))
        return SVCT_EXIT_DONE;
    if (!svct_tty_present())
        return svct_say_usage(call,
                              "there is no terminal to ask at whether the API "
                              "key %s shall go: give --yes",
                              name);
    snprintf(question, sizeof(question),
             "Delete the API key %s, account and token?", name);
    if (svct_tty_confirm(question))
        return SVCT_EXIT_DONE;
    return svct_say_no(call, "nothing was deleted");
}

/* Is it still the one that was asked about? */
static int check_same(const struct svct_call *call, const struct svct_txn *txn,
                      const struct svct_account *asked,
                      struct svct_account *ret_account)
{
    int r = svct_access_account(call, svct_txn_view(txn, SVCT_PART_PRIVATE),
                                asked->name, ret_account);

    if (r != SVCT_EXIT_DONE)
        return r;
    if (ret_account->created != asked->created ||
        ret_account->apikey != asked->apikey)
        return svct_say_cannot(call, "%s was changed meanwhile: look again",
                               asked->name);
    return SVCT_EXIT_DONE;
}

/* For the log. One that can't be read goes all the same. */
static int find_token(const struct svct_call *call, const struct svct_txn *txn,
                      struct svct_apikey_row *row)
{
    int r = svct_lookup_tokens_of(svct_txn_view(txn, SVCT_PART_PRIVATE),
                                  &row->account, take_token, row);

    if (r == 0 || r == SVCT_E_DAMAGED || r == SVCT_E_VERSION)
        return SVCT_EXIT_DONE;
    return svct_say_code(call, r, "the token of the API key %s",
                         row->account.name);
}

/* What went, for nobody can look it up any more. */
static void audit_delete(struct svct_audit *audit,
                         const struct svct_apikey_row *row)
{
    const struct svct_account *account = &row->account;
    const struct svct_token *token = &row->token.token;

    svct_audit_begin(audit, "apikey-delete");
    svct_audit_add(audit, "account", account->name);
    if (token->id[0] != '\0') {
        svct_audit_add(audit, "token", token->name);
        svct_audit_add(audit, "id", token->id);
    }
    svct_audit_add(audit, "role", account->role);
    svct_trail_time(audit, "expires", account->expires);
    if (token->revoked)
        svct_audit_add(audit, "revoked", "yes");
    if (account->disabled || token->disabled)
        svct_audit_add(audit, "disabled", "yes");
    svct_trail_sources(audit, "sources", &account->sources);
    svct_trail_services(audit, "services", &token->services);
    svct_trail_unix(audit, account);
    if (account->description[0] != '\0')
        svct_audit_add(audit, "description", account->description);
}

static int print_deleted(const struct svct_call *call, const char *name)
{
    json_t *object;

    if (!call->opts.json)
        return SVCT_EXIT_DONE;
    object = json_object();
    svct_out_put(&object, "deleted", json_string(name));
    return svct_out_json(call, object);
}

static int finish_delete(const struct svct_call *call,
                         const struct svct_account *account)
{
    int r, printed;

    svct_say("deleted the API key %s, account and token; the Unix user %s",
             account->name, account->uid != 0 ? "went with it" : "stays");
    svct_account_say_left(account);
    r = svct_endsession_if_gone(call, DELETE_END_SESSIONS, account);
    printed = print_deleted(call, account->name);
    return r != SVCT_EXIT_DONE ? r : printed;
}

static int delete_it(const struct svct_call *call)
{
    struct svct_apikey_row row = {.account = {.name = ""}};
    struct svct_account asked;
    struct svct_fault fault = {0};
    struct svct_audit audit;
    struct svct_txn *txn;
    int r = look(call, &asked);

    if (r == SVCT_EXIT_DONE)
        r = confirm(call, asked.name);
    if (r == SVCT_EXIT_DONE)
        r = svct_access_begin(call, true, &txn);
    if (r != SVCT_EXIT_DONE)
        return r;
    r = check_same(call, txn, &asked, &row.account);
    if (r == SVCT_EXIT_DONE)
        r = find_token(call, txn, &row);
    if (r != SVCT_EXIT_DONE) {
        svct_access_drop(txn);
        return r;
    }
    r = svct_change_apikey_delete(txn, asked.name, &fault);
    if (r < 0)
        return svct_access_give_up(call, txn, r, &fault);
    audit_delete(&audit, &row);
    r = svct_access_commit(call, txn, &audit);
    return r == SVCT_EXIT_DONE ? finish_delete(call, &row.account) : r;
}

/* ---- the table ---- */

const struct svct_command svct_cmd_apikey[] = {
    {.group = "apikey",
     .name = "create",
     .operands = "NAME",
     .least = 1,
     .most = 1,
     .summary = "make a service account and its one token, and print it, once",
     .text = "For what needs one token, a role and an end. The Unix user is "
             "as for \"account\n"
             "create\". Account and token are made together, end at the same "
             "second, and go\n"
             "together. Standard output gets the token and nothing else.\n"
             "\n"
             "With --json, the object is that of its token, with \"token\" "
             "(with --out it has\n"
             "not).\n"
             "\n"
             "  svctoken apikey create backup2 --role Viewer --ttl 30d\n"
             "  svctoken apikey create backup2 --role Viewer --out "
             "/root/backup2.token\n",
     .options = svct_apikey_create_options,
     .columns = svct_token_columns,
     .run = svct_apikey_create},
    {.group = "apikey",
     .name = "list",
     .operands = "[PATTERN]",
     .most = 1,
     .summary = "list the API keys",
     .text = "PATTERN is as for \"account list\", which lists them, too. What "
             "changes an\n"
             "account or a token, as \"account disable\" and \"token revoke "
             "NAME/key\", works\n"
             "for API keys as well.\n"
             "\n"
             "  svctoken apikey list\n"
             "  svctoken apikey list 'backup*'\n",
     .columns = svct_apikey_columns,
     .run = list},
    {.group = "apikey",
     .name = "delete",
     .operands = "NAME",
     .least = 1,
     .most = 1,
     .summary = "delete an API key: the account and its token",
     .text = "Asks on a terminal; elsewhere it needs --yes. A Unix user of the "
             "host stays as\n"
             "it is; one by svctoken alone goes, and its files stay.\n"
             "\n"
             "  svctoken apikey delete backup2\n",
     .options = delete_options,
     .run = delete_it},
    {.group = NULL},
};
