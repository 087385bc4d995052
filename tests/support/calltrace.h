/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_TESTS_CALLTRACE_H
#define SVCT_TESTS_CALLTRACE_H

/*
 * A child that stops at the begin and at the end of each of its system calls,
 * those that a library makes too (ptrace). Its own children run on unwatched.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct calltrace_stop {
    pid_t pid;
    bool entry;       /* the call is not done yet */
    uint64_t number;  /* SYS_* */
    uint64_t args[6]; /* of the call */
    int64_t result;   /* at the end: negative is an error */
    /* What can be asked for, by a visitor that may: at the begin of a call */
    enum {
        CALLTRACE_DO,           /* all as it is */
        CALLTRACE_SKIP,         /* it is not done, and gives "answer" */
        CALLTRACE_LIE,          /* it is done, and gives "answer" */
        CALLTRACE_LESS,         /* it is done with args[2] as it is set now */
        CALLTRACE_LESS_OF_COPY, /* the same for args[4] */
    } wish;
    int64_t answer;
    bool leave; /* the child runs on to its end unwatched, once this call is
                   done */
};

/* At each stop, the child standing still. false: it is killed there. */
typedef bool calltrace_fn(void *arg, struct calltrace_stop *stop);

/* For the child, first of all: waits until it is watched. */
void calltrace_me(void);

/* Watches the child to its end; its status as of waitpid. Whatever fails here
 * ends the program. */
int calltrace_run(pid_t pid, calltrace_fn *visit, void *arg);

#endif
