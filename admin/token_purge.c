/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "token.h"

#include "access.h"
#include "args.h"
#include "hint.h"
#include "out.h"
#include "say.h"
#include "trail.h"
#include "tty.h"
#include "write/change_purge.h"

enum {
    PURGE_OLDER,
    PURGE_ACCOUNT,
    PURGE_DRY_RUN,
    PURGE_YES
};

const struct svct_opt svct_token_purge_options[] = {
    [PURGE_OLDER] = {"older", "DURATION", 0,
                     "those that ended at least so long ago; 30d if not "
                     "given; 0: all that have ended"},
    [PURGE_ACCOUNT] = {"account", "NAME", 0, "of this account alone"},
    [PURGE_DRY_RUN] = {"dry-run", NULL, SVCT_OPT_EITHER,
                       "list them, and change nothing"},
    [PURGE_YES] = {"yes", NULL, SVCT_OPT_EITHER, "do not ask"},
    {NULL, NULL, 0, NULL},
};

#define OLDER_DEFAULT (INT64_C(30) * 86400)

struct purging {
    const struct svct_call *call;
    struct svct_purge_wish wish;
    uint64_t sequence;       /* of the generation that was looked at */
    struct svct_purge asked; /* what was found there, without the lock */
    struct svct_purge done;
};

/* ---- its columns ---- */

#define PURGE_CELL(key, fill)                                        \
    static void purge_##key(const void *row, struct svct_cell *cell) \
    {                                                                \
        const struct svct_purge_item *item = row;                    \
        fill;                                                        \
    }

PURGE_CELL(account, cell->text = item->account)
PURGE_CELL(name, cell->text = item->name)
PURGE_CELL(id, cell->text = item->id)
PURGE_CELL(state, cell->text = item->revoked ? "revoked" : "expired")
PURGE_CELL(ended, cell->number = item->ended)
PURGE_CELL(ended_in, cell->number = item->ended - cell->now)

#define LIST SVCT_COLUMN_LIST

const struct svct_column svct_token_purge_columns[] = {
    {"account", SVCT_CELL_TEXT, LIST, "ACCOUNT", "whose it was", purge_account},
    {"name", SVCT_CELL_TEXT, LIST | SVCT_COLUMN_WRAP, "NAME", "its name",
     purge_name},
    {"id", SVCT_CELL_TEXT, LIST, "ID", "its public id", purge_id},
    {"state", SVCT_CELL_STATE, LIST, "STATE", "expired or revoked",
     purge_state},
    {"ended", SVCT_CELL_TIME, LIST | SVCT_COLUMN_SPARE, "ENDED",
     "when it expired or was revoked", purge_ended},
    {"ended_in", SVCT_CELL_SPAN, LIST, "IN",
     "seconds from now to then; below 0: since then", purge_ended_in},
    {NULL, SVCT_CELL_TEXT, 0, NULL, NULL, NULL},
};

/* ---- what is asked for ---- */

static int read_request(struct purging *purging)
{
    const struct svct_call *call = purging->call;
    struct svct_purge_wish *wish = &purging->wish;
    int r;

    *wish = (struct svct_purge_wish){
        .now = call->now,
        .older = OLDER_DEFAULT,
        .account = svct_opts_get(&call->opts, PURGE_ACCOUNT)};
    r = svct_args_get_span(call, PURGE_OLDER, SVCT_DURATION_MAX, &wish->older);
    if (r == SVCT_EXIT_DONE && wish->account != NULL)
        r = svct_args_login(call, wish->account);
    return r;
}

/* With a clock that can't be right nobody knows what has ended. */
static int check_clock(const struct purging *purging,
                       const struct svct_snapshot *snapshot)
{
    const struct svct_call *call = purging->call;
    int64_t committed = svct_snapshot_meta(snapshot)->committed;
    char words[400];

    if (!svct_hint_clock_suspect(call->now, committed))
        return SVCT_EXIT_DONE;
    return svct_say_cannot(
        call, "it can't be told what has ended: %s",
        svct_hint_clock(words, sizeof(words), call->now, committed));
}

static int find(const struct purging *purging,
                const struct svct_snapshot *snapshot,
                struct svct_purge *ret_purge)
{
    const struct svct_call *call = purging->call;
    struct svct_account account;
    struct svct_fault fault = {0};
    int r = check_clock(purging, snapshot);

