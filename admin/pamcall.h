/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_PAMCALL_H
#define SVCT_ADMIN_PAMCALL_H

/*
 * A login by PAM, as a program does it: libpam, its modules and all. Only to be
 * called in a child that ends afterwards, for modules stay loaded and change
 * what they like.
 */

#include <sys/types.h>

#include "base/err.h"

struct svct_pamcall {
    const char *service;
    const char *user;
    const char *password; /* NULL: none is asked for, as with an SSH key */
    const char *rhost;    /* NULL: none */
    const char *tty;
    uid_t real_uid; /* of the caller; it has root's rights in any case */
};

struct svct_pamcall_result {
    int auth;    /* what libpam returned; SVCT_PAMCALL_NOT: not called */
    int account; /* not called when auth did not succeed */
    int cred;    /* pam_setcred; likewise */
    unsigned prompts;
    char lacks; /* 0, or what was not reached: 's': pam_start failed */
};
#define SVCT_PAMCALL_NOT (-1)

/* Authenticates, asks for the account, sets and deletes credentials. Opens no
 * session, and waits for no delay. */
void svct_pamcall(const struct svct_pamcall *call,
                  struct svct_pamcall_result *ret_result);

bool svct_pamcall_granted(const struct svct_pamcall_result *result);

/* libpam's words for a code, for people: static. */
const char *svct_pamcall_text(int code);

#endif
