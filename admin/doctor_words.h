/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_DOCTOR_WORDS_H
#define SVCT_ADMIN_DOCTOR_WORDS_H

/* Words for findings that several checks need. Pure. */

#include "auth/entity.h"
#include "finding.h"

/* Bytes for the names of all examples, joined. */
#define SVCT_DOCTOR_NAMES (SVCT_FINDING_EXAMPLES * (SVCT_LOGIN_MAX + 1) + 1)

/* The examples of a finding that are login names, as "a,b,c": as a Match of
 * sshd_config(5) and Defaults of sudoers(5) take them. Returns out. */
char *svct_doctor_join(const struct svct_finding *finding,
                       char out[SVCT_DOCTOR_NAMES]);

/* Cuts what another program said behind its first line; never empty. */
const char *svct_doctor_first_line(char *answer);

#endif
