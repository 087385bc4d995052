/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

/*
 * newer FILE: makes the meta record of a database file look as if a newer
 * version had written it: another version byte, and a check that is right.
 */

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crc64.h"
#include "base/record.h"

#define SIZE SVCT_RECORD_MIN /* of a meta record's value */
#define CHECK 8

/* at: its key, one byte, and behind it the value. */
static uint64_t check_of(const uint8_t *at)
{
    return svct_crc64(svct_crc64(0, at, 1), at + 1, SIZE - CHECK);
}

static uint64_t stored_check(const uint8_t *at)
{
    uint64_t check = 0;

    for (int i = 0; i < CHECK; i++)
        check = check << 8 | at[1 + SIZE - CHECK + i];
    return check;
}

static void make_newer(uint8_t *at)
{
    uint64_t check;

    at[1] = SVCT_RECORD_VERSION + 1;
    check = check_of(at);
    for (int i = CHECK - 1; i >= 0; i--, check >>= 8)
        at[1 + SIZE - CHECK + i] = (uint8_t)check;
}

static int change(int fd, uint8_t *bytes, size_t len)
{
    int found = 0;

    if (pread(fd, bytes, len, 0) != (ssize_t)len)
        return 3;
    for (size_t i = 0; i + 1 + SIZE <= len; i++) {
        if (bytes[i] != SVCT_KIND_META || bytes[i + 1] != 1 ||
            check_of(bytes + i) != stored_check(bytes + i))
            continue;
        make_newer(bytes + i);
        found = 1;
    }
    if (!found || pwrite(fd, bytes, len, 0) != (ssize_t)len)
        return 3;
    return 0;
}

int main(int argc, char **argv)
{
    struct stat st;
    uint8_t *bytes;
    int fd, r;

    if (argc != 2)
        return 2;
    fd = open(argv[1], O_RDWR | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0)
        return 3;
    bytes = malloc((size_t)st.st_size);
    r = bytes != NULL ? change(fd, bytes, (size_t)st.st_size) : 3;
    free(bytes);
    close(fd);
    return r;
}
