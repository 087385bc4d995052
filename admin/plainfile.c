/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "plainfile.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int svct_plainfile_open(const char *path, int *ret_fd, struct svct_fault *fault)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

    if (fd < 0 && errno == ENOENT)
        return svct_fault_set(fault, SVCT_E_NOTFOUND, ENOENT,
                              "there is no such file");
    if (fd < 0)
        return svct_fault_errno(fault, errno, "can't open it");
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0, "it is no regular file");
    }
    *ret_fd = fd;
    return 0;
}
