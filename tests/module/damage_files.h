/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_TESTS_DAMAGE_FILES_H
#define SVCT_TESTS_DAMAGE_FILES_H

/*
 * For damage.c: the files of one database, doing damage to them as disks,
 * cut-off writes and restores of single files do, and undoing it. Whatever
 * fails here ends the program.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum damage_file {
    DAMAGE_PRIVATE = 0,
    DAMAGE_PUBLIC,
    DAMAGE_NAMES,
    DAMAGE_USAGE,
    DAMAGE_ROLL,
    DAMAGE_CURRENT, /* the link */
    DAMAGE_FILES
};
#define DAMAGE_ALL ((1u << DAMAGE_FILES) - 1)

/* The database as it is now is an older one, whose blocks may come back. */
void damage_files_keep(const char *dir);

/* As it is now it is undamaged. The folder stays open. */
void damage_files_begin(const char *dir);

struct damage {
    unsigned files;  /* bits: 1 << enum damage_file */
    unsigned older;  /* those with bytes that were good in an older generation;
                       not "usage" where of each slot one copy is untouched */
    bool older_link; /* the link names another generation, which is whole */
    char words[512]; /* what was done, for a report */
};

/* Does some damage, from the next numbers of random. */
void damage_files_do(uint64_t *random, struct damage *ret_damage);

/* NULL when the files are as the damage left them, but for the contents of
 * "usage"; else which is not. */
const char *damage_files_touched(void);

/* Those of these bits, and "usage", which logins have written. */
void damage_files_mend(unsigned files);

uint64_t damage_random(uint64_t *random);

#endif
