/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

/*
 * Calls of the name service in any order: any names and numbers, buffers of any
 * size and alignment, lists of groups of any length, enumerations with lookups
 * between, bytes of public.gdbm and /etc/group altered. What is found is true,
 * whole and within the buffer, which is as long as it was said; what is not
 * leaves the caller's struct alone; and in a sound file who is there is found
 * as soon as there is room, and an enumeration has everybody once. errno,
 * descriptors and memory stay.
 *
 * An input is a list of steps, a byte each, and behind it what they need (enum
 * step). It needs a private tmpfs, and ends with exit code 77 where there can
 * be none. (What threads do to each other: tests/module/nss_threads.)
 */

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../support/pubworld.h"
#include "base/safefile.h"
#include "nss_svctoken.h"
#include "fuzz.h"

#define STEPS_MAX 40
#define ENOUGH 4096 /* bytes for any entry of the sound file */

/* ---- the input ---- */

static struct {
    const uint8_t *at;
    size_t left;
} input;

static uint8_t take(void)
{
    if (input.left == 0)
        return 0;
    input.left--;
    return *input.at++;
}

static uint32_t take_u32(void)
{
    uint32_t number = 0;

    for (int i = 0; i < 4; i++)
        number = number << 8 | take();
    return number;
}

/* One of pubworld, or bytes as they come; 256 bytes at least. */
static const char *take_name(char *room)
{
    static const char *const names[] = {"web3",  "ed1",    "lone",  "svcadm",
                                        "edit",  "docker", "root",  "rootly",
                                        "ghost", "alice",  "web69", "web70"};
    uint8_t kind = take();
    size_t len = 0;

    if (kind < 0x80)
        return names[kind % 12];
    while (len < (size_t)(kind & 0x7f) && input.left > 0)
        room[len++] = (char)take();
    room[len] = '\0';
    return room;
}

static uint32_t take_id(void)
{
    static const uint32_t ids[] = {65539, 66001, 67000, 70000, 70001, 998,
                                   0,     1000,  65535, 65605, 66003, 100};
    uint8_t kind = take();

    return kind < 0x80 ? ids[kind % 12] : take_u32();
}

/* ---- the files ---- */

static int file_fd, group_fd;
static uint8_t *pristine;
static size_t pristine_size;
static bool damaged;

static const char group_text[] = "root:x:0:\n"
                                 "docker:x:998:alice\n"
                                 "rootly:x:0:\n"
                                 "users:x:100:\n";

static void set_up(void)
{
    const char *reason;
    struct stat st;

    if (!privdir_enter(&reason)) {
        fprintf(stderr, "nsscall_fuzz: skipped, %s\n", reason);
        _exit(77);
    }
    pubworld_make(TESTDB);
    file_fd = pubworld_open_file();
    group_fd = open(PUBWORLD_GROUP_FILE, O_RDWR | O_CLOEXEC);
    MUST(group_fd >= 0 && fstat(file_fd, &st) == 0);
    pristine_size = (size_t)st.st_size;
    pristine = malloc(pristine_size);
    MUST(pristine != NULL);
    MUST(svct_safefile_pread(file_fd, pristine, pristine_size, 0));
}

static void mend(void)
{
    const size_t len = sizeof group_text - 1;

    if (!damaged)
        return;
    damaged = false;
    MUST(ftruncate(file_fd, (off_t)pristine_size) == 0);
    MUST(pwrite(file_fd, pristine, pristine_size, 0) == (ssize_t)pristine_size);
    MUST(ftruncate(group_fd, (off_t)len) == 0);
    MUST(pwrite(group_fd, group_text, len, 0) == (ssize_t)len);
}

static void do_damage(void)
{
    const bool group = take() % 4 == 0;
    const size_t most = group ? sizeof group_text - 1 : pristine_size;
    size_t where = take_u32() % most;
    uint8_t value = take();

    damaged = true;
    if (value == 0)
        MUST(ftruncate(group ? group_fd : file_fd, (off_t)where) == 0);
    else
        MUST(pwrite(group ? group_fd : file_fd, &value, 1, (off_t)where) == 1);
}

/* ---- a buffer ---- */

/* Just as long as it was said, so that a byte too far is noticed; "odd" bytes
 * from an address that suits everything. */
static struct {
    char *block;
    char *bytes;
    size_t size;
} room;

static void take_room(void)
{
    uint8_t kind = take();
    size_t odd = kind % 16;

    room.size = kind < 0x40 ? ENOUGH : take();
    if (kind >= 0xc0)
        room.size = room.size << 8 | take();
    room.block = malloc(room.size + odd + 1);
    MUST(room.block != NULL);
    room.bytes = room.block + odd;
    /* The byte that malloc was asked for beside, so that it is never 0. */
    room.bytes[room.size] = 'e';
}

static void leave_room(void)
{
    MUST(room.bytes[room.size] == 'e');
    free(room.block);
    room.block = NULL;
}

