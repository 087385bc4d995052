/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "fault.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <gdbm.h>
#include <grp.h>
#include <pwd.h>
#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* ---- what is armed, and what has happened ---- */

static struct {
    bool armed;
    bool sticky;
    enum fault_mode mode;
    unsigned n;
    unsigned calls;
    const char *what;
    bool opened_names;
    bool hit_usage;
    bool hit_roll;
    int fd; /* of the call under way, if it tells it; else 0 */
    unsigned log_lines;
    char log_last[512];
} state;

static long held;
static int usage_fd; /* of "usage", while nothing else is opened as that */
static int roll_fd;  /* the same of a roll that is published */
static const char *failed[64];

#define CAN(mode) (1U << (mode))
#define CAN_FAIL CAN(FAULT_FAIL)
#define CAN_FILL (CAN_FAIL | CAN(FAULT_FULL))
#define CAN_WAIT (CAN_FAIL | CAN(FAULT_INTERRUPT))
#define CAN_READ (CAN_WAIT | CAN(FAULT_SHORT) | CAN(FAULT_END))
#define CAN_WRITE (CAN_FILL | CAN(FAULT_INTERRUPT) | CAN(FAULT_SHORT))
#define CAN_LACK CAN(FAULT_LACK)
#define CAN_MISS (CAN_FAIL | CAN(FAULT_ABSENT))

static const int error_of[FAULT_MODES] = {
    [FAULT_FAIL] = EIO,
    [FAULT_FULL] = ENOSPC,
    [FAULT_INTERRUPT] = EINTR,
    [FAULT_LACK] = ENOSYS,
};

const char *fault_mode_name(enum fault_mode mode)
{
    static const char *const name[FAULT_MODES] = {
        "fails", "disk full", "interrupted", "short",
        "ends",  "lacking",   "absent",
    };

    return name[mode];
}

void fault_arm(enum fault_mode mode, bool sticky, unsigned n)
{
    memset(&state, 0, sizeof state);
    state.mode = mode;
    state.sticky = sticky;
    state.n = n;
    state.armed = true;
}

bool fault_disarm(void)
{
    state.armed = false;
    return state.what != NULL;
}

unsigned fault_calls(void)
{
    return state.calls;
}

const char *fault_what(void)
{
    return state.what != NULL ? state.what : "-";
}

bool fault_opened_names(void)
{
    return state.opened_names;
}

bool fault_hit_usage(void)
{
    return state.hit_usage;
}

bool fault_hit_roll(void)
{
    return state.hit_roll;
}

unsigned fault_log_lines(void)
{
    return state.log_lines;
}

const char *fault_log_last(void)
{
    return state.log_last;
}

long fault_held(void)
{
    return held;
}

bool fault_has_failed(const char *name)
{
    for (size_t i = 0; i < sizeof failed / sizeof *failed; i++)
        if (failed[i] != NULL && strcmp(failed[i], name) == 0)
            return true;
    return false;
}

static void note_failed(const char *name)
{
    size_t i = 0;

    while (failed[i] != NULL && failed[i] != name)
        if (++i == sizeof failed / sizeof *failed)
            abort();
    failed[i] = name;
}

/* Shall this call fail? Then errno is set, for the mode. */
static bool fails(const char *name, unsigned can)
{
    bool in_usage = state.fd > 0 && state.fd == usage_fd;
    bool in_roll = state.fd > 0 && state.fd == roll_fd;

    state.fd = 0;
    if (!state.armed || (can & CAN(state.mode)) == 0)
        return false;
    state.calls++;
    if (state.calls < state.n || (state.calls > state.n && !state.sticky))
        return false;
    if (state.what == NULL) {
        state.what = name;
        state.hit_usage = in_usage;
        state.hit_roll = in_roll;
    }
    note_failed(name);
    errno = error_of[state.mode];
    return true;
}

static bool fails_in(int fd, const char *name, unsigned can)
{
    state.fd = fd;
    return fails(name, can);
}

