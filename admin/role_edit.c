/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "access.h"
#include "args.h"
#include "auth/role.h"
#include "role.h"
#include "rolegroups.h"
#include "rows.h"
#include "say.h"
#include "trail.h"
#include "write/change_role.h"

/* Both tables begin with these, so that one function reads them. */
enum {
    ROLE_ALLOW,
    ROLE_REFUSE,
    ROLE_GROUP,
    ROLE_DESCRIPTION,
    ROLE_ABOVE
};

const struct svct_opt svct_role_create_options[] = {
    [ROLE_ALLOW] = {"allow", "GLOB", SVCT_OPT_MANY,
                    "PAM services it allows; none without this"},
    [ROLE_REFUSE] = {"refuse", "GLOB", SVCT_OPT_MANY,
                     "services taken out of these"},
    [ROLE_GROUP] = {"group", "GROUP", SVCT_OPT_MANY, "its Unix groups"},
    [ROLE_DESCRIPTION] = {"description", "TEXT", 0, "what it is for"},
    [ROLE_ABOVE] = {"above", "ROLE", 0,
                    "its place: directly above this one; must be given"},
    {NULL, NULL, 0, NULL},
};

const struct svct_opt svct_role_edit_options[] = {
    [ROLE_ALLOW] = {"allow", "GLOB|none", SVCT_OPT_MANY,
                    "PAM services it allows, in place of the former list"},
    [ROLE_REFUSE] = {"refuse", "GLOB|none", SVCT_OPT_MANY,
                     "services taken out of these, in place of the former "
                     "list"},
    [ROLE_GROUP] = {"group", "GROUP|none", SVCT_OPT_MANY,
                    "its Unix groups, in place of the former list"},
    [ROLE_DESCRIPTION] = {"description", "TEXT", 0,
                          "what it is for; \"\" clears it"},
    {NULL, NULL, 0, NULL},
};

/* ---- reading the options ---- */

/* Is "none" among the values, alone? */
static int read_none(const struct svct_call *call, size_t index, bool *ret_none)
{
    size_t pos = 0, given = 0, nones = 0;
    const char *word;

    while ((word = svct_opts_each(&call->opts, index, &pos)) != NULL) {
        given++;
        nones += strcmp(word, "none") == 0;
    }
    if (nones > 0 && given > 1)
        return svct_say_usage(call, "--%s none clears the list: give it alone",
                              call->opts.table[index].name);
    *ret_none = nones > 0;
    return SVCT_EXIT_DONE;
}

static int read_services(const struct svct_call *call, size_t index,
                         struct svct_globs *ret_globs)
{
    bool none = false;
    int r = read_none(call, index, &none);

    if (r == SVCT_EXIT_DONE && !none)
        return svct_args_get_services(call, index, ret_globs);
    if (r == SVCT_EXIT_DONE)
        *ret_globs = (struct svct_globs){0};
    return r;
}

static int add_group(const struct svct_call *call, const char *name,
                     struct svct_role *role)
{
    if (svct_name_check_group(name) != 0)
        return svct_say_usage(call,
                              "--group: %s is no name of a Unix group: at "
                              "most %d letters, digits, . _ and -, beginning "
                              "with a letter or _",
                              svct_say_quote(name).text, SVCT_GROUP_NAME_MAX);
    if (svct_role_has_group(role, name))
        return svct_say_usage(call, "--group: %s is given twice",
                              svct_say_quote(name).text);
    if (role->groups_count >= SVCT_GROUPS_MAX)
        return svct_say_usage(call, "--group: at most %d of them",
                              SVCT_GROUPS_MAX);
    memcpy(role->groups[role->groups_count++], name, strlen(name) + 1);
    return SVCT_EXIT_DONE;
}

static int read_groups(const struct svct_call *call, struct svct_role *role)
{
    bool none = false;
    size_t pos = 0;
    const char *word;
    int r = read_none(call, ROLE_GROUP, &none);

    role->groups_count = 0;
    while (r == SVCT_EXIT_DONE && !none &&
           (word = svct_opts_each(&call->opts, ROLE_GROUP, &pos)) != NULL)
        r = add_group(call, word, role);
    return r;
}

