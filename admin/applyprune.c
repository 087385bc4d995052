/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "applyprune.h"

#include <stdlib.h>
#include <string.h>

#include "applytokens.h"

void svct_applyprune_done(struct svct_applyprune *prune)
{
    svct_namelist_done(&prune->accounts);
    free(prune->id);
    *prune = (struct svct_applyprune){.id = NULL};
}

bool svct_applyprune_is_empty(const struct svct_applyprune *prune)
{
    return prune->accounts.count == 0 && prune->ids == 0 && prune->roles == 0;
}

bool svct_applyprune_is_all(const struct svct_applyprune *prune)
{
    return prune->accounts.count > 0 &&
           prune->accounts.count == prune->accounts_there;
}

bool svct_applyprune_is_tokenless(const struct svct_applyprune *prune)
{
    return prune->ids > 0 && prune->tokens_listed == 0;
}

static bool same_bytes(const void *a, const void *b, size_t count, size_t size)
{
    return count == 0 || memcmp(a, b, count * size) == 0;
}

static bool same_names(const struct svct_namelist *a,
                       const struct svct_namelist *b)
{
    for (size_t i = 0; i < a->count; i++) {
        if (strcmp(a->name[i], b->name[i]) != 0)
            return false;
    }
    return true;
}

bool svct_applyprune_same(const struct svct_applyprune *a,
                          const struct svct_applyprune *b)
{
    if (a->accounts.count != b->accounts.count || a->ids != b->ids ||
        a->roles != b->roles || !same_names(&a->accounts, &b->accounts))
        return false;
    for (size_t i = 0; i < a->roles; i++) {
        if (strcmp(a->role[i], b->role[i]) != 0)
            return false;
    }
    return same_bytes(a->id, b->id, a->ids, sizeof(*a->id));
}

/* ---- finding ---- */

struct finding {
    const struct svct_applyfile *file;
    const struct svct_snapshot *snapshot;
    int64_t now;
    struct svct_applyprune prune;
    struct svct_applytokens tokens; /* of the account at work */
};

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

static int see_account(void *arg, const struct svct_key *key,
                       struct svct_record *record)
{
    struct finding *finding = arg;
    struct svct_account account;
    int r = svct_account_decode(record, &account);

    (void)key;
    if (r != 0)
        return r;
    finding->prune.accounts_there++;
    if (svct_applyfile_has_account(finding->file, account.name))
        return 0;
    finding->prune.hosts += account.uid == 0;
    return svct_namelist_add(&finding->prune.accounts, account.name);
}

static int find_accounts(struct finding *finding, struct svct_fault *fault)
{
    struct svct_namelist *list = &finding->prune.accounts;
    int r;

    if (!finding->file->part[SVCT_APPLYPART_ACCOUNTS].given)
        return 0;
    r = svct_snapshot_each(finding->snapshot, SVCT_KIND_ACCOUNT, see_account,
                           finding, fault);
    if (r == 0 && list->count > 1)
        qsort(list->name, list->count, sizeof(*list->name), by_name);
    return r;
}

static int add_id(struct svct_applyprune *prune, const char *id)
{
    size_t room = prune->ids_room == 0 ? 64 : prune->ids_room * 2;
    void *more;

    if (prune->ids == prune->ids_room) {
        more = reallocarray(prune->id, room, sizeof(*prune->id));
        if (more == NULL)
            return SVCT_E_NOMEM;
        prune->id = more;
        prune->ids_room = room;
    }
    memcpy(prune->id[prune->ids++], id, sizeof(*prune->id));
    return 0;
}

/* Of the account before: those that no token of the file has found. */
static int end_account(struct finding *finding)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < finding->tokens.count; i++) {
        const struct svct_applytokens_item *item = &finding->tokens.item[i];

        if (item->live && !item->listed)
            r = add_id(&finding->prune, item->id);
    }
    finding->tokens.count = 0;
    return r;
}

static int begin_account(struct finding *finding,
                         const struct svct_applywant *want)
{
    struct svct_account account;
    int r = end_account(finding);

    if (r != 0 || !want->tokens)
        return r;
    r = svct_lookup_account(finding->snapshot, want->line.account.name,
                            &account);
    if (r == SVCT_E_NOTFOUND)
        return 0;
    return r == 0 ? svct_applytokens_load(&finding->tokens, finding->snapshot,
                                          &account, finding->now)
                  : r;
}

static int see_want(void *arg, const struct svct_applyplace *place,
                    const struct svct_applywant *want)
{
    struct finding *finding = arg;

    (void)place;
    if (want->line.kind == SVCT_LINE_ACCOUNT)
        return begin_account(finding, want);
    finding->prune.tokens_listed++;
    svct_applytokens_find(&finding->tokens, want->line.token.name);
    return 0;
}

static int find_tokens(struct finding *finding)
{
    int r = svct_applyfile_walk(finding->file, SVCT_APPLYPART_ACCOUNTS,
                                see_want, finding);

    return r == 0 ? end_account(finding) : r;
}

static int find_roles(struct finding *finding)
{
    struct svct_applyprune *prune = &finding->prune;
    struct svct_rolelist list;
    struct svct_role role;
    int r;

    if (!finding->file->part[SVCT_APPLYPART_ROLES].given)
        return 0;
    r = svct_lookup_rolelist(finding->snapshot, &list);
    for (size_t i = 0; r == 0 && i < list.count; i++) {
        r = svct_lookup_role(finding->snapshot, list.name[i], &role);
        if (r == 0 && !role.builtin &&
            !svct_applyfile_has_role(finding->file, role.name))
            memcpy(prune->role[prune->roles++], role.name, sizeof(role.name));
    }
    if (prune->roles > 1)
        qsort(prune->role, prune->roles, sizeof(prune->role[0]), by_name);
    return r == SVCT_E_NOTFOUND ? SVCT_E_DAMAGED : r;
}

int svct_applyprune_find(const struct svct_applyfile *file,
                         const struct svct_snapshot *snapshot, int64_t now,
                         struct svct_applyprune *ret_prune,
                         struct svct_fault *fault)
{
    struct finding *finding = calloc(1, sizeof(*finding));
    int r;

    if (finding == NULL)
        return svct_fault_set(fault, SVCT_E_NOMEM, 0, "out of memory");
    finding->file = file;
    finding->snapshot = snapshot;
    finding->now = now;
    r = find_accounts(finding, fault);
    if (r == 0)
        r = find_tokens(finding);
    if (r == 0)
        r = find_roles(finding);
    svct_applytokens_done(&finding->tokens);
    if (r == 0)
        *ret_prune = finding->prune;
    else
        svct_applyprune_done(&finding->prune);
    free(finding);
    return r;
}
