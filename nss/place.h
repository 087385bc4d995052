/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_NSS_PLACE_H
#define SVCT_NSS_PLACE_H

/*
 * Where the module looks. Functions, and in a file of their own, so that the
 * tests can link others; a name service has no options, and believes no
 * environment.
 */

/* The folder of the database. */
const char *svct_nss_dir(void);

/* The file with the host's users, as passwd(5). */
const char *svct_nss_passwd_file(void);

/* The file with the host's groups, as group(5). */
const char *svct_nss_group_file(void);

#endif
