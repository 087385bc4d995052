/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_TESTS_LOAD_STORY_H
#define SVCT_TESTS_LOAD_STORY_H

/*
 * What was right when: for tests/module/load.
 *
 * A subject is something to log in with: a user, a service, a text to type.
 * Its verdict changes by commands, each of which has a begin and an end: by the
 * clock, and by the number of the generation that was current then. Between
 * them the former verdict is right as well as the new one. A login has a begin
 * and an end too, and its verdict must have been right at some moment between
 * them: by the clock and by the generations.
 *
 * In memory that processes share. Each subject is one writer's, who tells all
 * changes of it one after the other; it is judged when all have ended.
 */

#include <stdatomic.h>

#include "../support/pamverdict.h"

#define STORY_SUBJECTS_MAX 1024
#define STORY_CHANGES_MAX 4096

struct story_moment {
    int64_t time; /* CLOCK_MONOTONIC, nanoseconds; 0: before all */
    uint32_t generation;
};

struct story_span {
    struct story_moment begin, end;
};

struct story_change {
    struct story_span span; /* of the command */
    int outcome;            /* from then on, as in struct pamverdict */
};

struct story_subject {
    atomic_bool open; /* all of this is filled in */
    char user[SVCT_LOGIN_MAX + 1];
    char service[16];
    char text[SVCT_TOKEN_LEN + 1];
    uint32_t max_uses; /* then GRANTED becomes SVCT_TOKEN_USED_UP by use */
    unsigned changes;  /* the first is how it begins */
    struct story_change change[STORY_CHANGES_MAX];
};

struct story {
    atomic_bool stop;
    atomic_bool failed;
    atomic_uint subjects; /* those that are not open yet among them */
    struct story_subject subject[STORY_SUBJECTS_MAX];
};

struct story *story_new(void);
/* Without any subject again. */
void story_clear(struct story *story);

/* By the database of pamhost. */
struct story_moment story_now(void);

/* Another one; NULL when there are too many, and then it is time to stop. */
struct story_subject *story_add(struct story *story, const char *user,
                                const char *service, const char *text);
/* The verdict that it has from this command on. A subject without one is not
 * open, and the first opens it. */
void story_tell(struct story *story, struct story_subject *subject, int outcome,
                const struct story_span *span);
/* The same from before all. */
void story_always(struct story *story, struct story_subject *subject,
                  int outcome);

/* Was that right at some moment of the login? USED_UP is taken for GRANTED. */
bool story_was_right(const struct story_subject *subject, int outcome,
                     const struct story_span *login);
/* Was a command under way that changed it? */
bool story_was_changing(const struct story_subject *subject,
                        const struct story_span *login);
/* Did it begin after a command that took a grant away had ended, and end before
 * another began? */
bool story_was_taken_back(const struct story_subject *subject,
                          const struct story_span *login);
/* All changes to standard error. */
void story_print(const struct story_subject *subject);

#endif
