/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "access.h"

#include <syslog.h>
#include <unistd.h>

#include "args.h"
#include "auditlog.h"
#include "auth/verify.h"
#include "base/safefile.h"
#include "hint.h"
#include "lost.h"
#include "say.h"
#include "suggest.h"
#include "write/lock.h"

/* ---- reading ---- */

int svct_access_read(const struct svct_call *call, struct svct_view *ret_view)
{
    struct svct_fault fault = {0};
    struct svct_view view = {.dir_fd = -1};
    int r = svct_safefile_open_dir(call->db, &view.dir_fd, &fault);

    if (r == 0)
        r = svct_snapshot_open(view.dir_fd, SVCT_PART_PRIVATE, &view.snapshot,
                               &fault);
    if (r < 0) {
        svct_access_done(&view);
        r = svct_lost_link(call->db, r, &fault);
        return svct_say_fault(call, r, &fault);
    }
    *ret_view = view;
    return SVCT_EXIT_DONE;
}

void svct_access_done(struct svct_view *view)
{
    svct_snapshot_free(view->snapshot);
    if (view->dir_fd >= 0)
        close(view->dir_fd);
    *view = (struct svct_view){.dir_fd = -1};
}

/* ---- changing ---- */

static void name_holder(const struct svct_call *call, char *out, size_t size)
{
    const struct svct_command *command = call->command;

    snprintf(out, size, "%s (pid %ld): %s%s%s", call->actor.name,
             (long)getpid(), command->group, command->name != NULL ? " " : "",
             command->name != NULL ? command->name : "");
}

/* Of a begin: words are held from here on, or say why there is none. */
static int begun(const struct svct_call *call, int code,
                 const struct svct_fault *fault)
{
    if (code < 0)
        return svct_say_fault(call, code, fault);
    svct_say_hold(call);
    return SVCT_EXIT_DONE;
}

int svct_access_begin_again(const struct svct_call *call, bool urgent,
                            struct svct_txn **ret_txn)
{
    struct svct_fault fault = {0};
    char holder[160];
    struct svct_txn_options options = {
        .dir = call->db, .holder = holder, .urgent = urgent};
    int r;

    name_holder(call, holder, sizeof(holder));
    r = svct_txn_begin(&options, ret_txn, &fault);
    if (r == SVCT_E_BUSY) {
        svct_say("%s; waiting up to %d s", fault.what, SVCT_ACCESS_WAIT);
        options.wait_seconds = SVCT_ACCESS_WAIT;
        fault = (struct svct_fault){0};
        r = svct_txn_begin(&options, ret_txn, &fault);
        if (r == SVCT_E_BUSY)
            return svct_say_cannot(call, "gave up after %d s: %s",
                                   SVCT_ACCESS_WAIT, fault.what);
    }
    return begun(call, svct_lost_link(call->db, r, &fault), &fault);
}

int svct_access_begin(const struct svct_call *call, bool urgent,
                      struct svct_txn **ret_txn)
{
    const struct svct_meta *meta;
    char words[400];
    int r = svct_access_begin_again(call, urgent, ret_txn);

    if (r != SVCT_EXIT_DONE)
        return r;
    meta = svct_snapshot_meta(svct_txn_view(*ret_txn, SVCT_PART_PRIVATE));
    if (svct_hint_clock_suspect(call->now, meta->committed))
        svct_say("%s", svct_hint_clock(words, sizeof(words), call->now,
                                       meta->committed));
    return r;
}

int svct_access_create(const struct svct_call *call, struct svct_txn **ret_txn)
{
    struct svct_fault fault = {0};
    char holder[160];
    struct svct_txn_options options = {
        .dir = call->db, .holder = holder, .wait_seconds = SVCT_ACCESS_WAIT};
    int r;

    name_holder(call, holder, sizeof(holder));
    r = svct_txn_create(&options, ret_txn, &fault);
    r = svct_lost_link(call->db, r, &fault);
    if (r < 0)
        r = svct_lost_parent(call->db, r, &fault);
    return begun(call, r, &fault);
}

