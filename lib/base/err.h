/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_BASE_ERR_H
#define SVCT_BASE_ERR_H

/*
 * Error codes and the sentence that goes with them.
 *
 * A function that can fail returns int: 0, or one of the negative codes below,
 * forwarded unchanged. A code means "could not"; an outcome the caller has to
 * handle as a matter of course (a login denied, an account not there) is a
 * value of its own, never folded into these.
 *
 * Functions that deal with files also take a struct svct_fault, which may be
 * NULL. On failure, and only then, it holds a sentence for people: what was
 * wrong with which file and, where there is one, what would be right. Nothing
 * in it is secret.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "banned.h"

enum svct_err {
    SVCT_E_NOMEM = -1,    /* out of memory */
    SVCT_E_IO = -2,       /* a system call failed; see sys_errno */
    SVCT_E_NOTFOUND = -3, /* no such record */
    SVCT_E_EXISTS = -4,   /* there is one of that name already */
    SVCT_E_SYNTAX = -5,   /* the text does not have the form demanded */
    SVCT_E_RANGE = -6,    /* the form is right, the value out of bounds */
    SVCT_E_TOOBIG = -7,   /* does not fit the bound of what shall hold it */
    SVCT_E_NODB = -8,     /* there is no database: never set up */
    SVCT_E_ACCESS = -9,   /* this process may not (not root) */
    SVCT_E_UNSAFE = -10,  /* somebody else could change the file: not used */
    SVCT_E_DAMAGED = -11, /* the bytes contradict their check or each other */
    SVCT_E_VERSION = -12, /* written by a newer program: can't decide */
    SVCT_E_BUSY = -13,    /* another writer holds the lock */
    SVCT_E_NOSPACE = -14, /* the disk (or quota) is full */
    SVCT_E_POLICY = -15,  /* a rule of this host forbids the change */
    SVCT_E_LAST = -15     /* the lowest of them: for loops over all codes */
};

struct svct_fault {
    int code;       /* one of the above; 0 while nothing failed */
    int sys_errno;  /* errno of the system call that failed, or 0 */
    char what[256]; /* the sentence, no newline, no full stop */
};

/*
 * Fills the fault (NULL is fine) and returns code, so that a failing function
 * can end in "return svct_fault_set(...)". A text too long is cut. errno is
 * kept.
 */
int svct_fault_set(struct svct_fault *fault, int code, int sys_errno,
                   const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The same for a failed system call: picks the code that errno stands for
 * (EACCES and EPERM: ACCESS; ENOSPC and EDQUOT: NOSPACE; ENOMEM: NOMEM; else
 * IO) and appends the system's words for it. */
int svct_fault_errno(struct svct_fault *fault, int sys_errno,
                     const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A short phrase for a code, for example "no such record"; static, never
 * NULL, also for a number that is no code. */
const char *svct_err_text(int code);

#endif
