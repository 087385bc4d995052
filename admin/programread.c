/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "programread.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

static int64_t clock_now(void)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Up to its end, which is that of the program. false: it took too long, or
 * enough was taken. */
static bool read_out(int fd, unsigned milliseconds,
                     svct_programread_take_fn *take, void *arg)
{
    int64_t left, end = clock_now() + milliseconds;
    char bytes[4096];

    while ((left = end - clock_now()) > 0) {
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

static bool finish(pid_t pid, bool ended)
{
    if (!ended)
        kill(pid, SIGKILL); /* our child, not waited for yet */
    return svct_program_finish(pid) && ended;
}

bool svct_programread(const char *const *argv, unsigned milliseconds,
                      svct_programread_take_fn *take, void *arg)
{
    int ends[2];
    pid_t pid;
    bool started, ended = false;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    started = svct_program_start(argv, ends[1], &pid);
    close(ends[1]);
    if (started)
        ended = read_out(ends[0], milliseconds, take, arg);
    close(ends[0]);
    return started && finish(pid, ended);
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

bool svct_programread_text(const char *const *argv, unsigned milliseconds,
                           char *out, size_t size)
{
    struct text text = {.out = out, .size = size};

    out[0] = '\0';
    return svct_programread(argv, milliseconds, take_text, &text);
}
