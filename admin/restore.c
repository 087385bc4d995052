/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "restore.h"

#include <unistd.h>

#include "base/safefile.h"
#include "progress.h"
#include "restorediff.h"
#include "restoreids.h"
#include "unixuser.h"
#include "write/ids.h"
#include "write/slots.h"

/* What building has in its hands. */
struct build {
    struct svct_restore *restore;
    struct svct_txn *txn;
    struct svct_bulk *bulk;
    struct svct_usagekeep keep;
    struct svct_fault *fault;
};

/* ---- what it was and will be ---- */

static const char *account_closed(const struct svct_account *account,
                                  int64_t now)
{
    if (account->disabled)
        return "account disabled here";
    return account->expires <= now ? "account expired here" : NULL;
}

/* NULL: it opens something, or may later. */
static const char *token_closed(const struct svct_token *token, int64_t now)
{
    if (token->revoked)
        return "revoked here";
    if (token->disabled)
        return "disabled here";
    return token->expires <= now ? "expired here" : NULL;
}

static void report_other(struct svct_restore *restore, const char *role,
                         const char *why)
{
    struct svct_restore_item item = {
        .way = SVCT_RESTORE_OTHER, .role = role, .why = why};

    restore->counts.others++;
    if (restore->report != NULL)
        restore->report(restore->report_arg, &item);
}

static void report(struct svct_restore *restore, enum svct_restore_way way,
                   const char *account, const struct svct_token *token,
                   const char *why)
{
    bool back = way == SVCT_RESTORE_BACK, gone = way == SVCT_RESTORE_GONE;
    struct svct_restore_item item = {.way = way,
                                     .account = account,
                                     .token =
                                         token != NULL ? token->name : NULL,
                                     .id = token != NULL ? token->id : NULL,
                                     .why = why};
    struct svct_restore_counts *counts = &restore->counts;

    counts->accounts_back += back && token == NULL;
    counts->tokens_back += back && token != NULL;
    counts->accounts_gone += gone && token == NULL;
    counts->tokens_gone += gone && token != NULL;
    counts->others += way == SVCT_RESTORE_OTHER;
    if (restore->report != NULL)
        restore->report(restore->report_arg, &item);
}

static const char *absent(const struct svct_present *present)
{
    return present->damaged || present->snapshot == NULL ? "not found here"
                                                         : "deleted here";
}

static void report_account(struct svct_restore *restore,
                           const struct svct_account *account)
{
    int64_t now = restore->call->now;
    char ids[SVCT_RESTOREIDS_TEXT];
    struct svct_account old;
    int r = svct_present_account(restore->present, account->name, &old);
    const char *why =
        r == SVCT_E_NOTFOUND ? svct_unixuser_person(account->name) : NULL;

    if (why != NULL)
        report(restore, SVCT_RESTORE_OTHER, account->name, NULL, why);
    if (svct_restoreids_account(
            restore->present, account,
            r == SVCT_E_NOTFOUND || (r == 0 && old.uid != account->uid), ids))
        report(restore, SVCT_RESTORE_OTHER, account->name, NULL, ids);
    why = NULL;
    if (account_closed(account, now) != NULL)
        return;
    if (r == SVCT_E_NOTFOUND)
        why = absent(restore->present);
    else
        why = r == 0 ? account_closed(&old, now) : "not readable here";
    if (why != NULL) {
        report(restore, SVCT_RESTORE_BACK, account->name, NULL, why);
        return;
    }
    why = svct_restorediff_account(&old, account);
    if (why != NULL)
        report(restore, SVCT_RESTORE_OTHER, account->name, NULL, why);
}

static void report_role(struct svct_restore *restore,
                        const struct svct_role *role)
{
    const struct svct_snapshot *snapshot = restore->present->snapshot;
    struct svct_role old;
    int r = snapshot == NULL ? SVCT_E_NOTFOUND
                             : svct_lookup_role(snapshot, role->name, &old);
    const char *why = r == SVCT_E_NOTFOUND ? NULL
                      : r != 0             ? "not readable here"
                                           : svct_restorediff_role(&old, role);

    char ids[SVCT_RESTOREIDS_TEXT];

    if (why != NULL)
        report_other(restore, role->name, why);
    for (size_t i = 0; i < role->groups_count; i++) {
        if (svct_restoreids_group(restore->present, role, i, ids))
            report_other(restore, role->name, ids);
    }
}

static void report_policy(struct svct_restore *restore,
                          const struct svct_policy *policy)
{
    const struct svct_snapshot *snapshot = restore->present->snapshot;
    struct svct_policy old;
    const char *why = NULL;

    if (snapshot == NULL)
        return;
    if (svct_lookup_policy(snapshot, &old) != 0)
        why = "not readable here";
    else
        why = svct_restorediff_policy(&old, policy);
    if (why != NULL)
        report_other(restore, NULL, why);
}

