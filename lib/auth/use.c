/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "auth/use.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"

/* ---- why not ---- */

static int slot_fault(struct svct_fault *fault, int code, uint32_t slot)
{
    int sys_errno = code == SVCT_E_IO ? errno : 0;

    switch (code) {
    case SVCT_E_NOTFOUND:
        return svct_fault_set(fault, code, 0,
                              "slot %u of the file %s is not this token's",
                              (unsigned)slot, SVCT_USAGE_FILE);
    case SVCT_E_RANGE:
        return svct_fault_set(fault, code, 0,
                              "slot %u is behind the end of the file %s",
                              (unsigned)slot, SVCT_USAGE_FILE);
    case SVCT_E_BUSY:
        return svct_fault_set(fault, code, 0,
                              "another login holds slot %u of the file %s",
                              (unsigned)slot, SVCT_USAGE_FILE);
    case SVCT_E_IO:
        return svct_fault_errno(fault, sys_errno, "slot %u of the file %s",
                                (unsigned)slot, SVCT_USAGE_FILE);
    default:
        return svct_fault_set(fault, code, 0, "slot %u of the file %s: %s",
                              (unsigned)slot, SVCT_USAGE_FILE,
                              svct_err_text(code));
    }
}

/* ---- what is written ---- */

/* One more use, in what the slot shall say. */
static void add_use(struct svct_seen *seen, const struct svct_use *use)
{
    if (seen->uses < UINT32_MAX)
        seen->uses++;
    seen->last_used = use->now;
    svct_buf_text(seen->service, sizeof seen->service, use->service);
    svct_buf_text(seen->rhost, sizeof seen->rhost, use->rhost);
}

/* ---- tokens without a limit ---- */

/* The first copy, to which notes go; where it says nothing the second one may
 * say that the slot is another token's. */
static int read_first(const struct svct_usage *usage,
                      const struct svct_use *use, struct svct_seen *ret_seen)
{
    struct svct_seen second;
    int r = svct_usage_read_copy(usage, use->slot, 0, ret_seen);

    if (r == 0)
        return strcmp(ret_seen->id, use->id) == 0 ? 0 : SVCT_E_EXISTS;
    if ((r == SVCT_E_NOTFOUND || r == SVCT_E_DAMAGED) &&
        svct_usage_read_copy(usage, use->slot, 1, &second) == 0 &&
        strcmp(second.id, use->id) != 0)
        return SVCT_E_EXISTS;
    return r;
}

/* Is a note due, and what has the slot so far? A slot that nobody can claim,
 * never written or damaged, is begun. */
static int is_due(const struct svct_usage *usage, const struct svct_use *use,
                  bool *ret_due, struct svct_seen *ret_seen)
{
    struct svct_seen seen = {.uses = 0};
    int64_t since;
    int r = read_first(usage, use, &seen);

    if (r == SVCT_E_EXISTS)
        return SVCT_E_NOTFOUND;
    *ret_due = true;
    if (r == SVCT_E_NOTFOUND || r == SVCT_E_DAMAGED) {
        svct_buf_text(ret_seen->id, sizeof ret_seen->id, use->id);
        return 0;
    }
    if (r != 0)
        return r;
    since = use->now - seen.last_used;
    *ret_due = since < 0 || since >= SVCT_USE_INTERVAL;
    *ret_seen = seen;
    return 0;
}

/* Looks once more, now that nobody else can be writing. */
static int note_locked(const struct svct_usage *usage,
                       const struct svct_use *use)
{
    struct svct_seen seen = {.uses = 0};
    bool due = false;
    int r = is_due(usage, use, &due, &seen);

    if (r != 0 || !due)
        return r;
    add_use(&seen, use);
    return svct_usage_write_note(usage, use->slot, &seen);
}

