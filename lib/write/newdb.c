/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/newdb.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/safefile.h"
#include "base/snapshot.h"
#include "write/genlist.h"
#include "write/namelist.h"

int svct_newdb_make_dir(const char *dir, struct svct_fault *fault)
{
    int fd, r;

    r = svct_safefile_open_dir(dir, &fd, fault);
    if (r == SVCT_E_NODB && mkdir(dir, 0755) == 0) {
        r = svct_safefile_open_dir(dir, &fd, fault);
        if (r != 0)
            rmdir(dir);
        else if (fchmod(fd, 0755) != 0) {
            r = svct_fault_errno(fault, errno, "can't set the mode of %s", dir);
            close(fd);
        }
    } else if (r == SVCT_E_NODB && errno != EEXIST) {
        return svct_fault_errno(fault, errno, "can't make the folder %s", dir);
    }
    if (r == 0)
        close(fd);
    return r;
}

/* The accounts of a database that is lost are refused by that file alone: an
 * empty one in its place would open them. */
static int refuse_names(int dir_fd, struct svct_fault *fault)
{
    struct svct_namelist list = {.count = 0};
    int r = svct_namelist_read(&list, dir_fd, fault);
    size_t count = list.count;

    svct_namelist_done(&list);
    if (r != 0 || count == 0)
        return r;
    return svct_fault_set(fault, SVCT_E_DAMAGED, 0,
                          "the file %s lists %zu account%s of a database that "
                          "is lost: bring that back, or remove the file and "
                          "with it what still refuses them",
                          SVCT_NAMES_FILE, count, count == 1 ? "" : "s");
}

int svct_newdb_refuse_existing(int dir_fd, struct svct_fault *fault)
{
    char name[SVCT_GENERATION_LEN + 1];
    uint64_t sequence;
    int r = svct_snapshot_current(dir_fd, name, &sequence, fault);

    if (r == 0)
        return svct_fault_set(fault, SVCT_E_EXISTS, 0,
                              "there is a database here already");
    if (r != SVCT_E_NODB)
        return r;
    sequence = svct_genlist_newest_whole(dir_fd);
    if (sequence > 0)
        return svct_fault_set(
            fault, SVCT_E_DAMAGED, 0,
            "there are generations here, but the link %s "
            "is lost: ln -s " SVCT_GENERATION_FORMAT " %s brings it back",
            SVCT_CURRENT, (unsigned long long)sequence, SVCT_CURRENT);
    /* The first one has no accounts yet; more than that is somebody's data. */
    if (svct_genlist_newest(dir_fd) > 1)
        return svct_fault_set(fault, SVCT_E_DAMAGED, 0,
                              "there are generations here, the link %s is "
                              "lost, and none of them is whole",
                              SVCT_CURRENT);
    return refuse_names(dir_fd, fault);
}