/* The bytes that a call of len bytes does when it is failed: 0 .. or -1. */
static ssize_t share(size_t len)
{
    if (state.mode == FAULT_SHORT)
        return (ssize_t)(len > 1 ? len / 2 : len);
    return state.mode == FAULT_END ? 0 : -1;
}

/* ---- functions that return -1, and errno ---- */

#define REAL(name) __real_##name
#define WRAP(type, name, params) \
    type __real_##name params;   \
    type __wrap_##name params;   \
    type __wrap_##name params

#define WRAP_INT(name, can, params, args)                \
    WRAP(int, name, params)                              \
    {                                                    \
        return fails(#name, can) ? -1 : REAL(name) args; \
    }

WRAP_INT(faccessat, CAN_FAIL, (int fd, const char *path, int mode, int flags),
         (fd, path, mode, flags))
WRAP_INT(fchmod, CAN_FAIL, (int fd, mode_t mode), (fd, mode))
WRAP_INT(fstat, CAN_FAIL, (int fd, struct stat *st), (fd, st))
WRAP_INT(fstatat, CAN_FAIL,
         (int fd, const char *path, struct stat *st, int flags),
         (fd, path, st, flags))
WRAP_INT(fstatvfs, CAN_FAIL, (int fd, struct statvfs *st), (fd, st))
WRAP_INT(ftruncate, CAN_WAIT, (int fd, off_t len), (fd, len))
WRAP_INT(linkat, CAN_FILL,
         (int from, const char *path, int to, const char *name, int flags),
         (from, path, to, name, flags))
WRAP_INT(mkdir, CAN_FILL, (const char *path, mode_t mode), (path, mode))
WRAP_INT(mkdirat, CAN_FILL, (int fd, const char *path, mode_t mode),
         (fd, path, mode))
WRAP_INT(renameat, CAN_FILL,
         (int from, const char *path, int to, const char *name),
         (from, path, to, name))
WRAP_INT(rmdir, CAN_FAIL, (const char *path), (path))
WRAP_INT(sodium_init, CAN_FAIL, (void), ())
WRAP_INT(symlinkat, CAN_FILL, (const char *target, int fd, const char *path),
         (target, fd, path))
WRAP_INT(unlinkat, CAN_FAIL, (int fd, const char *path, int flags),
         (fd, path, flags))

WRAP(int, fdatasync, (int fd))
{
    return fails_in(fd, "fdatasync", CAN_FILL) ? -1 : REAL(fdatasync)(fd);
}

WRAP(int, fsync, (int fd))
{
    return fails_in(fd, "fsync", CAN_FILL) ? -1 : REAL(fsync)(fd);
}

WRAP(ssize_t, readlinkat, (int fd, const char *path, char *text, size_t size))
{
    if (fails("readlinkat", CAN_FAIL))
        return -1;
    return REAL(readlinkat)(fd, path, text, size);
}

WRAP(int, fallocate, (int fd, int mode, off_t offset, off_t len))
{
    if (fails("fallocate", CAN_FILL | CAN_LACK))
        return -1;
    return REAL(fallocate)(fd, mode, offset, len);
}

/* ---- functions with arguments that are not always there ---- */

static void note_open(const char *path, int flags, int fd)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;

    if (fd >= 0 && strcmp(name, "names") == 0)
        state.opened_names = true;
    if (fd >= 0 && strcmp(name, "usage") == 0)
        usage_fd = fd;
    else if (fd == usage_fd)
        usage_fd = 0;
    if (fd >= 0 && strcmp(name, "private.roll") == 0 &&
        (flags & O_ACCMODE) == O_RDONLY)
        roll_fd = fd;
    else if (fd == roll_fd)
        roll_fd = 0;
}

