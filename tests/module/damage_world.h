/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_TESTS_DAMAGE_WORLD_H
#define SVCT_TESTS_DAMAGE_WORLD_H

/*
 * For damage.c: a database in PAMHOST_DB with one of everything, of which a
 * lot was taken back in its last generations. The name service's core looks
 * there when this is linked (nss/place.h).
 */

#include "../support/pamhost.h"
#include "auth/policy.h"

#define DAMAGE_LOGINS_MAX 24

struct damage_login {
    const char *user;
    struct minted token;
    enum svct_verdict verdict; /* SVCT_UNDECIDED: there is no such account */
};

struct damage_world {
    struct damage_login login[DAMAGE_LOGINS_MAX];
    size_t logins;
};

/* Who is who. */
#define DAMAGE_EXISTING "deploy" /* has a Unix user on the host */
#define DAMAGE_OWN "builder"     /* is one by svctoken alone: */
#define DAMAGE_OWN_UID 70010
#define DAMAGE_MOVED "mover" /* likewise, has another role now */
#define DAMAGE_MOVED_UID 70011
#define DAMAGE_OFF "off"   /* disabled */
#define DAMAGE_GONE "gone" /* deleted */
#define DAMAGE_GONE_UID 70012
#define DAMAGE_PERSON "alice"
#define DAMAGE_GROUP "svcbuild" /* an own group, of DAMAGE_OWN's role */
#define DAMAGE_GROUP_GID 70000
#define DAMAGE_TAKEN "svcdrop" /* one that was taken from that role */
#define DAMAGE_TAKEN_GID 70001
#define DAMAGE_HOST_GROUP "docker"

void damage_world_make(struct damage_world *world);

#endif
