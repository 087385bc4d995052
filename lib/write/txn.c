/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/txn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/safefile.h"
#include "write/generation.h"
#include "write/genlist.h"
#include "write/lock.h"
#include "write/namechange.h"
#include "write/newdb.h"
#include "write/partfile.h"
#include "write/publish.h"
#include "write/pubroles.h"
#include "write/reserve.h"
#include "write/rollfile.h"
#include "write/slots.h"

/* Of changes in memory, in a transaction with many: so that there are some for
 * each bucket of a file with a million records. */
static const size_t gathered_bytes[SVCT_PARTS] = {
    [SVCT_PART_PUBLIC] = (size_t)2 << 20,
    [SVCT_PART_PRIVATE] = (size_t)8 << 20,
};

struct svct_txn {
    int dir_fd;
    int lock_fd;
    int generation_fd;
    uint64_t base;     /* the generation it began from; 0: none */
    uint64_t sequence; /* the one it makes; 0: not known yet */
    bool failed;       /* half a change: commit refuses */
    bool done;         /* committed, or tried */
    bool damaged;      /* the generation it began from is, */
    bool roll_damaged; /* for its roll is */
    bool of_reserve;   /* the folder it makes was the reserve */
    bool accept_clock; /* the commit time may go back */
    struct svct_partfile part[SVCT_PARTS];
    struct svct_roll roll; /* of the private one */
    struct svct_namechange names;
    struct svct_slotwork slots;
    struct svct_publishwork publish;
};

/* ---- beginning ---- */

static int new_txn(struct svct_txn **ret_txn, struct svct_fault *fault)
{
    struct svct_txn *txn = calloc(1, sizeof *txn);

    if (txn == NULL)
        return svct_fault_set(fault, SVCT_E_NOMEM, ENOMEM, "out of memory");
    txn->dir_fd = txn->lock_fd = txn->generation_fd = -1;
    txn->names.spare_fd = -1;
    for (int i = 0; i < SVCT_PARTS; i++)
        txn->part[i].part = (enum svct_part)i;
    svct_rollfile_init(&txn->roll);
    *ret_txn = txn;
    return 0;
}

static int open_locked(struct svct_txn *txn,
                       const struct svct_txn_options *options,
                       struct svct_fault *fault)
{
    int r = svct_safefile_open_dir(options->dir, &txn->dir_fd, fault);

    if (r != 0)
        return r;
    return svct_lock_acquire(txn->dir_fd, options->wait_seconds,
                             options->holder, &txn->lock_fd, fault);
}

/* Beside a damaged generation nothing older goes: it may be whole. */
static void prune(const struct svct_txn *txn, uint64_t current, unsigned keep)
{
    const struct svct_genlist_rule rule = {
        .current = current,
        .also = txn->base,
        .keep = txn->damaged ? UINT_MAX : keep,
    };

    svct_genlist_prune(txn->dir_fd, &rule);
}

/* Leftovers must be gone by then. */
static int make_folder(struct svct_txn *txn, struct svct_fault *fault)
{
    txn->sequence = svct_genlist_next(txn->dir_fd, txn->base);
    return svct_generation_make(txn->dir_fd, txn->sequence, &txn->generation_fd,
                                fault);
}

static void hold_against_roll(struct svct_txn *txn)
{
    svct_partfile_hold_against(&txn->part[SVCT_PART_PRIVATE], &txn->roll);
}

static int create_parts(struct svct_txn *txn, struct svct_fault *fault)
{
    int r, fd;

    r = make_folder(txn, fault);
    for (int i = 0; r == 0 && i < SVCT_PARTS; i++) {
        enum svct_part part = (enum svct_part)i;

        r = svct_generation_make_file(txn->generation_fd, part, &fd, fault);
        if (r == 0)
            r = svct_partfile_attach(&txn->part[i], fd, true, fault);
    }
    if (r == 0)
        r = svct_rollfile_create(txn->generation_fd, false, txn->sequence,
                                 &txn->roll, fault);
    if (r == 0)
        hold_against_roll(txn);
    return r;
}

int svct_txn_create(const struct svct_txn_options *options,
                    struct svct_txn **ret_txn, struct svct_fault *fault)
{
    struct svct_txn *txn = NULL;
    int r;

