/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "account.h"

#include "access.h"
#include "args.h"
#include "endsession.h"
#include "hint.h"
#include "rows.h"
#include "say.h"
#include "trail.h"
#include "tty.h"
#include "unixmake.h"

/* ---- edit, enable, disable ---- */

enum {
    EDIT_ROLE,
    EDIT_DESCRIPTION,
    EDIT_EXPIRES,
    EDIT_SOURCE,
    EDIT_HOME,
    EDIT_SHELL
};

const struct svct_opt svct_account_edit_options[] = {
    [EDIT_ROLE] = {"role", "ROLE", 0, "its new role"},
    [EDIT_DESCRIPTION] = {"description", "TEXT", 0,
                          "what it is for; \"\" clears it"},
    [EDIT_EXPIRES] = {"expires", "WHEN|never", 0, "when all of it ends"},
    [EDIT_SOURCE] = {"source", "CIDR|local|none", SVCT_OPT_MANY,
                     "logins only from there, in place of the former list; "
                     "none: from anywhere"},
    [EDIT_HOME] = {"home", "DIR", 0,
                   "its home, for one that is a Unix user by svctoken alone; "
                   "no file is moved"},
    [EDIT_SHELL] = {"shell", "PATH", 0, "its shell, as before"},
    {NULL, NULL, 0, NULL},
};

/* Begins, and fetches the account as it is now. */
static int begin_edit(const struct svct_call *call, bool urgent,
                      struct svct_txn **ret_txn,
                      struct svct_account *ret_account)
{
    int r = svct_args_login(call, svct_opts_operand(&call->opts, 0));

    if (r == SVCT_EXIT_DONE)
        r = svct_access_begin(call, urgent, ret_txn);
    if (r != SVCT_EXIT_DONE)
        return r;
    r = svct_access_account(call, svct_txn_view(*ret_txn, SVCT_PART_PRIVATE),
                            svct_opts_operand(&call->opts, 0), ret_account);
    if (r != SVCT_EXIT_DONE)
        svct_access_drop(*ret_txn);
    return r;
}

static int finish_edit(const struct svct_call *call, struct svct_txn *txn,
                       const struct svct_account *account,
                       struct svct_audit *audit)
{
    struct svct_fault fault = {0};
    int r = svct_change_account_update(txn, account, &fault);

    if (r < 0)
        return svct_access_give_up(call, txn, r, &fault);
    return svct_access_commit(call, txn, audit);
}

static int read_edit(const struct svct_call *call, struct svct_account *account)
{
    int r = svct_args_get_role(call, EDIT_ROLE, account->role);

    if (r == SVCT_EXIT_DONE)
        r = svct_args_get_text(call, EDIT_DESCRIPTION, account->description);
    if (r == SVCT_EXIT_DONE)
        r = svct_args_get_future(call, EDIT_EXPIRES, true, &account->expires);
    if (r == SVCT_EXIT_DONE)
        r = svct_args_get_sources(call, EDIT_SOURCE, true, &account->sources);
    if (r == SVCT_EXIT_DONE)
        r = svct_unixmake_get_path(call, EDIT_HOME, account->home);
    if (r == SVCT_EXIT_DONE)
        r = svct_unixmake_get_path(call, EDIT_SHELL, account->shell);
    return r;
}

/* The Unix user of the host is changed where it is: by the host. */
static int check_paths(const struct svct_call *call,
                       const struct svct_account *account)
{
    bool home = svct_opts_given(&call->opts, EDIT_HOME);

    if (account->uid != 0 ||
        (!home && !svct_opts_given(&call->opts, EDIT_SHELL)))
        return SVCT_EXIT_DONE;
    return svct_say_usage(call,
                          "%s is a Unix user of this host, and stays what it "
                          "is: \"usermod %s %s\" changes its %s",
                          account->name, home ? "-d DIR" : "-s PATH",
                          account->name, home ? "home" : "shell");
}

