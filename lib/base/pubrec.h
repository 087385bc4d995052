/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_BASE_PUBREC_H
#define SVCT_BASE_PUBREC_H

/*
 * The records of public.gdbm: the Unix users and groups that there are by
 * svctoken alone, for the name service. Everybody can read them. Each says
 * what the private database implies, and nothing besides (write/publish.h).
 * Pure; doc/FORMAT.md lists the tags.
 *
 *     user   an account that is no Unix user of the host, by its name
 *     id     whose uid or gid a number is
 *     role   its groups, and how many members it has; for roles that have any
 *     page   the names of a role's members, SVCT_PUBPAGE_NAMES a page
 *     group  the roles that have it, by its name
 *
 * A user whose gid is its uid has a group of its own: of its name and without
 * a record. A group with the gid 0 is one of the host's: what number it has
 * there is /etc/group's to say, for it is another one on each host.
 *
 * A decode returns SVCT_E_DAMAGED when a field lacks or is not of its form,
 * SVCT_E_VERSION for an unknown critical field. Other unknown fields are passed
 * over, and lost by a rewrite: all of it can be made anew.
 */

#include "base/words.h"

#define SVCT_PUB_PATH_MAX SVCT_TEXT_MAX /* bytes of a home or a shell */
#define SVCT_PUBPAGE_NAMES 64
#define SVCT_PUBROLE_GROUPS 32 /* of a role */
#define SVCT_PUBGROUP_ROLES 64 /* that have a group */

/*
 * Numbers that a user or group of ours may have: from SVCT_ID_LEAST, below
 * which is what distributions give out, to 4294967293, but not 65534 and 65535
 * (nobody, and -1 in 16 bits). What is not usable is nobody's here, and told
 * so without a look into the file.
 */
#define SVCT_ID_LEAST UINT32_C(1000)
#define SVCT_ID_MOST UINT32_C(4294967293)
bool svct_id_is_usable(uint32_t id);

struct svct_pubuser {
    char name[SVCT_LOGIN_MAX + 1];
    uint32_t uid;
    uint32_t gid; /* the uid: a group of its own; else one of the host, not 0 */
    char gecos[SVCT_TEXT_MAX + 1];
    char home[SVCT_PUB_PATH_MAX + 1];
    char shell[SVCT_PUB_PATH_MAX + 1];
    char role[SVCT_ROLE_MAX + 1];
    uint32_t member; /* its place among the members of its role, from 0 */
};

enum svct_pubid_owner {
    SVCT_PUBID_USER = 1,
    SVCT_PUBID_GROUP = 2 /* the own group of a role */
};

struct svct_pubid {
    uint32_t id;
    enum svct_pubid_owner owner;
    char name[SVCT_WORD_MAX + 1];
};

struct svct_pubrole {
    char name[SVCT_ROLE_MAX + 1];
    uint32_t members;
    uint8_t groups_count;
    svct_word groups[SVCT_PUBROLE_GROUPS];
    uint32_t gids[SVCT_PUBROLE_GROUPS]; /* 0: one of the host's */
};

struct svct_pubpage {
    uint8_t count; /* 1 .. SVCT_PUBPAGE_NAMES; only the last page has fewer */
    svct_word names[SVCT_PUBPAGE_NAMES];
};

struct svct_pubgroup {
    char name[SVCT_GROUP_NAME_MAX + 1];
    uint32_t gid; /* 0: one of the host's */
    uint8_t roles_count;
    svct_word roles[SVCT_PUBGROUP_ROLES];
};

/* Keys. An illegal name gives a key of length 0. */
struct svct_key svct_key_pubuser(const char *name);
struct svct_key svct_key_pubid(uint32_t id);
struct svct_key svct_key_pubrole(const char *name);
struct svct_key svct_key_pubpage(const char *role, uint32_t number);
struct svct_key svct_key_pubgroup(const char *name);

int svct_pubuser_decode(struct svct_record *record, struct svct_pubuser *ret);
int svct_pubid_decode(struct svct_record *record, struct svct_pubid *ret);
int svct_pubrole_decode(struct svct_record *record, struct svct_pubrole *ret);
int svct_pubpage_decode(struct svct_record *record, struct svct_pubpage *ret);
int svct_pubgroup_decode(struct svct_record *record, struct svct_pubgroup *ret);

void svct_pubuser_encode(const struct svct_pubuser *user,
                         struct svct_record_writer *writer);
void svct_pubid_encode(const struct svct_pubid *id,
                       struct svct_record_writer *writer);
void svct_pubrole_encode(const struct svct_pubrole *role,
                         struct svct_record_writer *writer);
void svct_pubpage_encode(const struct svct_pubpage *page,
                         struct svct_record_writer *writer);
void svct_pubgroup_encode(const struct svct_pubgroup *group,
                          struct svct_record_writer *writer);

#endif
