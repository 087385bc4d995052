/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "marker.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <unistd.h>

#include "auth/secret.h"
#include "auth/sessiondir.h"
#include "base/buf.h"
#include "base/parse.h"
#include "base/safefile.h"

#define MAC_LEN 32
#define MAC_HEX (MAC_LEN * 2)
#define PURPOSE "svctoken-marker-1"

/* ---- the text ---- */

struct parts {
    char token_id[SVCT_TOKEN_ID_LEN + 1];
    uint64_t minute;
    uint64_t pid;
    uint64_t ppid;
};

static void put_sized(struct svct_buf *buf, const char *text)
{
    size_t len = strlen(text);

    svct_buf_put_u32(buf, (uint32_t)len);
    svct_buf_put(buf, text, len);
}

/* In hex, with a NUL. */
static int mac_of(const struct parts *parts, const char *user,
                  const uint8_t key[SVCT_MARKER_KEY_LEN],
                  char ret_hex[MAC_HEX + 1])
{
    uint8_t message[128], mac[MAC_LEN];
    struct svct_buf buf;

    svct_buf_init(&buf, message, sizeof message);
    put_sized(&buf, PURPOSE);
    put_sized(&buf, parts->token_id);
    put_sized(&buf, user);
    svct_buf_put_u64(&buf, parts->minute);
    svct_buf_put_u64(&buf, parts->pid);
    svct_buf_put_u64(&buf, parts->ppid);
    if (buf.failed || crypto_generichash(mac, sizeof mac, message, buf.len, key,
                                         SVCT_MARKER_KEY_LEN) != 0)
        return SVCT_E_SYNTAX;
    sodium_bin2hex(ret_hex, MAC_HEX + 1, mac, sizeof mac);
    return 0;
}

int svct_marker_format(const struct svct_marker *marker,
                       const uint8_t key[SVCT_MARKER_KEY_LEN], char *out,
                       size_t size)
{
    struct parts parts = {
        {0}, 0, (uint64_t)marker->pid, (uint64_t)marker->ppid};
    char mac[MAC_HEX + 1], text[SVCT_MARKER_TEXT];
    int len;

    if (!svct_token_is_id(marker->token_id) ||
        svct_name_check_login(marker->user) != 0 || marker->now < 0 ||
        marker->pid <= 0 || marker->ppid < 0)
        return SVCT_E_SYNTAX;
    memcpy(parts.token_id, marker->token_id, sizeof parts.token_id);
    parts.minute = (uint64_t)marker->now / 60 + SVCT_MARKER_MINUTES;
    if (mac_of(&parts, marker->user, key, mac) != 0)
        return SVCT_E_SYNTAX;
    len = snprintf(text, sizeof text, "%s:%llu:%llu:%llu:%s", parts.token_id,
                   (unsigned long long)parts.minute,
                   (unsigned long long)parts.pid,
                   (unsigned long long)parts.ppid, mac);
    if (len < 0 || (size_t)len >= sizeof text || (size_t)len >= size)
        return SVCT_E_TOOBIG;
    memcpy(out, text, (size_t)len + 1);
    return 0;
}

/* A number and the ":" behind it. */
static bool take_number(const char **pos, const char *end, uint64_t *ret)
{
    if (svct_parse_digits(pos, end, INT64_MAX, ret) != 0 || *pos == end ||
        **pos != ':')
        return false;
    ++*pos;
    return true;
}

/* What is left behind *ret_mac is MAC_HEX bytes. */
static bool take_apart(const char *text, struct parts *parts,
                       const char **ret_mac)
{
    size_t len = strlen(text);
    const char *end = text + len, *pos = text + SVCT_TOKEN_ID_LEN;

    if (len <= SVCT_TOKEN_ID_LEN || len >= SVCT_MARKER_TEXT || *pos++ != ':')
        return false;
    memcpy(parts->token_id, text, SVCT_TOKEN_ID_LEN);
    parts->token_id[SVCT_TOKEN_ID_LEN] = '\0';
    if (!svct_token_is_id(parts->token_id) ||
        !take_number(&pos, end, &parts->minute) ||
        !take_number(&pos, end, &parts->pid) ||
        !take_number(&pos, end, &parts->ppid))
        return false;
    *ret_mac = pos;
    return end - pos == MAC_HEX;
}

