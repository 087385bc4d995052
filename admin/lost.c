/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "lost.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/safefile.h"
#include "base/snapshot.h"

uint64_t svct_lost_generation(const char *name)
{
    unsigned long long sequence = 0;
    char again[40];

    if (strlen(name) != SVCT_GENERATION_LEN || strncmp(name, "gen-", 4) != 0)
        return 0;
    for (const char *c = name + 4; *c >= '0' && *c <= '9'; c++)
        sequence = sequence * 10 + (unsigned)(*c - '0');
    snprintf(again, sizeof(again), SVCT_GENERATION_FORMAT, sequence);
    return strcmp(again, name) == 0 ? sequence : 0;
}

void svct_lost_each(int dir_fd, void (*visit)(void *arg, uint64_t sequence),
                    void *arg)
{
    int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;

    if (folder == NULL) {
        if (fd >= 0)
            close(fd);
        return;
    }
    while ((entry = readdir(folder)) != NULL) {
        uint64_t sequence = svct_lost_generation(entry->d_name);

        if (sequence > 0)
            visit(arg, sequence);
    }
    closedir(folder);
}

/* Was it ever the current one? What a killed writer left says that it is
 * another, or nothing. */
static bool was_current(int dir_fd, uint64_t sequence)
{
    struct svct_snapshot *snapshot = NULL;
    char name[40];
    bool own;
    int fd;

    snprintf(name, sizeof(name), SVCT_GENERATION_FORMAT,
             (unsigned long long)sequence);
    if (svct_safefile_open_subdir(dir_fd, name, &fd, NULL) < 0)
        return false;
    own = svct_snapshot_open_generation(fd, SVCT_PART_PRIVATE, &snapshot,
                                        NULL) == 0 &&
          svct_snapshot_meta(snapshot)->sequence == sequence;
    svct_snapshot_free(snapshot);
    close(fd);
    return own;
}

struct newest {
    int dir_fd;
    uint64_t any;
    uint64_t good; /* of those that were current */
};

static void keep_newest(void *arg, uint64_t sequence)
{
    struct newest *newest = arg;

    if (sequence > newest->any)
        newest->any = sequence;
    if (sequence > newest->good && was_current(newest->dir_fd, sequence))
        newest->good = sequence;
}

/* Generation 1 is empty: "init" makes it anew. */
static uint64_t find_newest(int dir_fd)
{
    struct newest newest = {.dir_fd = dir_fd};
    struct stat st;

    if (fstatat(dir_fd, SVCT_CURRENT, &st, AT_SYMLINK_NOFOLLOW) == 0 ||
        errno != ENOENT)
        return 0;
    svct_lost_each(dir_fd, keep_newest, &newest);
    if (newest.any <= 1)
        return 0;
    return newest.good > 0 ? newest.good : newest.any;
}

int svct_lost_link(const char *dir, int code, struct svct_fault *fault)
{
    uint64_t sequence;
    int dir_fd;

    if (code != SVCT_E_NODB && code != SVCT_E_DAMAGED)
        return code;
    if (svct_safefile_open_dir(dir, &dir_fd, NULL) < 0)
        return code;
    sequence = find_newest(dir_fd);
    close(dir_fd);
    if (sequence == 0)
        return code;
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
