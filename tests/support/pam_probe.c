/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A PAM module for tests: what stands beside ours in a session stack.
 *
 *     set=VALUE   puts VALUE where a module leaves a limit for pam_systemd
 *     (none)      reads it as pam_systemd does when it opens its session, a
 *                 NUL-terminated text, and tells in PROBE_RUNTIME what came
 *                 of it: seconds, "none", or "unreadable"
 */
#include <config.h>

#include <errno.h>
#include <security/pam_modules.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT "systemd.runtime_max_sec"

int pam_sm_open_session(pam_handle_t *pamh, int flags, int argc,
                        const char **argv);
int pam_sm_close_session(pam_handle_t *pamh, int flags, int argc,
                         const char **argv);

static void text_free(pam_handle_t *pamh, void *data, int error_status)
{
    (void)pamh;
    (void)error_status;
    free(data);
}

/* append_session_runtime_max_sec() in systemd: empty and "infinity" are no
 * limit, a number without a unit is seconds, what can't be read is ignored. */
static void tell(pam_handle_t *pamh, const char *limit)
{
    char text[80], *end = NULL;
    unsigned long long seconds = 0;

    errno = 0;
    if (limit != NULL)
        seconds = strtoull(limit, &end, 10);
    if (limit == NULL || limit[0] == '\0' || strcmp(limit, "infinity") == 0)
        snprintf(text, sizeof text, "PROBE_RUNTIME=none");
    else if (errno != 0 || end == limit || *end != '\0' || *limit == '-')
        snprintf(text, sizeof text, "PROBE_RUNTIME=unreadable");
    else
        snprintf(text, sizeof text, "PROBE_RUNTIME=%llu", seconds);
    pam_putenv(pamh, text);
}

int pam_sm_open_session(pam_handle_t *pamh, int flags, int argc,
                        const char **argv)
{
    const void *data = NULL;

    (void)flags;
    if (argc == 1 && strncmp(argv[0], "set=", 4) == 0)
        return pam_set_data(pamh, LIMIT, strdup(argv[0] + 4), text_free);
    if (pam_get_data(pamh, LIMIT, &data) != PAM_SUCCESS)
        data = NULL;
    tell(pamh, data);
    return PAM_SUCCESS;
}

int pam_sm_close_session(pam_handle_t *pamh, int flags, int argc,
                         const char **argv)
{
    (void)pamh;
    (void)flags;
    (void)argc;
    (void)argv;
    return PAM_SUCCESS;
}
