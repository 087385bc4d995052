/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

const char *svct_program_find(const char *const *paths)
{
    for (; *paths != NULL; paths++) {
        if (access(*paths, X_OK) == 0)
            return *paths;
    }
    return NULL;
}

/* Signals that this program ignores would stay ignored in its child. */
static int set_signals(posix_spawnattr_t *attributes)
{
    sigset_t set;
    int r;

    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    sigaddset(&set, SIGXFSZ);
    r = posix_spawnattr_setsigdefault(attributes, &set);
    sigemptyset(&set);
    if (r == 0)
        r = posix_spawnattr_setsigmask(attributes, &set);
    return r == 0
               ? posix_spawnattr_setflags(
                     attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK)
               : r;
}

static int set_files(posix_spawn_file_actions_t *actions, int out, int err)
{
    int r =
        posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);

    if (r == 0)
        r = out >= 0 ? posix_spawn_file_actions_adddup2(actions, out, 1)
                     : posix_spawn_file_actions_addopen(actions, 1, "/dev/null",
                                                        O_WRONLY, 0);
    if (r == 0)
        r = err >= 0 ? posix_spawn_file_actions_adddup2(actions, err, 2)
                     : posix_spawn_file_actions_addopen(actions, 2, "/dev/null",
                                                        O_WRONLY, 0);
    return r;
}

/* A child takes the umask of this program, in which nobody else may read. */
static int spawn(const char *const *argv,
                 const posix_spawn_file_actions_t *actions,
                 const posix_spawnattr_t *attributes, pid_t *ret_pid)
{
    static const char *const environment[] = {
        "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL};
    mode_t before = umask(022);
    int r = posix_spawn(ret_pid, argv[0], actions, attributes,
                        (char *const *)(uintptr_t)argv,
                        (char *const *)(uintptr_t)environment);

    umask(before);
    return r;
}

bool svct_program_start(const char *const *argv, int out, int err,
                        pid_t *ret_pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int r;

    signal(SIGCHLD, SIG_DFL); /* else its end could not be waited for */
    if (posix_spawn_file_actions_init(&actions) != 0)
        return false;
    if (posix_spawnattr_init(&attributes) != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return false;
    }
    r = set_signals(&attributes);
    if (r == 0)
        r = set_files(&actions, out, err);
    if (r == 0)
        r = spawn(argv, &actions, &attributes, ret_pid);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return r == 0;
}

int svct_program_await(pid_t pid)
{
    int status = 0;
    pid_t r;

    do {
        r = waitpid(pid, &status, 0);
    } while (r < 0 && errno == EINTR);
    return r == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int svct_program_code(const char *const *argv)
{
    pid_t pid;

    return svct_program_start(argv, -1, -1, &pid) ? svct_program_await(pid)
                                                  : -1;
}

bool svct_program_run(const char *const *argv)
{
    return svct_program_code(argv) == 0;
}
