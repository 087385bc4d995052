/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

/*
 * Damage to public.gdbm, seen through the entry points of the name service. It
 * must be noticed or do no harm: never a crash or a loop, never more memory or
 * an open descriptor; who is found is as the undamaged file has it, and who is
 * not ours is not found.
 *
 * An input that begins with gdbm's magic number is the whole file. Another is
 * a list of changes to the bytes of a sound one (support/pubworld), of five
 * bytes each, since a gdbm file is large and changes that matter are few:
 *
 *     what u8     kind of change
 *     where u24   position, modulo the size of the file
 *     value u8
 *
 * It needs a private tmpfs, and ends with exit code 77 where there can be
 * none.
 */

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../support/pubworld.h"
#include "base/safefile.h"
#include "nss_svctoken.h"
#include "fuzz.h"
#include "limits.h"

#define MAGIC 0x13579acf
#define CHANGE_SIZE 5
#define CHANGES_MAX 64
#define ENTRIES_MAX 300        /* more than there are records */
#define MEMORY_MAX (256 << 20) /* bytes, where it can be bounded */

static int file_fd;
static uint8_t *pristine;
static size_t pristine_size;

/* ---- the file ---- */

static void set_up(void)
{
    const char *reason;
    struct stat st;

    if (!privdir_enter(&reason)) {
        fprintf(stderr, "nss_fuzz: skipped, %s\n", reason);
        _exit(77);
    }
    pubworld_make(TESTDB);
    file_fd = pubworld_open_file();
    MUST(fstat(file_fd, &st) == 0);
    pristine_size = (size_t)st.st_size;
    pristine = malloc(pristine_size);
    MUST(pristine != NULL);
    MUST(svct_safefile_pread(file_fd, pristine, pristine_size, 0));
    MUST(limits_set(64 << 20, MEMORY_MAX));
}

static void put(size_t at, const void *bytes, size_t len)
{
    if (at + len > pristine_size)
        len = pristine_size - at;
    MUST(pwrite(file_fd, bytes, len, (off_t)at) == (ssize_t)len);
}

static void put_whole(const void *bytes, size_t len)
{
    MUST(ftruncate(file_fd, (off_t)len) == 0);
    MUST(pwrite(file_fd, bytes, len, 0) == (ssize_t)len);
}

enum change {
    CHANGE_XOR = 0,
    CHANGE_U32,
    CHANGE_U64,
    CHANGE_COPY_8,  /* an entry of the directory */
    CHANGE_COPY_24, /* an element of a bucket */
    CHANGE_COPY_BLOCK,
    CHANGE_ZERO_BLOCK,
    CHANGE_SIZE_OF_FILE
};
#define CHANGES 8

/* A number that hurts: small, negative, or one with a single bit. */
static int64_t number_for(uint8_t value)
{
    if (value < 64)
        return (int64_t)(UINT64_C(1) << value);
    return value < 192 ? value - 64 : (int64_t)value - 256;
}

static void copy(size_t to, size_t unit, size_t len)
{
    size_t from = (to + unit * len) % (pristine_size - len);

    put(to, pristine + from, len);
}

static void do_change(enum change change, size_t at, uint8_t value)
{
    static const uint8_t zeros[SVCT_BLOCK_SIZE];
    const size_t block = at - at % SVCT_BLOCK_SIZE;
    int64_t number = number_for(value);
    uint8_t byte = pristine[at] ^ value;

    switch (change) {
    case CHANGE_XOR:
        put(at, &byte, 1);
        break;
    case CHANGE_U32:
        put(at & ~(size_t)3, &number, 4);
        break;
    case CHANGE_U64:
        put(at & ~(size_t)7, &number, 8);
        break;
    case CHANGE_COPY_8:
        copy(at & ~(size_t)7, value, 8);
        break;
    case CHANGE_COPY_24:
        copy(at & ~(size_t)7, value, 24);
        break;
    case CHANGE_COPY_BLOCK:
        copy(block, value, SVCT_BLOCK_SIZE);
        break;
    case CHANGE_ZERO_BLOCK:
        put(block, zeros, sizeof zeros);
        break;
    case CHANGE_SIZE_OF_FILE:
    default:
        MUST(ftruncate(file_fd, (off_t)(at + value * (size_t)4096)) == 0);
    }
}

