/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "programread.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t clock_now(void)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Up to its end. false: it took too long, or enough was taken. */
static bool read_all(int fd, int64_t until, svct_programread_take_fn *take,
                     void *arg)
{
    char bytes[4096];
    int64_t left;

    while ((left = until - clock_now()) > 0) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        ssize_t got;

        if (poll(&wait, 1, (int)left) <= 0)
            continue;
        got = read(fd, bytes, sizeof(bytes));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return true;
        if (!take(arg, bytes, (size_t)got))
            return false;
    }
    return false;
}

/* One that has closed its output may go on. It is left for svct_program_await:
 * its number stays its own until then. */
static bool has_ended(pid_t pid, int64_t until)
{
    const struct timespec pause = {.tv_nsec = 2 * 1000 * 1000};
    siginfo_t info;

    for (;;) {
        info.si_pid = 0;
        if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
            info.si_pid == pid)
            return true;
        if (clock_now() >= until)
            return false;
        nanosleep(&pause, NULL);
    }
}

static int finish(pid_t pid, bool ended)
{
    int code;

    if (!ended)
        kill(pid, SIGKILL);
    code = svct_program_await(pid);
    return ended ? code : -1;
}

int svct_programread(const char *const *argv, enum svct_programread_what what,
                     unsigned milliseconds, svct_programread_take_fn *take,
                     void *arg)
{
    int64_t until = clock_now() + milliseconds;
    bool started, ended = false;
    int ends[2];
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    started = svct_program_start(
        argv, ends[1], what == SVCT_PROGRAMREAD_BOTH ? ends[1] : -1, &pid);
    close(ends[1]);
    if (started)
        ended = read_all(ends[0], until, take, arg);
    close(ends[0]);
    return started ? finish(pid, ended && has_ended(pid, until)) : -1;
}

struct text {
    char *out;
    size_t size;
    size_t len;
};

/* What does not fit is read all the same: the program shall come to its end. */
static bool take_text(void *arg, const char *bytes, size_t len)
{
    struct text *text = arg;
    size_t room = text->size - text->len - 1;
    size_t fits = len < room ? len : room;

    memcpy(text->out + text->len, bytes, fits);
    text->len += fits;
    text->out[text->len] = '\0';
    return true;
}

int svct_programread_text(const char *const *argv,
                          enum svct_programread_what what,
                          unsigned milliseconds, char *out, size_t size)
{
    struct text text = {.out = out, .size = size};

    out[0] = '\0';
    return svct_programread(argv, what, milliseconds, take_text, &text);
}
