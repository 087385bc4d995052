/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "dbcheck.h"

#include <stdarg.h>
#include <unistd.h>

#include "apikeycheck.h"
#include "auth/lookup.h"
#include "base/crc64.h"
#include "base/safefile.h"
#include "dbdamage.h"
#include "dbusage.h"
#include "hint.h"
#include "lost.h"
#include "rolecheck.h"
#include "write/namelist.h"

/* ---- what is gathered on the way through the file ---- */

struct gathered {
    char *item;
    size_t size; /* of one */
    size_t count;
    size_t room;
};

struct account {
    char name[SVCT_LOGIN_MAX + 1]; /* first: compared as text */
    uint32_t tokens;               /* that it says it has */
    uint32_t found;                /* that say they are its */
};

struct token {
    char id[SVCT_TOKEN_ID_LEN + 1]; /* first: compared as text */
    char account[SVCT_LOGIN_MAX + 1];
    uint64_t name;  /* hash of it */
    uint32_t paged; /* in how many places of pages */
};

struct role {
    char name[SVCT_ROLE_MAX + 1];  /* first: compared as text */
    char user[SVCT_LOGIN_MAX + 1]; /* of the first that names it */
};

struct state {
    struct svct_dbcheck *check;
    struct svct_snapshot *part[SVCT_PARTS];
    struct gathered accounts;
    struct gathered tokens;
    struct gathered roles;
    struct gathered named; /* roles that accounts and tokens name */
    uint64_t policies;
    struct svct_dbusage usage;
};

static void *item_at(const struct gathered *gathered, size_t index)
{
    return gathered->item + index * gathered->size;
}

