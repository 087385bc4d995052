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
#include "unixuser.h"

enum {
    CREATE_ROLE,
    CREATE_DESCRIPTION,
    CREATE_EXPIRES,
    CREATE_SOURCE,
    CREATE_DISABLED,
    CREATE_CONVERT
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
    [CREATE_CONVERT] = {"convert", NULL, 0,
                        "also a Unix user in the group sudo, wheel or adm"},
    {NULL, NULL, 0, NULL},
};

static int check_convert(const struct svct_call *call, const char *name,
                         const struct svct_unixuser *user, bool convert)
{
    /* Wherever PAM does without the module (a service without its lines, a
     * program short of memory) the password would still open the account. */
    if (user->password)
        return svct_say_usage(
            call,
            "%s has a password, so a person may use it: if it shall be a "
            "service account, lock the password first (passwd -l %s)",
            name, name);
    if (user->group != NULL && !convert)
        return svct_say_usage(
            call,
            "%s is in the group %s, so a person may use it: take it out "
            "(gpasswd -d %s %s) or give --convert",
            name, user->group, name, user->group);
    return SVCT_EXIT_DONE;
}

int svct_account_check_user(const struct svct_call *call, const char *name,
                            bool convert)
{
    struct svct_fault fault = {0};
    struct svct_unixuser user;
    int r = svct_unixuser_find(name, &user, &fault);

    if (r < 0)
        return svct_say_fault(call, r, &fault);
    if (!user.exists)
        return svct_say_no(call,
                           "there is no Unix user %s; \"useradd -r -m -s "
                           "/bin/bash %s\" makes one",
                           name, name);
    if (user.uid == 0)
        return svct_say_usage(call,
                              "%s has the uid 0: root can't be a "
                              "service account",
                              name);
    return check_convert(call, name, &user, convert);
}

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

int svct_account_create(const struct svct_call *call)
{
    struct svct_account account = {0};
    struct svct_fault fault = {0};
    struct svct_role role;
    struct svct_audit audit;
    struct svct_txn *txn;
    int r = read_create(call, &account);

    if (r == SVCT_EXIT_DONE)
        r = svct_account_check_user(
            call, account.name, svct_opts_given(&call->opts, CREATE_CONVERT));
    if (r == SVCT_EXIT_DONE)
        r = svct_access_begin(call, false, &txn);
    if (r != SVCT_EXIT_DONE)
        return r;
    r = svct_access_role(call, svct_txn_view(txn, SVCT_PART_PRIVATE),
                         account.role, &role);
    if (r != SVCT_EXIT_DONE) {
        svct_access_drop(txn);
        return r;
    }
    r = svct_change_account_create(txn, &account, &fault);
    if (r < 0)
        return svct_access_give_up(call, txn, r, &fault);
    audit_create(&audit, &account);
    r = svct_access_commit(call, txn, &audit);
    if (r != SVCT_EXIT_DONE)
        return r;
    say_created(call, &account);
    if (svct_hint_shuts_sudo(&account.sources, &role, NULL, NULL))
        svct_hint_local("the account");
    return svct_out_changed(call, svct_account_columns, &account);
}