WRAP(int, openat, (int fd, const char *path, int flags, ...))
{
    mode_t mode = 0;
    va_list args;
    int opened;

    va_start(args, flags);
    if ((flags & O_CREAT) != 0)
        mode = va_arg(args, mode_t);
    va_end(args);
    if (fails("openat", (flags & O_CREAT) != 0 ? CAN_FILL : CAN_FAIL))
        return -1;
    opened = REAL(openat)(fd, path, flags, mode);
    note_open(path, flags, opened);
    return opened;
}

#ifdef __GLIBC__ /* a name of its own, which others have not */
/* What openat is under _FORTIFY_SOURCE when its flags are no constant. */
WRAP(int, __openat_2, (int fd, const char *path, int flags))
{
    int opened;

    if (fails("openat", CAN_FAIL))
        return -1;
    opened = REAL(__openat_2)(fd, path, flags);
    note_open(path, flags, opened);
    return opened;
}
#endif

WRAP(int, fcntl, (int fd, int command, ...))
{
    va_list args;
    void *arg;

    va_start(args, command);
    arg = va_arg(args, void *);
    va_end(args);
    return fails("fcntl", CAN_WAIT) ? -1 : REAL(fcntl)(fd, command, arg);
}

WRAP(int, ioctl, (int fd, unsigned long request, ...))
{
    va_list args;
    void *arg;

    va_start(args, request);
    arg = va_arg(args, void *);
    va_end(args);
    return fails("ioctl", CAN_FAIL) ? -1 : REAL(ioctl)(fd, request, arg);
}

/* ---- reading and writing ---- */

WRAP(ssize_t, pread, (int fd, void *bytes, size_t len, off_t offset))
{
    if (fails_in(fd, "pread", CAN_READ)) {
        ssize_t part = share(len);

        return part > 0 ? REAL(pread)(fd, bytes, (size_t)part, offset) : part;
    }
    return REAL(pread)(fd, bytes, len, offset);
}

WRAP(ssize_t, pwrite, (int fd, const void *bytes, size_t len, off_t offset))
{
    if (fails_in(fd, "pwrite", CAN_WRITE)) {
        ssize_t part = share(len);

        return part > 0 ? REAL(pwrite)(fd, bytes, (size_t)part, offset) : part;
    }
    return REAL(pwrite)(fd, bytes, len, offset);
}

WRAP(ssize_t, write, (int fd, const void *bytes, size_t len))
{
    if (fails("write", CAN_WRITE)) {
        ssize_t part = share(len);

        return part > 0 ? REAL(write)(fd, bytes, (size_t)part) : part;
    }
    return REAL(write)(fd, bytes, len);
}

WRAP(ssize_t, copy_file_range,
     (int in, off_t *from, int out, off_t *to, size_t len, unsigned flags))
{
    if (fails("copy_file_range", CAN_WRITE | CAN_LACK)) {
        ssize_t part = share(len);

        if (part <= 0)
            return part;
        len = (size_t)part;
    }
    return REAL(copy_file_range)(in, from, out, to, len, flags);
}

/* ---- memory ---- */

static void *take(void *memory)
{
    held += memory != NULL;
    return memory;
}

static bool no_memory(const char *name)
{
    bool now = fails(name, CAN_FAIL);

    if (now)
        errno = ENOMEM;
    return now;
}

WRAP(void *, malloc, (size_t size))
{
    return no_memory("malloc") ? NULL : take(REAL(malloc)(size));
}

WRAP(void *, calloc, (size_t count, size_t size))
{
    return no_memory("calloc") ? NULL : take(REAL(calloc)(count, size));
}

WRAP(void *, realloc, (void *old, size_t size))
{
    void *memory;

    if (no_memory("realloc"))
        return NULL;
    memory = REAL(realloc)(old, size);
    held += old == NULL && memory != NULL;
    return memory;
}

WRAP(void, free, (void *memory))
{
    held -= memory != NULL;
    REAL(free)(memory);
}

WRAP(void *, sodium_malloc, (size_t size))
{
    if (no_memory("sodium_malloc"))
        return NULL;
    return take(REAL(sodium_malloc)(size));
}

