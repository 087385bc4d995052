/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "account.h"

#include "access.h"
#include "args.h"
#include "ending.h"
#include "rows.h"
#include "say.h"
#include "tally.h"
#include "unixstate.h"
#include "unixuser.h"

enum {
    LIST_ROLE,
    LIST_STATE,
    LIST_EXPIRING,
    LIST_EXPIRED_TOKENS,
    LIST_QUIET
};

const struct svct_opt svct_account_list_options[] = {
    [LIST_ROLE] = {"role", "ROLE", 0, "only those that have this role"},
    [LIST_STATE] = {"state", "STATE", 0,
                    "only those that are active, disabled or expired"},
    [LIST_EXPIRING] = {"expiring", "DURATION|soon", 0,
                       "only those that expire within that time from now, or "
                       "soon as the policy has it"},
    [LIST_EXPIRED_TOKENS] = {"with-expired-tokens", NULL, 0,
                             "only those that have a token that has expired"},
    [LIST_QUIET] = {"quiet", NULL, 0, "say nothing when there is none"},
    {NULL, NULL, 0, NULL},
};

/* Begins with the account: what is for one takes such a row, too. */
struct account_row {
    struct svct_account account;
    uint32_t expired_tokens; /* of its tokens; a revoked one is revoked */
};

/* Names and numbers are kept; a record is read again when it is its turn. */
struct filter {
    const struct svct_call *call;
    const struct svct_snapshot *snapshot;
    const char *pattern;          /* NULL: any */
    char role[SVCT_ROLE_MAX + 1]; /* "": any */
    size_t state;                 /* SIZE_MAX: any */
    struct svct_ending ending;
    int64_t now;
    struct svct_tally accounts; /* that are wanted; how many of its tokens have
                                   expired */
    struct svct_tally expired;  /* the same of all accounts */
};

/* ---- which ---- */

/* Without * and ? it may be anywhere, in whatever case: people remember a
 * word. With them it is all of the name, or all of the description. */
bool svct_account_matches(const struct svct_account *account,
                          const char *pattern)
{
    if (pattern == NULL)
        return true;
    if (strpbrk(pattern, "*?") == NULL)
        return strcasestr(account->name, pattern) != NULL ||
               strcasestr(account->description, pattern) != NULL;
    return svct_glob_match(pattern, account->name) ||
           svct_glob_match(pattern, account->description);
}

static bool is_wanted(const struct filter *filter,
                      const struct svct_account *account)
{
    if (!svct_account_matches(account, filter->pattern))
        return false;
    if (filter->role[0] != '\0' && strcmp(filter->role, account->role) != 0)
        return false;
    if (filter->state != SIZE_MAX &&
        filter->state != svct_account_state(account, filter->now))
        return false;
    return svct_ending_is(&filter->ending, account->created, account->expires,
                          filter->now);
}

static int collect_account(struct filter *filter, struct svct_record *record)
{
    struct svct_account account;
    int r = svct_account_decode(record, &account);

    if (r < 0 || !is_wanted(filter, &account))
        return r;
    return svct_tally_add(&filter->accounts, account.name, 0);
}

static int collect_token(struct filter *filter, struct svct_record *record)
{
    struct svct_token token;
    int r = svct_token_decode(record, &token);

    if (r < 0 ||
        svct_token_state(&token, filter->now) != SVCT_TOKEN_HAS_EXPIRED)
        return r;
    return svct_tally_add(&filter->expired, token.account, 1);
}

/* One walk for both: it is what takes long. */
static int collect(void *arg, const struct svct_key *key,
                   struct svct_record *record)
{
    switch (key->data[0]) {
    case SVCT_KIND_ACCOUNT:
        return collect_account(arg, record);
    case SVCT_KIND_TOKEN:
        return collect_token(arg, record);
    default:
        return 0;
    }
}

/* ---- their tokens ---- */

