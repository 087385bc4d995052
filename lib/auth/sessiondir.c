/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "auth/sessiondir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/safefile.h"

#define NEW_PREFIX ".new-"
#define NEW_AGE 60 /* seconds, after which its writer is not at work any more */

/* ---- the folders ---- */

int svct_sessiondir_open_top(const char *dir, bool create, int *ret_fd,
                             struct svct_fault *fault)
{
    int err = svct_safefile_open_dir(dir, ret_fd, fault);

    if (err != SVCT_E_NODB || !create)
        return err;
    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return svct_fault_errno(fault, errno, "making the folder %s", dir);
    return svct_safefile_open_dir(dir, ret_fd, fault);
}

/* The mode is set again because the host's umask may have taken of it. */
static int make_subdir(int top, int *ret_fd, struct svct_fault *fault)
{
    int fd, err;

    if (mkdirat(top, SVCT_SESSIONDIR, 0700) != 0 && errno != EEXIST)
        return svct_fault_errno(fault, errno,
                                "making the folder " SVCT_SESSIONDIR);
    err = svct_safefile_open_subdir(top, SVCT_SESSIONDIR, &fd, fault);
    if (err != 0)
        return err;
    if (fchmod(fd, 0700) != 0) {
        err = svct_fault_errno(fault, errno,
                               "the mode of the folder " SVCT_SESSIONDIR);
        close(fd);
        return err;
    }
    *ret_fd = fd;
    return 0;
}

static int open_folder(const char *dir, bool create, int *ret_fd,
                       struct svct_fault *fault)
{
    int top, err = svct_sessiondir_open_top(dir, create, &top, fault);

    if (err != 0)
        return err;
    err = svct_safefile_open_subdir(top, SVCT_SESSIONDIR, ret_fd, fault);
    if (err == SVCT_E_NOTFOUND && create)
        err = make_subdir(top, ret_fd, fault);
    close(top);
    return err;
}

/* ---- walking ---- */

/* 0 goes on; may remove the file. */
typedef int name_fn(void *arg, int dir_fd, const char *name);

/* Takes dir_fd over. */
static int walk(int dir_fd, name_fn *each, void *arg, struct svct_fault *fault)
{
    DIR *folder = fdopendir(dir_fd);
    struct dirent *entry;
    int r = 0;

    if (folder == NULL) {
        r = svct_fault_errno(fault, errno, "reading the folder of sessions");
        close(dir_fd);
        return r;
    }
    errno = 0;
    while (r == 0 && (entry = readdir(folder)) != NULL) {
        r = each(arg, dir_fd, entry->d_name);
        errno = 0;
    }
    if (r == 0 && errno != 0)
        r = svct_fault_errno(fault, errno, "reading the folder of sessions");
    closedir(folder);
    return r;
}

static int read_file(int fd, off_t size, struct svct_session *ret_session,
                     struct svct_fault *fault)
{
    char text[SVCT_SESSION_FILE];
    int err;

    if (size <= 0 || size > (off_t)sizeof text)
        return svct_fault_set(fault, SVCT_E_DAMAGED, 0,
                              "its size is none that a record can have");
    if (!svct_safefile_pread(fd, text, (size_t)size, 0))
        return svct_fault_errno(fault, errno, "reading it");
    err = svct_session_parse(text, (size_t)size, ret_session);
    return err == 0 ? 0
                    : svct_fault_set(fault, err, 0, "%s", svct_err_text(err));
}

/* The record in the file of that name, which must be its own. */
static int load(int dir_fd, const char *name, struct svct_session *ret_session,
                struct svct_fault *fault)
{
    struct svct_session session;
    struct stat st;
    int fd, err;

    err = svct_safefile_open(dir_fd, name, O_RDONLY, SVCT_SAFEFILE_PRIVATE, &fd,
                             &st, fault);
    if (err != 0)
        return err;
    err = read_file(fd, st.st_size, &session, fault);
    close(fd);
    if (err == 0 && strcmp(session.id, name) != 0)
        err = svct_fault_set(fault, SVCT_E_DAMAGED, 0,
                             "it is the record of another session");
    if (err == 0)
        *ret_session = session;
    return err;
}

struct visit {
    svct_sessiondir_visit_fn *fn;
    void *arg;
};

static int visit_name(void *arg, int dir_fd, const char *name)
{
    const struct visit *visit = arg;
    struct svct_fault fault = {0};
    struct svct_session session;
    int err;

    if (!svct_session_is_id(name))
        return 0;
    err = load(dir_fd, name, &session, &fault);
    if (err == SVCT_E_NOTFOUND) /* it ended at this moment */
        return 0;
    return visit->fn(visit->arg, err == 0 ? &session : NULL, name, &fault);
}

static bool is_absence(int err)
{
    return err == SVCT_E_NODB || err == SVCT_E_NOTFOUND;
}

int svct_sessiondir_each(const char *dir, svct_sessiondir_visit_fn *visit,
                         void *arg, struct svct_fault *fault)
{
    struct visit visitor = {visit, arg};
    int fd, err = open_folder(dir, false, &fd, fault);

    if (err != 0)
        return is_absence(err) ? 0 : err;
    return walk(fd, visit_name, &visitor, fault);
}

