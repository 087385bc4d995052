/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_TESTS_CALLFAIL_H
#define SVCT_TESTS_CALLFAIL_H

/*
 * One system call of a child fails, or that and every later one that can fail
 * so (a disk that stays full); in whatever way the kernel lets it fail: which
 * errors a call can give is known here. What fails is not done, but close().
 *
 * With "marked", only calls between callfail_begin() and callfail_end(), which
 * the child calls, are counted.
 */

#include "calltrace.h"

/* In place of an error: half of what is to be read, written or copied is. */
#define CALLFAIL_HALF (-1)

struct callfail_trial {
    unsigned long n; /* the n-th call of the child, from 1 */
    int error;       /* or CALLFAIL_HALF */
    bool on;         /* and every later one that can give this error */
};

struct callfail_run {
    struct callfail_trial trial; /* n 0: nothing fails */
    bool marked;
    int status;           /* as of waitpid */
    bool late;            /* it did not end by itself, and was killed */
    bool hit;             /* something failed */
    uint64_t number;      /* the first that did */
    bool said;            /* standard output or error was among them */
    bool renamed;         /* a link became "current", as far as was watched */
    bool sync_before;     /* by then one had failed, but of "usage" */
    bool sync_after;      /* the first one behind it failed */
    unsigned long begins; /* callfail_list: the first call that asks for
                             a descriptor's flags, as our program does first */
    unsigned long calls;  /* how many there were, as far as was watched */
};

void callfail_begin(void);
void callfail_end(void);

/* Watches the child, which begins with calltrace_me(). */
void callfail_watch(pid_t pid, struct callfail_run *run);

/* The same without a failure; every trial that there can be, in the order of
 * the calls, for free(). */
struct callfail_trial *callfail_list(pid_t pid, struct callfail_run *run,
                                     size_t *ret_count);

const char *callfail_error_name(int error);

/* "fsync"; "call 74" for one that never fails here. */
const char *callfail_call_name(uint64_t number);

/* ENOSPC for "ENOSPC", CALLFAIL_HALF for "half"; 0 for none of them. */
int callfail_error_of(const char *name);

#endif
