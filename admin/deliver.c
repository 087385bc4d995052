/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "deliver.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "say.h"

int svct_deliver_open(const struct svct_call *call, const char *path,
                      struct svct_deliver *ret_deliver)
{
    struct svct_deliver deliver = {path, STDOUT_FILENO};

    if (path != NULL) {
        deliver.fd = open(
            path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (deliver.fd < 0 && errno == EEXIST)
            return svct_say_no(call,
                               "--out: %s is there already and stays as "
                               "it is: name a new file",
                               svct_say_quote(path).text);
        if (deliver.fd < 0)
            return svct_say_cannot(call, "--out: can't make %s: %s",
                                   svct_say_quote(path).text, strerror(errno));
    }
    *ret_deliver = deliver;
    return SVCT_EXIT_DONE;
}

static bool write_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t put = write(fd, text, len);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return false;
        text += put;
        len -= (size_t)put;
    }
    return true;
}

/* A pipe or terminal has nothing to sync. */
static bool sync_all(int fd)
{
    return fsync(fd) == 0 || errno == EINVAL || errno == EROFS ||
           errno == ENOTSUP;
}

bool svct_deliver_write(const struct svct_deliver *deliver, const char *head,
                        const struct svct_secret *token, const char *tail)
{
    return write_all(deliver->fd, head, strlen(head)) &&
           write_all(deliver->fd, token->text, token->len) &&
           write_all(deliver->fd, tail, strlen(tail)) && sync_all(deliver->fd);
}

bool svct_deliver_close(struct svct_deliver *deliver, bool drop)
{
    bool closed = true;

    if (deliver->path == NULL)
        return true;
    if (deliver->fd >= 0)
        closed = close(deliver->fd) == 0;
    deliver->fd = -1;
    if (drop)
        unlink(deliver->path);
    return closed;
}
