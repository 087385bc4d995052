/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fails each system call of the real utility, of logins through the real PAM
 * module and of name lookups, in each way that this call can fail, once and
 * with all later ones that can fail so; and runs the utility with few
 * descriptors and little memory. For tests/campaigns/faults.
 *
 *     faults [SECONDS [TARGET]]     all trials (of one), or as many as there is
 *                                   time for, spread over all; 0: all
 *     faults TARGET CALL ERROR once|on         one of them again
 *     faults TARGET nofile|as LIMIT            the same
 *
 * SVCT_ADMIN, SVCT_MODULE and SVCT_NSS_MODULE name what is attacked. With
 * FAULTS_WORDS=FILE what the utility said goes there. Needs root, on x86-64.
 */
#include <config.h>

#include "faults.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../support/pamhost.h"
#include "../support/privdir.h"
#include "auth/secret.h"

#define JOBS_MAX 16
#define TARGETS_MAX 64
#define BAD_MAX 40 /* that are told, of a target */
#define MEBIBYTE (UINT64_C(1) << 20)
#define AS_STEP (UINT64_C(128) << 10)
#define AS_MOST (48 * MEBIBYTE)
#define NOFILE_MOST 24

/* Of a target, over all workers. */
struct sums {
    atomic_ulong calls, of, trials, hit, before, done, odd, bad;
};

static struct sums *sums; /* shared */
static const struct faults_target *target;
static const struct faults_trial *trial;
static const struct callfail_run *run;
static struct sums *sum;
static bool trial_is_bad, trial_came;

/* ---- telling ---- */

static const char *resource_name(int resource)
{
    return resource == RLIMIT_NOFILE ? "nofile" : "as";
}

static void name_trial(char *ret, size_t size)
{
    if (trial->limited)
        snprintf(ret, size, "%s %s %llu", target->name,
                 resource_name(trial->resource),
                 (unsigned long long)trial->limit);
    else
        snprintf(ret, size, "%s %lu %s %s (%s)", target->name, trial->call.n,
                 callfail_error_name(trial->call.error),
                 trial->call.on ? "on" : "once",
                 run->hit ? callfail_call_name(run->number) : "nothing failed");
}

void faults_bad(const char *format, ...)
{
    char words[2000], name[200];
    va_list args;

    if (!trial_is_bad && atomic_fetch_add(&sum->bad, 1) >= BAD_MAX) {
        trial_is_bad = true;
        return;
    }
    trial_is_bad = true;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    name_trial(name, sizeof name);
    printf("bad: %s: %s\n", name, words);
    fflush(stdout);
}

void faults_odd(void)
{
    atomic_fetch_add(&sum->odd, 1);
}

void faults_came(bool done)
{
    if (!trial_came)
        atomic_fetch_add(done ? &sum->done : &sum->before, 1);
    trial_came = true;
}

void faults_die(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(3);
}

/* ---- the targets ---- */

static size_t targets_count(void)
{
    return faults_cmd_count + faults_login_count;
}

static const struct faults_target *target_at(size_t i)
{
    return i < faults_cmd_count ? &faults_cmd_targets[i]
                                : &faults_login_targets[i - faults_cmd_count];
}

/* ---- one trial ---- */

static void wait_for_limited(pid_t pid, struct callfail_run *r)
{
    if (waitpid(pid, &r->status, 0) != pid)
        faults_die("waitpid: %s", strerror(errno));
    r->hit = true;
}

static void tell_trial(void)
{
    char name[200];

    name_trial(name, sizeof name);
    printf("%s\n", name);
}

static void try(const struct faults_trial *t, bool tell)
{
    struct callfail_run r = {.trial = t->call, .marked = target->marked};
    pid_t pid;

    trial = t;
    run = &r;
    trial_is_bad = trial_came = false;
    target->prepare(target);
    pid = target->start(target, t);
    if (pid < 0)
        faults_die("fork: %s", strerror(errno));
    if (t->limited)
        wait_for_limited(pid, &r);
    else
        callfail_watch(pid, &r);
    atomic_fetch_add(&sum->trials, 1);
    if (r.hit)
        atomic_fetch_add(&sum->hit, 1);
    if (tell)
        tell_trial();
    target->look(target, t, &r);
}

/* ---- all of a target ---- */

struct plan {
    struct callfail_trial *calls;
    size_t calls_count;
    size_t count; /* with the limits */
    unsigned long begins;
};

/* A run that nothing fails in, which must be good. */
static struct plan make_plan(void)
{
    static const struct faults_trial none = {.limited = false};
    struct callfail_run r = {.marked = target->marked};
    struct plan plan;

    trial = &none;
    run = &r;
    trial_is_bad = false;
    trial_came = true; /* not one of the trials */
    target->prepare(target);
    plan.calls =
        callfail_list(target->start(target, &none), &r, &plan.calls_count);
    target->look(target, &none, &r);
    if (trial_is_bad || plan.calls_count == 0)
        faults_die("%s: it is not as it must be, even without a failure",
                   target->name);
    atomic_store(&sum->calls, r.calls);
    plan.count = plan.calls_count;
    plan.begins = r.begins;
    if (target->limits)
        plan.count += NOFILE_MOST + AS_MOST / AS_STEP;
    atomic_store(&sum->of, plan.count);
    return plan;
}

