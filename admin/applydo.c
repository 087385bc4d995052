/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "applydo.h"

#include "applyplan.h"
#include "applytokens.h"
#include "say.h"
#include "write/change_role.h"

struct doing {
    struct svct_applydo *apply;
    struct svct_txn *txn;
    struct svct_bringin *bringin;
    struct svct_applyby by;
    uint64_t faults;
    struct svct_fault fault; /* of the object at work */
    struct svct_line line;   /* likewise: what is wanted, whole */
    const char *generate;    /* of a token at work that gets a secret */

    bool with_uid; /* those accounts this time, or the others */
    bool skip;     /* the tokens that come are not for this time */
    struct svct_account account; /* whose tokens come */
    struct svct_applytokens tokens;
};

void svct_applydo_say_fault(const struct svct_call *call,
                            const struct svct_applyplace *place,
                            const struct svct_fault *fault)
{
    svct_say_usage(call, "line %llu: %s: %s", (unsigned long long)place->line,
                   place->path, svct_say_bare_long(fault->what).text);
}

/* One that is about the object is said, and the next one is looked at. */
static int refused(struct doing *doing, const struct svct_applyplace *place,
                   int code)
{
    if (code == 0)
        return 0;
    if (!svct_bulk_is_refusal(code))
        return code;
    if (doing->faults++ < SVCT_APPLYDO_SHOWN)
        svct_applydo_say_fault(doing->apply->call, place, &doing->fault);
    return 0;
}

static int lookup_fault(struct doing *doing, int code, const char *what)
{
    return svct_fault_set(
        &doing->fault, code == SVCT_E_NOTFOUND ? SVCT_E_DAMAGED : code, 0,
        "the record of the %s: %s", what, svct_err_text(code));
}

static const struct svct_snapshot *view(const struct doing *doing)
{
    return svct_txn_view(doing->txn, SVCT_PART_PRIVATE);
}

/* ---- what bringin.h tells ---- */

/* The id of a token that will not be is nobody's. */
static int note_change(void *arg, const struct svct_bringin_change *change)
{
    struct doing *doing = arg;
    struct svct_bringin_change shown = *change;

    if (doing->apply->dry && doing->generate != NULL) {
        doing->line = *change->line; /* it is brought in */
        doing->line.token.id[0] = '\0';
        shown.line = &doing->line;
    }
    svct_applydiff_change(doing->apply->diff, &shown, doing->generate);
    return 0;
}

/* ---- policy and roles ---- */

static int do_policy(struct doing *doing, const struct svct_applywant *want)
{
    struct svct_policy old;
    int r = svct_bulk_get_policy(svct_bringin_bulk(doing->bringin), &old);

    if (r == 0)
        r = svct_applyplan_policy(want, &old, &doing->line);
    return r == 0
               ? svct_bringin_line(doing->bringin, &doing->line, &doing->fault)
               : r;
}

static int do_role(struct doing *doing, const struct svct_applywant *want)
{
    struct svct_role old;
    int r = svct_lookup_role(view(doing), want->line.role.name, &old);
    bool there = r == 0;

    if (r != 0 && r != SVCT_E_NOTFOUND)
        return lookup_fault(doing, r, "role");
    r = svct_applyplan_role(want, there ? &old : NULL, &doing->line,
                            &doing->fault);
    if (r == 0 && !there && want->above[0] != '\0')
        r = svct_change_role_place(doing->txn, want->above,
                                   &doing->line.role.place, &doing->fault);
    return r == 0
               ? svct_bringin_line(doing->bringin, &doing->line, &doing->fault)
               : r;
}

/* ---- accounts ---- */

/* As it is now, and which tokens it had: old is NULL when it is new. */
static int enter(struct doing *doing, const struct svct_applywant *want,
                 const struct svct_account *old)
{
    struct svct_bulk *bulk = svct_bringin_bulk(doing->bringin);
    const char *name = want->line.account.name;
    int r = svct_bulk_get_account(bulk, name, &doing->account);

    if (r == 0 && want->tokens)
        r = svct_applytokens_load(&doing->tokens,
                                  doing->apply->log->before.snapshot, old,
                                  doing->by.now);
    return r == 0 ? 0 : lookup_fault(doing, r, "account and its tokens");
}

