/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_SETUP_H
#define SVCT_ADMIN_SETUP_H

/*
 * svctoken setup: the lines of pam_svctoken in a service file of /etc/pam.d.
 *
 * A plan is what shall become of one file. It is made of all services that are
 * named before anything is done, and nothing is done when one of them can't be;
 * then the change is shown, asked about, tried (pamtry.h), and put in place.
 * What a run of it killed leaves is what etcfile.h says.
 */

#include "cmd.h"
#include "etcfile.h"
#include "out.h"
#include "pamdir.h"
#include "pamedit.h"
#include "pamwalk.h"

/* ---- how a service is ---- */

enum svct_setup_state {
    SVCT_SETUP_NOT,      /* pam_svctoken is not in it; it can be set up */
    SVCT_SETUP_DONE,     /* it is, as it should be */
    SVCT_SETUP_FAULTY,   /* it is, but a token or a refusal does not count, or
                           somebody is locked out */
    SVCT_SETUP_NO_PLACE, /* nothing in the file asks for a password, or it has
                            no line for account */
    SVCT_SETUP_UNKNOWN   /* the file is not understood */
};

/* "not_set_up", "set_up", "faulty", "no_place", "not_understood": an interface.
 */
const char *svct_setup_state_name(enum svct_setup_state state);

struct svct_setup {
    char service[SVCT_PAMDIR_NAME];
    char path[SVCT_PAMCONF_PATH_MAX]; /* "/etc/pam.d/sshd" */
    enum svct_setup_state state;
    char why[400];             /* of FAULTY and UNKNOWN: a sentence */
    struct svct_pamconf *conf; /* of the file as it is; NULL: not read */
    struct svct_pamwalk walk;
    struct svct_etcfile file; /* as it is */
    struct svct_pamedit edit; /* of NOT: what shall be */
    char note[400]; /* of the new text: what is worth knowing; "" for none */
    char *diff;
    bool changed; /* done */
    bool tested;
    unsigned logins; /* of the test */
};

/* Reads the service, and finds out how it is; with the new text if there is one.
 * *ret_setup is for svct_setup_free. SVCT_E_NOTFOUND: there is no such file;
 * SVCT_E_ACCESS, SVCT_E_IO, SVCT_E_NOMEM. */
int svct_setup_look(const char *service, struct svct_setup **ret_setup,
                    struct svct_fault *fault);
void svct_setup_free(struct svct_setup *setup);

/* Is it a fault that a service must not have? */
bool svct_setup_is_grave(const struct svct_pamwalk_fault *fault);

/* What is beside the file of a setup that was killed, and where to: a sentence;
 * false: nothing. */
bool svct_setup_leftover(const char *service, char *out, size_t size);

/* ---- steps of doing and of undoing it (setup_step.c) ---- */

/* One admin at a time. ret_fd: to be closed. An exit code. */
int svct_setup_lock(const struct svct_call *call, int *ret_fd);

/* Shows a diff: on standard output, or, with --json, where there is somebody to
 * ask, on standard error. */
void svct_setup_show(const struct svct_call *call, const char *diff, bool asks);

/* NULL is null; where it is no UTF-8, what is not ASCII becomes \\xNN, and it is
 * cut. */
json_t *svct_setup_diff(const char *diff);

/* ---- the parts of the command ---- */

/* Of all services, or of those that are named. */
extern const struct svct_column svct_setup_columns[];
int svct_setup_status(const struct svct_call *call);

int svct_setup_undo(const struct svct_call *call, bool yes, bool dry_run);

/* Does sshd ask for a password, and PAM for it? Says so if not. */
void svct_setup_hint_sshd(void);

#endif