/* Why it opens nothing now, though its record says nothing against it. */
static const char *account_reason(const struct svct_restore *restore,
                                  const char *name)
{
    struct svct_account old;
    int r = svct_present_account(restore->present, name, &old);

    if (r == SVCT_E_NOTFOUND)
        return absent(restore->present);
    return r == 0 ? account_closed(&old, restore->call->now)
                  : "account not readable here";
}

static void report_token(struct build *build, const struct svct_token *token,
                         const struct svct_token *old, int old_code)
{
    struct svct_restore *restore = build->restore;
    int64_t now = restore->call->now;
    struct svct_account account;
    const char *why;

    if (token_closed(token, now) != NULL ||
        svct_bulk_get_account(build->bulk, token->account, &account) != 0 ||
        account_closed(&account, now) != NULL)
        return;
    if (old_code == SVCT_E_NOTFOUND)
        why = absent(restore->present);
    else if (old_code != 0)
        why = "not readable here";
    else
        why = token_closed(old, now);
    if (why == NULL)
        why = account_reason(restore, old->account);
    if (why == NULL && !svct_digest_equal(old->hash, token->hash))
        why = "another secret here";
    if (why != NULL) {
        report(restore, SVCT_RESTORE_BACK, token->account, token, why);
        return;
    }
    why = svct_restorediff_token(old, token);
    if (why != NULL)
        report(restore, SVCT_RESTORE_OTHER, token->account, token, why);
}

/* ---- lines ---- */

static void keep_revoked(struct svct_restore *restore,
                         const struct svct_token *old, struct svct_token *token)
{
    restore->counts.kept_revoked += !token->revoked;
    token->revoked = true;
    token->revoked_at = old->revoked_at;
    memcpy(token->revoked_by, old->revoked_by, sizeof(old->revoked_by));
    memcpy(token->revoked_reason, old->revoked_reason,
           sizeof(old->revoked_reason));
}

/* Was its secret replaced since? Whoever has the one of the backup may be who
 * it was replaced for. */
static void keep_secret(struct svct_restore *restore,
                        const struct svct_token *old, struct svct_token *token)
{
    if (!old->rotated || svct_digest_equal(old->hash, token->hash) ||
        (token->rotated && token->rotated_at > old->rotated_at))
        return;
    restore->counts.kept_secrets++;
    memcpy(token->hash, old->hash, sizeof(old->hash));
    token->rotated = true;
    memcpy(token->former_hash, old->former_hash, sizeof(old->former_hash));
    token->former_until = old->former_until;
    token->rotated_at = old->rotated_at;
    memcpy(token->rotated_by, old->rotated_by, sizeof(old->rotated_by));
}

/* The slot that it has here, whatever the backup says. Without records to tell,
 * the file itself does. */
static void choose_slot(struct build *build, const struct svct_token *old,
                        int old_code, struct svct_token *token)
{
    token->slot = old_code == 0 ? old->slot : 0;
    if (token->slot == 0 && build->restore->present->snapshot == NULL)
        token->slot = svct_usagekeep_find(&build->keep, token->id);
}

/* What is counted here goes before what the backup says, and where that is lost
 * the backup's would give back uses: nobody knows how often, so as often as it
 * may. */
static bool use_up_lost(struct build *build, const struct svct_token *old,
                        struct svct_line *line)
{
    if (old->max_uses == 0 || line->token.max_uses == 0 ||
        !svct_usagekeep_is_lost(&build->keep, old))
        return false;
    line->usage.uses = line->token.max_uses;
    build->restore->counts.used_up++;
    return true;
}

static int write_usage(struct build *build, struct svct_line *line)
{
    struct svct_token stored;
    int r;

    r = svct_bulk_get_token(build->bulk, line->token.id, &stored);
    if (r != 0)
        return r;
    line->token.slot = stored.slot;
    return svct_usagekeep_put(&build->keep, line, build->fault);
}

/* That of a token with a limit must be there before it can be used; but where
 * it counts in a slot already, which is not there any more, it opens nothing
 * as it is. code: of the token here, which is old. */
static int put_usage(struct build *build, struct svct_line *line,
                     const struct svct_token *old, int code)
{
    bool lost = code == 0 && use_up_lost(build, old, line);
    bool had_limit = code != 0 || old->max_uses != 0;
    bool begins = line->token.max_uses != 0 && !had_limit;
    int r;

    if (build->restore->dry ||
        (!begins && line->usage.uses == 0 && line->usage.last_used == 0))
        return 0;
    r = write_usage(build, line);
    if (r == SVCT_E_RANGE && lost)
        return 0;
    if (r == 0 || line->token.max_uses != 0)
        return r;
    build->restore->late = true;
    return 0;
}