static void count_expired(struct filter *filter)
{
    for (size_t i = 0; i < filter->expired.count; i++) {
        const struct svct_tally_item *from = &filter->expired.item[i];
        struct svct_tally_item *item =
            svct_tally_find(&filter->accounts, from->name);

        if (item != NULL)
            item->count = from->count;
    }
}

static void keep_with_expired(struct svct_tally *accounts)
{
    size_t kept = 0;

    for (size_t i = 0; i < accounts->count; i++) {
        if (accounts->item[i].count > 0)
            accounts->item[kept++] = accounts->item[i];
    }
    accounts->count = kept;
}

/* ---- the list ---- */

#define SAID_MAX 20 /* words about Unix users that are not there, at most */
#define ASK_MAX 200 /* with more accounts, all Unix users are read at once */

/* One that was seen already, in the same snapshot. */
static int read_account(const struct filter *filter, const char *name,
                        struct svct_account *ret_account)
{
    int r = svct_lookup_account(filter->snapshot, name, ret_account);

    if (r == 0)
        return SVCT_EXIT_DONE;
    return svct_say_code(filter->call,
                         r == SVCT_E_NOTFOUND ? SVCT_E_DAMAGED : r,
                         "the account %s", name);
}

static void mark_known(void *arg, const char *name, uid_t uid)
{
    struct svct_tally_item *item = svct_tally_find(arg, name);

    if (item == NULL)
        return;
    item->known = true;
    item->uid = uid;
}

/* Asking for each one reads /etc/passwd each time: where the host asks for none
 * of ours, those that were not met have not to be asked for. */
static enum svct_unixstate tell(const struct svct_unixstate_host *host,
                                bool all_read,
                                const struct svct_account *account,
                                struct svct_tally_item *item)
{
    int looked = 0;

    if (!item->known)
        looked = all_read && account->uid != 0 && !host->asks
                     ? SVCT_E_NOTFOUND
                     : svct_unixuser_uid(account->name, &item->uid);
    return svct_unixstate_tell(host, account, looked, item->uid);
}

static void say_unasked(const struct svct_account *first, size_t count)
{
    if (count == 1)
        svct_unixstate_say(SVCT_UNIXSTATE_UNASKED, first, 0);
    else if (count > 1)
        svct_say(
            "%zu of them, as %s, are Unix users by svctoken alone, and "
            "this host does not ask svctoken for users yet: nobody can log "
            "in to them before \"svctoken nss enable\"",
            count, first->name);
}

/* An account whose Unix user is not there is told, behind the table. */
static int say_unix(struct filter *filter)
{
    struct svct_tally *accounts = &filter->accounts;
    struct svct_unixstate_host host;
    struct svct_account account, first = {.name = ""};
    bool all_read = accounts->count > ASK_MAX;
    size_t unasked = 0, said = 0;

    svct_unixstate_look(filter->call->db, &host);
    if (all_read)
        svct_unixuser_each(mark_known, accounts);
    for (size_t i = 0; i < accounts->count && said <= SAID_MAX; i++) {
        struct svct_tally_item *item = &accounts->item[i];
        enum svct_unixstate state;
        int r = read_account(filter, item->name, &account);

        if (r != SVCT_EXIT_DONE)
            return r;
        state = tell(&host, all_read, &account, item);
        if (state == SVCT_UNIXSTATE_FINE)
            continue;
        if (state == SVCT_UNIXSTATE_UNASKED) {
            if (unasked++ == 0)
                first = account;
            continue;
        }
        if (said++ == SAID_MAX)
            svct_say("and perhaps more; a PATTERN shows fewer accounts");
        else
            svct_unixstate_say(state, &account, item->uid);
    }
    say_unasked(&first, unasked);
    return SVCT_EXIT_DONE;
}

static void cell_expired(const void *row_, struct svct_cell *cell)
{
    const struct account_row *row = row_;

    cell->number = row->expired_tokens;
}

