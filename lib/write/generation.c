/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/generation.h"

#include <dirent.h>
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

#define NEW_LINK SVCT_CURRENT ".new"
#define COPY_CHUNK (1 << 20)
#define FOLDERS_MAX 8 /* in one another, that are removed with a generation */
#define MEBIBYTE (INT64_C(1) << 20)

static void format_name(char name[SVCT_GENERATION_LEN + 8], uint64_t sequence)
{
    snprintf(name, SVCT_GENERATION_LEN + 8, SVCT_GENERATION_FORMAT,
             (unsigned long long)sequence);
}

/* The sequence number of a folder of that name; 0 for any other name. */
static uint64_t sequence_of(const char *name)
{
    char again[SVCT_GENERATION_LEN + 8];
    uint64_t sequence = 0;

    if (strlen(name) != SVCT_GENERATION_LEN)
        return 0;
    for (const char *p = name + 4; *p >= '0' && *p <= '9'; p++)
        sequence = sequence * 10 + (uint64_t)(*p - '0');
    format_name(again, sequence);
    return strcmp(name, again) == 0 ? sequence : 0;
}

/* A folder that may be emptied: root's alone, and no other file system that
 * somebody has mounted there. -1 when it is none. */
static int open_to_empty(int dir_fd, const char *name)
{
    int fd =
        openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat above, st;

    if (fd >= 0 && fstat(dir_fd, &above) == 0 && fstat(fd, &st) == 0 &&
        st.st_uid == 0 && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0 &&
        st.st_dev == above.st_dev)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* Removes the folder and what is in it, folders within it at most "deeper"
 * levels. Symbolic links go and are not followed. What can't go stays, and the
 * folder with it. */
static void remove_folder(int dir_fd, const char *name, unsigned deeper)
{
    int fd = open_to_empty(dir_fd, name);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;

    if (dir == NULL) {
        if (fd >= 0)
            close(fd);
        return;
    }
    while ((entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (unlinkat(fd, entry->d_name, 0) != 0 && errno == EISDIR &&
            deeper > 0)
            remove_folder(fd, entry->d_name, deeper - 1);
    }
    closedir(dir);
    unlinkat(dir_fd, name, AT_REMOVEDIR);
}

static void remove_generation(int dir_fd, const char *name)
{
    remove_folder(dir_fd, name, FOLDERS_MAX);
}

int svct_generation_make(int dir_fd, uint64_t sequence, int *ret_fd,
                         struct svct_fault *fault)
{
    char name[SVCT_GENERATION_LEN + 8];
    int fd, r;

    if (sequence == 0 || sequence > SVCT_SEQUENCE_MAX)
        return svct_fault_set(fault, SVCT_E_RANGE, 0,
                              "the numbers of generations are used up");
    format_name(name, sequence);
    remove_generation(dir_fd, name);
    if (mkdirat(dir_fd, name, 0755) != 0)
        return svct_fault_errno(fault, errno, "can't make the folder %s", name);
    r = svct_safefile_open_subdir(dir_fd, name, &fd, fault);
    if (r != 0)
        return r;
    if (fchmod(fd, 0755) != 0) {
        r = svct_fault_errno(fault, errno, "can't set the mode of %s", name);
        close(fd);
        return r;
    }
    *ret_fd = fd;
    return 0;
}

int svct_generation_make_file(int generation_fd, enum svct_part part,
                              int *ret_fd, struct svct_fault *fault)
{
    mode_t mode = part == SVCT_PART_PUBLIC ? 0644 : 0600;
    int fd, r;

    fd = svct_safefile_raise(
        openat(generation_fd, svct_part_file(part),
               O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
    if (fd < 0 || fchmod(fd, mode) != 0) {
        r = svct_fault_errno(fault, errno, "can't make %s",
                             svct_part_file(part));
        if (fd >= 0)
            close(fd);
        return r;
    }
    *ret_fd = fd;
    return 0;
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
        ssize_t put;

        good = svct_safefile_pread(from, chunk, want, done);
        for (size_t at = 0; good && at < want; at += (size_t)put) {
            put =
                pwrite(to, chunk + at, want - at, (off_t)(done + (int64_t)at));
            if (put < 0 && errno == EINTR)
                put = 0;
            good = put >= 0;
        }
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

int svct_generation_copy_file(int from_fd, int to_fd, enum svct_part part,
                              int *ret_fd, struct svct_fault *fault)
{
    enum svct_safefile_secrecy secrecy = part == SVCT_PART_PRIVATE
                                             ? SVCT_SAFEFILE_PRIVATE
                                             : SVCT_SAFEFILE_PUBLIC;
    struct stat st;
    int from, to = -1, r;

    r = svct_safefile_open(from_fd, svct_part_file(part), O_RDONLY, secrecy,
                           &from, &st, fault);
    if (r == SVCT_E_NOTFOUND)
        return svct_fault_set(fault, SVCT_E_DAMAGED, 0,
                              "the current generation lacks %s",
                              svct_part_file(part));
    if (r != 0)
        return r;
    r = svct_snapshot_check_header(from, st.st_size, fault);
    if (r == 0)
        r = svct_generation_make_file(to_fd, part, &to, fault);
    if (r == 0 && !copy_bytes(from, to, st.st_size))
        r = svct_fault_errno(fault, errno, "can't copy %s",
                             svct_part_file(part));
    close(from);
    if (r == 0) {
        *ret_fd = to;
        return 0;
    }
    if (to >= 0)
        close(to);
    return r;
}

int svct_generation_publish(int dir_fd, uint64_t sequence, bool *ret_published,
                            struct svct_fault *fault)
{
    char name[SVCT_GENERATION_LEN + 8];
    int r;

    *ret_published = false;
    format_name(name, sequence);
    unlinkat(dir_fd, NEW_LINK, 0);
    /* The entries of the new folder must be on the disk before the link to
     * it is. */
    if (fsync(dir_fd) != 0)
        return svct_fault_errno(fault, errno, "can't sync the database folder");
    if (symlinkat(name, dir_fd, NEW_LINK) != 0 ||
        renameat(dir_fd, NEW_LINK, dir_fd, SVCT_CURRENT) != 0) {
        r = svct_fault_errno(fault, errno, "can't move the link %s",
                             SVCT_CURRENT);
        unlinkat(dir_fd, NEW_LINK, 0);
        return r;
    }
    *ret_published = true;
    if (fsync(dir_fd) != 0)
        return svct_fault_errno(fault, errno,
                                "the change is done, but can't be synced to "
                                "the disk: after a power failure it may be "
                                "undone");
    return 0;
}

/* Calls fn for each generation folder. */
static void each_generation(int dir_fd,
                            void (*fn)(void *arg, const char *name,
                                       uint64_t sequence),
                            void *arg)
{
    int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;

    if (dir == NULL) {
        if (fd >= 0)
            close(fd);
        return;
    }
    while ((entry = readdir(dir)) != NULL) {
        uint64_t sequence = sequence_of(entry->d_name);

        if (sequence != 0)
            fn(arg, entry->d_name, sequence);
    }
    closedir(dir);
}

struct prune {
    int dir_fd;
    uint64_t current;
    uint64_t oldest; /* that is kept */
};

static void prune_one(void *arg, const char *name, uint64_t sequence)
{
    const struct prune *prune = arg;

    if (sequence > prune->current || sequence < prune->oldest)
        remove_generation(prune->dir_fd, name);
}

void svct_generation_prune(int dir_fd, uint64_t current, unsigned keep)
{
    struct prune prune = {.dir_fd = dir_fd, .current = current};

    prune.oldest = current >= keep ? current - keep + 1 : 1;
    unlinkat(dir_fd, NEW_LINK, 0);
    each_generation(dir_fd, prune_one, &prune);
}

static void keep_newest(void *arg, const char *name, uint64_t sequence)
{
    uint64_t *newest = arg;

    (void)name;
    if (sequence > *newest)
        *newest = sequence;
}

uint64_t svct_generation_newest(int dir_fd)
{
    uint64_t newest = 0;

    each_generation(dir_fd, keep_newest, &newest);
    return newest;
}

int64_t svct_generation_size(int generation_fd)
{
    int64_t size = 0;

    for (int part = 0; part < SVCT_PARTS; part++) {
        struct stat st;

        if (fstatat(generation_fd, svct_part_file((enum svct_part)part), &st,
                    AT_SYMLINK_NOFOLLOW) == 0)
            size += st.st_size;
    }
    /* gdbm may split a bucket or double its directory meanwhile. */
    return (size + size / 4) / MEBIBYTE * MEBIBYTE + MEBIBYTE;
}

bool svct_generation_room(int dir_fd, int64_t bytes)
{
    struct statvfs fs;

    if (fstatvfs(dir_fd, &fs) != 0 || fs.f_frsize == 0)
        return true;
    return fs.f_bfree > (uint64_t)bytes / fs.f_frsize;
}

void svct_generation_keep_reserve(int dir_fd, int64_t bytes)
{
    struct stat st;
    int fd;

    if (fstatat(dir_fd, SVCT_RESERVE_FILE, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
        (int64_t)st.st_blocks * 512 >= bytes)
        return;
    if (!svct_generation_room(dir_fd, 2 * bytes))
        return;
    fd = openat(dir_fd, SVCT_RESERVE_FILE,
                O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    if (posix_fallocate(fd, 0, (off_t)bytes) != 0)
        unlinkat(dir_fd, SVCT_RESERVE_FILE, 0);
    close(fd);
}

void svct_generation_drop_reserve(int dir_fd)
{
    unlinkat(dir_fd, SVCT_RESERVE_FILE, 0);
}