static int take_token(struct build *build, struct svct_line *line)
{
    struct svct_restore *restore = build->restore;
    struct svct_token *token = &line->token, old = {.id = ""};
    enum svct_bulk_outcome outcome;
    int code = svct_present_token(restore->present, token->id, &old), r;

    if (code == SVCT_E_NOMEM || code == SVCT_E_IO)
        return svct_fault_set(build->fault, code, 0, "the token %s here: %s",
                              token->id, svct_err_text(code));
    choose_slot(build, &old, code, token);
    if (code == 0)
        keep_secret(restore, &old, token);
    if (code == 0 && old.revoked)
        keep_revoked(restore, &old, token);
    if (code != 0 && code != SVCT_E_NOTFOUND && !token->disabled) {
        token->disabled = true;
        restore->counts.disabled++;
    }
    r = svct_bulk_token(build->bulk, token, &outcome, build->fault);
    if (r != 0)
        return r;
    restore->counts.tokens++;
    report_token(build, token, &old, code);
    return put_usage(build, line, &old, code);
}

/* What was handed out here or there is not handed out again. */
static int take_policy(struct build *build, const struct svct_policy *policy)
{
    enum svct_bulk_outcome outcome;
    uint32_t min, max;
    int r;

    svct_ids_range(policy, &min, &max);
    svct_bulk_id_known(build->bulk,
                       svct_present_id_next(build->restore->present, min, max));
    r = svct_bulk_policy(build->bulk, policy, &outcome, build->fault);
    if (r == 0)
        report_policy(build->restore, policy);
    return r;
}

static int take_line(struct build *build, struct svct_line *line)
{
    struct svct_restore_counts *counts = &build->restore->counts;
    enum svct_bulk_outcome outcome;
    int r;

    switch (line->kind) {
    case SVCT_LINE_POLICY:
        return take_policy(build, &line->policy);
    case SVCT_LINE_ROLE:
        counts->roles++;
        r = svct_bulk_role(build->bulk, &line->role, &outcome, build->fault);
        if (r == 0)
            report_role(build->restore, &line->role);
        return r;
    case SVCT_LINE_ACCOUNT:
        counts->accounts++;
        r = svct_bulk_account(build->bulk, &line->account, &outcome,
                              build->fault);
        if (r == 0)
            report_account(build->restore, &line->account);
        return r;
    case SVCT_LINE_TOKEN:
        return take_token(build, line);
    default:
        return 0;
    }
}

/* The digest is held against the file again: it may be another by now. */
static int take_lines(struct build *build)
{
    struct svct_linefile *file = build->restore->file;
    struct svct_progress progress;
    struct svct_line line;
    bool got = true;
    int r = 0;

    svct_progress_begin(&progress, "restore", file->size);
    while (r == 0 && got) {
        r = svct_linefile_next(file, &line, &got, build->fault);
        if (r == 0 && got)
            r = take_line(build, &line);
        svct_progress_at(&progress, file->read, file->number);
    }
    svct_progress_end(&progress);
    if (r == 0 && !(file->backup && file->ended))
        return svct_fault_set(build->fault, SVCT_E_SYNTAX, 0,
                              "the file is another now");
    return r;
}

/* ---- what the backup does not have ---- */

static int add_record(struct build *build, const struct svct_token *old)
{
    enum svct_bulk_outcome outcome;
    struct svct_token kept = *old;
    size_t len;
    int r = svct_bulk_token(build->bulk, &kept, &outcome, build->fault);

    if (r == SVCT_E_EXISTS) { /* its name is taken by now */
        len = strnlen(kept.name, SVCT_NAME_MAX - SVCT_TOKEN_ID_LEN - 1);
        snprintf(kept.name + len, sizeof(kept.name) - len, ".%s", kept.id);
        r = svct_bulk_token(build->bulk, &kept, &outcome, build->fault);
    }
    if (r == 0)
        build->restore->counts.tokens++;
    return r;
}

/* Is it, as a lookup has it? What a walk over a damaged present tells is taken
 * though the walk fails, which then comes too late for a record of another time.
 * What can't be read was told before. */
static bool is_now(const struct svct_present *present, struct svct_token *token,
                   int *ret_code)
{
    int r =
        present->damaged ? svct_present_token(present, token->id, token) : 0;

    *ret_code = r == SVCT_E_DAMAGED || r == SVCT_E_NOTFOUND ? 0 : r;
    return r == 0;
}

/* A token of the present; the backup has it, or it stays as a record that it
 * was revoked, or it goes. */
static int see_token(void *arg, const struct svct_key *key,
                     struct svct_record *record)
{
    struct build *build = arg;
    struct svct_account account;
    struct svct_token old, restored;
    int r = svct_token_decode(record, &old);

