/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "nscd.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/safefile.h"
#include "base/snapshot.h"
#include "program.h"
#include "say.h"

void svct_nscd_look(const char *db, struct svct_nscd_mark *ret_mark)
{
    struct svct_nscd_mark mark = {.known = false};
    struct svct_snapshot *snapshot;
    int dir_fd;

    *ret_mark = mark;
    if (svct_safefile_open_dir(db, &dir_fd, NULL) != 0)
        return;
    if (svct_snapshot_open(dir_fd, SVCT_PART_PUBLIC, &snapshot, NULL) == 0) {
        mark.known = true;
        mark.records = svct_snapshot_meta(snapshot)->records;
        mark.digest = svct_snapshot_meta(snapshot)->digest;
        svct_snapshot_free(snapshot);
    }
    close(dir_fd);
    *ret_mark = mark;
}

bool svct_nscd_same(const struct svct_nscd_mark *before,
                    const struct svct_nscd_mark *after)
{
    return before->known && after->known && before->records == after->records &&
           before->digest == after->digest;
}

/* EAGAIN: it listens, and has no time for anybody now. */
bool svct_nscd_runs(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX,
                                  .sun_path = "/var/run/nscd/socket"};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool runs = fd >= 0 && (connect(fd, (const struct sockaddr *)&address,
                                    sizeof(address)) == 0 ||
                            errno == EAGAIN);

    if (fd >= 0)
        close(fd);
    return runs;
}

/* What it knows of one database of names. */
static bool forget(const char *program, const char *database)
{
    const char *const argv[] = {program, "-i", database, NULL};

    return svct_program_run(argv);
}

void svct_nscd_tell(void)
{
    static const char *const paths[] = {"/usr/sbin/nscd", NULL};
    const char *program = svct_nscd_runs() ? svct_program_find(paths) : NULL;
    bool told;

    if (program == NULL)
        return;
    told = forget(program, "passwd");
    told = forget(program, "group") && told;
    if (!told)
        svct_say("nscd could not be told: what it knows of users and groups "
                 "may be old for a while; \"nscd -i passwd\" and \"nscd -i "
                 "group\" make it forget that");
}
