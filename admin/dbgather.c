/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "dbgather.h"

#include "base/crc64.h"

/* ---- the arrays ---- */

void *svct_gathered_at(const struct svct_gathered *gathered, size_t index)
{
    return gathered->item + index * gathered->size;
}

static int append(struct svct_gathered *gathered, const void *item)
{
    if (gathered->count == gathered->room) {
        size_t room = gathered->room == 0 ? 64 : gathered->room * 2;
        char *more = reallocarray(gathered->item, room, gathered->size);

        if (more == NULL)
            return SVCT_E_NOMEM;
        gathered->item = more;
        gathered->room = room;
    }
    memcpy(svct_gathered_at(gathered, gathered->count++), item, gathered->size);
    return 0;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

void svct_gathered_sort(struct svct_gathered *gathered,
                        int (*compare)(const void *a, const void *b))
{
    if (gathered->count > 1)
        qsort(gathered->item, gathered->count, gathered->size, compare);
}

void *svct_gathered_find(const struct svct_gathered *gathered, const char *text)
{
    if (gathered->count == 0)
        return NULL;
    return bsearch(text, gathered->item, gathered->count, gathered->size,
                   by_text);
}

/* ---- the records one by one ---- */

static int take_named_role(struct svct_dbgather *gather, const char *name,
                           const char *user)
{
    struct svct_gathered_role role;

    for (size_t i = 0; i < gather->named.count; i++) {
        if (strcmp(svct_gathered_at(&gather->named, i), name) == 0)
            return 0;
    }
    snprintf(role.name, sizeof(role.name), "%s", name);
    snprintf(role.user, sizeof(role.user), "%s", user);
    return append(&gather->named, &role);
}

static int take_account(struct svct_dbgather *gather,
                        struct svct_record *record)
{
    struct svct_account found;
    struct svct_gathered_account account = {.found = 0};
    int r = svct_account_decode(record, &found);

    if (r < 0)
        return r;
    memcpy(account.name, found.name, sizeof(account.name));
    account.tokens = found.tokens;
    r = append(&gather->accounts, &account);
    return r < 0 ? r : take_named_role(gather, found.role, found.name);
}

static int take_token(struct svct_dbgather *gather, struct svct_record *record)
{
    struct svct_token found;
    struct svct_gathered_token token = {.paged = 0};
    int r = svct_token_decode(record, &found);

    if (r < 0)
        return r;
    memcpy(token.id, found.id, sizeof(token.id));
    memcpy(token.account, found.account, sizeof(token.account));
    token.name = svct_crc64(0, found.name, strlen(found.name));
    r = append(&gather->tokens, &token);
    if (r == 0)
        r = svct_dbusage_take(&gather->usage, &found);
    if (r == 0 && found.cap[0] != '\0')
        r = take_named_role(gather, found.cap, found.account);
    return r;
}

static int take_role(struct svct_dbgather *gather, struct svct_record *record)
{
    struct svct_role found;
    struct svct_gathered_role role = {.user = ""};
    int r = svct_role_decode(record, &found);

    if (r < 0)
        return r;
    memcpy(role.name, found.name, sizeof(role.name));
    return append(&gather->roles, &role);
}

static int take_kind(struct svct_dbgather *gather, int kind,
                     struct svct_record *record)
{
    struct svct_policy policy;
    struct svct_page page;
    struct svct_rolelist rolelist;

    switch (kind) {
    case SVCT_KIND_ACCOUNT:
        return take_account(gather, record);
    case SVCT_KIND_TOKEN:
        return take_token(gather, record);
    case SVCT_KIND_ROLE:
        return take_role(gather, record);
    case SVCT_KIND_PAGE:
        gather->check->counts.pages++;
        return svct_page_decode(record, &page);
    case SVCT_KIND_POLICY:
        gather->policies++;
        return svct_policy_decode(record, &policy);
    case SVCT_KIND_ROLELIST:
        return svct_rolelist_decode(record, &rolelist);
    case SVCT_KIND_SLOTS:
        return svct_slots_decode(record, &gather->usage.slots);
    default:
        return SVCT_E_VERSION;
    }
}

/* A record that can't be decoded is named, and the walk goes on. */
static int take_private(void *arg, const struct svct_key *key,
                        struct svct_record *record)
{
    struct svct_dbgather *gather = arg;
    char name[SVCT_KEY_MAX * 4 + 1] = "";
    size_t len = 0;
    int r = take_kind(gather, key->data[0], record);

    if (r == 0 || r == SVCT_E_NOMEM)
        return r;
    for (size_t i = 0; i < key->len; i++)
        len += (size_t)snprintf(name + len, sizeof(name) - len, "%02x",
                                key->data[i]);
    svct_dbcheck_problem(gather->check,
                         "private.gdbm: the record with the key %s: %s", name,
                         svct_err_text(r));
    return 0;
}

/* ---- all of them ---- */

void svct_dbgather_init(struct svct_dbgather *gather,
                        struct svct_dbcheck *check)
{
    *gather = (struct svct_dbgather){
        .check = check,
        .accounts = {.size = sizeof(struct svct_gathered_account)},
        .tokens = {.size = sizeof(struct svct_gathered_token)},
        .roles = {.size = sizeof(struct svct_gathered_role)},
        .named = {.size = sizeof(struct svct_gathered_role)},
    };
}

void svct_dbgather_done(struct svct_dbgather *gather)
{
    free(gather->accounts.item);
    free(gather->tokens.item);
    free(gather->roles.item);
    free(gather->named.item);
    svct_dbusage_done(&gather->usage);
}

int svct_dbgather_read(struct svct_dbgather *gather,
                       const struct svct_snapshot *snapshot,
                       struct svct_fault *fault)
{
    struct svct_dbcheck_counts *counts = &gather->check->counts;
    int r = svct_snapshot_each(snapshot, 0, take_private, gather, fault);

    if (r == SVCT_E_NOMEM)
        return r;
    counts->accounts = gather->accounts.count;
    counts->tokens = gather->tokens.count;
    counts->roles = gather->roles.count;
    if (r < 0)
        return r;
    svct_gathered_sort(&gather->accounts, by_text);
    svct_gathered_sort(&gather->tokens, by_text);
    svct_gathered_sort(&gather->roles, by_text);
    return 0;
}
