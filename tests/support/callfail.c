/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "callfail.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SECONDS_MAX 60 /* for a child: more is no end */
#define MARK_BEGIN 0x53564301u
#define MARK_END 0x53564302u
#define ERRORS_MAX 10

/* ---- which errors a call can give ---- */

/* Those of a disk that gets full, breaks, or is mounted anew for reading. */
#define DISK ENOSPC, EDQUOT, EIO, EROFS

struct kind {
    const char *name;
    uint64_t number;
    int errors[ERRORS_MAX]; /* 0 behind the last one */
};

static const struct kind kinds[] = {
    {"openat", SYS_openat, {DISK, EMFILE, ENFILE, ENOMEM, EINTR}},
    {"write", SYS_write, {ENOSPC, EDQUOT, EIO, EINTR, CALLFAIL_HALF}},
    {"pwrite64", SYS_pwrite64, {ENOSPC, EDQUOT, EIO, EINTR, CALLFAIL_HALF}},
    {"writev", SYS_writev, {ENOSPC, EDQUOT, EIO, EINTR}},
    {"read", SYS_read, {EIO, ENOMEM, EINTR, CALLFAIL_HALF}},
    {"pread64", SYS_pread64, {EIO, ENOMEM, EINTR, CALLFAIL_HALF}},
    {"fsync", SYS_fsync, {EIO, ENOSPC, EDQUOT, EINTR}},
    {"fdatasync", SYS_fdatasync, {EIO, ENOSPC, EDQUOT, EINTR}},
    {"ftruncate", SYS_ftruncate, {ENOSPC, EDQUOT, EIO, EINTR}},
    {"fallocate", SYS_fallocate, {ENOSPC, EDQUOT, EIO, EINTR, EOPNOTSUPP}},
    {"copy_file_range",
     SYS_copy_file_range,
     {ENOSPC, EDQUOT, EIO, ENOMEM, EINTR, EOPNOTSUPP, CALLFAIL_HALF}},
    {"ioctl", SYS_ioctl, {ENOSPC, EDQUOT, EIO, EROFS, EINTR}},
    {"renameat", SYS_renameat, {DISK, ENOMEM}},
    {"renameat2", SYS_renameat2, {DISK, ENOMEM}},
    {"linkat", SYS_linkat, {DISK, ENOMEM}},
    {"symlinkat", SYS_symlinkat, {DISK, ENOMEM}},
    {"unlinkat", SYS_unlinkat, {DISK, ENOMEM}},
    {"mkdirat", SYS_mkdirat, {DISK, ENOMEM}},
    {"fchmod", SYS_fchmod, {DISK, ENOMEM}},
    {"fchmodat", SYS_fchmodat, {DISK, ENOMEM}},
    {"fchown", SYS_fchown, {DISK, ENOMEM}},
    {"newfstatat", SYS_newfstatat, {EIO, ENOMEM}},
    {"fstat", SYS_fstat, {EIO, ENOMEM}},
    {"fstatfs", SYS_fstatfs, {EIO, ENOMEM, EINTR}},
    {"faccessat2", SYS_faccessat2, {EIO, ENOMEM}},
    {"readlinkat", SYS_readlinkat, {EIO, ENOMEM}},
    {"getdents64", SYS_getdents64, {EIO, ENOMEM}},
    {"close", SYS_close, {EIO, ENOSPC, EDQUOT, EINTR}},
    {"mmap", SYS_mmap, {ENOMEM, ENFILE}},
    {"mremap", SYS_mremap, {ENOMEM}},
    {"munmap", SYS_munmap, {ENOMEM}},
    {"mprotect", SYS_mprotect, {ENOMEM}},
    {"brk", SYS_brk, {ENOMEM}},
    {"mlock", SYS_mlock, {ENOMEM, EAGAIN}},
    {"madvise", SYS_madvise, {ENOMEM, EAGAIN}},
    {"fcntl", SYS_fcntl, {EMFILE, ENOLCK, EINTR}},
    {"getrandom", SYS_getrandom, {EINTR, ENOSYS}},
    {"socket", SYS_socket, {EMFILE, ENFILE, ENOMEM}},
    {"connect", SYS_connect, {EINTR, ENOMEM}},
    {"sendto", SYS_sendto, {EINTR, ENOMEM}},
    {"pipe2", SYS_pipe2, {EMFILE, ENFILE, ENOMEM}},
    {"clone3", SYS_clone3, {EAGAIN, ENOMEM}},
    {"clock_nanosleep", SYS_clock_nanosleep, {EINTR}},
};

