/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_BASE_SAFEFILE_H
#define SVCT_BASE_SAFEFILE_H

/*
 * Opening files that only root can have written.
 *
 * Who may change a folder or file on the way to the database can let himself
 * in. So every folder from / on, and each file, must be owned by root and not
 * writable by group or others, and no symbolic link. What is opened is looked
 * at through its descriptor; the folders above it are looked at by their paths,
 * from / on downwards, and not opened: within a folder that is root's alone
 * nobody else can exchange anything.
 *
 * All descriptors are close-on-exec and above 2, so that a host that runs with
 * its standard descriptors closed is not confused.
 */

#include <sys/stat.h>

#include "base/err.h"

/*
 * Opens the folder at an absolute path. SVCT_E_NODB when it, or a folder
 * above it, is not there; SVCT_E_UNSAFE, SVCT_E_ACCESS, SVCT_E_SYNTAX (not an
 * absolute path, or "." or ".." in it).
 */
int svct_safefile_open_dir(const char *path, int *ret_fd,
                           struct svct_fault *fault);

/* The same, and gives what fstat says of it. */
int svct_safefile_look_dir(const char *path, int *ret_fd, struct stat *ret_stat,
                           struct svct_fault *fault);

/*
 * Opens it once more: the same folder (st_dev, st_ino) as *before, which
 * look_dir gave, and still root's alone. Which folders lead to it now is not
 * looked at: whoever can lead elsewhere leads to another one. false for all
 * else, also for what can't be opened.
 */
bool svct_safefile_reopen_dir(const char *path, const struct stat *before,
                              int *ret_fd);

/* A folder within an open one, the same demands. SVCT_E_NOTFOUND. */
int svct_safefile_open_subdir(int dir_fd, const char *name, int *ret_fd,
                              struct svct_fault *fault);

/* The same demands, and does not open it. */
int svct_safefile_check_subdir(int dir_fd, const char *name,
                               struct svct_fault *fault);

enum svct_safefile_secrecy {
    SVCT_SAFEFILE_PUBLIC, /* may be readable by all */
    SVCT_SAFEFILE_PRIVATE /* readable by root alone */
};

/*
 * Opens a regular file within an open folder. flags: O_RDONLY or O_RDWR, the
 * latter with O_APPEND, too. Never blocks (a FIFO is refused). ret_stat may be
 * NULL. SVCT_E_NOTFOUND when it is not there.
 */
int svct_safefile_open(int dir_fd, const char *name, int flags,
                       enum svct_safefile_secrecy secrecy, int *ret_fd,
                       struct stat *ret_stat, struct svct_fault *fault);

/*
 * Is a file in an open folder the very same one as *before, which open gave,
 * and unchanged since? Its number, its size and its times say so: that of the
 * last change (st_ctim) goes on with each write, each new name and each change
 * of owner or mode, and nobody can set it. false, too, when it can't be told.
 */
bool svct_safefile_is_still(int dir_fd, const char *name,
                            const struct stat *before);

/* Opens one once more, to read it, if it is that. false for all else, also for
 * what can't be opened. */
bool svct_safefile_reopen(int dir_fd, const char *name,
                          enum svct_safefile_secrecy secrecy,
                          const struct stat *before, int *ret_fd);

/*
 * Opens a file as svct_safefile_open within the folder at an absolute path, for who needs that
 * folder for nothing else: it is looked at as those above it are, and not
 * opened. What svct_safefile_open_dir and svct_safefile_open can give.
 */
int svct_safefile_open_in(const char *dir, const char *name, int flags,
                          enum svct_safefile_secrecy secrecy, int *ret_fd,
                          struct stat *ret_stat, struct svct_fault *fault);

/* Moves a descriptor above 2. Closes fd on failure. Returns the new one, or
 * -1 with errno. */
int svct_safefile_raise(int fd);

/* Reads exactly len bytes at offset, whatever read returns in between. false
 * with errno; errno is 0 at the end of the file. */
bool svct_safefile_pread(int fd, void *bytes, size_t len, int64_t offset);

/* Does the limit of file sizes let this process write up to that offset? A
 * write beyond it raises SIGXFSZ, which ends the host. errno stays. */
bool svct_safefile_within_limit(int64_t end);

#endif
