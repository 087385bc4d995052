/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "token.h"

#include <unistd.h>

#include "access.h"
#include "args.h"
#include "base/safefile.h"
#include "handover.h"
#include "hint.h"
#include "lastuse.h"
#include "lifetime.h"
#include "say.h"
#include "trail.h"
#include "write/change_rotate.h"
#include "write/mint.h"

enum {
    ROTATE_OVERLAP,
    ROTATE_TTL,
    ROTATE_EXPIRES,
    ROTATE_NO_EXPIRY,
    ROTATE_OUT
};

const struct svct_opt svct_token_rotate_options[] = {
    [ROTATE_OVERLAP] = {"overlap", "DURATION", 0,
                        "how long the secret so far is still taken, at most "
                        "30d; 0 if not given: it opens nothing any more"},
    [ROTATE_TTL] = {"ttl", "DURATION", SVCT_OPT_EITHER,
                    "a new end, so long from now on, or from its beginning "
                    "if that lies ahead"},
    [ROTATE_EXPIRES] = {"expires", "WHEN", SVCT_OPT_EITHER,
                        "a new end, as 2027-01-31T12:00:00Z or +8h"},
    [ROTATE_NO_EXPIRY] = {"no-expiry", NULL, SVCT_OPT_EITHER,
                          "it never ends by itself"},
    [ROTATE_OUT] = {"out", "FILE", 0,
                    "write it to a new file, for root alone, instead of "
                    "standard output"},
    {NULL, NULL, 0, NULL},
};

static const struct svct_lifetime_options lifetime_options = {
    ROTATE_TTL, ROTATE_EXPIRES, ROTATE_NO_EXPIRY};

/* What this command works on. */
struct rotating {
    const struct svct_call *call;
    struct svct_rotation rotation;
    struct svct_lifetime lifetime;
    struct svct_rotated rotated;
    struct svct_token_row row; /* as it is then */
    struct svct_account account;
    struct svct_handover handover;
};

/* ---- what is asked for ---- */

static int read_request(struct rotating *rotating)
{
    const struct svct_call *call = rotating->call;
    struct svct_rotation *rotation = &rotating->rotation;
    struct svct_lifetime *lifetime = &rotating->lifetime;
    int r = svct_args_get_span(call, ROTATE_OVERLAP, SVCT_ROTATE_OVERLAP_MAX,
                               &rotation->overlap);

    rotation->now = call->now;
    rotation->actor = call->actor.name;
    if (r == SVCT_EXIT_DONE)
        r = svct_lifetime_read(call, &lifetime_options, "a token", lifetime);
    rotation->new_expiry = lifetime->ttl != 0 || lifetime->expires != 0;
    return r;
}

/* ---- storing it ---- */

/* --ttl counts as in "token create". */
static int set_end(struct rotating *rotating,
                   const struct svct_snapshot *snapshot,
                   const struct svct_token *token)
{
    int64_t begin = rotating->call->now;

    if (!rotating->rotation.new_expiry)
        return SVCT_EXIT_DONE;
    if (token->not_before > begin)
        begin = token->not_before;
    return svct_lifetime_end(rotating->call, snapshot, &rotating->lifetime,
                             begin, &rotating->rotation.expires);
}

static int exchange(struct rotating *rotating, struct svct_txn *txn,
                    const struct svct_token *token)
{
    const struct svct_call *call = rotating->call;
    struct svct_fault fault = {0};
    int r = svct_mint_secret(token->id, &rotating->handover.text,
                             rotating->rotation.hash);

    if (r < 0)
        return svct_say_cannot(call, "can't make a secret: %s",
                               svct_err_text(r));
    r = svct_change_token_rotate(txn, token->id, &rotating->rotation,
                                 &rotating->rotated, &fault);
    return r < 0 ? svct_say_fault(call, r, &fault) : SVCT_EXIT_DONE;
}

static int complete(struct rotating *rotating,
                    const struct svct_snapshot *snapshot)
{
    const struct svct_call *call = rotating->call;
    const char *name = rotating->rotated.after.account;
    int r = svct_lookup_account(snapshot, name, &rotating->account);

    rotating->row.token = rotating->rotated.after;
    if (r == 0)
        r = svct_token_row_complete(snapshot, &rotating->account, call->now,
                                    &rotating->row);
    return r < 0 ? svct_say_code(call, r, "the account %s", name)
                 : SVCT_EXIT_DONE;
}

/* A secret of a token that is used up would open nothing. */
static int check_uses(struct rotating *rotating, const struct svct_token *token)
{
    const struct svct_call *call = rotating->call;
    struct svct_token_row *row = &rotating->row;
    struct svct_fault fault = {0};
    int dir_fd, r = svct_safefile_open_dir(call->db, &dir_fd, &fault);

    if (r < 0)
        return svct_say_fault(call, r, &fault);
    row->token = *token;
    svct_lastuse_fill(dir_fd, row);
    close(dir_fd);
    if (token->max_uses == 0)
        return SVCT_EXIT_DONE;
    if (!row->use_known)
        return svct_say_cannot(call,
                               "it can't be told whether %s/%s is used up: "
                               "make another token",
                               token->account, token->name);
    if (row->seen.uses < token->max_uses)
        return SVCT_EXIT_DONE;
    return svct_say_no(call,
                       "%s/%s is used up, a new secret would open nothing: "
                       "make another token",
                       token->account, token->name);
}

