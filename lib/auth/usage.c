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

#define SLOT_VERSION 2
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

int64_t svct_usage_offset(uint32_t slot, unsigned copy)
{
    int64_t group = slot / SVCT_USAGE_GROUP * SVCT_USAGE_COPIES + copy;

    return (group * SVCT_USAGE_GROUP + slot % SVCT_USAGE_GROUP) *
           SVCT_USAGE_SLOT;
}

int64_t svct_usage_end(uint32_t slot)
{
    return svct_usage_offset(slot, SVCT_USAGE_COPIES - 1) + SVCT_USAGE_SLOT;
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
        *ret_usage =
            (struct svct_usage){fd, (int64_t)st.st_size, flags == O_RDONLY};
    return r;
}

void svct_usage_close(struct svct_usage *usage)
{
    if (usage->fd >= 0)
        close(usage->fd);
    usage->fd = -1;
}

uint32_t svct_usage_slots(const struct svct_usage *usage)
{
    int64_t of_group = (int64_t)SVCT_USAGE_GROUP * SVCT_USAGE_SLOT;
    int64_t both = of_group * SVCT_USAGE_COPIES, rest = usage->size % both;
    int64_t slots = usage->size / both * SVCT_USAGE_GROUP;

    slots += (rest < of_group ? rest : of_group) / SVCT_USAGE_SLOT;
    return slots > SVCT_SLOT_MAX ? SVCT_SLOT_MAX + 1 : (uint32_t)slots;
}

/* ---- reading ---- */

static bool is_within(const struct svct_usage *usage, uint32_t slot,
                      unsigned copy)
{
    return slot <= SVCT_SLOT_MAX &&
           svct_usage_offset(slot, copy) + SVCT_USAGE_SLOT <= usage->size;
}

static int decode(uint32_t slot, const uint8_t *bytes,
                  struct svct_seen *ret_seen)
{
    return slot == 0 ? svct_usage_decode_head(bytes)
                     : svct_usage_decode(slot, bytes, ret_seen);
}

int svct_usage_read_copy(const struct svct_usage *usage, uint32_t slot,
                         unsigned copy, struct svct_seen *ret_seen)
{
    uint8_t bytes[SVCT_USAGE_SLOT];
    int r = SVCT_E_DAMAGED;

    if (!is_within(usage, slot, copy))
        return SVCT_E_RANGE;
    for (int look = 0; look < LOOKS_MAX && r == SVCT_E_DAMAGED; look++) {
        if (!svct_safefile_pread(usage->fd, bytes, sizeof bytes,
                                 svct_usage_offset(slot, copy)))
            return errno == 0 ? SVCT_E_RANGE : SVCT_E_IO;
        r = decode(slot, bytes, ret_seen);
    }
    return r;
}

/* What one block that a disk lost can leave of a copy. */
static bool is_doubtful(int code)
{
    return code == SVCT_E_NOTFOUND || code == SVCT_E_DAMAGED;
}

/* Of two copies of which none is sound. */
static int both_doubtful(const int code[SVCT_USAGE_COPIES])
{
    return code[0] == SVCT_E_DAMAGED ? code[0] : code[1];
}

int svct_usage_read_head(const struct svct_usage *usage, bool *ret_both)
{
    int code[SVCT_USAGE_COPIES];
    struct svct_seen unused;

    for (unsigned i = 0; i < SVCT_USAGE_COPIES; i++) {
        code[i] = svct_usage_read_copy(usage, 0, i, &unused);
        if (code[i] != 0 && !is_doubtful(code[i]) &&
            (i == 0 || code[i] != SVCT_E_RANGE))
            return code[i];
    }
    *ret_both = code[0] == 0 && code[1] == 0;
    if (code[0] == 0 || code[1] == 0)
        return 0;
    return code[1] == SVCT_E_RANGE ? code[0] : both_doubtful(code);
}

/* SVCT_E_NOTFOUND also when it is another's. */
static int read_copy_of(const struct svct_usage *usage, uint32_t slot,
                        unsigned copy, const char *id,
                        struct svct_seen *ret_seen)
{
    int r = svct_usage_read_copy(usage, slot, copy, ret_seen);

    return r == 0 && strcmp(ret_seen->id, id) != 0 ? SVCT_E_NOTFOUND : r;
}

static bool is_more(const struct svct_seen *one, const struct svct_seen *other)
{
    return one->uses != other->uses ? one->uses > other->uses
                                    : one->last_used > other->last_used;
}

