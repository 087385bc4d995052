/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_DOCTOR_SSHDHOST_H
#define SVCT_ADMIN_DOCTOR_SSHDHOST_H

/*
 * What the check of sshd reads of the host beside sshd's own answers: who could
 * log in, and where a change of sshd's configuration goes. It says nothing, and
 * what can't be read is as if it were not there.
 */

#include "auth/entity.h"

/* Groups of one user that are looked at. */
#define SVCT_SSHDHOST_GROUPS 64

struct svct_sshdhost_groups {
    char *name[SVCT_SSHDHOST_GROUPS + 1]; /* ends in NULL */
};

/* The groups of a user, for svct_sshdhost_groups_done. false, and nothing to
 * free: it is no Unix user. */
bool svct_sshdhost_groups(const char *user,
                          struct svct_sshdhost_groups *ret_groups);
void svct_sshdhost_groups_done(struct svct_sshdhost_groups *groups);

/* Any person: a user of /etc/passwd of the kind that useradd makes; else root. */
void svct_sshdhost_person(char ret_name[SVCT_LOGIN_MAX + 1]);

/* The command that has sshd read its configuration again, if it is good. */
const char *svct_sshdhost_reload(void);

/* The file to whose end a Match block can be added. */
const char *svct_sshdhost_match_file(void);

#endif