#define COLUMNS_MAX 32

/* Those of an account, with one more behind "tokens". */
static void make_columns(struct svct_column ret_columns[COLUMNS_MAX])
{
    static const struct svct_column expired = {
        "expired_tokens", SVCT_CELL_NUMBER,        SVCT_COLUMN_LIST,
        "EXPIRED",        "how many have expired", cell_expired};
    const struct svct_column *from = svct_account_columns;
    size_t count = 0;

    for (; from->key != NULL && count < COLUMNS_MAX - 2; from++) {
        ret_columns[count++] = *from;
        if (strcmp(from->key, "tokens") == 0)
            ret_columns[count++] = expired;
    }
    ret_columns[count] = (struct svct_column){.key = NULL};
}

static int walk(void *arg, svct_out_put_fn *put, void *put_arg)
{
    const struct filter *filter = arg;
    int r = SVCT_EXIT_DONE;

    for (size_t i = 0; r == SVCT_EXIT_DONE && i < filter->accounts.count; i++) {
        const struct svct_tally_item *item = &filter->accounts.item[i];
        struct account_row row = {.expired_tokens = item->count};

        r = read_account(filter, item->name, &row.account);
        if (r == SVCT_EXIT_DONE)
            r = put(put_arg, &row);
    }
    return r;
}

static int print_list(struct filter *filter)
{
    const struct svct_call *call = filter->call;
    struct svct_column columns[COLUMNS_MAX];
    int r;

    if (svct_opts_given(&call->opts, LIST_QUIET) && !call->opts.json &&
        filter->accounts.count == 0)
        return SVCT_EXIT_DONE;
    make_columns(columns);
    r = svct_out_walk(call, "accounts", columns, walk, filter);
    if (r != SVCT_EXIT_DONE || call->opts.json)
        return r;
    fflush(stdout);
    return say_unix(filter);
}

static int read_filter(struct filter *filter)
{
    const struct svct_call *call = filter->call;
    struct svct_role role;
    int r = svct_args_get_role(call, LIST_ROLE, filter->role);

    if (r == SVCT_EXIT_DONE)
        r = svct_args_get_choice(call, LIST_STATE, svct_account_states,
                                 &filter->state);
    if (r == SVCT_EXIT_DONE)
        r = svct_ending_get(call, LIST_EXPIRING, &filter->ending);
    if (r == SVCT_EXIT_DONE && filter->role[0] != '\0')
        r = svct_access_role(call, filter->snapshot, filter->role, &role);
    return r;
}

static int find(struct filter *filter)
{
    struct svct_fault fault = {0};
    int r = svct_ending_ready(filter->snapshot, &filter->ending);

    if (r == 0)
        r = svct_snapshot_each(filter->snapshot, 0, collect, filter, &fault);
    svct_tally_sort(&filter->accounts);
    svct_tally_sort(&filter->expired);
    count_expired(filter);
    if (svct_opts_given(&filter->call->opts, LIST_EXPIRED_TOKENS))
        keep_with_expired(&filter->accounts);
    return r < 0 ? svct_say_fault(filter->call, r, &fault) : SVCT_EXIT_DONE;
}

int svct_account_list(const struct svct_call *call)
{
    struct svct_view view;
    struct filter filter = {.call = call,
                            .pattern = svct_opts_operand(&call->opts, 0),
                            .state = SIZE_MAX,
                            .now = call->now};
    int r = svct_access_read(call, &view);

    if (r != SVCT_EXIT_DONE)
        return r;
    filter.snapshot = view.snapshot;
    r = read_filter(&filter);
    if (r == SVCT_EXIT_DONE)
        r = find(&filter);
    if (r == SVCT_EXIT_DONE)
        r = print_list(&filter);
    svct_tally_done(&filter.accounts);
    svct_tally_done(&filter.expired);
    svct_access_done(&view);
    return r;
}
