/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "endsession.h"

#include <pwd.h>

#include "access.h"
#include "hint.h"
#include "logind.h"
#include "procend.h"
#include "procscan.h"
#include "say.h"

#define LOGIND_WAIT 5000 /* milliseconds for logind to end a session */
#define PASSES_MAX 16    /* looks for sessions that began meanwhile */

struct work {
    const struct svct_call *call;
    const struct svct_sessrows_filter *filter;
    struct svct_endsession *result;
    uid_t uid;               /* of the account; 0: the host is asked */
    struct svct_rows open;   /* all sessions there are */
    struct svct_rows tried;  /* ids */
    struct svct_rows spared; /* ids of those that this command is in */
    struct svct_rows notes;
    bool unsure; /* spared lacks one */
};

/* ---- what is told ---- */

static void note_id(json_t *ids, const char *id)
{
    if (json_array_append_new(ids, json_string(id)) != 0)
        svct_say("out of memory: the answer lacks the session %s", id);
}

/* For the log. */
struct note {
    struct svct_session session; /* id "": what former ones left behind */
    size_t processes;
    bool ended;
};

static void form_audit(const struct note *note, struct svct_audit *audit)
{
    const struct svct_session *session = &note->session;
    char number[24];

    svct_audit_begin(audit, "session-end");
    svct_audit_add(audit, "account", session->account);
    if (session->token_name[0] != '\0')
        svct_audit_add(audit, "token", session->token_name);
    if (session->token_id[0] != '\0')
        svct_audit_add(audit, "id", session->token_id);
    if (session->id[0] != '\0')
        svct_audit_add(audit, "session", session->id);
    snprintf(number, sizeof(number), "%zu", note->processes);
    svct_audit_add(audit, "processes", number);
    svct_audit_add(audit, "result", note->ended ? "ended" : "failed");
}

/* Sent at once; the file has to wait for its lock, and no session lives on
 * because of that. */
static void audit(struct work *work, const struct svct_session *session,
                  size_t processes, bool ended)
{
    struct note note = {*session, processes, ended};
    struct svct_audit line;

    form_audit(&note, &line);
    svct_access_tell(work->call, &line);
    if (svct_rows_add(&work->notes, &note, sizeof(note)) < 0)
        svct_say("out of memory: the file of changes lacks the end of a "
                 "session of %s",
                 session->account);
}

static void keep_notes(const struct work *work)
{
    struct svct_audit line;
    int r = SVCT_EXIT_DONE;

    for (size_t i = 0; r == SVCT_EXIT_DONE && i < work->notes.count; i++) {
        form_audit(work->notes.row[i], &line);
        r = svct_access_keep(work->call, &line);
    }
}

static void tell_ended(struct work *work, const struct svct_session *session,
                       size_t processes)
{
    bool remote = session->rhost[0] != '\0';

    work->result->ended++;
    work->result->processes += processes;
    note_id(work->result->ended_ids, session->id);
    audit(work, session, processes, true);
    svct_say("ended the session %s of %s (%s%s%s): %zu process%s", session->id,
             session->account, session->service, remote ? " from " : "",
             session->rhost, processes, processes == 1 ? "" : "es");
}

static void tell_failed(struct work *work, const struct svct_session *session,
                        size_t processes, const char *why)
{
    work->result->failed++;
    work->result->processes += processes;
    note_id(work->result->failed_ids, session->id);
    audit(work, session, processes, false);
    svct_say_cannot(work->call, "the session %s of %s was not ended: %s",
                    session->id, session->account, why);
}

/* ---- one session ---- */

static uid_t uid_of(const struct work *work, const char *account)
{
    struct passwd *pw;

    if (work->uid != 0)
        return work->uid;
    pw = getpwnam(account);
    return pw != NULL ? pw->pw_uid : 0; /* of root no mark is looked at */
}

/*
 * The audit session counts when it began with the leader: su within a session
 * of somebody else keeps theirs. Of a leader whose parent has gone (its parent
 * is process 1 then) that can't be told.
 */
static uint32_t own_audit(const struct work *work,
                          const struct svct_session *session)
{
    struct svct_procstat stat;
    uint32_t audit = svct_procscan_audit(session->pid);

    /* The audit session is asked first: of who has the id now, if the start
     * that is read then is another. */
    if (audit == 0 || svct_procstat_get(session->pid, &stat, NULL) != 0 ||
        stat.start != session->start || stat.ppid <= 1 ||
        svct_procscan_audit(stat.ppid) == audit)
        return 0;
    for (size_t i = 0; i < work->open.count; i++) {
        const struct svct_session *other = work->open.row[i];

        if (other->pid != session->pid &&
            svct_procscan_audit(other->pid) == audit)
            return 0;
    }
    return audit;
}

/* Does its leader lead one that shall go on, too? A server may open several
 * sessions in one process. */
static bool is_shared(const struct work *work,
                      const struct svct_session *session)
{
    for (size_t i = 0; i < work->open.count; i++) {
        const struct svct_session *other = work->open.row[i];

        if (other->pid == session->pid && other->start == session->start &&
            strcmp(other->id, session->id) != 0 &&
            !svct_sessrows_match(work->filter, other))
            return true;
    }
    return false;
}