static int note_in(const struct svct_usage *usage, const struct svct_use *use)
{
    struct svct_seen seen;
    bool due = false;
    int r = use->slot == 0 ? SVCT_E_RANGE : is_due(usage, use, &due, &seen);

    if (r != 0 || !due)
        return r;
    r = svct_usage_lock(usage, use->slot, 0);
    if (r != 0)
        return r;
    r = note_locked(usage, use);
    svct_usage_unlock(usage, use->slot);
    return r;
}

int svct_use_note(int dir_fd, const struct svct_use *use,
                  struct svct_fault *fault)
{
    struct svct_usage usage;
    int r = svct_usage_open(dir_fd, O_RDWR, &usage, fault);

    if (r != 0)
        return r;
    r = note_in(&usage, use);
    if (r != 0)
        slot_fault(fault, r, use->slot);
    svct_usage_close(&usage);
    return r;
}

/* ---- tokens with a limit ---- */

/* What looks damaged may be another login that writes, and was stopped in the
 * middle: with the lock held nobody is. */
static int read_surely(const struct svct_usage *usage, uint32_t slot,
                       const char *id, struct svct_seen *ret_seen)
{
    int r = svct_usage_read_count(usage, slot, id, ret_seen);

    if (r != SVCT_E_DAMAGED)
        return r;
    r = svct_usage_lock(usage, slot, SVCT_USE_WAIT);
    if (r != 0)
        return r;
    r = svct_usage_read_count(usage, slot, id, ret_seen);
    svct_usage_unlock(usage, slot);
    return r;
}

int svct_use_count(int dir_fd, uint32_t slot, const char *id,
                   uint32_t *ret_uses, struct svct_fault *fault)
{
    struct svct_usage usage;
    struct svct_seen seen;
    int r = svct_usage_open(dir_fd, O_RDWR, &usage, fault);

    if (r != 0)
        return r;
    r = read_surely(&usage, slot, id, &seen);
    if (r == 0)
        *ret_uses = seen.uses;
    else
        slot_fault(fault, r, slot);
    svct_usage_close(&usage);
    return r;
}

/* Both copies, and then one sync: whichever of them a crash leaves behind, the
 * higher one holds this use before anybody is let in. */
static int write_durably(const struct svct_usage *usage, uint32_t slot,
                         const struct svct_seen *seen)
{
    int r = svct_usage_write(usage, slot, seen);

    if (r == 0 && fdatasync(usage->fd) != 0)
        r = SVCT_E_IO;
    return r;
}

/* The count that is believed is read with the lock held. */
static enum svct_verdict take_locked(const struct svct_usage *usage,
                                     const struct svct_use *use,
                                     uint32_t max_uses, uint32_t *ret_uses,
                                     struct svct_fault *fault)
{
    struct svct_seen seen;
    int r = svct_usage_read_count(usage, use->slot, use->id, &seen);

    if (r == 0 && seen.uses >= max_uses) {
        *ret_uses = seen.uses;
        return SVCT_TOKEN_USED_UP;
    }
    if (r == 0) {
        add_use(&seen, use);
        r = write_durably(usage, use->slot, &seen);
    }
    if (r != 0) {
        slot_fault(fault, r, use->slot);
        return SVCT_USAGE_UNAVAILABLE;
    }
    *ret_uses = seen.uses;
    return SVCT_GRANTED;
}

enum svct_verdict svct_use_take(int dir_fd, const struct svct_use *use,
                                uint32_t max_uses, uint32_t *ret_uses,
                                struct svct_fault *fault)
{
    enum svct_verdict verdict = SVCT_USAGE_UNAVAILABLE;
    struct svct_usage usage;
    int r = svct_usage_open(dir_fd, O_RDWR, &usage, fault);

    if (r != 0)
        return SVCT_USAGE_UNAVAILABLE;
    r = svct_usage_lock(&usage, use->slot, SVCT_USE_WAIT);
    if (r == 0) {
        verdict = take_locked(&usage, use, max_uses, ret_uses, fault);
        svct_usage_unlock(&usage, use->slot);
    } else {
        slot_fault(fault, r, use->slot);
    }
    svct_usage_close(&usage);
    return verdict;
}
