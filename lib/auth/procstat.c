/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "auth/procstat.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/parse.h"
#include "base/safefile.h"

#define STAT_MAX 2048    /* bytes; the kernel writes a few hundred */
#define FIELD_THREADS 20 /* as proc(5) counts them; the pid is 1 */
#define FIELD_START 22

/* ---- reading ---- */

static int read_all(int fd, char *out, size_t size, size_t *ret_len)
{
    size_t len = 0;

    while (len < size) {
        ssize_t got = pread(fd, out + len, size - len, (off_t)len);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return errno == ESRCH ? SVCT_E_NOTFOUND : SVCT_E_IO;
        if (got == 0) {
            *ret_len = len;
            return 0;
        }
        len += (size_t)got;
    }
    return SVCT_E_TOOBIG;
}

int svct_procstat_read(const char *path, char *out, size_t size,
                       size_t *ret_len, struct svct_fault *fault)
{
    int err, fd;

    fd = svct_safefile_raise(
        openat(AT_FDCWD, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (fd < 0 && (errno == ENOENT || errno == ESRCH))
        return svct_fault_set(fault, SVCT_E_NOTFOUND, errno, "%s is not there",
                              path);
    if (fd < 0)
        return svct_fault_errno(fault, errno, "can't open %s", path);
    err = read_all(fd, out, size, ret_len);
    if (err != 0)
        svct_fault_set(fault, err, err == SVCT_E_IO ? errno : 0,
                       "reading %s: %s", path, svct_err_text(err));
    close(fd);
    return err;
}

/* ---- taking apart ---- */

static bool take_number(const char **pos, const char *end, uint64_t *ret)
{
    if (svct_parse_digits(pos, end, INT64_MAX, ret) != 0)
        return false;
    if (*pos == end || (**pos != ' ' && **pos != '\n'))
        return false;
    ++*pos;
    return true;
}

/* A number that may be below 0, as some in between are. */
static bool skip_field(const char **pos, const char *end)
{
    while (*pos < end && **pos != ' ')
        ++*pos;
    if (*pos == end)
        return false;
    ++*pos;
    return true;
}

/* Behind the program's name: " S 1 ...". */
static bool take_rest(const char *pos, const char *end,
                      struct svct_procstat *stat)
{
    uint64_t ppid;

    if (end - pos < 4 || pos[0] != ' ' || pos[1] < 'A' || pos[1] > 'z' ||
        pos[2] != ' ')
        return false;
    stat->state = pos[1];
    pos += 3;
    if (!take_number(&pos, end, &ppid))
        return false;
    stat->ppid = (int64_t)ppid;
    for (int field = 5; field < FIELD_THREADS; field++)
        if (!skip_field(&pos, end))
            return false;
    if (!take_number(&pos, end, &stat->threads))
        return false;
    for (int field = FIELD_THREADS + 1; field < FIELD_START; field++)
        if (!skip_field(&pos, end))
            return false;
    return take_number(&pos, end, &stat->start);
}

int svct_procstat_parse(const char *text, size_t len,
                        struct svct_procstat *ret_stat)
{
    const char *pos = text, *end = text + len;
    struct svct_procstat stat = {0};
    uint64_t pid;

    if (!take_number(&pos, end, &pid) || pid == 0 || pos == end || *pos != '(')
        return SVCT_E_SYNTAX;
    stat.pid = (int64_t)pid;
    pos = memrchr(pos, ')', (size_t)(end - pos));
    if (pos == NULL || !take_rest(pos + 1, end, &stat))
        return SVCT_E_SYNTAX;
    *ret_stat = stat;
    return 0;
}

bool svct_procstat_is_dead(const struct svct_procstat *stat)
{
    return stat->state == 'X' || (stat->state == 'Z' && stat->threads <= 1);
}

int svct_procstat_get(int64_t pid, struct svct_procstat *ret_stat,
                      struct svct_fault *fault)
{
    char path[40] = "/proc/self/stat", text[STAT_MAX];
    struct svct_procstat stat;
    size_t len;
    int err;

    if (pid < 0)
        return svct_fault_set(fault, SVCT_E_NOTFOUND, 0, "no process id");
    if (pid > 0)
        snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
    /* "self" is a link, and only its last part may not be one. */
    err = svct_procstat_read(path, text, sizeof text, &len, fault);
    if (err != 0)
        return err;
    err = svct_procstat_parse(text, len, &stat);
    if (err != 0 || (pid > 0 && stat.pid != pid))
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "%s is not of the form known", path);
    *ret_stat = stat;
    return 0;
}

/* ---- the boot ---- */

bool svct_procstat_is_boot(const char *text)
{
    if (strlen(text) != SVCT_BOOT_LEN)
        return false;
    for (size_t i = 0; i < SVCT_BOOT_LEN; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        bool hex = (text[i] >= '0' && text[i] <= '9') ||
                   (text[i] >= 'a' && text[i] <= 'f');

        if (dash ? text[i] != '-' : !hex)
            return false;
    }
    return true;
}

int svct_procstat_boot(char ret_boot[SVCT_BOOT_LEN + 1],
                       struct svct_fault *fault)
{
    static const char path[] = "/proc/sys/kernel/random/boot_id";
    char text[SVCT_BOOT_LEN + 8];
    size_t len;
    int err = svct_procstat_read(path, text, sizeof text - 1, &len, fault);

    if (err != 0)
        return err;
    if (len > 0 && text[len - 1] == '\n')
        len--;
    text[len] = '\0';
    if (strlen(text) != len || !svct_procstat_is_boot(text))
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "%s is not of the form known", path);
    memcpy(ret_boot, text, SVCT_BOOT_LEN + 1);
    return 0;
}
