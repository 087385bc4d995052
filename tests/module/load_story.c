/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "load_story.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/snapshot.h"

struct story *story_new(void)
{
    struct story *story =
        mmap(NULL, sizeof *story, PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (story == MAP_FAILED)
        exit(99);
    return story;
}

void story_clear(struct story *story)
{
    for (unsigned i = 0; i < STORY_SUBJECTS_MAX; i++) {
        atomic_store(&story->subject[i].open, false);
        story->subject[i].changes = 0;
        story->subject[i].max_uses = 0;
    }
    atomic_store(&story->subjects, 0);
    atomic_store(&story->stop, false);
}

struct story_moment story_now(void)
{
    char target[SVCT_GENERATION_LEN + 1] = "";
    struct story_moment now = {.time = 0};
    struct timespec clock;

    if (readlink(PAMHOST_DB "/" SVCT_CURRENT, target, sizeof target - 1) !=
        SVCT_GENERATION_LEN)
        abort();
    clock_gettime(CLOCK_MONOTONIC, &clock);
    now.generation = (uint32_t)strtoul(strchr(target, '-') + 1, NULL, 10);
    now.time = clock.tv_sec * INT64_C(1000000000) + clock.tv_nsec;
    return now;
}

/* ---- telling ---- */

struct story_subject *story_add(struct story *story, const char *user,
                                const char *service, const char *text)
{
    unsigned at = atomic_fetch_add(&story->subjects, 1);
    struct story_subject *subject = &story->subject[at];

    if (at >= STORY_SUBJECTS_MAX) {
        atomic_store(&story->subjects, STORY_SUBJECTS_MAX);
        atomic_store(&story->stop, true);
        return NULL;
    }
    snprintf(subject->user, sizeof subject->user, "%s", user);
    snprintf(subject->service, sizeof subject->service, "%s", service);
    snprintf(subject->text, sizeof subject->text, "%s", text);
    return subject;
}

void story_tell(struct story *story, struct story_subject *subject, int outcome,
                const struct story_span *span)
{
    if (subject == NULL || subject->changes == STORY_CHANGES_MAX) {
        atomic_store(&story->failed, true);
        return;
    }
    subject->change[subject->changes++] = (struct story_change){*span, outcome};
    if (subject->changes == STORY_CHANGES_MAX)
        atomic_store(&story->stop, true);
    atomic_store(&subject->open, true);
}

void story_always(struct story *story, struct story_subject *subject,
                  int outcome)
{
    const struct story_span before_all = {.begin = {.time = 0}};

    story_tell(story, subject, outcome, &before_all);
}

/* ---- judging ---- */

/* A command makes at most one generation: a later one than that of its begin,
 * and none later than that of its end. With another writer at work it is not
 * known which. */
static bool may_hold(const struct story_change *change,
                     const struct story_change *next,
                     const struct story_span *login)
{
    uint32_t first = change->span.begin.generation + 1;

    if (change->span.begin.time == 0)
        first = 0;
    if (change->span.begin.time > login->end.time ||
        first > login->end.generation)
        return false;
    return next == NULL ||
           (next->span.end.time >= login->begin.time &&
            next->span.end.generation > login->begin.generation);
}

static const struct story_change *behind(const struct story_subject *subject,
                                         unsigned i)
{
    return i + 1 < subject->changes ? &subject->change[i + 1] : NULL;
}

bool story_was_right(const struct story_subject *subject, int outcome,
                     const struct story_span *login)
{
    if (outcome == SVCT_TOKEN_USED_UP && subject->max_uses > 0)
        outcome = SVCT_GRANTED;
    for (unsigned i = 0; i < subject->changes; i++)
        if (subject->change[i].outcome == outcome &&
            may_hold(&subject->change[i], behind(subject, i), login))
            return true;
    return false;
}

bool story_was_changing(const struct story_subject *subject,
                        const struct story_span *login)
{
    unsigned possible = 0;

    for (unsigned i = 0; i < subject->changes; i++)
        possible +=
            may_hold(&subject->change[i], behind(subject, i), login) ? 1 : 0;
    return possible > 1;
}

bool story_was_taken_back(const struct story_subject *subject,
                          const struct story_span *login)
{
    for (unsigned i = 1; i < subject->changes; i++) {
        const struct story_change *change = &subject->change[i];
        const struct story_change *next = behind(subject, i);

        if (change[-1].outcome == SVCT_GRANTED &&
            change->outcome != SVCT_GRANTED &&
            change->span.end.time <= login->begin.time &&
            (next == NULL || next->span.begin.time >= login->end.time))
            return true;
    }
    return false;
}

void story_print(const struct story_subject *subject)
{
    fprintf(stderr, "    %s by %s:\n", subject->user, subject->service);
    for (unsigned i = 0; i < subject->changes; i++) {
        const struct story_change *change = &subject->change[i];

        fprintf(stderr,
                "    %s by a command from %" PRId64 " (generation %" PRIu32
                ") to %" PRId64 " (%" PRIu32 ")\n",
                pamverdict_name(change->outcome), change->span.begin.time,
                change->span.begin.generation, change->span.end.time,
                change->span.end.generation);
    }
}