    r = new_txn(&txn, fault);
    if (r != 0)
        return r;
    r = svct_newdb_make_dir(options->dir, fault);
    if (r == 0)
        r = open_locked(txn, options, fault);
    if (r == 0)
        r = svct_newdb_refuse_existing(txn->dir_fd, fault);
    if (r == 0) {
        prune(txn, 0, SVCT_GENLIST_KEPT); /* a killed "init" */
        r = create_parts(txn, fault);
    }
    if (r != 0) {
        svct_txn_free(txn);
        return r;
    }
    txn->names.dir_fd = txn->dir_fd;
    svct_namechange_begin_empty(&txn->names);
    svct_slots_begin(&txn->slots, txn->dir_fd);
    *ret_txn = txn;
    return 0;
}

static int count_part(struct svct_txn *txn, int from_fd, enum svct_part part,
                      struct svct_fault *fault)
{
    struct svct_snapshot *snapshot;
    int r = svct_snapshot_open_bare(from_fd, part, &snapshot, fault);

    if (r == SVCT_E_NOTFOUND)
        r = svct_fault_set(fault, SVCT_E_DAMAGED, 0,
                           "the current generation lacks %s",
                           svct_part_file(part));
    if (r != 0)
        return r;
    r = svct_snapshot_count(snapshot, fault);
    svct_snapshot_free(snapshot);
    txn->damaged = r == SVCT_E_DAMAGED;
    return r;
}

static int check_roll(struct svct_txn *txn, int from_fd,
                      struct svct_fault *fault)
{
    struct svct_snapshot *snapshot;
    bool unreadable = false;
    int r = svct_snapshot_open_generation(from_fd, SVCT_PART_PRIVATE, &snapshot,
                                          fault);

    if (r == 0) {
        r = svct_snapshot_check_roll(snapshot, fault);
        unreadable = r == SVCT_E_IO; /* no worse than bytes that are wrong */
        svct_snapshot_free(snapshot);
    }
    txn->roll_damaged = r == SVCT_E_DAMAGED || unreadable;
    return r;
}

/* A database that has lost records is not changed any further. */
static int check_base(struct svct_txn *txn, int from_fd,
                      struct svct_fault *fault)
{
    int r = 0, of_roll;

    for (int i = 0; r == 0 && i < SVCT_PARTS; i++)
        r = count_part(txn, from_fd, (enum svct_part)i, fault);
    if (r != 0 && !txn->damaged)
        return r;
    of_roll = check_roll(txn, from_fd, r == 0 ? fault : NULL);
    txn->damaged = txn->damaged || txn->roll_damaged;
    return r == 0 ? of_roll : r;
}

/* The reserve as the folder; SVCT_E_NOTFOUND when there is none. */
static int take_reserve(struct svct_txn *txn, struct svct_fault *fault)
{
    int r;

    txn->sequence = svct_genlist_next(txn->dir_fd, txn->base);
    r = svct_reserve_take(txn->dir_fd, txn->sequence, &txn->generation_fd,
                          fault);
    txn->of_reserve = r == 0;
    return r;
}

/* ---- the roll of the copy ---- */

static int see_sound(void *arg, const struct svct_key *key,
                     struct svct_record *record)
{
    (void)arg;
    (void)key;
    (void)record;
    return 0;
}

static int enroll(void *arg, const struct svct_key *key,
                  struct svct_record *record)
{
    return svct_rollfile_change(arg, key, NULL, &record->sum, NULL);
}

/*
 * A roll that is damaged is made anew, if the records prove without it that
 * they are those of their generation: by their digest, which the meta record
 * has. *ret_proven false: they do not.
 */
static int renew_roll(struct svct_txn *txn, int from_fd, bool *ret_proven,
                      struct svct_fault *fault)
{
    struct svct_snapshot *snapshot;
    int r =
        svct_snapshot_open_bare(from_fd, SVCT_PART_PRIVATE, &snapshot, fault);

    if (r != 0)
        return r;
    *ret_proven = svct_snapshot_each(snapshot, 0, see_sound, NULL, NULL) == 0;
    if (*ret_proven)
        r = svct_rollfile_create(txn->generation_fd, txn->of_reserve,
                                 txn->sequence, &txn->roll, fault);
    if (r == 0 && *ret_proven)
        r = svct_snapshot_each(snapshot, 0, enroll, &txn->roll, fault);
    svct_snapshot_free(snapshot);
    return r;
}