static int do_account(struct doing *doing, const struct svct_applywant *want)
{
    struct svct_bulk *bulk = svct_bringin_bulk(doing->bringin);
    bool with_uid = svct_line_given(&want->line, "uid");
    struct svct_account old;
    bool there;
    int r;

    doing->skip = true; /* until it is there */
    if (with_uid != doing->with_uid)
        return 0;
    r = svct_bulk_get_account(bulk, want->line.account.name, &old);
    there = r == 0;
    if (r != 0 && r != SVCT_E_NOTFOUND)
        return lookup_fault(doing, r, "account");
    r = svct_applyplan_account(want, there ? &old : NULL, &doing->by,
                               &doing->line, &doing->fault);
    if (r == 0)
        r = svct_bringin_line(doing->bringin, &doing->line, &doing->fault);
    if (r == 0)
        r = enter(doing, want, there ? &old : NULL);
    doing->skip = r != 0;
    return r;
}

/* ---- tokens ---- */

/* Another one has it. */
static int check_id(struct doing *doing, const char *id)
{
    struct svct_token other;
    int r = svct_bulk_get_token(svct_bringin_bulk(doing->bringin), id, &other);

    if (r == SVCT_E_NOTFOUND)
        return 0;
    if (r != 0)
        return lookup_fault(doing, r, "token");
    return svct_fault_set(&doing->fault, SVCT_E_EXISTS, 0,
                          "the id %s is that of the token %s/%s", id,
                          other.account, other.name);
}

static int make_token(struct doing *doing, const struct svct_applywant *want)
{
    int r;

    if (svct_line_given(&want->line, "hash")) {
        r = check_id(doing, doing->line.token.id);
    } else {
        doing->generate = want->generate;
        r = svct_applysecrets_mint(doing->apply->secrets, want->generate,
                                   &doing->line.token, &doing->fault);
    }
    return r;
}

static int do_token(struct doing *doing, const struct svct_applywant *want)
{
    const struct svct_applytokens_item *item;
    struct svct_token old;
    bool none = false;
    int r = 0;

    if (doing->skip)
        return 0;
    item = svct_applytokens_find(&doing->tokens, want->line.token.name);
    if (item != NULL)
        r = svct_bulk_get_token(svct_bringin_bulk(doing->bringin), item->id,
                                &old);
    if (r != 0)
        return lookup_fault(doing, r, "token");
    r = svct_applyplan_token(want, &doing->account, item != NULL ? &old : NULL,
                             &doing->by, &doing->line, &none, &doing->fault);
    if (r != 0 || none)
        return r;
    if (item == NULL)
        r = make_token(doing, want);
    if (r == 0)
        r = svct_bringin_line(doing->bringin, &doing->line, &doing->fault);
    doing->generate = NULL;
    return r;
}

/* ---- all of the file ---- */

static int see(void *arg, const struct svct_applyplace *place,
               const struct svct_applywant *want)
{
    struct doing *doing = arg;
    int r;

    doing->fault = (struct svct_fault){0};
    switch (want->line.kind) {
    case SVCT_LINE_POLICY:
        r = do_policy(doing, want);
        break;
    case SVCT_LINE_ROLE:
        r = do_role(doing, want);
        break;
    case SVCT_LINE_ACCOUNT:
        r = do_account(doing, want);
        break;
    default:
        r = do_token(doing, want);
    }
    return refused(doing, place, r);
}

static int do_all(struct doing *doing)
{
    const struct svct_applyfile *file = doing->apply->file;
    int r = svct_applyfile_walk(file, SVCT_APPLYPART_POLICY, see, doing);

    if (r == 0)
        r = svct_applyfile_walk(file, SVCT_APPLYPART_ROLES, see, doing);
    doing->with_uid = true;
    if (r == 0)
        r = svct_applyfile_walk(file, SVCT_APPLYPART_ACCOUNTS, see, doing);
    doing->with_uid = false;
    if (r == 0)
        r = svct_applyfile_walk(file, SVCT_APPLYPART_ACCOUNTS, see, doing);
    return r;
}

/* ---- what goes ---- */

static int note(struct doing *doing, int code)
{
    return code == 0 ? 0
                     : svct_fault_set(&doing->fault, code, 0, "out of memory");
}

static int revoke_token(struct doing *doing, const char *id)
{
    const struct svct_call *call = doing->apply->call;
    struct svct_token token;
    int r = svct_lookup_token(view(doing), id, &token);

    if (r != 0)
        return lookup_fault(doing, r, "token");
    r = svct_change_token_revoke(doing->txn, id, call->now, call->actor.name,
                                 "not listed", &doing->fault);
    if (r != 0)
        return r;
    svct_applydiff_token_revoked(doing->apply->diff, &token);
    return note(doing, svct_importlog_note(doing->apply->log,
                                           SVCT_IMPORTLOG_TOKEN, id, false));
}

