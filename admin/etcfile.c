/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "etcfile.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Beside the file: its name with something behind it. */
struct names {
    const char *file;
    char fresh[SVCT_ETCFILE_NAME_MAX + 32]; /* the new text, not in place yet */
    char backup[SVCT_ETCFILE_NAME_MAX + 32];
    char backup_new[SVCT_ETCFILE_NAME_MAX + 32]; /* before it is the backup */
};

struct folder {
    int fd;
    const struct svct_etcfile_place *place;
    struct names names;
};

static int open_folder(const struct svct_etcfile_place *place,
                       struct folder *ret_folder, struct svct_fault *fault)
{
    struct names *names = &ret_folder->names;
    int fd;

    if (strlen(place->name) > SVCT_ETCFILE_NAME_MAX)
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "the name of the file is too long");
    fd = open(place->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return svct_fault_errno(fault, errno, "can't open %s", place->folder);
    ret_folder->fd = fd;
    ret_folder->place = place;
    names->file = place->name;
    snprintf(names->fresh, sizeof(names->fresh), "%s" SVCT_ETCFILE_NEW,
             place->name);
    snprintf(names->backup, sizeof(names->backup), "%s" SVCT_ETCFILE_BACKUP,
             place->name);
    snprintf(names->backup_new, sizeof(names->backup_new),
             "%s" SVCT_ETCFILE_BACKUP "-new", place->name);
    return 0;
}

/* ---- reading ---- */

/* authselect(8), for one, makes links to what it writes itself. */
static int refuse_link(const struct folder *folder, struct svct_fault *fault)
{
    const char *more = folder->place->if_link;
    char target[100];
    ssize_t len =
        readlinkat(folder->fd, folder->names.file, target, sizeof(target) - 1);

    target[len > 0 ? len : 0] = '\0';
    return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                          "%s is a symbolic link to %s%s", folder->names.file,
                          target, more != NULL ? more : "");
}

static int open_failed(const struct folder *folder, int sys_errno,
                       struct svct_fault *fault)
{
    if (sys_errno == ELOOP)
        return refuse_link(folder, fault);
    if (sys_errno == ENOENT)
        return svct_fault_set(fault, SVCT_E_NOTFOUND, sys_errno,
                              "there is no %s/%s", folder->place->folder,
                              folder->names.file);
    return svct_fault_errno(fault, sys_errno, "can't open %s",
                            folder->names.file);
}

/* One byte more than is taken tells that it is too long. */
static int read_text(const struct names *names, int fd,
                     struct svct_etcfile *ret_file, struct svct_fault *fault)
{
    ret_file->len = 0;
    while (ret_file->len <= SVCT_ETCFILE_MAX) {
        ssize_t got = read(fd, ret_file->data + ret_file->len,
                           SVCT_ETCFILE_MAX + 1 - ret_file->len);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return svct_fault_errno(fault, errno, "can't read %s", names->file);
        if (got == 0)
            return 0;
        ret_file->len += (size_t)got;
    }
    return svct_fault_set(fault, SVCT_E_SYNTAX, 0, "%s is longer than %d bytes",
                          names->file, SVCT_ETCFILE_MAX);
}

/* ret_fd: left open, to take its attributes from. */
static int read_file(const struct folder *folder, int flags,
                     struct svct_etcfile *ret_file, int *ret_fd,
                     struct svct_fault *fault)
{
    const struct names *names = &folder->names;
    int fd = openat(folder->fd, names->file,
                    O_RDONLY | O_NONBLOCK | O_CLOEXEC | flags);
    int r;

    if (fd < 0)
        return open_failed(folder, errno, fault);
    if (fstat(fd, &ret_file->st) != 0)
        r = svct_fault_errno(fault, errno, "can't look at %s", names->file);
    else if (!S_ISREG(ret_file->st.st_mode))
        r = svct_fault_set(fault, SVCT_E_SYNTAX, 0, "%s is no regular file",
                           names->file);
    else
        r = read_text(names, fd, ret_file, fault);
    if (r < 0)
        close(fd);
    else
        *ret_fd = fd;
    return r;
}

static int read_once(const struct svct_etcfile_place *place, int flags,
                     struct svct_etcfile *ret_file, struct svct_fault *fault)
{
    struct folder folder;
    int fd = -1, r = open_folder(place, &folder, fault);

    if (r < 0)
        return r;
    r = read_file(&folder, flags, ret_file, &fd, fault);
    if (r == 0)
        close(fd);
    close(folder.fd);
    return r;
}

int svct_etcfile_look(const struct svct_etcfile_place *place,
                      struct svct_etcfile *ret_file, struct svct_fault *fault)
{
    return read_once(place, 0, ret_file, fault);
}

