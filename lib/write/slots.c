/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/slots.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/safefile.h"
#include "write/partfile.h"
#include "write/txn.h"

#define BLOCK 4096    /* the file grows by so many bytes */
#define LOCK_WAIT 100 /* milliseconds, for a login in the slot before */
#define SLOTS_TRIED 8 /* that somebody holds, for one token */

void svct_slots_begin(struct svct_slotwork *work, int dir_fd)
{
    *work = (struct svct_slotwork){.dir_fd = dir_fd, .usage = {.fd = -1}};
}

void svct_slots_done(struct svct_slotwork *work)
{
    if (work->opened)
        svct_usage_close(&work->usage);
}

/* ---- the file ---- */

static int make_file(int dir_fd, struct svct_fault *fault)
{
    int fd = openat(dir_fd, SVCT_USAGE_FILE,
                    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    int r = 0;

    if (fd < 0 || fchmod(fd, 0600) != 0)
        r = svct_fault_errno(fault, errno, "can't make the file %s",
                             SVCT_USAGE_FILE);
    if (fd >= 0)
        close(fd);
    return r;
}

static int open_file(struct svct_slotwork *work, struct svct_fault *fault)
{
    int r = svct_usage_open(work->dir_fd, O_RDWR, &work->usage, fault);

    if (r != SVCT_E_NOTFOUND)
        return r;
    r = make_file(work->dir_fd, fault);
    return r == 0 ? svct_usage_open(work->dir_fd, O_RDWR, &work->usage, fault)
                  : r;
}

static int lengthen(struct svct_slotwork *work, int64_t size,
                    struct svct_fault *fault)
{
    size = (size + BLOCK - 1) / BLOCK * BLOCK;
    if (size <= work->usage.size)
        return 0;
    if (ftruncate(work->usage.fd, (off_t)size) != 0)
        return svct_fault_errno(fault, errno, "can't lengthen the file %s",
                                SVCT_USAGE_FILE);
    work->usage.size = size;
    work->dirty = true;
    return 0;
}

static int write_fault(struct svct_fault *fault, int code)
{
    if (code == SVCT_E_IO || code == SVCT_E_NOSPACE || code == SVCT_E_ACCESS)
        return svct_fault_errno(fault, errno, "can't write the file %s",
                                SVCT_USAGE_FILE);
    return svct_fault_set(fault, code, 0, "can't write the file %s: %s",
                          SVCT_USAGE_FILE, svct_err_text(code));
}

static int head_fault(struct svct_fault *fault, int code)
{
    if (code == SVCT_E_IO)
        return svct_fault_errno(fault, errno, "can't read the file %s",
                                SVCT_USAGE_FILE);
    if (code == SVCT_E_RANGE) /* too short for one, and yet not empty */
        code = SVCT_E_DAMAGED;
    return svct_fault_set(fault, code, 0, "the head of the file %s: %s",
                          SVCT_USAGE_FILE, svct_err_text(code));
}

/* Its head; one that was never written, after a crash or a full disk, is, and
 * so is a copy that was lost. */
static int ensure_head(struct svct_slotwork *work, struct svct_fault *fault)
{
    bool both = false;
    int r = work->written == 0 ? lengthen(work, svct_usage_end(0), fault) : 0;

    if (r != 0)
        return r;
    r = svct_usage_read_head(&work->usage, &both);
    if (r != 0 && r != SVCT_E_NOTFOUND)
        return head_fault(fault, r);
    if (both)
        return 0;
    r = lengthen(work, svct_usage_end(0), fault);
    if (r != 0)
        return r;
    work->dirty = true;
    r = svct_usage_write_head(&work->usage);
    return r == 0 ? 0 : write_fault(fault, r);
}

/* Once in a transaction; what came of it is remembered. */
static int ensure_file(struct svct_slotwork *work, struct svct_fault *fault)
{
    if (!work->opened) {
        work->opened = true;
        work->error = open_file(work, &work->fault);
        work->written = work->usage.size;
        if (work->error == 0)
            work->error = ensure_head(work, &work->fault);
    }
    if (work->error != 0 && fault != NULL)
        *fault = work->fault;
    return work->error;
}

static int write_slot(struct svct_slotwork *work, const struct svct_seen *seen,
                      uint32_t slot, struct svct_fault *fault)
{
    int r = lengthen(work, svct_usage_end(slot), fault);

    if (r != 0)
        return r;
    work->dirty = true;
    r = svct_usage_write(&work->usage, slot, seen);
    return r == 0 ? 0 : write_fault(fault, r);
}

/* Was there any of it before this transaction made the file longer? */
static bool was_within(const struct svct_slotwork *work, uint32_t slot,
                       unsigned copy)
{
    return svct_usage_offset(slot, copy) + SVCT_USAGE_SLOT <= work->written;
}

/* Is there something of another token, or half of something? */
static bool is_blank(const struct svct_slotwork *work, uint32_t slot)
{
    struct svct_seen seen;

    if (slot < work->never_given)
        return false;
    for (unsigned i = 0; i < SVCT_USAGE_COPIES; i++)
        if (was_within(work, slot, i) &&
            svct_usage_read_copy(&work->usage, slot, i, &seen) !=
                SVCT_E_NOTFOUND)
            return false;
    return true;
}

/* In the file, which is ready. SVCT_E_BUSY when a login is in it: another slot
 * is to be taken. */
static int make_ready(struct svct_slotwork *work,
                      const struct svct_token *token, uint32_t slot,
                      struct svct_fault *fault)
{
    struct svct_seen seen = {.uses = 0};
    bool shared;
    int r = 0;

    if (token->max_uses == 0 && is_blank(work, slot))
        return 0;
    memcpy(seen.id, token->id, sizeof seen.id);
    shared = was_within(work, slot, 0);
    if (shared)
        r = svct_usage_lock(&work->usage, slot, LOCK_WAIT);
    if (r != 0)
        return r == SVCT_E_BUSY ? r : write_fault(fault, r);
    r = write_slot(work, &seen, slot, fault);
    if (shared)
        svct_usage_unlock(&work->usage, slot);
    return r;
}

/* ---- the record ---- */

static int mark(void *arg, const struct svct_key *key,
                struct svct_record *record)
{
    uint8_t *taken = arg;
    struct svct_token token;
    int r = svct_token_decode(record, &token);

    (void)key;
    if (r == 0)
        taken[token.slot / 8] |= (uint8_t)(1u << (token.slot % 8));
    return r;
}

static void list_free(struct svct_slots *slots, const uint8_t *taken)
{
    for (uint32_t slot = 1; slot <= SVCT_SLOT_MAX; slot++) {
        if (slots->free_count == SVCT_SLOTS_FREE_MAX)
            return;
        if ((taken[slot / 8] & (1u << (slot % 8))) == 0)
            slots->free[slots->free_count++] = slot;
    }
}

/* When every number was given out once: those that did not fit the list when
 * they came back. As far as it can; without, there is none. */
static void find_free(struct svct_slotwork *work)
{
    uint8_t *taken = calloc(SVCT_SLOT_MAX / 8 + 1, 1);
    struct svct_snapshot *snapshot = NULL;

    if (taken != NULL &&
        svct_snapshot_open(work->dir_fd, SVCT_PART_PRIVATE, &snapshot, NULL) ==
            0 &&
        svct_snapshot_each(snapshot, SVCT_KIND_TOKEN, mark, taken, NULL) == 0)
        list_free(&work->slots, taken);
    svct_snapshot_free(snapshot);
    free(taken);
}

static int load(struct svct_slotwork *work, const struct svct_snapshot *view)
{
    struct svct_key key = svct_key_slots();
    struct svct_value value;
    int r;

    if (work->loaded)
        return 0;
    r = svct_snapshot_fetch(view, &key, SVCT_KIND_SLOTS, &value);
    if (r == 0)
        r = svct_slots_decode(&value.record, &work->slots);
    else if (r == SVCT_E_NOTFOUND) {
        work->slots = (struct svct_slots){.next = 1};
        r = 0;
    }
    if (r != 0)
        return r;
    if (work->slots.next > SVCT_SLOT_MAX && work->slots.free_count == 0)
        find_free(work);
    work->usable = work->slots.free_count;
    work->never_given = work->slots.next;
    work->loaded = true;
    return 0;
}

void svct_slots_go_on(struct svct_txn *txn, const struct svct_slots *slots)
{
    struct svct_slotwork *work = svct_txn_slots(txn);

    work->slots = *slots;
    work->usable = slots->free_count;
    work->never_given = slots->next;
    work->loaded = work->changed = true;
}

/* One that was never given out. 0: none is left. */
static uint32_t draw_new(struct svct_slotwork *work)
{
    if (work->slots.next > SVCT_SLOT_MAX)
        return 0;
    work->changed = true;
    return work->slots.next++;
}

/* 0: none is left. The freed ones of this transaction stay behind. */
static uint32_t draw(struct svct_slotwork *work)
{
    struct svct_slots *slots = &work->slots;
    uint32_t slot;

    if (work->usable == 0)
        return draw_new(work);
    slot = slots->free[--work->usable];
    slots->free_count--;
    memmove(&slots->free[work->usable], &slots->free[work->usable + 1],
            (slots->free_count - work->usable) * sizeof slots->free[0]);
    work->changed = true;
    return slot;
}

/* For the transactions to come, as far as there is room. */
static void put_back(struct svct_slotwork *work, uint32_t slot)
{
    struct svct_slots *slots = &work->slots;

    if (slot >= slots->next || slots->free_count == SVCT_SLOTS_FREE_MAX)
        return;
    slots->free[slots->free_count++] = slot;
    work->changed = true;
}

static int give(struct svct_slotwork *work, struct svct_token *token,
                struct svct_fault *fault)
{
    int r = ensure_file(work, fault);

    if (r != 0)
        return r;
    for (int i = 0; i < SLOTS_TRIED; i++) {
        token->slot = draw(work);
        if (token->slot == 0)
            return svct_fault_set(fault, SVCT_E_TOOBIG, 0,
                                  "all slots of the file %s are given out",
                                  SVCT_USAGE_FILE);
        r = make_ready(work, token, token->slot, fault);
        if (r == 0)
            return 0;
        put_back(work, token->slot);
        if (r != SVCT_E_BUSY)
            return r;
    }
    return write_fault(fault, r);
}

/*
 * For a token without a limit, where a slot can't be made ready: one that needs
 * no writing, or 0. In one that still is another token's its last use would
 * never be known, and db verify would tell of that for as long as it is there.
 * (Where the file can't even be opened, what was never given out is taken for
 * blank.)
 */
static uint32_t give_blank(struct svct_slotwork *work)
{
    uint32_t slot = 0;

    for (int i = 0; i < SLOTS_TRIED; i++) {
        slot = draw_new(work);
        if (slot == 0 || is_blank(work, slot))
            return slot;
        put_back(work, slot);
    }
    return 0;
}

static int record_fault(struct svct_fault *fault, int code)
{
    return svct_fault_set(fault, code, 0, "the record of the slots: %s",
                          svct_err_text(code));
}

int svct_slots_give(struct svct_txn *txn, struct svct_token *token,
                    struct svct_fault *fault)
{
    struct svct_slotwork *work = svct_txn_slots(txn);
    struct svct_fault why = {0};
    int r;

    token->slot = 0;
    r = load(work, svct_txn_view(txn, SVCT_PART_PRIVATE));
    if (r != 0)
        return record_fault(fault, r);
    r = give(work, token, &why);
    if (token->max_uses != 0)
        work->limited = true;
    else if (r != 0)
        token->slot = give_blank(work);
    if (r == 0 || token->max_uses == 0)
        return 0;
    return svct_fault_set(fault, r, why.sys_errno,
                          "the uses of a token can't be counted: %s; without "
                          "a limit of uses it can be made",
                          why.what);
}

int svct_slots_take_back(struct svct_txn *txn, uint32_t slot,
                         struct svct_fault *fault)
{
    struct svct_slotwork *work = svct_txn_slots(txn);
    int r;

    if (slot == 0)
        return 0;
    r = load(work, svct_txn_view(txn, SVCT_PART_PRIVATE));
    if (r == SVCT_E_DAMAGED || r == SVCT_E_VERSION)
        return 0; /* taking a token out must not depend on it */
    if (r != 0)
        return record_fault(fault, r);
    put_back(work, slot);
    return 0;
}

int svct_slots_renew(struct svct_txn *txn, struct svct_token *token,
                     struct svct_fault *fault)
{
    struct svct_slotwork *work = svct_txn_slots(txn);
    struct svct_seen seen;
    uint32_t former = token->slot;
    int r = svct_slots_give(txn, token, fault);

    if (r == 0)
        r = svct_slots_take_back(txn, former, fault);
    if (r != 0 ||
        svct_usage_read_note(&work->usage, former, token->id, &seen) != 0)
        return r;
    seen.uses = 0;
    return write_slot(work, &seen, token->slot, fault);
}

/* ---- with the commit ---- */

static int store_record(struct svct_slotwork *work, struct svct_partfile *file,
                        struct svct_fault *fault)
{
    struct svct_key key = svct_key_slots();
    struct svct_record_writer writer;

    if (!work->changed)
        return 0;
    svct_slots_encode(&work->slots, &writer);
    return svct_partfile_store(file, &key, &writer, fault);
}

static int settle_file(struct svct_slotwork *work, struct svct_fault *fault)
{
    int r = ensure_file(work, fault);

    if (r == 0 && work->loaded)
        r = lengthen(work, svct_usage_end(work->slots.next - 1), fault);
    if (r == 0 && work->dirty && fsync(work->usage.fd) != 0)
        r = svct_fault_errno(fault, errno, "can't sync the file %s",
                             SVCT_USAGE_FILE);
    return r;
}

int svct_slots_settle(struct svct_slotwork *work, struct svct_partfile *file,
                      struct svct_fault *fault)
{
    struct svct_fault unused = {0};
    int r = store_record(work, file, fault);

    if (r != 0)
        return r;
    if (work->limited)
        return settle_file(work, fault);
    settle_file(work, &unused);
    return 0;
}