static void apply(const struct svct_call *call,
                  const struct svct_account *wanted,
                  struct svct_account *account)
{
    if (svct_opts_given(&call->opts, EDIT_ROLE))
        memcpy(account->role, wanted->role, sizeof(account->role));
    if (svct_opts_given(&call->opts, EDIT_DESCRIPTION))
        memcpy(account->description, wanted->description,
               sizeof(account->description));
    if (svct_opts_given(&call->opts, EDIT_EXPIRES))
        account->expires = wanted->expires;
    if (svct_opts_given(&call->opts, EDIT_SOURCE))
        account->sources = wanted->sources;
    if (svct_opts_given(&call->opts, EDIT_HOME))
        memcpy(account->home, wanted->home, sizeof(account->home));
    if (svct_opts_given(&call->opts, EDIT_SHELL))
        memcpy(account->shell, wanted->shell, sizeof(account->shell));
}

static void audit_edit(struct svct_audit *audit, const struct svct_account *old,
                       const struct svct_account *account)
{
    svct_audit_begin(audit, "account-edit");
    svct_audit_add(audit, "account", account->name);
    svct_trail_change_account(audit, old, account);
}

static void say_paths(const struct svct_call *call,
                      const struct svct_account *old,
                      const struct svct_account *account)
{
    if (strcmp(old->home, account->home) != 0) {
        svct_say("what is in its former home %s stays there",
                 svct_say_bare(old->home).text);
        svct_unixmake_say_home(account->home, account->uid);
    }
    if (svct_opts_given(&call->opts, EDIT_SHELL))
        svct_unixmake_say_shell(account->shell);
}

static void say_edited(const struct svct_call *call,
                       const struct svct_account *old,
                       const struct svct_account *account,
                       const struct svct_role *role)
{
    svct_say("changed the service account %s", account->name);
    if (account->apikey && account->expires != old->expires)
        svct_say("it is an API key: its token ends then, too");
    if (account->apikey && old->expires <= call->now)
        svct_say("it had ended: the secret that it had counts again; "
                 "\"svctoken token rotate\" gives it another");
    if ((svct_opts_given(&call->opts, EDIT_SOURCE) ||
         svct_opts_given(&call->opts, EDIT_ROLE)) &&
        svct_hint_shuts_sudo(&account->sources, role, NULL, NULL))
        svct_hint_local("the account");
    say_paths(call, old, account);
}

int svct_account_edit(const struct svct_call *call)
{
    struct svct_account wanted = {0}, account, old;
    struct svct_audit audit;
    struct svct_role role;
    struct svct_txn *txn;
    int r;

    if (!svct_opts_any(&call->opts))
        return svct_say_usage(call,
                              "nothing to change: give --role, "
                              "--description, --expires, --source, --home "
                              "or --shell");
    r = read_edit(call, &wanted);
    if (r == SVCT_EXIT_DONE)
        r = begin_edit(call, true, &txn, &account); /* it may take away */
    if (r != SVCT_EXIT_DONE)
        return r;
    old = account;
    apply(call, &wanted, &account);
    r = check_paths(call, &account);
    if (r == SVCT_EXIT_DONE)
        r = svct_access_role(call, svct_txn_view(txn, SVCT_PART_PRIVATE),
                             account.role, &role);
    if (r != SVCT_EXIT_DONE) {
        svct_access_drop(txn);
        return r;
    }
    audit_edit(&audit, &old, &account);
    r = finish_edit(call, txn, &account, &audit);
    if (r != SVCT_EXIT_DONE)
        return r;
    say_edited(call, &old, &account, &role);
    return svct_out_changed(call, svct_account_columns, &account);
}

enum {
    DISABLE_END_SESSIONS
};

const struct svct_opt svct_account_disable_options[] = {
    [DISABLE_END_SESSIONS] = SVCT_ENDSESSION_OPTION,
    {NULL, NULL, 0, NULL},
};

static int finish_disable(const struct svct_call *call,
                          const struct svct_account *account)
{
    int r = svct_endsession_if(call, DISABLE_END_SESSIONS, account->name, NULL);
    int printed = svct_out_changed(call, svct_account_columns, account);

    return r != SVCT_EXIT_DONE ? r : printed;
}

