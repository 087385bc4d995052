/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/generation.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/safefile.h"
#include "write/genlist.h"

#define COPY_CHUNK (1 << 20)
#define MEBIBYTE (INT64_C(1) << 20)

const char *svct_generation_file(int file)
{
    return file == SVCT_FILE_ROLL ? SVCT_ROLL_FILE
                                  : svct_part_file((enum svct_part)file);
}

mode_t svct_generation_mode(int file)
{
    return file == SVCT_PART_PUBLIC ? 0644 : 0600;
}

static int open_made(int dir_fd, const char *name, int *ret_fd,
                     struct svct_fault *fault)
{
    int fd, r = svct_safefile_open_subdir(dir_fd, name, &fd, fault);

    if (r != 0)
        return r;
    /* The link and the folder; what is in it is synced with it. */
    if (fchmod(fd, 0755) == 0 && fsync(dir_fd) == 0) {
        *ret_fd = fd;
        return 0;
    }
    r = svct_fault_errno(fault, errno, "can't set up the folder %s", name);
    close(fd);
    return r;
}

int svct_generation_make(int dir_fd, uint64_t sequence, int *ret_fd,
                         struct svct_fault *fault)
{
    char name[SVCT_GENLIST_NAME];
    int r;

    if (sequence == 0 || sequence > SVCT_SEQUENCE_MAX)
        return svct_fault_set(fault, SVCT_E_RANGE, 0,
                              "the numbers of generations are used up");
    r = svct_genlist_mark(dir_fd, sequence, fault);
    if (r != 0)
        return r;
    svct_genlist_name(name, sequence);
    if (mkdirat(dir_fd, name, 0755) != 0)
        return svct_fault_errno(fault, errno, "can't make the folder %s", name);
    return open_made(dir_fd, name, ret_fd, fault);
}

int svct_generation_make_file(int generation_fd, int file, int *ret_fd,
                              struct svct_fault *fault)
{
    mode_t mode = svct_generation_mode(file);
    int fd, r;

