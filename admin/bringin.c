/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "bringin.h"

#include <errno.h>

#include "bringunix.h"
#include "say.h"
#include "write/ids.h"

struct svct_bringin {
    const struct svct_call *call;
    struct svct_bringin_options options;
    struct svct_bulk *bulk;
    struct svct_bringunix users;
    struct svct_bringin_counts counts;
    struct svct_line old, line; /* for options.changed */
};

int svct_bringin_new(const struct svct_call *call, struct svct_txn *txn,
                     const struct svct_bringin_options *options,
                     struct svct_bringin **ret_bringin,
                     struct svct_fault *fault)
{
    struct svct_bulk_options bulk = {
        .now = call->now, .update = options->update, .dry = options->dry};
    struct svct_bringin *bringin = calloc(1, sizeof(*bringin));
    int r;

    if (bringin == NULL)
        return svct_fault_set(fault, SVCT_E_NOMEM, ENOMEM, "out of memory");
    bringin->call = call;
    bringin->options = *options;
    bringin->users =
        (struct svct_bringunix){.txn = txn, .convert = options->convert};
    r = svct_bulk_new(txn, &bulk, &bringin->bulk, fault);
    if (r != 0) {
        free(bringin);
        return r;
    }
    *ret_bringin = bringin;
    return 0;
}

void svct_bringin_free(struct svct_bringin *bringin)
{
    if (bringin == NULL)
        return;
    svct_bulk_free(bringin->bulk);
    svct_bringunix_done(&bringin->users);
    free(bringin);
}

static void count(enum svct_bulk_outcome outcome, uint64_t *added,
                  uint64_t *updated, uint64_t *same)
{
    *added += outcome == SVCT_BULK_ADDED;
    *updated += outcome == SVCT_BULK_UPDATED;
    *same += outcome == SVCT_BULK_SAME;
}

/* Of what is revoked and stays so, the rest may have been replaced. */
static bool is_change(const struct svct_bringin *bringin,
                      enum svct_bulk_outcome outcome)
{
    bool kept = outcome == SVCT_BULK_KEPT_REVOKED && bringin->options.update;

    return outcome == SVCT_BULK_ADDED || outcome == SVCT_BULK_UPDATED || kept;
}

static int note(const struct svct_bringin *bringin,
                enum svct_importlog_kind kind, const char *name,
                enum svct_bulk_outcome outcome, struct svct_fault *fault)
{
    int r = 0;

    if (bringin->options.log != NULL && is_change(bringin, outcome))
        r = svct_importlog_note(bringin->options.log, kind, name,
                                outcome == SVCT_BULK_ADDED);
    return r == 0 ? 0 : svct_fault_set(fault, r, 0, "out of memory");
}

/* The range is the one in force. */
static void put_line(struct svct_line *line, enum svct_line_kind kind,
                     const void *record)
{
    struct svct_policy *policy = &line->policy;

    svct_line_put(line, kind, record);
    if (kind == SVCT_LINE_POLICY)
        svct_ids_range(policy, &policy->id_min, &policy->id_max);
}

/* For who wants to know. before and after: a record of that kind each, before
 * NULL when it was not there. */
static int tell(struct svct_bringin *bringin, enum svct_line_kind kind,
                enum svct_bulk_outcome outcome, const void *before,
                const void *after, struct svct_fault *fault)
{
    struct svct_line *old = &bringin->old, *line = &bringin->line;
    struct svct_bringin_change change = {outcome, before != NULL ? old : NULL,
                                         line};
    int r;

    if (bringin->options.changed == NULL || !is_change(bringin, outcome))
        return 0;
    if (before != NULL)
        put_line(old, kind, before);
    put_line(line, kind, after);
    r = bringin->options.changed(bringin->options.changed_arg, &change);
    return r == 0 ? 0 : svct_fault_set(fault, r, 0, "%s", svct_err_text(r));
}

/* ---- accounts ---- */

static void complete_account(const struct svct_bringin *bringin,
                             const struct svct_line *line,
                             const struct svct_account *old,
                             struct svct_account *account)
{
    const struct svct_actor *actor = &bringin->call->actor;

    if (!svct_line_given(line, "created"))
        account->created = old != NULL ? old->created : bringin->call->now;
    if (!svct_line_given(line, "created_by"))
        memcpy(account->created_by, old != NULL ? old->created_by : actor->name,
               sizeof(account->created_by));
    if (old == NULL)
        return;
    if (!svct_line_given(line, "role"))
        memcpy(account->role, old->role, sizeof(account->role));
    if (!svct_line_given(line, "expires"))
        account->expires = old->expires;
}

