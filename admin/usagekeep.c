/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "usagekeep.h"

/* Nobody knows how often: as often as it may. */
static void lost(struct svct_usagekeep *keep, struct svct_line *line)
{
    if (line->token.max_uses == 0)
        return;
    line->usage.uses = line->token.max_uses;
    keep->damaged = true;
}

#if __has_include("auth/usage.h")

#include <fcntl.h>
#include <unistd.h>

#include "auth/usage.h"

#define LOCK_WAIT 2000 /* milliseconds for a login that is in the slot */

void svct_usagekeep_open(int dir_fd, bool writing, struct svct_usagekeep *ret)
{
    struct svct_usagekeep keep = {.dir_fd = dir_fd};
    struct svct_usage *usage = malloc(sizeof(*usage));

    if (dir_fd >= 0 && usage != NULL &&
        svct_usage_open(dir_fd, writing ? O_RDWR : O_RDONLY, usage, NULL) == 0)
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
    *keep = (struct svct_usagekeep){.dir_fd = -1};
}

static int read_own(const struct svct_usagekeep *keep, uint32_t slot,
                    const char *id, struct svct_seen *ret_seen)
{
    if (keep->usage == NULL || slot == 0)
        return SVCT_E_NOTFOUND;
    return svct_usage_read_own(keep->usage, slot, id, ret_seen);
}

void svct_usagekeep_get(struct svct_usagekeep *keep, struct svct_line *line)
{
    const struct svct_token *token = &line->token;
    struct svct_seen seen;
    int r = read_own(keep, token->slot, token->id, &seen);

    if (r != 0) {
        lost(keep, line);
        return;
    }
    line->usage.uses = seen.uses;
    line->usage.last_used = seen.last_used;
    memcpy(line->usage.service, seen.service, sizeof(seen.service));
    memcpy(line->usage.rhost, seen.rhost, sizeof(seen.rhost));
}

bool svct_usagekeep_is_own(const struct svct_usagekeep *keep, uint32_t slot,
                           const char *id)
{
    struct svct_seen seen;

    return read_own(keep, slot, id, &seen) == 0;
}

uint32_t svct_usagekeep_slots(const struct svct_usagekeep *keep)
{
    const struct svct_usage *usage = keep->usage;
    int64_t slots = usage == NULL ? 0 : usage->size / SVCT_USAGE_SLOT;

    return slots > SVCT_SLOT_MAX ? SVCT_SLOT_MAX : (uint32_t)slots;
}

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
    int r = svct_usage_read_own(usage, token->slot, token->id, &seen);

    /* Whose it was, or what it said, does not matter any more. */
    if (r == SVCT_E_NOTFOUND || r == SVCT_E_DAMAGED) {
        seen = (struct svct_seen){.uses = 0};
        memcpy(seen.id, token->id, sizeof(seen.id));
        r = 0;
    }
    if (r != 0 || !merge(line, &seen))
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
        return SVCT_E_RANGE;
    r = svct_usage_lock(keep->usage, slot, LOCK_WAIT);
    if (r != 0)
        return r;
    r = put_locked(keep->usage, line);
    svct_usage_unlock(keep->usage, slot);
    return r;
}

int svct_usagekeep_put(struct svct_usagekeep *keep,
                       const struct svct_line *line, struct svct_fault *fault)
{
    int r;

    if (line->token.slot == 0 ||
        (line->usage.uses == 0 && line->usage.last_used == 0))
        return 0;
    r = put(keep, line);
    if (r == SVCT_E_RANGE) { /* it may be longer by now */
        int dir_fd = keep->dir_fd;

        svct_usagekeep_done(keep);
        svct_usagekeep_open(dir_fd, true, keep);
        r = put(keep, line);
    }
    if (r != 0)
        return svct_fault_set(fault, r, 0, "the uses of %s/%s: %s",
                              line->token.account, line->token.name,
                              svct_err_text(r));
    return 0;
}

#else

void svct_usagekeep_open(int dir_fd, bool writing, struct svct_usagekeep *ret)
{
    (void)writing;
    *ret = (struct svct_usagekeep){.dir_fd = dir_fd};
}

void svct_usagekeep_done(struct svct_usagekeep *keep)
{
    *keep = (struct svct_usagekeep){.dir_fd = -1};
}

void svct_usagekeep_get(struct svct_usagekeep *keep, struct svct_line *line)
{
    lost(keep, line);
}

bool svct_usagekeep_is_own(const struct svct_usagekeep *keep, uint32_t slot,
                           const char *id)
{
    (void)keep;
    (void)slot;
    (void)id;
    return false;
}

uint32_t svct_usagekeep_slots(const struct svct_usagekeep *keep)
{
    (void)keep;
    return 0;
}

int svct_usagekeep_put(struct svct_usagekeep *keep,
                       const struct svct_line *line, struct svct_fault *fault)
{
    (void)keep;
    if (line->token.max_uses == 0)
        return 0;
    return svct_fault_set(fault, SVCT_E_RANGE, 0, "uses can't be counted");
}

#endif
