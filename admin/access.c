/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "access.h"

#include <syslog.h>
#include <unistd.h>

#include "auditlog.h"
#include "base/safefile.h"
#include "hint.h"
#include "hostdb.h"
#include "lost.h"
#include "nscd.h"
#include "say.h"
#include "write/lock.h"

/* ---- reading ---- */

int svct_access_open(const char *dir, struct svct_view *ret_view,
                     struct svct_fault *fault)
{
    struct svct_view view = {.dir_fd = -1};
    int r = svct_safefile_open_dir(dir, &view.dir_fd, fault);

    if (r == 0)
        r = svct_snapshot_open(view.dir_fd, SVCT_PART_PRIVATE, &view.snapshot,
                               fault);
    if (r < 0) {
        svct_access_done(&view);
        return svct_lost_link(dir, r, fault);
    }
    *ret_view = view;
    return 0;
}

int svct_access_read(const struct svct_call *call, struct svct_view *ret_view)
{
    struct svct_fault fault = {0};
    int r = svct_access_open(call->db, ret_view, &fault);

    return r < 0 ? svct_say_fault(call, r, &fault) : SVCT_EXIT_DONE;
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
    int wait = urgent ? SVCT_ACCESS_WAIT_URGENT : SVCT_ACCESS_WAIT;
    int r;

    name_holder(call, holder, sizeof(holder));
    r = svct_txn_begin(&options, ret_txn, &fault);
    if (r == SVCT_E_BUSY) {
        svct_say("%s; waiting up to %d s", fault.what, wait);
        options.wait_seconds = wait;
        fault = (struct svct_fault){0};
        r = svct_txn_begin(&options, ret_txn, &fault);
        if (r == SVCT_E_BUSY)
            return svct_say_cannot(call, "gave up after %d s: %s", wait,
                                   fault.what);
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

/* The lines of one change. */
struct keeper {
    const struct svct_call *call;
    struct svct_actor_place place;
    struct svct_auditlog log;
};

static void begin_keeping(struct keeper *keeper, const struct svct_call *call)
{
    keeper->call = call;
    keeper->log = (struct svct_auditlog){.db = call->db, .fd = -1};
    svct_actor_find_place(&keeper->place);
}

/* What was done stays done, wherever it can be written. */
static bool keep_audit(struct keeper *keeper, const struct svct_audit *audit,
                       uint64_t sequence, bool follows,
                       struct svct_fault *fault)
{
    const struct svct_call *call = keeper->call;
    struct svct_auditlog_entry entry = {.audit = audit,
                                        .now = call->now,
                                        .sequence = sequence,
                                        .by = call->actor.name,
                                        .uid = call->actor.uid,
                                        .terminal = keeper->place.terminal,
                                        .host = keeper->place.host,
                                        .follows = follows};

    return svct_auditlog_append(&keeper->log, &entry, fault) == 0;
}

/* As for a change: the file is appended to under the lock of the writers. */
static int keep_locked(const struct svct_call *call,
                       const struct svct_audit *audit, struct svct_fault *fault)
{
    struct keeper keeper;
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
    begin_keeping(&keeper, call);
    if (!keep_audit(&keeper, audit, 0, false, fault))
        r = fault->code;
    svct_lock_release(lock_fd);
    return r;
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

/* Is there a database whose folder has a lock and, maybe, the log? */
static bool has_database(const char *db)
{
    int fd;

    if (svct_safefile_open_dir(db, &fd, NULL) < 0)
        return false;
    close(fd);
    return true;
}

int svct_access_note(const struct svct_call *call, struct svct_audit *audit)
{
    svct_access_tell(call, audit);
    return has_database(call->db) ? svct_access_keep(call, audit)
                                  : SVCT_EXIT_DONE;
}

/* A purge has hundreds: others wait for the lock, and what is said meanwhile
 * is kept in a buffer that holds few of them. */
static void keep_lines(const struct svct_call *call, struct svct_audit *audit,
                       svct_access_more_fn *more, const void *arg,
                       uint64_t sequence)
{
    struct svct_fault first = {0}, fault = {0};
    struct svct_audit lines[2];
    struct keeper keeper;
    bool follows = true;

    begin_keeping(&keeper, call);
    svct_audit_sign(audit, call->actor.name, call->actor.uid);
    for (size_t i = 0; follows; i++) {
        follows = more != NULL && more(arg, i, &lines[i % 2]);
        if (!keep_audit(&keeper, i == 0 ? audit : &lines[(i - 1) % 2], sequence,
                        follows, &fault) &&
            first.code == 0)
            first = fault;
    }
    if (first.code != 0)
        svct_say_cannot(call,
                        "the change is done and sent to syslog, but not in "
                        "%s/" SVCT_AUDITLOG_FILE ": %s",
                        svct_say_bare(svct_auditlog_folder(call->db)).text,
                        first.what);
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
    struct svct_nscd_mark before, after;
    bool published = false;
    sigset_t signals;
    int r;

    svct_access_hold_signals(&signals);
    svct_nscd_look(call->db, &before);
    r = svct_txn_commit(txn, call->now, &published, &fault);
    published = published || r == 0;
    *ret_published = published;
    /* Still under the lock: lines come in the order of the changes. */
    if (published)
        keep_lines(call, audit, more, arg, svct_txn_sequence(txn));
    svct_nscd_look(call->db, &after);
    svct_txn_free(txn);
    if (published)
        send_lines(call, audit, more, arg);
    sigprocmask(SIG_SETMASK, &signals, NULL);
    svct_say_release(); /* it may wait, and so may the next */
    if (published && svct_hostdb_is(call->db) &&
        !svct_nscd_same(&before, &after))
        svct_nscd_tell();
    if (r < 0 && published) {
        svct_say_cannot(call,
                        "the change is done, but a power failure now could "
                        "undo it");
        return svct_say_cannot(call, "%s", fault.what); /* no more advice */
    }
    return r < 0 ? svct_say_fault(call, r, &fault) : SVCT_EXIT_DONE;
}

int svct_access_commit(const struct svct_call *call, struct svct_txn *txn,
                       struct svct_audit *audit)
{
    bool published;

    return svct_access_publish(call, txn, audit, NULL, NULL, &published);
}
