/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "nsswitchfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "nsswitch.h"

/* The new text before it is in its place, and the backup before it is. */
#define NEW_FILE "nsswitch.conf.svctoken-new"
#define NEW_BACKUP "nsswitch.conf.svctoken-backup-new"

static int open_folder(const char *folder, int *ret_fd,
                       struct svct_fault *fault)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return svct_fault_errno(fault, errno, "can't open %s", folder);
    *ret_fd = fd;
    return 0;
}

/* ---- reading ---- */

/* authselect(8) makes it a link to what it writes itself. */
static int refuse_link(int dir_fd, struct svct_fault *fault)
{
    char target[100];
    ssize_t len =
        readlinkat(dir_fd, SVCT_NSSWITCH_FILE, target, sizeof(target) - 1);

    target[len > 0 ? len : 0] = '\0';
    return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                          SVCT_NSSWITCH_FILE
                          " is a symbolic link to %s: where authselect keeps "
                          "it, put svctoken behind files in a profile of your "
                          "own (authselect create-profile)",
                          target);
}

static int open_failed(int dir_fd, int sys_errno, struct svct_fault *fault)
{
    if (sys_errno == ELOOP)
        return refuse_link(dir_fd, fault);
    if (sys_errno == ENOENT)
        return svct_fault_set(fault, SVCT_E_NOTFOUND, sys_errno,
                              "there is no " SVCT_NSSWITCH_FOLDER
                              "/" SVCT_NSSWITCH_FILE);
    return svct_fault_errno(fault, sys_errno, "can't open " SVCT_NSSWITCH_FILE);
}

/* One byte more than is taken tells that it is too long. */
static int read_text(int fd, struct svct_nsswitch_text *ret_text,
                     struct svct_fault *fault)
{
    ret_text->len = 0;
    while (ret_text->len <= SVCT_NSSWITCH_MAX) {
        ssize_t got = read(fd, ret_text->data + ret_text->len,
                           SVCT_NSSWITCH_MAX + 1 - ret_text->len);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return svct_fault_errno(fault, errno,
                                    "can't read " SVCT_NSSWITCH_FILE);
        if (got == 0)
            return 0;
        ret_text->len += (size_t)got;
    }
    return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                          SVCT_NSSWITCH_FILE " is longer than %d bytes",
                          SVCT_NSSWITCH_MAX);
}

/* ret_fd: left open, to take its attributes from. */
static int read_file(int dir_fd, int flags, struct svct_nsswitchfile *ret_file,
                     int *ret_fd, struct svct_fault *fault)
{
    int fd = openat(dir_fd, SVCT_NSSWITCH_FILE,
                    O_RDONLY | O_NONBLOCK | O_CLOEXEC | flags);
    int r;

    if (fd < 0)
        return open_failed(dir_fd, errno, fault);
    if (fstat(fd, &ret_file->st) != 0)
        r = svct_fault_errno(fault, errno, "can't look at " SVCT_NSSWITCH_FILE);
    else if (!S_ISREG(ret_file->st.st_mode))
        r = svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                           SVCT_NSSWITCH_FILE " is no regular file");
    else
        r = read_text(fd, &ret_file->text, fault);
    if (r < 0)
        close(fd);
    else
        *ret_fd = fd;
    return r;
}

static int read_once(const char *folder, int flags,
                     struct svct_nsswitchfile *ret_file,
                     struct svct_fault *fault)
{
    int dir_fd = -1, fd = -1, r = open_folder(folder, &dir_fd, fault);

    if (r < 0)
        return r;
    r = read_file(dir_fd, flags, ret_file, &fd, fault);
    if (r == 0)
        close(fd);
    close(dir_fd);
    return r;
}

int svct_nsswitchfile_look(const char *folder,
                           struct svct_nsswitchfile *ret_file,
                           struct svct_fault *fault)
{
    return read_once(folder, 0, ret_file, fault);
}

int svct_nsswitchfile_read(const char *folder,
                           struct svct_nsswitchfile *ret_file,
                           struct svct_fault *fault)
{
    return read_once(folder, O_NOFOLLOW, ret_file, fault);
}

/* ---- the same attributes ---- */

/* A signature is of the text, not of the file. */
static bool is_signature(const char *name)
{
    return strcmp(name, "security.ima") == 0 ||
           strcmp(name, "security.evm") == 0;
}

#define VALUE_MAX 65536 /* bytes of one, in Linux */

/* What the new file has by itself need not be set, which may be forbidden. */
static bool has_attribute(int fd, const char *name, const char *value,
                          size_t len)
{
    char *own = malloc(len + 1);
    ssize_t own_len = own != NULL ? fgetxattr(fd, name, own, len + 1) : -1;
    bool same = own_len == (ssize_t)len && memcmp(own, value, len) == 0;

    free(own);
    return same;
}

static int copy_attribute(int from, int to, const char *name, char *value,
                          struct svct_fault *fault)
{
    ssize_t len = fgetxattr(from, name, value, VALUE_MAX);

