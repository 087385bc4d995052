/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How long name lookups take, for tests/bench/nss. Not a test.
 *
 *     nss_bench SERVICE ACCOUNTS FIRST-UID SECONDS
 *
 * looks up users of one service of nsswitch.conf, in one process that goes on,
 * through the public calls of libc: users "u0000000", "u0000001", ... whose
 * numbers follow from FIRST-UID, drawn at random; and one that is nobody's.
 * At most SECONDS for each kind of call.
 *
 *     nss_bench spawn TIMES COMMAND [ARGUMENT]...
 *
 * runs a program so often, its output thrown away.
 *
 * Prints a line for each kind: its name, how often, median and 99th percentile
 * in nanoseconds. Exit code 3: a lookup gave a wrong answer.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <nss.h>
#include <pwd.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SAMPLES_MAX 20000
#define WARM 3 /* calls before the clock runs */
#define FOREIGN "somebody-else"

extern char **environ;

struct bench {
    uint32_t accounts;
    uint32_t first_uid;
    double seconds;
    char *buffer;
    size_t buffer_size;
    uint64_t random;
};

typedef void bench_call(struct bench *bench, uint32_t number);

static int64_t samples[SAMPLES_MAX];

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void fail(const char *what, uint32_t number, int err)
{
    fprintf(stderr, "nss_bench: %s, user %" PRIu32 ": %s\n", what, number,
            err == 0 ? "a wrong answer" : strerror(err));
    exit(3);
}

/* xorshift64: the same row of users in each run. */
static uint32_t draw(struct bench *bench)
{
    bench->random ^= bench->random << 13;
    bench->random ^= bench->random >> 7;
    bench->random ^= bench->random << 17;
    return (uint32_t)(bench->random % bench->accounts);
}

static void name_of(uint32_t number, char *ret_name, size_t size)
{
    snprintf(ret_name, size, "u%07" PRIu32, number);
}

/* --- the calls --- */

static void call_name(struct bench *bench, uint32_t number)
{
    struct passwd entry;
    struct passwd *found;
    char name[32];
    int err;

    name_of(number, name, sizeof(name));
    err = getpwnam_r(name, &entry, bench->buffer, bench->buffer_size, &found);
    if (err != 0 || found == NULL || entry.pw_uid != bench->first_uid + number)
        fail("getpwnam_r", number, err);
}

static void call_foreign(struct bench *bench, uint32_t number)
{
    struct passwd entry;
    struct passwd *found;
    int err;

    err =
        getpwnam_r(FOREIGN, &entry, bench->buffer, bench->buffer_size, &found);
    if (err != 0 || found != NULL)
        fail("getpwnam_r of nobody", number, err);
}

static void call_uid(struct bench *bench, uint32_t number)
{
    struct passwd entry;
    struct passwd *found;
    char name[32];
    int err;

    name_of(number, name, sizeof(name));
    err = getpwuid_r(bench->first_uid + number, &entry, bench->buffer,
                     bench->buffer_size, &found);
    if (err != 0 || found == NULL || strcmp(entry.pw_name, name) != 0)
        fail("getpwuid_r", number, err);
}

/* The group of its own, and that of its role. */
static void call_groups(struct bench *bench, uint32_t number)
{
    gid_t groups[16];
    char name[32];
    int count = 16;

    name_of(number, name, sizeof(name));
    if (getgrouplist(name, bench->first_uid + number, groups, &count) != 2)
        fail("getgrouplist", number, 0);
}

static void call_foreign_groups(struct bench *bench, uint32_t number)
{
    gid_t groups[16];
    int count = 16;

    if (getgrouplist(FOREIGN, bench->first_uid - 1, groups, &count) != 1)
        fail("getgrouplist of nobody", number, 0);
}

/* --- measuring --- */

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static void report(const char *what, size_t count)
{
    qsort(samples, count, sizeof(*samples), compare);
    printf("%s %zu %" PRId64 " %" PRId64 "\n", what, count, samples[count / 2],
           samples[(count * 99 - 1) / 100]);
}

static void measure(struct bench *bench, const char *what, bench_call *call)
{
    int64_t begin = now_ns();
    int64_t end = begin + (int64_t)(bench->seconds * 1e9);
    size_t count = 0;

    for (int i = 0; i < WARM && (i == 0 || now_ns() < end); i++)
        call(bench, draw(bench));
    do {
        uint32_t number = draw(bench);

        begin = now_ns();
        call(bench, number);
        samples[count++] = now_ns() - begin;
    } while (count < SAMPLES_MAX && now_ns() < end);
    report(what, count);
}

static int measure_calls(const char *service, struct bench *bench)
{
    if (__nss_configure_lookup("passwd", service) != 0 ||
        __nss_configure_lookup("group", service) != 0 ||
        __nss_configure_lookup("initgroups", service) != 0) {
        perror("nss_bench: __nss_configure_lookup");
        return 3;
    }
    bench->buffer_size = 1 << 16;
    bench->buffer = malloc(bench->buffer_size);
    if (bench->buffer == NULL)
        return 3;
    measure(bench, "name", call_name);
    measure(bench, "foreign", call_foreign);
    measure(bench, "uid", call_uid);
    measure(bench, "groups", call_groups);
    measure(bench, "foreign-groups", call_foreign_groups);
    free(bench->buffer);
    return 0;
}

static void spawn_once(char **command,
                       const posix_spawn_file_actions_t *actions)
{
    pid_t child;
    int status;
    int err = posix_spawnp(&child, command[0], actions, NULL, command, environ);

    if (err != 0)
        fail(command[0], 0, err);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
}

static int measure_spawns(size_t times, char **command)
{
    posix_spawn_file_actions_t actions;

    posix_spawn_file_actions_init(&actions);
    for (int fd = 1; fd <= 2; fd++)
        posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_WRONLY,
                                         0);
    spawn_once(command, &actions);
    for (size_t i = 0; i < times; i++) {
        int64_t begin = now_ns();

        spawn_once(command, &actions);
        samples[i] = now_ns() - begin;
    }
    report("spawn", times);
    posix_spawn_file_actions_destroy(&actions);
    return 0;
}

int main(int argc, char **argv)
{
    struct bench bench = {.random = UINT64_C(88172645463325252)};

    if (argc > 3 && strcmp(argv[1], "spawn") == 0) {
        size_t times = strtoul(argv[2], NULL, 10);

        return times >= 1 && times <= SAMPLES_MAX
                   ? measure_spawns(times, argv + 3)
                   : 2;
    }
    if (argc != 5) {
        fputs("usage: see the head of nss_bench.c\n", stderr);
        return 2;
    }
    bench.accounts = (uint32_t)strtoul(argv[2], NULL, 10);
    bench.first_uid = (uint32_t)strtoul(argv[3], NULL, 10);
    bench.seconds = strtod(argv[4], NULL);
    return bench.accounts == 0 ? 2 : measure_calls(argv[1], &bench);
}