static const struct kind *kind_of(uint64_t number)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].number == number)
            return &kinds[i];
    return NULL;
}

/* Only of what is opened for writing. */
static bool of_writing(int error)
{
    return error == ENOSPC || error == EDQUOT || error == EROFS;
}

static bool fcntl_gives(uint64_t command, int error)
{
    switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
        return error == EMFILE;
    case F_OFD_SETLK:
        return error == ENOLCK;
    case F_SETLKW:
    case F_OFD_SETLKW:
        return error == ENOLCK || error == EINTR;
    default:
        return false;
    }
}

/* What libpam itself tells the kernel's audit, by a socket that is sent to by an
 * address, fails a login with or without us. */
static bool can_give(const struct calltrace_stop *stop, int error)
{
    switch (stop->number) {
    case SYS_openat:
        return (stop->args[2] & (O_ACCMODE | O_CREAT)) != 0 ||
               !of_writing(error);
    case SYS_fcntl:
        return fcntl_gives(stop->args[1], error);
    case SYS_socket:
        return stop->args[0] != AF_NETLINK;
    case SYS_sendto:
        return stop->args[4] == 0;
    case SYS_ioctl:
        return stop->args[1] == FICLONE;
    case SYS_copy_file_range:
        return error != CALLFAIL_HALF || stop->args[4] > 1;
    default:
        return error != CALLFAIL_HALF || stop->args[2] > 1;
    }
}

static bool gives(const struct calltrace_stop *stop, int error)
{
    const struct kind *kind = kind_of(stop->number);

    for (size_t i = 0; kind != NULL && i < ERRORS_MAX && kind->errors[i] != 0;
         i++)
        if (kind->errors[i] == error)
            return can_give(stop, error);
    return false;
}

/* ---- names ---- */

static const struct {
    const char *name;
    int error;
} error_names[] = {
    {"ENOSPC", ENOSPC},      {"EDQUOT", EDQUOT}, {"EIO", EIO},
    {"EROFS", EROFS},        {"EMFILE", EMFILE}, {"ENFILE", ENFILE},
    {"ENOMEM", ENOMEM},      {"EINTR", EINTR},   {"EOPNOTSUPP", EOPNOTSUPP},
    {"ENOLCK", ENOLCK},      {"EAGAIN", EAGAIN}, {"ENOSYS", ENOSYS},
    {"half", CALLFAIL_HALF},
};

const char *callfail_error_name(int error)
{
    for (size_t i = 0; i < sizeof error_names / sizeof *error_names; i++)
        if (error_names[i].error == error)
            return error_names[i].name;
    return "none";
}

int callfail_error_of(const char *name)
{
    for (size_t i = 0; i < sizeof error_names / sizeof *error_names; i++)
        if (strcmp(error_names[i].name, name) == 0)
            return error_names[i].error;
    return 0;
}

const char *callfail_call_name(uint64_t number)
{
    static char other[32];
    const struct kind *kind = kind_of(number);

    if (kind != NULL)
        return kind->name;
    snprintf(other, sizeof other, "call %llu", (unsigned long long)number);
    return other;
}

/* ---- failing one ---- */