static int read_role(const struct svct_call *call, struct svct_role *role)
{
    int r = read_services(call, ROLE_ALLOW, &role->allow);

    if (r == SVCT_EXIT_DONE)
        r = read_services(call, ROLE_REFUSE, &role->refuse);
    if (r == SVCT_EXIT_DONE)
        r = read_groups(call, role);
    if (r == SVCT_EXIT_DONE)
        r = svct_args_get_text(call, ROLE_DESCRIPTION, role->description);
    return r;
}

/* ---- what is good to know ---- */

/* The services that the built-in Editor is refused: they raise rights. */
static void list_raising(const struct svct_role *role, char *text, size_t size)
{
    struct svct_role editor;
    size_t len = 0;

    text[0] = '\0';
    for (unsigned i = 0; svct_role_builtin(i, &editor); i++) {
        if (strcmp(editor.name, SVCT_ROLE_EDITOR) == 0)
            break;
    }
    for (size_t i = 0; i < editor.refuse.count && len < size; i++) {
        const char *service = editor.refuse.item[i];

        if (svct_role_allows(role, service))
            len += (size_t)snprintf(text + len, size - len, "%s%s",
                                    len > 0 ? ", " : "", service);
    }
}

static void hint_raising(const struct svct_role *role)
{
    char text[160];

    list_raising(role, text, sizeof(text));
    if (text[0] != '\0' && strcmp(role->name, SVCT_ROLE_ADMIN) != 0)
        svct_say("with the role %s a service account may use %s now, where "
                 "sudoers(5) and the like let it: that can make it root",
                 role->name, text);
}

static void hint_nothing(const struct svct_role *role)
{
    if (role->allow.count == 0 && strcmp(role->name, SVCT_ROLE_NONE) != 0)
        svct_say("the role %s allows no service: whoever has it is refused "
                 "everywhere",
                 role->name);
}

/* ---- the log ---- */

static void audit_create(struct svct_audit *audit, const struct svct_role *role,
                         const char *above)
{
    svct_audit_begin(audit, "role-create");
    svct_audit_add(audit, "role", role->name);
    svct_audit_add(audit, "above", above);
    svct_trail_role(audit, role);
}

/* ---- create ---- */

static int read_create(const struct svct_call *call, struct svct_role *role)
{
    const char *name = svct_opts_operand(&call->opts, 0);

    if (svct_name_check_role(name) != 0)
        return svct_say_usage(call,
                              "%s is no name for a role: a letter first, then "
                              "letters, digits, . _ and -, at most %d",
                              svct_say_quote(name).text, SVCT_ROLE_MAX);
    if (svct_opts_get(&call->opts, ROLE_ABOVE) == NULL)
        return svct_say_usage(call,
                              "where does it stand? Give --above ROLE, the "
                              "role directly below; \"svctoken role list\" "
                              "shows their order");
    memcpy(role->name, name, strlen(name) + 1);
    return read_role(call, role);
}

static int store_new(const struct svct_call *call, struct svct_txn *txn,
                     const char *above, struct svct_role *role)
{
    struct svct_fault fault = {0};
    struct svct_audit audit;
    int r = svct_change_role_create(txn, role, above, &fault);

    if (r == 0)
        r = svct_lookup_role(svct_txn_view(txn, SVCT_PART_PRIVATE), role->name,
                             role);
    if (r < 0)
        return svct_access_give_up(call, txn, r, &fault);
    audit_create(&audit, role, above);
    return svct_access_commit(call, txn, &audit);
}

int svct_role_create(const struct svct_call *call)
{
    const char *above = svct_opts_get(&call->opts, ROLE_ABOVE);
    struct svct_role_row row = {.accounts = 0};
    struct svct_rolegroups groups;
    struct svct_role below;
    struct svct_txn *txn;
    int r = read_create(call, &row.role);

    if (r == SVCT_EXIT_DONE)
        r = svct_rolegroups_look(call, &row.role, &groups);
    if (r == SVCT_EXIT_DONE)
        r = svct_access_begin(call, false, &txn);
    if (r != SVCT_EXIT_DONE)
        return r;
    r = svct_access_role(call, svct_txn_view(txn, SVCT_PART_PRIVATE), above,
                         &below);
    if (r == SVCT_EXIT_DONE)
        r = svct_rolegroups_settle(call, txn, &row.role, &groups);
    if (r != SVCT_EXIT_DONE) {
        svct_access_drop(txn);
        return r;
    }
    r = store_new(call, txn, above, &row.role);
    if (r != SVCT_EXIT_DONE)
        return r;
    svct_say("made the role %s, directly above %s", row.role.name, above);
    hint_nothing(&row.role);
    hint_raising(&row.role);
    svct_rolegroups_say(&row.role, &groups);
    svct_role_row_look(&row);
    return svct_out_changed(call, svct_role_columns, &row);
}

