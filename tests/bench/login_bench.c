/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How long logins take, for tests/bench/login. Not a test.
 *
 *     login_bench warm CONFDIR SERVICE LOGINS SECONDS [account]
 *
 * logs in again and again in this process, a PAM handle for each login. LOGINS
 * is a file with lines "USER SECRET", taken from its begin, from anew at its
 * end. Without "account" that is pam_authenticate alone.
 *
 *     login_bench fresh CONFDIR SERVICE LOGINS SECONDS [account]
 *
 * the same with a process of its own for each, from its start to its end.
 *
 *     login_bench times N CONFDIR SERVICE LOGINS [account]
 *
 * exactly N logins in this process, for who counts instructions; prints
 * nothing.
 *
 *     login_bench spawn USER INPUT SECONDS COMMAND [ARGUMENT]...
 *
 * runs a program as USER with the file INPUT as its standard input; prints a
 * third number, the most memory that one of them had at a time, KiB.
 *
 * The first login or program goes before the clock runs, unless it takes all
 * the time there is. Prints how often and the median in nanoseconds. Exit
 * code 3: one was refused, or a program failed.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <security/pam_appl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SAMPLES_MAX 20000
#define LOGINS_MAX 4096

struct login {
    char user[40];
    char secret[80];
};

struct bench {
    const char *confdir;
    const char *service;
    bool account;
    struct login *logins;
    size_t count;
    size_t next;
};

typedef void bench_call(void *arg);

static int64_t samples[SAMPLES_MAX];

static _Noreturn void fail(const char *what, const char *why)
{
    fprintf(stderr, "login_bench: %s: %s\n", what, why);
    exit(3);
}

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* --- a login --- */

/* The secret to each prompt, nothing to what else is said. */
static int converse(int count, const struct pam_message **messages,
                    struct pam_response **responses, void *data)
{
    const struct login *login = data;

    *responses = calloc((size_t)count, sizeof(**responses));
    if (*responses == NULL)
        return PAM_BUF_ERR;
    for (int i = 0; i < count; i++)
        if (messages[i]->msg_style == PAM_PROMPT_ECHO_OFF ||
            messages[i]->msg_style == PAM_PROMPT_ECHO_ON)
            (*responses)[i].resp = strdup(login->secret);
    return PAM_SUCCESS;
}

static void log_in(const struct bench *bench, struct login *login)
{
    struct pam_conv conv = {converse, login};
    pam_handle_t *pamh = NULL;
    int code = pam_start_confdir(bench->service, login->user, &conv,
                                 bench->confdir, &pamh);

    if (code == PAM_SUCCESS)
        code = pam_authenticate(pamh, 0);
    if (code == PAM_SUCCESS && bench->account)
        code = pam_acct_mgmt(pamh, 0);
    if (code != PAM_SUCCESS)
        fail(bench->service, pam_strerror(pamh, code));
    pam_end(pamh, PAM_SUCCESS);
}

static struct login *next_login(struct bench *bench)
{
    return &bench->logins[bench->next++ % bench->count];
}

static void warm_call(void *arg)
{
    log_in(arg, next_login(arg));
}

static void wait_for(pid_t child, const char *what)
{
    int status = 0;

    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail(what, "a process failed");
}

/* The login is on descriptor 3 of a new program: this one, as "once". */
static void fresh_call(void *arg)
{
    struct bench *bench = arg;
    const struct login *login = next_login(bench);
    int ends[2];
    pid_t child;

    if (pipe(ends) != 0 ||
        write(ends[1], login, sizeof(*login)) != (ssize_t)sizeof(*login))
        fail("pipe", strerror(errno));
    close(ends[1]);
    child = vfork();
    if (child == 0) {
        dup2(ends[0], 3);
        execl("/proc/self/exe", "login_bench", "once", bench->confdir,
              bench->service, bench->account ? "account" : NULL, (char *)NULL);
        _exit(127);
    }
    close(ends[0]);
    if (child < 0)
        fail("vfork", strerror(errno));
    wait_for(child, bench->service);
}

