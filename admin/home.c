/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "home.h"

#include <sys/stat.h>

#include "program.h"

enum svct_home svct_home_look(const char *path, uint32_t uid, uid_t *ret_owner)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return SVCT_HOME_ABSENT;
    if (!S_ISDIR(st.st_mode))
        return SVCT_HOME_NONE;
    if (st.st_uid == uid)
        return SVCT_HOME_THERE;
    *ret_owner = st.st_uid;
    return SVCT_HOME_OTHERS;
}

static bool is_roots(const struct stat *st)
{
    return st->st_uid == 0 && (st->st_mode & S_IWOTH) == 0 &&
           (st->st_gid == 0 || (st->st_mode & S_IWGRP) == 0);
}

/* Of each folder above the last part that is there; "/", too. Whatever is made
 * below one of these, nobody else can have put in its place. */
bool svct_home_is_safe(const char *path, char ret_folder[SVCT_PUB_PATH_MAX + 1])
{
    char folder[SVCT_PUB_PATH_MAX + 1];
    struct stat st;

    snprintf(folder, sizeof(folder), "%s", path);
    for (size_t len = 1; folder[len] != '\0'; len++) {
        char next = folder[len];

        if (len > 1 && next != '/')
            continue;
        folder[len] = '\0';
        if (stat(folder, &st) == 0 && S_ISDIR(st.st_mode) && !is_roots(&st)) {
            memcpy(ret_folder, folder, len + 1);
            return false;
        }
        folder[len] = next;
    }
    return true;
}

static const char *find_program(void)
{
    static const char *const paths[] = {"/usr/sbin/mkhomedir_helper",
                                        "/sbin/mkhomedir_helper", NULL};

    return svct_program_find(paths);
}

bool svct_home_can_make(void)
{
    return find_program() != NULL;
}

/* The folders above it are made with the umask of the process, 022. */
bool svct_home_make(const char *name)
{
    const char *const argv[] = {find_program(), name, "0077", NULL};

    return argv[0] != NULL && svct_program_run(argv);
}