int svct_etcfile_read(const struct svct_etcfile_place *place,
                      struct svct_etcfile *ret_file, struct svct_fault *fault)
{
    return read_once(place, O_NOFOLLOW, ret_file, fault);
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

static int copy_attribute(const struct names *names, int from, int to,
                          const char *name, char *value,
                          struct svct_fault *fault)
{
    ssize_t len = fgetxattr(from, name, value, VALUE_MAX);

    if (len < 0 && errno == ENODATA)
        return 0;
    if (len < 0)
        return svct_fault_errno(fault, errno,
                                "can't read the attribute %.60s of %s", name,
                                names->file);
    if (has_attribute(to, name, value, (size_t)len) ||
        fsetxattr(to, name, value, (size_t)len, 0) == 0)
        return 0;
    return svct_fault_errno(fault, errno, "can't give %s the attribute %.60s",
                            names->fresh, name);
}

static int copy_listed(const struct names *names, int from, int to,
                       const char *list, size_t len, struct svct_fault *fault)
{
    char *value = malloc(VALUE_MAX);
    int r = value != NULL
                ? 0
                : svct_fault_set(fault, SVCT_E_NOMEM, ENOMEM, "out of memory");

    for (const char *name = list; r == 0 && name < list + len;
         name += strlen(name) + 1) {
        if (!is_signature(name))
            r = copy_attribute(names, from, to, name, value, fault);
    }
    free(value);
    return r;
}

/* The label of SELinux, the ACL. */
static int copy_attributes(const struct names *names, int from, int to,
                           struct svct_fault *fault)
{
    char *list = malloc(VALUE_MAX);
    ssize_t len;
    int r = 0;

    if (list == NULL)
        return svct_fault_set(fault, SVCT_E_NOMEM, ENOMEM, "out of memory");
    len = flistxattr(from, list, VALUE_MAX);
    if (len > 0)
        r = copy_listed(names, from, to, list, (size_t)len, fault);
    else if (len < 0 && errno != ENOTSUP)
        r = svct_fault_errno(fault, errno, "can't read the attributes of %s",
                             names->file);
    free(list);
    return r;
}

/* The mode last: a change of the owner takes bits of it away, an ACL is part
 * of it. */
static int copy_rights(const struct names *names, int from, int to,
                       const struct stat *st, struct svct_fault *fault)
{
    int r;

    if (fchown(to, st->st_uid, st->st_gid) != 0)
        return svct_fault_errno(fault, errno, "can't give %s its owner",
                                names->fresh);
    r = copy_attributes(names, from, to, fault);
    if (r == 0 && fchmod(to, st->st_mode & 07777) != 0)
        r = svct_fault_errno(fault, errno, "can't give %s its mode",
                             names->fresh);
    return r;
}

/* ---- writing ---- */

static int write_text(const struct names *names, int fd, const char *text,
                      size_t len, struct svct_fault *fault)
{
    for (size_t at = 0; at < len;) {
        ssize_t put = write(fd, text + at, len - at);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return svct_fault_errno(fault, put < 0 ? errno : EIO,
                                    "can't write %s", names->fresh);
        at += (size_t)put;
    }
    return 0;
}

/* What shall be, in the place of what. */
struct change {
    const struct svct_etcfile *file;
    const char *text;
    size_t len;
};

static int fill_file(const struct names *names, int from, int fd,
                     const struct change *change, struct svct_fault *fault)
{
    int r = write_text(names, fd, change->text, change->len, fault);

    if (r == 0)
        r = copy_rights(names, from, fd, &change->file->st, fault);
    if (r == 0 && fsync(fd) != 0)
        r = svct_fault_errno(fault, errno, "can't write %s", names->fresh);
    if (close(fd) != 0 && r == 0)
        r = svct_fault_errno(fault, errno, "can't write %s", names->fresh);
    return r;
}

/* One that was left behind by somebody killed is nobody's. */
static int make_file(const struct folder *folder, int from,
                     const struct change *change, struct svct_fault *fault)
{
    const struct names *names = &folder->names;
    int fd;

    unlinkat(folder->fd, names->fresh, 0);
    fd = openat(folder->fd, names->fresh,
                O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t)0600);
    if (fd < 0)
        return svct_fault_errno(fault, errno, "can't make %s beside %s",
                                names->fresh, names->file);
    return fill_file(names, from, fd, change, fault);
}

static bool has_text(const struct svct_etcfile *file, const char *text,
                     size_t len)
{
    return file->len == len && memcmp(file->data, text, len) == 0;
}

static int changed(const struct names *names, struct svct_fault *fault)
{
    return svct_fault_set(fault, SVCT_E_BUSY, 0,
                          "%s was changed by somebody else meanwhile: look "
                          "again",
                          names->file);
}

