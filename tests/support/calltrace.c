/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "calltrace.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
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
        memcpy(stop->args, info.entry.args, sizeof stop->args);
        stop->wish = CALLTRACE_DO;
    } else {
        stop->result = info.exit.rval;
    }
}

/* ---- changing a call ---- */

#ifdef __x86_64__
#define REGISTER(name) offsetof(struct user, regs.name)
enum {
    NUMBER = REGISTER(orig_rax),
    RESULT = REGISTER(rax),
    THIRD = REGISTER(rdx),
    FIFTH = REGISTER(r8),
};

static void set_register(pid_t pid, unsigned long which, uint64_t value)
{
    must(ptrace(PTRACE_POKEUSER, pid, (void *)which, (void *)value) == 0,
         "a register");
}
#else
enum {
    NUMBER,
    RESULT,
    THIRD,
    FIFTH
};

static void set_register(pid_t pid, unsigned long which, uint64_t value)
{
    (void)pid;
    (void)which;
    (void)value;
    errno = ENOTSUP;
    must(false, "changing a call on this processor");
}
#endif

static void begin_wish(const struct calltrace_stop *stop)
{
    switch (stop->wish) {
    case CALLTRACE_SKIP:
        set_register(stop->pid, NUMBER, (uint64_t)-1);
        break;
    case CALLTRACE_LESS:
        set_register(stop->pid, THIRD, stop->args[2]);
        break;
    case CALLTRACE_LESS_OF_COPY:
        set_register(stop->pid, FIFTH, stop->args[4]);
        break;
    case CALLTRACE_DO:
    case CALLTRACE_LIE:
        break;
    }
}

static void end_wish(struct calltrace_stop *stop)
{
    if (stop->wish == CALLTRACE_SKIP || stop->wish == CALLTRACE_LIE) {
        set_register(stop->pid, RESULT, (uint64_t)stop->answer);
        stop->result = stop->answer;
    }
    stop->wish = CALLTRACE_DO;
}

/* ---- the child ---- */

static int leave(pid_t pid)
{
    must(ptrace(PTRACE_DETACH, pid, NULL, NULL) == 0, "ptrace");
    return wait_for(pid);
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
        if (!stop.entry)
            end_wish(&stop);
        if (!visit(arg, &stop)) {
            must(kill(pid, SIGKILL) == 0, "kill");
            return wait_for(pid);
        }
        if (stop.entry)
            begin_wish(&stop);
        else if (stop.leave)
            return leave(pid);
    }
}