    if (r == SVCT_EXIT_DONE && purging->wish.account != NULL)
        r = svct_access_account(call, snapshot, purging->wish.account,
                                &account);
    if (r != SVCT_EXIT_DONE)
        return r;
    r = svct_purge_find(snapshot, &purging->wish, ret_purge, &fault);
    return r < 0 ? svct_say_fault(call, r, &fault) : SVCT_EXIT_DONE;
}

/* Without a lock: people think. */
static int look(struct purging *purging)
{
    struct svct_view view;
    int r = svct_access_read(purging->call, &view);

    if (r != SVCT_EXIT_DONE)
        return r;
    purging->sequence = svct_snapshot_meta(view.snapshot)->sequence;
    r = find(purging, view.snapshot, &purging->asked);
    svct_access_done(&view);
    return r;
}

/* ---- what is said ---- */

/* "had ended by 2027-01-31T12:00:00Z": shows a clock that is far ahead. */
static const char *say_cut(const struct purging *purging, char *out,
                           size_t size)
{
    int64_t until = purging->wish.now - purging->wish.older;
    char time[40];

    snprintf(out, size, "%s",
             svct_time_format(time, sizeof(time), until > 0 ? until : 0));
    return out;
}

static void say_left(const struct svct_purge *purge)
{
    if (purge->apikeys > 0)
        svct_say("%zu token%s of API keys stay%s: with \"svctoken apikey "
                 "delete NAME\" such a key goes, and its Unix user is an "
                 "ordinary one again",
                 purge->apikeys, svct_say_s(purge->apikeys),
                 purge->apikeys == 1 ? "s" : "");
    if (purge->more > 0)
        svct_say("%zu more are left for the next time: %d are the most at "
                 "once",
                 purge->more, SVCT_PURGE_MAX);
}

static int by_name(const void *a, const void *b)
{
    const struct svct_purge_item *left = *(const void *const *)a,
                                 *right = *(const void *const *)b;
    int r = strcmp(left->account, right->account);

    return r != 0 ? r : strcmp(left->name, right->name);
}

static const void **sorted(const struct svct_purge *purge)
{
    const void **rows = calloc(purge->count + 1, sizeof(*rows));

    for (size_t i = 0; rows != NULL && i < purge->count; i++)
        rows[i] = &purge->item[i];
    if (rows != NULL && purge->count > 1)
        qsort(rows, purge->count, sizeof(*rows), by_name);
    return rows;
}

static json_t *answer(const struct purging *purging,
                      const struct svct_purge *purge, const void *const *rows)
{
    bool dry = svct_opts_given(&purging->call->opts, PURGE_DRY_RUN);
    json_t *object = json_object();
    char until[40];

    svct_out_put(&object, "dry_run", json_boolean(dry));
    svct_out_put(&object, "until",
                 json_string(say_cut(purging, until, sizeof(until))));
    svct_out_put(&object, "count", json_integer((json_int_t)purge->count));
    svct_out_put(&object, "accounts",
                 json_integer((json_int_t)purge->accounts));
    svct_out_put(&object, "apikeys_kept",
                 json_integer((json_int_t)purge->apikeys));
    svct_out_put(&object, "more", json_integer((json_int_t)purge->more));
    svct_out_put(&object, "tokens",
                 svct_out_array(purging->call, svct_token_purge_columns, rows,
                                purge->count));
    return object;
}

/* With --json: what went, or would go. A dry run without it: as a table. */
static int print(const struct purging *purging, const struct svct_purge *purge)
{
    const struct svct_call *call = purging->call;
    bool dry = svct_opts_given(&call->opts, PURGE_DRY_RUN);
    const void **rows = sorted(purge);
    int r = SVCT_EXIT_DONE;

    if (rows == NULL)
        return svct_say_code(call, SVCT_E_NOMEM, "can't show the tokens");
    if (call->opts.json)
        r = svct_out_json(call, answer(purging, purge, rows));
    else if (dry)
        r = svct_out_table(call, svct_token_purge_columns, rows, purge->count);
    free(rows);
    return r;
}

static int print_dry(const struct purging *purging)
{
    const struct svct_purge *purge = &purging->asked;
    char until[40];
    int r = print(purging, purge);

    if (r != SVCT_EXIT_DONE)
        return r;
    fflush(stdout); /* these words come after the table */
    svct_say("%zu token%s of %zu account%s had ended by %s and would be "
             "purged",
             purge->count, svct_say_s(purge->count), purge->accounts,
             svct_say_s(purge->accounts),
             say_cut(purging, until, sizeof(until)));
    say_left(purge);
    return r;
}

/* ---- doing it ---- */

