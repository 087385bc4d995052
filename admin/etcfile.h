/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_ETCFILE_H
#define SVCT_ADMIN_ETCFILE_H

/*
 * A text file of the host's configuration: reading it, and putting another text
 * in its place. Who reads it meanwhile, or after kill -9, a full disk or a power
 * failure, finds the old text or the new one, whole.
 *
 * The file as it was stays beside it, as NAME.svctoken-backup. What somebody
 * killed leaves is NAME.svctoken-new (a text that was to come, maybe in part) or
 * NAME.svctoken-backup-new (another name of the file); both are taken away by
 * the next change, and may be at any time.
 *
 * Two that change it at the same time are the caller's to keep apart; somebody
 * else's change is noticed.
 */

#include <sys/stat.h>

#include "base/err.h"

#define SVCT_ETCFILE_BACKUP ".svctoken-backup"
#define SVCT_ETCFILE_NEW ".svctoken-new"
#define SVCT_ETCFILE_NAME_MAX 200 /* bytes */
#define SVCT_ETCFILE_MAX 65536    /* bytes of a text that is taken */
#define SVCT_ETCFILE_MORE 4096    /* bytes that may come to it */

struct svct_etcfile {
    struct stat st;
    size_t len;
    char data[SVCT_ETCFILE_MAX + SVCT_ETCFILE_MORE];
};

/* Where it is; name: without "/". */
struct svct_etcfile_place {
    const char *folder;
    const char *name;
    /* How a sentence ends that says that it is a symbolic link, about what to do
     * then; may be NULL. */
    const char *if_link;
};

/* As others read it, also through a symbolic link. SVCT_E_SYNTAX: it is no
 * regular file, or too long; SVCT_E_NOTFOUND, SVCT_E_ACCESS, SVCT_E_IO. */
int svct_etcfile_look(const struct svct_etcfile_place *place,
                      struct svct_etcfile *ret_file, struct svct_fault *fault);

/* To replace it. The same; a symbolic link is SVCT_E_SYNTAX. */
int svct_etcfile_read(const struct svct_etcfile_place *place,
                      struct svct_etcfile *ret_file, struct svct_fault *fault);

/*
 * Puts the text in the place of what was read, with its mode, owner and
 * extended attributes; what was read becomes the backup, whatever that was
 * before. SVCT_E_BUSY: somebody else has changed it since it was read. On a
 * failure the file is as it was.
 */
int svct_etcfile_replace(const struct svct_etcfile_place *place,
                         const struct svct_etcfile *file, const char *text,
                         size_t len, struct svct_fault *fault);

/* The backup becomes the file again, if that still has this text: SVCT_E_BUSY.
 */
int svct_etcfile_put_back(const struct svct_etcfile_place *place,
                          const char *text, size_t len,
                          struct svct_fault *fault);

#endif
