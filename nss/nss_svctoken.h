/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_NSS_SVCTOKEN_H
#define SVCT_NSS_SVCTOKEN_H

/*
 * The entry points of the name service module, as the C library calls them
 * (its manual, "Name Service Switch", NSS Modules Interface).
 *
 *     SUCCESS, NOTFOUND    errno and *errnop stay
 *     TRYAGAIN, ERANGE     the buffer is too small
 *     TRYAGAIN, EAGAIN     no memory, or no descriptor
 *     UNAVAIL, ENOENT      there is no database
 *     UNAVAIL, EIO         it is damaged, unsafe, a newer program's, or can't
 *                          be read
 */

#include <grp.h>
#include <nss.h>
#include <pwd.h>

enum nss_status _nss_svctoken_getpwnam_r(const char *name,
                                         struct passwd *result, char *buffer,
                                         size_t len, int *errnop);
enum nss_status _nss_svctoken_getpwuid_r(uid_t uid, struct passwd *result,
                                         char *buffer, size_t len, int *errnop);
enum nss_status _nss_svctoken_setpwent(int stayopen);
enum nss_status _nss_svctoken_getpwent_r(struct passwd *result, char *buffer,
                                         size_t len, int *errnop);
enum nss_status _nss_svctoken_endpwent(void);

enum nss_status _nss_svctoken_getgrnam_r(const char *name, struct group *result,
                                         char *buffer, size_t len, int *errnop);
enum nss_status _nss_svctoken_getgrgid_r(gid_t gid, struct group *result,
                                         char *buffer, size_t len, int *errnop);
enum nss_status _nss_svctoken_setgrent(int stayopen);
enum nss_status _nss_svctoken_getgrent_r(struct group *result, char *buffer,
                                         size_t len, int *errnop);
enum nss_status _nss_svctoken_endgrent(void);

/* A user of ours has its groups by its role; *errnop is untouched when it is
 * none. Those that are in the list already stay. */
enum nss_status _nss_svctoken_initgroups_dyn(const char *user, gid_t group,
                                             long *start, long *size,
                                             gid_t **groupsp, long limit,
                                             int *errnop);

#endif
