/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "access.h"
#include "args.h"
#include "auth/terms.h"
#include "ending.h"
#include "lastuse.h"
#include "rows.h"
#include "say.h"
#include "token.h"
#include "write/namelist.h"

enum {
    LIST_STATE,
    LIST_EXPIRING,
    LIST_UNUSED,
    LIST_QUIET
};

const struct svct_opt svct_token_list_options[] = {
    [LIST_STATE] = {"state", "STATE", 0,
                    "only those that are active, not-yet-valid, expired, "
                    "disabled, revoked or used-up"},
    [LIST_EXPIRING] = {"expiring", "DURATION|soon", 0,
                       "only those that will expire within that time from "
                       "now, or soon as the policy has it (and are not "
                       "revoked)"},
    [LIST_UNUSED] = {"unused", "DURATION", 0,
                     "only those that were last used that long ago or "
                     "earlier, or never and were made that long ago"},
    [LIST_QUIET] = {"quiet", NULL, 0, "say nothing when there is none"},
    {NULL, NULL, 0, NULL},
};

/*
 * Few rows are kept, and sorted. Where there are more, only the names of
 * accounts are: the tokens of each are then read and sorted when it is its
 * turn, so that what is in memory at once are the tokens of one account.
 */
#define KEPT_MAX 1000

struct listing {
    const struct svct_call *call;
    const struct svct_snapshot *snapshot;
    size_t state; /* SIZE_MAX: any */
    struct svct_ending ending;
    int64_t unused; /* seconds; 0: any */
    struct svct_lastuse lastuse;
    struct svct_token_memo memo;
    bool many;                     /* rows are not kept */
    struct svct_rows rows;         /* all, or those of one account */
    struct svct_namelist accounts; /* that have a token */
    uint64_t there;                /* tokens in the database */
    uint64_t listed;               /* tokens that accounts say they have */
    uint64_t shown;                /* in one walk */
    struct svct_rows closed;       /* struct closed, in one walk */
};

/* An account that is not active, and is shown with a token. */
struct closed {
    char name[SVCT_LOGIN_MAX + 1];
    enum svct_account_state state;
};

/* ---- which ---- */

static bool is_wanted(const struct listing *listing,
                      const struct svct_token_row *row)
{
    const struct svct_token *token = &row->token;
    int64_t now = listing->call->now;

    if (listing->state != SIZE_MAX &&
        listing->state != svct_token_row_state(row, now))
        return false;
    if (listing->unused != 0 && !svct_lastuse_unused(row, now, listing->unused))
        return false;
    if (token->revoked && (listing->ending.soon || listing->ending.within != 0))
        return false;
    return svct_ending_is(&listing->ending, svct_terms_begun(token),
                          token->expires, now);
}

/* Adds the row of a token, if it is wanted. */
static int collect(void *arg, const struct svct_token *token)
{
    struct listing *listing = arg;
    struct svct_token_row row = {.token = *token};

    svct_lastuse_read(&listing->lastuse, &row);
    if (!is_wanted(listing, &row))
        return 0;
    return svct_rows_add(&listing->rows, &row, sizeof(row));
}

/* ---- few or many? ---- */

static int see_token(void *arg, const struct svct_token *token)
{
    struct listing *listing = arg;
    int r;

    if (listing->many)
        return 0;
    r = collect(listing, token);
    if (listing->rows.count > KEPT_MAX) {
        listing->many = true;
        svct_rows_done(&listing->rows);
    }
    return r;
}

static int see_account(struct listing *listing, struct svct_record *record)
{
    struct svct_account account;
    int r = svct_account_decode(record, &account);

    if (r < 0 || account.tokens == 0)
        return r;
    listing->listed += account.tokens;
    return svct_namelist_add(&listing->accounts, account.name);
}

static int see(void *arg, const struct svct_key *key,
               struct svct_record *record)
{
    struct listing *listing = arg;
    struct svct_token token;
    int r;

