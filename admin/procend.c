/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "procend.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "procscan.h"

#define MEMBERS_MAX 262144
#define FILES_MAX 65536 /* descriptors of processes at a time */
#define FILES_LEFT 32   /* for reading /proc meanwhile, and the rest */
#define SLICE 100       /* milliseconds between two looks for new ones */

struct member {
    int64_t pid;
    uint64_t start;
    int fd; /* -1: it is gone */
    bool told;
};

struct svct_procend {
    const struct svct_procend_goal *goal;
    const struct svct_procend_line *line;
    struct member *item;
    size_t count;
    size_t room;
    size_t living; /* of these */
    size_t most;   /* that can be held at a time */
    bool holds_us;
    bool more; /* some could not be held yet */
};

/* ---- this process ---- */

int svct_procend_find_line(uid_t uid, struct svct_procend_line *ret_line,
                           struct svct_fault *fault)
{
    const size_t most = sizeof(ret_line->item) / sizeof(ret_line->item[0]);
    int64_t pid = getpid();

    ret_line->count = 0;
    while (pid > 0) {
        struct svct_proc proc;
        int err = svct_procscan_one(pid, uid, &proc);

        if (err == SVCT_E_NOTFOUND && ret_line->count > 0)
            break; /* it has just ended, and so is no danger any more */
        if (err != 0)
            return svct_fault_set(fault, err, 0, "process %lld: %s",
                                  (long long)pid, svct_err_text(err));
        if (ret_line->count == most)
            return svct_fault_set(fault, SVCT_E_TOOBIG, 0,
                                  "this process has too many parents");
        ret_line->item[ret_line->count].pid = proc.pid;
        ret_line->item[ret_line->count].start = proc.start;
        memcpy(ret_line->item[ret_line->count++].session, proc.session,
               sizeof(proc.session));
        pid = pid > 1 ? proc.ppid : 0;
    }
    return 0;
}

static bool is_in_line(const struct svct_procend_line *line,
                       const struct svct_proc *proc)
{
    for (size_t i = 0; i < line->count; i++) {
        if (line->item[i].pid == proc->pid &&
            line->item[i].start == proc->start)
            return true;
    }
    return false;
}

/* ---- who belongs ---- */

static bool is_spared(const struct svct_procend_goal *goal, const char *mark)
{
    for (size_t i = 0; i < goal->spared_count; i++) {
        if (strcmp(goal->spared[i], mark) == 0)
            return true;
    }
    return false;
}

static bool is_marked(const struct svct_procend_goal *goal,
                      const struct svct_proc *proc)
{
    const char *mark = proc->session;

    if (!proc->of_user || mark[0] == '\0' || is_spared(goal, mark))
        return false;
    return goal->any_mark ||
           (goal->session != NULL && strcmp(goal->session, mark) == 0) ||
           (goal->token_id != NULL &&
            svct_session_is_of_token(mark, goal->token_id));
}

static const struct member *find_member(const struct svct_procend *procend,
                                        const struct svct_proc *proc)
{
    for (size_t i = 0; i < procend->count; i++) {
        if (procend->item[i].pid == proc->pid &&
            procend->item[i].start == proc->start)
            return &procend->item[i];
    }
    return NULL;
}

/* By what it is, whoever its parent is. */
static bool belongs_itself(const struct svct_procend *procend,
                           const struct svct_proc *proc)
{
    const struct svct_procend_goal *goal = procend->goal;

    if (goal->leader > 0 && proc->pid == goal->leader &&
        proc->start == goal->start)
        return true;
    if (proc->of_user && goal->audit != 0 && proc->audit == goal->audit)
        return true;
    return is_marked(goal, proc);
}

/* Who began before its parent has got another one by chance. */
static bool has_parent_in(const struct svct_procs *procs, const bool *in,
                          const struct svct_proc *proc)
{
    const struct svct_proc *parent = svct_procscan_find(procs, proc->ppid);

    return parent != NULL && in[parent - procs->item] &&
           parent->start <= proc->start;
}

static void choose(const struct svct_procend *procend,
                   const struct svct_procs *procs, bool *in)
{
    bool again = true;

    for (size_t i = 0; i < procs->count; i++) {
        const struct svct_proc *proc = &procs->item[i];

        in[i] = proc->pid > 1 && (belongs_itself(procend, proc) ||
                                  find_member(procend, proc) != NULL);
    }
    while (again) {
        again = false;
        for (size_t i = 0; i < procs->count; i++) {
            if (in[i] || procs->item[i].pid <= 1 ||
                !has_parent_in(procs, in, &procs->item[i]))
                continue;
            in[i] = true;
            again = true;
        }
    }
}

