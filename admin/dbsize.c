/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "dbsize.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "auth/usage.h"
#include "base/names.h"
#include "base/snapshot.h"

static int64_t size_of(int dir_fd, const char *name)
{
    struct stat st;

    return fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0
               ? (int64_t)st.st_size
               : 0;
}

static int64_t size_within(int dir_fd, uint64_t sequence, const char *name)
{
    char path[SVCT_GENERATION_LEN + 32];

    snprintf(path, sizeof(path), SVCT_GENERATION_FORMAT "/%s",
             (unsigned long long)sequence, name);
    return size_of(dir_fd, path);
}

void svct_dbsize_look(int dir_fd, uint64_t sequence,
                      struct svct_dbsize *ret_size)
{
    struct svct_dbsize size = {
        .private_file =
            size_within(dir_fd, sequence, svct_part_file(SVCT_PART_PRIVATE)),
        .public_file =
            size_within(dir_fd, sequence, svct_part_file(SVCT_PART_PUBLIC)),
        .roll = size_within(dir_fd, sequence, SVCT_ROLL_FILE),
        .names = size_of(dir_fd, SVCT_NAMES_FILE),
        .usage = size_of(dir_fd, SVCT_USAGE_FILE),
    };
    struct statvfs disk;

    if (fstatvfs(dir_fd, &disk) == 0) {
        size.disk = (int64_t)(disk.f_blocks * disk.f_frsize);
        size.disk_free = (int64_t)(disk.f_bfree * disk.f_frsize);
    }
    *ret_size = size;
}

int64_t svct_dbsize_generation(const struct svct_dbsize *size)
{
    return size->private_file + size->public_file + size->roll;
}
