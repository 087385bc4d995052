/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "base/safefile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

int svct_safefile_raise(int fd)
{
    int raised, saved;

    if (fd < 0 || fd > 2)
        return fd;
    raised = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    /* EINVAL: the limit of descriptors leaves no number above 2. */
    saved = raised < 0 && errno == EINVAL ? EMFILE : errno;
    close(fd);
    errno = saved;
    return raised;
}

bool svct_safefile_pread(int fd, void *bytes, size_t len, int64_t offset)
{
    uint8_t *at = bytes;

    while (len > 0) {
        ssize_t got = pread(fd, at, len, (off_t)offset);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            if (got == 0)
                errno = 0;
            return false;
        }
        at += got;
        offset += got;
        len -= (size_t)got;
    }
    return true;
}

bool svct_safefile_within_limit(int64_t end)
{
    struct rlimit limit;

    return getrlimit(RLIMIT_FSIZE, &limit) == 0 &&
           (uint64_t)end <= (uint64_t)limit.rlim_cur;
}

/* What an open file or folder must be like; name is for the message. */
static int check_owner(const struct stat *st, mode_t forbidden,
                       const char *name, struct svct_fault *fault)
{
    if (st->st_uid != 0)
        return svct_fault_set(fault, SVCT_E_UNSAFE, 0,
                              "%s belongs to uid %lu: it must belong to root",
                              name, (unsigned long)st->st_uid);
    if ((st->st_mode & forbidden & 022) != 0)
        return svct_fault_set(fault, SVCT_E_UNSAFE, 0,
                              "%s is writable by others than root (mode "
                              "%04o): chmod go-w it",
                              name, (unsigned)st->st_mode & 07777);
    if ((st->st_mode & forbidden) != 0)
        return svct_fault_set(fault, SVCT_E_UNSAFE, 0,
                              "%s is open to others than root (mode %04o): "
                              "chmod 0600 it",
                              name, (unsigned)st->st_mode & 07777);
    return 0;
}

static int open_fault(struct svct_fault *fault, const char *name, int absent)
{
    if (errno == ENOENT)
        return svct_fault_set(fault, absent, ENOENT, "%s is not there", name);
    if (errno == ELOOP)
        return svct_fault_set(fault, SVCT_E_UNSAFE, ELOOP,
                              "%s is a symbolic link: name the real file",
                              name);
    if (errno == ENOTDIR)
        return svct_fault_set(fault, SVCT_E_UNSAFE, ENOTDIR,
                              "%s is not a folder, or a symbolic link: name "
                              "the real folder",
                              name);
    return svct_fault_errno(fault, errno, "can't open %s", name);
}

static int dir_fault(struct svct_fault *fault, const char *name)
{
    errno = ENOTDIR;
    return open_fault(fault, name, SVCT_E_UNSAFE);
}

/* Opens one folder, by a name in parent_fd or a whole path. */
static int open_checked_dir(int parent_fd, const char *name, int absent,
                            int *ret_fd, struct stat *ret_stat,
                            struct svct_fault *fault)
{
    struct stat st;
    int fd, r;

    fd = svct_safefile_raise(openat(parent_fd, name, DIR_FLAGS));
    if (fd < 0)
        return open_fault(fault, name, absent);
    if (fstat(fd, &st) != 0)
        r = svct_fault_errno(fault, errno, "can't look at %s", name);
    else
        r = check_owner(&st, 022, name, fault);
    if (r != 0) {
        close(fd);
        return r;
    }
    *ret_fd = fd;
    if (ret_stat != NULL)
        *ret_stat = st;
    return 0;
}

/* The same without opening it. */
static int check_dir(int parent_fd, const char *name, int absent,
                     struct svct_fault *fault)
{
    struct stat st;

