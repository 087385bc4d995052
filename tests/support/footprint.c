/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "footprint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <malloc.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "privdir.h"

#define DESCRIPTORS 256 /* looked at */

/* ---- what could be changed ---- */

static void put_signals(FILE *out)
{
    for (int i = 1; i < NSIG; i++) {
        struct sigaction action;

        if (sigaction(i, NULL, &action) != 0)
            continue;
        fprintf(out, "signal %d: flags %x, handler ", i, action.sa_flags);
        for (size_t byte = 0; byte < sizeof action.sa_handler; byte++)
            fprintf(out, "%02x", ((uint8_t *)&action.sa_handler)[byte]);
        fprintf(out, ", mask");
        for (int other = 1; other < NSIG; other++)
            if (sigismember(&action.sa_mask, other) == 1)
                fprintf(out, " %d", other);
        fputc('\n', out);
    }
}

/* A file of /proc, all of it or the lines that begin like this. */
static void put_file(FILE *out, const char *path, const char *const *begins)
{
    FILE *in = fopen(path, "re");
    char line[1024];

    assert_non_null(in);
    while (fgets(line, sizeof line, in) != NULL)
        for (size_t i = 0; begins == NULL || begins[i] != NULL; i++) {
            if (begins == NULL ||
                strncmp(line, begins[i], strlen(begins[i])) == 0) {
                fprintf(out, "%s: %s", path, line);
                break;
            }
        }
    fclose(in);
}

static void put_link(FILE *out, const char *path)
{
    char target[1024];
    ssize_t len = readlink(path, target, sizeof target);

    if (len >= 0)
        fprintf(out, "%s -> %.*s\n", path, (int)len, target);
}

static void put_descriptors(FILE *out)
{
    char path[64];

    for (int fd = 0; fd < DESCRIPTORS; fd++) {
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        put_link(out, path);
    }
}

/* Those that run tell the seconds that are left, and these get fewer. */
static void put_timers(FILE *out)
{
    for (int which = ITIMER_REAL; which <= ITIMER_PROF; which++) {
        struct itimerval timer;

        assert_int_equal(getitimer((__itimer_which_t)which, &timer), 0);
        fprintf(out, "timer %d: every %ld s, %s\n", which,
                (long)timer.it_interval.tv_sec,
                timer.it_value.tv_sec > 1000  ? "long"
                : timer.it_value.tv_sec > 0   ? "soon"
                : timer.it_value.tv_usec != 0 ? "at once"
                                              : "none");
    }
}

static void put_rest(FILE *out)
{
    stack_t alternate;
    int death = 0;

    assert_int_equal(sigaltstack(NULL, &alternate), 0);
    assert_int_equal(prctl(PR_GET_PDEATHSIG, &death), 0);
    fprintf(out, "alternate stack: %d\n", alternate.ss_flags);
    fprintf(out, "signal at the parent's end: %d\n", death);
    fprintf(out, "dumpable: %d\n", prctl(PR_GET_DUMPABLE));
    fprintf(out, "keeps capabilities: %d\n", prctl(PR_GET_KEEPCAPS));
    fprintf(out, "secure bits: %d\n", prctl(PR_GET_SECUREBITS));
    fprintf(out, "timer slack: %d\n", prctl(PR_GET_TIMERSLACK));
    fprintf(out, "nice: %d\n", getpriority(PRIO_PROCESS, 0));
    fprintf(out, "scheduler: %d\n", sched_getscheduler(0));
    fprintf(out, "process group: %d, session %d\n", (int)getpgrp(),
            (int)getsid(0));
    fprintf(out, "locale: %s\n", setlocale(LC_ALL, NULL));
    fprintf(out, "environment: %p\n", (void *)environ);
    for (char **variable = environ; *variable != NULL; variable++)
        fprintf(out, "environment: %s\n", *variable);
}

char *footprint_take(void)
{
    static const char *const status[] = {
        "Name",   "Umask",     "PPid",     "Uid",    "Gid",    "Groups",
        "Thread", "SigPnd",    "ShdPnd",   "SigBlk", "SigIgn", "SigCgt",
        "Cap",    "NoNewPriv", "Seccomp:", "Cpus",   "Mems",   NULL};
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    put_descriptors(out); /* first: files are opened below */
    put_signals(out);
    put_file(out, "/proc/self/status", status);
    put_file(out, "/proc/self/limits", NULL);
    put_file(out, "/proc/self/oom_score_adj", NULL);
    put_file(out, "/proc/self/coredump_filter", NULL);
    put_link(out, "/proc/self/cwd");
    put_link(out, "/proc/self/root");
    put_link(out, "/proc/self/ns/mnt");
    put_timers(out);
    put_rest(out);
    assert_int_equal(fclose(out), 0);
    return text;
}