/* ---- holding them ---- */

enum life {
    LIFE_UNKNOWN,
    LIVES,
    GONE
};

static enum life look(int fd)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    int r;

    do {
        r = poll(&wait, 1, 0);
    } while (r < 0 && errno == EINTR);
    if (r < 0)
        return LIFE_UNKNOWN;
    return r == 0 ? LIVES : GONE;
}

/* The descriptor is of whoever had the id when it was made: is that the one
 * that was seen, and for the same reason? */
static bool is_still(const struct svct_procend *procend,
                     const struct svct_procs *procs, const bool *in,
                     const struct svct_proc *seen, int fd)
{
    struct svct_proc now, parent_now;
    const struct svct_proc *parent;

    if (svct_procscan_one(seen->pid, procend->goal->uid, &now) != 0 ||
        now.start != seen->start || now.dead)
        return false;
    if (!belongs_itself(procend, &now)) {
        parent = svct_procscan_find(procs, now.ppid);
        if (!has_parent_in(procs, in, &now) ||
            svct_procscan_one(now.ppid, 0, &parent_now) != 0 ||
            parent_now.start != parent->start)
            return false;
    }
    return look(fd) == LIVES;
}

static int add_member(struct svct_procend *procend,
                      const struct svct_proc *proc, int fd)
{
    if (procend->count == procend->room) {
        size_t room = procend->room == 0 ? 64 : procend->room * 2;
        struct member *more;

        if (room > MEMBERS_MAX)
            return SVCT_E_TOOBIG;
        more = reallocarray(procend->item, room, sizeof(*more));
        if (more == NULL)
            return SVCT_E_NOMEM;
        procend->item = more;
        procend->room = room;
    }
    procend->item[procend->count++] =
        (struct member){proc->pid, proc->start, fd, false};
    procend->living++;
    return 0;
}

static int hold(struct svct_procend *procend, const struct svct_procs *procs,
                const bool *in, const struct svct_proc *proc,
                struct svct_fault *fault)
{
    int r, fd;

    if (procend->living >= procend->most) {
        procend->more = true; /* when others are gone */
        return 0;
    }
    fd = (int)syscall(SYS_pidfd_open, (pid_t)proc->pid, 0U);
    if (fd < 0)
        return errno == ESRCH || errno == EINVAL
                   ? 0
                   : svct_fault_errno(fault, errno, "can't hold process %lld",
                                      (long long)proc->pid);
    if (!is_still(procend, procs, in, proc, fd)) {
        close(fd);
        return 0;
    }
    r = add_member(procend, proc, fd);
    if (r != 0)
        close(fd);
    return r;
}

static int hold_all(struct svct_procend *procend,
                    const struct svct_procs *procs, bool *in,
                    struct svct_fault *fault)
{
    int r = 0;

    choose(procend, procs, in);
    procend->more = false;
    for (size_t i = 0; r == 0 && i < procs->count; i++) {
        const struct svct_proc *proc = &procs->item[i];

        if (!in[i])
            continue;
        if (is_in_line(procend->line, proc))
            procend->holds_us = true;
        else if (!proc->dead && find_member(procend, proc) == NULL)
            r = hold(procend, procs, in, proc, fault);
    }
    return r;
}

/* Looks for those that belong and are not held. */
static int collect(struct svct_procend *procend, struct svct_fault *fault)
{
    struct svct_procs procs;
    bool *in;
    int r = svct_procscan_all(procend->goal->uid, &procs, fault);

    if (r != 0)
        return r;
    in = calloc(procs.count, sizeof(*in));
    r = in != NULL ? hold_all(procend, &procs, in, fault) : SVCT_E_NOMEM;
    if (r == SVCT_E_NOMEM || r == SVCT_E_TOOBIG)
        svct_fault_set(fault, r, 0, "the processes of a session: %s",
                       svct_err_text(r));
    free(in);
    svct_procscan_done(&procs);
    return r;
}

/* As many descriptors as this process may have, and how many that leaves. */
static size_t most_files(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 1;
    if (limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur =
            limit.rlim_max < FILES_MAX ? limit.rlim_max : FILES_MAX;
        setrlimit(RLIMIT_NOFILE, &limit);
        getrlimit(RLIMIT_NOFILE, &limit);
    }
    if (limit.rlim_cur > FILES_MAX)
        return FILES_MAX;
    return limit.rlim_cur > FILES_LEFT ? (size_t)limit.rlim_cur - FILES_LEFT
                                       : 1;
}

