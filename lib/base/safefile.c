/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "base/safefile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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

static int dir_fault(struct svct_fault *fault, const char *shown)
{
    errno = ENOTDIR;
    return open_fault(fault, shown, SVCT_E_UNSAFE);
}

/* Opens one folder in parent_fd; shown is the name for messages. */
static int open_checked_dir(int parent_fd, const char *name, const char *shown,
                            int absent, int *ret_fd, struct svct_fault *fault)
{
    struct stat st;
    int fd, r;

    fd = svct_safefile_raise(openat(parent_fd, name, DIR_FLAGS));
    if (fd < 0)
        return open_fault(fault, shown, absent);
    if (fstat(fd, &st) != 0)
        r = svct_fault_errno(fault, errno, "can't look at %s", shown);
    else
        r = check_owner(&st, 022, shown, fault);
    if (r != 0) {
        close(fd);
        return r;
    }
    *ret_fd = fd;
    return 0;
}

/* The same without opening it. */
static int check_dir(int parent_fd, const char *name, const char *shown,
                     int absent, struct svct_fault *fault)
{
    struct stat st;

    if (fstatat(parent_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return open_fault(fault, shown, absent);
    if (!S_ISDIR(st.st_mode))
        return dir_fault(fault, shown);
    return check_owner(&st, 022, shown, fault);
}

int svct_safefile_check_subdir(int dir_fd, const char *name,
                               struct svct_fault *fault)
{
    return check_dir(dir_fd, name, name, SVCT_E_NOTFOUND, fault);
}

int svct_safefile_open_subdir(int dir_fd, const char *name, int *ret_fd,
                              struct svct_fault *fault)
{
    return open_checked_dir(dir_fd, name, name, SVCT_E_NOTFOUND, ret_fd, fault);
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

/* Each folder above is looked at by its path from root_fd, the highest first:
 * once one is known to be root's alone, nobody else can exchange what is in
 * it, and the next can be named through it. shown has room for the path. */
static int open_below(int root_fd, const char *path, char *shown, int *ret_fd,
                      struct svct_fault *fault)
{
    size_t pos = 0;
    const char *from_root;
    int r;

    for (;;) {
        if (!next_component(path, &pos))
            return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                                  "the path of the database folder may not "
                                  "contain \".\", \"..\" or overlong names");
        memcpy(shown, path, pos);
        shown[pos] = '\0';
        from_root = shown + strspn(shown, "/");
        if (is_last(path, pos))
            return open_checked_dir(root_fd, from_root, shown, SVCT_E_NODB,
                                    ret_fd, fault);
        r = check_dir(root_fd, from_root, shown, SVCT_E_NODB, fault);
        if (r != 0)
            return r;
    }
}

int svct_safefile_open_dir(const char *path, int *ret_fd,
                           struct svct_fault *fault)
{
    char *shown; /* not on the stack, which may be a small one */
    int root_fd, r;

    if (path[0] != '/' || strlen(path) >= PATH_MAX)
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "the database folder must be an absolute path");
    r = open_checked_dir(AT_FDCWD, "/", "/", SVCT_E_NODB, &root_fd, fault);
    if (r != 0)
        return r;
    if (is_last(path, 0)) {
        *ret_fd = root_fd;
        return 0;
    }
    shown = malloc(strlen(path) + 1);
    r = shown != NULL
            ? open_below(root_fd, path, shown, ret_fd, fault)
            : svct_fault_set(fault, SVCT_E_NOMEM, ENOMEM, "out of memory");
    free(shown);
    close(root_fd);
    return r;
}

int svct_safefile_open(int dir_fd, const char *name, int flags,
                       enum svct_safefile_secrecy secrecy, int *ret_fd,
                       struct stat *ret_stat, struct svct_fault *fault)
{
    mode_t forbidden = secrecy == SVCT_SAFEFILE_PRIVATE ? 077 : 022;
    struct stat st;
    int fd, r;

    flags |= O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
    fd = svct_safefile_raise(openat(dir_fd, name, flags));
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
