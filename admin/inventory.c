/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "inventory.h"

#include "base/siphash.h"
#include "hint.h"
#include "progress.h"

/* Of an account, what its tokens have to know. */
struct known {
    uint64_t hash; /* of its name */
    int64_t expires;
    uint32_t live; /* tokens */
    uint8_t role;  /* its place in the inventory */
    uint8_t state;
};

struct gather {
    const struct svct_snapshot *snapshot;
    struct svct_inventory *inventory;
    struct svct_fault *fault;
    struct known *known; /* sorted by hash before tokens are looked at */
    size_t count;
    size_t room;
    struct svct_progress progress;
    uint64_t done; /* records */
};

/* ---- orders of the lists ---- */

static int by_number(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int by_names(const void *a, const void *b)
{
    const struct svct_inventory_token *left = a, *right = b;
    int r = strcmp(left->account, right->account);

    return r != 0 ? r : strcmp(left->name, right->name);
}

static int by_end(const void *a, const void *b)
{
    const struct svct_inventory_token *left = a, *right = b;
    int r = by_number(left->ends, right->ends);

    return r != 0 ? r : by_names(a, b);
}

static int by_creation(const void *a, const void *b)
{
    const struct svct_inventory_token *left = a, *right = b;
    int r = by_number(left->created, right->created);

    return r != 0 ? r : by_names(a, b);
}

static int64_t idle_since(const struct svct_inventory_token *token)
{
    return token->seen.last_used != 0 ? token->seen.last_used : token->created;
}

static int by_use(const void *a, const void *b)
{
    int r = by_number(idle_since(a), idle_since(b));

    return r != 0 ? r : by_names(a, b);
}

static int by_name(const void *a, const void *b)
{
    const struct svct_inventory_account *left = a, *right = b;

    return strcmp(left->name, right->name);
}

/* ---- roles ---- */

static int by_place(const void *a, const void *b)
{
    const struct svct_inventory_role *left = a, *right = b;

    return by_number(left->place, right->place);
}

static int gather_roles(struct gather *gather)
{
    struct svct_inventory *inventory = gather->inventory;
    struct svct_rolelist list;
    struct svct_role role;
    int r = svct_lookup_rolelist(gather->snapshot, &list);

    for (unsigned i = 0; r == 0 && i < list.count; i++) {
        struct svct_inventory_role *row = &inventory->role[i];

        r = svct_lookup_role(gather->snapshot, list.name[i], &role);
        if (r < 0)
            break;
        snprintf(row->name, sizeof(row->name), "%s", role.name);
        row->place = role.place;
        inventory->roles = i + 1;
    }
    if (r < 0)
        return svct_fault_set(gather->fault,
                              r == SVCT_E_NOTFOUND ? SVCT_E_DAMAGED : r, 0,
                              "the roles: %s", svct_err_text(r));
    qsort(inventory->role, inventory->roles, sizeof(inventory->role[0]),
          by_place);
    return 0;
}

/* Its index; of what: for the fault. */
static int find_role(const struct gather *gather, const char *name,
                     const char *of, uint8_t *ret_index)
{
    for (size_t i = 0; i < gather->inventory->roles; i++) {
        if (strcmp(gather->inventory->role[i].name, name) == 0) {
            *ret_index = (uint8_t)i;
            return 0;
        }
    }
    return svct_fault_set(gather->fault, SVCT_E_DAMAGED, 0,
                          "%s has the role %s, which is not there", of, name);
}

/* ---- accounts ---- */

/* A name stands for itself as well as its hash does: nobody finds two names
 * with the same. */
static uint64_t hash_of(const char *name)
{
    static const uint64_t key[2] = {UINT64_C(0x696e76656e746f72),
                                    UINT64_C(0x79206f66206e616d)};

    return svct_siphash(key, name, strlen(name));
}

static int by_hash(const void *a, const void *b)
{
    const struct known *left = a, *right = b;

    return (left->hash > right->hash) - (left->hash < right->hash);
}

static struct known *find_known(const struct gather *gather, const char *name)
{
    struct known wanted = {.hash = hash_of(name)};

    if (gather->count == 0)
        return NULL;
    return bsearch(&wanted, gather->known, gather->count, sizeof(wanted),
                   by_hash);
}

static int keep_known(struct gather *gather, const struct known *known)
{
    if (gather->count == gather->room) {
        size_t room = gather->room == 0 ? 256 : gather->room * 2;
        struct known *more = reallocarray(gather->known, room, sizeof(*more));

        if (more == NULL)
            return SVCT_E_NOMEM;
        gather->known = more;
        gather->room = room;
    }
    gather->known[gather->count++] = *known;
    return 0;
}

static int list_account(struct svct_inventory *inventory,
                        const struct svct_account *account,
                        enum svct_account_state state)
{
    struct svct_inventory_account row = {.state = state,
                                         .apikey = account->apikey,
                                         .expires = account->expires,
                                         .created = account->created,
                                         .tokens = account->tokens};

    if (!inventory->wish.all)
        return 0;
    memcpy(row.name, account->name, sizeof(row.name));
    memcpy(row.description, account->description, sizeof(row.description));
    memcpy(row.role, account->role, sizeof(row.role));
    return svct_firstof_add(&inventory->accounts, &row);
}

static int take_account(struct gather *gather,
                        const struct svct_account *account)
{
    struct svct_inventory *inventory = gather->inventory;
    enum svct_account_state state =
        svct_account_state(account, inventory->wish.now);
    struct known known = {.hash = hash_of(account->name),
                          .expires = account->expires,
                          .state = (uint8_t)state};
    int r = find_role(gather, account->role, account->name, &known.role);

    if (r < 0)
        return r;
    inventory->counts.accounts++;
    inventory->counts.accounts_in[state]++;
    inventory->counts.apikeys += account->apikey;
    inventory->role[known.role].accounts++;
    r = keep_known(gather, &known);
    return r == 0 ? list_account(inventory, account, state) : r;
}

static void progress(struct gather *gather)
{
    svct_progress_at(&gather->progress, ++gather->done,
                     gather->inventory->counts.tokens);
}

/* Of other records only the keys are read here: they come in the next walk. */
static int gather_accounts(struct gather *gather)
{
    struct svct_place place = {.seen = 0};
    struct svct_account account;
    struct svct_value value;
    int r;

    while ((r = svct_snapshot_next(gather->snapshot, &place)) == 0) {
        progress(gather);
        if (place.key.data[0] != SVCT_KIND_ACCOUNT)
            continue;
        r = svct_snapshot_fetch(gather->snapshot, &place.key, SVCT_KIND_ACCOUNT,
                                &value);
        if (r == 0)
            r = svct_account_decode(&value.record, &account);
        if (r == 0)
            r = take_account(gather, &account);
        if (r < 0)
            return r == SVCT_E_NOTFOUND ? SVCT_E_DAMAGED : r;
    }
    if (r != SVCT_E_NOTFOUND)
        return r;
    if (gather->count > 1)
        qsort(gather->known, gather->count, sizeof(*gather->known), by_hash);
    return 0;
}

/* ---- tokens ---- */

static void fill_token(struct svct_inventory_token *row,
                       const struct svct_token_row *from,
                       const struct svct_inventory *inventory,
                       const struct known *known, size_t role)
{
    const struct svct_token *token = &from->token;

    *row = (struct svct_inventory_token){
        .state = svct_token_row_state(from, inventory->wish.now),
        .account_state = (enum svct_account_state)known->state,
        .ends =
            token->expires < known->expires ? token->expires : known->expires,
        .created = token->created,
        .use_known = from->use_known,
        .seen = from->seen};
    memcpy(row->account, token->account, sizeof(row->account));
    memcpy(row->name, token->name, sizeof(row->name));
    memcpy(row->id, token->id, sizeof(row->id));
    memcpy(row->comment, token->comment, sizeof(row->comment));
    memcpy(row->role, inventory->role[role].name, sizeof(row->role));
}

static bool may_open(const struct svct_inventory_token *token)
{
    return token->state == SVCT_TOKEN_ACTIVE ||
           token->state == SVCT_TOKEN_WAITS;
}

static int note_end(struct svct_inventory *inventory,
                    const struct svct_inventory_token *token)
{
    struct svct_inventory_counts *counts = &inventory->counts;
    int64_t left = token->ends - inventory->wish.now;
    const int64_t day = 86400;

    counts->ending[svct_timescale_place(left, SVCT_INVENTORY_BARS)]++;
    counts->within_day += left <= day;
    counts->within_week += left <= 7 * day;
    counts->within_month += left <= 30 * day;
    return svct_firstof_add(&inventory->next, token);
}

/* role: its place; unused: it is. */
static int take_live(struct svct_inventory *inventory,
                     const struct svct_inventory_token *token, size_t role,
                     bool unused)
{
    bool immortal = token->ends == SVCT_TIME_NEVER;
    int r;

    inventory->counts.live++;
    inventory->role[role].tokens++;
    inventory->counts.immortal += immortal;
    inventory->role[role].immortal += immortal;
    inventory->counts.unused += unused;
    inventory->role[role].unused += unused;
    r = immortal ? svct_firstof_add(&inventory->immortals, token)
                 : note_end(inventory, token);
    if (r == 0 && unused)
        r = svct_firstof_add(&inventory->unused_list, token);
    return r;
}

/* The roles are sorted by their place: the lower index is the lower role. */
static int find_token_role(const struct gather *gather,
                           const struct svct_token *token,
                           const struct known *known, size_t *ret_role)
{
    uint8_t cap = known->role;
    int r = 0;

    if (token->cap[0] != '\0')
        r = find_role(gather, token->cap, token->id, &cap);
    if (r == 0)
        *ret_role = cap < known->role ? cap : known->role;
    return r;
}

static int take_token(struct gather *gather, const struct svct_token *token)
{
    struct svct_inventory *inventory = gather->inventory;
    struct known *known = find_known(gather, token->account);
    struct svct_token_row from = {.token = *token};
    struct svct_inventory_token row;
    size_t role = 0;
    int r;

    if (known == NULL)
        return svct_fault_set(gather->fault, SVCT_E_DAMAGED, 0,
                              "the token %s is of the account %s, which is not "
                              "there",
                              token->id, token->account);
    r = find_token_role(gather, token, known, &role);
    if (r < 0)
        return r;
    svct_lastuse_read(&inventory->lastuse, &from);
    fill_token(&row, &from, inventory, known, role);
    inventory->counts.tokens++;
    inventory->counts.tokens_in[row.state]++;
    if (inventory->wish.all)
        r = svct_firstof_add(&inventory->tokens, &row);
    if (r < 0 || !may_open(&row))
        return r;
    if (row.account_state != SVCT_ACCOUNT_ACTIVE) {
        inventory->counts.shut++;
        return 0;
    }
    known->live++;
    return take_live(inventory, &row, role,
                     row.state == SVCT_TOKEN_ACTIVE &&
                         svct_lastuse_unused(&from, inventory->wish.now,
                                             inventory->wish.unused));
}

static int see(void *arg, const struct svct_key *key,
               struct svct_record *record)
{
    struct gather *gather = arg;
    struct svct_token token;
    int r;

    progress(gather);
    if (key->data[0] != SVCT_KIND_TOKEN)
        return 0;
    r = svct_token_decode(record, &token);
    return r < 0 ? r : take_token(gather, &token);
}

/* ---- the whole ---- */

static void count_live(struct gather *gather)
{
    struct svct_firstof *accounts = &gather->inventory->accounts;

    for (size_t i = 0; i < accounts->count; i++) {
        struct svct_inventory_account *row = svct_firstof_at(accounts, i);
        const struct known *known = find_known(gather, row->name);

        if (known != NULL)
            row->live = known->live;
    }
}

static struct svct_firstof list_of(size_t size, size_t most,
                                   int (*compare)(const void *a, const void *b))
{
    return (struct svct_firstof){
        .size = size, .most = most, .compare = compare};
}

static void begin(struct svct_inventory *inventory,
                  const struct svct_view *view,
                  const struct svct_inventory_wish *wish)
{
    const size_t token = sizeof(struct svct_inventory_token);

    *inventory = (struct svct_inventory){
        .wish = *wish,
        .meta = *svct_snapshot_meta(view->snapshot),
        .next = list_of(token, wish->rows, by_end),
        .immortals = list_of(token, wish->rows, by_creation),
        .unused_list = list_of(token, wish->rows, by_use),
        .accounts =
            list_of(sizeof(struct svct_inventory_account), wish->rows, by_name),
        .tokens = list_of(token, wish->rows, by_names),
    };
    inventory->clock_suspect =
        svct_hint_clock_suspect(wish->now, inventory->meta.committed);
    svct_dbsize_look(view->dir_fd, inventory->meta.sequence, &inventory->size);
    svct_lastuse_open(&inventory->lastuse, view->dir_fd);
}

static void end(struct gather *gather)
{
    struct svct_inventory *inventory = gather->inventory;

    svct_lastuse_close(&inventory->lastuse);
    svct_firstof_sort(&inventory->next);
    svct_firstof_sort(&inventory->immortals);
    svct_firstof_sort(&inventory->unused_list);
    svct_firstof_sort(&inventory->accounts);
    svct_firstof_sort(&inventory->tokens);
    count_live(gather);
    free(gather->known);
}

int svct_inventory_gather(const struct svct_view *view,
                          const struct svct_inventory_wish *wish,
                          struct svct_inventory *ret_inventory,
                          struct svct_fault *fault)
{
    struct gather gather = {
        .snapshot = view->snapshot, .inventory = ret_inventory, .fault = fault};
    int r;

    begin(ret_inventory, view, wish);
    svct_progress_begin(&gather.progress, "looking",
                        2 * ret_inventory->meta.records);
    r = gather_roles(&gather);
    if (r == 0)
        r = gather_accounts(&gather);
    if (r == 0)
        r = svct_snapshot_each(view->snapshot, 0, see, &gather, fault);
    svct_progress_end(&gather.progress);
    end(&gather);
    return r;
}

void svct_inventory_done(struct svct_inventory *inventory)
{
    svct_firstof_done(&inventory->next);
    svct_firstof_done(&inventory->immortals);
    svct_firstof_done(&inventory->unused_list);
    svct_firstof_done(&inventory->accounts);
    svct_firstof_done(&inventory->tokens);
}