static void do_damage(const uint8_t *data, size_t size)
{
    const int32_t magic = MAGIC;

    if (size >= sizeof magic && memcmp(data, &magic, sizeof magic) == 0) {
        put_whole(data, size);
        return;
    }
    for (size_t i = 0; i < CHANGES_MAX && (i + 1) * CHANGE_SIZE <= size; i++) {
        const uint8_t *at = data + i * CHANGE_SIZE;
        size_t where = (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3];

        do_change((enum change)(at[0] % CHANGES), where % pristine_size, at[4]);
    }
}

/* ---- what may come of it ---- */

static char buffer[1 << 18];
static struct passwd passwd;
static struct group group;
static int code;

static bool is_ours(enum nss_status status)
{
    MUST(status == NSS_STATUS_SUCCESS || status == NSS_STATUS_NOTFOUND ||
         (status == NSS_STATUS_UNAVAIL && code == EIO));
    return status == NSS_STATUS_SUCCESS;
}

static void look_at_user(const char *name, uid_t uid, bool ours)
{
    gid_t *gids = NULL;
    long start = 0, size = 0;

    if (is_ours(_nss_svctoken_getpwnam_r(name, &passwd, buffer, sizeof buffer,
                                         &code)))
        MUST(ours && pubworld_is_true(&passwd) &&
             strcmp(passwd.pw_name, name) == 0);
    if (is_ours(_nss_svctoken_getpwuid_r(uid, &passwd, buffer, sizeof buffer,
                                         &code)))
        MUST(ours && pubworld_is_true(&passwd) && passwd.pw_uid == uid);
    if (is_ours(_nss_svctoken_initgroups_dyn(name, uid, &start, &size, &gids, 0,
                                             &code)))
        MUST(ours);
    for (long i = 0; i < start; i++)
        MUST(gids[i] == 70000 || gids[i] == 70001 || gids[i] == 998);
    free(gids);
}

static void look_at_members(void)
{
    for (char **member = group.gr_mem; *member != NULL; member++)
        MUST(strncmp(*member, "web", 3) == 0 || strncmp(*member, "ed", 2) == 0);
}

static void look_at_group(const char *name, gid_t gid)
{
    if (is_ours(_nss_svctoken_getgrnam_r(name, &group, buffer, sizeof buffer,
                                         &code))) {
        MUST(strcmp(group.gr_name, name) == 0);
        look_at_members();
    }
    if (is_ours(_nss_svctoken_getgrgid_r(gid, &group, buffer, sizeof buffer,
                                         &code))) {
        MUST(group.gr_gid == gid);
        look_at_members();
    }
}

static void look_at_entries(void)
{
    unsigned count = 0;

    while (is_ours(
        _nss_svctoken_getpwent_r(&passwd, buffer, sizeof buffer, &code)))
        MUST(pubworld_is_true(&passwd) && ++count < ENTRIES_MAX);
    count = 0;
    while (
        is_ours(_nss_svctoken_getgrent_r(&group, buffer, sizeof buffer, &code)))
        MUST(++count < ENTRIES_MAX);
    _nss_svctoken_endpwent();
    _nss_svctoken_endgrent();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool ready;
    unsigned descriptors;

    if (!ready)
        set_up();
    ready = true;
    descriptors = testdb_descriptors();
    do_damage(data, size);
    look_at_user("web3", 65539, true);
    look_at_user("ed1", 66001, true);
    look_at_user("lone", 67000, true);
    look_at_user("root", 1000, false);
    look_at_group("svcadm", 70000);
    look_at_group("web3", 65539);
    look_at_group("docker", 998);
    look_at_entries();
    MUST(testdb_descriptors() == descriptors);
    put_whole(pristine, pristine_size);
    return 0;
}