static bool is_within(const char *text)
{
    return text >= room.bytes && text < room.bytes + room.size &&
           memchr(text, '\0', (size_t)(room.bytes + room.size - text)) != NULL;
}

/* ---- what is found ---- */

static struct passwd passwd, untouched_passwd;
static struct group group, untouched_group;
static int code;

static void before(void)
{
    memset(&untouched_passwd, 0x5a, sizeof passwd);
    memset(&passwd, 0x5a, sizeof passwd);
    memset(&untouched_group, 0x5a, sizeof group);
    memset(&group, 0x5a, sizeof group);
    code = 777;
    errno = 4242;
}

/* there: in the sound file. */
static bool judge(enum nss_status status, bool there)
{
    const bool small = status == NSS_STATUS_TRYAGAIN && code == ERANGE;

    MUST(errno == 4242);
    if (status == NSS_STATUS_SUCCESS) {
        MUST(code == 777 && (there || damaged));
        return true;
    }
    MUST(memcmp(&passwd, &untouched_passwd, sizeof passwd) == 0);
    MUST(memcmp(&group, &untouched_group, sizeof group) == 0);
    MUST(small || (status == NSS_STATUS_NOTFOUND && code == 777) ||
         (status == NSS_STATUS_UNAVAIL && code == EIO && damaged));
    if (!damaged)
        MUST(small ? there && room.size < ENOUGH
                   : !there && status == NSS_STATUS_NOTFOUND);
    return false;
}

static void check_passwd(void)
{
    MUST(is_within(passwd.pw_name) && is_within(passwd.pw_passwd));
    MUST(is_within(passwd.pw_gecos) && is_within(passwd.pw_dir));
    MUST(is_within(passwd.pw_shell) && pubworld_is_true(&passwd));
}

static size_t check_group(void)
{
    size_t members = 0;
    const char *list = (const char *)group.gr_mem;

    MUST(is_within(group.gr_name) && is_within(group.gr_passwd));
    MUST((uintptr_t)list % _Alignof(char *) == 0);
    do {
        const char *slot = (const char *)(group.gr_mem + members);

        MUST(slot >= room.bytes &&
             slot + sizeof(char *) <= room.bytes + room.size);
        if (group.gr_mem[members] == NULL)
            break;
        MUST(is_within(group.gr_mem[members]));
        MUST(strncmp(group.gr_mem[members], "web", 3) == 0 ||
             strncmp(group.gr_mem[members], "ed", 2) == 0);
    } while (++members <= PUBWORLD_USERS);
    MUST(members <= PUBWORLD_USERS);
    return members;
}

/* ---- what there is ---- */

static bool is_numbered(const char *name, const char *prefix, unsigned most)
{
    char wanted[16];

    for (unsigned i = 0; i < most; i++) {
        snprintf(wanted, sizeof wanted, "%s%u", prefix, i);
        if (strcmp(name, wanted) == 0)
            return true;
    }
    return false;
}

static bool is_user(const char *name)
{
    return strcmp(name, "lone") == 0 ||
           is_numbered(name, "web", PUBWORLD_WEBS) ||
           is_numbered(name, "ed", PUBWORLD_EDS);
}

static bool is_uid(uint32_t id)
{
    return id == 67000 || (id >= 65536 && id < 65536 + PUBWORLD_WEBS) ||
           (id >= 66000 && id < 66000 + PUBWORLD_EDS);
}

/* docker is one, too: with the host's gid, and not found by that. lone has the
 * host's gid, so no group of its own. */
static bool is_group(const char *name)
{
    return strcmp(name, "svcadm") == 0 || strcmp(name, "edit") == 0 ||
           strcmp(name, "docker") == 0 ||
           (is_user(name) && strcmp(name, "lone") != 0);
}

static bool is_gid(uint32_t id)
{
    return id == 70000 || id == 70001 || (is_uid(id) && id != 67000);
}

static size_t members_of(const char *name)
{
    if (strcmp(name, "svcadm") == 0)
        return PUBWORLD_WEBS + PUBWORLD_EDS;
    if (strcmp(name, "docker") == 0)
        return PUBWORLD_WEBS;
    return strcmp(name, "edit") == 0 ? PUBWORLD_EDS : 0;
}

/* ---- the steps ---- */

static void user_by_name(void)
{
    char text[256];
    const char *name = take_name(text);

    take_room();
    before();
    if (judge(_nss_svctoken_getpwnam_r(name, &passwd, room.bytes, room.size,
                                       &code),
              is_user(name))) {
        check_passwd();
        MUST(strcmp(passwd.pw_name, name) == 0);
    }
    leave_room();
}

static void user_by_id(void)
{
    const uint32_t id = take_id();

    take_room();
    before();
    if (judge(
            _nss_svctoken_getpwuid_r(id, &passwd, room.bytes, room.size, &code),
            is_uid(id))) {
        check_passwd();
        MUST(passwd.pw_uid == id);
    }
    leave_room();
}

