/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/bulkstate.h"

#include <errno.h>
#include <string.h>

#include "auth/lookup.h"
#include "write/edit.h"

const struct svct_snapshot *svct_bulkstate_view(const struct svct_bulk *bulk)
{
    return svct_edit_view(bulk->txn);
}

int svct_bulkstate_nomem(struct svct_fault *fault)
{
    return svct_fault_set(fault, SVCT_E_NOMEM, ENOMEM, "out of memory");
}

bool svct_bulkstate_same(const struct svct_record_writer *a,
                         const struct svct_record_writer *b)
{
    return memcmp(a->value, b->value, sizeof a->value) == 0;
}

/* ---- the account at work ---- */

/* Page number of the last id; of a count that is not 0. */
static uint32_t last_page(const struct svct_account *account)
{
    return (account->tokens - 1) / SVCT_PAGE_IDS;
}

int svct_bulkstate_flush(struct svct_bulk *bulk, struct svct_fault *fault)
{
    int r = 0;

    if (bulk->page_dirty)
        r = svct_edit_store_page(bulk->txn, bulk->account.name,
                                 last_page(&bulk->account), &bulk->page, fault);
    if (r == 0 && bulk->account_dirty)
        r = svct_edit_store_account(bulk->txn, &bulk->account, fault);
    if (r == 0)
        bulk->page_dirty = bulk->account_dirty = false;
    return r;
}

void svct_bulkstate_set(struct svct_bulk *bulk,
                        const struct svct_account *account)
{
    bulk->account = *account;
    bulk->page_known = bulk->names_known = false;
}

int svct_bulkstate_enter(struct svct_bulk *bulk, const char *name,
                         struct svct_fault *fault)
{
    struct svct_account account;
    int r;

    if (strcmp(bulk->account.name, name) == 0)
        return 0;
    r = svct_bulkstate_flush(bulk, fault);
    if (r == 0)
        r = svct_edit_get_account(bulk->txn, name, &account, fault);
    if (r == 0)
        svct_bulkstate_set(bulk, &account);
    return r;
}

static int add_name(void *arg, const struct svct_token *token)
{
    return svct_bulknames_add(arg, token->name);
}

/* The names of the tokens that were stored: all but for the ids of a page that
 * is not. */
static int know_names(struct svct_bulk *bulk, struct svct_fault *fault)
{
    int r;

    if (bulk->names_known)
        return 0;
    r = svct_bulkstate_flush(bulk, fault);
    if (r != 0)
        return r;
    svct_bulknames_clear(&bulk->names);
    r = svct_lookup_tokens_of(svct_bulkstate_view(bulk), &bulk->account,
                              add_name, &bulk->names);
    if (r == SVCT_E_NOMEM)
        return svct_bulkstate_nomem(fault);
    if (r == SVCT_E_NOTFOUND || r == SVCT_E_EXISTS)
        r = SVCT_E_DAMAGED;
    bulk->names_known = r == 0;
    return svct_edit_lookup_fault(fault, r, "service account",
                                  bulk->account.name);
}

static int know_page(struct svct_bulk *bulk, struct svct_fault *fault)
{
    int r = 0;

    if (bulk->page_known)
        return 0;
    bulk->page.count = 0;
    if (bulk->account.tokens % SVCT_PAGE_IDS != 0)
        r = svct_lookup_page(svct_bulkstate_view(bulk), &bulk->account,
                             last_page(&bulk->account), &bulk->page);
    if (r == SVCT_E_NOTFOUND)
        r = SVCT_E_DAMAGED;
    bulk->page_known = r == 0;
    return svct_edit_lookup_fault(fault, r, "page of tokens of",
                                  bulk->account.name);
}

/* The id goes behind the last one. */
int svct_bulkstate_append(struct svct_bulk *bulk, const char *id,
                          struct svct_fault *fault)
{
    int r = know_page(bulk, fault);

    if (r == 0 && bulk->page.count == SVCT_PAGE_IDS)
        r = svct_bulkstate_flush(bulk, fault);
    if (r != 0)
        return r;
    if (bulk->page.count == SVCT_PAGE_IDS)
        bulk->page.count = 0;
    memcpy(bulk->page.id[bulk->page.count++], id, SVCT_TOKEN_ID_LEN + 1);
    bulk->account.tokens++;
    bulk->page_dirty = bulk->account_dirty = true;
    return 0;
}

int svct_bulkstate_take_name(struct svct_bulk *bulk, const char *name,
                             struct svct_fault *fault)
{
    int r = know_names(bulk, fault);

    if (r != 0)
        return r;
    r = svct_bulknames_add(&bulk->names, name);
    if (r == SVCT_E_EXISTS)
        return svct_fault_set(fault, r, 0, "\"%s\" has a token \"%s\" already",
                              bulk->account.name, name);
    return r == 0 ? 0 : svct_bulkstate_nomem(fault);
}