/* ---- edit ---- */

static void apply(const struct svct_call *call, const struct svct_role *wanted,
                  struct svct_role *role)
{
    if (svct_opts_given(&call->opts, ROLE_ALLOW))
        role->allow = wanted->allow;
    if (svct_opts_given(&call->opts, ROLE_REFUSE))
        role->refuse = wanted->refuse;
    if (svct_opts_given(&call->opts, ROLE_GROUP)) {
        role->groups_count = wanted->groups_count;
        memcpy(role->groups, wanted->groups, sizeof(role->groups));
        memcpy(role->gids, wanted->gids, sizeof(role->gids));
    }
    if (svct_opts_given(&call->opts, ROLE_DESCRIPTION))
        memcpy(role->description, wanted->description,
               sizeof(role->description));
}

static int edit_role(const struct svct_call *call, struct svct_txn *txn,
                     const struct svct_role *wanted,
                     struct svct_rolegroups *groups, struct svct_role_row *row)
{
    const struct svct_snapshot *view = svct_txn_view(txn, SVCT_PART_PRIVATE);
    struct svct_role_users users;
    struct svct_fault fault = {0};
    struct svct_audit audit;
    struct svct_role old = row->role;
    int r;

    apply(call, wanted, &row->role);
    r = svct_rolegroups_gone(view, &old, &row->role, groups, &fault);
    if (r == 0)
        r = svct_change_role_update(txn, &row->role, &fault);
    if (r == 0 && call->opts.json)
        r = svct_change_role_users(view, old.name, &users, &fault);
    if (r < 0)
        return svct_access_give_up(call, txn, r, &fault);
    if (call->opts.json) {
        row->accounts = (int64_t)users.accounts;
        row->tokens = (int64_t)users.tokens;
    }
    svct_audit_begin(&audit, "role-edit");
    svct_audit_add(&audit, "role", row->role.name);
    svct_trail_change_role(&audit, &old, &row->role);
    return svct_access_commit(call, txn, &audit);
}

int svct_role_edit(const struct svct_call *call)
{
    const char *name = svct_opts_operand(&call->opts, 0);
    struct svct_role_row row = {.accounts = 0};
    struct svct_role wanted = {.place = 0};
    struct svct_rolegroups groups;
    struct svct_txn *txn;
    int r;

    if (!svct_opts_any(&call->opts))
        return svct_say_usage(call, "nothing to change: give --allow, "
                                    "--refuse, --group or --description");
    r = svct_args_role(call, name);
    if (r == SVCT_EXIT_DONE)
        r = read_role(call, &wanted);
    if (r == SVCT_EXIT_DONE)
        r = svct_rolegroups_look(call, &wanted, &groups);
    if (r == SVCT_EXIT_DONE)
        r = svct_access_begin(call, true, &txn); /* it may take away */
    if (r != SVCT_EXIT_DONE)
        return r;
    r = svct_access_role(call, svct_txn_view(txn, SVCT_PART_PRIVATE), name,
                         &row.role);
    if (r == SVCT_EXIT_DONE)
        r = svct_rolegroups_settle(call, txn, &wanted, &groups);
    if (r != SVCT_EXIT_DONE) {
        svct_access_drop(txn);
        return r;
    }
    r = edit_role(call, txn, &wanted, &groups, &row);
    if (r != SVCT_EXIT_DONE)
        return r;
    svct_say("changed the role %s; sessions that are open now go on", name);
    hint_nothing(&row.role);
    if (svct_opts_given(&call->opts, ROLE_ALLOW) ||
        svct_opts_given(&call->opts, ROLE_REFUSE))
        hint_raising(&row.role);
    if (svct_opts_given(&call->opts, ROLE_GROUP))
        svct_rolegroups_say(&row.role, &groups);
    svct_role_row_look(&row);
    return svct_out_changed(call, svct_role_columns, &row);
}
