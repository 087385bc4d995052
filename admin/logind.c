/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "logind.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "base/parse.h"
#include "procscan.h"
#include "proctext.h"
#include "program.h"

#define PATIENCE 10000 /* milliseconds that loginctl may take */

static const char *find_program(void)
{
    static const char *const paths[] = {"/usr/bin/loginctl", "/bin/loginctl",
                                        NULL};

    return svct_program_find(paths);
}

/* ---- running it ---- */

static int64_t clock_now(void)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Up to its end, which is that of the program. false: it took too long. */
static bool read_out(int fd, char *out, size_t size)
{
    int64_t left, end = clock_now() + PATIENCE;
    char rest[256];
    size_t len = 0;

    for (;;) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        bool fits = len + 1 < size;
        ssize_t got;

        left = end - clock_now();
        if (left <= 0)
            break;
        if (poll(&wait, 1, (int)left) <= 0)
            continue;
        got = read(fd, fits ? out + len : rest,
                   fits ? size - len - 1 : sizeof(rest));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        len += fits ? (size_t)got : 0;
    }
    out[len] = '\0';
    return left > 0;
}

static bool finish(pid_t pid, bool in_time)
{
    if (!in_time)
        kill(pid, SIGKILL); /* our child, not waited for yet */
    return svct_program_finish(pid) && in_time;
}

/* What it printed, cut, to out. Did it succeed? */
static bool run(const char *const *argv, char *out, size_t size)
{
    int ends[2];
    pid_t pid;
    bool started, in_time = false;

    out[0] = '\0';
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    started = svct_program_start(argv, ends[1], &pid);
    close(ends[1]);
    if (started)
        in_time = read_out(ends[0], out, size);
    close(ends[0]);
    return started && finish(pid, in_time);
}

/* ---- what it is for ---- */

static bool is_led_by(const char *program, const char *name, int64_t leader)
{
    const char *const argv[] = {program,   "show-session", "--property=Leader",
                                "--value", name,           NULL};
    char text[64];
    uint64_t pid;

    if (!run(argv, text, sizeof(text)))
        return false;
    text[strcspn(text, "\n")] = '\0';
    return svct_parse_number(text, 1, INT32_MAX, &pid) == 0 &&
           (int64_t)pid == leader;
}

static bool is_ours(const char *name)
{
    char ours[SVCT_PROCTEXT_LOGIND + 1];

    return svct_procscan_logind(getpid(), ours, sizeof(ours)) &&
           strcmp(ours, name) == 0;
}

/* Has the process id been given to nobody else? What was read of it before was
 * of this process then. */
static bool is_still(int64_t pid, uint64_t start)
{
    struct svct_procstat stat;

    return svct_procstat_get(pid, &stat, NULL) == 0 && stat.start == start;
}

bool svct_logind_terminate(int64_t leader, uint64_t start)
{
    char name[SVCT_PROCTEXT_LOGIND + 1], text[64];
    const char *program = find_program();
    const char *const argv[] = {program, "terminate-session", name, NULL};

    return program != NULL &&
           svct_procscan_logind(leader, name, sizeof(name)) && !is_ours(name) &&
           is_led_by(program, name, leader) && is_still(leader, start) &&
           run(argv, text, sizeof(text));
}
