/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "token.h"

#include "access.h"
#include "args.h"
#include "endsession.h"
#include "lastuse.h"
#include "rows.h"
#include "say.h"
#include "trail.h"
#include "tty.h"

static const char *operand(const struct svct_call *call)
{
    return svct_opts_operand(&call->opts, 0);
}

static const char *state_of(const struct svct_call *call,
                            const struct svct_token *token)
{
    return svct_token_states[svct_token_state(token, call->now)];
}

/* Begins, and finds the token in the state as it is now. */
static int begin_edit(const struct svct_call *call, bool urgent,
                      struct svct_txn **ret_txn, struct svct_token *ret_token)
{
    int r = svct_access_begin(call, urgent, ret_txn);

    if (r != SVCT_EXIT_DONE)
        return r;
    r = svct_access_token(call, svct_txn_view(*ret_txn, SVCT_PART_PRIVATE),
                          operand(call), ret_token);
    if (r != SVCT_EXIT_DONE)
        svct_access_drop(*ret_txn);
    return r;
}

/* With --json: the token as it is after the change. */
static int print_changed(const struct svct_call *call,
                         const struct svct_token *token)
{
    struct svct_token_row row = {.token = *token};
    struct svct_account account;
    struct svct_view view;
    int r;

    if (!call->opts.json)
        return SVCT_EXIT_DONE;
    r = svct_access_read(call, &view);
    if (r != SVCT_EXIT_DONE)
        return r;
    r = svct_lookup_token(view.snapshot, token->id, &row.token);
    if (r == 0)
        r = svct_lookup_account(view.snapshot, token->account, &account);
    if (r == 0)
        r = svct_token_row_complete(view.snapshot, &account, call->now, &row);
    svct_lastuse_fill(view.dir_fd, &row);
    svct_access_done(&view);
    if (r < 0)
        return svct_say_code(call, r == SVCT_E_NOTFOUND ? SVCT_E_DAMAGED : r,
                             "can't show the changed token");
    return svct_out_changed(call, svct_token_columns, &row);
}

/* After a change that took something away: the sessions, then the answer. */
static int finish_change(const struct svct_call *call, size_t option,
                         const struct svct_token *token)
{
    int r = svct_endsession_if(call, option, token->account, token->id);
    int printed = print_changed(call, token);

    return r != SVCT_EXIT_DONE ? r : printed;
}

/* ---- enable, disable ---- */

enum {
    DISABLE_END_SESSIONS
};

const struct svct_opt svct_token_disable_options[] = {
    [DISABLE_END_SESSIONS] = SVCT_ENDSESSION_OPTION,
    {NULL, NULL, 0, NULL},
};

/* The same as before; but sessions may be open that shall end. */
static int leave(const struct svct_call *call, bool disabled,
                 const struct svct_token *token)
{
    svct_say("the token %s/%s is %s already%s", token->account, token->name,
             disabled ? "disabled" : "enabled",
             token->revoked ? ", but revoked, and stays so" : "");
    if (disabled && svct_opts_given(&call->opts, DISABLE_END_SESSIONS))
        return finish_change(call, DISABLE_END_SESSIONS, token);
    return print_changed(call, token);
}

static int set_disabled(const struct svct_call *call, bool disabled)
{
    struct svct_fault fault = {0};
    struct svct_token token;
    struct svct_audit audit;
    struct svct_txn *txn;
    int r = begin_edit(call, disabled, &txn, &token);

    if (r != SVCT_EXIT_DONE)
        return r;
    if (token.disabled == disabled) {
        svct_access_drop(txn);
        return leave(call, disabled, &token);
    }
    r = svct_change_token_set_disabled(txn, token.id, disabled, &fault);
    if (r < 0)
        return svct_access_give_up(call, txn, r, &fault);
    svct_trail_token(&audit, disabled ? "token-disable" : "token-enable",
                     &token);
    svct_trail_change_flag(&audit, "disabled", !disabled, disabled);
    r = svct_access_commit(call, txn, &audit);
    if (r != SVCT_EXIT_DONE)
        return r;
    svct_say("the token %s/%s is %s now", token.account, token.name,
             disabled ? "disabled" : "enabled");
    if (token.revoked)
        svct_say("it is revoked, and stays so");
    return disabled ? finish_change(call, DISABLE_END_SESSIONS, &token)
                    : print_changed(call, &token);
}

int svct_token_enable(const struct svct_call *call)
{
    return set_disabled(call, false);
}

int svct_token_disable(const struct svct_call *call)
{
    return set_disabled(call, true);
}

/* ---- revoke ---- */

enum {
    REVOKE_REASON,
    REVOKE_END_SESSIONS
};

const struct svct_opt svct_token_revoke_options[] = {
    [REVOKE_REASON] = {"reason", "TEXT", 0, "why, for the record"},
    [REVOKE_END_SESSIONS] = SVCT_ENDSESSION_OPTION,
    {NULL, NULL, 0, NULL},
};