int svct_usage_read_count(const struct svct_usage *usage, uint32_t slot,
                          const char *id, struct svct_seen *ret_seen)
{
    struct svct_seen seen[SVCT_USAGE_COPIES];
    int code[SVCT_USAGE_COPIES];

    if (slot == 0)
        return SVCT_E_RANGE;
    for (unsigned i = 0; i < SVCT_USAGE_COPIES; i++) {
        code[i] = read_copy_of(usage, slot, i, id, &seen[i]);
        if (code[i] != 0 && !is_doubtful(code[i]))
            return code[i];
    }
    if (code[0] != 0 && code[1] != 0)
        return both_doubtful(code);
    if (code[0] != 0 || (code[1] == 0 && is_more(&seen[1], &seen[0])))
        *ret_seen = seen[1];
    else
        *ret_seen = seen[0];
    return 0;
}

int svct_usage_read_note(const struct svct_usage *usage, uint32_t slot,
                         const char *id, struct svct_seen *ret_seen)
{
    struct svct_seen first, second;
    int r =
        slot == 0 ? SVCT_E_RANGE : svct_usage_read_copy(usage, slot, 0, &first);
    bool is_second = (r == 0 || r == SVCT_E_NOTFOUND) &&
                     svct_usage_read_copy(usage, slot, 1, &second) == 0;

    if (r == SVCT_E_NOTFOUND && is_second)
        return SVCT_E_DAMAGED; /* who writes the second writes both */
    if (r != 0)
        return r;
    if (strcmp(first.id, id) != 0)
        return SVCT_E_DAMAGED;
    *ret_seen = first;
    if (is_second && strcmp(second.id, id) == 0 &&
        second.last_used > first.last_used)
        *ret_seen = second;
    return 0;
}

int svct_usage_read_own(const struct svct_usage *usage,
                        const struct svct_token *token,
                        struct svct_seen *ret_seen)
{
    return token->max_uses != 0
               ? svct_usage_read_count(usage, token->slot, token->id, ret_seen)
               : svct_usage_read_note(usage, token->slot, token->id, ret_seen);
}

/* ---- writing ---- */

static int write_fault(int sys_errno)
{
    struct svct_fault fault;

    return svct_fault_errno(&fault, sys_errno, "-");
}

static int put_bytes(const struct svct_usage *usage, const uint8_t *bytes,
                     int64_t offset)
{
    for (size_t at = 0; at < SVCT_USAGE_SLOT;) {
        ssize_t put = pwrite(usage->fd, bytes + at, SVCT_USAGE_SLOT - at,
                             (off_t)(offset + (int64_t)at));

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return write_fault(put == 0 ? EIO : errno);
        at += (size_t)put;
    }
    return 0;
}

/* The first so many copies. */
static int put_copies(const struct svct_usage *usage, uint32_t slot,
                      const uint8_t *bytes, unsigned copies)
{
    unsigned last = copies - 1;
    int r = 0;

    if (!is_within(usage, slot, last))
        return SVCT_E_RANGE;
    if (!svct_safefile_within_limit(svct_usage_offset(slot, last) +
                                    SVCT_USAGE_SLOT)) {
        errno = EFBIG;
        return SVCT_E_IO;
    }
    for (unsigned i = 0; i < copies && r == 0; i++)
        r = put_bytes(usage, bytes, svct_usage_offset(slot, i));
    return r;
}

static int put_seen(const struct svct_usage *usage, uint32_t slot,
                    const struct svct_seen *seen, unsigned copies)
{
    uint8_t bytes[SVCT_USAGE_SLOT];

    if (slot == 0)
        return SVCT_E_RANGE;
    svct_usage_encode(slot, seen, bytes);
    return put_copies(usage, slot, bytes, copies);
}

int svct_usage_write(const struct svct_usage *usage, uint32_t slot,
                     const struct svct_seen *seen)
{
    return put_seen(usage, slot, seen, SVCT_USAGE_COPIES);
}

int svct_usage_write_note(const struct svct_usage *usage, uint32_t slot,
                          const struct svct_seen *seen)
{
    return put_seen(usage, slot, seen, 1);
}

int svct_usage_write_head(const struct svct_usage *usage)
{
    uint8_t bytes[SVCT_USAGE_SLOT];

    svct_usage_encode_head(bytes);
    return put_copies(usage, 0, bytes, SVCT_USAGE_COPIES);
}

/* ---- its locks ---- */

/* That of the first copy is the lock of both. */
static bool set_lock(const struct svct_usage *usage, uint32_t slot, short type)
{
    struct flock lock = {.l_type = type,
                         .l_whence = SEEK_SET,
                         .l_start = (off_t)svct_usage_offset(slot, 0),
                         .l_len = SVCT_USAGE_SLOT};

    return fcntl(usage->fd, F_OFD_SETLK, &lock) == 0;
}

int svct_usage_lock(const struct svct_usage *usage, uint32_t slot,
                    unsigned milliseconds)
{
    short type = usage->readonly ? F_RDLCK : F_WRLCK;
    unsigned pause = 1, waited = 0;

    while (!set_lock(usage, slot, type)) {
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
