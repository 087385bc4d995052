/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_FUZZ_MEMFILE_H
#define SVCT_FUZZ_MEMFILE_H

/* A file with the bytes of an input, in memory, that has a path. */

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct memfile {
    int fd;
    char path[32];
};

static inline struct memfile memfile_open(void)
{
    struct memfile file = {memfd_create("fuzz", MFD_CLOEXEC), ""};

    if (file.fd < 0)
        abort();
    snprintf(file.path, sizeof file.path, "/proc/self/fd/%d", file.fd);
    return file;
}

static inline void memfile_set(const struct memfile *file, const void *bytes,
                               size_t len)
{
    if (ftruncate(file->fd, 0) != 0 ||
        pwrite(file->fd, bytes, len, 0) != (ssize_t)len)
        abort();
}

#endif