/* Of a new account. */
static void note_user(struct svct_bringin_counts *counts,
                      const struct svct_account *account, bool on_host)
{
    uint64_t *odd =
        account->uid != 0 ? &counts->behind_host : &counts->without_user;
    char *first = account->uid != 0 ? counts->first_behind_host
                                    : counts->first_without_user;

    counts->unix_users += account->uid != 0;
    counts->existing += account->uid == 0;
    if (on_host == (account->uid == 0))
        return;
    if ((*odd)++ == 0)
        memcpy(first, account->name, sizeof(account->name));
}

static int take_account(struct svct_bringin *bringin,
                        const struct svct_line *line, struct svct_fault *fault)
{
    struct svct_bringin_counts *counts = &bringin->counts;
    struct svct_account account = line->account, old;
    enum svct_bulk_outcome outcome;
    int r = svct_bulk_get_account(bringin->bulk, account.name, &old);
    bool there = r == 0, on_host = false;

    if (r != 0 && r != SVCT_E_NOTFOUND)
        return svct_fault_set(fault, r, 0, "the record of the account %s: %s",
                              account.name, svct_err_text(r));
    complete_account(bringin, line, there ? &old : NULL, &account);
    r = svct_bringunix_account(&bringin->users, line, there ? &old : NULL,
                               &account, &on_host, fault);
    if (r == 0)
        r = svct_bulk_account(bringin->bulk, &account, &outcome, fault);
    if (r != 0)
        return r;
    if (!there)
        note_user(counts, &account, on_host);
    count(outcome, &counts->accounts_added, &counts->accounts_updated,
          &counts->accounts_same);
    r = tell(bringin, SVCT_LINE_ACCOUNT, outcome, there ? &old : NULL, &account,
             fault);
    return r == 0 ? note(bringin, SVCT_IMPORTLOG_ACCOUNT, account.name, outcome,
                         fault)
                  : r;
}

/* ---- tokens ---- */

/* From now, or from when it begins. */
static int set_end(const struct svct_bringin *bringin,
                   const struct svct_line *line, struct svct_token *token,
                   struct svct_fault *fault)
{
    int64_t begin = bringin->call->now, ttl = line->ttl;
    struct svct_policy policy;

    if (token->not_before > begin)
        begin = token->not_before;
    if (ttl == 0) {
        svct_bulk_get_policy(bringin->bulk, &policy);
        ttl = policy.default_ttl;
    }
    if (ttl > SVCT_TIME_MAX - begin)
        return svct_fault_set(fault, SVCT_E_RANGE, 0,
                              "it would end after the year 9999; \"expires\": "
                              "\"never\" is for ever");
    token->expires = begin + ttl;
    return 0;
}

static int complete_token(const struct svct_bringin *bringin,
                          const struct svct_line *line,
                          const struct svct_token *old,
                          struct svct_token *token, struct svct_fault *fault)
{
    const struct svct_actor *actor = &bringin->call->actor;
    bool end = svct_line_given(line, "expires");

    if (!svct_line_given(line, "created"))
        token->created = old != NULL ? old->created : bringin->call->now;
    if (!svct_line_given(line, "created_by"))
        memcpy(token->created_by, old != NULL ? old->created_by : actor->name,
               sizeof(token->created_by));
    if (old != NULL && !svct_line_given(line, "name"))
        memcpy(token->name, old->name, sizeof(token->name));
    if (end)
        return 0;
    if (old == NULL)
        return set_end(bringin, line, token, fault);
    token->expires = old->expires;
    return 0;
}

static int take_token(struct svct_bringin *bringin,
                      const struct svct_line *line, struct svct_fault *fault)
{
    struct svct_bringin_counts *counts = &bringin->counts;
    struct svct_token token = line->token, old;
    enum svct_bulk_outcome outcome;
    int r = svct_bulk_get_token(bringin->bulk, token.id, &old);
    bool there = r == 0;

    if (r != 0 && r != SVCT_E_NOTFOUND)
        return svct_fault_set(fault, r, 0, "the record of the token %s: %s",
                              token.id, svct_err_text(r));
    r = complete_token(bringin, line, there ? &old : NULL, &token, fault);
    if (r == 0)
        r = svct_bulk_token(bringin->bulk, &token, &outcome, fault);
    if (r != 0)
        return r;
    count(outcome, &counts->tokens_added, &counts->tokens_updated,
          &counts->tokens_same);
    counts->still_revoked += outcome == SVCT_BULK_KEPT_REVOKED;
    r = tell(bringin, SVCT_LINE_TOKEN, outcome, there ? &old : NULL, &token,
             fault);
    return r == 0
               ? note(bringin, SVCT_IMPORTLOG_TOKEN, token.id, outcome, fault)
               : r;
}

/* ---- the others ---- */