/* What is known of its tokens afterwards is their ids. */
static int note_ids(struct doing *doing, const struct svct_account *account)
{
    struct svct_importlog *log = doing->apply->log;
    int r = svct_applytokens_load(&doing->tokens, log->before.snapshot, account,
                                  doing->by.now);

    for (size_t i = 0; r == 0 && i < doing->tokens.count; i++)
        r = svct_importlog_gone(log, doing->tokens.item[i].id);
    return r == 0 ? 0 : lookup_fault(doing, r, "account and its tokens");
}

static int delete_account(struct doing *doing, const char *name)
{
    struct svct_account account;
    uint32_t tokens;
    int r = svct_lookup_account(view(doing), name, &account);

    if (r != 0)
        return lookup_fault(doing, r, "account");
    r = note_ids(doing, &account);
    if (r == 0)
        r = svct_change_account_delete(doing->txn, name, &tokens,
                                       &doing->fault);
    if (r != 0)
        return r;
    svct_applydiff_account_gone(doing->apply->diff, &account);
    return note(doing,
                svct_importlog_note(doing->apply->log,
                                    SVCT_IMPORTLOG_ACCOUNT_GONE, name, false));
}

static int delete_role(struct doing *doing, const char *name)
{
    int r = svct_change_role_delete(doing->txn, name, &doing->fault);

    if (r != 0)
        return r;
    svct_applydiff_role_gone(doing->apply->diff, name);
    return note(doing,
                svct_importlog_note(doing->apply->log, SVCT_IMPORTLOG_ROLE_GONE,
                                    name, false));
}

static int prune_all(struct doing *doing)
{
    const struct svct_applyprune *prune = doing->apply->prune;
    int r = 0;

    if (prune == NULL)
        return 0;
    for (size_t i = 0; r == 0 && i < prune->ids; i++)
        r = revoke_token(doing, prune->id[i]);
    for (size_t i = 0; r == 0 && i < prune->accounts.count; i++)
        r = delete_account(doing, prune->accounts.name[i]);
    for (size_t i = 0; r == 0 && i < prune->roles; i++)
        r = delete_role(doing, prune->role[i]);
    return r;
}

/* ---- the whole ---- */

static int refuse(const struct doing *doing)
{
    if (doing->faults > SVCT_APPLYDO_SHOWN)
        svct_say("... and %llu more",
                 (unsigned long long)(doing->faults - SVCT_APPLYDO_SHOWN));
    svct_say("nothing was changed");
    return SVCT_EXIT_USAGE;
}

static int finish(struct doing *doing)
{
    const struct svct_call *call = doing->apply->call;
    int r = svct_bringin_finish(doing->bringin, &doing->fault);

    if (r == 0)
        r = prune_all(doing);
    if (svct_bulk_is_refusal(r)) {
        svct_say_usage(call, "%s", svct_say_bare_long(doing->fault.what).text);
        return refuse(doing);
    }
    doing->apply->counts = *svct_bringin_counts(doing->bringin);
    return r == 0 ? SVCT_EXIT_DONE : svct_say_fault(call, r, &doing->fault);
}

static int begin(struct doing *doing)
{
    struct svct_applydo *apply = doing->apply;
    struct svct_bringin_options options = {.update = true,
                                           .dry = apply->dry,
                                           .convert = apply->convert,
                                           .log = apply->log,
                                           .changed = note_change,
                                           .changed_arg = doing};

    doing->by =
        (struct svct_applyby){apply->call->now, apply->call->actor.name};
    return svct_bringin_new(apply->call, doing->txn, &options, &doing->bringin,
                            &doing->fault);
}

int svct_applydo(struct svct_applydo *apply, struct svct_txn *txn)
{
    struct doing *doing = calloc(1, sizeof(*doing));
    int r;

    if (doing == NULL)
        return svct_say_fault(apply->call, SVCT_E_NOMEM, NULL);
    doing->apply = apply;
    doing->txn = txn;
    r = begin(doing);
    if (r == 0)
        r = do_all(doing);
    if (r != 0)
        r = svct_say_fault(apply->call, r, &doing->fault);
    else
        r = doing->faults > 0 ? refuse(doing) : finish(doing);
    svct_bringin_free(doing->bringin);
    svct_applytokens_done(&doing->tokens);
    free(doing);
    return r;
}