    if (len < 0 && errno == ENODATA)
        return 0;
    if (len < 0)
        return svct_fault_errno(
            fault, errno,
            "can't read the attribute %.60s of " SVCT_NSSWITCH_FILE, name);
    if (has_attribute(to, name, value, (size_t)len) ||
        fsetxattr(to, name, value, (size_t)len, 0) == 0)
        return 0;
    return svct_fault_errno(
        fault, errno, "can't give " NEW_FILE " the attribute %.60s", name);
}

static int copy_listed(int from, int to, const char *list, size_t len,
                       struct svct_fault *fault)
{
    char *value = malloc(VALUE_MAX);
    int r = value != NULL
                ? 0
                : svct_fault_set(fault, SVCT_E_NOMEM, ENOMEM, "out of memory");

    for (const char *name = list; r == 0 && name < list + len;
         name += strlen(name) + 1) {
        if (!is_signature(name))
            r = copy_attribute(from, to, name, value, fault);
    }
    free(value);
    return r;
}

/* The label of SELinux, the ACL. */
static int copy_attributes(int from, int to, struct svct_fault *fault)
{
    char *list = malloc(VALUE_MAX);
    ssize_t len;
    int r = 0;

    if (list == NULL)
        return svct_fault_set(fault, SVCT_E_NOMEM, ENOMEM, "out of memory");
    len = flistxattr(from, list, VALUE_MAX);
    if (len > 0)
        r = copy_listed(from, to, list, (size_t)len, fault);
    else if (len < 0 && errno != ENOTSUP)
        r = svct_fault_errno(
            fault, errno, "can't read the attributes of " SVCT_NSSWITCH_FILE);
    free(list);
    return r;
}

/* The mode last: a change of the owner takes bits of it away, an ACL is part
 * of it. */
static int copy_rights(int from, int to, const struct stat *st,
                       struct svct_fault *fault)
{
    int r;

    if (fchown(to, st->st_uid, st->st_gid) != 0)
        return svct_fault_errno(fault, errno,
                                "can't give " NEW_FILE " its owner");
    r = copy_attributes(from, to, fault);
    if (r == 0 && fchmod(to, st->st_mode & 07777) != 0)
        r = svct_fault_errno(fault, errno, "can't give " NEW_FILE " its mode");
    return r;
}

/* ---- writing ---- */

static int write_text(int fd, const struct svct_nsswitch_text *text,
                      struct svct_fault *fault)
{
    for (size_t at = 0; at < text->len;) {
        ssize_t put = write(fd, text->data + at, text->len - at);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return svct_fault_errno(fault, put < 0 ? errno : EIO,
                                    "can't write " NEW_FILE);
        at += (size_t)put;
    }
    return 0;
}

static int fill_file(int from, int fd, const struct stat *st,
                     const struct svct_nsswitch_text *text,
                     struct svct_fault *fault)
{
    int r = write_text(fd, text, fault);

    if (r == 0)
        r = copy_rights(from, fd, st, fault);
    if (r == 0 && fsync(fd) != 0)
        r = svct_fault_errno(fault, errno, "can't write " NEW_FILE);
    if (close(fd) != 0 && r == 0)
        r = svct_fault_errno(fault, errno, "can't write " NEW_FILE);
    return r;
}

/* One that was left behind by somebody killed is nobody's. */
static int make_file(int dir_fd, int from, const struct stat *st,
                     const struct svct_nsswitch_text *text,
                     struct svct_fault *fault)
{
    int fd;

    unlinkat(dir_fd, NEW_FILE, 0);
    fd = openat(dir_fd, NEW_FILE, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                (mode_t)0600);
    if (fd < 0)
        return svct_fault_errno(
            fault, errno, "can't make " NEW_FILE " beside " SVCT_NSSWITCH_FILE);
    return fill_file(from, fd, st, text, fault);
}