/* The same as before; but sessions may be open that shall end. */
static int leave(const struct svct_call *call, bool disabled,
                 const struct svct_account *account)
{
    svct_say("the service account %s is %s already", account->name,
             disabled ? "disabled" : "enabled");
    if (disabled && svct_opts_given(&call->opts, DISABLE_END_SESSIONS))
        return finish_disable(call, account);
    return svct_out_changed(call, svct_account_columns, account);
}

static int set_disabled(const struct svct_call *call, bool disabled)
{
    struct svct_account account;
    struct svct_audit audit;
    struct svct_txn *txn;
    int r = begin_edit(call, disabled, &txn, &account);

    if (r != SVCT_EXIT_DONE)
        return r;
    if (account.disabled == disabled) {
        svct_access_drop(txn);
        return leave(call, disabled, &account);
    }
    account.disabled = disabled;
    svct_audit_begin(&audit, disabled ? "account-disable" : "account-enable");
    svct_audit_add(&audit, "account", account.name);
    svct_trail_change_flag(&audit, "disabled", !disabled, disabled);
    r = finish_edit(call, txn, &account, &audit);
    if (r != SVCT_EXIT_DONE)
        return r;
    svct_say("the service account %s is %s now%s", account.name,
             disabled ? "disabled" : "enabled",
             disabled ? ": none of its tokens opens anything" : "");
    return disabled ? finish_disable(call, &account)
                    : svct_out_changed(call, svct_account_columns, &account);
}

int svct_account_enable(const struct svct_call *call)
{
    return set_disabled(call, false);
}

int svct_account_disable(const struct svct_call *call)
{
    return set_disabled(call, true);
}

/* ---- delete ---- */

enum {
    DELETE_YES,
    DELETE_END_SESSIONS
};

const struct svct_opt svct_account_delete_options[] = {
    [DELETE_YES] = {"yes", NULL, 0, "do not ask"},
    [DELETE_END_SESSIONS] = SVCT_ENDSESSION_OPTION,
    {NULL, NULL, 0, NULL},
};

/* Without a lock: people think. */
static int look(const struct svct_call *call, struct svct_account *ret_account)
{
    struct svct_view view;
    int r = svct_access_read(call, &view);

    if (r != SVCT_EXIT_DONE)
        return r;
    r = svct_access_account(call, view.snapshot,
                            svct_opts_operand(&call->opts, 0), ret_account);
    svct_access_done(&view);
    return r;
}

static int confirm(const struct svct_call *call,
                   const struct svct_account *account)
{
    char question[160];

    if (svct_opts_given(&call->opts, DELETE_YES))
        return SVCT_EXIT_DONE;
    if (!svct_tty_present())
        return svct_say_usage(call,
                              "there is no terminal to ask at whether "
                              "%s and its %u token%s shall go: give "
                              "--yes",
                              account->name, (unsigned)account->tokens,
                              svct_say_s(account->tokens));
    snprintf(question, sizeof(question),
             "Delete the service account %s and its %u token%s?", account->name,
             (unsigned)account->tokens, svct_say_s(account->tokens));
    if (svct_tty_confirm(question))
        return SVCT_EXIT_DONE;
    return svct_say_no(call, "nothing was deleted");
}

static int print_deleted(const struct svct_call *call, const char *name,
                         uint32_t tokens)
{
    json_t *object;

    if (!call->opts.json)
        return SVCT_EXIT_DONE;
    object = json_object();
    svct_out_put(&object, "deleted", json_string(name));
    svct_out_put(&object, "tokens", json_integer(tokens));
    return svct_out_json(call, object);
}

void svct_account_say_left(const struct svct_account *account)
{
    if (account->uid != 0)
        svct_say("what it leaves: its home %s, and any other file of the uid "
                 "%lu, which the range gives to nobody again",
                 svct_say_bare(account->home).text,
                 (unsigned long)account->uid);
    else
        svct_say("its SSH keys, cron jobs and sudo rules are the Unix user's "
                 "alone now: \"usermod -L -e 1 %s\" shuts it",
                 account->name);
}

