/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_TESTS_PAM_RELAY_H
#define SVCT_TESTS_PAM_RELAY_H

/* Between pam_relay.so and the program that it is loaded into. */

#include <security/pam_modules.h>

enum pam_relay_phase {
    PAM_RELAY_AUTHENTICATE = 0,
    PAM_RELAY_SETCRED,
    PAM_RELAY_ACCOUNT,
    PAM_RELAY_OPEN,
    PAM_RELAY_CLOSE,
    PAM_RELAY_CHAUTHTOK
};
#define PAM_RELAY_PHASES 6

/* The program's, which is linked with -export-dynamic. */
int pam_relay(pam_handle_t *pamh, enum pam_relay_phase phase, int flags);

#endif