static bool is_standard(const struct calltrace_stop *stop)
{
    switch (stop->number) {
    case SYS_write:
    case SYS_writev:
    case SYS_fsync:
    case SYS_close:
        return stop->args[0] <= STDERR_FILENO;
    default:
        return false;
    }
}

/* A break that can't be moved gives the old one; 0 is below every wish. */
static void wish_for(struct calltrace_stop *stop, int error)
{
    if (error == CALLFAIL_HALF && stop->number == SYS_copy_file_range) {
        stop->wish = CALLTRACE_LESS_OF_COPY;
        stop->args[4] /= 2;
    } else if (error == CALLFAIL_HALF) {
        stop->wish = CALLTRACE_LESS;
        stop->args[2] /= 2;
    } else {
        stop->wish = stop->number == SYS_close ? CALLTRACE_LIE : CALLTRACE_SKIP;
        stop->answer = stop->number == SYS_brk ? 0 : -error;
    }
}

/* The terminal or pipe that is spoken to is not on the disk that stays full;
 * and it may have been spoken to before. */
static bool is_due(const struct callfail_run *run,
                   const struct calltrace_stop *stop)
{
    if (run->trial.n == 0 || run->calls < run->trial.n ||
        !gives(stop, run->trial.error))
        return false;
    return run->calls == run->trial.n || (run->trial.on && !is_standard(stop));
}

/* ---- watching ---- */

struct watch {
    struct callfail_run *run;
    bool counting;
    struct callfail_trial *list; /* NULL: none is made */
    size_t count, room;
    bool listing;
    bool asked;              /* for random bytes */
    bool synced;             /* after the rename */
    bool stays;              /* to the end: a sync failed */
    char unsynced[PATH_MAX]; /* the file that it failed for */
};

static void add_trial(struct watch *watch, int error, bool on)
{
    if (watch->count == watch->room) {
        watch->room = watch->room * 2 + 1024;
        watch->list = realloc(watch->list, watch->room * sizeof *watch->list);
        if (watch->list == NULL)
            abort();
    }
    watch->list[watch->count++] =
        (struct callfail_trial){watch->run->calls, error, on};
}

/* Interrupted for ever is an endless loop, rightly; and what the kernel does not
 * have it has at no time. */
static void list_error(struct watch *watch, int error)
{
    if (error == ENOSYS) {
        if (!watch->asked)
            add_trial(watch, error, true);
        watch->asked = true;
        return;
    }
    add_trial(watch, error, false);
    if (error != EINTR)
        add_trial(watch, error, true);
}

static void list_call(struct watch *watch, const struct calltrace_stop *stop)
{
    const struct kind *kind = kind_of(stop->number);

    for (size_t i = 0; kind != NULL && i < ERRORS_MAX && kind->errors[i] != 0;
         i++)
        if (can_give(stop, kind->errors[i]))
            list_error(watch, kind->errors[i]);
}

static bool is_mark(const struct calltrace_stop *stop, unsigned mark)
{
    return stop->number == SYS_close && stop->args[0] == mark;
}

/* Is this a call that counts? */
static bool counts(struct watch *watch, const struct calltrace_stop *stop)
{
    if (is_mark(stop, MARK_BEGIN) || is_mark(stop, MARK_END)) {
        watch->counting = is_mark(stop, MARK_BEGIN);
        return false;
    }
    if (!watch->run->marked && stop->number == SYS_execve) {
        watch->counting = true;
        return false;
    }
    return watch->counting;
}

/* ---- syncs ---- */

/* The text at that address of the child, of 7 bytes, is "current". */
static bool says_current(pid_t pid, uint64_t address)
{
    long word;

    errno = 0;
    word = ptrace(PTRACE_PEEKDATA, pid, (void *)address, NULL);
    return errno == 0 && memcmp(&word, "current", sizeof word) == 0;
}

static bool is_sync(const struct calltrace_stop *stop)
{
    return stop->number == SYS_fsync || stop->number == SYS_fdatasync;
}