static int forget(const char *id, struct svct_fault *fault)
{
    int r = svct_sessiondir_remove(SVCT_RUNDIR, id, fault);

    return r == SVCT_E_NOTFOUND ? 0 : r;
}

/* Process 1 is never held: a session that it leads is not over. */
static int check_leader(const struct svct_session *session,
                        struct svct_fault *fault)
{
    struct svct_procstat stat;
    int r = svct_procstat_get(session->pid, &stat, fault);

    if (r == SVCT_E_NOTFOUND)
        return 0;
    if (r != 0 || stat.start != session->start || svct_procstat_is_dead(&stat))
        return r;
    return svct_fault_set(fault, SVCT_E_BUSY, 0, "its process %lld lives still",
                          (long long)session->pid);
}

/* What is held is waited for, and then all that is left is ended. */
static int finish(const struct svct_session *session, bool shared,
                  struct svct_procend *procend, struct svct_fault *fault)
{
    int r;

    if (!shared && svct_logind_terminate(session->pid, session->start))
        svct_procend_wait(procend, LOGIND_WAIT);
    r = svct_procend_run(procend, fault);
    if (r == 0 && shared)
        return svct_fault_set(fault, SVCT_E_BUSY, 0,
                              "its process %lld has other sessions, too",
                              (long long)session->pid);
    if (r == 0)
        r = check_leader(session, fault);
    return r == 0 ? forget(session->id, fault) : r;
}

static void end_held(struct work *work, const struct svct_session *session,
                     bool shared, struct svct_procend *procend)
{
    struct svct_fault fault = {0};

    if (svct_procend_holds_us(procend)) {
        if (svct_rows_add(&work->spared, session->id, sizeof(session->id)) < 0)
            work->unsure = true;
        tell_failed(work, session, 0,
                    "this command runs in it; leave it, or end it from "
                    "elsewhere");
    } else if (finish(session, shared, procend, &fault) < 0) {
        tell_failed(work, session, svct_procend_held(procend), fault.what);
    } else {
        tell_ended(work, session, svct_procend_held(procend));
    }
}

static void end_session(struct work *work, const struct svct_session *session)
{
    bool shared = is_shared(work, session);
    struct svct_procend_goal goal = {.uid = uid_of(work, session->account),
                                     .session = session->id};
    struct svct_procend_line line;
    struct svct_procend *procend;
    struct svct_fault fault = {0};
    int r;

    if (!shared) {
        goal.leader = session->pid;
        goal.start = session->start;
        goal.audit = own_audit(work, session);
    }
    r = svct_procend_find_line(goal.uid, &line, &fault);
    if (r == 0)
        r = svct_procend_new(&goal, &line, &procend, &fault);
    if (r < 0) {
        tell_failed(work, session, 0, fault.what);
        return;
    }
    end_held(work, session, shared, procend);
    svct_procend_free(procend);
}

/* ---- all of them ---- */

static bool was_tried(const struct work *work, const char *id)
{
    for (size_t i = 0; i < work->tried.count; i++) {
        if (strcmp(work->tried.row[i], id) == 0)
            return true;
    }
    return false;
}

/* Those of one look. *ret_new: how many had not been tried. */
static int end_open(struct work *work, size_t *ret_new)
{
    *ret_new = 0;
    for (size_t i = 0; i < work->open.count; i++) {
        const struct svct_session *session = work->open.row[i];

        if (!svct_sessrows_match(work->filter, session) ||
            was_tried(work, session->id))
            continue;
        ++*ret_new;
        if (svct_rows_add(&work->tried, session->id, sizeof(session->id)) < 0)
            return svct_say_fault(work->call, SVCT_E_NOMEM, NULL);
        end_session(work, session);
    }
    return SVCT_EXIT_DONE;
}

static int end_sessions(struct work *work)
{
    static const struct svct_sessrows_filter all = {NULL, NULL, NULL};
    size_t doubtful = 0, fresh = 1;
    int r = SVCT_EXIT_DONE;

    for (int i = 0; r == SVCT_EXIT_DONE && fresh > 0 && i < PASSES_MAX; i++) {
        svct_rows_done(&work->open);
        r = svct_sessrows_collect(work->call, &all, &work->open,
                                  i == 0 ? &doubtful : NULL); /* said once */
        if (r == SVCT_EXIT_DONE)
            r = end_open(work, &fresh);
    }
    if (r == SVCT_EXIT_DONE && (doubtful > 0 || fresh > 0)) {
        work->result->failed++;
        return svct_say_cannot(work->call,
                               doubtful > 0
                                   ? "a record that is not believed may be of "
                                     "an open session"
                                   : "new sessions begin all the time");
    }
    return r;
}

/* ---- what former sessions have left behind ---- */

/* The marks of this process and its parents, and of sessions left alone. */
static int spare(const struct work *work, const struct svct_procend_line *line,
                 struct svct_procend_goal *goal)
{
    size_t most = line->count + work->spared.count;
    char(*ids)[SVCT_SESSION_ID_MAX + 1] = calloc(most, sizeof(*ids));

