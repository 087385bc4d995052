/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_TESTS_FAULTS_H
#define SVCT_TESTS_FAULTS_H

/*
 * What is attacked by tests/module/faults, and how a trial of it is told.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../support/callfail.h"

#define FAULTS_CMD_DB "/mnt/cmd"     /* of the commands */
#define FAULTS_LOGIN_DB "/mnt/login" /* of logins */

/* A call that fails; or, with n 0, a limit of the child's resources. */
struct faults_trial {
    struct callfail_trial call;
    int resource; /* RLIMIT_*; used when "limited" */
    bool limited;
    uint64_t limit;
    unsigned long begins; /* calls before this one load the program */
};

struct faults_target {
    const char *name;
    bool marked; /* the calls that count are between marks */
    bool limits; /* it is tried with limits, too */
    /* All as it is before a trial. */
    void (*prepare)(const struct faults_target *target);
    /* The child; it begins with calltrace_me() when the trial is no limit. */
    pid_t (*start)(const struct faults_target *target,
                   const struct faults_trial *trial);
    /* What became of it: calls faults_bad for what must not be, and once
     * faults_came. */
    void (*look)(const struct faults_target *target,
                 const struct faults_trial *trial,
                 const struct callfail_run *run);
    const void *arg;
};

/* Of a trial: this must not be. */
void faults_bad(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* It is only said wrongly. */
void faults_odd(void);

/* What a good trial came to: as if nothing had been asked for, or done. */
void faults_came(bool done);

/* The surroundings of the test are not as they must be: ends it. */
void faults_die(const char *format, ...)
    __attribute__((format(printf, 1, 2), noreturn));

/* The whole folder, in the place of what is there. */
void faults_copy(const char *from, const char *to);

/* The commands of the utility; the logins; the name lookups. In each worker
 * anew, in its own mounts. */
void faults_cmd_setup(void);
void faults_login_setup(void);
extern const struct faults_target faults_cmd_targets[];
extern const size_t faults_cmd_count;
extern const struct faults_target faults_login_targets[];
extern const size_t faults_login_count;

#endif
