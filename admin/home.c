/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "home.h"

#include <sys/stat.h>

#include "spawn.h"

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

static const char *find_program(void)
{
    static const char *const paths[] = {"/usr/sbin/mkhomedir_helper",
                                        "/sbin/mkhomedir_helper", NULL};

    return svct_spawn_find(paths);
}

bool svct_home_can_make(void)
{
    return find_program() != NULL;
}

/* The folders above it are made with the umask of the process, 022. */
bool svct_home_make(const char *name)
{
    const char *const argv[] = {find_program(), name, "0077", NULL};

    return argv[0] != NULL && svct_spawn_run(argv);
}
