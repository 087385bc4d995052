/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_PAMWORLD_H
#define SVCT_ADMIN_PAMWORLD_H

/*
 * A world to try a service file in: this host as this process alone sees it,
 * with the file in its place, with a person and two service accounts that
 * nobody else knows, and with a token database of their own.
 *
 * It is a mount namespace: all file systems are read-only in it, /run is empty
 * (so nscd, logind and the log of the host hear nothing), and passwd(5),
 * shadow(5) and the database are copies in memory. There is no network, where the kernel
 * lets one leave it. All of it is gone when the last process in it ends, however
 * it ends. To be called in a child of one thread that ends afterwards.
 */

#include <sys/types.h>

#include "auth/secret.h"

#define SVCT_PAMWORLD_PERSON "svct-try-person"
#define SVCT_PAMWORLD_PASSWORD "svctoken throw-away person"
#define SVCT_PAMWORLD_ACCOUNT "svct-try-account"
#define SVCT_PAMWORLD_DISABLED "svct-try-off"
#define SVCT_PAMWORLD_NOBODY "svct-try-nobody" /* whom nobody knows */

struct svct_pamworld {
    const char *service_path; /* "/etc/pam.d/sshd" */
    const char *text;         /* what shall stand there */
    size_t len;
    const char *module_path; /* the file of the module, resolved */
    int64_t now;
    uid_t uid;                   /* set: of the person */
    struct svct_secret token;    /* set: of the account */
    struct svct_secret disabled; /* of the disabled one */
    struct svct_secret forged;   /* nobody's */
};

/* Enters it; the service file is the host's as yet. SVCT_E_ACCESS: this host
 * lets nobody have such a world (a container); SVCT_E_EXISTS: it has a user of
 * one of those names; SVCT_E_NODB; SVCT_E_IO, ... */
int svct_pamworld_enter(struct svct_pamworld *world, struct svct_fault *fault);

/* From now on the text stands in the service file, or does not any more. */
int svct_pamworld_put(const struct svct_pamworld *world,
                      struct svct_fault *fault);

/* What may go wrong: each can be begun and ended. */
enum svct_pamworld_lack {
    SVCT_PAMWORLD_WHOLE,       /* nothing does */
    SVCT_PAMWORLD_NO_DATABASE, /* its folder is empty */
    SVCT_PAMWORLD_DAMAGED,     /* a file of it is cut */
    SVCT_PAMWORLD_NO_MODULE    /* the module can't be loaded */
};
#define SVCT_PAMWORLD_LACKS 4
int svct_pamworld_begin(const struct svct_pamworld *world,
                        enum svct_pamworld_lack lack, struct svct_fault *fault);
int svct_pamworld_end(const struct svct_pamworld *world,
                      enum svct_pamworld_lack lack, struct svct_fault *fault);

/* In a child: a /run of its own, so that what a login leaves there, as a count of
 * failures, is not the next one's. */
int svct_pamworld_alone(void);

#endif
