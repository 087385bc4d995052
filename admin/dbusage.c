/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "dbusage.h"

#include <fcntl.h>
#include <stdarg.h>

struct svct_dbusage_token {
    char id[SVCT_TOKEN_ID_LEN + 1];
    uint32_t slot;
    bool limited;
};

struct telling {
    svct_dbusage_tell_fn *fn;
    void *arg;
};

static void __attribute__((format(printf, 2, 3)))
tell(const struct telling *telling, const char *format, ...)
{
    char sentence[400];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    telling->fn(telling->arg, sentence);
}

int svct_dbusage_take(struct svct_dbusage *usage,
                      const struct svct_token *token)
{
    struct svct_dbusage_token *more;

    if (token->slot == 0)
        return 0;
    if (usage->count == usage->room) {
        usage->room = usage->room == 0 ? 64 : usage->room * 2;
        more = reallocarray(usage->token, usage->room, sizeof(*more));
        if (more == NULL)
            return SVCT_E_NOMEM;
        usage->token = more;
    }
    more = &usage->token[usage->count++];
    memcpy(more->id, token->id, sizeof(more->id));
    more->slot = token->slot;
    more->limited = token->max_uses != 0;
    return 0;
}

void svct_dbusage_done(struct svct_dbusage *usage)
{
    free(usage->token);
    *usage = (struct svct_dbusage){.token = NULL};
}

/* ---- the record and the tokens ---- */

static int by_slot(const void *a, const void *b)
{
    const struct svct_dbusage_token *left = a, *right = b;

    return (left->slot > right->slot) - (left->slot < right->slot);
}

static const struct svct_dbusage_token *owner_of(
    const struct svct_dbusage *usage, uint32_t slot)
{
    struct svct_dbusage_token wanted = {.slot = slot};

    if (usage->count == 0)
        return NULL;
    return bsearch(&wanted, usage->token, usage->count, sizeof(*usage->token),
                   by_slot);
}

static void compare_free(const struct svct_dbusage *usage,
                         const struct telling *telling)
{
    const struct svct_slots *slots = &usage->slots;

    for (size_t i = 0; i < slots->free_count; i++) {
        const struct svct_dbusage_token *owner =
            owner_of(usage, slots->free[i]);

        if (owner != NULL)
            tell(telling,
                 "the slot %u is listed as free, and the token %s has "
                 "it",
                 (unsigned)slots->free[i], owner->id);
        for (size_t k = 0; k < i; k++)
            if (slots->free[k] == slots->free[i])
                tell(telling, "the slot %u is listed as free twice",
                     (unsigned)slots->free[i]);
    }
}

static void compare_tokens(const struct svct_dbusage *usage,
                           const struct telling *telling)
{
    const struct svct_dbusage_token *before = NULL;

    for (size_t i = 0; i < usage->count; i++) {
        const struct svct_dbusage_token *token = &usage->token[i];

        if (before != NULL && before->slot == token->slot)
            tell(telling, "the tokens %s and %s have the same slot, %u",
                 before->id, token->id, (unsigned)token->slot);
        if (token->slot >= usage->slots.next)
            tell(telling,
                 "the token %s has the slot %u, which was never given "
                 "out",
                 token->id, (unsigned)token->slot);
        before = token;
    }
}

/* ---- the file ---- */

#define LOCK_WAIT 2000 /* milliseconds for a login that is in the slot */

/* What a slot says, and what each copy of it does. */
struct looked {
    int code; /* 0: it says what it should */
    struct svct_seen seen[SVCT_USAGE_COPIES];
    const char *wrong[SVCT_USAGE_COPIES]; /* NULL: nothing */
};

/* Why a copy is not what it should be; NULL when it is. */
static const char *wrong_with(const struct svct_dbusage_token *token, int code,
                              const struct svct_seen *seen)
{
    if (code == 0)
        return strcmp(seen->id, token->id) == 0 ? NULL : "is another token's";
    switch (code) {
    case SVCT_E_NOTFOUND:
        return token->limited ? "is empty" : NULL;
    case SVCT_E_RANGE:
        return "is behind the end of the file";
    case SVCT_E_DAMAGED:
        return "is damaged";
    case SVCT_E_VERSION:
        return "is a newer program's";
    default:
        return "can't be read";
    }
}

static struct looked look(const struct svct_usage *file,
                          const struct svct_dbusage_token *token)
{
    struct looked looked = {.code = 0};
    struct svct_seen unused;

    looked.code =
        token->limited
            ? svct_usage_read_count(file, token->slot, token->id, &unused)
            : svct_usage_read_note(file, token->slot, token->id, &unused);
    if (looked.code == SVCT_E_NOTFOUND && !token->limited)
        looked.code = 0; /* never used */
    for (unsigned i = 0; i < SVCT_USAGE_COPIES; i++)
        looked.wrong[i] = wrong_with(
            token, svct_usage_read_copy(file, token->slot, i, &looked.seen[i]),
            &looked.seen[i]);
    return looked;
}

