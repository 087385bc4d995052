/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "pamworld.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "write/change.h"
#include "write/mint.h"

#define ROOM "/run/svctoken-try"
#define COPY_MAX (64 << 20)

/* Of SVCT_PAMWORLD_PASSWORD, which opens nothing outside. */
#define PERSON_HASH                                                   \
    "$6$svctokentry$SnV4BRl/toJ83eDX3u2i62zCPPuQH1V3hzOQJM5v64aiF8IQ" \
    "vl8/FdqtFb7WtgNj0wJN/HP153KtCB.jGXGx5/"

/* ---- a view of one's own ---- */

#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif
#ifndef MOUNT_ATTR_RDONLY
#define MOUNT_ATTR_RDONLY 1
#endif
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

/* struct mount_attr of Linux 5.12. */
struct attributes {
    uint64_t set, clear, propagation, userns_fd;
};

/* Before Linux 5.12 only what is on the file system of "/". */
static int make_read_only(struct svct_fault *fault)
{
    struct attributes attributes = {.set = MOUNT_ATTR_RDONLY};

    if (syscall(SYS_mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &attributes,
                sizeof(attributes)) == 0 ||
        mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) == 0)
        return 0;
    return svct_fault_errno(fault, errno, "can't make / read-only for a trial");
}

static int leave(struct svct_fault *fault)
{
    if (unshare(CLONE_NEWNS) != 0 ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        return svct_fault_set(fault, SVCT_E_ACCESS, errno,
                              "this host gives no mount namespace of its own "
                              "(%s), as in a container",
                              strerror(errno));
    unshare(CLONE_NEWNET | CLONE_NEWIPC); /* not each kernel has them */
    return make_read_only(fault);
}

static int cover(const char *folder, const char *options,
                 struct svct_fault *fault)
{
    if (mount("svctoken-try", folder, "tmpfs", MS_NOSUID | MS_NODEV, options) ==
        0)
        return 0;
    return svct_fault_errno(fault, errno, "can't cover %s for a trial", folder);
}

static int bind_over(const char *file, const char *over,
                     struct svct_fault *fault)
{
    if (mount(file, over, NULL, MS_BIND, NULL) == 0)
        return 0;
    return svct_fault_errno(fault, errno, "can't cover %s for a trial", over);
}

static int uncover(const char *path, struct svct_fault *fault)
{
    if (umount2(path, MNT_DETACH) == 0)
        return 0;
    return svct_fault_errno(fault, errno, "can't uncover %s again", path);
}

/* ---- files ---- */

static int write_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t put = write(fd, text, len);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return -1;
        text += put;
        len -= (size_t)put;
    }
    return 0;
}

static int make_file(const char *path, mode_t mode, const char *text,
                     size_t len, struct svct_fault *fault)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    int r = 0;

    if (fd < 0)
        return svct_fault_errno(fault, errno, "can't make %s", path);
    if (fchmod(fd, mode) != 0 || write_all(fd, text, len) != 0)
        r = svct_fault_errno(fault, errno, "can't write %s", path);
    close(fd);
    return r;
}

static int copy_bytes(int from, int to)
{
    char bytes[16384];
    size_t all = 0;
    ssize_t got;

    while ((got = read(from, bytes, sizeof(bytes))) > 0) {
        all += (size_t)got;
        if (all > COPY_MAX || write_all(to, bytes, (size_t)got) != 0)
            return -1;
    }
    return got < 0 ? -1 : 0;
}

/* The lines come first, so that a last line without its end does no harm. */
static int fill(const char *path, int to, const char *lines)
{
    int from = open(path, O_RDONLY | O_CLOEXEC), r;

    if (from < 0)
        return -1;
    r = write_all(to, lines, strlen(lines));
    if (r == 0)
        r = copy_bytes(from, to);
    close(from);
    return r;
}

/* A copy of the file with more lines, in its place. */
static int extend(const char *path, const char *copy, mode_t mode,
                  const char *lines, struct svct_fault *fault)
{
    int to = open(copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode), r = 0;

    if (to < 0)
        return svct_fault_errno(fault, errno, "can't make %s", copy);
    if (fchmod(to, mode) != 0 || fill(path, to, lines) != 0)
        r = svct_fault_errno(fault, errno, "can't copy %s", path);
    close(to);
    return r == 0 ? bind_over(copy, path, fault) : r;
}

