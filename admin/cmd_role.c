/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "access.h"
#include "rows.h"
#include "say.h"

struct roles {
    struct svct_rows rows;     /* struct svct_role_row, by place */
    const char *wanted;        /* names of this one's accounts, too */
    struct svct_rows accounts; /* struct svct_account */
};

static int collect_role(void *arg, const struct svct_key *key,
                        struct svct_record *record)
{
    struct roles *roles = arg;
    struct svct_role_row row = {.accounts = 0};
    int r = svct_role_decode(record, &row.role);

    (void)key;
    return r < 0 ? r : svct_rows_add(&roles->rows, &row, sizeof(row));
}

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

static int count_account(void *arg, const struct svct_key *key,
                         struct svct_record *record)
{
    struct roles *roles = arg;
    struct svct_account account;
    struct svct_role_row *row;
    int r = svct_account_decode(record, &account);

    (void)key;
    if (r < 0)
        return r;
    row = find(roles, account.role);
    if (row != NULL)
        row->accounts++;
    if (roles->wanted == NULL || strcmp(roles->wanted, account.role) != 0)
        return 0;
    return svct_rows_add(&roles->accounts, &account, sizeof(account));
}

static int count_token(void *arg, const struct svct_key *key,
                       struct svct_record *record)
{
    struct roles *roles = arg;
    struct svct_token token;
    struct svct_role_row *row = NULL;
    int r = svct_token_decode(record, &token);

    (void)key;
    if (r == 0 && token.cap[0] != '\0')
        row = find(roles, token.cap);
    if (row != NULL)
        row->tokens++;
    return r;
}

static int load(const struct svct_call *call,
                const struct svct_snapshot *snapshot, struct roles *roles)
{
    struct svct_fault fault = {0};
    int r = svct_snapshot_each(snapshot, SVCT_KIND_ROLE, collect_role, roles,
                               &fault);

    if (r == 0)
        r = svct_snapshot_each(snapshot, SVCT_KIND_ACCOUNT, count_account,
                               roles, &fault);
    if (r == 0)
        r = svct_snapshot_each(snapshot, SVCT_KIND_TOKEN, count_token, roles,
                               &fault);
    if (r < 0)
        return svct_say_fault(call, r, &fault);
    svct_rows_sort(&roles->rows, svct_role_compare);
    svct_rows_sort(&roles->accounts, svct_account_compare);
    return SVCT_EXIT_DONE;
}

static void roles_done(struct roles *roles)
{
    svct_rows_done(&roles->rows);
    svct_rows_done(&roles->accounts);
}

static int list(const struct svct_call *call)
{
    struct roles roles = {.wanted = NULL};
    struct svct_view view;
    int r = svct_access_read(call, &view);

    if (r != SVCT_EXIT_DONE)
        return r;
    r = load(call, view.snapshot, &roles);
    if (r == SVCT_EXIT_DONE)
        r = svct_out_list(call, "roles", svct_role_columns,
                          (const void *const *)roles.rows.row,
                          roles.rows.count);
    roles_done(&roles);
    svct_access_done(&view);
    return r;
}

static int print_role(const struct svct_call *call, const struct roles *roles)
{
    const struct svct_role_row *row = find(roles, roles->wanted);
    const void *const *accounts = (const void *const *)roles->accounts.row;
    int r;

    if (call->opts.json) {
        json_t *object = svct_out_object(call, svct_role_columns, row);

        svct_out_put(&object, "account_list",
                     svct_out_array(call, svct_account_columns, accounts,
                                    roles->accounts.count));
        return svct_out_json(call, object);
    }
    r = svct_out_sheet(call, svct_role_columns, row);
    if (r == SVCT_EXIT_DONE && roles->accounts.count > 0) {
        putchar('\n');
        r = svct_out_table(call, svct_account_columns, accounts,
                           roles->accounts.count);
    }
    return r;
}

static int show(const struct svct_call *call)
{
    struct roles roles = {.wanted = svct_opts_operand(&call->opts, 0)};
    struct svct_role role;
    struct svct_view view;
    int r = svct_access_read(call, &view);

    if (r != SVCT_EXIT_DONE)
        return r;
    r = svct_access_role(call, view.snapshot, roles.wanted, &role);
    if (r == SVCT_EXIT_DONE)
        r = load(call, view.snapshot, &roles);
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
     .summary = "show a role and the accounts that have it",
     .text = "With --json, \"account_list\" has the accounts, with the keys "
             "of \"account list\".\n"
             "\n"
             "  svctoken role show Editor\n",
     .columns = svct_role_columns,
     .run = show},
    {.group = NULL},
};