    (void)key;
    if (r == 0 && !is_now(build->restore->present, &old, &r))
        return r;
    if (r == 0)
        r = svct_bulk_get_token(build->bulk, old.id, &restored);
    if (r != SVCT_E_NOTFOUND)
        return r;
    r = svct_bulk_get_account(build->bulk, old.account, &account);
    if (r == 0 && old.revoked && !account.apikey)
        return add_record(build, &old);
    if (r != 0 && r != SVCT_E_NOTFOUND)
        return r;
    report(build->restore, SVCT_RESTORE_GONE, old.account, &old,
           "not in the backup");
    return svct_bulk_slot_back(build->bulk, old.slot, build->fault);
}

static int see_account(void *arg, const struct svct_key *key,
                       struct svct_record *record)
{
    struct build *build = arg;
    struct svct_account old, restored;
    int r = svct_account_decode(record, &old);

    (void)key;
    if (r == 0)
        r = svct_bulk_get_account(build->bulk, old.name, &restored);
    if (r != SVCT_E_NOTFOUND)
        return r;
    report(build->restore, SVCT_RESTORE_GONE, old.name, NULL,
           "not in the backup");
    return 0;
}

/* As far as the present can be read; what can't was told before. */
static int take_present(struct build *build)
{
    const struct svct_present *present = build->restore->present;
    int r;

    if (present->snapshot == NULL)
        return 0;
    r = svct_snapshot_each(present->snapshot, SVCT_KIND_ACCOUNT, see_account,
                           build, build->fault);
    if (r == 0 || r == SVCT_E_DAMAGED)
        r = svct_snapshot_each(present->snapshot, SVCT_KIND_TOKEN, see_token,
                               build, build->fault);
    return r == SVCT_E_DAMAGED && present->damaged ? 0 : r;
}

/* ---- slots ---- */

/* New tokens get slots that no token has which a login may see meanwhile. */
static void keep_slots(struct build *build)
{
    const struct svct_present *present = build->restore->present;
    struct svct_key key = svct_key_slots();
    struct svct_slots slots = {.next = 1};
    struct svct_value value;
    int r = SVCT_E_NOTFOUND;

    if (present->snapshot != NULL) {
        r = svct_snapshot_fetch(present->snapshot, &key, SVCT_KIND_SLOTS,
                                &value);
        if (r == 0)
            r = svct_slots_decode(&value.record, &slots);
    }
    if (r != 0) {
        slots = (struct svct_slots){.next = 1};
        slots.next += svct_usagekeep_slots(&build->keep);
    }
    if (!build->restore->dry)
        svct_slots_go_on(build->txn, &slots);
}

/* ---- the whole ---- */

static int build_all(struct build *build)
{
    int r;

    keep_slots(build);
    r = take_lines(build);
    if (r == 0)
        r = take_present(build);
    if (r == 0)
        r = svct_bulk_finish(build->bulk, build->fault);
    return r;
}

/* The folder may be new. */
static int open_folder(const struct svct_restore *restore,
                       struct svct_fault *fault, int *ret_fd)
{
    return svct_safefile_open_dir(restore->call->db, ret_fd, fault);
}

int svct_restore_build(struct svct_restore *restore, struct svct_txn *txn,
                       struct svct_fault *fault)
{
    struct svct_bulk_options options = {
        .now = restore->call->now, .exact = true, .dry = restore->dry};
    struct build build = {.restore = restore, .txn = txn, .fault = fault};
    int dir_fd, r = open_folder(restore, fault, &dir_fd);

    if (r != 0)
        return r;
    restore->counts = (struct svct_restore_counts){0};
    svct_usagekeep_open(dir_fd, !restore->dry, &build.keep);
    r = svct_bulk_new(txn, &options, &build.bulk, fault);
    if (r == 0)
        r = build_all(&build);
    svct_bulk_free(build.bulk);
    svct_usagekeep_done(&build.keep);
    close(dir_fd);
    return r;
}

void svct_restore_late(struct svct_restore *restore)
{
    struct svct_fault fault = {0};
    struct svct_usagekeep keep;
    struct svct_token stored;
    struct svct_view view;
    struct svct_line line;
    bool got = true;

    if (!restore->late || svct_linefile_rewind(restore->file) != 0 ||
        svct_access_read(restore->call, &view) != SVCT_EXIT_DONE)
        return;
    svct_usagekeep_open(view.dir_fd, true, &keep);
    while (svct_linefile_next(restore->file, &line, &got, &fault) == 0 && got) {
        if (line.kind != SVCT_LINE_TOKEN || line.token.max_uses != 0 ||
            svct_lookup_token(view.snapshot, line.token.id, &stored) != 0)
            continue;
        line.token.slot = stored.slot;
        (void)svct_usagekeep_put(&keep, &line, &fault);
    }
    svct_usagekeep_done(&keep);
    svct_access_done(&view);
}
