/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_TESTS_PAMFILES_H
#define SVCT_TESTS_PAMFILES_H

/* A folder of service files in memory, for what reads /etc/pam.d. */

#include "../../admin/pamconf.h"

#define PAMFILES_MAX 8

struct pamfiles {
    struct {
        const char *name;
        const char *text;
        size_t len;
    } file[PAMFILES_MAX]; /* ends in a name of NULL */
};

/* Takes the place of a file, or adds it. */
void pamfiles_put(struct pamfiles *files, const char *name, const char *text);

/* An svct_pamconf_open_fn; arg: the files. Each is in "/etc/pam.d". */
int pamfiles_open(void *arg, const char *name, char **ret_data, size_t *ret_len,
                  char ret_path[SVCT_PAMCONF_PATH_MAX],
                  struct svct_fault *fault);

/* What Debian 12 has, as pam-auth-update(8) writes it. */
extern const struct pamfiles pamfiles_debian;

#endif