static int take_role(struct svct_bringin *bringin, const struct svct_line *line,
                     struct svct_fault *fault)
{
    struct svct_bringin_counts *counts = &bringin->counts;
    struct svct_role role = line->role, old;
    enum svct_bulk_outcome outcome;
    bool there =
        svct_lookup_role(svct_txn_view(bringin->users.txn, SVCT_PART_PRIVATE),
                         role.name, &old) == 0;
    int r = svct_bringunix_role(&bringin->users, line, &role, fault);

    if (r == 0)
        r = svct_bulk_role(bringin->bulk, &role, &outcome, fault);
    if (r != 0)
        return r;
    count(outcome, &counts->roles_added, &counts->roles_updated,
          &counts->roles_same);
    r = tell(bringin, SVCT_LINE_ROLE, outcome, there ? &old : NULL, &role,
             fault);
    return r == 0
               ? note(bringin, SVCT_IMPORTLOG_ROLE, role.name, outcome, fault)
               : r;
}

/* The range stays when it is not given, or is the default one by its numbers;
 * what was handed out is never the file's to say. */
static void complete_policy(const struct svct_bringin *bringin,
                            const struct svct_line *line,
                            struct svct_policy *policy)
{
    struct svct_policy old;
    uint32_t min, max;

    svct_bulk_get_policy(bringin->bulk, &old);
    svct_ids_range(&old, &min, &max);
    policy->id_next = old.id_next;
    if (svct_line_given(line, "uid_min") &&
        (policy->id_min != min || policy->id_max != max))
        return;
    policy->id_min = old.id_min;
    policy->id_max = old.id_max;
}

static int take_policy(struct svct_bringin *bringin,
                       const struct svct_line *line, struct svct_fault *fault)
{
    struct svct_policy policy = line->policy, old;
    enum svct_bulk_outcome outcome;
    int r;

    svct_bulk_get_policy(bringin->bulk, &old);
    complete_policy(bringin, line, &policy);
    r = svct_bulk_policy(bringin->bulk, &policy, &outcome, fault);
    if (r != 0)
        return r;
    bringin->counts.policies_updated += outcome == SVCT_BULK_UPDATED;
    r = tell(bringin, SVCT_LINE_POLICY, outcome, &old, &policy, fault);
    return r == 0 ? note(bringin, SVCT_IMPORTLOG_POLICY, "", outcome, fault)
                  : r;
}

int svct_bringin_line(struct svct_bringin *bringin,
                      const struct svct_line *line, struct svct_fault *fault)
{
    const char *key = svct_line_backup_key(line);

    if (key != NULL)
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "only a backup can have \"%s\": leave it out",
                              key);
    switch (line->kind) {
    case SVCT_LINE_POLICY:
        return take_policy(bringin, line, fault);
    case SVCT_LINE_ROLE:
        return take_role(bringin, line, fault);
    case SVCT_LINE_ACCOUNT:
        return take_account(bringin, line, fault);
    case SVCT_LINE_TOKEN:
        return take_token(bringin, line, fault);
    default:
        return 0;
    }
}

int svct_bringin_finish(struct svct_bringin *bringin, struct svct_fault *fault)
{
    bringin->counts.passed = bringin->users.passed;
    bringin->counts.first_passed = bringin->users.first_passed;
    return svct_bulk_finish(bringin->bulk, fault);
}

const struct svct_bringin_counts *svct_bringin_counts(
    const struct svct_bringin *bringin)
{
    return &bringin->counts;
}

struct svct_bulk *svct_bringin_bulk(struct svct_bringin *bringin)
{
    return bringin->bulk;
}

void svct_bringin_say_users(const struct svct_bringin_counts *counts)
{
    if (counts->without_user > 0)
        svct_say("%llu new account%s no Unix user as yet, as %s: nobody can "
                 "log in there before",
                 (unsigned long long)counts->without_user,
                 counts->without_user == 1 ? " has" : "s have",
                 counts->first_without_user);
    if (counts->behind_host > 0)
        svct_say("%llu new account%s with a uid, as %s, %s a Unix user of the "
                 "host, too: the host's user comes first, and the account's "
                 "own uid is never seen",
                 (unsigned long long)counts->behind_host,
                 svct_say_s(counts->behind_host), counts->first_behind_host,
                 counts->behind_host == 1 ? "is" : "are");
    if (counts->passed > 0)
        svct_say("%llu number%s of the range %s somebody's on this host, as "
                 "%lu, and %s passed over",
                 (unsigned long long)counts->passed, svct_say_s(counts->passed),
                 counts->passed == 1 ? "is" : "are",
                 (unsigned long)counts->first_passed,
                 counts->passed == 1 ? "was" : "were");
}
