/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "setup.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "say.h"

int svct_setup_lock(const struct svct_call *call, int *ret_fd)
{
    int fd = open(SVCT_PAMDIR_FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return svct_say_cannot(call, "can't open " SVCT_PAMDIR_FOLDER ": %s",
                               strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        return svct_say_cannot(call, "another setup is at work");
    }
    *ret_fd = fd;
    return SVCT_EXIT_DONE;
}

void svct_setup_show(const struct svct_call *call, const char *diff, bool asks)
{
    if (!call->opts.json)
        fputs(diff, stdout);
    else if (asks)
        fputs(diff, stderr);
    fflush(stdout);
}

json_t *svct_setup_diff(const char *diff)
{
    json_t *text = diff != NULL ? json_string(diff) : json_null();

    return text != NULL ? text : json_string(svct_say_bare_long(diff).text);
}
