/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/reserve.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/safefile.h"
#include "write/generation.h"
#include "write/genlist.h"

#define RESERVE_MODE 0700
#define GENERATION_MODE 0755
#define SLACK (INT64_C(64) << 10) /* gdbm may split a bucket of a small file */

/* ---- keeping it ---- */

/* What the copy of a file may grow to. */
static int64_t room_for(int generation_fd, int file)
{
    struct stat st;

    if (fstatat(generation_fd, svct_generation_file(file), &st,
                AT_SYMLINK_NOFOLLOW) != 0)
        return SLACK;
    return svct_generation_grown(file, st.st_size) + SLACK;
}

static bool is_large_enough(int fd, int generation_fd)
{
    struct stat st;

    for (int file = 0; file < SVCT_FILES; file++)
        if (fstatat(fd, svct_generation_file(file), &st, AT_SYMLINK_NOFOLLOW) !=
                0 ||
            (int64_t)st.st_blocks * 512 < room_for(generation_fd, file))
            return false;
    return true;
}

/* Blocks beyond the end where the file system can: the file grows into them,
 * and keeps what it does not use until it is settled. */
static bool fill_file(int fd, int file, int64_t bytes)
{
    mode_t mode = svct_generation_mode(file);
    int file_fd = openat(fd, svct_generation_file(file),
                         O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, mode);
    bool good;

    if (file_fd < 0)
        return false;
    good = fchmod(file_fd, mode) == 0 &&
           (fallocate(file_fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)bytes) == 0 ||
            ((errno == EOPNOTSUPP || errno == ENOSYS) &&
             posix_fallocate(file_fd, 0, (off_t)bytes) == 0));
    close(file_fd);
    return good;
}

static bool fill(int fd, int generation_fd)
{
    bool good = fchmod(fd, RESERVE_MODE) == 0;

    for (int file = 0; good && file < SVCT_FILES; file++)
        good = fill_file(fd, file, room_for(generation_fd, file));
    return good;
}

/* -1: there is none. (In its place may be a file, as it was once.) */
static int open_reserve(int dir_fd)
{
    int fd;

    return svct_safefile_open_subdir(dir_fd, SVCT_RESERVE_FOLDER, &fd, NULL) ==
                   0
               ? fd
               : -1;
}

static int make_reserve(int dir_fd)
{
    unlinkat(dir_fd, SVCT_RESERVE_FOLDER, 0);
    if (mkdirat(dir_fd, SVCT_RESERVE_FOLDER, RESERVE_MODE) != 0)
        return -1;
    return open_reserve(dir_fd);
}

static bool has_link_to(int fd, uint64_t sequence)
{
    return svct_genlist_pending(fd) == sequence;
}

static void keep_entries(int fd, uint64_t next)
{
    int file = openat(fd, SVCT_RESERVE_STALE,
                      O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (file >= 0)
        close(file);
    if (!has_link_to(fd, next) && next <= SVCT_SEQUENCE_MAX)
        svct_genlist_mark(fd, next, NULL);
}

void svct_reserve_keep(int dir_fd, int generation_fd, uint64_t next)
{
    int fd = open_reserve(dir_fd);
    bool good = fd >= 0 && is_large_enough(fd, generation_fd);

    if (!good &&
        svct_generation_room(dir_fd, 2 * svct_generation_size(generation_fd))) {
        if (fd < 0)
            fd = make_reserve(dir_fd);
        if (fd >= 0 && !fill(fd, generation_fd)) {
            close(fd);
            svct_reserve_drop(dir_fd);
            return;
        }
    }
    if (fd < 0)
        return;
    keep_entries(fd, next);
    close(fd);
}

/* ---- using it ---- */

/* Its own link needs nothing of the disk; else one is made. */
static int mark(int dir_fd, int fd, uint64_t sequence, struct svct_fault *fault)
{
    if (has_link_to(fd, sequence) &&
        renameat(fd, SVCT_GENLIST_PENDING, dir_fd, SVCT_GENLIST_PENDING) == 0)
        return 0;
    return svct_genlist_mark(dir_fd, sequence, fault);
}

int svct_reserve_take(int dir_fd, uint64_t sequence, int *ret_fd,
                      struct svct_fault *fault)
{
    char name[SVCT_GENLIST_NAME];
    int fd = open_reserve(dir_fd), r;

    if (fd < 0)
        return SVCT_E_NOTFOUND;
    svct_genlist_name(name, sequence);
    r = mark(dir_fd, fd, sequence, fault);
    if (r == 0 && (renameat(dir_fd, SVCT_RESERVE_FOLDER, dir_fd, name) != 0 ||
                   fchmod(fd, RESERVE_MODE) != 0 || fsync(dir_fd) != 0))
        r = svct_fault_errno(fault, errno, "can't use the reserve as %s", name);
    if (r != 0) {
        close(fd);
        return r;
    }
    *ret_fd = fd;
    return 0;
}

bool svct_reserve_give_back(int dir_fd, uint64_t sequence)
{
    char name[SVCT_GENLIST_NAME];
    struct stat st;
    bool given;
    int fd;

    svct_genlist_name(name, sequence);
    if (svct_safefile_open_subdir(dir_fd, name, &fd, NULL) != 0)
        return false;
    /* Nothing goes onto a reserve that has something in it. */
    given = fstat(fd, &st) == 0 && (st.st_mode & 07777) == RESERVE_MODE &&
            renameat(dir_fd, name, dir_fd, SVCT_RESERVE_FOLDER) == 0;
    if (given)
        renameat(dir_fd, SVCT_GENLIST_PENDING, fd, SVCT_GENLIST_PENDING);
    close(fd);
    return given;
}

/* The same size again gives back what is beyond the end. */
static void trim(int generation_fd, int file)
{
    struct stat st;
    int fd = openat(generation_fd, svct_generation_file(file),
                    O_WRONLY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0)
        return;
    if (fstat(fd, &st) != 0 || ftruncate(fd, st.st_size) != 0) {
        /* It is larger on the disk than it must be. */
    }
    close(fd);
}

int svct_reserve_settle(int generation_fd, struct svct_fault *fault)
{
    unlinkat(generation_fd, SVCT_RESERVE_STALE, 0);
    unlinkat(generation_fd, SVCT_GENLIST_PENDING, 0);
    for (int file = 0; file < SVCT_FILES; file++)
        trim(generation_fd, file);
    if (fchmod(generation_fd, GENERATION_MODE) == 0 &&
        fsync(generation_fd) == 0)
        return 0;
    return svct_fault_errno(fault, errno, "can't sync the generation");
}

void svct_reserve_unsettle(int generation_fd)
{
    if (fchmod(generation_fd, RESERVE_MODE) != 0) {
        /* Then it is removed as any other. */
    }
}

void svct_reserve_drop(int dir_fd)
{
    if (unlinkat(dir_fd, SVCT_RESERVE_FOLDER, 0) != 0)
        svct_genlist_remove_folder(dir_fd, SVCT_RESERVE_FOLDER);
}
