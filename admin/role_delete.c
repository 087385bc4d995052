/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "access.h"
#include "out.h"
#include "role.h"
#include "rolegroups.h"
#include "say.h"
#include "trail.h"
#include "tty.h"
#include "write/change_role.h"

enum {
    DELETE_YES
};

const struct svct_opt svct_role_delete_options[] = {
    [DELETE_YES] = {"yes", NULL, 0, "do not ask"},
    {NULL, NULL, 0, NULL},
};

/* ---- by whom it is used ---- */

struct sentence {
    char text[640];
    size_t len;
};

static void __attribute__((format(printf, 2, 3)))
append(struct sentence *sentence, const char *format, ...)
{
    va_list args;
    int len;

    if (sentence->len >= sizeof(sentence->text))
        return;
    va_start(args, format);
    len = vsnprintf(sentence->text + sentence->len,
                    sizeof(sentence->text) - sentence->len, format, args);
    va_end(args);
    sentence->len += len > 0 ? (size_t)len : 0;
}

/* "by 5 accounts (a, b, c and 2 more)". name: the first few, each size bytes
 * from the last. */
static void append_users(struct sentence *sentence, const char *what,
                         uint64_t count, const char *name, size_t size)
{
    uint64_t named =
        count < SVCT_ROLE_USERS_NAMED ? count : SVCT_ROLE_USERS_NAMED;

    if (count == 0)
        return;
    append(sentence, "%s%llu %s%s (", sentence->len > 0 ? ", and by " : "by ",
           (unsigned long long)count, what, svct_say_s(count));
    for (uint64_t i = 0; i < named; i++)
        append(sentence, "%s%s", i > 0 ? ", " : "", name + i * size);
    if (count > named)
        append(sentence, " and %llu more", (unsigned long long)(count - named));
    append(sentence, ")");
}

/* Says it, when there are any. */
static int check_unused(const struct svct_call *call,
                        const struct svct_snapshot *snapshot, const char *name)
{
    struct sentence sentence = {.len = 0};
    struct svct_role_users users;
    struct svct_fault fault = {0};
    int r = svct_change_role_users(snapshot, name, &users, &fault);

    if (r < 0)
        return svct_say_fault(call, r, &fault);
    if (users.accounts == 0 && users.tokens == 0)
        return SVCT_EXIT_DONE;
    append_users(&sentence, "account", users.accounts, users.account[0],
                 sizeof(users.account[0]));
    append_users(&sentence, "token", users.tokens, users.token[0],
                 sizeof(users.token[0]));
    return svct_say_no(call,
                       "the role %s is used %s: \"svctoken role show %s\" "
                       "has all of them; give the accounts another role, and "
                       "delete the tokens that are limited to it",
                       name, sentence.text, name);
}

/* ---- the command ---- */

static int check_deletable(const struct svct_call *call,
                           const struct svct_snapshot *snapshot,
                           struct svct_role *ret_role)
{
    const char *name = svct_opts_operand(&call->opts, 0);
    int r = svct_access_role(call, snapshot, name, ret_role);

    if (r == SVCT_EXIT_DONE && ret_role->builtin)
        return svct_say_usage(call,
                              "the role %s is built in: it can be edited, not "
                              "deleted",
                              name);
    return r == SVCT_EXIT_DONE ? check_unused(call, snapshot, name) : r;
}

/* Without a lock: people think. */
static int look(const struct svct_call *call)
{
    struct svct_role role;
    struct svct_view view;
    int r = svct_access_read(call, &view);

    if (r != SVCT_EXIT_DONE)
        return r;
    r = check_deletable(call, view.snapshot, &role);
    svct_access_done(&view);
    return r;
}

static int confirm(const struct svct_call *call, const char *name)
{
    char question[80];

    if (svct_opts_given(&call->opts, DELETE_YES))
        return SVCT_EXIT_DONE;
    if (!svct_tty_present())
        return svct_say_usage(call,
                              "there is no terminal to ask at whether the "
                              "role %s shall go: give --yes",
                              name);
    snprintf(question, sizeof(question), "Delete the role %s?", name);
    if (svct_tty_confirm(question))
        return SVCT_EXIT_DONE;
    return svct_say_no(call, "nothing was deleted");
}

static int print_deleted(const struct svct_call *call, const char *name)
{
    json_t *object;

    svct_say("deleted the role %s; a PAM line with role=%s refuses service "
             "accounts from now on",
             name, name);
    if (!call->opts.json)
        return SVCT_EXIT_DONE;
    object = json_object();
    svct_out_put(&object, "deleted", json_string(name));
    return svct_out_json(call, object);
}

int svct_role_delete(const struct svct_call *call)
{
    const char *name = svct_opts_operand(&call->opts, 0);
    struct svct_rolegroups groups = {.gone_count = 0};
    struct svct_fault fault = {0};
    struct svct_audit audit;
    struct svct_role role;
    struct svct_txn *txn;
    int r = look(call);

    if (r == SVCT_EXIT_DONE)
        r = confirm(call, name);
    if (r == SVCT_EXIT_DONE)
        r = svct_access_begin(call, false, &txn);
    if (r != SVCT_EXIT_DONE)
        return r;
    r = check_deletable(call, svct_txn_view(txn, SVCT_PART_PRIVATE), &role);
    if (r != SVCT_EXIT_DONE) {
        svct_access_drop(txn);
        return r;
    }
    r = svct_rolegroups_gone(svct_txn_view(txn, SVCT_PART_PRIVATE), &role, NULL,
                             &groups, &fault);
    if (r == 0)
        r = svct_change_role_delete(txn, name, &fault);
    if (r < 0)
        return svct_access_give_up(call, txn, r, &fault);
    svct_audit_begin(&audit, "role-delete");
    svct_audit_add(&audit, "role", name);
    svct_trail_role(&audit, &role);
    r = svct_access_commit(call, txn, &audit);
    if (r != SVCT_EXIT_DONE)
        return r;
    r = print_deleted(call, name);
    svct_rolegroups_say(NULL, &groups);
    return r;
}