static bool same_text(const struct svct_nsswitch_text *a,
                      const struct svct_nsswitch_text *b)
{
    return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

static int changed(struct svct_fault *fault)
{
    return svct_fault_set(fault, SVCT_E_BUSY, 0,
                          SVCT_NSSWITCH_FILE " was changed by somebody else "
                                             "meanwhile: look again");
}

/* Is it still that one, with that text? */
static int check_same(int dir_fd, const struct svct_nsswitchfile *file,
                      struct svct_fault *fault)
{
    struct svct_nsswitchfile *now = malloc(sizeof(*now));
    int fd = -1, r;

    if (now == NULL)
        return svct_fault_set(fault, SVCT_E_NOMEM, ENOMEM, "out of memory");
    r = read_file(dir_fd, O_NOFOLLOW, now, &fd, fault);
    if (r == 0) {
        close(fd);
        if (now->st.st_dev != file->st.st_dev ||
            now->st.st_ino != file->st.st_ino ||
            !same_text(&now->text, &file->text))
            r = changed(fault);
    }
    free(now);
    return r;
}

/* The file itself, by a second name: with all that belongs to it, and at the
 * price of no block. A rename of one name of a file to another of it does
 * nothing, hence the last line. */
static int keep_backup(int dir_fd, struct svct_fault *fault)
{
    int r = 0;

    unlinkat(dir_fd, NEW_BACKUP, 0);
    if (linkat(dir_fd, SVCT_NSSWITCH_FILE, dir_fd, NEW_BACKUP, 0) != 0 ||
        renameat(dir_fd, NEW_BACKUP, dir_fd, SVCT_NSSWITCH_BACKUP) != 0)
        r = svct_fault_errno(fault, errno,
                             "can't make the backup " SVCT_NSSWITCH_BACKUP);
    unlinkat(dir_fd, NEW_BACKUP, 0);
    return r;
}

/* The file has one name again. */
static int not_replaced(int dir_fd, int code)
{
    struct stat file, backup;

    unlinkat(dir_fd, NEW_FILE, 0);
    if (fstatat(dir_fd, SVCT_NSSWITCH_FILE, &file, AT_SYMLINK_NOFOLLOW) == 0 &&
        fstatat(dir_fd, SVCT_NSSWITCH_BACKUP, &backup, AT_SYMLINK_NOFOLLOW) ==
            0 &&
        file.st_ino == backup.st_ino && file.st_dev == backup.st_dev)
        unlinkat(dir_fd, SVCT_NSSWITCH_BACKUP, 0);
    return code;
}

static int put_in_place(int dir_fd, const struct svct_nsswitchfile *file,
                        struct svct_fault *fault)
{
    int r = check_same(dir_fd, file, fault);

    if (r == 0)
        r = keep_backup(dir_fd, fault);
    if (r == 0)
        r = check_same(dir_fd, file, fault);
    if (r == 0 && renameat(dir_fd, NEW_FILE, dir_fd, SVCT_NSSWITCH_FILE) != 0)
        r = svct_fault_errno(fault, errno,
                             "can't put " NEW_FILE
                             " in the place of " SVCT_NSSWITCH_FILE);
    if (r < 0)
        return not_replaced(dir_fd, r);
    fsync(dir_fd); /* old or new after a power failure: each is whole */
    return 0;
}

int svct_nsswitchfile_replace(const char *folder,
                              const struct svct_nsswitchfile *file,
                              const struct svct_nsswitch_text *text,
                              struct svct_fault *fault)
{
    int dir_fd = -1, from, r = open_folder(folder, &dir_fd, fault);

    if (r < 0)
        return r;
    from = openat(dir_fd, SVCT_NSSWITCH_FILE,
                  O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (from < 0) {
        r = open_failed(dir_fd, errno, fault);
    } else {
        r = make_file(dir_fd, from, &file->st, text, fault);
        close(from);
        r = r < 0 ? not_replaced(dir_fd, r) : put_in_place(dir_fd, file, fault);
    }
    close(dir_fd);
    return r;
}

static int put_back(int dir_fd, const struct svct_nsswitch_text *text,
                    struct svct_nsswitchfile *now, struct svct_fault *fault)
{
    int fd = -1, r = read_file(dir_fd, O_NOFOLLOW, now, &fd, fault);

    if (r < 0)
        return r;
    close(fd);
    if (!same_text(&now->text, text))
        return changed(fault);
    if (renameat(dir_fd, SVCT_NSSWITCH_BACKUP, dir_fd, SVCT_NSSWITCH_FILE) != 0)
        return svct_fault_errno(fault, errno,
                                "can't put " SVCT_NSSWITCH_BACKUP " back");
    fsync(dir_fd);
    return 0;
}

int svct_nsswitchfile_put_back(const char *folder,
                               const struct svct_nsswitch_text *text,
                               struct svct_fault *fault)
{
    struct svct_nsswitchfile *now = malloc(sizeof(*now));
    int dir_fd = -1, r;

    if (now == NULL)
        return svct_fault_set(fault, SVCT_E_NOMEM, ENOMEM, "out of memory");
    r = open_folder(folder, &dir_fd, fault);
    if (r == 0) {
        r = put_back(dir_fd, text, now, fault);
        close(dir_fd);
    }
    free(now);
    return r;
}

/* ---- asking it ---- */

static bool asks(const struct svct_nsswitch_text *text,
                 enum svct_nsswitch_database database)
{
    struct svct_nsswitch_line line;

    if (svct_nsswitch_look(text, database, &line, NULL) < 0)
        return false;
    if (!line.there && database == SVCT_NSSWITCH_INITGROUPS)
        return asks(text, SVCT_NSSWITCH_GROUP);
    return line.asks;
}

bool svct_nsswitchfile_asks(enum svct_nsswitch_database database)
{
    struct svct_nsswitchfile *file = malloc(sizeof(*file));
    bool answer =
        file != NULL &&
        svct_nsswitchfile_look(SVCT_NSSWITCH_FOLDER, file, NULL) == 0 &&
        asks(&file->text, database);

    free(file);
    return answer;
}