    if (ids == NULL)
        return SVCT_E_NOMEM;
    for (size_t i = 0; i < line->count; i++)
        if (line->item[i].session[0] != '\0')
            memcpy(ids[goal->spared_count++], line->item[i].session,
                   sizeof(*ids));
    for (size_t i = 0; i < work->spared.count; i++)
        memcpy(ids[goal->spared_count++], work->spared.row[i], sizeof(*ids));
    goal->spared = (const char(*)[SVCT_SESSION_ID_MAX + 1]) ids;
    return 0;
}

static int end_goal(struct work *work, const struct svct_procend_goal *goal,
                    const struct svct_procend_line *line)
{
    struct svct_session nameless = {.id = ""};
    struct svct_procend *procend;
    struct svct_fault fault = {0};
    size_t count;
    int r = svct_procend_new(goal, line, &procend, &fault);

    if (r < 0)
        return svct_say_fault(work->call, r, &fault);
    r = svct_procend_run(procend, &fault);
    count = svct_procend_held(procend);
    svct_procend_free(procend);
    if (count > 0) {
        snprintf(nameless.account, sizeof(nameless.account), "%s",
                 work->filter->account);
        if (work->filter->token_id != NULL)
            snprintf(nameless.token_id, sizeof(nameless.token_id), "%s",
                     work->filter->token_id);
        audit(work, &nameless, count, r == 0);
        work->result->processes += count;
        svct_say("%s %zu process%s that former sessions of %s left behind",
                 r == 0 ? "ended" : "tried to end", count,
                 count == 1 ? "" : "es", work->filter->account);
    }
    if (r < 0)
        work->result->failed++;
    return r < 0 ? svct_say_fault(work->call, r, &fault) : SVCT_EXIT_DONE;
}

static int end_leftovers(struct work *work)
{
    struct svct_procend_goal goal = {.uid = uid_of(work, work->filter->account),
                                     .token_id = work->filter->token_id,
                                     .any_mark =
                                         work->filter->token_id == NULL};
    struct svct_procend_line line;
    struct svct_fault fault = {0};
    int r;

    if (goal.uid == 0) {
        svct_say("%s is no Unix user: what left the process tree of a session "
                 "was not looked for",
                 work->filter->account);
        return SVCT_EXIT_DONE;
    }
    r = svct_procend_find_line(goal.uid, &line, &fault);
    if (r == 0)
        r = work->unsure ? SVCT_E_NOMEM : spare(work, &line, &goal);
    if (r < 0)
        return svct_say_fault(work->call, r, &fault);
    r = end_goal(work, &goal, &line);
    free((void *)(uintptr_t)goal.spared);
    return r;
}

/* ---- in and out ---- */

static int run(struct work *work, struct svct_endsession *ret_result)
{
    const struct svct_sessrows_filter *filter = work->filter;
    int r, left = SVCT_EXIT_DONE;

    work->result = ret_result;
    *ret_result = (struct svct_endsession){.ended_ids = json_array(),
                                           .failed_ids = json_array()};
    r = end_sessions(work);
    if (filter->account != NULL && filter->session == NULL)
        left = end_leftovers(work);
    keep_notes(work);
    svct_rows_done(&work->open);
    svct_rows_done(&work->tried);
    svct_rows_done(&work->spared);
    svct_rows_done(&work->notes);
    if (r == SVCT_EXIT_DONE)
        r = left;
    return r == SVCT_EXIT_DONE && ret_result->failed > 0 ? SVCT_EXIT_CANNOT : r;
}

int svct_endsession_run(const struct svct_call *call,
                        const struct svct_sessrows_filter *filter,
                        struct svct_endsession *ret_result)
{
    struct work work = {.call = call, .filter = filter};

    return run(&work, ret_result);
}

void svct_endsession_done(struct svct_endsession *result)
{
    json_decref(result->ended_ids);
    json_decref(result->failed_ids);
    *result = (struct svct_endsession){0};
}

static int run_if(struct work *work, size_t option)
{
    const struct svct_sessrows_filter *filter = work->filter;
    struct svct_endsession result;
    int r;

    if (!svct_opts_given(&work->call->opts, option)) {
        svct_hint_sessions(filter->account, filter->token_id);
        return SVCT_EXIT_DONE;
    }
    r = run(work, &result);
    if (r == SVCT_EXIT_DONE && result.ended == 0)
        svct_say("no session of it was open");
    svct_endsession_done(&result);
    return r;
}

int svct_endsession_if(const struct svct_call *call, size_t option,
                       const char *account, const char *token_id)
{
    struct svct_sessrows_filter filter = {account, token_id, NULL};
    struct work work = {.call = call, .filter = &filter};

    return run_if(&work, option);
}

int svct_endsession_if_gone(const struct svct_call *call, size_t option,
                            const struct svct_account *account)
{
    struct svct_sessrows_filter filter = {account->name, NULL, NULL};
    struct work work = {.call = call, .filter = &filter, .uid = account->uid};

    return run_if(&work, option);
}