WRAP(void, sodium_free, (void *memory))
{
    held -= memory != NULL;
    REAL(sodium_free)(memory);
}

/* ---- stdio and folders ---- */

WRAP(FILE *, fdopen, (int fd, const char *mode))
{
    return no_memory("fdopen") ? NULL : take(REAL(fdopen)(fd, mode));
}

/* The tests' own: not failed, but counted, since they are closed here. */
WRAP(FILE *, fopen, (const char *path, const char *mode))
{
    return take(REAL(fopen)(path, mode));
}

WRAP(DIR *, opendir, (const char *path))
{
    return take(REAL(opendir)(path));
}

WRAP_INT(fputs, CAN_FILL, (const char *text, FILE *file), (text, file))
WRAP_INT(fputc, CAN_FILL, (int c, FILE *file), (c, file))
WRAP_INT(fflush, CAN_FILL, (FILE * file), (file))

/* The file is closed whatever it returns. */
WRAP(int, fclose, (FILE * file))
{
    bool now = fails("fclose", CAN_FILL);
    int saved = errno, r = REAL(fclose)(file);

    held--;
    if (now)
        errno = saved;
    return now ? EOF : r;
}

WRAP(DIR *, fdopendir, (int fd))
{
    return no_memory("fdopendir") ? NULL : take(REAL(fdopendir)(fd));
}

WRAP(struct dirent *, readdir, (DIR * dir))
{
    return fails("readdir", CAN_FAIL) ? NULL : REAL(readdir)(dir);
}

WRAP(int, closedir, (DIR * dir))
{
    held--;
    return REAL(closedir)(dir);
}

/* ---- gdbm ---- */

static int syserr; /* of the call that was failed; 0 of one that was not */

static bool gdbm_fails(const char *name, unsigned can, int code)
{
    syserr = 0;
    if (!fails(name, can))
        return false;
    if (state.mode == FAULT_ABSENT) {
        gdbm_errno = GDBM_ITEM_NOT_FOUND;
        return true;
    }
    syserr = errno;
    gdbm_errno = (gdbm_error)code;
    return true;
}

static datum take_datum(datum d)
{
    take(d.dptr);
    return d;
}

static const datum nothing;

WRAP(GDBM_FILE, gdbm_fd_open,
     (int fd, const char *name, int size, int flags,
      void (*fatal)(const char *)))
{
    if (gdbm_fails("gdbm_fd_open", CAN_FILL, GDBM_FILE_OPEN_ERROR)) {
        if ((flags & GDBM_CLOERROR) != 0)
            close(fd);
        errno = syserr;
        return NULL;
    }
    return take(REAL(gdbm_fd_open)(fd, name, size, flags, fatal));
}

WRAP(int, gdbm_close, (GDBM_FILE file))
{
    held--;
    return REAL(gdbm_close)(file);
}

WRAP(datum, gdbm_fetch, (GDBM_FILE file, datum key))
{
    if (gdbm_fails("gdbm_fetch", CAN_MISS, GDBM_FILE_READ_ERROR))
        return nothing;
    return take_datum(REAL(gdbm_fetch)(file, key));
}

WRAP(datum, gdbm_firstkey, (GDBM_FILE file))
{
    if (gdbm_fails("gdbm_firstkey", CAN_MISS, GDBM_MALLOC_ERROR))
        return nothing;
    return take_datum(REAL(gdbm_firstkey)(file));
}

WRAP(datum, gdbm_nextkey, (GDBM_FILE file, datum key))
{
    if (gdbm_fails("gdbm_nextkey", CAN_MISS, GDBM_MALLOC_ERROR))
        return nothing;
    return take_datum(REAL(gdbm_nextkey)(file, key));
}

WRAP(int, gdbm_store, (GDBM_FILE file, datum key, datum value, int flags))
{
    if (gdbm_fails("gdbm_store", CAN_FILL, GDBM_FILE_WRITE_ERROR))
        return -1;
    return REAL(gdbm_store)(file, key, value, flags);
}