    if (fstatat(parent_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return open_fault(fault, name, absent);
    if (!S_ISDIR(st.st_mode))
        return dir_fault(fault, name);
    return check_owner(&st, 022, name, fault);
}

int svct_safefile_check_subdir(int dir_fd, const char *name,
                               struct svct_fault *fault)
{
    return check_dir(dir_fd, name, SVCT_E_NOTFOUND, fault);
}

int svct_safefile_open_subdir(int dir_fd, const char *name, int *ret_fd,
                              struct svct_fault *fault)
{
    return open_checked_dir(dir_fd, name, SVCT_E_NOTFOUND, ret_fd, NULL, fault);
}

/* Moves *pos behind the next component of the path. false: there is none, or
 * it is too long, or "." or "..". */
static bool next_component(const char *path, size_t *pos)
{
    const char *name = path + *pos + strspn(path + *pos, "/");
    size_t len = strcspn(name, "/");

    *pos = (size_t)(name - path) + len;
    if (len == 0 || len > NAME_MAX)
        return false;
    return strncmp(name, ".", len) != 0 && strncmp(name, "..", len) != 0;
}

static bool is_last(const char *path, size_t pos)
{
    return path[pos + strspn(path + pos, "/")] == '\0';
}

static int next_folder(const char *path, size_t *pos, char *shown,
                       struct svct_fault *fault)
{
    if (!next_component(path, pos))
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "the path of the database folder may not "
                              "contain \".\", \"..\" or overlong names");
    memcpy(shown, path, *pos);
    shown[*pos] = '\0';
    return 0;
}

/*
 * Looks at each folder between / and the one at path by its own path, the
 * highest first: once one is known to be root's alone, nobody else can exchange
 * what is in it, and the next can be named through it. Leaves the path of the
 * folder itself, which was not looked at, in shown: it has room for that.
 */
static int check_between(const char *path, char *shown,
                         struct svct_fault *fault)
{
    size_t pos = 0;
    int r = next_folder(path, &pos, shown, fault);

    while (r == 0 && !is_last(path, pos)) {
        r = check_dir(AT_FDCWD, shown, SVCT_E_NODB, fault);
        if (r == 0)
            r = next_folder(path, &pos, shown, fault);
    }
    return r;
}

/* The folder at path, with all above it known to be safe; the caller frees
 * *ret_shown, its path as it is shown. */
static int reach(const char *path, char **ret_shown, struct svct_fault *fault)
{
    bool is_root = is_last(path, 0);
    char *shown; /* not on the stack, which may be a small one */
    int r = 0;

    if (path[0] != '/' || strlen(path) >= PATH_MAX)
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "the database folder must be an absolute path");
    if (!is_root)
        r = check_dir(AT_FDCWD, "/", SVCT_E_NODB, fault);
    if (r != 0)
        return r;
    shown = malloc(strlen(path) + 1);
    if (shown == NULL)
        return svct_fault_set(fault, SVCT_E_NOMEM, ENOMEM, "out of memory");
    memcpy(shown, "/", sizeof "/");
    if (!is_root)
        r = check_between(path, shown, fault);
    if (r == 0)
        *ret_shown = shown;
    else
        free(shown);
    return r;
}

int svct_safefile_look_dir(const char *path, int *ret_fd, struct stat *ret_stat,
                           struct svct_fault *fault)
{
    char *shown = NULL;
    int r = reach(path, &shown, fault);

    if (r == 0)
        r = open_checked_dir(AT_FDCWD, shown, SVCT_E_NODB, ret_fd, ret_stat,
                             fault);
    free(shown);
    return r;
}

int svct_safefile_open_dir(const char *path, int *ret_fd,
                           struct svct_fault *fault)
{
    return svct_safefile_look_dir(path, ret_fd, NULL, fault);
}

/* Opens a file in dir_fd by its path; name is for messages. */
static int open_checked_file(int dir_fd, const char *path, const char *name,
                             int flags, enum svct_safefile_secrecy secrecy,
                             int *ret_fd, struct stat *ret_stat,
                             struct svct_fault *fault)
{
    mode_t forbidden = secrecy == SVCT_SAFEFILE_PRIVATE ? 077 : 022;
    struct stat st;
    int fd, r;

