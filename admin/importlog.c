/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "importlog.h"

#include "policy.h"
#include "rows.h"
#include "say.h"
#include "trail.h"

struct svct_importlog_item {
    enum svct_importlog_kind kind;
    bool added;
    char name[SVCT_LOGIN_MAX + 1]; /* also holds a role's name, and an id */
};

/* Looked at when the first line is formed, and not again. */
struct svct_importlog_after {
    struct svct_view view;
    bool looked;
};

_Static_assert(SVCT_ROLE_MAX <= SVCT_LOGIN_MAX, "a role's name fits");
_Static_assert(SVCT_TOKEN_ID_LEN <= SVCT_LOGIN_MAX, "an id fits");

/* ---- what was changed ---- */

int svct_importlog_begin(struct svct_importlog *log,
                         const struct svct_call *call, const char *via)
{
    *log =
        (struct svct_importlog){.call = call, .via = via, .before.dir_fd = -1};
    log->after = calloc(1, sizeof(*log->after));
    if (log->after == NULL)
        return svct_say_fault(call, SVCT_E_NOMEM, NULL);
    log->after->view.dir_fd = -1;
    return svct_access_read(call, &log->before);
}

void svct_importlog_done(struct svct_importlog *log)
{
    svct_access_done(&log->before);
    if (log->after != NULL)
        svct_access_done(&log->after->view);
    free(log->after);
    free(log->item);
    free(log->added.id);
    free(log->gone.id);
    *log = (struct svct_importlog){.before.dir_fd = -1};
}

/* Room for one more; NULL when there is none. */
static void *grown(void *items, size_t count, size_t *room, size_t size)
{
    size_t wanted = *room == 0 ? 64 : *room * 2;

    if (count < *room)
        return items;
    items = reallocarray(items, wanted, size);
    if (items != NULL)
        *room = wanted;
    return items;
}

static int note_id(struct svct_importlog_ids *ids, const char *id)
{
    void *more = grown(ids->id, ids->count, &ids->room, sizeof(*ids->id));

    if (more == NULL)
        return SVCT_E_NOMEM;
    ids->id = more;
    snprintf(ids->id[ids->count++], sizeof(*ids->id), "%s", id);
    return 0;
}

int svct_importlog_gone(struct svct_importlog *log, const char *id)
{
    return note_id(&log->gone, id);
}

int svct_importlog_note(struct svct_importlog *log,
                        enum svct_importlog_kind kind, const char *name,
                        bool added)
{
    struct svct_importlog_item *item;
    void *more;

    if (kind == SVCT_IMPORTLOG_TOKEN && added && !log->each)
        return note_id(&log->added, name);
    more = grown(log->item, log->items, &log->items_room, sizeof(*log->item));
    if (more == NULL)
        return SVCT_E_NOMEM;
    log->item = more;
    item = &log->item[log->items++];
    *item = (struct svct_importlog_item){.kind = kind, .added = added};
    snprintf(item->name, sizeof(item->name), "%s", name);
    return 0;
}

/* ---- as lines ---- */

static const struct svct_snapshot *after_of(const struct svct_importlog *log)
{
    return log->after->view.snapshot;
}

static void trail_policy(const struct svct_importlog *log,
                         struct svct_audit *audit)
{
    struct svct_policy old, policy;
    char before[40], after[40];

    svct_audit_begin(audit, "policy-set");
    if (after_of(log) == NULL ||
        svct_lookup_policy(log->before.snapshot, &old) != 0 ||
        svct_lookup_policy(after_of(log), &policy) != 0)
        return;
    for (const struct svct_column *c = svct_policy_columns; c->key; c++) {
        if (c->flags & SVCT_COLUMN_JSON)
            continue; /* it comes once more, in words */
        svct_audit_change(
            audit, c->key,
            svct_policy_value(before, sizeof(before), &old, c->key),
            svct_policy_value(after, sizeof(after), &policy, c->key));
    }
}

static void trail_role(const struct svct_importlog *log,
                       const struct svct_importlog_item *item,
                       struct svct_audit *audit)
{
    struct svct_role old, role;

    svct_audit_begin(audit, item->added ? "role-create" : "role-edit");
    svct_audit_add(audit, "role", item->name);
    if (after_of(log) == NULL ||
        svct_lookup_role(after_of(log), item->name, &role) != 0)
        return;
    if (item->added)
        svct_trail_role(audit, &role);
    else if (svct_lookup_role(log->before.snapshot, item->name, &old) == 0)
        svct_trail_change_role(audit, &old, &role);
}

static void trail_account(const struct svct_importlog *log,
                          const struct svct_importlog_item *item,
                          struct svct_audit *audit)
{
    struct svct_account old, account;

    svct_audit_begin(audit, item->added ? "account-create" : "account-edit");
    svct_audit_add(audit, "account", item->name);
    if (after_of(log) == NULL ||
        svct_lookup_account(after_of(log), item->name, &account) != 0)
        return;
    if (item->added)
        svct_trail_account(audit, &account);
    else if (svct_lookup_account(log->before.snapshot, item->name, &old) == 0)
        svct_trail_change_account(audit, &old, &account);
}

