/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_DOCTOR_SHADOW_H
#define SVCT_ADMIN_DOCTOR_SHADOW_H

/* What a line of shadow(5) means for a service account. Pure. */

#include <shadow.h>

#include "base/err.h"

/* Could somebody type a password for it (or none)? */
bool svct_doctor_shadow_opens(const struct spwd *line);

/*
 * Why pam_unix refuses the user in the account phase, where a token changes
 * nothing: "has expired", "must change its password", a text that goes behind
 * the name; NULL: it does not. now: Unix seconds.
 */
const char *svct_doctor_shadow_refuses(const struct spwd *line, int64_t now);

#endif