    if (key->data[0] == SVCT_KIND_ACCOUNT)
        return see_account(listing, record);
    if (key->data[0] != SVCT_KIND_TOKEN)
        return 0;
    listing->there++;
    if (listing->many)
        return 0;
    r = svct_token_decode(record, &token);
    return r < 0 ? r : see_token(listing, &token);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* A token that no account lists would be left out of many in silence. */
static int look_at_all(struct listing *listing, struct svct_fault *fault)
{
    struct svct_namelist *accounts = &listing->accounts;
    int r = svct_snapshot_each(listing->snapshot, 0, see, listing, fault);

    if (r == 0 && listing->many && listing->there != listing->listed)
        return svct_fault_set(fault, SVCT_E_DAMAGED, 0,
                              "%llu tokens are listed, and %llu are there",
                              (unsigned long long)listing->listed,
                              (unsigned long long)listing->there);
    if (r == 0 && accounts->count > 1)
        qsort(accounts->name, accounts->count, sizeof(*accounts->name),
              by_name);
    return r;
}

static int look_at_one(struct listing *listing, const char *name)
{
    struct svct_account account;
    int r = svct_lookup_account(listing->snapshot, name, &account);

    if (r == 0)
        r = svct_lookup_tokens_of(listing->snapshot, &account, see_token,
                                  listing);
    return r < 0 ? r : svct_namelist_add(&listing->accounts, name);
}

/* ---- rows in their order ---- */

/* Rows of one account stand together: it is looked up once. */
static int complete_all(struct listing *listing)
{
    struct svct_account account = {.name = ""};

    for (size_t i = 0; i < listing->rows.count; i++) {
        struct svct_token_row *row = listing->rows.row[i];
        int r = 0;

        if (strcmp(account.name, row->token.account) != 0)
            r = svct_lookup_account(listing->snapshot, row->token.account,
                                    &account);
        if (r == 0)
            r = svct_token_row_complete_next(listing->snapshot, &account,
                                             listing->call->now, &listing->memo,
                                             row);
        if (r < 0)
            return r == SVCT_E_NOTFOUND ? SVCT_E_DAMAGED : r;
    }
    return 0;
}

static int order(struct listing *listing)
{
    svct_rows_sort(&listing->rows, svct_token_compare);
    return complete_all(listing);
}

static int note_closed(struct listing *listing,
                       const struct svct_token_row *row)
{
    const struct svct_rows *rows = &listing->closed;
    struct closed closed = {.state = row->account_state};
    const struct closed *last =
        rows->count > 0 ? rows->row[rows->count - 1] : NULL;

    if (row->account_state == SVCT_ACCOUNT_ACTIVE ||
        (last != NULL && strcmp(last->name, row->token.account) == 0))
        return 0;
    snprintf(closed.name, sizeof(closed.name), "%s", row->token.account);
    return svct_rows_add(&listing->closed, &closed, sizeof(closed));
}

static int put_rows(struct listing *listing, svct_out_put_fn *put,
                    void *put_arg)
{
    for (size_t i = 0; i < listing->rows.count; i++) {
        int r = note_closed(listing, listing->rows.row[i]);

        r = r < 0 ? svct_say_fault(listing->call, r, NULL)
                  : put(put_arg, listing->rows.row[i]);
        if (r != SVCT_EXIT_DONE)
            return r;
        listing->shown++;
    }
    return SVCT_EXIT_DONE;
}

static int put_account(struct listing *listing, const char *name,
                       svct_out_put_fn *put, void *put_arg)
{
    struct svct_account account;
    int r = svct_lookup_account(listing->snapshot, name, &account);

    if (r == 0)
        r = svct_lookup_tokens_of(listing->snapshot, &account, collect,
                                  listing);
    if (r == 0)
        r = order(listing);
    if (r < 0)
        r = svct_say_code(listing->call,
                          r == SVCT_E_NOTFOUND ? SVCT_E_DAMAGED : r,
                          "the tokens of %s", name);
    else
        r = put_rows(listing, put, put_arg);
    svct_rows_done(&listing->rows);
    return r;
}

static int walk(void *arg, svct_out_put_fn *put, void *put_arg)
{
    struct listing *listing = arg;
    int r = SVCT_EXIT_DONE;

    listing->shown = 0;
    svct_rows_done(&listing->closed);
    if (!listing->many)
        return put_rows(listing, put, put_arg);
    listing->lastuse.odd = 0;
    for (size_t i = 0; r == SVCT_EXIT_DONE && i < listing->accounts.count; i++)
        r = put_account(listing, listing->accounts.name[i], put, put_arg);
    return r;
}

/* ---- the list ---- */

/* That tokens look active and are not is told: once an account. */
static void say_closed_accounts(const struct listing *listing)
{
    for (size_t i = 0; i < listing->closed.count; i++) {
        const struct closed *closed = listing->closed.row[i];

        svct_say("the service account %s is %s: its tokens open nothing as "
                 "long as that lasts",
                 closed->name, svct_account_states[closed->state]);
    }
}

static int look(struct listing *listing)
{
    const char *name = svct_opts_operand(&listing->call->opts, 0);
    struct svct_fault fault = {0};
    int r = svct_ending_ready(listing->snapshot, &listing->ending);

    if (r == 0)
        r = name != NULL ? look_at_one(listing, name)
                         : look_at_all(listing, &fault);
    if (r == 0 && !listing->many)
        r = order(listing);
    return r < 0 ? svct_say_fault(listing->call, r, &fault) : SVCT_EXIT_DONE;
}

/* For a timer, whose words somebody has to read. */
static bool may_be_silent(const struct listing *listing)
{
    const struct svct_call *call = listing->call;

    return svct_opts_given(&call->opts, LIST_QUIET) && !call->opts.json &&
           !listing->many && listing->rows.count == 0;
}

static int print_list(struct listing *listing)
{
    int r = look(listing);

    if (r != SVCT_EXIT_DONE || may_be_silent(listing))
        return r;
    r = svct_out_walk(listing->call, "tokens", svct_token_columns, walk,
                      listing);
    fflush(stdout); /* these words come after the table */
    if (r == SVCT_EXIT_DONE && !listing->call->opts.json)
        say_closed_accounts(listing);
    if (listing->shown > 0 || listing->unused != 0)
        svct_lastuse_say(&listing->lastuse);
    return r;
}

/* Who deletes what is listed as unused must not be told of all. */
static int need_usage(const struct listing *listing)
{
    if (listing->unused == 0 || listing->lastuse.code == 0)
        return SVCT_EXIT_DONE;
    return svct_say_cannot(listing->call,
                           "when tokens were last used is not known: %s",
                           listing->lastuse.fault.what);
}

int svct_token_list(const struct svct_call *call)
{
    struct svct_view view;
    struct svct_account account;
    struct listing listing = {.call = call, .state = SIZE_MAX};
    const char *name = svct_opts_operand(&call->opts, 0);
    int r = svct_args_get_choice(call, LIST_STATE, svct_token_states,
                                 &listing.state);

    if (r == SVCT_EXIT_DONE)
        r = svct_ending_get(call, LIST_EXPIRING, &listing.ending);
    if (r == SVCT_EXIT_DONE)
        r = svct_args_get_duration(call, LIST_UNUSED, &listing.unused);
    if (r == SVCT_EXIT_DONE)
        r = svct_access_read(call, &view);
    if (r != SVCT_EXIT_DONE)
        return r;
    listing.snapshot = view.snapshot;
    svct_lastuse_open(&listing.lastuse, view.dir_fd);
    if (name != NULL)
        r = svct_access_account(call, view.snapshot, name, &account);
    if (r == SVCT_EXIT_DONE)
        r = need_usage(&listing);
    if (r == SVCT_EXIT_DONE)
        r = print_list(&listing);
    svct_lastuse_close(&listing.lastuse);
    svct_rows_done(&listing.rows);
    svct_rows_done(&listing.closed);
    svct_namelist_done(&listing.accounts);
    svct_access_done(&view);
    return r;
}