/* What is synced. */
static void path_of(const struct calltrace_stop *stop, char ret_path[PATH_MAX])
{
    char link[64];
    ssize_t len;

    snprintf(link, sizeof link, "/proc/%ld/fd/%d", (long)stop->pid,
             (int)stop->args[0]);
    len = readlink(link, ret_path, PATH_MAX - 1);
    ret_path[len > 0 ? len : 0] = '\0';
}

/* A token without a limit does not need it. */
static bool is_usage(const char *path)
{
    size_t len = strlen(path);

    return len >= 6 && strcmp(path + len - 6, "/usage") == 0;
}

/* What gdbm is left with when it is closed: can't be synced at all. */
static bool is_nothing(const char *path)
{
    return strcmp(path, "/") == 0;
}

static void note_sync(struct watch *watch, const struct calltrace_stop *stop)
{
    char path[PATH_MAX];

    path_of(stop, path);
    if (stop->wish == CALLTRACE_SKIP && !is_usage(path) && !is_nothing(path)) {
        memcpy(watch->unsynced, path, sizeof path);
        watch->stays = true;
    } else if (strcmp(watch->unsynced, path) == 0) {
        watch->unsynced[0] = '\0';
        watch->run->sync_again = true;
    }
}

static void note(struct watch *watch, const struct calltrace_stop *stop)
{
    struct callfail_run *run = watch->run;

    if (is_sync(stop) && !run->renamed) {
        note_sync(watch, stop);
    } else if (is_sync(stop) && !watch->synced) {
        run->sync_after = stop->wish == CALLTRACE_SKIP;
        watch->synced = true;
    } else if (stop->number == SYS_renameat && stop->wish != CALLTRACE_SKIP &&
               says_current(stop->pid, stop->args[3])) {
        run->renamed = true;
        run->sync_before = watch->unsynced[0] != '\0';
    }
}

static bool see(void *arg, struct calltrace_stop *stop)
{
    struct watch *watch = arg;
    struct callfail_run *run = watch->run;

    if (!stop->entry || !counts(watch, stop))
        return true;
    run->calls++;
    if (watch->listing)
        list_call(watch, stop);
    if (run->begins == 0 && stop->number == SYS_fcntl &&
        stop->args[1] == F_GETFD)
        run->begins = run->calls;
    if (is_due(run, stop)) {
        if (!run->hit)
            run->number = stop->number;
        run->hit = true;
        run->said = run->said || is_standard(stop);
        wish_for(stop, run->trial.error);
    }
    note(watch, stop);
    stop->leave = run->trial.n != 0 && !run->trial.on &&
                  run->calls >= run->trial.n && !is_sync(stop) && !watch->stays;
    return true;
}

static volatile pid_t watched;
static volatile bool was_late;

static void end_late(int signal)
{
    (void)signal;
    was_late = true;
    kill(watched, SIGKILL);
}

static void run_watch(pid_t pid, struct watch *watch)
{
    const struct sigaction late = {.sa_handler = end_late,
                                   .sa_flags = SA_RESTART};

    watched = pid;
    was_late = false;
    sigaction(SIGALRM, &late, NULL);
    alarm(SECONDS_MAX);
    watch->run->status = calltrace_run(pid, see, watch);
    alarm(0);
    watch->run->late = was_late;
}

void callfail_watch(pid_t pid, struct callfail_run *run)
{
    struct watch watch = {.run = run};

    run_watch(pid, &watch);
}

struct callfail_trial *callfail_list(pid_t pid, struct callfail_run *run,
                                     size_t *ret_count)
{
    struct watch watch = {.run = run, .listing = true};

    run_watch(pid, &watch);
    *ret_count = watch.count;
    return watch.list;
}

/* A descriptor that there is not: nothing but a mark. */
static void mark(unsigned which)
{
    syscall(SYS_close, which);
}

void callfail_begin(void)
{
    mark(MARK_BEGIN);
}

void callfail_end(void)
{
    mark(MARK_END);
}
