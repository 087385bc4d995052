/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_PAMDIR_H
#define SVCT_ADMIN_PAMDIR_H

/* Where libpam of this host finds service files and modules. */

#include "pamconf.h"

#define SVCT_PAMDIR_FOLDER "/etc/pam.d"

/* For svctoken: the one that counts, for others the vendor's. An
 * svct_pamconf_open_fn; arg is not used. */
int svct_pamdir_open(void *arg, const char *name, char **ret_data,
                     size_t *ret_len, char ret_path[SVCT_PAMCONF_PATH_MAX],
                     struct svct_fault *fault);

/* Can libpam find that module? An svct_pamwalk_has_fn. */
bool svct_pamdir_has(void *arg, const char *module);

/* The file that it finds, resolved; false: none. */
bool svct_pamdir_find(const char *module, char *ret_path, size_t size);

/* Is it the name of a service: of letters, digits, ".", "_" and "-", with none
 * of these two before all, and no name of a backup? */
bool svct_pamdir_is_service(const char *name);

/* The services that have a file in /etc/pam.d, in the order of bytes, at most
 * SVCT_PAMDIR_MAX: calls put for each. SVCT_E_IO, SVCT_E_ACCESS, SVCT_E_NOMEM.
 * *ret_more: there are more. */
#define SVCT_PAMDIR_MAX 256
#define SVCT_PAMDIR_NAME 64 /* bytes of a name, with its NUL */
struct svct_pamdir_names {
    size_t count;
    char name[SVCT_PAMDIR_MAX][SVCT_PAMDIR_NAME];
    bool more;
};
int svct_pamdir_list(struct svct_pamdir_names *ret_names,
                     struct svct_fault *fault);

#endif
