/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_LINEFILE_H
#define SVCT_ADMIN_LINEFILE_H

/*
 * Reading a file of lines (line.h), one at a time in bounded memory, and what
 * holds of the file as a whole: a header is its first line; a file with a
 * header ends in an "end" line, which has the number of lines and, in a
 * backup, a digest of all before it. Empty lines are skipped.
 */

#include "cmd.h"
#include "line.h"

struct svct_linefile {
    const char *name; /* for people */
    FILE *file;
    char *buffer;
    uint64_t size;    /* bytes; may grow meanwhile */
    uint64_t read;    /* bytes */
    uint64_t number;  /* of the line that was read last, from 1 */
    uint64_t objects; /* lines that were not empty */
    bool header, backup, ended, told;
    struct svct_linefile_digest *digest;
    uint8_t whole[SVCT_DIGEST_LEN]; /* the digest, when ended */
};

/*
 * "-" is standard input. What is no regular file is copied to a file without
 * a name first, so that nobody waits for who writes it. Says what is wrong and
 * returns an exit code.
 */
int svct_linefile_open(const struct svct_call *call, const char *path,
                       struct svct_linefile *ret_file);
void svct_linefile_done(struct svct_linefile *file);

/* A file without a name, on a disk, for what may be too much for the memory.
 * NULL with errno. */
FILE *svct_linefile_spool(void);

/* From the start. SVCT_E_IO, with errno. */
int svct_linefile_rewind(struct svct_linefile *file);

/*
 * The next line; *ret_got false at the end. An error is about the line
 * "number", and the next one may be read; but after SVCT_E_IO and SVCT_E_NOMEM.
 * At the end it is told, once, if the file was cut.
 */
int svct_linefile_next(struct svct_linefile *file, struct svct_line *ret_line,
                       bool *ret_got, struct svct_fault *fault);

#endif
