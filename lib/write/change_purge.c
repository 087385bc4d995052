/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/change_purge.h"

#include <stdlib.h>
#include <string.h>

#include "auth/lookup.h"
#include "write/edit.h"

/* ---- finding them ---- */

struct search {
    const struct svct_snapshot *snapshot;
    int64_t until; /* ended then, or before */
    size_t most;
    struct svct_account account; /* of the last token that was looked at */
    struct svct_purge found;
};

static int64_t end_of(const struct svct_token *token)
{
    return token->revoked ? token->revoked_at : token->expires;
}

static int add(struct svct_purge *purge, size_t most,
               const struct svct_token *token)
{
    struct svct_purge_item *item;

    if (purge->count == most) {
        purge->more++;
        return 0;
    }
    if (purge->count == purge->room) {
        size_t room = purge->room == 0 ? 64 : purge->room * 2;
        void *items = realloc(purge->item, room * sizeof *purge->item);

        if (items == NULL)
            return SVCT_E_NOMEM;
        purge->item = items;
        purge->room = room;
    }
    item = &purge->item[purge->count++];
    *item = (struct svct_purge_item){.revoked = token->revoked,
                                     .ended = end_of(token)};
    memcpy(item->account, token->account, sizeof item->account);
    memcpy(item->id, token->id, sizeof item->id);
    memcpy(item->name, token->name, sizeof item->name);
    return 0;
}

/* An account that lacks though a token names it is damage. */
static int consider(void *arg, const struct svct_token *token)
{
    struct search *search = arg;
    int r = 0;

    if (end_of(token) > search->until)
        return 0;
    if (strcmp(search->account.name, token->account) != 0)
        r = svct_lookup_account(search->snapshot, token->account,
                                &search->account);
    if (r != 0)
        return r == SVCT_E_NOTFOUND ? SVCT_E_DAMAGED : r;
    if (search->account.apikey) {
        search->found.apikeys++;
        return 0;
    }
    return add(&search->found, search->most, token);
}

static int consider_record(void *arg, const struct svct_key *key,
                           struct svct_record *record)
{
    struct svct_token token;
    int r = svct_token_decode(record, &token);

    (void)key;
    return r != 0 ? r : consider(arg, &token);
}

static int search_account(struct search *search, const char *name,
                          struct svct_fault *fault)
{
    struct svct_account account;
    int r = svct_lookup_account(search->snapshot, name, &account);

    if (r != 0)
        return svct_edit_lookup_fault(fault, r, "service account", name);
    r = svct_lookup_tokens_of(search->snapshot, &account, consider, search);
    return svct_edit_lookup_fault(fault, r, "tokens of", name);
}

static int search_all(struct search *search, struct svct_fault *fault)
{
    struct svct_fault what = {0};
    int r = svct_snapshot_each(search->snapshot, SVCT_KIND_TOKEN,
                               consider_record, search, &what);

    if (r != 0)
        return svct_fault_set(fault, r, what.sys_errno, "%s",
                              what.code != 0 ? what.what : svct_err_text(r));
    return 0;
}

static int by_account_and_id(const void *a, const void *b)
{
    const struct svct_purge_item *left = a, *right = b;
    int r = strcmp(left->account, right->account);

    return r != 0 ? r : strcmp(left->id, right->id);
}

/* The items of one account stand together: how many, from first on? */
static size_t run_length(const struct svct_purge *purge, size_t first)
{
    const struct svct_purge_item *item = purge->item;
    size_t end = first + 1;

    while (end < purge->count &&
           strcmp(item[end].account, item[first].account) == 0)
        end++;
    return end - first;
}

static void sort(struct svct_purge *purge)
{
    if (purge->count > 1)
        qsort(purge->item, purge->count, sizeof *purge->item,
              by_account_and_id);
    for (size_t i = 0; i < purge->count; i += run_length(purge, i))
        purge->accounts++;
}

int svct_purge_find(const struct svct_snapshot *snapshot,
                    const struct svct_purge_wish *wish,
                    struct svct_purge *ret_purge, struct svct_fault *fault)
{
    struct search search = {.snapshot = snapshot,
                            .most =
                                wish->most != 0 ? wish->most : SVCT_PURGE_MAX};
    int r;

    if (!svct_edit_is_moment(wish->now) || wish->older < 0)
        return svct_fault_set(fault, SVCT_E_RANGE, 0,
                              "there is no such time to purge until");
    search.until = wish->now - wish->older;
    r = wish->account != NULL ? search_account(&search, wish->account, fault)
                              : search_all(&search, fault);
    if (r != 0) {
        svct_purge_done(&search.found);
        return r;
    }
    sort(&search.found);
    *ret_purge = search.found;
    return 0;
}

