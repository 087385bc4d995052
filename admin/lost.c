/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "lost.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/safefile.h"
#include "write/genlist.h"

/* Is the link lost, and are there generations? (A single one that is not whole
 * may be what is left of an "init": that may be done anew.) ret_whole: which of them may be
 * its again; 0: none, or that can't be told. */
static bool is_lost(int dir_fd, uint64_t *ret_whole)
{
    struct stat st;

    if (fstatat(dir_fd, SVCT_CURRENT, &st, AT_SYMLINK_NOFOLLOW) == 0 ||
        errno != ENOENT)
        return false;
    *ret_whole = svct_genlist_newest_whole(dir_fd);
    return *ret_whole > 0 || svct_genlist_newest(dir_fd) > 1;
}

int svct_lost_link(const char *dir, int code, struct svct_fault *fault)
{
    uint64_t sequence;
    int dir_fd;
    bool lost;

    if (code != SVCT_E_NODB && code != SVCT_E_DAMAGED)
        return code;
    if (svct_safefile_open_dir(dir, &dir_fd, NULL) < 0)
        return code;
    lost = is_lost(dir_fd, &sequence);
    close(dir_fd);
    if (!lost)
        return code;
    if (sequence == 0)
        return svct_fault_set(fault, SVCT_E_DAMAGED, 0,
                              "the link \"%s\" is lost, and no generation in "
                              "%s can be seen to be whole",
                              SVCT_CURRENT, dir);
    return svct_fault_set(
        fault, SVCT_E_DAMAGED, 0,
        "the link \"%s\" is lost: \"ln -s " SVCT_GENERATION_FORMAT
        " %s/%s\" brings it back",
        SVCT_CURRENT, (unsigned long long)sequence, dir, SVCT_CURRENT);
}

int svct_lost_parent(const char *dir, int code, struct svct_fault *fault)
{
    const char *slash = strrchr(dir, '/');
    char parent[200];
    struct stat st;

    if (slash == NULL || slash == dir ||
        (size_t)(slash - dir) >= sizeof(parent))
        return code;
    snprintf(parent, sizeof(parent), "%.*s", (int)(slash - dir), dir);
    if (stat(parent, &st) == 0 || errno != ENOENT)
        return code;
    return svct_fault_set(fault, code, ENOENT,
                          "the folder %s is not there: \"mkdir -p %s\" makes "
                          "it",
                          parent, parent);
}
