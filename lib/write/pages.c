/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/pages.h"

#include <string.h>

#include "auth/lookup.h"
#include "write/edit.h"

/* The id goes behind the last one; the account counts one more. */
int svct_pages_append(struct svct_txn *txn, struct svct_account *account,
                      const char *id, struct svct_fault *fault)
{
    uint32_t number = account->tokens / SVCT_PAGE_IDS;
    struct svct_page page = {.count = 0};
    int r = 0;

    if (account->tokens % SVCT_PAGE_IDS != 0)
        r = svct_edit_lookup_fault(
            fault,
            svct_lookup_page(svct_edit_view(txn), account, number, &page),
            "page of tokens of", account->name);
    if (r != 0)
        return r;
    memcpy(page.id[page.count++], id, SVCT_TOKEN_ID_LEN + 1);
    account->tokens++;
    r = svct_edit_store_page(txn, account->name, number, &page, fault);
    return r == 0 ? svct_edit_store_account(txn, account, fault) : r;
}

/* Where in the account's pages is the id? */
static int find_in_pages(const struct svct_txn *txn,
                         const struct svct_account *account, const char *id,
                         uint32_t *ret_number, struct svct_page *ret_page,
                         size_t *ret_index)
{
    for (uint32_t n = 0; n * SVCT_PAGE_IDS < account->tokens; n++) {
        int r = svct_lookup_page(svct_edit_view(txn), account, n, ret_page);

        if (r != 0)
            return r;
        for (size_t i = 0; i < ret_page->count; i++) {
            if (strcmp(ret_page->id[i], id) != 0)
                continue;
            *ret_number = n;
            *ret_index = i;
            return 0;
        }
    }
    return SVCT_E_DAMAGED;
}

/* The last id of all moves into the place of the one that goes. */
int svct_pages_remove(struct svct_txn *txn, struct svct_account *account,
                      const char *id, struct svct_fault *fault)
{
    uint32_t last_number = (account->tokens - 1) / SVCT_PAGE_IDS, number;
    struct svct_page page, last;
    size_t index;
    int r;

    r = find_in_pages(txn, account, id, &number, &page, &index);
    if (r == 0)
        r = svct_lookup_page(svct_edit_view(txn), account, last_number, &last);
    if (r != 0)
        return svct_edit_lookup_fault(fault, r, "page of tokens of",
                                      account->name);
    last.count--;
    if (number != last_number) {
        memcpy(page.id[index], last.id[last.count], sizeof page.id[0]);
        r = svct_edit_store_page(txn, account->name, number, &page, fault);
    } else if (index != last.count) {
        memcpy(last.id[index], last.id[last.count], sizeof last.id[0]);
    }
    if (r == 0)
        r = svct_edit_store_page(txn, account->name, last_number, &last, fault);
    account->tokens--;
    return r == 0 ? svct_edit_store_account(txn, account, fault) : r;
}