static void group_by_name(void)
{
    char text[256];
    const char *name = take_name(text);

    take_room();
    before();
    if (judge(_nss_svctoken_getgrnam_r(name, &group, room.bytes, room.size,
                                       &code),
              is_group(name))) {
        size_t members = check_group();

        MUST(strcmp(group.gr_name, name) == 0);
        MUST(damaged || members == members_of(name));
    }
    leave_room();
}

static void group_by_id(void)
{
    const uint32_t id = take_id();

    take_room();
    before();
    if (judge(
            _nss_svctoken_getgrgid_r(id, &group, room.bytes, room.size, &code),
            is_gid(id))) {
        check_group();
        MUST(group.gr_gid == id);
    }
    leave_room();
}

/* A list that has some groups already, with any room and any limit. */
static void groups_of_user(void)
{
    char text[256];
    const char *name = take_name(text);
    const gid_t primary = take_id();
    long start = take() % 8, size = start + take() % 4, limit = take() % 12;
    const long had = start;
    gid_t *gids = malloc((size_t)(size > 0 ? size : 1) * sizeof *gids);

    MUST(gids != NULL);
    limit = limit == 0 ? -1 : start + limit - 1;
    for (long i = 0; i < start; i++)
        gids[i] = 7000000 + (gid_t)i;
    room.size = ENOUGH;
    before();
    judge(_nss_svctoken_initgroups_dyn(name, primary, &start, &size, &gids,
                                       limit, &code),
          is_user(name));
    MUST(start >= had && start <= size && (limit <= 0 || start <= limit));
    for (long i = 0; i < had; i++)
        MUST(gids[i] == 7000000 + (gid_t)i);
    for (long i = had; i < start; i++)
        MUST(gids[i] != primary && (gids[i] == 70000 || gids[i] == 70001 ||
                                    gids[i] == 998 || damaged));
    free(gids);
}

/* Whom an enumeration has shown since it began. */
static unsigned char shown[2][65536];
static unsigned shown_count[2];

static void begin_again(int which)
{
    memset(shown[which], 0, sizeof shown[which]);
    shown_count[which] = 0;
}

static void show(int which, uint32_t id)
{
    MUST(shown[which][id & 0xffff]++ == 0);
    shown_count[which]++;
}

static void next_user(void)
{
    bool found;

    take_room();
    before();
    found =
        judge(_nss_svctoken_getpwent_r(&passwd, room.bytes, room.size, &code),
              shown_count[0] < PUBWORLD_USERS);
    if (found)
        check_passwd();
    if (found)
        show(0, passwd.pw_uid);
    leave_room();
}

static void next_group(void)
{
    bool found;

    take_room();
    before();
    found =
        judge(_nss_svctoken_getgrent_r(&group, room.bytes, room.size, &code),
              shown_count[1] < PUBWORLD_GROUPS);
    if (found)
        check_group();
    if (found)
        show(1, group.gr_gid);
    leave_room();
}

static void enumerate(void)
{
    uint8_t which = take();

    switch (which % 4) {
    case 0:
        _nss_svctoken_setpwent(which > 127);
        begin_again(0);
        break;
    case 1:
        _nss_svctoken_endpwent();
        begin_again(0);
        break;
    case 2:
        _nss_svctoken_setgrent(which > 127);
        begin_again(1);
        break;
    default:
        _nss_svctoken_endgrent();
        begin_again(1);
    }
}

enum step {
    STEP_USER_BY_NAME = 0, /* name, room */
    STEP_USER_BY_ID,       /* id, room */
    STEP_GROUP_BY_NAME,
    STEP_GROUP_BY_ID,
    STEP_GROUPS_OF_USER, /* name, id, three bytes */
    STEP_NEXT_USER,      /* room */
    STEP_NEXT_GROUP,
    STEP_ENUMERATE, /* which */
    STEP_ALL_USERS, /* as many as there are, with that room */
    STEP_DAMAGE     /* file, where (4), value */
};
#define STEPS 10

static void all_users(void)
{
    const uint8_t *at = input.at;
    const size_t left = input.left;

    for (int i = 0; i <= PUBWORLD_USERS; i++) {
        input.at = at;
        input.left = left;
        next_user();
    }
}

static void take_step(void)
{
    static void (*const steps[STEPS])(void) = {
        user_by_name, user_by_id, group_by_name, group_by_id, groups_of_user,
        next_user,    next_group, enumerate,     all_users,   do_damage};

    steps[take() % STEPS]();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool ready;
    unsigned descriptors;

    if (!ready)
        set_up();
    ready = true;
    descriptors = testdb_descriptors();
    input.at = data;
    input.left = size;
    for (int i = 0; i < STEPS_MAX && input.left > 0; i++)
        take_step();
    _nss_svctoken_endpwent();
    _nss_svctoken_endgrent();
    begin_again(0);
    begin_again(1);
    mend();
    MUST(testdb_descriptors() == descriptors);
    return 0;
}