static bool is_good(const struct looked *looked, bool limited)
{
    return looked->code == 0 && looked->wrong[0] == NULL &&
           looked->wrong[1] == NULL &&
           (!limited || looked->seen[0].uses == looked->seen[1].uses);
}

/* Once more, with nobody between the writing of one copy and of the other. */
static struct looked look_again(const struct svct_usage *file,
                                const struct svct_dbusage_token *token)
{
    int r = svct_usage_lock(file, token->slot, LOCK_WAIT);
    struct looked looked = look(file, token);

    if (r == 0)
        svct_usage_unlock(file, token->slot);
    return looked;
}

static const char *first_wrong(const struct looked *looked)
{
    return looked->wrong[0] != NULL ? looked->wrong[0] : looked->wrong[1];
}

static void tell_lost(const struct svct_dbusage_token *token,
                      const struct looked *looked,
                      const struct telling *telling)
{
    const char *wrong = first_wrong(looked);

    if (wrong == NULL) /* of a slot without a limit, the first copy alone */
        wrong = "is empty in its first copy";
    if (token->limited)
        tell(telling,
             "usage: the slot %u of the token %s %s; its uses can't be "
             "counted, and so it opens nothing: delete it and make another",
             (unsigned)token->slot, token->id, wrong);
    else
        tell(telling,
             "usage: the slot %u of the token %s %s; when that was last used "
             "is not known",
             (unsigned)token->slot, token->id, wrong);
}

/* One of two is enough: a word to whoever wants to know of his disk. */
static void tell_one(const struct svct_dbusage_token *token,
                     const struct looked *looked, const struct telling *telling)
{
    const char *wrong = first_wrong(looked);

    if (wrong != NULL)
        tell(telling,
             "usage: one of the two copies of the slot %u of the token %s %s; "
             "the other one counts%s",
             (unsigned)token->slot, token->id, wrong,
             token->limited ? ", and the next use mends it" : "");
    else
        tell(telling,
             "usage: the two copies of the slot %u of the token %s have %lu "
             "and %lu uses; the higher number counts, and the next use mends "
             "the other",
             (unsigned)token->slot, token->id,
             (unsigned long)looked->seen[0].uses,
             (unsigned long)looked->seen[1].uses);
}

static void compare_slot(const struct svct_usage *file,
                         const struct svct_dbusage_token *token,
                         const struct telling *telling)
{
    struct looked looked = look(file, token);

    if (!is_good(&looked, token->limited))
        looked = look_again(file, token);
    if (looked.code != 0)
        tell_lost(token, &looked, telling);
    else if (!is_good(&looked, token->limited))
        tell_one(token, &looked, telling);
}

static size_t count_limited(const struct svct_dbusage *usage)
{
    size_t count = 0;

    for (size_t i = 0; i < usage->count; i++)
        count += usage->token[i].limited;
    return count;
}

/* It may lack where no token needs it: an older program made no such file. */
static void tell_no_file(const struct svct_dbusage *usage, int code,
                         const struct svct_fault *fault,
                         const struct telling *telling)
{
    size_t limited = count_limited(usage);

    if (code == SVCT_E_NOTFOUND && limited == 0)
        return;
    tell(telling, "%s%s; %zu token%s with a limit of uses open%s nothing",
         code == SVCT_E_NOTFOUND ? "" : "usage: ", fault->what, limited,
         limited == 1 ? "" : "s", limited == 1 ? "s" : "");
}

static void compare_head(const struct svct_usage *file,
                         const struct telling *telling)
{
    bool both = false;
    int r = svct_usage_read_head(file, &both);

    if (r == SVCT_E_NOTFOUND)
        tell(telling, "usage: its head lacks; no token with a limit of uses "
                      "can be made; the next change mends that");
    else if (r != 0)
        tell(telling,
             "usage: its head: %s; no token with a limit of uses can be made; "
             "svctoken-db(5), RECOVERY",
             r == SVCT_E_RANGE ? "cut off" : svct_err_text(r));
    else if (!both)
        tell(telling, "usage: one of the two copies of its head is not sound; "
                      "the next change mends that");
}

static void compare_file(const struct svct_dbusage *usage, int dir_fd,
                         const struct telling *telling)
{
    struct svct_fault fault = {0};
    struct svct_usage file;
    int r = svct_usage_open(dir_fd, O_RDONLY, &file, &fault);

    if (r != 0) {
        tell_no_file(usage, r, &fault, telling);
        return;
    }
    compare_head(&file, telling);
    for (size_t i = 0; i < usage->count; i++)
        compare_slot(&file, &usage->token[i], telling);
    svct_usage_close(&file);
}

void svct_dbusage_compare(struct svct_dbusage *usage, int dir_fd,
                          svct_dbusage_tell_fn *fn, void *arg)
{
    const struct telling telling = {fn, arg};

    if (usage->count > 1)
        qsort(usage->token, usage->count, sizeof(*usage->token), by_slot);
    compare_tokens(usage, &telling);
    compare_free(usage, &telling);
    if (dir_fd >= 0)
        compare_file(usage, dir_fd, &telling);
}
