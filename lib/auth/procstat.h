/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_AUTH_PROCSTAT_H
#define SVCT_AUTH_PROCSTAT_H

/*
 * Which process is it? A process id alone does not say: it is given to
 * somebody else as soon as its owner is gone. The id, the moment the process
 * began and the boot in which that was name one process for ever.
 */

#include "base/err.h"

#define SVCT_BOOT_LEN 36 /* of the text of a boot id */

struct svct_procstat {
    int64_t pid;  /* > 0 */
    int64_t ppid; /* 0: none in this namespace */
    char state;   /* 'R', 'S', ... of its first thread; svct_procstat_is_dead */
    uint64_t threads; /* those that have ended and are not gone count, too */
    uint64_t start;   /* clock ticks since boot; stays when it executes
                       another program */
};

/* Takes the text of /proc/PID/stat apart; pure. The name of the program in it
 * may hold anything, brackets and line feeds too. SVCT_E_SYNTAX. */
int svct_procstat_parse(const char *text, size_t len,
                        struct svct_procstat *ret_stat);

/*
 * Has it ended? A process whose first thread has ended shows 'Z', too, and runs
 * on as long as it has others: whoever wants to look dead can.
 */
bool svct_procstat_is_dead(const struct svct_procstat *stat);

/* Of a process; pid 0: of this one, with its id as /proc knows it. SVCT_E_
 * NOTFOUND: there is none; SVCT_E_SYNTAX, SVCT_E_IO, SVCT_E_ACCESS. */
int svct_procstat_get(int64_t pid, struct svct_procstat *ret_stat,
                      struct svct_fault *fault);

/* "d0f1c2b3-...": another text at each boot. */
int svct_procstat_boot(char ret_boot[SVCT_BOOT_LEN + 1],
                       struct svct_fault *fault);

/* Has it the form of one? */
bool svct_procstat_is_boot(const char *text);

/*
 * Reads a file of /proc, at most size bytes of it. SVCT_E_NOTFOUND when it is
 * not there or its process ended meanwhile, SVCT_E_TOOBIG when there is more.
 */
int svct_procstat_read(const char *path, char *out, size_t size,
                       size_t *ret_len, struct svct_fault *fault);

#endif