static void trail_new_token(const struct svct_importlog *log,
                            const struct svct_importlog_item *item,
                            struct svct_audit *audit)
{
    struct svct_token token;

    if (after_of(log) != NULL &&
        svct_lookup_token(after_of(log), item->name, &token) == 0) {
        svct_trail_new_token(audit, &token);
        return;
    }
    svct_audit_begin(audit, "token-create");
    svct_audit_add(audit, "id", item->name);
}

/* As the command for it has it. */
static void trail_revoked(struct svct_audit *audit, int64_t now,
                          const struct svct_token *old,
                          const struct svct_token *token)
{
    svct_trail_token(audit, "token-revoke", token);
    svct_audit_add(audit, "reason", token->revoked_reason);
    svct_audit_change(audit, "state",
                      svct_token_states[svct_token_state(old, now)], "revoked");
}

static void trail_token(const struct svct_importlog *log,
                        const struct svct_importlog_item *item,
                        struct svct_audit *audit)
{
    struct svct_token old, token;
    bool there = after_of(log) != NULL &&
                 svct_lookup_token(after_of(log), item->name, &token) == 0 &&
                 svct_lookup_token(log->before.snapshot, item->name, &old) == 0;

    if (there && log->each && token.revoked && !old.revoked) {
        trail_revoked(audit, log->call->now, &old, &token);
        token.revoked = false; /* it is said */
    } else if (there) {
        svct_trail_token(audit, "token-edit", &token);
    } else {
        svct_audit_begin(audit, "token-edit");
        svct_audit_add(audit, "id", item->name);
    }
    if (there)
        svct_trail_change_token(audit, &old, &token);
}

/* What went, for nobody can look it up any more. */
static void trail_role_gone(const struct svct_importlog *log,
                            const struct svct_importlog_item *item,
                            struct svct_audit *audit)
{
    struct svct_role old;

    svct_audit_begin(audit, "role-delete");
    svct_audit_add(audit, "role", item->name);
    if (svct_lookup_role(log->before.snapshot, item->name, &old) == 0)
        svct_trail_role(audit, &old);
}

static void trail_account_gone(const struct svct_importlog *log,
                               const struct svct_importlog_item *item,
                               struct svct_audit *audit)
{
    struct svct_account old;
    char count[16];

    svct_audit_begin(audit, "account-delete");
    svct_audit_add(audit, "account", item->name);
    if (svct_lookup_account(log->before.snapshot, item->name, &old) != 0)
        return;
    snprintf(count, sizeof(count), "%u", (unsigned)old.tokens);
    svct_audit_add(audit, "tokens", count);
    svct_trail_account(audit, &old);
}

static void item_line(const struct svct_importlog *log,
                      const struct svct_importlog_item *item,
                      struct svct_audit *audit)
{
    switch (item->kind) {
    case SVCT_IMPORTLOG_POLICY:
        trail_policy(log, audit);
        break;
    case SVCT_IMPORTLOG_ROLE:
        trail_role(log, item, audit);
        break;
    case SVCT_IMPORTLOG_ACCOUNT:
        trail_account(log, item, audit);
        break;
    case SVCT_IMPORTLOG_ROLE_GONE:
        trail_role_gone(log, item, audit);
        break;
    case SVCT_IMPORTLOG_ACCOUNT_GONE:
        trail_account_gone(log, item, audit);
        break;
    case SVCT_IMPORTLOG_TOKEN:
    default:
        if (item->added)
            trail_new_token(log, item, audit);
        else
            trail_token(log, item, audit);
    }
    svct_audit_add(audit, "via", log->via);
}

static const char *id_of(const void *arg, size_t index)
{
    const struct svct_importlog_ids *ids = arg;

    return ids->id[index];
}

/* A line of ids, from index 0 on. */
static bool ids_line(const struct svct_importlog *log, const char *action,
                     const struct svct_importlog_ids *ids, size_t index,
                     struct svct_audit *audit)
{
    if (!svct_trail_ids(audit, action, id_of, ids, ids->count, index))
        return false;
    svct_audit_add(audit, "via", log->via);
    return true;
}

/* Without the generation of the commit there are names only. */
static void look(const struct svct_importlog *log)
{
    struct svct_importlog_after *after = log->after;

    if (!after->looked &&
        svct_access_read(log->call, &after->view) != SVCT_EXIT_DONE)
        after->view = (struct svct_view){.dir_fd = -1};
    after->looked = true;
}

bool svct_importlog_more(const void *arg, size_t index,
                         struct svct_audit *ret_audit)
{
    const struct svct_importlog *log = arg;

    size_t added = svct_trail_ids_lines(log->added.count);

    if (index >= log->items + added)
        return ids_line(log, "account-deleted", &log->gone,
                        index - log->items - added, ret_audit);
    if (index >= log->items)
        return ids_line(log, "token-imported", &log->added, index - log->items,
                        ret_audit);
    look(log);
    item_line(log, &log->item[index], ret_audit);
    return true;
}
