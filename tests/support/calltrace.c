/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "calltrace.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "calltrace: %s: %s\n", what, strerror(errno));
    exit(99);
}

void calltrace_me(void)
{
    must(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0, "ptrace");
    raise(SIGSTOP);
}

static int wait_for(pid_t pid)
{
    int status;

    must(waitpid(pid, &status, 0) == pid, "waitpid");
    return status;
}

/* The end of a call does not tell which one it is: its begin did. */
static void look(struct calltrace_stop *stop)
{
    struct __ptrace_syscall_info info;

    must(ptrace(PTRACE_GET_SYSCALL_INFO, stop->pid, (void *)sizeof info,
                &info) > 0,
         "what call it is");
    stop->entry = info.op == PTRACE_SYSCALL_INFO_ENTRY;
    if (stop->entry) {
        stop->number = info.entry.nr;
        stop->first = info.entry.args[0];
    } else {
        stop->result = info.exit.rval;
    }
}

/* The signal that is to be delivered; one of ptrace's own is none. */
static int signal_of(int status)
{
    int signal = WSTOPSIG(status);

    return signal == SIGTRAP || signal == SIGSTOP ? 0 : signal;
}

int calltrace_run(pid_t pid, calltrace_fn *visit, void *arg)
{
    struct calltrace_stop stop = {.pid = pid};
    intptr_t signal = 0;
    int status = wait_for(pid);

    must(WIFSTOPPED(status), "the child does not stop");
    must(ptrace(PTRACE_SETOPTIONS, pid, NULL,
                (void *)(PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD)) == 0,
         "ptrace");
    for (;;) {
        must(ptrace(PTRACE_SYSCALL, pid, NULL, (void *)signal) == 0, "ptrace");
        status = wait_for(pid);
        if (!WIFSTOPPED(status))
            return status;
        signal = 0;
        if (WSTOPSIG(status) != (SIGTRAP | 0x80)) {
            signal = signal_of(status);
            continue;
        }
        look(&stop);
        if (!visit(arg, &stop)) {
            must(kill(pid, SIGKILL) == 0, "kill");
            return wait_for(pid);
        }
    }
}
