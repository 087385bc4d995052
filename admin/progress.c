/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "progress.h"

#include <poll.h>
#include <unistd.h>

#define FIRST 1000   /* milliseconds before it is drawn */
#define INTERVAL 200 /* and then again */
#define CALLS 256    /* between looks at the clock */

static int64_t milliseconds(void)
{
    struct timespec now;

    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
        return 0;
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void svct_progress_begin(struct svct_progress *progress, const char *what,
                         uint64_t total)
{
    *progress = (struct svct_progress){.what = what,
                                       .total = total,
                                       .next = milliseconds() + FIRST,
                                       .on = isatty(STDERR_FILENO) == 1};
}

/* Straight to the terminal, and not at all where that would wait: this is drawn
 * while the writers' lock is held, and standard error may be held back. */
static void draw(const char *text)
{
    struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};

    if (poll(&out, 1, 0) == 1 && (out.revents & POLLOUT))
        (void)!write(STDERR_FILENO, text, strlen(text));
}

void svct_progress_at(struct svct_progress *progress, uint64_t done,
                      uint64_t count)
{
    char text[120];
    int64_t now;

    if (!progress->on || ++progress->calls % CALLS != 0)
        return;
    now = milliseconds();
    if (now < progress->next)
        return;
    progress->next = now + INTERVAL;
    progress->drawn = true;
    if (progress->total > 0)
        snprintf(text, sizeof(text), "\r%s: %llu, %llu %%\033[K",
                 progress->what, (unsigned long long)count,
                 (unsigned long long)(done / (progress->total / 100 + 1)));
    else
        snprintf(text, sizeof(text), "\r%s: %llu\033[K", progress->what,
                 (unsigned long long)count);
    draw(text);
}

void svct_progress_end(struct svct_progress *progress)
{
    if (progress->drawn)
        draw("\r\033[K");
    progress->drawn = false;
}
