/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_PROCSCAN_H
#define SVCT_ADMIN_PROCSCAN_H

/*
 * The processes there are, as far as that tells to which session each belongs.
 * A picture of a moment: who acts on it looks again (procend.h).
 */

#include <sys/types.h>

#include "auth/session.h"
#include "base/err.h"

struct svct_proc {
    int64_t pid;
    int64_t ppid;
    uint64_t start; /* with pid: which process */
    bool dead;      /* waits for its parent to notice */
    bool of_user;   /* runs as the user asked for: the rest is only then set */
    uint32_t audit; /* session of the kernel's audit; 0: none */
    char session[SVCT_SESSION_ID_MAX + 1]; /* the mark it carries; "": none */
};

struct svct_procs {
    struct svct_proc *item; /* by pid */
    size_t count;
    size_t room;
};

/* uid: whose marks are looked at; 0: nobody's. SVCT_E_IO, SVCT_E_NOMEM. */
int svct_procscan_all(uid_t uid, struct svct_procs *ret_procs,
                      struct svct_fault *fault);
void svct_procscan_done(struct svct_procs *procs);

/* One of them, looked at now. SVCT_E_NOTFOUND. */
int svct_procscan_one(int64_t pid, uid_t uid, struct svct_proc *ret_proc);

/* By its id; NULL when it was not there. */
const struct svct_proc *svct_procscan_find(const struct svct_procs *procs,
                                           int64_t pid);

/* The session of the kernel's audit that it is in; 0: none. */
uint32_t svct_procscan_audit(int64_t pid);

/* The login session (of logind) that a process is in. */
bool svct_procscan_logind(int64_t pid, char *out, size_t size);

#endif
