/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "usagekeep.h"

#include <fcntl.h>
#include <unistd.h>

#include "auth/usage.h"

#define LOCK_WAIT 2000 /* milliseconds for a login that is in the slot */

/* Nobody knows how often: as often as it may. */
static void lost(struct svct_usagekeep *keep, struct svct_line *line)
{
    if (line->token.max_uses == 0)
        return;
    line->usage.uses = line->token.max_uses;
    keep->damaged = true;
}

void svct_usagekeep_open(int dir_fd, bool writing, struct svct_usagekeep *ret)
{
    struct svct_usagekeep keep = {.dir_fd = dir_fd, .err = SVCT_E_NOTFOUND};
    struct svct_usage *usage = malloc(sizeof(*usage));

    if (usage == NULL)
        keep.err = SVCT_E_NOMEM;
    else if (dir_fd >= 0)
        keep.err =
            svct_usage_open(dir_fd, writing ? O_RDWR : O_RDONLY, usage, NULL);
    if (keep.err == 0)
        keep.usage = usage;
    else
        free(usage);
    *ret = keep;
}

void svct_usagekeep_done(struct svct_usagekeep *keep)
{
    if (keep->usage != NULL)
        svct_usage_close(keep->usage);
    free(keep->usage);
    free(keep->index);
    *keep = (struct svct_usagekeep){.dir_fd = -1};
}

static int read_own(const struct svct_usagekeep *keep,
                    const struct svct_token *token, struct svct_seen *ret_seen)
{
    if (keep->usage == NULL || token->slot == 0)
        return SVCT_E_NOTFOUND;
    return svct_usage_read_own(keep->usage, token, ret_seen);
}

void svct_usagekeep_get(struct svct_usagekeep *keep, struct svct_line *line)
{
    const struct svct_token *token = &line->token;
    struct svct_seen seen;
    int r = read_own(keep, token, &seen);

    if (r != 0) {
        lost(keep, line);
        return;
    }
    line->usage.uses = seen.uses;
    line->usage.last_used = seen.last_used;
    memcpy(line->usage.service, seen.service, sizeof(seen.service));
    memcpy(line->usage.rhost, seen.rhost, sizeof(seen.rhost));
}

bool svct_usagekeep_is_lost(const struct svct_usagekeep *keep,
                            const struct svct_token *token)
{
    struct svct_seen unused;
    int r = keep->usage != NULL ? read_own(keep, token, &unused) : keep->err;

    return r == SVCT_E_NOTFOUND || r == SVCT_E_DAMAGED || r == SVCT_E_RANGE;
}

uint32_t svct_usagekeep_slots(const struct svct_usagekeep *keep)
{
    uint32_t slots = keep->usage == NULL ? 0 : svct_usage_slots(keep->usage);

    return slots > SVCT_SLOT_MAX ? SVCT_SLOT_MAX : slots;
}

/* ---- by id ---- */

struct svct_usagekeep_place {
    char id[SVCT_TOKEN_ID_LEN + 1];
    uint32_t uses;
    uint32_t slot;
};

/* The most used first. */
static int by_id(const void *a, const void *b)
{
    const struct svct_usagekeep_place *left = a, *right = b;
    int r = strcmp(left->id, right->id);

    return r != 0 ? r : (left->uses < right->uses) - (left->uses > right->uses);
}

/* Whosever it is: the first copy says, and where that is lost the second. */
static bool read_any(const struct svct_usage *usage, uint32_t slot,
                     struct svct_seen *ret_seen)
{
    struct svct_seen seen;

    if (svct_usage_read_copy(usage, slot, 0, &seen) != 0 &&
        svct_usage_read_copy(usage, slot, 1, &seen) != 0)
        return false;
    if (svct_usage_read_count(usage, slot, seen.id, ret_seen) != 0)
        *ret_seen = seen; /* the file is cut off behind it */
    return true;
}

