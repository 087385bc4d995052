/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "account.h"

#include "access.h"
#include "args.h"
#include "auth/role.h"
#include "hint.h"
#include "rows.h"
#include "say.h"
#include "trail.h"
#include "unixmake.h"

enum {
    CREATE_ROLE,
    CREATE_DESCRIPTION,
    CREATE_EXPIRES,
    CREATE_SOURCE,
    CREATE_DISABLED,
    CREATE_UNIX /* the first one of unixmake.h */
};

const struct svct_opt svct_account_create_options[] = {
    [CREATE_ROLE] = {"role", "ROLE", 0,
                     "what it may do: None, Viewer (if not given), Editor or "
                     "Admin; see \"svctoken role list\""},
    [CREATE_DESCRIPTION] = {"description", "TEXT", 0, "what it is for"},
    [CREATE_EXPIRES] = {"expires", "WHEN", 0,
                        "when all of it ends; never if not given"},
    [CREATE_SOURCE] = {"source", "CIDR|local", SVCT_OPT_MANY,
                       "logins only from there; \"local\": also where there "
                       "is no remote address, as in sudo and cron"},
    [CREATE_DISABLED] = {"disabled", NULL, 0, "let nobody in as yet"},
    SVCT_UNIXMAKE_TABLE(CREATE_UNIX),
    {NULL, NULL, 0, NULL},
};

static int read_create(const struct svct_call *call,
                       struct svct_account *account)
{
    const char *name = svct_opts_operand(&call->opts, 0);
    int r = svct_args_login(call, name);

    if (r != SVCT_EXIT_DONE)
        return r;
    memcpy(account->name, name, strlen(name) + 1);
    memcpy(account->role, SVCT_ROLE_VIEWER, sizeof(SVCT_ROLE_VIEWER));
    account->disabled = svct_opts_given(&call->opts, CREATE_DISABLED);
    account->expires = SVCT_TIME_NEVER;
    account->created = call->now;
    memcpy(account->created_by, call->actor.name, sizeof(call->actor.name));
    r = svct_args_get_role(call, CREATE_ROLE, account->role);
    if (r == SVCT_EXIT_DONE)
        r = svct_args_get_text(call, CREATE_DESCRIPTION, account->description);
    if (r == SVCT_EXIT_DONE)
        r = svct_args_get_future(call, CREATE_EXPIRES, true, &account->expires);
    if (r == SVCT_EXIT_DONE)
        r = svct_args_get_sources(call, CREATE_SOURCE, false,
                                  &account->sources);
    return r;
}

static void audit_create(struct svct_audit *audit,
                         const struct svct_account *account)
{
    svct_audit_begin(audit, "account-create");
    svct_audit_add(audit, "account", account->name);
    svct_trail_account(audit, account);
}

static void say_created(const struct svct_call *call,
                        const struct svct_account *account)
{
    char time[80];

    svct_say("made the service account %s (role %s, expires: %s)%s; "
             "\"svctoken token create %s\" makes a token for it",
             account->name, account->role,
             svct_out_time(time, sizeof(time), account->expires, call->now),
             account->disabled ? ", disabled" : "", account->name);
}

/* Ends the transaction. */
static int store(const struct svct_call *call, struct svct_txn *txn,
                 struct svct_unixmake *user, struct svct_account *account,
                 struct svct_role *ret_role)
{
    struct svct_fault fault = {0};
    struct svct_audit audit;
    int r = svct_access_role(call, svct_txn_view(txn, SVCT_PART_PRIVATE),
                             account->role, ret_role);

    if (r == SVCT_EXIT_DONE)
        r = svct_unixmake_assign(user, txn, account);
    if (r != SVCT_EXIT_DONE) {
        svct_access_drop(txn);
        return r;
    }
    r = svct_change_account_create(txn, account, &fault);
    if (r < 0)
        return svct_access_give_up(call, txn, r, &fault);
    audit_create(&audit, account);
    return svct_access_commit(call, txn, &audit);
}

int svct_account_create(const struct svct_call *call)
{
    struct svct_account account = {0};
    struct svct_unixmake user;
    struct svct_role role;
    struct svct_txn *txn;
    int printed, r = read_create(call, &account);

    if (r == SVCT_EXIT_DONE)
        r = svct_unixmake_read(call, CREATE_UNIX, account.name, &user);
    if (r == SVCT_EXIT_DONE)
        r = svct_access_begin(call, false, &txn);
    if (r == SVCT_EXIT_DONE)
        r = store(call, txn, &user, &account, &role);
    if (r != SVCT_EXIT_DONE)
        return r;
    say_created(call, &account);
    svct_unixmake_say(&user, &account);
    if (svct_hint_shuts_sudo(&account.sources, &role, NULL, NULL))
        svct_hint_local("the account");
    r = svct_unixmake_home(&user, &account);
    printed = svct_out_changed(call, svct_account_columns, &account);
    return r != SVCT_EXIT_DONE ? r : printed;
}