/* ---- people and accounts ---- */

static int check_names(struct svct_fault *fault)
{
    static const char *const names[] = {
        SVCT_PAMWORLD_PERSON, SVCT_PAMWORLD_ACCOUNT, SVCT_PAMWORLD_DISABLED,
        SVCT_PAMWORLD_NOBODY};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (getpwnam(names[i]) != NULL)
            return svct_fault_set(fault, SVCT_E_EXISTS, 0,
                                  "this host has a user %s, which is a name "
                                  "of the trial",
                                  names[i]);
    }
    return 0;
}

/* Three in a row, at the end of those that useradd(8) gives. */
static int find_uids(uid_t *ret_uid, struct svct_fault *fault)
{
    for (uid_t uid = 59997; uid > 59000; uid--) {
        if (getpwuid(uid) == NULL && getpwuid(uid + 1) == NULL &&
            getpwuid(uid + 2) == NULL) {
            *ret_uid = uid;
            return 0;
        }
    }
    return svct_fault_set(fault, SVCT_E_RANGE, 0,
                          "there are no three uids for a trial");
}

static int make_users(struct svct_pamworld *world, struct svct_fault *fault)
{
    char passwd[600], shadow[600];
    unsigned long uid, day = (unsigned long)(world->now / 86400);
    int r = find_uids(&world->uid, fault);

    if (r < 0)
        return r;
    uid = world->uid;
    snprintf(passwd, sizeof(passwd),
             SVCT_PAMWORLD_PERSON
             ":x:%lu:%lu::" ROOM ":/bin/sh\n" SVCT_PAMWORLD_ACCOUNT
             ":x:%lu:%lu::" ROOM ":/bin/sh\n" SVCT_PAMWORLD_DISABLED
             ":x:%lu:%lu::" ROOM ":/bin/sh\n",
             uid, uid, uid + 1, uid + 1, uid + 2, uid + 2);
    snprintf(shadow, sizeof(shadow),
             SVCT_PAMWORLD_PERSON
             ":" PERSON_HASH ":%lu::::::\n" SVCT_PAMWORLD_ACCOUNT
             ":*:%lu::::::\n" SVCT_PAMWORLD_DISABLED ":*:%lu::::::\n",
             day, day, day);
    r = extend("/etc/passwd", ROOM "/passwd", 0644, passwd, fault);
    if (r == 0)
        r = extend("/etc/shadow", ROOM "/shadow", 0600, shadow, fault);
    return r;
}

/* ---- their database ---- */

static int add_account(struct svct_txn *txn, const struct svct_pamworld *world,
                       const char *name, bool disabled,
                       struct svct_secret *ret_token, struct svct_fault *fault)
{
    struct svct_account account = {.expires = SVCT_TIME_NEVER,
                                   .created = world->now,
                                   .disabled = disabled};
    struct svct_token token = {.created = world->now,
                               .expires = world->now + 3600};
    int r;

    snprintf(account.name, sizeof(account.name), "%s", name);
    snprintf(account.role, sizeof(account.role), "Admin");
    snprintf(account.created_by, sizeof(account.created_by), "setup");
    snprintf(token.account, sizeof(token.account), "%s", name);
    snprintf(token.name, sizeof(token.name), "try");
    snprintf(token.created_by, sizeof(token.created_by), "setup");
    r = svct_change_account_create(txn, &account, fault);
    if (r == 0)
        r = svct_mint_token(ret_token, token.id, token.hash);
    return r == 0 ? svct_change_token_issue(txn, &token, NULL, fault) : r;
}

static int fill_database(struct svct_txn *txn, struct svct_pamworld *world,
                         struct svct_fault *fault)
{
    int r = svct_change_populate(txn, fault);

    if (r == 0)
        r = add_account(txn, world, SVCT_PAMWORLD_ACCOUNT, false, &world->token,
                        fault);
    if (r == 0)
        r = add_account(txn, world, SVCT_PAMWORLD_DISABLED, true,
                        &world->disabled, fault);
    return r == 0 ? svct_txn_commit(txn, world->now, NULL, fault) : r;
}

static int make_database(struct svct_pamworld *world, struct svct_fault *fault)
{
    struct svct_txn_options options = {.dir = SVCT_DBDIR, .holder = "setup"};
    uint8_t hash[SVCT_DIGEST_LEN];
    char id[SVCT_TOKEN_ID_LEN + 1];
    struct svct_txn *txn = NULL;
    int r = svct_txn_create(&options, &txn, fault);

    if (r < 0)
        return r;
    r = fill_database(txn, world, fault);
    svct_txn_free(txn);
    return r == 0 ? svct_mint_token(&world->forged, id, hash) : r;
}