int svct_marker_redeem(const char *text, const char *user, int64_t now,
                       pid_t self, const uint8_t key[SVCT_MARKER_KEY_LEN],
                       char ret_id[SVCT_TOKEN_ID_LEN + 1])
{
    struct parts parts;
    char right[MAC_HEX + 1];
    const char *mac;

    if (self <= 0 || now < 0 || svct_name_check_login(user) != 0 ||
        !take_apart(text, &parts, &mac) ||
        mac_of(&parts, user, key, right) != 0 ||
        sodium_memcmp(mac, right, MAC_HEX) != 0)
        return SVCT_E_SYNTAX;
    if ((uint64_t)now / 60 > parts.minute ||
        (parts.pid != (uint64_t)self && parts.ppid != (uint64_t)self))
        return SVCT_E_SYNTAX;
    memcpy(ret_id, parts.token_id, sizeof parts.token_id);
    return 0;
}

/* ---- the key ---- */

static int read_key(const char *dir, uint8_t key[SVCT_MARKER_KEY_LEN],
                    struct svct_fault *fault)
{
    struct stat st;
    int fd, err;

    err = svct_safefile_open_in(dir, SVCT_MARKER_KEY_FILE, O_RDONLY,
                                SVCT_SAFEFILE_PRIVATE, &fd, &st, fault);
    if (err != 0)
        return err;
    if (st.st_size != SVCT_MARKER_KEY_LEN)
        err = svct_fault_set(fault, SVCT_E_DAMAGED, 0,
                             SVCT_MARKER_KEY_FILE " is not of its size");
    else if (!svct_safefile_pread(fd, key, SVCT_MARKER_KEY_LEN, 0))
        err = svct_fault_errno(fault, errno, "reading " SVCT_MARKER_KEY_FILE);
    close(fd);
    return err;
}

/* The mode is set again because the host's umask may have taken of it. */
static bool write_key(int fd)
{
    uint8_t key[SVCT_MARKER_KEY_LEN];
    bool done;

    randombytes_buf(key, sizeof key);
    done = fchmod(fd, 0600) == 0 &&
           write(fd, key, sizeof key) == (ssize_t)sizeof key;
    sodium_memzero(key, sizeof key);
    return done;
}

/*
 * Under another name first, then linked, so that nobody reads half a key or
 * replaces one that is in use.
 */
static int make_key_in(int dir_fd, struct svct_fault *fault)
{
    char name[sizeof SVCT_MARKER_KEY_FILE + 24];
    uint64_t random;
    bool done;
    int fd, saved;

    if (!svct_safefile_within_limit(SVCT_MARKER_KEY_LEN))
        return svct_fault_errno(fault, EFBIG, "making " SVCT_MARKER_KEY_FILE);
    randombytes_buf(&random, sizeof random);
    snprintf(name, sizeof name, "%s.%016llx", SVCT_MARKER_KEY_FILE,
             (unsigned long long)random);
    fd = svct_safefile_raise(
        openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (fd < 0)
        return svct_fault_errno(fault, errno, "making %s", name);
    done = write_key(fd) &&
           (linkat(dir_fd, name, dir_fd, SVCT_MARKER_KEY_FILE, 0) == 0 ||
            errno == EEXIST);
    saved = errno;
    close(fd);
    unlinkat(dir_fd, name, 0);
    return done
               ? 0
               : svct_fault_errno(fault, saved, "making " SVCT_MARKER_KEY_FILE);
}

static int make_key(const char *dir, struct svct_fault *fault)
{
    int dir_fd, err = svct_secret_setup();

    if (err != 0)
        return svct_fault_set(fault, err, 0, "libsodium can't be used");
    err = svct_sessiondir_open_top(dir, true, &dir_fd, fault);
    if (err != 0)
        return err;
    err = make_key_in(dir_fd, fault);
    close(dir_fd);
    return err;
}

static bool is_lacking(int err)
{
    return err == SVCT_E_NODB || err == SVCT_E_NOTFOUND;
}

int svct_marker_key(const char *dir, bool create,
                    uint8_t ret_key[SVCT_MARKER_KEY_LEN],
                    struct svct_fault *fault)
{
    uint8_t key[SVCT_MARKER_KEY_LEN];
    int err = read_key(dir, key, fault);

    if (is_lacking(err) && create) {
        err = make_key(dir, fault);
        if (err == 0)
            err = read_key(dir, key, fault);
    }
    if (err == 0)
        memcpy(ret_key, key, sizeof key);
    sodium_memzero(key, sizeof key);
    return err;
}