static int once(int argc, char **argv)
{
    struct bench bench = {
        .confdir = argv[0], .service = argv[1], .account = argc > 2};
    struct login login;

    if (read(3, &login, sizeof(login)) != (ssize_t)sizeof(login))
        return 3;
    log_in(&bench, &login);
    return 0;
}

/* --- a program --- */

struct program {
    const struct passwd *user;
    const char *input;
    char **command;
};

static void become(const struct program *program)
{
    const struct passwd *user = program->user;
    int input = open(program->input, O_RDONLY);
    int nothing = open("/dev/null", O_WRONLY);

    if (input < 0 || nothing < 0 || dup2(input, 0) < 0 ||
        dup2(nothing, 1) < 0 || initgroups(user->pw_name, user->pw_gid) != 0 ||
        setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0 ||
        chdir("/") != 0)
        fail(program->input, strerror(errno));
}

static void spawn_call(void *arg)
{
    const struct program *program = arg;
    pid_t child = fork();

    if (child < 0)
        fail("fork", strerror(errno));
    if (child == 0) {
        become(program);
        execvp(program->command[0], program->command);
        _exit(127);
    }
    wait_for(child, program->command[0]);
}

/* --- measuring --- */

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static void measure(bench_call *call, void *arg, const char *seconds)
{
    int64_t begin = now_ns();
    int64_t end = begin + (int64_t)(strtod(seconds, NULL) * 1e9);
    size_t count = 0;

    call(arg);
    samples[0] = now_ns() - begin;
    if (now_ns() >= end)
        count = 1;
    while (count < SAMPLES_MAX && now_ns() < end) {
        begin = now_ns();
        call(arg);
        samples[count++] = now_ns() - begin;
    }
    qsort(samples, count, sizeof(*samples), compare);
    printf("%zu %" PRId64, count, samples[count / 2]);
}

/* --- words --- */

static void read_logins(struct bench *bench, const char *path)
{
    FILE *file = fopen(path, "re");

    bench->logins = calloc(LOGINS_MAX, sizeof(*bench->logins));
    if (file == NULL || bench->logins == NULL)
        fail(path, strerror(errno));
    while (bench->count < LOGINS_MAX &&
           fscanf(file, "%39s %79s", bench->logins[bench->count].user,
                  bench->logins[bench->count].secret) == 2)
        bench->count++;
    fclose(file);
    if (bench->count == 0)
        fail(path, "no logins");
}

static struct bench bench_of(char **argv, bool account)
{
    struct bench bench = {
        .confdir = argv[0], .service = argv[1], .account = account};

    read_logins(&bench, argv[2]);
    return bench;
}

static int measure_logins(bench_call *call, int argc, char **argv)
{
    struct bench bench = bench_of(argv, argc > 4);

    measure(call, &bench, argv[3]);
    printf("\n");
    free(bench.logins);
    return 0;
}

static int some_times(int argc, char **argv)
{
    struct bench bench = bench_of(argv + 1, argc > 4);

    for (long i = strtol(argv[0], NULL, 10); i > 0; i--)
        warm_call(&bench);
    free(bench.logins);
    return 0;
}

static int measure_program(char **argv)
{
    struct program program = {
        .user = getpwnam(argv[0]), .input = argv[1], .command = argv + 3};
    struct rusage usage;

    if (program.user == NULL)
        fail(argv[0], "no such user");
    measure(spawn_call, &program, argv[2]);
    getrusage(RUSAGE_CHILDREN, &usage);
    printf(" %ld\n", usage.ru_maxrss);
    return 0;
}

int main(int argc, char **argv)
{
    const char *what = argc > 3 ? argv[1] : "";

    argc -= 2;
    argv += 2;
    if (strcmp(what, "once") == 0)
        return once(argc, argv);
    if (strcmp(what, "warm") == 0 && argc > 3)
        return measure_logins(warm_call, argc, argv);
    if (strcmp(what, "fresh") == 0 && argc > 3)
        return measure_logins(fresh_call, argc, argv);
    if (strcmp(what, "times") == 0 && argc > 3)
        return some_times(argc, argv);
    if (strcmp(what, "spawn") == 0 && argc > 3)
        return measure_program(argv);
    fprintf(stderr, "login_bench: see the head of its source\n");
    return 2;
}