static int gather(struct gathered *gathered, const void *item)
{
    if (gathered->count == gathered->room) {
        size_t room = gathered->room == 0 ? 64 : gathered->room * 2;
        char *more = reallocarray(gathered->item, room, gathered->size);

        if (more == NULL)
            return SVCT_E_NOMEM;
        gathered->item = more;
        gathered->room = room;
    }
    memcpy(item_at(gathered, gathered->count++), item, gathered->size);
    return 0;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void sort(struct gathered *gathered,
                 int (*compare)(const void *a, const void *b))
{
    if (gathered->count > 1)
        qsort(gathered->item, gathered->count, gathered->size, compare);
}

/* After sort by text. */
static void *find(const struct gathered *gathered, const char *text)
{
    if (gathered->count == 0)
        return NULL;
    return bsearch(text, gathered->item, gathered->count, gathered->size,
                   by_text);
}

/* ---- telling ---- */

static void __attribute__((format(printf, 2, 3)))
problem(struct state *state, const char *format, ...)
{
    char sentence[400];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    state->check->problems++;
    state->check->report(state->check->arg, sentence);
}

/* ---- the records one by one ---- */

static int take_named_role(struct state *state, const char *name,
                           const char *user)
{
    struct role role;

    for (size_t i = 0; i < state->named.count; i++) {
        if (strcmp(item_at(&state->named, i), name) == 0)
            return 0;
    }
    snprintf(role.name, sizeof(role.name), "%s", name);
    snprintf(role.user, sizeof(role.user), "%s", user);
    return gather(&state->named, &role);
}

static int take_account(struct state *state, struct svct_record *record)
{
    struct svct_account found;
    struct account account = {.found = 0};
    int r = svct_account_decode(record, &found);

    if (r < 0)
        return r;
    memcpy(account.name, found.name, sizeof(account.name));
    account.tokens = found.tokens;
    r = gather(&state->accounts, &account);
    return r < 0 ? r : take_named_role(state, found.role, found.name);
}

static int take_token(struct state *state, struct svct_record *record)
{
    struct svct_token found;
    struct token token = {.paged = 0};
    int r = svct_token_decode(record, &found);

    if (r < 0)
        return r;
    memcpy(token.id, found.id, sizeof(token.id));
    memcpy(token.account, found.account, sizeof(token.account));
    token.name = svct_crc64(0, found.name, strlen(found.name));
    r = gather(&state->tokens, &token);
    if (r == 0)
        r = svct_dbusage_take(&state->usage, &found);
    if (r == 0 && found.cap[0] != '\0')
        r = take_named_role(state, found.cap, found.account);
    return r;
}

static int take_role(struct state *state, struct svct_record *record)
{
    struct svct_role found;
    struct role role = {.user = ""};
    int r = svct_role_decode(record, &found);

    if (r < 0)
        return r;
    memcpy(role.name, found.name, sizeof(role.name));
    return gather(&state->roles, &role);
}

static int take_kind(struct state *state, int kind, struct svct_record *record)
{
    struct svct_policy policy;
    struct svct_page page;
    struct svct_rolelist rolelist;

    switch (kind) {
    case SVCT_KIND_ACCOUNT:
        return take_account(state, record);
    case SVCT_KIND_TOKEN:
        return take_token(state, record);
    case SVCT_KIND_ROLE:
        return take_role(state, record);
    case SVCT_KIND_PAGE:
        state->check->counts.pages++;
        return svct_page_decode(record, &page);
    case SVCT_KIND_POLICY:
        state->policies++;
        return svct_policy_decode(record, &policy);
    case SVCT_KIND_ROLELIST:
        return svct_rolelist_decode(record, &rolelist);
    case SVCT_KIND_SLOTS:
        return svct_slots_decode(record, &state->usage.slots);
    default:
        return SVCT_E_VERSION;
    }
}

/* A record that can't be decoded is named, and the walk goes on. */
static int take_private(void *arg, const struct svct_key *key,
                        struct svct_record *record)
{
    struct state *state = arg;
    char name[SVCT_KEY_MAX * 4 + 1] = "";
    size_t len = 0;
    int r = take_kind(state, key->data[0], record);

    if (r == 0 || r == SVCT_E_NOMEM)
        return r;
    for (size_t i = 0; i < key->len; i++)
        len += (size_t)snprintf(name + len, sizeof(name) - len, "%02x",
                                key->data[i]);
    problem(state, "private.gdbm: the record with the key %s: %s", name,
            svct_err_text(r));
    return 0;
}

static int take_public(void *arg, const struct svct_key *key,
                       struct svct_record *record)
{
    (void)arg;
    (void)key;
    (void)record;
    return 0;
}

/* ---- what must agree ---- */

static void check_roles(struct state *state)
{
    sort(&state->roles, by_text);
    for (size_t i = 0; i < state->named.count; i++) {
        const struct role *named = item_at(&state->named, i);

        if (find(&state->roles, named->name) == NULL)
            problem(state,
                    "the account %s, or a token of its, has the role "
                    "%s, which is not there",
                    named->user, named->name);
    }
    svct_rolecheck_run(state->check, state->part[SVCT_PART_PRIVATE]);
    if (state->policies != 1)
        problem(state, "there are %llu policy records, and should be 1",
                (unsigned long long)state->policies);
}

static void check_owners(struct state *state)
{
    for (size_t i = 0; i < state->tokens.count; i++) {
        const struct token *token = item_at(&state->tokens, i);
        struct account *account = find(&state->accounts, token->account);

        if (account == NULL)
            problem(state,
                    "the token %s is of the account %s, which is not "
                    "there",
                    token->id, token->account);
        else
            account->found++;
    }
}

static void check_page(struct state *state, const struct account *account,
                       const struct svct_page *page)
{
    for (size_t i = 0; i < page->count; i++) {
        struct token *token = find(&state->tokens, page->id[i]);

        if (token == NULL)
            problem(state,
                    "the account %s lists the token %s, which is not "
                    "there",
                    account->name, page->id[i]);
        else if (strcmp(token->account, account->name) != 0)
            problem(state, "the account %s lists the token %s, which is of %s",
                    account->name, page->id[i], token->account);
        else
            token->paged++;
    }
}

/* Returns how many pages the account should have. */
static uint64_t check_pages(struct state *state, const struct account *account)
{
    struct svct_account named = {.tokens = account->tokens};
    uint32_t number = 0;

    memcpy(named.name, account->name, sizeof(named.name));
    for (; number * SVCT_PAGE_IDS < account->tokens; number++) {
        struct svct_page page;
        int r = svct_lookup_page(state->part[SVCT_PART_PRIVATE], &named, number,
                                 &page);

        if (r == 0)
            check_page(state, account, &page);
        else
            problem(state, "the account %s: page %u of its tokens: %s",
                    account->name, (unsigned)number, svct_err_text(r));
    }
    return number;
}

static void check_accounts(struct state *state)
{
    uint64_t pages = 0;

    for (size_t i = 0; i < state->accounts.count; i++) {
        const struct account *account = item_at(&state->accounts, i);

        if (account->tokens != account->found)
            problem(state,
                    "the account %s says it has %u tokens, and there "
                    "are %u",
                    account->name, (unsigned)account->tokens,
                    (unsigned)account->found);
        pages += check_pages(state, account);
    }
    if (pages != state->check->counts.pages)
        problem(state, "there are %llu pages of tokens, and should be %llu",
                (unsigned long long)state->check->counts.pages,
                (unsigned long long)pages);
}

static int by_account_and_name(const void *a, const void *b)
{
    const struct token *left = a, *right = b;
    int r = strcmp(left->account, right->account);

    if (r != 0)
        return r;
    return (left->name > right->name) - (left->name < right->name);
}

static void check_tokens(struct state *state)
{
    sort(&state->tokens, by_account_and_name);
    for (size_t i = 0; i < state->tokens.count; i++) {
        const struct token *token = item_at(&state->tokens, i);
        const struct token *next =
            i + 1 < state->tokens.count ? item_at(&state->tokens, i + 1) : NULL;

        if (token->paged != 1)
            problem(state,
                    "the token %s is listed %u times in the account "
                    "%s, and should be once",
                    token->id, (unsigned)token->paged, token->account);
        if (next != NULL && by_account_and_name(token, next) == 0)
            problem(state, "the tokens %s and %s of %s have the same name",
                    token->id, next->id, token->account);
    }
}

/* So that the account or token that is hit can be set right. */
static void name_damaged(struct state *state, int dir_fd, const char *what)
{
    problem(state, "private.gdbm: %s; so the rest was not compared", what);
    svct_dbdamage_tell(state->check, state->part[SVCT_PART_PRIVATE], dir_fd,
                       state->check->current);
}

static int check_records(struct state *state, int dir_fd)
{
    struct svct_fault fault = {0};
    int r = svct_snapshot_each(state->part[SVCT_PART_PRIVATE], 0, take_private,
                               state, &fault);

    if (r == SVCT_E_NOMEM)
        return r;
    state->check->counts.accounts = state->accounts.count;
    state->check->counts.tokens = state->tokens.count;
    state->check->counts.roles = state->roles.count;
    if (r < 0) {
        name_damaged(state, dir_fd,
                     fault.code != 0 ? fault.what : svct_err_text(r));
        return 0;
    }
    sort(&state->accounts, by_text);
    sort(&state->tokens, by_text);
    check_roles(state);
    check_owners(state);
    check_accounts(state);
    check_tokens(state);
    svct_apikeycheck_run(state->check, state->part[SVCT_PART_PRIVATE]);
    return 0;
}

static void check_public(struct state *state)
{
    struct svct_fault fault = {0};
    int r = svct_snapshot_each(state->part[SVCT_PART_PUBLIC], 0, take_public,
                               state, &fault);

    if (r < 0)
        problem(state, "public.gdbm: %s",
                fault.code != 0 ? fault.what : svct_err_text(r));
}

static void check_metas(struct state *state, uint64_t sequence)
{
    const struct svct_meta *public =
        svct_snapshot_meta(state->part[SVCT_PART_PUBLIC]);
    const struct svct_meta *private =
        svct_snapshot_meta(state->part[SVCT_PART_PRIVATE]);

    state->check->meta = *private;
    if (public->sequence != sequence || private->sequence != sequence)
        problem(state,
                "the files say they are of the generations %llu and "
                "%llu, and are in %llu",
                (unsigned long long)public->sequence,
                (unsigned long long)private->sequence,
                (unsigned long long)sequence);
    if (public->committed != private->committed)
        problem(state, "the files are not of the same time");
}

/* ---- the file "names" ---- */

static void compare_names(struct state *state, const struct svct_namelist *list)
{
    uint64_t before = state->check->problems;

    for (size_t i = 0; i < list->count; i++) {
        if (i > 0 && strcmp(list->name[i - 1], list->name[i]) >= 0)
            problem(state, "names: %s is out of order", list->name[i]);
        if (find(&state->accounts, list->name[i]) == NULL)
            problem(state, "names: %s is listed and is no account",
                    list->name[i]);
    }
    for (size_t i = 0; i < state->accounts.count; i++) {
        const char *name = item_at(&state->accounts, i);

        if (list->count == 0 || bsearch(name, list->name, list->count,
                                        sizeof(*list->name), by_text) == NULL)
            problem(state, "names: the account %s is not listed", name);
    }
    state->check->names_differ = state->check->problems != before;
}

static int check_names(struct state *state, int dir_fd)
{
    struct svct_namelist list = {0};
    struct svct_fault fault = {0};
    int r = svct_namelist_read(&list, dir_fd, &fault);

    if (r == 0) {
        state->check->counts.listed = list.count;
        compare_names(state, &list);
    } else if (r != SVCT_E_NOMEM) {
        problem(state, "names: %s",
                fault.code != 0 ? fault.what : svct_err_text(r));
        r = 0;
    }
    svct_namelist_done(&list);
    return r;
}

/* ---- the file "usage" ---- */

static void tell_usage(void *arg, const char *sentence)
{
    problem(arg, "%s", sentence);
}

/* That file goes with the current generation: another commit in between can
 * be why they differ. */
static void check_usage(struct state *state, int dir_fd)
{
    uint64_t before = state->check->problems;
    bool current = state->check->current;

    svct_dbusage_compare(&state->usage, current ? dir_fd : -1, tell_usage,
                         state);
    if (current && state->check->problems != before)
        state->check->names_differ = true;
}

/* ---- all of it ---- */

static int open_parts(struct state *state, int generation_fd, bool *ret_both,
                      struct svct_fault *ret_fault)
{
    *ret_both = true;
    for (int i = 0; i < SVCT_PARTS; i++) {
        struct svct_fault fault = {0};
        int r = svct_snapshot_open_generation(generation_fd, (enum svct_part)i,
                                              &state->part[i], &fault);

        if (r == SVCT_E_NOMEM || r == SVCT_E_ACCESS) {
            *ret_fault = fault;
            return r;
        }
        if (r < 0) {
            problem(state, "%s: %s", svct_part_file((enum svct_part)i),
                    fault.code != 0 ? fault.what : svct_err_text(r));
            *ret_both = false;
        }
    }
    return 0;
}

static void check_clock(struct state *state)
{
    const struct svct_dbcheck *check = state->check;
    char words[400];

    if (svct_hint_clock_suspect(check->now, check->meta.committed))
        problem(state, "%s",
                svct_hint_clock(words, sizeof(words), check->now,
                                check->meta.committed));
}

static int check_generation(struct state *state, int dir_fd, int generation_fd,
                            struct svct_fault *fault)
{
    uint64_t before = state->check->problems;
    bool both;
    int r = open_parts(state, generation_fd, &both, fault);

    if (r < 0 || !both)
        return r;
    check_metas(state, state->check->sequence);
    check_public(state);
    r = check_records(state, dir_fd);
    if (r == 0 && state->check->problems == before && state->check->current)
        r = check_names(state, dir_fd);
    if (r == 0 && state->check->problems == before)
        check_usage(state, dir_fd);
    if (r == 0)
        check_clock(state);
    return r;
}

static int open_current(int dir_fd, int *ret_fd, uint64_t *ret_sequence,
                        struct svct_fault *fault)
{
    char name[SVCT_GENERATION_LEN + 1];
    int r = 0;

    for (int i = 0; i < 8; i++) { /* it may be pruned in between */
        r = svct_snapshot_current(dir_fd, name, ret_sequence, fault);
        if (r < 0)
            return r;
        r = svct_safefile_open_subdir(dir_fd, name, ret_fd, fault);
        if (r != SVCT_E_NOTFOUND)
            return r;
    }
    return svct_fault_set(fault, SVCT_E_DAMAGED, 0,
                          "the generation %s is not there", name);
}

static int open_wanted(struct svct_dbcheck *check, int dir_fd, int *ret_fd,
                       struct svct_fault *fault)
{
    char name[SVCT_GENERATION_LEN + 1], wanted[40];
    uint64_t sequence = 0;
    int r;

    if (check->wanted == 0) {
        check->current = true;
        return open_current(dir_fd, ret_fd, &check->sequence, fault);
    }
    svct_snapshot_current(dir_fd, name, &sequence, NULL);
    check->current = sequence == check->wanted;
    snprintf(wanted, sizeof(wanted), SVCT_GENERATION_FORMAT,
             (unsigned long long)check->wanted);
    r = svct_safefile_open_subdir(dir_fd, wanted, ret_fd, fault);
    if (r == 0)
        check->sequence = check->wanted;
    return r;
}

static int check_dir(struct state *state, const char *dir, int dir_fd,
                     struct svct_fault *fault)
{
    int generation_fd;
    int r = open_wanted(state->check, dir_fd, &generation_fd, fault);

    if (state->check->wanted == 0)
        r = svct_lost_link(dir, r, fault);
    if (r == SVCT_E_DAMAGED && fault->code != 0) {
        problem(state, "%s", fault->what);
        return 0;
    }
    if (r < 0)
        return r;
    state->check->meta.sequence = state->check->sequence;
    r = check_generation(state, dir_fd, generation_fd, fault);
    close(generation_fd);
    return r;
}

static void state_done(struct state *state)
{
    for (int i = 0; i < SVCT_PARTS; i++)
        svct_snapshot_free(state->part[i]);
    free(state->accounts.item);
    free(state->tokens.item);
    free(state->roles.item);
    free(state->named.item);
    svct_dbusage_done(&state->usage);
}

int svct_dbcheck_run(struct svct_dbcheck *check, const char *dir,
                     struct svct_fault *fault)
{
    struct state state = {
        .check = check,
        .accounts = {.size = sizeof(struct account)},
        .tokens = {.size = sizeof(struct token)},
        .roles = {.size = sizeof(struct role)},
        .named = {.size = sizeof(struct role)},
    };
    int dir_fd, r = svct_safefile_open_dir(dir, &dir_fd, fault);

    if (r < 0)
        return r;
    r = check_dir(&state, dir, dir_fd, fault);
    close(dir_fd);
    state_done(&state);
    return r;
}
