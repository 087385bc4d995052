/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_PAM_FACTS_H
#define SVCT_PAM_FACTS_H

/*
 * What a phase knows when it begins: the module's options, who logs in to
 * what from where, and whether that is any business of ours. The texts are
 * PAM's, and stay valid until somebody is asked: who asks is free to set them
 * anew.
 */

#include <security/pam_modules.h>

#include "auth/verify.h"
#include "auth/options.h"

struct svct_login {
    pam_handle_t *pamh;
    const char *phase; /* "auth", "account", ...: for the log */
    struct svct_options options;
    const char *user;    /* NULL when PAM knows none */
    const char *service; /* likewise */
    const char *rhost;   /* likewise */
    struct svct_ownership ownership;
    struct svct_sight *sight; /* what was kept of that look; mostly NULL */
    int error; /* 0, or why ownership.whose is UNKNOWN, with its fault */
    struct svct_fault fault;
};

/* Options and texts alone: for a phase that need not ask whose login it is,
 * since an earlier one has. ownership is "not ours" then. */
void svct_facts_begin(struct svct_login *login, pam_handle_t *pamh,
                      const char *phase, int argc, const char **argv);

/* The texts as they are now, for after a conversation. */
void svct_facts_renew(struct svct_login *login);

/* The rest of it, after begin: looks at the database. */
void svct_facts_ask(struct svct_login *login);

/* The same for a phase that decides afterwards, and ends with done: the
 * decision need not find again what has not changed. */
void svct_facts_look(struct svct_login *login);
void svct_facts_done(struct svct_login *login);

/*
 * Collects all of it. A user without a name, with a name that no account can
 * have, or with uid 0 is not ours, without a look at the database.
 */
void svct_facts_collect(struct svct_login *login, pam_handle_t *pamh,
                        const char *phase, int argc, const char **argv);

/* The clock, Unix seconds: read here and nowhere else. */
int64_t svct_facts_now(void);

/* The same facts for a decision, by the clock of this moment. */
struct svct_attempt svct_facts_attempt(const struct svct_login *login);

#endif
