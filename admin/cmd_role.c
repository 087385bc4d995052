/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "access.h"
#include "role.h"
#include "rows.h"
#include "say.h"

struct roles {
    const struct svct_snapshot *snapshot;
    int64_t now;
    struct svct_rows rows;     /* struct svct_role_row, by place */
    const char *wanted;        /* names of this one's users, too */
    struct svct_rows accounts; /* struct svct_account */
    struct svct_rows tokens;   /* struct svct_token_row */
};

/* NULL for a role that is not there: "db verify" is for that. */
static struct svct_role_row *find(const struct roles *roles, const char *name)
{
    for (size_t i = 0; i < roles->rows.count; i++) {
        struct svct_role_row *row = roles->rows.row[i];

        if (strcmp(row->role.name, name) == 0)
            return row;
    }
    return NULL;
}

static bool is_wanted(const struct roles *roles, const char *name)
{
    return roles->wanted != NULL && strcmp(roles->wanted, name) == 0;
}

static int count_account(struct roles *roles, struct svct_record *record)
{
    struct svct_account account;
    struct svct_role_row *row;
    int r = svct_account_decode(record, &account);

    if (r < 0)
        return r;
    row = find(roles, account.role);
    if (row != NULL)
        row->accounts++;
    if (!is_wanted(roles, account.role))
        return 0;
    return svct_rows_add(&roles->accounts, &account, sizeof(account));
}

static int take_token(struct roles *roles, const struct svct_token *token)
{
    struct svct_token_row row = {.token = *token};
    struct svct_account account;
    int r = svct_lookup_account(roles->snapshot, token->account, &account);

    if (r == SVCT_E_NOTFOUND)
        r = SVCT_E_DAMAGED;
    if (r == 0)
        r = svct_token_row_complete(roles->snapshot, &account, roles->now,
                                    &row);
    return r < 0 ? r : svct_rows_add(&roles->tokens, &row, sizeof(row));
}

static int count_token(struct roles *roles, struct svct_record *record)
{
    struct svct_token token;
    struct svct_role_row *row = NULL;
    int r = svct_token_decode(record, &token);

    if (r < 0 || token.cap[0] == '\0')
        return r;
    row = find(roles, token.cap);
    if (row != NULL)
        row->tokens++;
    return is_wanted(roles, token.cap) ? take_token(roles, &token) : 0;
}

static int count_user(void *arg, const struct svct_key *key,
                      struct svct_record *record)
{
    switch (key->data[0]) {
    case SVCT_KIND_ACCOUNT:
        return count_account(arg, record);
    case SVCT_KIND_TOKEN:
        return count_token(arg, record);
    default:
        return 0;
    }
}

static int load_roles(const struct svct_call *call, struct roles *roles)
{
    struct svct_rolelist list;
    int r = svct_lookup_rolelist(roles->snapshot, &list);

    if (r < 0)
        return svct_say_code(call, r, "the list of roles");
    for (unsigned i = 0; i < list.count; i++) {
        struct svct_role_row row = {.accounts = 0};

        r = svct_lookup_role(roles->snapshot, list.name[i], &row.role);
        if (r == 0)
            svct_role_row_look(&row);
        if (r == 0)
            r = svct_rows_add(&roles->rows, &row, sizeof(row));
        if (r < 0)
            return svct_say_code(call,
                                 r == SVCT_E_NOTFOUND ? SVCT_E_DAMAGED : r,
                                 "the role %s", list.name[i]);
    }
    svct_rows_sort(&roles->rows, svct_role_compare);
    return SVCT_EXIT_DONE;
}

static int load(const struct svct_call *call, struct roles *roles)
{
    struct svct_fault fault = {0};
    int r = load_roles(call, roles);

    if (r != SVCT_EXIT_DONE)
        return r;
    r = svct_snapshot_each(roles->snapshot, 0, count_user, roles, &fault);
    if (r < 0)
        return svct_say_fault(call, r, &fault);
    svct_rows_sort(&roles->accounts, svct_account_compare);
    svct_rows_sort(&roles->tokens, svct_token_compare);
    return SVCT_EXIT_DONE;
}

static void roles_done(struct roles *roles)
{
    svct_rows_done(&roles->rows);
    svct_rows_done(&roles->accounts);
    svct_rows_done(&roles->tokens);
}

static int list(const struct svct_call *call)
{
    struct roles roles = {.now = call->now};
    struct svct_view view;
    int r = svct_access_read(call, &view);

    if (r != SVCT_EXIT_DONE)
        return r;
    roles.snapshot = view.snapshot;
    r = load(call, &roles);
    if (r == SVCT_EXIT_DONE)
        r = svct_out_list(call, "roles", svct_role_columns,
                          (const void *const *)roles.rows.row,
                          roles.rows.count);
    roles_done(&roles);
    svct_access_done(&view);
    return r;
}

