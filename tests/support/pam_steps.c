/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A PAM module for tests: adds its arguments, joined by "|" and ended by ";", to
 * the PAM variable STEPS, and returns the number that the first of them begins
 * with.
 */
#include <config.h>

#include <security/pam_modules.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEP(name)                                                        \
    int name(pam_handle_t *pamh, int flags, int argc, const char **argv); \
    int name(pam_handle_t *pamh, int flags, int argc, const char **argv)  \
    {                                                                     \
        (void)flags;                                                      \
        return note(pamh, argc, argv);                                    \
    }

static int note(pam_handle_t *pamh, int argc, const char **argv)
{
    static char text[16384];
    const char *so_far = pam_getenv(pamh, "STEPS");
    int len =
        snprintf(text, sizeof text, "STEPS=%s", so_far != NULL ? so_far : "");

    for (int i = 0; i < argc && len < (int)sizeof text; i++)
        len += snprintf(text + len, sizeof text - (size_t)len, "%s%s",
                        i > 0 ? "|" : "", argv[i]);
    if (len < (int)sizeof text)
        snprintf(text + len, sizeof text - (size_t)len, ";");
    pam_putenv(pamh, text);
    return argc > 0 ? (int)strtol(argv[0], NULL, 10) : PAM_SUCCESS;
}

STEP(pam_sm_authenticate)
STEP(pam_sm_acct_mgmt)
STEP(pam_sm_open_session)
STEP(pam_sm_chauthtok)