int svct_access_begin_fresh(const struct svct_call *call, int64_t committed,
                            struct svct_txn **ret_txn)
{
    struct svct_fault fault = {0};
    char holder[160];
    struct svct_txn_options options = {
        .dir = call->db, .holder = holder, .wait_seconds = SVCT_ACCESS_WAIT};
    int r;

    name_holder(call, holder, sizeof(holder));
    r = svct_txn_begin_fresh(&options, committed, ret_txn, &fault);
    if (r < 0)
        r = svct_lost_parent(call->db, r, &fault);
    return begun(call, r, &fault);
}

int svct_access_give_up(const struct svct_call *call, struct svct_txn *txn,
                        int code, const struct svct_fault *fault)
{
    svct_access_drop(txn);
    return svct_say_fault(call, code, fault);
}

void svct_access_drop(struct svct_txn *txn)
{
    svct_txn_free(txn);
    svct_say_release();
}

void svct_access_hold_signals(sigset_t *ret_before)
{
    static const int all[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
    sigset_t held;

    sigemptyset(&held);
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        sigaddset(&held, all[i]);
    sigprocmask(SIG_BLOCK, &held, ret_before);
}

/* What was done stays done, wherever it can be written. */
static void keep_audit(const struct svct_call *call,
                       const struct svct_audit *audit, uint64_t sequence)
{
    struct svct_fault fault = {0};
    struct svct_actor_place place;
    struct svct_auditlog_entry entry = {.audit = audit,
                                        .now = call->now,
                                        .sequence = sequence,
                                        .by = call->actor.name,
                                        .uid = call->actor.uid,
                                        .terminal = place.terminal,
                                        .host = place.host};

    svct_actor_find_place(&place);
    if (svct_auditlog_append(call->db, &entry, &fault) < 0)
        svct_say_cannot(call,
                        "the change is done and sent to syslog, but not in "
                        "%s/" SVCT_AUDITLOG_FILE ": %s",
                        svct_say_bare(svct_auditlog_folder(call->db)).text,
                        fault.what);
}

/* As for a change: the file is appended to under the lock of the writers. */
static int keep_locked(const struct svct_call *call,
                       const struct svct_audit *audit, struct svct_fault *fault)
{
    int dir_fd, lock_fd;
    char holder[160];
    int r = svct_safefile_open_dir(call->db, &dir_fd, fault);

    if (r < 0)
        return r;
    name_holder(call, holder, sizeof(holder));
    r = svct_lock_acquire(dir_fd, SVCT_ACCESS_WAIT, holder, &lock_fd, fault);
    close(dir_fd);
    if (r < 0)
        return r;
    svct_say_hold(call);
    keep_audit(call, audit, 0);
    svct_lock_release(lock_fd);
    svct_say_release();
    return 0;
}

void svct_access_tell(const struct svct_call *call, struct svct_audit *audit)
{
    svct_audit_sign(audit, call->actor.name, call->actor.uid);
    syslog(LOG_AUTHPRIV | LOG_NOTICE, "%s", audit->line);
}

int svct_access_keep(const struct svct_call *call,
                     const struct svct_audit *audit)
{
    struct svct_fault fault = {0};
    sigset_t signals;
    int r;

    svct_access_hold_signals(&signals);
    r = keep_locked(call, audit, &fault);
    sigprocmask(SIG_SETMASK, &signals, NULL);
    if (r < 0)
        return svct_say_cannot(call,
                               "what was done is sent to syslog, but not in "
                               "the file of changes: %s",
                               fault.what);
    return SVCT_EXIT_DONE;
}

static void keep_lines(const struct svct_call *call, struct svct_audit *audit,
                       svct_access_more_fn *more, const void *arg,
                       uint64_t sequence)
{
    struct svct_audit next;

    svct_audit_sign(audit, call->actor.name, call->actor.uid);
    keep_audit(call, audit, sequence);
    for (size_t i = 0; more != NULL && more(arg, i, &next); i++)
        keep_audit(call, &next, sequence);
}

static void send_lines(const struct svct_call *call,
                       const struct svct_audit *audit,
                       svct_access_more_fn *more, const void *arg)
{
    struct svct_audit next;

    syslog(LOG_AUTHPRIV | LOG_NOTICE, "%s", audit->line);
    for (size_t i = 0; more != NULL && more(arg, i, &next); i++) {
        svct_audit_sign(&next, call->actor.name, call->actor.uid);
        syslog(LOG_AUTHPRIV | LOG_NOTICE, "%s", next.line);
    }
}

int svct_access_publish(const struct svct_call *call, struct svct_txn *txn,
                        struct svct_audit *audit, svct_access_more_fn *more,
                        const void *arg, bool *ret_published)
{
    struct svct_fault fault = {0};
    bool published = false;
    sigset_t signals;
    int r;

    svct_access_hold_signals(&signals);
    r = svct_txn_commit(txn, call->now, &published, &fault);
    published = published || r == 0;
    *ret_published = published;
    /* Still under the lock: lines come in the order of the changes. */
    if (published)
        keep_lines(call, audit, more, arg, svct_txn_sequence(txn));
    svct_txn_free(txn);
    if (published)
        send_lines(call, audit, more, arg);
    sigprocmask(SIG_SETMASK, &signals, NULL);
    svct_say_release(); /* last: it may wait */
    if (r < 0 && published)
        svct_say_cannot(call,
                        "the change is done, but a power failure now could "
                        "undo it");
    return r < 0 ? svct_say_fault(call, r, &fault) : SVCT_EXIT_DONE;
}

int svct_access_commit(const struct svct_call *call, struct svct_txn *txn,
                       struct svct_audit *audit)
{
    bool published;

    return svct_access_publish(call, txn, audit, NULL, NULL, &published);
}

/* ---- finding ---- */

/* The nearest name so far is copied: a record does not outlive its visit. */
struct offer {
    struct svct_suggest *suggest;
    char *near;
};

static void offer_name(struct offer *offer, const char *name)
{
    struct svct_suggest *suggest = offer->suggest;

    svct_suggest_offer(suggest, name);
    if (suggest->best == name) {
        memcpy(offer->near, name, strlen(name) + 1);
        suggest->best = offer->near;
    }
}

static int offer_account(void *arg, const struct svct_key *key,
                         struct svct_record *record)
{
    struct svct_account account;

    (void)key;
    if (svct_account_decode(record, &account) == 0)
        offer_name(arg, account.name);
    return 0;
}

bool svct_access_near_account(const struct svct_snapshot *snapshot,
                              const char *name,
                              char ret_near[SVCT_LOGIN_MAX + 1])
{
    struct svct_suggest suggest;
    char near[SVCT_LOGIN_MAX + 1] = "";
    struct offer offer = {&suggest, near};

    svct_suggest_init(&suggest, name);
    if (svct_snapshot_each(snapshot, SVCT_KIND_ACCOUNT, offer_account, &offer,
                           NULL) < 0 ||
        near[0] == '\0')
        return false;
    memcpy(ret_near, near, sizeof(near));
    return true;
}

/* That it is not found may be damage: the file "names" knows. */
static int no_account(const struct svct_call *call,
                      const struct svct_snapshot *snapshot, const char *name)
{
    struct svct_ownership ownership;
    struct svct_fault fault = {0};
    char near[SVCT_LOGIN_MAX + 1];

    if (svct_verify_whose(call->db, name, &ownership, &fault) == SVCT_E_DAMAGED)
        return svct_say_fault(call, SVCT_E_DAMAGED, &fault);
    if (svct_access_near_account(snapshot, name, near))
        return svct_say_no(call, "no service account %s; did you mean %s?",
                           svct_say_quote(name).text, near);
    return svct_say_no(call, "no service account %s",
                       svct_say_quote(name).text);
}

int svct_access_account(const struct svct_call *call,
                        const struct svct_snapshot *snapshot, const char *name,
                        struct svct_account *ret_account)
{
    int r = svct_args_login(call, name);

    if (r != SVCT_EXIT_DONE)
        return r;
    r = svct_lookup_account(snapshot, name, ret_account);
    if (r == SVCT_E_NOTFOUND)
        return no_account(call, snapshot, name);
    return r < 0 ? svct_say_code(call, r, "the account %s", name)
                 : SVCT_EXIT_DONE;
}

static bool is_account(const struct svct_snapshot *snapshot, const char *text)
{
    struct svct_account account;

    return svct_lookup_account(snapshot, text, &account) == 0;
}

static int no_id(const struct svct_call *call,
                 const struct svct_snapshot *snapshot, const char *text)
{
    if (is_account(snapshot, text))
        return svct_say_usage(call,
                              "%s is an account: name a token as %s/NAME; "
                              "\"svctoken token list %s\" shows them",
                              text, text, text);
    return svct_say_usage(call,
                          "%s names no token: give ACCOUNT/NAME or a token id "
                          "(10 letters and digits)",
                          svct_say_quote(text).text);
}

static int token_by_id(const struct svct_call *call,
                       const struct svct_snapshot *snapshot, const char *id,
                       struct svct_token *ret_token)
{
    int r;

    if (!svct_token_is_id(id))
        return no_id(call, snapshot, id);
    r = svct_lookup_token(snapshot, id, ret_token);
    if (r == SVCT_E_NOTFOUND && is_account(snapshot, id))
        return no_id(call, snapshot, id);
    if (r == SVCT_E_NOTFOUND)
        return svct_say_no(call, "no token with the id %s", id);
    return r < 0 ? svct_say_code(call, r, "the token %s", id) : SVCT_EXIT_DONE;
}

static int no_token(const struct svct_call *call,
                    const struct svct_account *account, const char *name)
{
    return svct_say_no(call,
                       "no token %s/%s; \"svctoken token list %s\" "
                       "shows those there are",
                       account->name, name, account->name);
}

int svct_access_token(const struct svct_call *call,
                      const struct svct_snapshot *snapshot, const char *text,
                      struct svct_token *ret_token)
{
    char login[SVCT_LOGIN_MAX + 1], name[SVCT_NAME_MAX + 1];
    struct svct_account account;
    int r;

    if (strchr(text, '/') == NULL)
        return token_by_id(call, snapshot, text, ret_token);
    r = svct_args_token(call, text, login, name);
    if (r == SVCT_EXIT_DONE)
        r = svct_access_account(call, snapshot, login, &account);
    if (r != SVCT_EXIT_DONE)
        return r;
    r = svct_lookup_token_named(snapshot, &account, name, ret_token);
    if (r == SVCT_E_NOTFOUND)
        return no_token(call, &account, name);
    return r < 0 ? svct_say_code(call, r, "the token %s", text)
                 : SVCT_EXIT_DONE;
}

static int offer_role(void *arg, const struct svct_key *key,
                      struct svct_record *record)
{
    struct offer *offer = arg;
    struct svct_role role;

    (void)key;
    if (svct_role_decode(record, &role) == 0)
        offer_name(offer, role.name);
    return 0;
}

int svct_access_role(const struct svct_call *call,
                     const struct svct_snapshot *snapshot, const char *name,
                     struct svct_role *ret_role)
{
    struct svct_suggest suggest;
    char near[SVCT_ROLE_MAX + 1] = "";
    struct offer offer = {&suggest, near};
    int r = svct_args_role(call, name);

    if (r != SVCT_EXIT_DONE)
        return r;
    r = svct_lookup_role(snapshot, name, ret_role);
    if (r != SVCT_E_NOTFOUND)
        return r < 0 ? svct_say_code(call, r, "the role %s", name)
                     : SVCT_EXIT_DONE;
    svct_suggest_init(&suggest, name);
    svct_snapshot_each(snapshot, SVCT_KIND_ROLE, offer_role, &offer, NULL);
    if (near[0] != '\0')
        return svct_say_no(call, "no role %s; did you mean %s?",
                           svct_say_quote(name).text, near);
    return svct_say_no(call,
                       "no role %s; \"svctoken role list\" shows those "
                       "there are",
                       svct_say_quote(name).text);
}
