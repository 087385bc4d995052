/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_OUTFILE_H
#define SVCT_ADMIN_OUTFILE_H

/*
 * Writing an answer to standard output, or to a file that is there whole and on
 * the disk, or not at all: it has no name while it is written, and gets its own
 * at the end. So whatever ends the program before leaves nothing. Where a file
 * can't be without a name (some file systems, no /proc) it has another one in
 * the same folder meanwhile, which stays if the program is killed.
 *
 * All say what is wrong and return an exit code.
 */

#include <sys/types.h>

#include "cmd.h"

struct svct_outfile {
    const struct svct_call *call;
    const char *path; /* NULL: standard output */
    char *work;       /* another name, for while it is written */
    bool named;       /* it has that one */
    FILE *file;       /* to write to */
    bool replace;
};

/*
 * path NULL is standard output. mode: of the file. replace: in the place of a
 * regular file of that name (SVCT_EXIT_USAGE when something else has it); else
 * whatever is there is refused (SVCT_EXIT_NO).
 */
int svct_outfile_open(const struct svct_call *call, const char *path,
                      mode_t mode, bool replace, struct svct_outfile *ret_file);

/* Writing to it failed, with errno. */
int svct_outfile_say(const struct svct_outfile *file);

/* The file gets its name; what could not be written is noticed here. */
int svct_outfile_finish(struct svct_outfile *file);

/* Removes what was not finished. Zeroed memory is fine. */
void svct_outfile_done(struct svct_outfile *file);

#endif