static int print_json(const struct svct_call *call, const struct roles *roles)
{
    json_t *object =
        svct_out_object(call, svct_role_columns, find(roles, roles->wanted));

    svct_out_put(&object, "account_list",
                 svct_out_array(call, svct_account_columns,
                                (const void *const *)roles->accounts.row,
                                roles->accounts.count));
    svct_out_put(&object, "token_list",
                 svct_out_array(call, svct_token_columns,
                                (const void *const *)roles->tokens.row,
                                roles->tokens.count));
    return svct_out_json(call, object);
}

/* A table with a blank line before it, where there is a row. */
static int print_users(const struct svct_call *call,
                       const struct svct_column *columns,
                       const struct svct_rows *rows)
{
    if (rows->count == 0)
        return SVCT_EXIT_DONE;
    putchar('\n');
    return svct_out_table(call, columns, (const void *const *)rows->row,
                          rows->count);
}

static int print_role(const struct svct_call *call, const struct roles *roles)
{
    int r;

    if (find(roles, roles->wanted) == NULL)
        return svct_say_code(call, SVCT_E_DAMAGED, "the list of roles");
    if (call->opts.json)
        return print_json(call, roles);
    r = svct_out_sheet(call, svct_role_columns, find(roles, roles->wanted));
    if (r == SVCT_EXIT_DONE)
        r = print_users(call, svct_account_columns, &roles->accounts);
    return r == SVCT_EXIT_DONE
               ? print_users(call, svct_token_columns, &roles->tokens)
               : r;
}

static int show(const struct svct_call *call)
{
    struct roles roles = {.now = call->now,
                          .wanted = svct_opts_operand(&call->opts, 0)};
    struct svct_role role;
    struct svct_view view;
    int r = svct_access_read(call, &view);

    if (r != SVCT_EXIT_DONE)
        return r;
    roles.snapshot = view.snapshot;
    r = svct_access_role(call, view.snapshot, roles.wanted, &role);
    if (r == SVCT_EXIT_DONE)
        r = load(call, &roles);
    if (r == SVCT_EXIT_DONE)
        r = print_role(call, &roles);
    roles_done(&roles);
    svct_access_done(&view);
    return r;
}

const struct svct_command svct_cmd_role[] = {
    {.group = "role",
     .name = "list",
     .summary = "list the roles, in their order",
     .text = "Each may do what the services listed let it do. The order is "
             "for stacks that\n"
             "demand a role, as \"pam_svctoken.so role=Admin\" in "
             "/etc/pam.d/sudo.\n"
             "\n"
             "  svctoken role list\n",
     .columns = svct_role_columns,
     .run = list},
    {.group = "role",
     .name = "show",
     .operands = "ROLE",
     .least = 1,
     .most = 1,
     .summary = "show a role, and who has it",
     .text = "The accounts that have it, and the tokens that are limited to "
             "it. With --json,\n"
             "\"account_list\" and \"token_list\" have them, with the keys of "
             "\"account list\" and\n"
             "\"token list\".\n"
             "\n"
             "  svctoken role show Editor\n",
     .columns = svct_role_columns,
     .run = show},
    {.group = "role",
     .name = "create",
     .operands = "ROLE",
     .least = 1,
     .most = 1,
     .summary = "make a role between others",
     .text = "It stands directly above the role named; nothing goes above "
             "Admin. It may do\n"
             "what --allow says and --refuse does not. A Unix group that "
             "neither a role nor\n"
             "this host has is made, by svctoken alone. Accounts that are "
             "Unix users by\n"
             "svctoken alone are in these groups. A session begun with a token "
             "that is limited\n"
             "to a lower role starts without them.\n"
             "\n"
             "  svctoken role create Deployer --above Viewer --allow sshd "
             "--allow 'sudo*' \\\n"
             "      --refuse sudo-i --group www-data --description 'web "
             "deployments'\n",
     .options = svct_role_create_options,
     .columns = svct_role_columns,
     .run = svct_role_create},
    {.group = "role",
     .name = "edit",
     .operands = "ROLE",
     .least = 1,
     .most = 1,
     .summary = "change what a role may do",
     .text = "Also one that is built in. Name and place stay. A list that is "
             "given replaces\n"
             "the former one; none, alone, clears it. Sessions that are open "
             "go on.\n"
             "A group of svctoken's own that no role has any more is gone.\n"
             "\n"
             "  svctoken role edit Viewer --allow sshd --allow systemd-user "
             "--allow cron\n"
             "  svctoken role edit Deployer --group none\n",
     .options = svct_role_edit_options,
     .columns = svct_role_columns,
     .run = svct_role_edit},
    {.group = "role",
     .name = "delete",
     .operands = "ROLE",
     .least = 1,
     .most = 1,
     .summary = "delete a role that nobody has",
     .text = "Asks on a terminal; elsewhere it needs --yes. Refused while an "
             "account has it or\n"
             "a token is limited to it, and for the four that are built in.\n"
             "\n"
             "  svctoken role delete Deployer\n",
     .options = svct_role_delete_options,
     .run = svct_role_delete},
    {.group = NULL},
};