static void make_index(struct svct_usagekeep *keep)
{
    uint32_t slots = svct_usagekeep_slots(keep);
    struct svct_usagekeep_place *place;
    struct svct_seen seen;

    keep->index = calloc((size_t)slots + 1, sizeof(*keep->index));
    if (keep->index == NULL)
        return;
    for (uint32_t slot = 1; slot <= slots; slot++) {
        if (!read_any(keep->usage, slot, &seen))
            continue;
        place = &keep->index[keep->count++];
        memcpy(place->id, seen.id, sizeof(place->id));
        place->uses = seen.uses;
        place->slot = slot;
    }
    if (keep->count > 1)
        qsort(keep->index, keep->count, sizeof(*keep->index), by_id);
}

uint32_t svct_usagekeep_find(struct svct_usagekeep *keep, const char *id)
{
    size_t low = 0, high;

    if (keep->usage != NULL && keep->index == NULL)
        make_index(keep);
    high = keep->count;
    while (low < high) { /* the first that is not below */
        size_t middle = low + (high - low) / 2;

        if (strcmp(keep->index[middle].id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < keep->count && strcmp(keep->index[low].id, id) == 0)
        return keep->index[low].slot;
    return 0;
}

/* ---- into the file ---- */

/* What both together know: the higher count, the later use. */
static bool merge(const struct svct_line *line, struct svct_seen *seen)
{
    const struct svct_line_usage *usage = &line->usage;
    bool more = usage->uses > seen->uses;

    if (more)
        seen->uses = usage->uses;
    if (usage->last_used > seen->last_used) {
        more = true;
        seen->last_used = usage->last_used;
        memcpy(seen->service, usage->service, sizeof(seen->service));
        memcpy(seen->rhost, usage->rhost, sizeof(seen->rhost));
    }
    return more;
}

static int put_locked(const struct svct_usage *usage,
                      const struct svct_line *line)
{
    const struct svct_token *token = &line->token;
    struct svct_seen seen = {.uses = 0};
    int r = svct_usage_read_own(usage, token, &seen);
    bool blank = r == SVCT_E_NOTFOUND && token->max_uses != 0;

    /* Whose it was, or what it said, does not matter any more. */
    if (r == SVCT_E_NOTFOUND || r == SVCT_E_DAMAGED) {
        seen = (struct svct_seen){.uses = 0};
        memcpy(seen.id, token->id, sizeof(seen.id));
        r = 0;
    }
    if (r != 0 || (!merge(line, &seen) && !blank))
        return r;
    r = svct_usage_write(usage, token->slot, &seen);
    if (r == 0 && token->max_uses != 0 && fdatasync(usage->fd) != 0)
        r = SVCT_E_IO;
    return r;
}

static int put(const struct svct_usagekeep *keep, const struct svct_line *line)
{
    uint32_t slot = line->token.slot;
    int r;

    if (keep->usage == NULL)
        return keep->err == SVCT_E_NOTFOUND ? SVCT_E_RANGE : keep->err;
    r = svct_usage_lock(keep->usage, slot, LOCK_WAIT);
    if (r != 0)
        return r;
    r = put_locked(keep->usage, line);
    svct_usage_unlock(keep->usage, slot);
    return r;
}

/* The index stays: what is new is not in it. */
static int open_again(struct svct_usagekeep *keep)
{
    struct svct_usagekeep again;

    svct_usagekeep_open(keep->dir_fd, true, &again);
    if (again.usage == NULL)
        return again.err == SVCT_E_NOTFOUND ? SVCT_E_RANGE : again.err;
    if (keep->usage != NULL)
        svct_usage_close(keep->usage);
    free(keep->usage);
    keep->usage = again.usage;
    keep->err = 0;
    return 0;
}

int svct_usagekeep_put(struct svct_usagekeep *keep,
                       const struct svct_line *line, struct svct_fault *fault)
{
    int r;

    if (line->token.slot == 0 ||
        (line->token.max_uses == 0 && line->usage.uses == 0 &&
         line->usage.last_used == 0))
        return 0;
    r = put(keep, line);
    if (r == SVCT_E_RANGE) { /* it may be longer by now */
        r = open_again(keep);
        if (r == 0)
            r = put(keep, line);
    }
    if (r != 0)
        return svct_fault_set(fault, r, 0, "the uses of %s/%s: %s",
                              line->token.account, line->token.name,
                              svct_err_text(r));
    return 0;
}
