/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_PAM_PROMPT_H
#define SVCT_PAM_PROMPT_H

/*
 * Getting at what the user typed. The prompt is the one that everything that
 * answers prompts waits for (sudo -p, Ansible, sshpass).
 */

#include <security/pam_modules.h>

#include "auth/options.h"

#define SVCT_PROMPT "Password: "

struct svct_answer {
    const char *text; /* NULL: there is none */
    char *owned;      /* the same when it came from a prompt */
};

/*
 * By the options, the password typed for a module before us, or an own prompt.
 * PAM_SUCCESS with an answer, PAM_CONV_AGAIN, or PAM_AUTH_ERR without one. The
 * caller ends with done in every case. PAM_AUTHTOK is never set.
 */
int svct_prompt_get(pam_handle_t *pamh, const struct svct_options *options,
                    struct svct_answer *ret_answer);

/* Wipes and frees what came from a prompt. */
void svct_prompt_done(struct svct_answer *answer);

#endif
