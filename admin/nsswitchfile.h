/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_NSSWITCHFILE_H
#define SVCT_ADMIN_NSSWITCHFILE_H

/*
 * The file nsswitch.conf(5): reading it, and putting another text in its
 * place, as etcfile.h does.
 *
 * folder: "/etc". Two that change it at the same time are the caller's to keep
 * apart (lckpwdf(3)); somebody else's change is noticed.
 */

#include <sys/stat.h>

#include "nsswitch.h"

struct svct_nsswitchfile {
    struct stat st;
    struct svct_nsswitch_text text;
};

/* As libc reads it, also through a symbolic link. SVCT_E_SYNTAX: it is no
 * regular file, or too long; SVCT_E_NOTFOUND, SVCT_E_ACCESS, SVCT_E_IO. */
int svct_nsswitchfile_look(const char *folder,
                           struct svct_nsswitchfile *ret_file,
                           struct svct_fault *fault);

/* To replace it. The same; a symbolic link is SVCT_E_SYNTAX. */
int svct_nsswitchfile_read(const char *folder,
                           struct svct_nsswitchfile *ret_file,
                           struct svct_fault *fault);

/*
 * Puts the text in the place of what was read, with its mode, owner and
 * extended attributes; what was read becomes the backup, whatever that was
 * before. SVCT_E_BUSY: somebody else has changed it since it was read. On a
 * failure the file is as it was.
 */
int svct_nsswitchfile_replace(const char *folder,
                              const struct svct_nsswitchfile *file,
                              const struct svct_nsswitch_text *text,
                              struct svct_fault *fault);

/* The backup becomes the file again, if that still has this text: SVCT_E_BUSY.
 */
int svct_nsswitchfile_put_back(const char *folder,
                               const struct svct_nsswitch_text *text,
                               struct svct_fault *fault);

/* Does this host ask svctoken for that database? That it can't be told is no.
 */
bool svct_nsswitchfile_asks(enum svct_nsswitch_database database);

#endif
