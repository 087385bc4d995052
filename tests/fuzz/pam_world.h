/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_FUZZ_PAM_WORLD_H
#define SVCT_FUZZ_PAM_WORLD_H

/*
 * The accounts and tokens of pam_fuzz, and what is right about them, written
 * again by hand: nothing of the product's rules is used.
 *
 *     deploy  Admin (Unix group adm)
 *         plain; capped (Viewer); few (two uses); revoked; later (not before
 *         +1000 s); soon (until +600 s); turned (a new secret; the former one
 *         until +100 s)
 *     daemon  Editor
 *         plain; sshd (only for that service)
 *     off     Editor, disabled: plain
 *     late    Editor, until +600 s: plain
 *     near    Editor, from 192.0.2.0/24 and local: plain
 *
 * All other tokens until +3600 s. Times are from WORLD_NOW on, and the clock
 * of the whole process is world_clock.
 */

#include "../support/pamhost.h"

#define WORLD_NOW INT64_C(1800000000)
#define WORLD_FEW 2

enum world_text {
    WORLD_PLAIN = 0,
    WORLD_CAPPED,
    WORLD_USED_FEW,
    WORLD_REVOKED,
    WORLD_LATER,
    WORLD_SOON,
    WORLD_TURNED,
    WORLD_FORMER, /* of the same token */
    WORLD_DAEMON,
    WORLD_SSHD,
    WORLD_OFF,
    WORLD_LATE,
    WORLD_NEAR
};
#define WORLD_TEXTS 13

extern int64_t world_clock;
extern struct minted world_minted[WORLD_TEXTS];
extern unsigned world_uses; /* of "few", granted so far */

/* In PAMHOST_DB. */
void world_make(void);

/* Whose token a text is. */
const char *world_account(enum world_text text);
bool world_is_account(const char *user);

/* What a login is made of. */
struct world_login {
    const char *user;
    const char *service;
    const char *rhost;
    const char *const *argv;
    int argc;
    const char *answer;  /* to a prompt, if there is one; NULL: none */
    const char *authtok; /* NULL: none */
};

enum world_answer {
    WORLD_REFUSES = 0,
    WORLD_MAY_GRANT, /* spelt in a way of which nothing is demanded */
    WORLD_GRANTS
};
/* ret_text: what was presented, where it does not refuse. */
enum world_answer world_decide(const struct world_login *login,
                               enum world_text *ret_text);

/* Do the arguments have the module look into this very database? */
bool world_looks_here(const struct world_login *login);

#endif