/* The first line of one that the other does not have at this place. */
void footprint_same(char *before, char *after, const char *when)
{
    const char *a = before, *b = after;

    while (*a != '\0' && *b != '\0') {
        size_t len = strcspn(a, "\n"), other = strcspn(b, "\n");

        if (len != other || strncmp(a, b, len) != 0)
            break;
        a += len + (a[len] != '\0');
        b += len + (b[len] != '\0');
    }
    if (*a != *b || strcmp(a, b) != 0)
        fail_msg("changed by %s: \"%.*s\" was \"%.*s\"", when,
                 (int)strcspn(b, "\n"), b, (int)strcspn(a, "\n"), a);
    free(before);
    free(after);
}

static void handle(int number)
{
    (void)number;
}

void footprint_be_odd(void)
{
    const struct sigaction handled = {.sa_handler = handle,
                                      .sa_flags = SA_NODEFER | SA_ONSTACK};
    const struct itimerval hours = {{7200, 0}, {7200, 0}};
    const struct rlimit core = {4096, RLIM_INFINITY};
    sigset_t blocked;
    FILE *oom;

    assert_int_equal(sigaction(SIGUSR1, &handled, NULL), 0);
    assert_int_equal(sigaction(SIGALRM, &handled, NULL), 0);
    assert_true(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
    assert_true(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR2);
    sigaddset(&blocked, SIGTERM);
    assert_int_equal(sigprocmask(SIG_BLOCK, &blocked, NULL), 0);
    assert_int_equal(raise(SIGUSR2), 0); /* stays pending */
    umask(0137);
    assert_int_equal(setitimer(ITIMER_REAL, &hours, NULL), 0);
    assert_int_equal(setrlimit(RLIMIT_CORE, &core), 0);
    assert_int_equal(setpriority(PRIO_PROCESS, 0, 3), 0);
    setlocale(LC_ALL, "C.UTF-8"); /* "C", where there is none */
    assert_int_equal(setenv("SVCTOKEN_ACCOUNT", "the host's", 1), 0);
    assert_int_equal(setenv("TZ", "Pacific/Auckland", 1), 0);
    assert_int_equal(chdir("/proc"), 0);
    oom = fopen("/proc/self/oom_score_adj", "we");
    if (oom != NULL && fputs("300", oom) >= 0)
        fclose(oom);
}

/* ---- what is needed ---- */

static int lines_of(const char *path)
{
    FILE *in = fopen(path, "re");
    int count = 0, c;

    assert_non_null(in);
    while ((c = fgetc(in)) != EOF)
        count += c == '\n';
    fclose(in);
    return count;
}

static long pages_of_address_space(void)
{
    FILE *in = fopen("/proc/self/statm", "re");
    long pages = 0;

    assert_non_null(in);
    assert_int_equal(fscanf(in, "%ld", &pages), 1);
    fclose(in);
    return pages;
}

struct footprint_needs footprint_needs(void)
{
    struct footprint_needs needs;
    struct mallinfo2 info;

    needs.mappings = lines_of("/proc/self/maps");
    needs.pages = pages_of_address_space();
    needs.descriptors = privdir_entries("/proc/self/fd");
    needs.threads = privdir_entries("/proc/self/task");
    info = mallinfo2();
    needs.heap = info.uordblks + info.hblkhd;
    return needs;
}

/* What malloc keeps ready of each size for a thread counts as in use, and comes
 * and goes by some kilobytes. A block kept by each login would be 64 KiB in the
 * shortest round. */
#define HEAP_SLACK 16384

void footprint_no_growth(const struct footprint_needs *before)
{
    struct footprint_needs now = footprint_needs();
    const char *instrumented = getenv("SVCT_INSTRUMENTED");

    assert_int_equal(now.descriptors, before->descriptors);
    assert_int_equal(now.threads, before->threads);
    if (instrumented != NULL && strcmp(instrumented, "no") != 0)
        return; /* the allocator is another, and keeps what is freed */
    assert_int_equal(now.mappings, before->mappings);
    assert_in_range(now.heap, 0, before->heap + HEAP_SLACK);
    assert_in_range(now.pages, 0, before->pages + 64);
}
