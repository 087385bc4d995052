/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * usage: killcall N COMMAND [ARGUMENT]...
 *
 * Runs COMMAND and kills it (SIGKILL) at the N-th stop: each system call stops
 * twice, before it is done and after. 0: never. Exit code 137 when it was
 * killed, else the command's; the number of stops goes to descriptor 9 if that
 * is open.
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "calltrace.h"

#define KILLED 137
#define COUNT_FD 9

struct count {
    unsigned long stops;
    unsigned long last; /* 0: there is none */
};

static bool count_one(void *arg, struct calltrace_stop *stop)
{
    struct count *count = arg;

    (void)stop;
    return ++count->stops != count->last;
}

int main(int argc, char **argv)
{
    struct count count = {.stops = 0};
    int status;
    pid_t pid;

    if (argc < 3) {
        fprintf(stderr, "usage: killcall N COMMAND [ARGUMENT]...\n");
        return 2;
    }
    count.last = strtoul(argv[1], NULL, 10);
    pid = fork();
    if (pid < 0)
        return 99;
    if (pid == 0) {
        close(COUNT_FD);
        calltrace_me();
        execvp(argv[2], argv + 2);
        fprintf(stderr, "killcall: %s: %s\n", argv[2], strerror(errno));
        _exit(127);
    }
    status = calltrace_run(pid, count_one, &count);
    dprintf(COUNT_FD, "%lu\n", count.stops);
    return WIFEXITED(status) ? WEXITSTATUS(status) : KILLED;
}
