/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "tty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

bool svct_tty_present(void)
{
    return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

bool svct_tty_is_stdin(void)
{
    return isatty(STDIN_FILENO);
}

bool svct_tty_confirm(const char *question)
{
    char line[16];

    fprintf(stderr, "%s [y/N] ", question);
    fflush(stderr);
    if (fgets(line, sizeof(line), stdin) == NULL) {
        fputc('\n', stderr);
        return false;
    }
    line[strcspn(line, "\n")] = '\0';
    return strcmp(line, "y") == 0 || strcmp(line, "Y") == 0 ||
           strcmp(line, "yes") == 0;
}

/* Appends from fd up to a line's end (*ret_ended) or what there is. */
static int take(int fd, bool one_line, struct svct_secret *secret,
                bool *ret_ended)
{
    char piece[256];
    char *end;
    ssize_t len = read(fd, piece, sizeof(piece));
    int r = 0;

    if (len < 0)
        return errno == EINTR ? 0 : SVCT_E_IO;
    end = one_line ? memchr(piece, '\n', (size_t)len) : NULL;
    *ret_ended = len == 0 || end != NULL;
    if (len > 0)
        r = svct_secret_append(
            secret, piece, end != NULL ? (size_t)(end - piece) : (size_t)len);
    else if (one_line && secret->len == 0)
        r = SVCT_E_NOTFOUND;
    svct_secret_wipe(piece, sizeof(piece));
    return r;
}

/* Until a line is whole, or a signal waits to be taken. */
static int take_line(int fd, int signal_fd, struct svct_secret *secret)
{
    struct pollfd waits[2] = {{.fd = fd, .events = POLLIN},
                              {.fd = signal_fd, .events = POLLIN}};
    bool ended = false;

    while (!ended) {
        int r;

        if (poll(waits, 2, -1) < 0 && errno != EINTR)
            return SVCT_E_IO;
        if (waits[1].revents != 0)
            return SVCT_E_NOTFOUND;
        if (waits[0].revents == 0)
            continue;
        r = take(fd, true, secret, &ended);
        if (r < 0)
            return r;
    }
    return 0;
}

static void hold_signals(sigset_t *ret_held, sigset_t *ret_before)
{
    static const int which[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};

    sigemptyset(ret_held);
    for (size_t i = 0; i < sizeof(which) / sizeof(which[0]); i++)
        sigaddset(ret_held, which[i]);
    sigprocmask(SIG_BLOCK, ret_held, ret_before);
}

/* Signals are blocked meanwhile; one that came takes effect when the terminal
 * is as it was. */
static int ask(int fd, const char *prompt, struct svct_secret *secret)
{
    struct termios before, quiet;
    sigset_t held, mask;
    int r, signal_fd;

    if (tcgetattr(fd, &before) < 0)
        return SVCT_E_ACCESS;
    hold_signals(&held, &mask);
    signal_fd = signalfd(-1, &held, SFD_CLOEXEC | SFD_NONBLOCK);
    quiet = before;
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
    if (signal_fd < 0 || tcsetattr(fd, TCSAFLUSH, &quiet) < 0) {
        r = SVCT_E_IO;
    } else {
        dprintf(fd, "%s", prompt);
        r = take_line(fd, signal_fd, secret);
        tcsetattr(fd, TCSAFLUSH, &before);
        dprintf(fd, "\n");
    }
    if (signal_fd >= 0)
        close(signal_fd);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    return r;
}

int svct_tty_ask(const char *prompt, struct svct_secret *ret_secret)
{
    int r, fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

    if (fd < 0)
        return SVCT_E_ACCESS;
    r = svct_secret_init(ret_secret, SVCT_TTY_SECRET_MAX);
    if (r == 0) {
        r = ask(fd, prompt, ret_secret);
        if (r < 0)
            svct_secret_done(ret_secret);
    }
    close(fd);
    return r;
}

static void drop_line_end(struct svct_secret *secret)
{
    if (secret->len > 0 && secret->text[secret->len - 1] == '\n')
        secret->text[--secret->len] = '\0';
    if (secret->len > 0 && secret->text[secret->len - 1] == '\r')
        secret->text[--secret->len] = '\0';
}

int svct_tty_read(struct svct_secret *ret_secret)
{
    bool ended = false;
    int r = svct_secret_init(ret_secret, SVCT_TTY_SECRET_MAX);

    if (r < 0)
        return r;
    while (r == 0 && !ended)
        r = take(STDIN_FILENO, false, ret_secret, &ended);
    if (r < 0)
        svct_secret_done(ret_secret);
    else
        drop_line_end(ret_secret);
    return r;
}