/* ---- removing ---- */

int svct_sessiondir_remove(const char *dir, const char *id,
                           struct svct_fault *fault)
{
    int fd, err;

    if (!svct_session_is_id(id))
        return svct_fault_set(fault, SVCT_E_NOTFOUND, 0, "no session's id");
    err = open_folder(dir, false, &fd, fault);
    if (err != 0)
        return is_absence(err) ? SVCT_E_NOTFOUND : err;
    if (unlinkat(fd, id, 0) != 0)
        err = errno == ENOENT ? SVCT_E_NOTFOUND
                              : svct_fault_errno(fault, errno,
                                                 "removing the record %s", id);
    close(fd);
    return err;
}

struct prune {
    int64_t now;
    char boot[SVCT_BOOT_LEN + 1];
    unsigned removed;
};

static bool is_leftover(int dir_fd, const char *name, int64_t now)
{
    struct stat st;

    return strncmp(name, NEW_PREFIX, sizeof NEW_PREFIX - 1) == 0 &&
           fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           st.st_mtime + NEW_AGE < now;
}

static bool is_stale(int dir_fd, const char *name, const char *boot)
{
    struct svct_session session;

    return svct_session_is_id(name) &&
           load(dir_fd, name, &session, NULL) == 0 &&
           svct_session_is_open(&session, boot, NULL) == 0;
}

static int prune_name(void *arg, int dir_fd, const char *name)
{
    struct prune *prune = arg;

    if ((is_leftover(dir_fd, name, prune->now) ||
         is_stale(dir_fd, name, prune->boot)) &&
        unlinkat(dir_fd, name, 0) == 0)
        prune->removed++;
    return 0;
}

int svct_sessiondir_prune(const char *dir, int64_t now, unsigned *ret_removed,
                          struct svct_fault *fault)
{
    struct prune prune = {.now = now};
    int fd, err = svct_procstat_boot(prune.boot, fault);

    if (err == 0)
        err = open_folder(dir, false, &fd, fault);
    if (err == 0)
        err = walk(fd, prune_name, &prune, fault);
    if (ret_removed != NULL && (err == 0 || is_absence(err)))
        *ret_removed = prune.removed;
    return is_absence(err) ? 0 : err;
}

/* ---- adding ---- */

static int count_name(void *arg, int dir_fd, const char *name)
{
    unsigned *count = arg;

    (void)dir_fd;
    (void)name;
    ++*count;
    return 0;
}

static int count_files(int dir_fd, unsigned *ret_count,
                       struct svct_fault *fault)
{
    int fd = svct_safefile_raise(
        openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));

    *ret_count = 0;
    if (fd < 0)
        return svct_fault_errno(fault, errno, "reading the folder of sessions");
    return walk(fd, count_name, ret_count, fault);
}

/* Whoever opens sessions without end may not fill the memory that /run is. */
static int check_room(const char *dir, int dir_fd, int64_t now,
                      struct svct_fault *fault)
{
    unsigned count;
    int err = count_files(dir_fd, &count, fault);

    if (err != 0 || count < SVCT_SESSIONDIR_MAX)
        return err;
    err = svct_sessiondir_prune(dir, now, NULL, fault);
    if (err == 0)
        err = count_files(dir_fd, &count, fault);
    if (err == 0 && count >= SVCT_SESSIONDIR_MAX)
        err = svct_fault_set(fault, SVCT_E_TOOBIG, 0,
                             "there are %u records of sessions already", count);
    return err;
}

/* Not a byte less: a record is small, a second write is not tried. */
static bool write_file(int fd, const char *text, size_t len)
{
    ssize_t done;

    if (fchmod(fd, 0600) != 0)
        return false;
    errno = 0;
    done = write(fd, text, len);
    if (done >= 0 && (size_t)done < len)
        errno = ENOSPC;
    return done == (ssize_t)len;
}

static int put_file(int dir_fd, const char *id, const char *text, size_t len,
                    struct svct_fault *fault)
{
    char name[sizeof NEW_PREFIX + SVCT_SESSION_ID_MAX];
    int fd, saved;
    bool done;

    snprintf(name, sizeof name, NEW_PREFIX "%s", id);
    fd = svct_safefile_raise(
        openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (fd < 0) {
        saved = errno;
        unlinkat(dir_fd, name, 0);
        return svct_fault_errno(fault, saved, "making the record %s", id);
    }
    done = write_file(fd, text, len) && renameat(dir_fd, name, dir_fd, id) == 0;
    saved = errno;
    close(fd);
    if (done)
        return 0;
    unlinkat(dir_fd, name, 0);
    return svct_fault_errno(fault, saved, "making the record %s", id);
}

int svct_sessiondir_add(const char *dir, const struct svct_session *session,
                        int64_t now, struct svct_fault *fault)
{
    char text[SVCT_SESSION_FILE];
    size_t len;
    int fd, err = svct_session_format(session, text, &len);

    if (err != 0)
        return svct_fault_set(fault, err, 0, "the session can't be described");
    err = open_folder(dir, true, &fd, fault);
    if (err != 0)
        return err;
    err = check_room(dir, fd, now, fault);
    if (err == 0)
        err = put_file(fd, session->id, text, len, fault);
    close(fd);
    return err;
}
