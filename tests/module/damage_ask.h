/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_TESTS_DAMAGE_ASK_H
#define SVCT_TESTS_DAMAGE_ASK_H

/*
 * For damage.c: what is asked of a database, and the answers as texts that
 * can be compared. An answer that lets somebody in begins with "granted", one
 * of the name service that tells something with "found".
 */

#include "damage_world.h"

#define DAMAGE_ANSWER 6000
#define DAMAGE_QUESTIONS_MAX 128

enum damage_kind {
    DAMAGE_LOGIN = 0,   /* svct_verify_token */
    DAMAGE_ACCOUNT,     /* the account phase, below PAM */
    DAMAGE_WHOSE,       /* svct_verify_whose */
    DAMAGE_PAM_LOGIN,   /* pam_authenticate, pam_acct_mgmt */
    DAMAGE_PAM_ACCOUNT, /* pam_acct_mgmt alone */
    DAMAGE_NSS_ONE,     /* getpwnam and the like */
    DAMAGE_NSS_ALL      /* getpwent, getgrent: a line for each entry */
};

struct damage_question {
    enum damage_kind kind;
    const char *user; /* whose login it is; NULL: the name service's */
    const struct damage_login *login;
    void (*ask)(const struct damage_question *question, char *answer);
    uint32_t id;
};

/* All there are; their number. */
size_t damage_ask_list(const struct damage_world *world,
                       struct damage_question *ret_questions);

/* What the module of a login that is nobody's of ours may answer. */
bool damage_ask_is_person(const char *answer);

/* What is no answer: the name service tells nothing. */
bool damage_ask_is_silent(const char *answer);

#endif
