/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "hostgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/parse.h"
#include "base/safefile.h"

#define CHUNK 1024 /* on the stack, which may be a small one */

/* The head of the line that is being read: up to its third colon. */
struct line {
    char head[SVCT_HOSTGROUP_HEAD + 1];
    size_t len;
    unsigned colons;
    bool passed; /* what is left of the line means nothing */
};

struct search {
    struct svct_hostgroup *groups;
    size_t count;
    size_t settled; /* of them */
};

static struct svct_hostgroup *wanted(const struct search *search,
                                     const char *name)
{
    for (size_t i = 0; i < search->count; i++) {
        if (!search->groups[i].settled &&
            strcmp(search->groups[i].name, name) == 0)
            return &search->groups[i];
    }
    return NULL;
}

/* The head is "name:password:gid". Every group of that name is settled: a name
 * may be asked for twice. */
static void take_head(struct search *search, struct line *line)
{
    struct svct_hostgroup *group;
    char *password, *gid;
    uint64_t number;

    if (strlen(line->head) != line->len)
        return; /* a NUL hides a colon */
    password = strchr(line->head, ':') + 1;
    gid = strchr(password, ':') + 1;
    if (svct_parse_number(gid, 0, UINT32_MAX - 1, &number) != 0)
        return;
    password[-1] = '\0';
    while ((group = wanted(search, line->head)) != NULL) {
        group->gid = (uint32_t)number;
        group->settled = true;
        search->settled++;
    }
}

static void take_byte(struct search *search, struct line *line, char byte)
{
    if (byte == '\n') {
        line->len = line->colons = 0;
        line->passed = false;
        return;
    }
    if (line->passed)
        return;
    if (byte == ':' && ++line->colons == 3) {
        line->head[line->len] = '\0';
        take_head(search, line);
        line->passed = true;
    } else if (line->len == SVCT_HOSTGROUP_HEAD) {
        line->passed = true;
    } else {
        line->head[line->len++] = byte;
    }
}

static int open_file(const char *path, int *ret_fd)
{
    struct stat st;
    int fd = svct_safefile_raise(
        openat(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));

    if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
        return SVCT_E_NOMEM;
    if (fd < 0)
        return errno == ENOENT ? SVCT_E_NOTFOUND : SVCT_E_IO;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return SVCT_E_IO;
    }
    *ret_fd = fd;
    return 0;
}

/* More than 0 bytes; 0 at the end; SVCT_E_IO. */
static ssize_t read_some(int fd, char *bytes, size_t size, int64_t at)
{
    ssize_t got;

    do
        got = pread(fd, bytes, size, (off_t)at);
    while (got < 0 && errno == EINTR);
    return got < 0 ? SVCT_E_IO : got;
}

static int search_file(int fd, struct search *search)
{
    struct line line = {.len = 0};
    char bytes[CHUNK];
    int64_t total = 0;
    ssize_t got;

    while (search->settled < search->count) {
        got = read_some(fd, bytes, sizeof bytes, total);
        if (got <= 0)
            return (int)got;
        total += got;
        if (total > SVCT_HOSTGROUP_FILE)
            return SVCT_E_TOOBIG;
        for (ssize_t i = 0; i < got; i++)
            take_byte(search, &line, bytes[i]);
    }
    return 0;
}

int svct_hostgroup_find(const char *path, struct svct_hostgroup *groups,
                        size_t count)
{
    struct search search = {.groups = groups, .count = count};
    int fd, r;

    for (size_t i = 0; i < count; i++) {
        groups[i].gid = 0;
        groups[i].settled = false;
    }
    r = open_file(path, &fd);
    if (r != 0)
        return r == SVCT_E_NOTFOUND ? 0 : r;
    r = search_file(fd, &search);
    close(fd);
    return r;
}
