/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_PROCEND_H
#define SVCT_ADMIN_PROCEND_H

/*
 * Ending processes, and only the right ones.
 *
 * To a goal belong: its leader; whoever descends from what belongs to it; and
 * processes of its user that carry its mark in their environment or are in its
 * session of the kernel's audit, wherever they went.
 *
 * A process id may be somebody else's a moment later. So each process is held
 * by a descriptor of it (pidfd) first, then looked at again: does it begin at
 * the same time, does it still belong, does it still live? Signals go through
 * the descriptor. Process 1, this one and those it descends from never get
 * one.
 */

#include <sys/types.h>

#include "auth/session.h"
#include "base/err.h"

struct svct_procend_goal {
    uid_t uid; /* whose marks count; 0: nobody's */
    int64_t leader;
    uint64_t start;       /* of the leader; leader 0: none */
    uint32_t audit;       /* 0: none */
    const char *session;  /* its mark; NULL: none */
    const char *token_id; /* all marks of this token; NULL: none */
    bool any_mark;        /* all marks */
    const char (*spared)[SVCT_SESSION_ID_MAX + 1]; /* but not these */
    size_t spared_count;
};

/* Of this process and all that it descends from. */
struct svct_procend_line {
    struct {
        int64_t pid;
        uint64_t start;
        char session[SVCT_SESSION_ID_MAX + 1]; /* the mark of those of uid */
    } item[128];
    size_t count;
};

/* SVCT_E_TOOBIG when there are more than fit. */
int svct_procend_find_line(uid_t uid, struct svct_procend_line *ret_line,
                           struct svct_fault *fault);

struct svct_procend;

/* Holds what belongs to the goal now. goal and line must outlive it. SVCT_E_
 * NOMEM; SVCT_E_IO, also when the kernel has no pidfd. */
int svct_procend_new(const struct svct_procend_goal *goal,
                     const struct svct_procend_line *line,
                     struct svct_procend **ret_procend,
                     struct svct_fault *fault);
void svct_procend_free(struct svct_procend *procend);

/* Does this process, or one it descends from, belong to it? */
bool svct_procend_holds_us(const struct svct_procend *procend);

/* How many processes it has held so far, and how many of these live. */
size_t svct_procend_held(const struct svct_procend *procend);
size_t svct_procend_living(const struct svct_procend *procend);

/* Waits until none lives, at most so many milliseconds. */
void svct_procend_wait(struct svct_procend *procend, int milliseconds);

/*
 * SIGTERM and SIGHUP, then after SVCT_PROCEND_GRACE SIGKILL, and looks for new
 * ones in between, until there is none or SVCT_PROCEND_KILL is over too. 0;
 * SVCT_E_BUSY when some live still.
 */
#define SVCT_PROCEND_GRACE 3000 /* milliseconds */
#define SVCT_PROCEND_KILL 5000
int svct_procend_run(struct svct_procend *procend, struct svct_fault *fault);

#endif