static int finish_delete(const struct svct_call *call,
                         const struct svct_account *account, uint32_t tokens)
{
    int r, printed;

    svct_say("deleted the service account %s and %u token%s; the Unix user %s",
             account->name, (unsigned)tokens, svct_say_s(tokens),
             account->uid != 0 ? "went with it" : "stays");
    svct_account_say_left(account);
    r = svct_endsession_if_gone(call, DELETE_END_SESSIONS, account);
    printed = print_deleted(call, account->name, tokens);
    return r != SVCT_EXIT_DONE ? r : printed;
}

/* What went, for nobody can look it up any more. */
static void audit_delete(struct svct_audit *audit,
                         const struct svct_account *account, uint32_t tokens)
{
    char count[16];

    snprintf(count, sizeof(count), "%u", (unsigned)tokens);
    svct_audit_begin(audit, "account-delete");
    svct_audit_add(audit, "account", account->name);
    svct_audit_add(audit, "tokens", count);
    svct_trail_account(audit, account);
}

/* The ids of its tokens, for the log. */
struct gone {
    size_t count;
    char (*id)[SVCT_TOKEN_ID_LEN + 1];
};

static int find_ids(const struct svct_txn *txn,
                    const struct svct_account *account, struct gone *ret_gone)
{
    struct gone gone = {.id = calloc(account->tokens + 1, sizeof(*gone.id))};
    struct svct_page page;
    int r = gone.id != NULL ? 0 : SVCT_E_NOMEM;

    for (uint32_t n = 0; r == 0 && n * SVCT_PAGE_IDS < account->tokens; n++) {
        r = svct_lookup_page(svct_txn_view(txn, SVCT_PART_PRIVATE), account, n,
                             &page);
        for (size_t i = 0; r == 0 && i < page.count; i++)
            if (gone.count < account->tokens)
                memcpy(gone.id[gone.count++], page.id[i], sizeof(*gone.id));
    }
    if (r == 0)
        *ret_gone = gone;
    else
        free(gone.id);
    return r;
}

static const char *id_of(const void *arg, size_t index)
{
    const struct gone *gone = arg;

    return gone->id[index];
}

static bool more_lines(const void *arg, size_t index,
                       struct svct_audit *ret_audit)
{
    const struct gone *gone = arg;

    return svct_trail_ids(ret_audit, "account-deleted", id_of, gone,
                          gone->count, index);
}

/* Ends the transaction. */
static int remove_all(const struct svct_call *call, struct svct_txn *txn,
                      const struct svct_account *account, uint32_t *ret_tokens)
{
    struct gone gone = {.count = 0};
    struct svct_fault fault = {0};
    struct svct_audit audit;
    bool published;
    int r = find_ids(txn, account, &gone);

    if (r < 0) {
        svct_access_drop(txn);
        return svct_say_code(call, r == SVCT_E_NOTFOUND ? SVCT_E_DAMAGED : r,
                             "the tokens of %s", account->name);
    }
    r = svct_change_account_delete(txn, account->name, ret_tokens, &fault);
    if (r < 0) {
        r = svct_access_give_up(call, txn, r, &fault);
    } else {
        audit_delete(&audit, account, *ret_tokens);
        r = svct_access_publish(call, txn, &audit, more_lines, &gone,
                                &published);
    }
    free(gone.id);
    return r;
}

int svct_account_delete(const struct svct_call *call)
{
    struct svct_account asked, account;
    struct svct_txn *txn;
    uint32_t tokens = 0;
    int r = look(call, &asked);

    if (r == SVCT_EXIT_DONE)
        r = confirm(call, &asked);
    if (r == SVCT_EXIT_DONE)
        r = begin_edit(call, true, &txn, &account);
    if (r != SVCT_EXIT_DONE)
        return r;
    if (account.tokens != asked.tokens || account.created != asked.created) {
        svct_access_drop(txn);
        return svct_say_cannot(call, "%s was changed meanwhile: look again",
                               account.name);
    }
    r = remove_all(call, txn, &account, &tokens);
    return r == SVCT_EXIT_DONE ? finish_delete(call, &account, tokens) : r;
}
