/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How long logins take beside a large import, beside nothing, and beside a
 * plain load of the same size: a program that takes as much processor time, and
 * writes as many bytes, in as long a time, and has nothing to do with the
 * database. What that one costs as well is the machine's doing.
 *
 *     load_pace FOLDER TOKENS [SECONDS]
 *
 * FOLDER: on the disk, root's alone; it is emptied by whoever made it. TOKENS:
 * of the import. SECONDS: of each phase without a load, 10. Two processes log
 * in, each 100 times a second: by a token without a limit of uses and by one
 * with, in turn. A line for each phase and each of the two: logins, p50, p99,
 * p99.9, longest (microseconds), and p50 and p99 over those of the phase without
 * a load before it. That a verdict was wrong is a failure; no time is one.
 *
 * It needs root; SVCT_MODULE names the module, SVCT_ADMIN the utility.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../support/admintool.h"
#include "../support/pamverdict.h"
#include "../support/privdir.h"
#include "auth/secret.h"
#include "base/crc64.h"

#define LINES PRIVDIR "/lines"
#define PLAIN PRIVDIR "/plain"
#define TOKENS_EACH 100
#define PROCESSES 2
#define INTERVAL INT64_C(10000000) /* nanoseconds from login to login */
#define SAMPLES_MAX 1000000        /* of a phase */
#define CHUNK (1 << 20)

enum kind {
    FREE,
    LIMITED,
    KINDS
};

static const char *const kind_name[KINDS] = {"no limit", "limited"};
static char text_of[KINDS][SVCT_TOKEN_LEN + 1];

static struct shared {
    atomic_bool stop;
    atomic_bool failed;
    atomic_uint count[KINDS];
    int64_t sample[KINDS][SAMPLES_MAX];
} * shared;

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "load_pace: %s: %s\n", what, strerror(errno));
    exit(3);
}

static int64_t clock_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void sleep_until(int64_t due)
{
    const struct timespec t = {due / 1000000000, due % 1000000000};

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
        ;
}

/* ---- logins ---- */

static void log_in(enum kind kind)
{
    int64_t begin = clock_ns(), took;
    struct pamverdict account = {.outcome = SVCT_UNDECIDED};
    struct pamverdict v;
    struct pamhost host;
    unsigned at;

    v = pamverdict_auth(&host, "sshd", "steady", text_of[kind]);
    if (v.outcome == SVCT_GRANTED)
        account = pamverdict_account(&host);
    pamhost_end(&host);
    took = clock_ns() - begin;
    if (account.outcome != SVCT_GRANTED) {
        fprintf(stderr, "load_pace: refused: %s / %s\n", v.line, account.line);
        atomic_store(&shared->failed, true);
    }
    at = atomic_fetch_add(&shared->count[kind], 1);
    if (at < SAMPLES_MAX)
        shared->sample[kind][at] = took;
}

static _Noreturn void log_in_again_and_again(int number)
{
    int64_t due = clock_ns() + number * INTERVAL / PROCESSES;

    for (unsigned i = 0; !atomic_load(&shared->stop); i++) {
        sleep_until(due);
        log_in((enum kind)(i % KINDS));
        due += INTERVAL;
        if (due < clock_ns()) /* later than that: it is not made up for */
            due = clock_ns();
    }
    _exit(0);
}

/* ---- what is beside them ---- */

struct load {
    double seconds, processor_seconds;
    uint64_t bytes; /* to the disk */
};

typedef void load_fn(struct load *load);

static void nothing(struct load *load)
{
    sleep_until(clock_ns() + (int64_t)(load->seconds * 1e9));
}

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void import(struct load *load)
{
    static const char *const args[] = {"db", "import", LINES, NULL};
    int64_t begin = clock_ns();
    struct rusage usage;
    int status = -1;
    pid_t pid = fork();

    if (pid == 0)
        admintool_be(args, open("/dev/null", O_WRONLY | O_CLOEXEC));
    if (wait4(pid, &status, 0, &usage) != pid || status != 0)
        fail("the import");
    load->seconds = (double)(clock_ns() - begin) / 1e9;
    load->processor_seconds =
        seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
    load->bytes = (uint64_t)usage.ru_oublock * 512;
}

static double processor_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* As far as it should be by now: bytes, and processor time by checksums. */
static void keep_up(const struct load *load, double part, int fd,
                    uint8_t *chunk)
{
    static uint64_t written;

    while ((double)written < part * (double)load->bytes) {
        if (write(fd, chunk, CHUNK) != CHUNK)
            fail(PLAIN);
        written += CHUNK;
    }
    while (processor_seconds() < part * load->processor_seconds) {
        uint64_t sum = svct_crc64(0, chunk, 65536);

        memcpy(chunk, &sum, sizeof sum);
    }
}

