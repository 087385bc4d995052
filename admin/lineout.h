/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_LINEOUT_H
#define SVCT_ADMIN_LINEOUT_H

/*
 * Writing a file of lines (line.h): to standard output, or to a new file of
 * mode 0600, which gets its name when it is whole and on the disk. The line
 * "end" is written here.
 */

#include "cmd.h"
#include "line.h"
#include "outfile.h"

struct svct_lineout {
    const struct svct_call *call;
    struct svct_outfile file;
    bool backup;
    uint64_t lines;
    struct svct_lineout_digest *digest;
};

/* Refuses a file that is there. Says what is wrong, returns an exit code, as
 * all here do. */
int svct_lineout_open(const struct svct_call *call, const char *path,
                      bool backup, struct svct_lineout *ret_out);

/* Removes what was not finished. */
void svct_lineout_done(struct svct_lineout *out);

int svct_lineout_put(struct svct_lineout *out, const struct svct_line *line);

/* The last line; the file gets its name. */
int svct_lineout_finish(struct svct_lineout *out);

#endif
