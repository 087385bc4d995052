/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "deliver.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "say.h"

/* The folder of the path; its last component is *ret_name. */
static int open_folder(const char *path, const char **ret_name)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    char *folder;
    int fd;

    if (name[0] == '\0') {
        errno = EISDIR;
        return -1;
    }
    *ret_name = name;
    if (slash == NULL)
        return open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    folder = strndup(path, slash == path ? 1 : (size_t)(slash - path));
    if (folder == NULL)
        return -1;
    fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    return fd;
}

static bool make_file(struct svct_deliver *deliver)
{
    const char *name;

    deliver->folder_fd = open_folder(deliver->path, &name);
    if (deliver->folder_fd < 0)
        return false;
    deliver->fd =
        openat(deliver->folder_fd, name,
               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (deliver->fd < 0)
        return false;
    deliver->file_fd = fcntl(deliver->fd, F_DUPFD_CLOEXEC, 3);
    if (deliver->file_fd >= 0)
        return true;
    unlinkat(deliver->folder_fd, name, 0);
    return false;
}

int svct_deliver_open(const struct svct_call *call, const char *what,
                      const char *path, struct svct_deliver *ret_deliver)
{
    struct svct_deliver deliver = SVCT_DELIVER_NONE;
    int saved;

    if (path != NULL && strcmp(path, "-") == 0)
        return svct_say_usage(call, "--out: \"-\" is no name for the file; "
                                    "without --out the token goes to standard "
                                    "output");
    if (path != NULL && path[0] == '\0')
        return svct_say_usage(call, "--out: name the file that the token is "
                                    "written to");
    deliver.path = path;
    if (path == NULL)
        deliver.fd = STDOUT_FILENO;
    if (path == NULL || make_file(&deliver)) {
        *ret_deliver = deliver;
        return SVCT_EXIT_DONE;
    }
    saved = errno;
    svct_deliver_done(&deliver);
    if (saved == EEXIST)
        return svct_say_no(call,
                           "%s: %s is there already and stays as it is: "
                           "name a new file",
                           what, svct_say_quote(path).text);
    return svct_say_cannot(call, "%s: can't make %s: %s", what,
                           svct_say_quote(path).text, strerror(saved));
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

/* Its name is in the folder, which must be on the disk as well. What can't be
 * read can't be synced. */
static bool sync_folder(const struct svct_deliver *deliver)
{
    bool synced;
    int fd, saved;

    if (deliver->path == NULL)
        return true;
    fd = openat(deliver->folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno == EACCES;
    synced = sync_all(fd);
    saved = errno;
    close(fd);
    errno = saved;
    return synced;
}

bool svct_deliver_write(const struct svct_deliver *deliver, const char *head,
                        const struct svct_secret *token, const char *tail)
{
    return write_all(deliver->fd, head, strlen(head)) &&
           write_all(deliver->fd, token->text, token->len) &&
           write_all(deliver->fd, tail, strlen(tail)) &&
           sync_all(deliver->fd) && sync_folder(deliver);
}

bool svct_deliver_json(const struct svct_deliver *deliver, json_t *object,
                       const struct svct_secret *token)
{
    char *text = object != NULL ? json_dumps(object, JSON_INDENT(2)) : NULL;
    bool written;

    json_decref(object);
    if (text == NULL) {
        errno = ENOMEM;
        return false;
    }
    text[strlen(text) - 2] = '\0'; /* "\n}" */
    written =
        fputs(text, stdout) >= 0 && fflush(stdout) == 0 &&
        svct_deliver_write(deliver, ",\n  \"token\": \"", token, "\"\n}\n");
    free(text);
    return written;
}

bool svct_deliver_close(struct svct_deliver *deliver)
{
    bool closed = true;

    if (deliver->path == NULL)
        return true;
    if (deliver->fd >= 0)
        closed = close(deliver->fd) == 0;
    deliver->fd = -1;
    return closed;
}

void svct_deliver_drop(struct svct_deliver *deliver)
{
    const char *slash, *name;
    struct stat made, found;

    if (deliver->file_fd < 0)
        return;
    slash = strrchr(deliver->path, '/');
    name = slash != NULL ? slash + 1 : deliver->path;
    if (fstat(deliver->file_fd, &made) == 0 &&
        fstatat(deliver->folder_fd, name, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
        (made.st_dev != found.st_dev || made.st_ino != found.st_ino ||
         unlinkat(deliver->folder_fd, name, 0) == 0))
        return;
    if (errno != ENOENT)
        svct_say("%s can't be removed again: %s; do not use what is in it",
                 svct_say_quote(deliver->path).text, strerror(errno));
}

void svct_deliver_done(struct svct_deliver *deliver)
{
    svct_deliver_close(deliver);
    if (deliver->file_fd >= 0)
        close(deliver->file_fd);
    if (deliver->folder_fd >= 0)
        close(deliver->folder_fd);
    *deliver = SVCT_DELIVER_NONE;
}