    fd = svct_safefile_raise(
        openat(generation_fd, svct_generation_file(file),
               O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
    if (fd < 0 || fchmod(fd, mode) != 0) {
        r = svct_fault_errno(fault, errno, "can't make %s",
                             svct_generation_file(file));
        if (fd >= 0)
            close(fd);
        return r;
    }
    *ret_fd = fd;
    return 0;
}

bool svct_generation_pwrite(int fd, const void *bytes, size_t len,
                            int64_t offset)
{
    for (size_t at = 0; at < len;) {
        ssize_t put = pwrite(fd, (const char *)bytes + at, len - at,
                             (off_t)(offset + (int64_t)at));

        if (put < 0 && errno != EINTR)
            return false;
        at += put > 0 ? (size_t)put : 0;
    }
    return true;
}

/* All of from into to, through memory. */
static bool copy_by_hand(int from, int to, int64_t size)
{
    char *chunk = malloc(COPY_CHUNK);
    int64_t done = 0;
    bool good = chunk != NULL;

    while (good && done < size) {
        size_t want =
            size - done < COPY_CHUNK ? (size_t)(size - done) : COPY_CHUNK;

        good = svct_safefile_pread(from, chunk, want, done) &&
               svct_generation_pwrite(to, chunk, want, done);
        done += (int64_t)want;
    }
    free(chunk);
    return good;
}

static bool copy_in_kernel(int from, int to, int64_t size)
{
    off_t in = 0, out = 0;

    while (in < size) {
        ssize_t got =
            copy_file_range(from, &in, to, &out, (size_t)(size - in), 0);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
    }
    return true;
}

static bool copy_bytes(int from, int to, int64_t size)
{
    if (ioctl(to, FICLONE, from) == 0 || copy_in_kernel(from, to, size))
        return true;
    if (errno == ENOSPC || errno == EDQUOT || errno == EIO)
        return false;
    return copy_by_hand(from, to, size);
}

static enum svct_safefile_secrecy secrecy_of(enum svct_part part)
{
    return part == SVCT_PART_PRIVATE ? SVCT_SAFEFILE_PRIVATE
                                     : SVCT_SAFEFILE_PUBLIC;
}

static int open_from(int from_fd, enum svct_part part, int *ret_fd,
                     int64_t *ret_size, struct svct_fault *fault)
{
    struct stat st;
    int fd, r = svct_safefile_open(from_fd, svct_part_file(part), O_RDONLY,
                                   secrecy_of(part), &fd, &st, fault);

    if (r == SVCT_E_NOTFOUND)
        return svct_fault_set(fault, SVCT_E_DAMAGED, 0,
                              "the current generation lacks %s",
                              svct_part_file(part));
    if (r == 0)
        r = svct_gdbmfile_check(fd, st.st_size, fault);
    else
        return r;
    if (r != 0) {
        close(fd);
        return r;
    }
    *ret_fd = fd;
    *ret_size = st.st_size;
    return 0;
}

static int copy_fault(enum svct_part part, struct svct_fault *fault)
{
    return svct_fault_errno(fault, errno, "can't copy %s",
                            svct_part_file(part));
}

int svct_generation_copy_file(int from_fd, int to_fd, enum svct_part part,
                              int *ret_fd, struct svct_fault *fault)
{
    int from, to = -1, r;
    int64_t size;

    r = open_from(from_fd, part, &from, &size, fault);
    if (r != 0)
        return r;
    r = svct_generation_make_file(to_fd, part, &to, fault);
    if (r == 0 && !copy_bytes(from, to, size))
        r = copy_fault(part, fault);
    close(from);
    if (r == 0)
        *ret_fd = to;
    else if (to >= 0)
        close(to);
    return r;
}

int svct_generation_copy_onto(int from_fd, int to_fd, enum svct_part part,
                              int *ret_fd, struct svct_fault *fault)
{
    int from, to = -1, r;
    struct stat st;
    int64_t size;

    r = open_from(from_fd, part, &from, &size, fault);
    if (r != 0)
        return r;
    r = svct_safefile_open(to_fd, svct_part_file(part), O_RDWR,
                           secrecy_of(part), &to, &st, fault);
    if (r == 0 && (!copy_by_hand(from, to, size) ||
                   (st.st_size > size && ftruncate(to, (off_t)size) != 0)))
        r = copy_fault(part, fault);
    close(from);
    if (r == 0)
        *ret_fd = to;
    else if (to >= 0)
        close(to);
    return r;
}

/* Is it still this one that the link names? */
static int check_mark(int dir_fd, uint64_t sequence, struct svct_fault *fault)
{
    uint64_t pending;

    errno = 0;
    pending = svct_genlist_pending(dir_fd);
    if (pending == sequence)
        return 0;
    if (pending == 0 && errno != 0)
        return svct_fault_errno(fault, errno, "can't read the link %s",
                                SVCT_GENLIST_PENDING);
    return svct_fault_set(fault, SVCT_E_IO, 0, "the link %s was changed",
                          SVCT_GENLIST_PENDING);
}

int svct_generation_publish(int dir_fd, uint64_t sequence, bool *ret_published,
                            struct svct_fault *fault)
{
    int r = check_mark(dir_fd, sequence, fault);

    *ret_published = false;
    if (r == 0 &&
        renameat(dir_fd, SVCT_GENLIST_PENDING, dir_fd, SVCT_CURRENT) != 0)
        r = svct_fault_errno(fault, errno, "can't move the link %s",
                             SVCT_CURRENT);
    if (r != 0)
        return r;
    *ret_published = true;
    if (fsync(dir_fd) != 0)
        return svct_fault_errno(fault, errno,
                                "the change is done, but can't be synced to "
                                "the disk: after a power failure it may be "
                                "undone");
    return 0;
}

/* gdbm may split a bucket or double its directory; the roll has twice the
 * pages, or as many. */
int64_t svct_generation_grown(int file, int64_t size)
{
    return file == SVCT_FILE_ROLL ? 2 * size : size + size / 4;
}

int64_t svct_generation_size(int generation_fd)
{
    int64_t size = 0;

    for (int file = 0; file < SVCT_FILES; file++) {
        struct stat st;

        if (fstatat(generation_fd, svct_generation_file(file), &st,
                    AT_SYMLINK_NOFOLLOW) == 0)
            size += svct_generation_grown(file, st.st_size);
    }
    return size / MEBIBYTE * MEBIBYTE + MEBIBYTE;
}

bool svct_generation_room(int dir_fd, int64_t bytes)
{
    struct statvfs fs;

    if (fstatvfs(dir_fd, &fs) != 0 || fs.f_frsize == 0)
        return true;
    return fs.f_bfree > (uint64_t)bytes / fs.f_frsize;
}