void svct_purge_done(struct svct_purge *purge)
{
    if (purge != NULL) {
        free(purge->item);
        *purge = (struct svct_purge){0};
    }
}

bool svct_purge_same(const struct svct_purge *a, const struct svct_purge *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (by_account_and_id(&a->item[i], &b->item[i]) != 0)
            return false;
    return true;
}

/* ---- taking them out ---- */

/* The pages of an account while they are written anew, from the first on: what
 * is left moves up, so that a page is never written before it was read. */
struct packing {
    struct svct_txn *txn;
    struct svct_fault *fault;
    struct svct_account account; /* as it was */
    const struct svct_purge_item *item;
    size_t count;
    size_t gone;          /* met so far */
    struct svct_page out; /* being filled */
    uint32_t out_number;
};

static int flush(struct packing *packing)
{
    int r = svct_edit_store_page(packing->txn, packing->account.name,
                                 packing->out_number, &packing->out,
                                 packing->fault);

    packing->out_number++;
    packing->out.count = 0;
    return r;
}

static bool goes(const struct packing *packing, const char *id)
{
    struct svct_purge_item key = {.name = ""};

    memcpy(key.account, packing->account.name, sizeof key.account);
    memcpy(key.id, id, sizeof key.id);
    return bsearch(&key, packing->item, packing->count, sizeof key,
                   by_account_and_id) != NULL;
}

static int pack_page(struct packing *packing, const struct svct_page *page)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < page->count; i++) {
        if (goes(packing, page->id[i])) {
            packing->gone++;
            continue;
        }
        memcpy(packing->out.id[packing->out.count++], page->id[i],
               sizeof page->id[i]);
        if (packing->out.count == SVCT_PAGE_IDS && packing->gone > 0)
            r = flush(packing);
    }
    /* Untouched so far: it stands as it is. */
    if (packing->gone == 0 && page->count == SVCT_PAGE_IDS) {
        packing->out_number++;
        packing->out.count = 0;
    }
    return r;
}

static int delete_pages(struct packing *packing, uint32_t end)
{
    static const struct svct_page none;
    int r = 0;

    for (uint32_t n = packing->out_number; r == 0 && n < end; n++)
        r = svct_edit_store_page(packing->txn, packing->account.name, n, &none,
                                 packing->fault);
    return r;
}

static int pack_pages(struct packing *packing)
{
    const struct svct_account *account = &packing->account;
    struct svct_page page;
    uint32_t n;
    int r = 0;

    for (n = 0; r == 0 && n * SVCT_PAGE_IDS < account->tokens; n++) {
        r = svct_edit_lookup_fault(
            packing->fault,
            svct_lookup_page(svct_edit_view(packing->txn), account, n, &page),
            "page of tokens of", account->name);
        if (r == 0)
            r = pack_page(packing, &page);
    }
    if (r == 0 && packing->gone != packing->count)
        return svct_fault_set(packing->fault, SVCT_E_DAMAGED, 0,
                              "the account \"%s\" does not list all of its "
                              "tokens",
                              account->name);
    if (r == 0 && packing->out.count > 0)
        r = flush(packing);
    return r == 0 ? delete_pages(packing, n) : r;
}

static int purge_account(struct svct_txn *txn,
                         const struct svct_purge_item *item, size_t count,
                         struct svct_fault *fault)
{
    struct packing packing = {
        .txn = txn, .fault = fault, .item = item, .count = count};
    int r = svct_edit_get_account(txn, item->account, &packing.account, fault);

    if (r == 0)
        r = pack_pages(&packing);
    if (r == 0) {
        packing.account.tokens -= (uint32_t)count;
        r = svct_edit_store_account(txn, &packing.account, fault);
    }
    for (size_t i = 0; r == 0 && i < count; i++)
        r = svct_edit_delete_token(txn, item[i].id, fault);
    return r;
}

int svct_change_token_purge(struct svct_txn *txn,
                            const struct svct_purge *purge,
                            struct svct_fault *fault)
{
    size_t count;

    for (size_t i = 0; i < purge->count; i += count) {
        int r;

        count = run_length(purge, i);
        r = purge_account(txn, &purge->item[i], count, fault);
        if (r != 0)
            return r;
    }
    return 0;
}