/* What of a damaged one can't be made anew stays damaged. */
static int copy_roll(struct svct_txn *txn, int from_fd,
                     struct svct_fault *fault)
{
    bool renewed = false;
    int r = 0;

    if (txn->roll_damaged)
        r = renew_roll(txn, from_fd, &renewed, fault);
    if (r == 0 && !renewed)
        r = svct_rollfile_copy(from_fd, txn->generation_fd, txn->of_reserve,
                               txn->base, txn->sequence, &txn->roll, fault);
    if (r == 0)
        hold_against_roll(txn);
    return r;
}

static int copy_parts(struct svct_txn *txn, int from_fd, bool of_reserve,
                      struct svct_fault *fault)
{
    int r, fd;

    r = of_reserve ? take_reserve(txn, fault) : make_folder(txn, fault);
    for (int i = 0; r == 0 && i < SVCT_PARTS; i++) {
        enum svct_part part = (enum svct_part)i;

        r = of_reserve ? svct_generation_copy_onto(from_fd, txn->generation_fd,
                                                   part, &fd, fault)
                       : svct_generation_copy_file(from_fd, txn->generation_fd,
                                                   part, &fd, fault);
        if (r == 0)
            r = svct_partfile_attach(&txn->part[i], fd, false, fault);
        if (r == 0)
            r = svct_partfile_load_meta(&txn->part[i], txn->base, fault);
    }
    return r == 0 ? copy_roll(txn, from_fd, fault) : r;
}

/* Takes back the folder this transaction made, if it made one. */
static void drop_copy(struct svct_txn *txn)
{
    for (int i = 0; i < SVCT_PARTS; i++)
        svct_partfile_detach(&txn->part[i]);
    svct_rollfile_done(&txn->roll);
    if (txn->sequence == 0)
        return; /* nothing was begun, not even the lock may be held */
    if (txn->of_reserve)
        svct_reserve_unsettle(txn->generation_fd);
    if (txn->generation_fd >= 0)
        close(txn->generation_fd);
    txn->generation_fd = -1;
    txn->of_reserve = false;
    prune(txn, txn->base, SVCT_GENLIST_KEPT);
}

/* Is there a way that was not tried yet? */
static bool lacks_room(int code)
{
    return code == SVCT_E_NOSPACE || code == SVCT_E_NOTFOUND;
}

/*
 * Copies the current generation. On a full disk older generations go first.
 * A change that takes rights away then uses the reserve, and as a last resort,
 * should that be too small, the space that it has. (That there is room may be
 * wrong: a quota, or somebody else is faster.)
 */
static int copy_current(struct svct_txn *txn, bool urgent, int from_fd,
                        struct svct_fault *fault)
{
    int64_t need = svct_generation_size(from_fd);
    bool reserve;
    int r;

    prune(txn, txn->base, SVCT_GENLIST_KEPT);
    if (!svct_generation_room(txn->dir_fd, need))
        prune(txn, txn->base, 1);
    reserve = urgent && !svct_generation_room(txn->dir_fd, need);
    r = copy_parts(txn, from_fd, reserve, fault);
    if (lacks_room(r)) {
        drop_copy(txn);
        prune(txn, txn->base, 1);
        reserve = urgent && !reserve;
        r = copy_parts(txn, from_fd, reserve, fault);
    }
    if (lacks_room(r) && urgent) {
        drop_copy(txn);
        svct_reserve_drop(txn->dir_fd);
        r = copy_parts(txn, from_fd, false, fault);
    }
    return r;
}

/* The folder of the current generation, whose number becomes the base. */
static int open_current(struct svct_txn *txn, int *ret_fd,
                        struct svct_fault *fault)
{
    char name[SVCT_GENERATION_LEN + 1];
    int r = svct_snapshot_current(txn->dir_fd, name, &txn->base, fault);

    if (r != 0)
        return r;
    r = svct_safefile_open_subdir(txn->dir_fd, name, ret_fd, fault);
    if (r != SVCT_E_NOTFOUND)
        return r;
    return svct_fault_set(fault, SVCT_E_DAMAGED, 0,
                          "the link %s points to %s, which is not there",
                          SVCT_CURRENT, name);
}