static int change(struct rotating *rotating, struct svct_txn *txn)
{
    const struct svct_call *call = rotating->call;
    const struct svct_snapshot *view = svct_txn_view(txn, SVCT_PART_PRIVATE);
    struct svct_token token;
    int r = svct_access_token(call, view, svct_opts_operand(&call->opts, 0),
                              &token);

    if (r == SVCT_EXIT_DONE)
        r = check_uses(rotating, &token);
    if (r == SVCT_EXIT_DONE)
        r = set_end(rotating, view, &token);
    if (r == SVCT_EXIT_DONE)
        r = exchange(rotating, txn, &token);
    return r == SVCT_EXIT_DONE ? complete(rotating, view) : r;
}

static void audit_rotate(struct svct_audit *audit,
                         const struct rotating *rotating)
{
    const struct svct_rotated *rotated = &rotating->rotated;
    const struct svct_token *token = &rotated->after;

    svct_trail_token(audit, "token-rotate", token);
    svct_trail_time(audit, "superseded-until", token->former_until);
    svct_trail_change_time(audit, "expires", rotated->before.expires,
                           token->expires);
    if (rotated->apikey)
        svct_trail_change_time(audit, "account-expires",
                               rotated->account_before, token->expires);
}

static int store(struct rotating *rotating)
{
    const struct svct_call *call = rotating->call;
    struct svct_audit audit;
    struct svct_txn *txn;
    int r = svct_access_begin(call, false, &txn);

    if (r != SVCT_EXIT_DONE)
        return r;
    r = change(rotating, txn);
    if (r == SVCT_EXIT_DONE)
        r = svct_handover_prepare(&rotating->handover,
                                  svct_opts_get(&call->opts, ROTATE_OUT));
    if (r != SVCT_EXIT_DONE) {
        svct_access_drop(txn);
        return r;
    }
    audit_rotate(&audit, rotating);
    return svct_handover_commit(&rotating->handover, txn, &audit);
}

/* ---- taking it back ---- */

static int undo(const struct rotating *rotating, struct svct_txn *txn,
                bool *ret_overtaken)
{
    const struct svct_call *call = rotating->call;
    struct svct_fault fault = {0};
    struct svct_audit audit;
    int r = svct_change_token_unrotate(txn, &rotating->rotated, &fault);

    *ret_overtaken = r == SVCT_E_NOTFOUND || r == SVCT_E_EXISTS;
    if (r < 0)
        return svct_access_give_up(call, txn, r, &fault);
    svct_trail_token(&audit, "token-rotate-undo", &rotating->rotated.after);
    svct_audit_add(&audit, "reason", "not-delivered");
    return svct_access_commit(call, txn, &audit);
}

/* The new secret counts and nobody has it: the former one has to count again,
 * by a commit of its own. When somebody else was faster there is nothing to
 * be taken back. */
static void take_back(struct rotating *rotating)
{
    const struct svct_token *token = &rotating->rotated.after;
    bool overtaken = false;
    struct svct_txn *txn;
    int r = svct_access_begin_again(rotating->call, true, &txn);

    svct_handover_drop(&rotating->handover);
    if (r == SVCT_EXIT_DONE)
        r = undo(rotating, txn, &overtaken);
    if (r == SVCT_EXIT_DONE)
        svct_say("%s/%s was not rotated: it has the secret again that it had "
                 "before",
                 token->account, token->name);
    else if (!overtaken)
        svct_say("%s/%s has a new secret, and nobody has that: \"svctoken "
                 "token rotate %s\"",
                 token->account, token->name, token->id);
}

/* ---- what was done ---- */

static void say_former(const struct rotating *rotating)
{
    const struct svct_rotated *rotated = &rotating->rotated;
    const struct svct_call *call = rotating->call;
    char time[80];

    if (rotated->after.former_until <= call->now)
        svct_say("the secret so far opens nothing any more%s",
                 rotating->rotation.overlap > 0
                     ? ": it had ended with the token"
                     : "");
    else
        svct_say("the secret so far is taken until %s%s",
                 svct_out_time(time, sizeof(time), rotated->after.former_until,
                               call->now),
                 rotated->shortened ? ": not longer than the token would have "
                                      "lived with it"
                                    : "");
    if (rotated->ended_one)
        svct_say("the secret before that, which was to be taken until %s, "
                 "opens nothing any more: one former secret is kept",
                 svct_out_time(time, sizeof(time), rotated->before.former_until,
                               call->now));
}

static void say_rotated(const struct rotating *rotating)
{
    const struct svct_token *token = &rotating->row.token;

    svct_say("rotated %s/%s (id %s, role %s)", token->account, token->name,
             token->id, rotating->row.role);
    say_former(rotating);
    svct_handover_say_times(&rotating->handover, &rotating->row,
                            rotating->account.expires);
    if (rotating->rotated.apikey)
        svct_say("its account, an API key, ends with it");
    if (token->disabled)
        svct_say("it is disabled, and stays so: it opens nothing until "
                 "\"svctoken token enable %s\"",
                 token->id);
    svct_hint_sessions(token->account, token->id);
    svct_handover_say_where(&rotating->handover);
}

int svct_token_rotate(const struct svct_call *call)
{
    struct rotating rotating = {.call = call};
    int r;

    svct_handover_init(&rotating.handover, call);
    r = read_request(&rotating);
    if (r == SVCT_EXIT_DONE)
        r = store(&rotating);
    if (r == SVCT_EXIT_DONE) {
        r = svct_handover_give(&rotating.handover, &rotating.row);
        if (r == SVCT_EXIT_DONE) {
            say_rotated(&rotating);
            r = rotating.handover.exit;
        } else {
            take_back(&rotating);
        }
    }
    svct_handover_done(&rotating.handover);
    return r;
}
