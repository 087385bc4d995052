/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The entry points, the only symbols that the module exports. Each is one call
 * into phase.h; errno stays what it was for the host.
 */
#include <config.h>

#include <errno.h>
#include <security/pam_modules.h>

#include "phase.h"

int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc,
                        const char **argv)
{
    int saved = errno;
    int code = svct_phase_authenticate(pamh, argc, argv);

    (void)flags;
    errno = saved;
    return code;
}

int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    int saved = errno;
    int code = svct_phase_setcred(pamh, flags, argc, argv);

    errno = saved;
    return code;
}

int pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    int saved = errno;
    int code = svct_phase_account(pamh, argc, argv);

    (void)flags;
    errno = saved;
    return code;
}

int pam_sm_open_session(pam_handle_t *pamh, int flags, int argc,
                        const char **argv)
{
    int saved = errno;
    int code = svct_phase_open_session(pamh, flags, argc, argv);

    errno = saved;
    return code;
}

int pam_sm_close_session(pam_handle_t *pamh, int flags, int argc,
                         const char **argv)
{
    int saved = errno;
    int code = svct_phase_close_session(pamh, argc, argv);

    (void)flags;
    errno = saved;
    return code;
}

int pam_sm_chauthtok(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    int saved = errno;
    int code = svct_phase_chauthtok(pamh, flags, argc, argv);

    errno = saved;
    return code;
}