int svct_txn_begin(const struct svct_txn_options *options,
                   struct svct_txn **ret_txn, struct svct_fault *fault)
{
    struct svct_txn *txn = NULL;
    int from_fd = -1, r;

    r = new_txn(&txn, fault);
    if (r != 0)
        return r;
    r = open_locked(txn, options, fault);
    if (r == 0)
        r = open_current(txn, &from_fd, fault);
    if (r == 0)
        r = check_base(txn, from_fd, fault);
    if (txn->damaged && options->urgent)
        r = 0;
    if (r == 0)
        r = copy_current(txn, options->urgent, from_fd, fault);
    if (from_fd >= 0)
        close(from_fd);
    if (r != 0) {
        svct_txn_free(txn);
        return r;
    }
    txn->names.dir_fd = txn->dir_fd;
    txn->names.spare_fd = txn->of_reserve ? txn->generation_fd : -1;
    svct_namechange_mend(&txn->names);
    svct_slots_begin(&txn->slots, txn->dir_fd);
    *ret_txn = txn;
    return 0;
}

/* What is there is not read, but for its number and its time; if it is not
 * whole, nothing older goes. */
static void look_at_present(struct svct_txn *txn, int64_t *committed)
{
    struct svct_snapshot *snapshot;
    int from_fd;

    txn->damaged = true;
    if (open_current(txn, &from_fd, NULL) != 0)
        return;
    txn->damaged = check_base(txn, from_fd, NULL) != 0;
    if (svct_snapshot_open_bare(from_fd, SVCT_PART_PRIVATE, &snapshot, NULL) ==
        0) {
        if (svct_snapshot_meta(snapshot)->committed > *committed)
            *committed = svct_snapshot_meta(snapshot)->committed;
        svct_snapshot_free(snapshot);
    }
    close(from_fd);
}

int svct_txn_begin_fresh(const struct svct_txn_options *options,
                         int64_t committed, struct svct_txn **ret_txn,
                         struct svct_fault *fault)
{
    struct svct_txn *txn = NULL;
    int r;

    r = new_txn(&txn, fault);
    if (r != 0)
        return r;
    r = svct_newdb_make_dir(options->dir, fault);
    if (r == 0)
        r = open_locked(txn, options, fault);
    if (r == 0) {
        look_at_present(txn, &committed);
        prune(txn, txn->base, SVCT_GENLIST_KEPT);
        r = create_parts(txn, fault);
    }
    txn->names.dir_fd = txn->dir_fd;
    if (r == 0)
        r = svct_namechange_begin_anew(&txn->names, fault);
    if (r != 0) {
        svct_txn_free(txn);
        return r;
    }
    for (int i = 0; i < SVCT_PARTS; i++)
        txn->part[i].meta.committed = committed;
    svct_slots_begin(&txn->slots, txn->dir_fd);
    *ret_txn = txn;
    return 0;
}

void svct_txn_free(struct svct_txn *txn)
{
    if (txn == NULL)
        return;
    if (!txn->done)
        drop_copy(txn);
    for (int i = 0; i < SVCT_PARTS; i++)
        svct_partfile_done(&txn->part[i]);
    svct_rollfile_done(&txn->roll);
    if (txn->generation_fd >= 0)
        close(txn->generation_fd);
    svct_namechange_done(&txn->names);
    svct_slots_done(&txn->slots);
    svct_pubroles_done(&txn->publish);
    svct_lock_release(txn->lock_fd);
    if (txn->dir_fd >= 0)
        close(txn->dir_fd);
    free(txn);
}

const struct svct_snapshot *svct_txn_view(const struct svct_txn *txn,
                                          enum svct_part part)
{
    return txn->part[part].view;
}

uint64_t svct_txn_sequence(const struct svct_txn *txn)
{
    return txn->sequence;
}

/* ---- changing ---- */

int svct_txn_gather(struct svct_txn *txn, struct svct_fault *fault)
{
    int r = 0;

    for (int i = 0; r == 0 && i < SVCT_PARTS; i++)
        r = svct_partfile_gather(&txn->part[i], gathered_bytes[i], fault);
    return r;
}