WRAP(int, gdbm_delete, (GDBM_FILE file, datum key))
{
    if (gdbm_fails("gdbm_delete", CAN_FILL, GDBM_FILE_WRITE_ERROR))
        return -1;
    return REAL(gdbm_delete)(file, key);
}

WRAP(int, gdbm_sync, (GDBM_FILE file))
{
    if (gdbm_fails("gdbm_sync", CAN_FILL, GDBM_FILE_SYNC_ERROR))
        return -1;
    return REAL(gdbm_sync)(file);
}

WRAP(int, gdbm_needs_recovery, (GDBM_FILE file))
{
    if (fails("gdbm_needs_recovery", CAN_FAIL))
        return 1;
    return REAL(gdbm_needs_recovery)(file);
}

WRAP(int, gdbm_last_syserr, (GDBM_FILE file))
{
    return syserr != 0 ? syserr : REAL(gdbm_last_syserr)(file);
}

/* What these are under _FORTIFY_SOURCE, by clang with glibc 2.40 and later. */
#define WRAP_CHK(type, name, params, args) \
    type __wrap___##name##_chk params;     \
    type __wrap___##name##_chk params      \
    {                                      \
        (void)room;                        \
        return __wrap_##name args;         \
    }

WRAP_CHK(ssize_t, readlinkat,
         (int fd, const char *path, char *text, size_t size, size_t room),
         (fd, path, text, size))
WRAP_CHK(ssize_t, pread,
         (int fd, void *bytes, size_t len, off_t offset, size_t room),
         (fd, bytes, len, offset))

/* ---- users and PAM ---- */

/* It returns its error. */
WRAP_INT(getgroups, CAN_FAIL, (int size, gid_t *list), (size, list))
WRAP_CHK(int, getgroups, (int size, gid_t *list, size_t room), (size, list))
WRAP_INT(setgroups, CAN_FAIL, (size_t size, const gid_t *list), (size, list))

WRAP(int, getgrnam_r,
     (const char *name, struct group *entry, char *buffer, size_t size,
      struct group **ret_found))
{
    if (fails("getgrnam_r", CAN_WAIT | CAN(FAULT_SHORT))) {
        *ret_found = NULL;
        return state.mode == FAULT_SHORT ? ERANGE : errno;
    }
    return REAL(getgrnam_r)(name, entry, buffer, size, ret_found);
}

WRAP(int, getpwnam_r,
     (const char *name, struct passwd *entry, char *buffer, size_t size,
      struct passwd **ret_found))
{
    if (fails("getpwnam_r", CAN_WAIT | CAN(FAULT_SHORT))) {
        *ret_found = NULL;
        return state.mode == FAULT_SHORT ? ERANGE : errno;
    }
    return REAL(getpwnam_r)(name, entry, buffer, size, ret_found);
}

WRAP(int, pam_set_data,
     (pam_handle_t * pamh, const char *name, void *data,
      void (*cleanup)(pam_handle_t *, void *, int)))
{
    if (no_memory("pam_set_data"))
        return PAM_BUF_ERR;
    return REAL(pam_set_data)(pamh, name, data, cleanup);
}

WRAP(int, pam_putenv, (pam_handle_t * pamh, const char *text))
{
    if (no_memory("pam_putenv"))
        return PAM_BUF_ERR;
    return REAL(pam_putenv)(pamh, text);
}

/* Never to the machine's log. */
void __wrap_pam_syslog(const pam_handle_t *pamh, int level, const char *format,
                       ...) __attribute__((format(printf, 3, 4)));
void __wrap_pam_syslog(const pam_handle_t *pamh, int level, const char *format,
                       ...)
{
    va_list args;

    (void)pamh;
    (void)level;
    va_start(args, format);
    vsnprintf(state.log_last, sizeof state.log_last, format, args);
    va_end(args);
    state.log_lines++;
}
