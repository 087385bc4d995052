/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_TESTS_PAMHOST_H
#define SVCT_TESTS_PAMHOST_H

/*
 * A program that uses PAM, for tests: real libpam, the real module, a pam.d
 * folder of its own, a user at the keyboard who does as told, and the system
 * log caught (libpam's syslog() is this program's).
 */

#include <security/pam_appl.h>

#include "dbmake.h"

#define PAMHOST_DB "/mnt/db"
#define PAMHOST_CONFDIR "/mnt/pam.d"
#define PAMHOST_MODULE "/mnt/pam_svctoken.so"

/* What an ignoring module leads to: in each stack pam_deny stands behind it,
 * whose codes are none that the module returns there. */
#define IGNORED_ACCOUNT PAM_AUTH_ERR
#define IGNORED_SESSION PAM_SESSION_ERR
#define IGNORED_PASSWORD PAM_AUTHTOK_ERR

struct pamhost {
    pam_handle_t *pamh;
    struct pam_conv conv;
    /* What the user does at a prompt: types the token, or the text; with
     * neither, the answer is NULL. */
    const struct minted *token;
    const char *text;
    const char *second_text; /* from the second prompt on; NULL: the same */
    int conv_code;           /* other than PAM_SUCCESS: gives up */
    void (*while_typing)(void);
    int prompts, echoed, messages;
    char prompt[64];
    char message[512];
    unsigned delay; /* microseconds that libpam would have waited */
};

/* Copies the module (from the environment's SVCT_MODULE) into the private
 * place, makes the pam.d folder. false with the reason. */
bool pamhost_setup(const char **ret_reason);

/* The stacks of a service: the module with these arguments ("" for none) after
 * the PAMHOST_DB one. Each code of its reaches the caller as it is. */
void pamhost_stack(const char *service, const char *arguments);
/* The same without db=, and with lines before the one in auth. */
void pamhost_stack_raw(const char *service, const char *before,
                       const char *arguments);

void pamhost_start(struct pamhost *host, const char *service, const char *user);
void pamhost_end(struct pamhost *host);

/* ---- the log ---- */

struct logline {
    int level; /* LOG_INFO, ... */
    char text[1024];
};

void pamhost_log_clear(void);
/* From now on each line goes to the C library's syslog(3) as well: for a
 * process that has nobody to listen there. */
void pamhost_log_through(void);
/* From now on each line goes there instead, in the thread that logs it. */
typedef void pamhost_line_fn(const char *line);
void pamhost_log_to(pamhost_line_fn *to);
/* Lines of our module since then. */
int pamhost_log_count(void);
/* The n-th of these, without "pam_svctoken(service:type): ". */
const struct logline *pamhost_log_line(int n);
/* Does any line of anybody hold twelve bytes in a row of the token's secret?
 */
bool pamhost_log_tells(const struct minted *minted);

#endif