static int confirm(const struct purging *purging)
{
    const struct svct_call *call = purging->call;
    const struct svct_purge *purge = &purging->asked;
    char question[200], until[40];

    if (svct_opts_given(&call->opts, PURGE_YES))
        return SVCT_EXIT_DONE;
    if (!svct_tty_present())
        return svct_say_usage(call,
                              "there is no terminal to ask at whether %zu "
                              "token%s shall go: give --yes, or --dry-run to "
                              "see which",
                              purge->count, svct_say_s(purge->count));
    snprintf(question, sizeof(question),
             "Purge %zu token%s of %zu account%s that had ended by %s?",
             purge->count, svct_say_s(purge->count), purge->accounts,
             svct_say_s(purge->accounts),
             say_cut(purging, until, sizeof(until)));
    if (svct_tty_confirm(question))
        return SVCT_EXIT_DONE;
    return svct_say_no(call, "nothing was purged");
}

static void audit_purge(struct svct_audit *audit, const struct purging *purging)
{
    char text[32];

    svct_audit_begin(audit, "token-purge");
    if (purging->wish.account != NULL)
        svct_audit_add(audit, "account", purging->wish.account);
    snprintf(text, sizeof(text), "%zu", purging->done.count);
    svct_audit_add(audit, "count", text);
    snprintf(text, sizeof(text), "%zu", purging->done.accounts);
    svct_audit_add(audit, "accounts", text);
    svct_trail_time(audit, "until", purging->wish.now - purging->wish.older);
}

static const char *id_of(const void *arg, size_t index)
{
    const struct svct_purge *purge = arg;

    return purge->item[index].id;
}

static bool more_lines(const void *arg, size_t index,
                       struct svct_audit *ret_audit)
{
    const struct svct_purge *purge = arg;

    return svct_trail_ids(ret_audit, "token-purged", id_of, purge, purge->count,
                          index);
}

/* What was asked about, and nothing else. Nobody waits for a second search
 * when nothing has changed since the first. */
static int find_again(struct purging *purging, const struct svct_txn *txn)
{
    int r;

    if (svct_txn_sequence(txn) == purging->sequence + 1) {
        purging->done = purging->asked;
        purging->asked = (struct svct_purge){0};
        return SVCT_EXIT_DONE;
    }
    r = find(purging, svct_txn_view(txn, SVCT_PART_PRIVATE), &purging->done);
    if (r != SVCT_EXIT_DONE ||
        svct_opts_given(&purging->call->opts, PURGE_YES) ||
        svct_purge_same(&purging->asked, &purging->done))
        return r;
    return svct_say_cannot(purging->call, "the tokens were changed meanwhile: "
                                          "look again");
}

static int remove_all(struct purging *purging)
{
    const struct svct_call *call = purging->call;
    struct svct_fault fault = {0};
    struct svct_audit audit;
    struct svct_txn *txn;
    bool published;
    int r = svct_access_begin(call, false, &txn);

    if (r != SVCT_EXIT_DONE)
        return r;
    r = find_again(purging, txn);
    if (r != SVCT_EXIT_DONE || purging->done.count == 0) {
        svct_access_drop(txn);
        return r;
    }
    r = svct_change_token_purge(txn, &purging->done, &fault);
    if (r < 0)
        return svct_access_give_up(call, txn, r, &fault);
    audit_purge(&audit, purging);
    return svct_access_publish(call, txn, &audit, more_lines, &purging->done,
                               &published);
}

static int purge(struct purging *purging)
{
    const struct svct_purge *done = &purging->done;
    int r = SVCT_EXIT_DONE;

    if (purging->asked.count > 0)
        r = confirm(purging);
    if (r == SVCT_EXIT_DONE && purging->asked.count > 0)
        r = remove_all(purging);
    else
        done = &purging->asked;
    if (r != SVCT_EXIT_DONE)
        return r;
    svct_say("purged %zu token%s of %zu account%s", done->count,
             svct_say_s(done->count), done->accounts,
             svct_say_s(done->accounts));
    say_left(done);
    return print(purging, done);
}

int svct_token_purge(const struct svct_call *call)
{
    struct purging purging = {.call = call};
    int r = read_request(&purging);

    if (r == SVCT_EXIT_DONE)
        r = look(&purging);
    if (r == SVCT_EXIT_DONE)
        r = svct_opts_given(&call->opts, PURGE_DRY_RUN) ? print_dry(&purging)
                                                        : purge(&purging);
    svct_purge_done(&purging.asked);
    svct_purge_done(&purging.done);
    return r;
}
