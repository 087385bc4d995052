/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/genlist.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/safefile.h"
#include "write/reserve.h"

#define FOLDERS_MAX 8 /* in one another, that are removed with a generation */

/* ---- names and numbers ---- */

void svct_genlist_name(char ret_name[SVCT_GENLIST_NAME], uint64_t sequence)
{
    snprintf(ret_name, SVCT_GENLIST_NAME, SVCT_GENERATION_FORMAT,
             (unsigned long long)sequence);
}

uint64_t svct_genlist_sequence(const char *name)
{
    char again[SVCT_GENLIST_NAME];
    uint64_t sequence = 0;

    if (strlen(name) != SVCT_GENERATION_LEN)
        return 0;
    for (const char *p = name + 4; *p >= '0' && *p <= '9'; p++)
        sequence = sequence * 10 + (uint64_t)(*p - '0');
    svct_genlist_name(again, sequence);
    return strcmp(name, again) == 0 ? sequence : 0;
}

void svct_genlist_each(int dir_fd, void (*visit)(void *arg, uint64_t sequence),
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
        uint64_t sequence = svct_genlist_sequence(entry->d_name);

        if (sequence != 0)
            visit(arg, sequence);
    }
    closedir(dir);
}

uint64_t svct_genlist_pending(int dir_fd)
{
    char target[SVCT_GENERATION_LEN + 2];
    ssize_t len =
        readlinkat(dir_fd, SVCT_GENLIST_PENDING, target, sizeof target - 1);

    if (len < 0)
        return 0;
    target[len] = '\0';
    return svct_genlist_sequence(target);
}

int svct_genlist_mark(int dir_fd, uint64_t sequence, struct svct_fault *fault)
{
    char name[SVCT_GENLIST_NAME];

    svct_genlist_name(name, sequence);
    if ((unlinkat(dir_fd, SVCT_GENLIST_PENDING, 0) == 0 || errno == ENOENT) &&
        symlinkat(name, dir_fd, SVCT_GENLIST_PENDING) == 0)
        return 0;
    return svct_fault_errno(fault, errno, "can't make the link %s",
                            SVCT_GENLIST_PENDING);
}

struct newest {
    uint64_t but; /* 0: of all */
    uint64_t found;
};

static void keep_newest(void *arg, uint64_t sequence)
{
    struct newest *newest = arg;

    if (sequence > newest->found && sequence != newest->but)
        newest->found = sequence;
}

uint64_t svct_genlist_newest(int dir_fd)
{
    struct newest newest = {.but = svct_genlist_pending(dir_fd)};

    svct_genlist_each(dir_fd, keep_newest, &newest);
    return newest.found;
}

uint64_t svct_genlist_next(int dir_fd, uint64_t current)
{
    struct newest newest = {.found = current};

    svct_genlist_each(dir_fd, keep_newest, &newest);
    return newest.found + 1;
}

/* ---- looking into them ---- */

static int open_folder(int dir_fd, uint64_t sequence, int *ret_fd)
{
    char name[SVCT_GENLIST_NAME];

    svct_genlist_name(name, sequence);
    return svct_safefile_open_subdir(dir_fd, name, ret_fd, NULL);
}

/* Of which generation does a file say it is? */
static int look(int generation_fd, uint64_t *ret_sequence)
{
    struct svct_snapshot *snapshot;
    int r = svct_snapshot_open_bare(generation_fd, SVCT_PART_PRIVATE, &snapshot,
                                    NULL);

    if (r != 0)
        return r;
    *ret_sequence = svct_snapshot_meta(snapshot)->sequence;
    svct_snapshot_free(snapshot);
    return 0;
}

/* Is a part of that generation, and are its records all there? */
static bool is_whole_part(int generation_fd, enum svct_part part,
                          uint64_t sequence)
{
    struct svct_snapshot *snapshot;
    bool whole;

    if (svct_snapshot_open_generation(generation_fd, part, &snapshot, NULL) !=
        0)
        return false;
    whole = svct_snapshot_meta(snapshot)->sequence == sequence &&
            svct_snapshot_count(snapshot, NULL) == 0 &&
            svct_snapshot_check_roll(snapshot, NULL) == 0;
    svct_snapshot_free(snapshot);
    return whole;
}

static bool is_whole(int dir_fd, uint64_t sequence)
{
    bool whole = true;
    int fd;

    if (open_folder(dir_fd, sequence, &fd) != 0)
        return false;
    for (int i = 0; whole && i < SVCT_PARTS; i++)
        whole = is_whole_part(fd, (enum svct_part)i, sequence);
    close(fd);
    return whole;
}

struct search {
    int dir_fd;
    uint64_t pending;
    uint64_t found;
};

static void find_whole(void *arg, uint64_t sequence)
{
    struct search *search = arg;

    if (sequence != search->pending && sequence > search->found &&
        is_whole(search->dir_fd, sequence))
        search->found = sequence;
}

uint64_t svct_genlist_newest_whole(int dir_fd)
{
    struct search search = {.dir_fd = dir_fd,
                            .pending = svct_genlist_pending(dir_fd)};

    svct_genlist_each(dir_fd, find_whole, &search);
    return search.found;
}

/* ---- removing ---- */

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

static void remove_generation(int dir_fd, uint64_t sequence)
{
    char name[SVCT_GENLIST_NAME];

    svct_genlist_name(name, sequence);
    remove_folder(dir_fd, name, FOLDERS_MAX);
}

void svct_genlist_remove_folder(int dir_fd, const char *name)
{
    remove_folder(dir_fd, name, FOLDERS_MAX);
}

/* The mark goes last: until then the next one knows what this is. An
 * administrator may have made that very one, or an older one, the current. */
static void remove_pending(int dir_fd, uint64_t current)
{
    uint64_t pending = svct_genlist_pending(dir_fd);

    if (pending > current && !svct_reserve_give_back(dir_fd, pending))
        remove_generation(dir_fd, pending);
    unlinkat(dir_fd, SVCT_GENLIST_PENDING, 0);
}

/* Unmarked, and yet certainly never published: without the file that counts,
 * or still the copy of another one. (One that is damaged may have been.) */
static bool never_was(int dir_fd, uint64_t sequence)
{
    uint64_t says = sequence;
    int fd, r;

    if (open_folder(dir_fd, sequence, &fd) != 0)
        return false;
    r = look(fd, &says);
    close(fd);
    return r == SVCT_E_NOTFOUND || says != sequence;
}

struct prune {
    int dir_fd;
    const struct svct_genlist_rule *rule;
    uint64_t oldest; /* of those that are kept */
};

static void prune_newer(void *arg, uint64_t sequence)
{
    const struct prune *prune = arg;

    if (sequence > prune->rule->current && never_was(prune->dir_fd, sequence))
        remove_generation(prune->dir_fd, sequence);
}

static void prune_older(void *arg, uint64_t sequence)
{
    const struct prune *prune = arg;

    if (sequence < prune->oldest && sequence != prune->rule->also)
        remove_generation(prune->dir_fd, sequence);
}

void svct_genlist_prune(int dir_fd, const struct svct_genlist_rule *rule)
{
    struct prune prune = {.dir_fd = dir_fd, .rule = rule};
    uint64_t newest;

    remove_pending(dir_fd, rule->current);
    svct_genlist_each(dir_fd, prune_newer, &prune);
    newest = svct_genlist_next(dir_fd, rule->current) - 1;
    prune.oldest = newest >= rule->keep ? newest - rule->keep + 1 : 1;
    if (prune.oldest > rule->current)
        prune.oldest = rule->current;
    svct_genlist_each(dir_fd, prune_older, &prune);
}