int svct_txn_store(struct svct_txn *txn, enum svct_part part,
                   const struct svct_key *key,
                   struct svct_record_writer *writer, struct svct_fault *fault)
{
    int r = svct_partfile_store(&txn->part[part], key, writer, fault);

    if (r != 0)
        txn->failed = true;
    return r;
}

int svct_txn_delete(struct svct_txn *txn, enum svct_part part,
                    const struct svct_key *key, struct svct_fault *fault)
{
    int r = svct_partfile_delete(&txn->part[part], key, fault);

    if (r != 0 && r != SVCT_E_NOTFOUND)
        txn->failed = true;
    return r;
}

int svct_txn_name_added(struct svct_txn *txn, const char *name)
{
    return svct_namechange_add(&txn->names, name);
}

int svct_txn_name_removed(struct svct_txn *txn, const char *name)
{
    return svct_namechange_remove(&txn->names, name);
}

struct svct_slotwork *svct_txn_slots(struct svct_txn *txn)
{
    return &txn->slots;
}

struct svct_publishwork *svct_txn_publish(struct svct_txn *txn)
{
    return &txn->publish;
}

/* ---- committing ---- */

void svct_txn_accept_clock(struct svct_txn *txn)
{
    txn->accept_clock = true;
}

/* Before the file "usage" is touched: here a full disk is noticed. */
static int write_waiting(struct svct_txn *txn, struct svct_fault *fault)
{
    int r = 0;

    for (int i = 0; r == 0 && i < SVCT_PARTS; i++)
        r = svct_partfile_write_waiting(&txn->part[i], fault);
    return r;
}

/* The new generation, whole and on the disk, but not yet the current one. */
static int settle(struct svct_txn *txn, int64_t now, struct svct_fault *fault)
{
    int r = 0;

    for (int i = 0; r == 0 && i < SVCT_PARTS; i++) {
        struct svct_partfile *file = &txn->part[i];

        file->meta.sequence = txn->sequence;
        if (now > file->meta.committed || txn->accept_clock)
            file->meta.committed = now;
        r = svct_partfile_finish(file, fault);
    }
    if (r == 0)
        r = svct_rollfile_finish(&txn->roll, fault);
    for (int i = 0; r == 0 && i < SVCT_PARTS; i++)
        r = svct_partfile_read_back(&txn->part[i], txn->generation_fd, fault);
    if (r == 0 && fsync(txn->generation_fd) != 0)
        r = svct_fault_errno(fault, errno, "can't sync the generation");
    return r;
}

static void tidy(struct svct_txn *txn)
{
    prune(txn, txn->sequence, SVCT_GENLIST_KEPT);
    svct_reserve_keep(txn->dir_fd, txn->generation_fd, txn->sequence + 1);
}

int svct_txn_commit(struct svct_txn *txn, int64_t now, bool *ret_published,
                    struct svct_fault *fault)
{
    bool published = false;
    int r;

    if (ret_published != NULL)
        *ret_published = false;
    if (txn->failed || txn->part[SVCT_PART_PRIVATE].gdbm == NULL)
        return svct_fault_set(fault, SVCT_E_DAMAGED, 0,
                              "half a change can't be committed");
    if (now < 0 && txn->accept_clock)
        return svct_fault_set(fault, SVCT_E_RANGE, 0,
                              "the clock is before 1970: set it first");
    r = write_waiting(txn, fault);
    if (r == 0)
        r = svct_slots_settle(&txn->slots, &txn->part[SVCT_PART_PRIVATE],
                              fault);
    if (r == 0)
        r = svct_publish_settle(txn, fault);
    if (r == 0)
        r = settle(txn, now, fault);
    if (r == 0)
        r = svct_namechange_before(&txn->names, fault);
    if (r == 0 && txn->of_reserve)
        r = svct_reserve_settle(txn->generation_fd, fault);
    if (r == 0)
        r = svct_generation_publish(txn->dir_fd, txn->sequence, &published,
                                    fault);
    txn->failed = true;
    txn->done = published;
    svct_namechange_after(&txn->names, published);
    if (published)
        tidy(txn);
    if (ret_published != NULL)
        *ret_published = published;
    return r;
}