/* ---- the whole ---- */

/* Nothing of a trial is to be in the log of the host, where somebody may be
 * shut out by it (fail2ban). */
static int cover_log(struct svct_fault *fault)
{
    struct stat st;

    if (lstat("/dev/log", &st) != 0 || !S_ISSOCK(st.st_mode))
        return 0; /* or a link to what is in /run, which is covered */
    return bind_over(ROOM "/empty", "/dev/log", fault);
}

static int cover_host(struct svct_pamworld *world, struct svct_fault *fault)
{
    int r = cover("/run", "mode=0755,size=64m", fault);

    if (r == 0)
        r = cover(SVCT_DBDIR, "mode=0755,size=64m", fault);
    if (r == 0 && (mkdir(ROOM, 0755) != 0 || chmod(ROOM, 0755) != 0))
        r = svct_fault_errno(fault, errno, "can't make " ROOM);
    if (r == 0)
        r = make_file(ROOM "/empty", 0644, "", 0, fault);
    if (r == 0)
        r = make_file(ROOM "/service", 0644, world->text, world->len, fault);
    return r == 0 ? cover_log(fault) : r;
}

static int check_host(struct svct_fault *fault)
{
    struct stat st;

    if (stat(SVCT_DBDIR, &st) != 0)
        return svct_fault_set(fault, SVCT_E_NODB, errno,
                              "there is no database yet: \"svctoken init\" "
                              "makes one");
    return check_names(fault);
}

int svct_pamworld_enter(struct svct_pamworld *world, struct svct_fault *fault)
{
    int r = check_host(fault);

    if (r == 0)
        r = leave(fault);
    if (r == 0)
        r = cover_host(world, fault);
    if (r == 0)
        r = make_users(world, fault);
    return r == 0 ? make_database(world, fault) : r;
}

int svct_pamworld_put(const struct svct_pamworld *world,
                      struct svct_fault *fault)
{
    return bind_over(ROOM "/service", world->service_path, fault);
}

/* ---- what may go wrong ---- */

/* Half of it, in the place of the file that holds the secrets. */
static int damage(struct svct_fault *fault)
{
    static const char path[] = SVCT_DBDIR "/current/private.gdbm";
    static const char half[] = ROOM "/half";
    struct stat st;
    int to = open(half, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), r;

    r = to >= 0 ? fill(path, to, "") : -1;
    if (r == 0 && (fstat(to, &st) != 0 || ftruncate(to, st.st_size / 2) != 0))
        r = -1;
    if (to >= 0)
        close(to);
    if (r != 0)
        return svct_fault_errno(fault, errno, "can't make a damaged database");
    return bind_over(half, path, fault);
}

int svct_pamworld_begin(const struct svct_pamworld *world,
                        enum svct_pamworld_lack lack, struct svct_fault *fault)
{
    switch (lack) {
    case SVCT_PAMWORLD_NO_DATABASE:
        return cover(SVCT_DBDIR, "mode=0755,size=1m", fault);
    case SVCT_PAMWORLD_DAMAGED:
        return damage(fault);
    case SVCT_PAMWORLD_NO_MODULE:
        return bind_over(ROOM "/empty", world->module_path, fault);
    case SVCT_PAMWORLD_WHOLE:
        break;
    }
    return 0;
}

int svct_pamworld_end(const struct svct_pamworld *world,
                      enum svct_pamworld_lack lack, struct svct_fault *fault)
{
    switch (lack) {
    case SVCT_PAMWORLD_NO_DATABASE:
        return uncover(SVCT_DBDIR, fault);
    case SVCT_PAMWORLD_DAMAGED:
        return uncover(SVCT_DBDIR "/current/private.gdbm", fault);
    case SVCT_PAMWORLD_NO_MODULE:
        return uncover(world->module_path, fault);
    case SVCT_PAMWORLD_WHOLE:
        break;
    }
    return 0;
}

int svct_pamworld_alone(void)
{
    if (unshare(CLONE_NEWNS) != 0)
        return SVCT_E_ACCESS;
    return cover("/run", "mode=0755,size=16m", NULL);
}
