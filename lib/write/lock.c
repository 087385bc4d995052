/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/name.h"
#include "base/safefile.h"

#define TRIES_PER_SECOND 20
#define HOLDER_MAX 160

static int open_lock(int dir_fd, int *ret_fd, struct svct_fault *fault)
{
    int fd;

    fd = openat(dir_fd, SVCT_LOCK_FILE,
                O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    else if (errno != EEXIST)
        return svct_fault_errno(fault, errno, "can't make the lock file");
    return svct_safefile_open(dir_fd, SVCT_LOCK_FILE, O_RDWR,
                              SVCT_SAFEFILE_PRIVATE, ret_fd, NULL, fault);
}

static bool try_lock(int fd)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    return fcntl(fd, F_OFD_SETLK, &lock) == 0;
}

static int say_busy(int fd, struct svct_fault *fault)
{
    char line[HOLDER_MAX], shown[2 * HOLDER_MAX];
    ssize_t len = pread(fd, line, sizeof line - 1, 0);
    size_t at = 0;

    line[len > 0 ? len : 0] = '\0';
    line[strcspn(line, "\n")] = '\0';
    /* Printable as it stands, blanks included: only control bytes go. */
    for (const char *p = line; *p != '\0' && at < sizeof shown - 1; p++)
        shown[at++] = *p >= ' ' && *p <= '~' ? *p : '?';
    shown[at] = '\0';
    return svct_fault_set(fault, SVCT_E_BUSY, 0,
                          "another svctoken is changing the database: %s",
                          at > 0 ? shown : "it did not say who it is");
}

static void write_holder(int fd, const char *holder)
{
    size_t len = strlen(holder);

    /* For the reader's eye alone: that it can't be written is no failure. */
    if (ftruncate(fd, 0) != 0 || pwrite(fd, holder, len, 0) < 0 ||
        pwrite(fd, "\n", 1, (off_t)len) < 0)
        return;
}

int svct_lock_acquire(int dir_fd, int wait_seconds, const char *holder,
                      int *ret_fd, struct svct_fault *fault)
{
    const struct timespec pause = {.tv_nsec = 1000000000 / TRIES_PER_SECOND};
    int fd, r;

    r = open_lock(dir_fd, &fd, fault);
    if (r != 0)
        return r;
    for (int left = wait_seconds * TRIES_PER_SECOND; !try_lock(fd); left--) {
        if (errno != EAGAIN && errno != EACCES && errno != EINTR)
            r = svct_fault_errno(fault, errno, "can't lock the database");
        else if (left <= 0)
            r = say_busy(fd, fault);
        if (r != 0) {
            close(fd);
            return r;
        }
        nanosleep(&pause, NULL);
    }
    write_holder(fd, holder);
    *ret_fd = fd;
    return 0;
}

void svct_lock_release(int fd)
{
    if (fd < 0)
        return;
    if (ftruncate(fd, 0) != 0) {
        /* The next holder writes over it. */
    }
    close(fd);
}