static _Noreturn void be_plain(const struct load *load)
{
    int fd = open(PLAIN, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    uint8_t *chunk = calloc(1, CHUNK);
    int64_t begin = clock_ns();
    double part = 0;

    if (fd < 0 || chunk == NULL)
        fail(PLAIN);
    while (part < 1) {
        part = (double)(clock_ns() - begin) / 1e9 / load->seconds;
        keep_up(load, part < 1 ? part : 1, fd, chunk);
        sleep_until(clock_ns() + 1000000);
    }
    if (fsync(fd) != 0 || close(fd) != 0 || unlink(PLAIN) != 0)
        fail(PLAIN);
    _exit(0);
}

static void plain(struct load *load)
{
    int status = -1;
    pid_t pid = fork();

    if (pid == 0)
        be_plain(load);
    if (waitpid(pid, &status, 0) != pid || status != 0)
        fail("the plain load");
}

/* ---- a phase ---- */

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

struct quantiles {
    double p50, p99; /* microseconds */
};
static struct quantiles calm[KINDS]; /* of the last phase without a load */

static double at(const int64_t *samples, unsigned count, double part)
{
    unsigned i = (unsigned)(part * count);

    return (double)samples[i < count ? i : count - 1] / 1e3;
}

static void report(const char *name, enum kind kind, bool is_calm)
{
    unsigned count = atomic_load(&shared->count[kind]);
    int64_t *samples = shared->sample[kind];
    struct quantiles q;

    if (count > SAMPLES_MAX)
        count = SAMPLES_MAX;
    if (count == 0)
        fail("no login");
    qsort(samples, count, sizeof *samples, compare);
    q = (struct quantiles){at(samples, count, 0.5), at(samples, count, 0.99)};
    if (is_calm)
        calm[kind] = q;
    printf("%-22s %-9s %7u %8.0f %8.0f %8.0f %8.0f %6.2f %6.2f\n", name,
           kind_name[kind], count, q.p50, q.p99, at(samples, count, 0.999),
           at(samples, count, 1), q.p50 / calm[kind].p50,
           q.p99 / calm[kind].p99);
}

static void phase(const char *name, load_fn *beside, struct load *load)
{
    pid_t pid[PROCESSES];

    atomic_store(&shared->stop, false);
    for (int k = 0; k < KINDS; k++)
        atomic_store(&shared->count[k], 0);
    for (int i = 0; i < PROCESSES; i++) {
        pid[i] = fork();
        if (pid[i] == 0)
            log_in_again_and_again(i);
    }
    beside(load);
    atomic_store(&shared->stop, true);
    for (int i = 0; i < PROCESSES; i++)
        waitpid(pid[i], NULL, 0);
    for (int k = 0; k < KINDS; k++)
        report(name, (enum kind)k, beside == nothing);
    fflush(stdout);
}

/* ---- the whole ---- */

static void make_world(void)
{
    struct svct_account account = dbmake_account("steady", "Editor");
    struct svct_token token = dbmake_token("steady", "free");
    struct minted minted;

    dbmake_init(PAMHOST_DB);
    dbmake_add_account(PAMHOST_DB, &account);
    token.expires = SVCT_TIME_NEVER;
    minted = dbmake_add_token(PAMHOST_DB, &token);
    dbmake_unmask(&minted, text_of[FREE]);
    snprintf(token.name, sizeof token.name, "limited");
    token.max_uses = UINT32_MAX;
    minted = dbmake_add_token(PAMHOST_DB, &token);
    dbmake_unmask(&minted, text_of[LIMITED]);
}

static void write_lines(unsigned long tokens)
{
    const struct admintool_lines lines = {
        .tokens = tokens, .each = TOKENS_EACH, .uid = 100000};
    FILE *file = fopen(LINES, "we");

    if (file == NULL)
        fail(LINES);
    admintool_lines(file, &lines);
    if (fflush(file) != 0 || fsync(fileno(file)) != 0 || fclose(file) != 0)
        fail(LINES);
}

static bool set_up(const char *folder)
{
    const char *reason = "the folder can't be bound";

    if (!privdir_enter(&reason) ||
        mount(folder, PRIVDIR, NULL, MS_BIND, NULL) != 0 ||
        chmod(PRIVDIR, 0755) != 0 || !privdir_cover(SVCT_RUNDIR, &reason) ||
        !pamhost_setup(&reason)) {
        printf("SKIPPED: load_pace: %s\n", reason);
        return false;
    }
    if (svct_secret_setup() != 0 || getenv("SVCT_ADMIN") == NULL)
        fail("SVCT_ADMIN");
    pamverdict_begin();
    pamhost_stack("sshd", "");
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (shared == MAP_FAILED)
        fail("mmap");
    return true;
}

int main(int argc, char **argv)
{
    struct load calmly = {.seconds = argc > 3 ? strtod(argv[3], NULL) : 10};
    struct load size = {.seconds = 0};
    unsigned long tokens = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;

    if (tokens == 0) {
        fprintf(stderr, "usage: load_pace FOLDER TOKENS [SECONDS]\n");
        return 2;
    }
    if (!set_up(argv[1]))
        return 77;
    make_world();
    write_lines(tokens);
    printf("%-22s %-9s %7s %8s %8s %8s %8s %6s %6s\n", "", "uses", "logins",
           "p50", "p99", "p99.9", "longest", "p50", "p99");
    fflush(stdout); /* before there are processes that have it too */
    phase("nothing else", nothing, &calmly);
    phase("import", import, &size);
    phase("nothing else, after it", nothing, &calmly);
    phase("plain load", plain, &size);
    printf("import of %lu tokens: %.1f s, %.1f s of a processor, %.0f MiB "
           "written\n",
           tokens, size.seconds, size.processor_seconds,
           (double)size.bytes / (1 << 20));
    return atomic_load(&shared->failed) ? 1 : 0;
}