int svct_procend_new(const struct svct_procend_goal *goal,
                     const struct svct_procend_line *line,
                     struct svct_procend **ret_procend,
                     struct svct_fault *fault)
{
    struct svct_procend *procend = calloc(1, sizeof(*procend));
    int r;

    if (procend == NULL)
        return svct_fault_set(fault, SVCT_E_NOMEM, 0, "out of memory");
    procend->goal = goal;
    procend->line = line;
    procend->most = most_files();
    r = collect(procend, fault);
    if (r != 0)
        svct_procend_free(procend);
    else
        *ret_procend = procend;
    return r;
}

void svct_procend_free(struct svct_procend *procend)
{
    if (procend == NULL)
        return;
    for (size_t i = 0; i < procend->count; i++) {
        if (procend->item[i].fd >= 0)
            close(procend->item[i].fd);
    }
    free(procend->item);
    free(procend);
}

bool svct_procend_holds_us(const struct svct_procend *procend)
{
    return procend->holds_us;
}

size_t svct_procend_held(const struct svct_procend *procend)
{
    return procend->count;
}

size_t svct_procend_living(const struct svct_procend *procend)
{
    return procend->living;
}

/* ---- waiting ---- */

static int64_t clock_now(void)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Lets go of those that are gone. */
static void let_go(struct svct_procend *procend)
{
    for (size_t i = 0; i < procend->count; i++) {
        struct member *member = &procend->item[i];

        if (member->fd >= 0 && look(member->fd) == GONE) {
            close(member->fd);
            member->fd = -1;
            procend->living--;
        }
    }
}

static int first_living(const struct svct_procend *procend)
{
    for (size_t i = 0; i < procend->count; i++) {
        if (procend->item[i].fd >= 0)
            return procend->item[i].fd;
    }
    return -1;
}

/* One at a time: it is over when the last of them is. */
void svct_procend_wait(struct svct_procend *procend, int milliseconds)
{
    int64_t left, end = clock_now() + milliseconds;

    for (;;) {
        struct pollfd wait = {.events = POLLIN};

        let_go(procend);
        wait.fd = first_living(procend);
        left = end - clock_now();
        if (wait.fd < 0 || left <= 0)
            return;
        poll(&wait, 1, (int)left);
    }
}

/* ---- ending ---- */

static void tell(const struct member *member, int number)
{
    if (member->fd >= 0)
        syscall(SYS_pidfd_send_signal, member->fd, number, NULL, 0U);
}

static void tell_all(struct svct_procend *procend, int number)
{
    for (size_t i = 0; i < procend->count; i++)
        tell(&procend->item[i], number);
}

/* Once each. One that is stopped would not hear it before it goes on. */
static void ask_new(struct svct_procend *procend)
{
    for (size_t i = 0; i < procend->count; i++) {
        struct member *member = &procend->item[i];

        if (member->told)
            continue;
        tell(member, SIGTERM);
        tell(member, SIGHUP);
        tell(member, SIGCONT);
        member->told = true;
    }
}

static bool is_over(const struct svct_procend *procend)
{
    return svct_procend_living(procend) == 0 && !procend->more;
}

/* Until none is left, also no new one, or the time is over. */
static int ask(struct svct_procend *procend, struct svct_fault *fault)
{
    int64_t end = clock_now() + SVCT_PROCEND_GRACE;
    int r = 0;

    while (r == 0 && clock_now() < end && !is_over(procend)) {
        ask_new(procend);
        svct_procend_wait(procend, SLICE);
        r = collect(procend, fault);
    }
    return r;
}

/* Stopped first, so that none makes new ones between two looks. */
static int kill_all(struct svct_procend *procend, struct svct_fault *fault)
{
    int64_t end = clock_now() + SVCT_PROCEND_KILL;
    int r = 0;

    while (r == 0 && clock_now() < end && !is_over(procend)) {
        size_t held;

        do {
            held = procend->count;
            tell_all(procend, SIGSTOP);
            r = collect(procend, fault);
        } while (r == 0 && procend->count > held && clock_now() < end);
        tell_all(procend, SIGKILL);
        svct_procend_wait(procend, SLICE);
        if (r == 0)
            r = collect(procend, fault);
    }
    return r;
}

int svct_procend_run(struct svct_procend *procend, struct svct_fault *fault)
{
    int r;

    let_go(procend);
    r = collect(procend, fault);
    if (r == 0)
        r = ask(procend, fault);
    if (r == 0)
        r = kill_all(procend, fault);
    if (r == 0 && !is_over(procend))
        r = svct_fault_set(fault, SVCT_E_BUSY, 0,
                           "%zu of its processes live still",
                           svct_procend_living(procend));
    return r;
}