/* Is it still that one, with that text? */
static int check_same(const struct folder *folder,
                      const struct svct_etcfile *file, struct svct_fault *fault)
{
    struct svct_etcfile *now = malloc(sizeof(*now));
    int fd = -1, r;

    if (now == NULL)
        return svct_fault_set(fault, SVCT_E_NOMEM, ENOMEM, "out of memory");
    r = read_file(folder, O_NOFOLLOW, now, &fd, fault);
    if (r == 0) {
        close(fd);
        if (now->st.st_dev != file->st.st_dev ||
            now->st.st_ino != file->st.st_ino ||
            !has_text(now, file->data, file->len))
            r = changed(&folder->names, fault);
    }
    free(now);
    return r;
}

/* The file itself, by a second name: with all that belongs to it, and at the
 * price of no block. A rename of one name of a file to another of it does
 * nothing, hence the last line. */
static int keep_backup(const struct folder *folder, struct svct_fault *fault)
{
    const struct names *names = &folder->names;
    int fd = folder->fd, r = 0;

    unlinkat(fd, names->backup_new, 0);
    if (linkat(fd, names->file, fd, names->backup_new, 0) != 0 ||
        renameat(fd, names->backup_new, fd, names->backup) != 0)
        r = svct_fault_errno(fault, errno, "can't make the backup %s",
                             names->backup);
    unlinkat(fd, names->backup_new, 0);
    return r;
}

/* The file has one name again. */
static int not_replaced(const struct folder *folder, int code)
{
    const struct names *names = &folder->names;
    struct stat file, backup;

    unlinkat(folder->fd, names->fresh, 0);
    if (fstatat(folder->fd, names->file, &file, AT_SYMLINK_NOFOLLOW) == 0 &&
        fstatat(folder->fd, names->backup, &backup, AT_SYMLINK_NOFOLLOW) == 0 &&
        file.st_ino == backup.st_ino && file.st_dev == backup.st_dev)
        unlinkat(folder->fd, names->backup, 0);
    return code;
}

static int put_in_place(const struct folder *folder,
                        const struct svct_etcfile *file,
                        struct svct_fault *fault)
{
    const struct names *names = &folder->names;
    int r = check_same(folder, file, fault);

    if (r == 0)
        r = keep_backup(folder, fault);
    if (r == 0)
        r = check_same(folder, file, fault);
    if (r == 0 &&
        renameat(folder->fd, names->fresh, folder->fd, names->file) != 0)
        r = svct_fault_errno(fault, errno, "can't put %s in the place of %s",
                             names->fresh, names->file);
    if (r < 0)
        return not_replaced(folder, r);
    fsync(folder->fd); /* old or new after a power failure: each is whole */
    return 0;
}

static int replace(const struct folder *folder, const struct change *change,
                   struct svct_fault *fault)
{
    int from = openat(folder->fd, folder->names.file,
                      O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    int r;

    if (from < 0)
        return open_failed(folder, errno, fault);
    r = make_file(folder, from, change, fault);
    close(from);
    return r < 0 ? not_replaced(folder, r)
                 : put_in_place(folder, change->file, fault);
}

int svct_etcfile_replace(const struct svct_etcfile_place *place,
                         const struct svct_etcfile *file, const char *text,
                         size_t len, struct svct_fault *fault)
{
    struct change change = {file, text, len};
    struct folder folder;
    int r = open_folder(place, &folder, fault);

    if (r < 0)
        return r;
    r = replace(&folder, &change, fault);
    close(folder.fd);
    return r;
}

static int put_back(const struct folder *folder, const char *text, size_t len,
                    struct svct_etcfile *now, struct svct_fault *fault)
{
    const struct names *names = &folder->names;
    int fd = -1, r = read_file(folder, O_NOFOLLOW, now, &fd, fault);

    if (r < 0)
        return r;
    close(fd);
    if (!has_text(now, text, len))
        return changed(names, fault);
    if (renameat(folder->fd, names->backup, folder->fd, names->file) != 0)
        return svct_fault_errno(fault, errno, "can't put %s back",
                                names->backup);
    fsync(folder->fd);
    return 0;
}

int svct_etcfile_put_back(const struct svct_etcfile_place *place,
                          const char *text, size_t len,
                          struct svct_fault *fault)
{
    struct svct_etcfile *now = malloc(sizeof(*now));
    struct folder folder;
    int r;

    if (now == NULL)
        return svct_fault_set(fault, SVCT_E_NOMEM, ENOMEM, "out of memory");
    r = open_folder(place, &folder, fault);
    if (r == 0) {
        r = put_back(&folder, text, len, now, fault);
        close(folder.fd);
    }
    free(now);
    return r;
}
