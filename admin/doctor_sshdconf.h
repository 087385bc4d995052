/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_DOCTOR_SSHDCONF_H
#define SVCT_ADMIN_DOCTOR_SSHDCONF_H

/*
 * What sshd says of one login (sshd -T -C user=...), and what that means for
 * somebody who has a token and nothing else. Pure.
 */

#include "base/err.h"

enum svct_sshdconf_user {
    SVCT_SSHDCONF_LET,     /* none of the lists keeps the user out */
    SVCT_SSHDCONF_DENIED,  /* DenyUsers or DenyGroups does */
    SVCT_SSHDCONF_LEFT_OUT /* AllowUsers or AllowGroups has not got him */
};

struct svct_sshdconf {
    bool known; /* the settings below were in it */
    bool pam;
    bool password;     /* PasswordAuthentication */
    bool kbdint;       /* KbdInteractiveAuthentication */
    bool empty;        /* PermitEmptyPasswords */
    bool dns;          /* UseDNS */
    unsigned tries;    /* MaxAuthTries; 0: not said */
    char service[64];  /* PAMServiceName; "": not said, then it is sshd */
    char methods[512]; /* AuthenticationMethods; "": any */
};

/* From the lines that sshd prints; a name that is not among them stays 0. */
void svct_sshdconf_read(const char *text, struct svct_sshdconf *ret_conf);

/* Does a password open a login: by itself; only with something else (a key)
 * besides; not at all? */
enum svct_sshdconf_password {
    SVCT_SSHDCONF_NOT, /* zero refuses */
    SVCT_SSHDCONF_BESIDES,
    SVCT_SSHDCONF_ALONE
};
enum svct_sshdconf_password svct_sshdconf_password(
    const struct svct_sshdconf *conf);

/*
 * Do AllowUsers and its kin let this user in? groups: the names of the
 * user's groups, ends in NULL. An entry USER@HOST that denies is passed over
 * (it may be about another host), one that allows counts as if without host.
 * ret_list, of 16 bytes, gets the name of the list that does not.
 */
enum svct_sshdconf_user svct_sshdconf_lets(const char *text, const char *user,
                                           const char *const *groups,
                                           char ret_list[16]);

#endif
