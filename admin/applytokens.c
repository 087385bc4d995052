/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "applytokens.h"

#include <stdlib.h>
#include <string.h>

void svct_applytokens_done(struct svct_applytokens *tokens)
{
    free(tokens->item);
    *tokens = (struct svct_applytokens){.item = NULL};
}

struct loading {
    struct svct_applytokens *tokens;
    int64_t now;
};

static int make_room(struct svct_applytokens *tokens)
{
    size_t room = tokens->room == 0 ? 64 : tokens->room * 2;
    void *more;

    if (tokens->count < tokens->room)
        return 0;
    more = reallocarray(tokens->item, room, sizeof(*tokens->item));
    if (more == NULL)
        return SVCT_E_NOMEM;
    tokens->item = more;
    tokens->room = room;
    return 0;
}

static int add(void *arg, const struct svct_token *token)
{
    struct loading *loading = arg;
    struct svct_applytokens_item *item;
    int r = make_room(loading->tokens);

    if (r != 0)
        return r;
    item = &loading->tokens->item[loading->tokens->count++];
    *item = (struct svct_applytokens_item){
        .live = !token->revoked && token->expires > loading->now};
    memcpy(item->name, token->name, sizeof(item->name));
    memcpy(item->id, token->id, sizeof(item->id));
    return 0;
}

static int by_name(const void *a, const void *b)
{
    const struct svct_applytokens_item *x = a, *y = b;

    return strcmp(x->name, y->name);
}

int svct_applytokens_load(struct svct_applytokens *tokens,
                          const struct svct_snapshot *snapshot,
                          const struct svct_account *account, int64_t now)
{
    struct loading loading = {tokens, now};
    int r;

    tokens->count = 0;
    if (account == NULL)
        return 0;
    r = svct_lookup_tokens_of(snapshot, account, add, &loading);
    if (r == 0 && tokens->count > 1)
        qsort(tokens->item, tokens->count, sizeof(*tokens->item), by_name);
    return r == SVCT_E_NOTFOUND ? SVCT_E_DAMAGED : r;
}

static int named(const void *name, const void *item)
{
    return strcmp(name, ((const struct svct_applytokens_item *)item)->name);
}

const struct svct_applytokens_item *svct_applytokens_find(
    struct svct_applytokens *tokens, const char *name)
{
    struct svct_applytokens_item *item = NULL;

    if (tokens->count > 0)
        item = bsearch(name, tokens->item, tokens->count, sizeof(*tokens->item),
                       named);
    if (item != NULL)
        item->listed = true;
    return item;
}
