/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "privdir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static void stop(const char *what, const char *path)
{
    fprintf(stderr, "privdir: %s %s: %s\n", what, path, strerror(errno));
    exit(99);
}

bool privdir_enter(const char **ret_reason)
{
    if (geteuid() != 0)
        *ret_reason = "it needs root";
    else if (unshare(CLONE_NEWNS) != 0)
        *ret_reason = "no mount namespace of its own (unshare)";
    else if (mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) != 0)
        *ret_reason = "mounts can't be made private";
    else if (mount("tmpfs", PRIVDIR, "tmpfs", 0, "mode=0755") != 0)
        *ret_reason = "no tmpfs can be mounted on " PRIVDIR;
    else
        return true;
    return false;
}

/* The longest leading part of path that is a folder, to ret. */
static void existing_part(const char *path, char ret[PATH_MAX])
{
    struct stat st;

    snprintf(ret, PATH_MAX, "%s", path);
    while (strcmp(ret, "/") != 0 && stat(ret, &st) != 0) {
        char *slash = strrchr(ret, '/');

        slash[slash == ret] = '\0';
    }
}

static bool make_all(const char *path)
{
    char part[PATH_MAX];

    snprintf(part, sizeof part, "%s", path);
    for (char *p = part + 1;; p++) {
        char kept = *p;

        if (kept != '/' && kept != '\0')
            continue;
        *p = '\0';
        if (mkdir(part, 0755) != 0 && errno != EEXIST)
            return false;
        *p = kept;
        if (kept == '\0')
            return true;
    }
}

/* Changes to what is below path go to a tmpfs from now on. */
static bool overlay(const char *path)
{
    static unsigned count;
    char base[64], data[PATH_MAX + 200], upper[80], work[80];

    snprintf(base, sizeof base, PRIVDIR "/.cover-%u", count++);
    snprintf(upper, sizeof upper, "%s/upper", base);
    snprintf(work, sizeof work, "%s/work", base);
    snprintf(data, sizeof data, "lowerdir=%s,upperdir=%s,workdir=%s", path,
             upper, work);
    return make_all(upper) && make_all(work) &&
           mount("overlay", path, "overlay", 0, data) == 0;
}

bool privdir_cover(const char *path, const char **ret_reason)
{
    char there[PATH_MAX], parent[PATH_MAX];

    snprintf(parent, sizeof parent, "%s", path);
    *strrchr(parent, '/') = '\0';
    existing_part(parent, there);
    *ret_reason = "the folder above can't be covered";
    if (strcmp(there, "/") == 0)
        return false;
    if (strcmp(there, parent) == 0)
        return mount("tmpfs", parent, "tmpfs", 0, "mode=0755") == 0;
    return overlay(there) && make_all(parent);
}

static int remove_one(const char *path, const struct stat *st, int type,
                      struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void privdir_remove(const char *path)
{
    if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0 &&
        errno != ENOENT)
        stop("removing", path);
}

int privdir_entries(const char *path)
{
    DIR *dir = opendir(path);
    int count = -2; /* "." and ".." */

    if (dir == NULL)
        return -1;
    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count;
}

void privdir_write(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    size_t len = strlen(text);

    if (fd < 0 || write(fd, text, len) != (ssize_t)len || close(fd) != 0)
        stop("writing", path);
}
