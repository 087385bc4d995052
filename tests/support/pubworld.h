/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_TESTS_PUBWORLD_H
#define SVCT_TESTS_PUBWORLD_H

/*
 * The users and groups that the tests of the name service know: a sound
 * public.gdbm in TESTDB and a group file of the host. The name service's core
 * looks there (nss/place.h) when this is linked.
 *
 *     web0 ... web69   65536 ...  role Admin: svcadm, docker, ghost, rootly
 *     ed0, ed1, ed2    66000 ...  role Editor: svcadm, edit
 *     lone             67000      role Lonely: none; gid 100, of the host
 *
 * svcadm (70000) and edit (70001) are own groups. docker is the host's 998,
 * rootly its 0, ghost it does not have.
 */

#include "pubdb.h"

#define PUBWORLD_PASSWD_FILE PRIVDIR "/passwd"
#define PUBWORLD_GROUP_FILE PRIVDIR "/group"
#define PUBWORLD_WEBS 70
#define PUBWORLD_EDS 3
#define PUBWORLD_USERS (PUBWORLD_WEBS + PUBWORLD_EDS + 1)
#define PUBWORLD_GROUPS (PUBWORLD_WEBS + PUBWORLD_EDS + 2)

/* Makes it anew in a folder, whatever is there. */
void pubworld_make(const char *where);

/* The same where the module as built looks. false, and says so, where somebody
 * else could write above that folder: then it is not believed. */
bool pubworld_make_hosts(void);

/* Where the module looks; what it is told at the start is above. */
void pubworld_look_at(const char *dir, const char *group_file);

/* A file of the current generation, opened O_RDWR, for doing damage to it. */
int pubworld_open_file(void);

/* Is this entry, of that name, just as the database has it? */
struct passwd;
bool pubworld_is_true(const struct passwd *passwd);

#endif
