/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A PAM module for tests: hands every call on to the program that it is loaded
 * into. So that program has libpam's whole handle in hand as a module has it,
 * and can call another module with any arguments and flags, which no line of
 * pam.d(5) can hold.
 */
#include <config.h>

#include "pam_relay.h"

#define RELAY(function, phase)                                                \
    int function(pam_handle_t *pamh, int flags, int argc, const char **argv); \
    int function(pam_handle_t *pamh, int flags, int argc, const char **argv)  \
    {                                                                         \
        (void)argc;                                                           \
        (void)argv;                                                           \
        return pam_relay(pamh, phase, flags);                                 \
    }

RELAY(pam_sm_authenticate, PAM_RELAY_AUTHENTICATE)
RELAY(pam_sm_setcred, PAM_RELAY_SETCRED)
RELAY(pam_sm_acct_mgmt, PAM_RELAY_ACCOUNT)
RELAY(pam_sm_open_session, PAM_RELAY_OPEN)
RELAY(pam_sm_close_session, PAM_RELAY_CLOSE)
RELAY(pam_sm_chauthtok, PAM_RELAY_CHAUTHTOK)