static struct faults_trial trial_at(const struct plan *plan, size_t i)
{
    struct faults_trial t = {.limited = true, .resource = RLIMIT_NOFILE};

    if (i < plan->calls_count)
        return (struct faults_trial){.call = plan->calls[i],
                                     .begins = plan->begins};
    i -= plan->calls_count;
    t.limit = i;
    if (i >= NOFILE_MOST) {
        t.resource = RLIMIT_AS;
        t.limit = (i - NOFILE_MOST) * AS_STEP;
    }
    return t;
}

static size_t divisor(size_t a, size_t b)
{
    while (b != 0) {
        size_t rest = a % b;

        a = b;
        b = rest;
    }
    return a;
}

/* Steps that lead to each of so many once, and soon everywhere. */
static size_t stride_of(size_t count)
{
    size_t stride = count * 618 / 1000 + 1;

    while (divisor(count, stride) != 1)
        stride++;
    return stride;
}

/* seconds 0: all of it. */
static void attack(unsigned worker, unsigned workers, unsigned seconds)
{
    struct plan plan = make_plan();
    size_t stride = stride_of(plan.count);
    time_t begin = time(NULL);

    for (size_t i = worker; i < plan.count; i += workers) {
        struct faults_trial t = trial_at(&plan, i * stride % plan.count);

        if (seconds != 0 && time(NULL) - begin >= (time_t)seconds)
            break;
        try(&t, false);
    }
    free(plan.calls);
}

/* ---- workers ---- */

static void enter(void)
{
    const char *reason;

    if (!privdir_enter(&reason) || !privdir_cover(SVCT_RUNDIR, &reason) ||
        !privdir_cover(SVCT_DBDIR, &reason) || !pamhost_setup(&reason))
        faults_die("faults: %s", reason);
    if (svct_secret_setup() != 0)
        faults_die("faults: libsodium");
    faults_cmd_setup();
    faults_login_setup();
}

static void select_target(size_t i)
{
    target = target_at(i);
    sum = &sums[i];
}

/* only: the name of one; NULL: all. */
static void work(unsigned worker, unsigned workers, unsigned seconds,
                 const char *only)
{
    size_t count = targets_count(), share = only == NULL ? count : 1;

    enter();
    for (size_t i = 0; i < count; i++) {
        select_target(i);
        if (only == NULL || strcmp(only, target->name) == 0)
            attack(worker, workers, seconds == 0 ? 0 : seconds / share + 1);
    }
    exit(0);
}

static bool all_end_well(const pid_t *pid, unsigned workers)
{
    bool good = true;

    for (unsigned i = 0; i < workers; i++) {
        int status;

        good = waitpid(pid[i], &status, 0) == pid[i] && status == 0 && good;
    }
    return good;
}

static bool report(void)
{
    unsigned long trials = 0;
    bool good = true;

    printf("%-16s %6s %8s %8s %8s %8s %8s %6s %6s\n", "target", "calls", "of",
           "trials", "failed", "before", "done", "odd", "bad");
    for (size_t i = 0; i < targets_count(); i++) {
        const struct sums *s = &sums[i];

        if (s->trials == 0)
            continue;
        printf("%-16s %6lu %8lu %8lu %8lu %8lu %8lu %6lu %6lu\n",
               target_at(i)->name, s->calls, s->of, s->trials, s->hit,
               s->before, s->done, s->odd, s->bad);
        good = good && s->bad == 0;
        trials += s->trials;
    }
    return good && trials > 0;
}

static int run_all(unsigned seconds, const char *only)
{
    long workers = sysconf(_SC_NPROCESSORS_ONLN);
    pid_t pid[JOBS_MAX];
    bool well;

    if (workers > JOBS_MAX)
        workers = JOBS_MAX;
    fflush(stdout);
    for (long i = 0; i < workers; i++) {
        pid[i] = fork();
        if (pid[i] < 0)
            faults_die("fork: %s", strerror(errno));
        if (pid[i] == 0)
            work((unsigned)i, (unsigned)workers, seconds, only);
    }
    well = all_end_well(pid, (unsigned)workers);
    if (!report())
        return 1;
    return well ? 0 : 3;
}

/* ---- one again ---- */

static int run_one(int argc, char **argv)
{
    struct faults_trial t = {.limited = argc == 4};
    struct plan plan;
    size_t i = 0;

    while (i < targets_count() && strcmp(target_at(i)->name, argv[1]) != 0)
        i++;
    if (i == targets_count())
        faults_die("faults: no target %s", argv[1]);
    select_target(i);
    if (t.limited) {
        t.resource = strcmp(argv[2], "as") == 0 ? RLIMIT_AS : RLIMIT_NOFILE;
        t.limit = strtoull(argv[3], NULL, 10);
    } else {
        t.call.n = strtoul(argv[2], NULL, 10);
        t.call.error = callfail_error_of(argv[3]);
        t.call.on = strcmp(argv[4], "on") == 0;
    }
    enter();
    plan = make_plan();
    t.begins = plan.begins;
    free(plan.calls);
    try(&t, true);
    report();
    return sum->bad == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    sums = mmap(NULL, TARGETS_MAX * sizeof *sums, PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (sums == MAP_FAILED || targets_count() > TARGETS_MAX)
        faults_die("faults: mmap");
    if (argc == 4 || argc == 5)
        return run_one(argc, argv);
    return run_all(argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 0,
                   argc > 2 ? argv[2] : NULL);
}