int svct_token_revoke(const struct svct_call *call)
{
    char reason[SVCT_TEXT_MAX + 1] = "";
    struct svct_fault fault = {0};
    struct svct_token token;
    struct svct_audit audit;
    struct svct_txn *txn;
    int r = svct_args_get_text(call, REVOKE_REASON, reason);

    if (r == SVCT_EXIT_DONE)
        r = begin_edit(call, true, &txn, &token);
    if (r != SVCT_EXIT_DONE)
        return r;
    r = svct_change_token_revoke(txn, token.id, call->now, call->actor.name,
                                 reason, &fault);
    if (r < 0)
        return svct_access_give_up(call, txn, r, &fault);
    svct_trail_token(&audit, "token-revoke", &token);
    svct_audit_add(&audit, "reason", reason);
    svct_audit_change(&audit, "state", state_of(call, &token), "revoked");
    r = svct_access_commit(call, txn, &audit);
    if (r != SVCT_EXIT_DONE)
        return r;
    svct_say("revoked %s/%s (id %s): it opens nothing any more", token.account,
             token.name, token.id);
    return finish_change(call, REVOKE_END_SESSIONS, &token);
}

/* ---- delete ---- */

enum {
    DELETE_YES,
    DELETE_END_SESSIONS
};

const struct svct_opt svct_token_delete_options[] = {
    [DELETE_YES] = {"yes", NULL, 0, "do not ask"},
    [DELETE_END_SESSIONS] = SVCT_ENDSESSION_OPTION,
    {NULL, NULL, 0, NULL},
};

/* Without a lock: people think. */
static int look(const struct svct_call *call, struct svct_token *ret_token)
{
    struct svct_view view;
    int r = svct_access_read(call, &view);

    if (r != SVCT_EXIT_DONE)
        return r;
    r = svct_access_token(call, view.snapshot, operand(call), ret_token);
    svct_access_done(&view);
    return r;
}

static int confirm(const struct svct_call *call, const struct svct_token *token)
{
    char question[200];

    if (svct_opts_given(&call->opts, DELETE_YES))
        return SVCT_EXIT_DONE;
    if (!svct_tty_present())
        return svct_say_usage(call,
                              "there is no terminal to ask at whether %s/%s "
                              "shall go: give --yes",
                              token->account, token->name);
    snprintf(question, sizeof(question), "Delete the token %s/%s (id %s, %s)?",
             token->account, token->name, token->id, state_of(call, token));
    if (svct_tty_confirm(question))
        return SVCT_EXIT_DONE;
    return svct_say_no(call, "nothing was deleted");
}

static int print_deleted(const struct svct_call *call,
                         const struct svct_token *token)
{
    json_t *object;

    if (!call->opts.json)
        return SVCT_EXIT_DONE;
    object = json_object();
    svct_out_put(&object, "deleted", json_string(token->id));
    svct_out_put(&object, "account", json_string(token->account));
    svct_out_put(&object, "name", json_string(token->name));
    return svct_out_json(call, object);
}

static int finish_delete(const struct svct_call *call,
                         const struct svct_token *token)
{
    int r, printed;

    svct_say("deleted the token %s/%s (id %s)", token->account, token->name,
             token->id);
    r = svct_endsession_if(call, DELETE_END_SESSIONS, token->account,
                           token->id);
    printed = print_deleted(call, token);
    return r != SVCT_EXIT_DONE ? r : printed;
}

/* What went, for nobody can look it up any more. */
static void audit_delete(const struct svct_call *call, struct svct_audit *audit,
                         const struct svct_token *token)
{
    svct_trail_token(audit, "token-delete", token);
    svct_audit_add(audit, "state", state_of(call, token));
    svct_trail_time(audit, "expires", token->expires);
    svct_trail_limits(audit, token);
}

int svct_token_delete(const struct svct_call *call)
{
    struct svct_fault fault = {0};
    struct svct_token asked, token;
    struct svct_audit audit;
    struct svct_txn *txn;
    int r = look(call, &asked);

    if (r == SVCT_EXIT_DONE)
        r = confirm(call, &asked);
    if (r == SVCT_EXIT_DONE)
        r = begin_edit(call, true, &txn, &token);
    if (r != SVCT_EXIT_DONE)
        return r;
    if (strcmp(token.id, asked.id) != 0) {
        svct_access_drop(txn);
        return svct_say_cannot(call, "%s/%s was changed meanwhile: look again",
                               token.account, token.name);
    }
    r = svct_change_token_delete(txn, token.id, &fault);
    if (r < 0)
        return svct_access_give_up(call, txn, r, &fault);
    audit_delete(call, &audit, &token);
    r = svct_access_commit(call, txn, &audit);
    return r == SVCT_EXIT_DONE ? finish_delete(call, &token) : r;
}
