/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "auth/usage.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/crc64.h"
#include "base/safefile.h"

#define SLOT_VERSION 1
#define CHECKED (SVCT_USAGE_SLOT - 8) /* bytes before the check */
#define HEAD_TEXT "svctoken usage\n"
#define HEAD_TEXT_LEN (sizeof HEAD_TEXT - 1)

/* Half a slot is seen only while another process is in the middle of writing
 * it: a few looks are enough. */
#define LOOKS_MAX 5

#define PAUSE_MAX 16 /* milliseconds between two tries for a lock */

/* ---- bytes ---- */

static uint64_t check_of(uint32_t slot, const uint8_t *bytes)
{
    uint8_t number[4];
    struct svct_buf buf;

    svct_buf_init(&buf, number, sizeof number);
    svct_buf_put_u32(&buf, slot);
    return svct_crc64(svct_crc64(0, number, sizeof number), bytes, CHECKED);
}

static bool is_plain(char byte)
{
    return byte > ' ' && byte <= '~';
}

static void put_text(struct svct_buf *buf, const char *text, size_t size)
{
    size_t len = strnlen(text, size);

    for (size_t i = 0; i < size; i++) {
        char byte = i < len ? text[i] : '\0';

        if (i < len && !is_plain(byte))
            byte = '?';
        svct_buf_put_u8(buf, (uint8_t)byte);
    }
}

/* Zeros behind it to the end, and no other byte that we would not write. */
static bool get_text(struct svct_cursor *cursor, char *ret_text, size_t size)
{
    const uint8_t *bytes = svct_cursor_bytes(cursor, size);
    size_t len;

    if (bytes == NULL)
        return false;
    memcpy(ret_text, bytes, size);
    ret_text[size] = '\0';
    len = strlen(ret_text);
    for (size_t i = 0; i < size; i++)
        if (i < len ? !is_plain(ret_text[i]) : ret_text[i] != '\0')
            return false;
    return true;
}

static void seal(struct svct_buf *buf, uint32_t slot)
{
    while (buf->len < CHECKED && !buf->failed)
        svct_buf_put_u8(buf, 0);
    svct_buf_put_u64(buf, check_of(slot, buf->data));
}

/* The check, and whether there is anything at all. */
static int unseal(uint32_t slot, const uint8_t *bytes)
{
    static const uint8_t zeros[SVCT_USAGE_SLOT];
    struct svct_cursor check;

    if (memcmp(bytes, zeros, sizeof zeros) == 0)
        return SVCT_E_NOTFOUND;
    svct_cursor_init(&check, bytes + CHECKED, 8);
    return svct_cursor_u64(&check) == check_of(slot, bytes) ? 0
                                                            : SVCT_E_DAMAGED;
}

void svct_usage_encode(uint32_t slot, const struct svct_seen *seen,
                       uint8_t ret_bytes[SVCT_USAGE_SLOT])
{
    struct svct_buf buf;

    svct_buf_init(&buf, ret_bytes, SVCT_USAGE_SLOT);
    svct_buf_put_u8(&buf, SLOT_VERSION);
    svct_buf_put(&buf, seen->id, SVCT_TOKEN_ID_LEN);
    svct_buf_put_u8(&buf, 0);
    svct_buf_put_u32(&buf, seen->uses);
    svct_buf_put_u64(&buf, (uint64_t)seen->last_used);
    put_text(&buf, seen->service, SVCT_USAGE_SERVICE_MAX);
    put_text(&buf, seen->rhost, SVCT_USAGE_RHOST_MAX);
    seal(&buf, slot);
}

int svct_usage_decode(uint32_t slot, const uint8_t bytes[SVCT_USAGE_SLOT],
                      struct svct_seen *ret_seen)
{
    struct svct_seen seen = {.uses = 0};
    struct svct_cursor cursor;
    const uint8_t *id;
    bool good;
    int r = unseal(slot, bytes);

    if (r != 0)
        return r;
    if (bytes[0] != SLOT_VERSION)
        return bytes[0] > SLOT_VERSION ? SVCT_E_VERSION : SVCT_E_DAMAGED;
    svct_cursor_init(&cursor, bytes + 1, CHECKED - 1);
    id = svct_cursor_bytes(&cursor, SVCT_TOKEN_ID_LEN);
    if (id != NULL)
        memcpy(seen.id, id, SVCT_TOKEN_ID_LEN);
    good = svct_cursor_u8(&cursor) == 0;
    seen.uses = svct_cursor_u32(&cursor);
    seen.last_used = (int64_t)svct_cursor_u64(&cursor);
    good = get_text(&cursor, seen.service, SVCT_USAGE_SERVICE_MAX) && good;
    good = get_text(&cursor, seen.rhost, SVCT_USAGE_RHOST_MAX) && good;
    if (!good || cursor.failed || !svct_token_is_id(seen.id) ||
        seen.last_used < 0 || seen.last_used > SVCT_TIME_MAX)
        return SVCT_E_DAMAGED;
    *ret_seen = seen;
    return 0;
}

void svct_usage_encode_head(uint8_t ret_bytes[SVCT_USAGE_SLOT])
{
    struct svct_buf buf;

    svct_buf_init(&buf, ret_bytes, SVCT_USAGE_SLOT);
    svct_buf_put(&buf, HEAD_TEXT, HEAD_TEXT_LEN);
    svct_buf_put_u8(&buf, SLOT_VERSION);
    seal(&buf, 0);
}

