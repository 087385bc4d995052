/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "procscan.h"

#include <dirent.h>
#include <errno.h>

#include "base/parse.h"
#include "proctext.h"

#define ENVIRON_MAX (4 * 1024 * 1024) /* bytes of one that are looked at */
#define COUNT_MAX 4194304             /* processes the kernel can have */

/* ---- one process ---- */

static int read_file(int64_t pid, const char *name, char *out, size_t size,
                     size_t *ret_len)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%lld/%s", (long long)pid, name);
    return svct_procstat_read(path, out, size, ret_len, NULL);
}

static bool runs_as(int64_t pid, uid_t uid)
{
    char text[8192];
    uid_t real, effective;
    size_t len;

    return uid != 0 &&
           read_file(pid, "status", text, sizeof(text), &len) == 0 &&
           svct_proctext_uids(text, len, &real, &effective) &&
           (real == uid || effective == uid);
}

uint32_t svct_procscan_audit(int64_t pid)
{
    char text[16];
    uint32_t session;
    size_t len;

    if (read_file(pid, "sessionid", text, sizeof(text), &len) != 0 ||
        !svct_proctext_audit(text, len, &session))
        return 0;
    return session;
}

/* file: its "environ". What is too long is read as far as that goes. */
static void read_environ(int64_t pid, const char *file, char *out, size_t size)
{
    size_t room = 16384, len = 0;
    int err = SVCT_E_TOOBIG;

    out[0] = '\0';
    for (; err == SVCT_E_TOOBIG && room <= ENVIRON_MAX; room *= 4) {
        char *text = malloc(room);

        if (text == NULL)
            return;
        err = read_file(pid, file, text, room, &len);
        if (err == SVCT_E_TOOBIG)
            len = room;
        if ((err == 0 || err == SVCT_E_TOOBIG) &&
            svct_proctext_environ(text, len, SVCT_SESSION_ENV, out, size))
            err = 0;
        free(text);
    }
    if (!svct_session_is_id(out))
        out[0] = '\0';
}

/* Its first thread has ended, and lets go of the memory that the others have:
 * they are asked. */
static void read_thread_mark(int64_t pid, char *out, size_t size)
{
    char path[64];
    struct dirent *entry;
    uint64_t thread;
    DIR *folder;

    snprintf(path, sizeof(path), "/proc/%lld/task", (long long)pid);
    folder = opendir(path);
    while (folder != NULL && out[0] == '\0' &&
           (entry = readdir(folder)) != NULL) {
        if (svct_parse_number(entry->d_name, 1, INT32_MAX, &thread) != 0)
            continue;
        snprintf(path, sizeof(path), "task/%llu/environ",
                 (unsigned long long)thread);
        read_environ(pid, path, out, size);
    }
    if (folder != NULL)
        closedir(folder);
}

static void read_mark(int64_t pid, char state, char *out, size_t size)
{
    read_environ(pid, "environ", out, size);
    if (state == 'Z')
        read_thread_mark(pid, out, size);
}

int svct_procscan_one(int64_t pid, uid_t uid, struct svct_proc *ret_proc)
{
    struct svct_procstat stat;
    struct svct_proc proc = {.pid = pid};
    int err = svct_procstat_get(pid, &stat, NULL);

    if (err != 0)
        return err;
    proc.ppid = stat.ppid;
    proc.start = stat.start;
    proc.dead = svct_procstat_is_dead(&stat);
    proc.of_user = !proc.dead && runs_as(pid, uid);
    if (proc.of_user) {
        proc.audit = svct_procscan_audit(pid);
        read_mark(pid, stat.state, proc.session, sizeof(proc.session));
    }
    *ret_proc = proc;
    return 0;
}

bool svct_procscan_logind(int64_t pid, char *out, size_t size)
{
    char text[16384], name[SVCT_PROCTEXT_LOGIND + 1];
    size_t len;

    if (read_file(pid, "cgroup", text, sizeof(text), &len) != 0 ||
        !svct_proctext_logind(text, len, name) || strlen(name) >= size)
        return false;
    memcpy(out, name, strlen(name) + 1);
    return true;
}

/* ---- all ---- */

static int add(struct svct_procs *procs, const struct svct_proc *proc)
{
    if (procs->count == procs->room) {
        size_t room = procs->room == 0 ? 256 : procs->room * 2;
        struct svct_proc *more;

        if (room > COUNT_MAX)
            return SVCT_E_TOOBIG;
        more = reallocarray(procs->item, room, sizeof(*more));
        if (more == NULL)
            return SVCT_E_NOMEM;
        procs->item = more;
        procs->room = room;
    }
    procs->item[procs->count++] = *proc;
    return 0;
}

static int by_pid(const void *a, const void *b)
{
    const struct svct_proc *left = a, *right = b;

    return (left->pid > right->pid) - (left->pid < right->pid);
}

static int add_all(DIR *folder, uid_t uid, struct svct_procs *procs)
{
    struct dirent *entry;
    struct svct_proc proc;
    uint64_t pid;
    int r = 0;

    errno = 0;
    while (r == 0 && (entry = readdir(folder)) != NULL) {
        if (svct_parse_number(entry->d_name, 1, INT32_MAX, &pid) == 0 &&
            svct_procscan_one((int64_t)pid, uid, &proc) == 0)
            r = add(procs, &proc);
        errno = 0;
    }
    return r == 0 && errno != 0 ? SVCT_E_IO : r;
}

int svct_procscan_all(uid_t uid, struct svct_procs *ret_procs,
                      struct svct_fault *fault)
{
    struct svct_procs procs = {.count = 0};
    DIR *folder = opendir("/proc"); /* close-on-exec */
    int r;

    if (folder == NULL)
        return svct_fault_errno(fault, errno, "can't open /proc");
    r = add_all(folder, uid, &procs);
    closedir(folder);
    if (r == 0 && procs.count == 0)
        r = SVCT_E_IO;
    if (r < 0) {
        svct_procscan_done(&procs);
        return svct_fault_set(fault, r, 0, "the processes of this host: %s",
                              svct_err_text(r));
    }
    qsort(procs.item, procs.count, sizeof(*procs.item), by_pid);
    *ret_procs = procs;
    return 0;
}

void svct_procscan_done(struct svct_procs *procs)
{
    free(procs->item);
    *procs = (struct svct_procs){0};
}

const struct svct_proc *svct_procscan_find(const struct svct_procs *procs,
                                           int64_t pid)
{
    struct svct_proc key = {.pid = pid};

    if (procs->count == 0)
        return NULL;
    return bsearch(&key, procs->item, procs->count, sizeof(key), by_pid);
}