    flags |= O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
    fd = svct_safefile_raise(openat(dir_fd, path, flags));
    if (fd < 0)
        return open_fault(fault, name, SVCT_E_NOTFOUND);
    if (fstat(fd, &st) != 0)
        r = svct_fault_errno(fault, errno, "can't look at %s", name);
    else if (!S_ISREG(st.st_mode))
        r = svct_fault_set(fault, SVCT_E_UNSAFE, 0, "%s is not a regular file",
                           name);
    else
        r = check_owner(&st, forbidden, name, fault);
    if (r != 0) {
        close(fd);
        return r;
    }
    *ret_fd = fd;
    if (ret_stat != NULL)
        *ret_stat = st;
    return 0;
}

int svct_safefile_open(int dir_fd, const char *name, int flags,
                       enum svct_safefile_secrecy secrecy, int *ret_fd,
                       struct stat *ret_stat, struct svct_fault *fault)
{
    return open_checked_file(dir_fd, name, name, flags, secrecy, ret_fd,
                             ret_stat, fault);
}

/* Opens the file within the folder at dir, which is looked at first. */
static int open_within(const char *dir, const char *name, int flags,
                       enum svct_safefile_secrecy secrecy, int *ret_fd,
                       struct stat *ret_stat, struct svct_fault *fault)
{
    size_t len = strlen(dir), size = strlen(name) + 1;
    char *path;
    int r = check_dir(AT_FDCWD, dir, SVCT_E_NODB, fault);

    if (r != 0)
        return r;
    path = malloc(len + 1 + size);
    if (path == NULL)
        return svct_fault_set(fault, SVCT_E_NOMEM, ENOMEM, "out of memory");
    memcpy(path, dir, len);
    path[len] = '/';
    memcpy(path + len + 1, name, size);
    r = open_checked_file(AT_FDCWD, path, name, flags, secrecy, ret_fd,
                          ret_stat, fault);
    free(path);
    return r;
}

int svct_safefile_open_in(const char *dir, const char *name, int flags,
                          enum svct_safefile_secrecy secrecy, int *ret_fd,
                          struct stat *ret_stat, struct svct_fault *fault)
{
    char *shown = NULL;
    int r = reach(dir, &shown, fault);

    if (r == 0)
        r = open_within(shown, name, flags, secrecy, ret_fd, ret_stat, fault);
    free(shown);
    return r;
}

/* ---- once more ---- */

static bool is_same_time(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
           a->st_size == b->st_size && is_same_time(&a->st_ctim, &b->st_ctim) &&
           is_same_time(&a->st_mtim, &b->st_mtim);
}

bool svct_safefile_is_still(int dir_fd, const char *name,
                            const struct stat *before)
{
    struct stat st;

    return fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           is_same(&st, before);
}

bool svct_safefile_reopen(int dir_fd, const char *name,
                          enum svct_safefile_secrecy secrecy,
                          const struct stat *before, int *ret_fd)
{
    struct stat st;
    int fd;

    if (svct_safefile_open(dir_fd, name, O_RDONLY, secrecy, &fd, &st, NULL) !=
        0)
        return false;
    if (!is_same(&st, before)) {
        close(fd);
        return false;
    }
    *ret_fd = fd;
    return true;
}

bool svct_safefile_reopen_dir(const char *path, const struct stat *before,
                              int *ret_fd)
{
    struct stat st;
    int fd;

    if (open_checked_dir(AT_FDCWD, path, SVCT_E_NODB, &fd, &st, NULL) != 0)
        return false;
    if (st.st_dev != before->st_dev || st.st_ino != before->st_ino) {
        close(fd);
        return false;
    }
    *ret_fd = fd;
    return true;
}
