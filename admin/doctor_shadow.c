/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "doctor_shadow.h"

bool svct_doctor_shadow_opens(const struct spwd *line)
{
    return line->sp_pwdp == NULL ||
           (line->sp_pwdp[0] != '!' && line->sp_pwdp[0] != '*');
}

/* A field that is empty, and one that is not there, is -1. */
const char *svct_doctor_shadow_refuses(const struct spwd *line, int64_t now)
{
    int64_t today = now / 86400, changed = line->sp_lstchg;

    if (line->sp_expire >= 0 && today >= line->sp_expire)
        return "has expired";
    if (changed == 0)
        return "must change its password";
    if (changed > 0 && line->sp_max >= 0 && today - changed > line->sp_max)
        return "has a password that is too old";
    return NULL;
}