int svct_usage_decode_head(const uint8_t bytes[SVCT_USAGE_SLOT])
{
    int r = unseal(0, bytes);

    if (r != 0)
        return r;
    if (memcmp(bytes, HEAD_TEXT, HEAD_TEXT_LEN) != 0)
        return SVCT_E_DAMAGED;
    if (bytes[HEAD_TEXT_LEN] != SLOT_VERSION)
        return bytes[HEAD_TEXT_LEN] > SLOT_VERSION ? SVCT_E_VERSION
                                                   : SVCT_E_DAMAGED;
    return 0;
}

/* ---- the file ---- */

int svct_usage_open(int dir_fd, int flags, struct svct_usage *ret_usage,
                    struct svct_fault *fault)
{
    struct stat st;
    int fd;
    int r = svct_safefile_open(dir_fd, SVCT_USAGE_FILE, flags,
                               SVCT_SAFEFILE_PRIVATE, &fd, &st, fault);

    if (r == 0)
        *ret_usage = (struct svct_usage){fd, (int64_t)st.st_size};
    return r;
}

void svct_usage_close(struct svct_usage *usage)
{
    if (usage->fd >= 0)
        close(usage->fd);
    usage->fd = -1;
}

static int64_t offset_of(uint32_t slot)
{
    return (int64_t)slot * SVCT_USAGE_SLOT;
}

static bool is_within(const struct svct_usage *usage, uint32_t slot)
{
    return slot <= SVCT_SLOT_MAX &&
           offset_of(slot) + SVCT_USAGE_SLOT <= usage->size;
}

static int decode(uint32_t slot, const uint8_t *bytes,
                  struct svct_seen *ret_seen)
{
    return slot == 0 ? svct_usage_decode_head(bytes)
                     : svct_usage_decode(slot, bytes, ret_seen);
}

int svct_usage_read(const struct svct_usage *usage, uint32_t slot,
                    struct svct_seen *ret_seen)
{
    uint8_t bytes[SVCT_USAGE_SLOT];
    int r = SVCT_E_DAMAGED;

    if (!is_within(usage, slot))
        return SVCT_E_RANGE;
    for (int look = 0; look < LOOKS_MAX && r == SVCT_E_DAMAGED; look++) {
        if (!svct_safefile_pread(usage->fd, bytes, sizeof bytes,
                                 offset_of(slot)))
            return errno == 0 ? SVCT_E_RANGE : SVCT_E_IO;
        r = decode(slot, bytes, ret_seen);
    }
    return r;
}

int svct_usage_read_own(const struct svct_usage *usage, uint32_t slot,
                        const char *id, struct svct_seen *ret_seen)
{
    struct svct_seen seen;
    int r = slot == 0 ? SVCT_E_RANGE : svct_usage_read(usage, slot, &seen);

    if (r == 0 && strcmp(seen.id, id) != 0)
        r = SVCT_E_NOTFOUND;
    if (r == 0)
        *ret_seen = seen;
    return r;
}

static int write_fault(int sys_errno)
{
    struct svct_fault fault;

    return svct_fault_errno(&fault, sys_errno, "-");
}

int svct_usage_write(const struct svct_usage *usage, uint32_t slot,
                     const struct svct_seen *seen)
{
    uint8_t bytes[SVCT_USAGE_SLOT];
    int64_t offset = offset_of(slot);

    if (slot == 0 || !is_within(usage, slot))
        return SVCT_E_RANGE;
    if (!svct_safefile_within_limit(offset + SVCT_USAGE_SLOT)) {
        errno = EFBIG;
        return SVCT_E_IO;
    }
    svct_usage_encode(slot, seen, bytes);
    for (size_t at = 0; at < sizeof bytes;) {
        ssize_t put = pwrite(usage->fd, bytes + at, sizeof bytes - at,
                             (off_t)(offset + (int64_t)at));

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return write_fault(put == 0 ? EIO : errno);
        at += (size_t)put;
    }
    return 0;
}

/* ---- its locks ---- */

static bool set_lock(const struct svct_usage *usage, uint32_t slot, short type)
{
    struct flock lock = {.l_type = type,
                         .l_whence = SEEK_SET,
                         .l_start = (off_t)offset_of(slot),
                         .l_len = SVCT_USAGE_SLOT};

    return fcntl(usage->fd, F_OFD_SETLK, &lock) == 0;
}

int svct_usage_lock(const struct svct_usage *usage, uint32_t slot,
                    unsigned milliseconds)
{
    unsigned pause = 1, waited = 0;

    while (!set_lock(usage, slot, F_WRLCK)) {
        struct timespec sleep = {.tv_nsec = (long)pause * 1000000};

        if (errno != EAGAIN && errno != EACCES && errno != EINTR)
            return SVCT_E_IO;
        if (waited >= milliseconds)
            return SVCT_E_BUSY;
        nanosleep(&sleep, NULL);
        waited += pause;
        if (pause < PAUSE_MAX)
            pause *= 2;
    }
    return 0;
}

void svct_usage_unlock(const struct svct_usage *usage, uint32_t slot)
{
    set_lock(usage, slot, F_UNLCK);
}
