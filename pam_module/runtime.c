/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "runtime.h"

#include "auth/timefmt.h"
#include "base/parse.h"

bool svct_runtime_format(int64_t expires, int64_t now,
                         char out[SVCT_RUNTIME_TEXT])
{
    int64_t left = 1;

    if (expires == SVCT_TIME_NEVER)
        return false;
    if (now >= 0 && expires > now)
        left = expires - now;
    snprintf(out, SVCT_RUNTIME_TEXT, "%lld", (long long)left);
    return true;
}

bool svct_runtime_is_shorter(const char *present, const char *ours)
{
    uint64_t theirs, most;

    return svct_parse_number(ours, 1, INT64_MAX, &most) == 0 &&
           svct_parse_number(present, 1, most, &theirs) == 0;
}

static void text_free(pam_handle_t *pamh, void *data, int error_status)
{
    (void)pamh;
    (void)error_status;
    free(data);
}

bool svct_runtime_limit(pam_handle_t *pamh, int64_t expires, int64_t now)
{
    char text[SVCT_RUNTIME_TEXT], *copy;
    const void *present = NULL;

    if (!svct_runtime_format(expires, now, text))
        return true;
    if (pam_get_data(pamh, SVCT_RUNTIME_DATA, &present) == PAM_SUCCESS &&
        svct_runtime_is_shorter(present, text))
        return true;
    copy = malloc(sizeof text);
    if (copy == NULL)
        return false;
    memcpy(copy, text, sizeof text);
    if (pam_set_data(pamh, SVCT_RUNTIME_DATA, copy, text_free) == PAM_SUCCESS)
        return true;
    free(copy);
    return false;
}
