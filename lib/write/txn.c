/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/txn.h"

#include <errno.h>
#include <fcntl.h>
#include <gdbm.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/safefile.h"
#include "write/generation.h"
#include "write/lock.h"
#include "write/namelist.h"

/* Says that "names" may not fit the database: a writer died, or failed,
 * between changing the one and the other. The next one makes it anew. */
#define NAMES_STALE_FILE "names.stale"

/* Above so many changes the whole new generation is read back instead. */
#define CHANGES_MAX 4096

struct change {
    enum svct_part part;
    struct svct_key key;
    uint64_t sum; /* of the value stored; 0 with "gone" */
    bool gone;
};

struct txn_part {
    GDBM_FILE file;
    struct svct_meta meta;
    struct svct_snapshot *view;
};

struct svct_txn {
    int dir_fd;
    int lock_fd;
    int generation_fd;
    uint64_t base; /* the generation it began from; 0: none */
    bool failed;   /* half a change: commit refuses */
    bool done;     /* committed, or tried */
    struct txn_part part[SVCT_PARTS];
    struct svct_namelist listed;  /* "names" as it is, once names_known */
    struct svct_namelist added;   /* a name is in the one of these two */
    struct svct_namelist removed; /* that its last change put it in */
    bool names_known;
    bool names_renew;   /* the file is to be written in any case */
    bool names_touched; /* the commit has begun to */
    bool names_unsure;  /* it was stale and could not be mended: stays so */
    struct change *changes;
    size_t changes_count;
    bool changes_lost; /* more than CHANGES_MAX */
};

/* ---- gdbm, the writing side ---- */

static datum
datum_of(const void *bytes, size_t len)
{
    datum d = { .dptr = (char *)bytes, .dsize = (int)len };

    return d;
}

static int
gdbm_fault(const struct svct_txn *txn, enum svct_part part,
           struct svct_fault *fault)
{
    GDBM_FILE file = txn->part[part].file;
    int sys = gdbm_last_syserr(file);

    if (gdbm_errno == GDBM_MALLOC_ERROR)
        return svct_fault_set(fault, SVCT_E_NOMEM, ENOMEM, "out of memory");
    if (sys != 0)
        return svct_fault_errno(fault, sys, "can't write %s",
                                svct_part_file(part));
    return svct_fault_set(fault, SVCT_E_DAMAGED, 0, "%s: gdbm: %s",
                          svct_part_file(part), gdbm_strerror(gdbm_errno));
}

/* Takes the descriptor over, also on failure. */
static int
attach(struct svct_txn *txn, enum svct_part part, int fd, int mode,
       struct svct_fault *fault)
{
    struct txn_part *p = &txn->part[part];

    errno = 0;
    p->file = gdbm_fd_open(fd, svct_part_file(part), SVCT_BLOCK_SIZE,
                           mode | GDBM_NOLOCK | GDBM_NOMMAP | GDBM_BSEXACT |
                               GDBM_CLOERROR,
                           NULL);
    if (p->file == NULL && (errno == ENOSPC || errno == EDQUOT))
        return svct_fault_errno(fault, errno, "can't write %s",
                                svct_part_file(part));
    if (p->file == NULL)
        return svct_fault_set(fault,
                              gdbm_errno == GDBM_MALLOC_ERROR
                                  ? SVCT_E_NOMEM
                                  : SVCT_E_DAMAGED,
                              0, "gdbm can't open the copy of %s: %s",
                              svct_part_file(part),
                              gdbm_strerror(gdbm_errno));
    if (gdbm_needs_recovery(p->file))
        return svct_fault_set(fault, SVCT_E_DAMAGED, 0,
                              "gdbm finds %s damaged", svct_part_file(part));
    p->view = svct_snapshot_over(p->file, &p->meta);
    if (p->view == NULL)
        return svct_fault_set(fault, SVCT_E_NOMEM, ENOMEM, "out of memory");
    return 0;
}

static void
detach(struct svct_txn *txn)
{
    for (int i = 0; i < SVCT_PARTS; i++) {
        struct txn_part *p = &txn->part[i];

        svct_snapshot_free(p->view);
        if (p->file != NULL)
            gdbm_close(p->file);
        p->view = NULL;
        p->file = NULL;
    }
}

/* ---- beginning ---- */

static int
new_txn(struct svct_txn **ret_txn, struct svct_fault *fault)
{
    struct svct_txn *txn = calloc(1, sizeof *txn);

    if (txn == NULL)
        return svct_fault_set(fault, SVCT_E_NOMEM, ENOMEM, "out of memory");
    txn->dir_fd = txn->lock_fd = txn->generation_fd = -1;
    *ret_txn = txn;
    return 0;
}

/* The folder above the database's, checked, and the folder itself. */
static int
make_dir(const char *dir, struct svct_fault *fault)
{
    int fd, r;

    r = svct_safefile_open_dir(dir, &fd, fault);
    if (r == SVCT_E_NODB && mkdir(dir, 0755) == 0) {
        r = svct_safefile_open_dir(dir, &fd, fault);
        if (r != 0)
            rmdir(dir);
        else if (fchmod(fd, 0755) != 0) {
            r = svct_fault_errno(fault, errno, "can't set the mode of %s",
                                 dir);
            close(fd);
        }
    } else if (r == SVCT_E_NODB && errno != EEXIST) {
        return svct_fault_errno(fault, errno, "can't make the folder %s",
                                dir);
    }
    if (r == 0)
        close(fd);
    return r;
}

static int
open_locked(struct svct_txn *txn, const struct svct_txn_options *options,
            struct svct_fault *fault)
{
    int r = svct_safefile_open_dir(options->dir, &txn->dir_fd, fault);

    if (r != 0)
        return r;
    return svct_lock_acquire(txn->dir_fd, options->wait_seconds,
                             options->holder, &txn->lock_fd, fault);
}

static int
create_parts(struct svct_txn *txn, struct svct_fault *fault)
{
    int r, fd;

    r = svct_generation_make(txn->dir_fd, txn->base + 1,
                             &txn->generation_fd, fault);
    for (int i = 0; r == 0 && i < SVCT_PARTS; i++) {
        enum svct_part part = (enum svct_part)i;

        r = svct_generation_make_file(txn->generation_fd, part, &fd, fault);
        if (r == 0)
            r = attach(txn, part, fd, GDBM_NEWDB, fault);
    }
    return r;
}

static int
refuse_existing(struct svct_txn *txn, struct svct_fault *fault)
{
    char name[SVCT_GENERATION_LEN + 1];
    uint64_t sequence;
    int r = svct_snapshot_current(txn->dir_fd, name, &sequence, fault);

    if (r == 0)
        return svct_fault_set(fault, SVCT_E_EXISTS, 0,
                              "there is a database here already");
    if (r != SVCT_E_NODB)
        return r;
    /* Generation 1 alone may be what a killed "init" left; more than that is
     * somebody's data. */
    sequence = svct_generation_newest(txn->dir_fd);
    if (sequence > 1)
        return svct_fault_set(fault, SVCT_E_DAMAGED, 0,
                              "there are generations here, but the link %s "
                              "is lost: ln -s " SVCT_GENERATION_FORMAT
                              " %s brings it back",
                              SVCT_CURRENT, (unsigned long long)sequence,
                              SVCT_CURRENT);
    return 0;
}

int
svct_txn_create(const struct svct_txn_options *options,
                struct svct_txn **ret_txn, struct svct_fault *fault)
{
    struct svct_txn *txn = NULL;
    int r;

    r = new_txn(&txn, fault);
    if (r != 0)
        return r;
    r = make_dir(options->dir, fault);
    if (r == 0)
        r = open_locked(txn, options, fault);
    if (r == 0)
        r = refuse_existing(txn, fault);
    if (r == 0)
        r = create_parts(txn, fault);
    /* What "names" lists from a former life is nobody's account here. */
    txn->names_known = txn->names_renew = true;
    if (r != 0) {
        svct_txn_free(txn);
        return r;
    }
    *ret_txn = txn;
    return 0;
}

static int
fetch_meta(struct svct_txn *txn, enum svct_part part,
           struct svct_fault *fault)
{
    struct svct_key key = svct_key_single(SVCT_KIND_META);
    struct svct_value value;
    int r;

    r = svct_snapshot_fetch(txn->part[part].view, &key, SVCT_KIND_META,
                            &value);
    if (r == 0)
        r = svct_meta_decode(&value.record, &txn->part[part].meta);
    if (r == 0 && txn->part[part].meta.sequence == txn->base)
        return 0;
    if (r == 0 || r == SVCT_E_NOTFOUND)
        r = SVCT_E_DAMAGED;
    return svct_fault_set(fault, r, 0, "the meta record of %s: %s",
                          svct_part_file(part), svct_err_text(r));
}

static int
copy_parts(struct svct_txn *txn, int from_fd, struct svct_fault *fault)
{
    int r, fd;

    r = svct_generation_make(txn->dir_fd, txn->base + 1,
                             &txn->generation_fd, fault);
    for (int i = 0; r == 0 && i < SVCT_PARTS; i++) {
        enum svct_part part = (enum svct_part)i;

        r = svct_generation_copy_file(from_fd, txn->generation_fd, part, &fd,
                                      fault);
        if (r == 0)
            r = attach(txn, part, fd, GDBM_WRITER, fault);
        if (r == 0)
            r = fetch_meta(txn, part, fault);
    }
    return r;
}

/* Takes back the folder this transaction made, if it made one. */
static void
drop_copy(struct svct_txn *txn)
{
    detach(txn);
    if (txn->generation_fd < 0)
        return;
    close(txn->generation_fd);
    txn->generation_fd = -1;
    svct_generation_prune(txn->dir_fd, txn->base, SVCT_GENERATIONS_KEPT);
}

/*
 * Copies the current generation. On a full disk older generations go first,
 * then, for a change that takes rights away, the reserve.
 */
static int
copy_current(struct svct_txn *txn, bool urgent, int from_fd,
             struct svct_fault *fault)
{
    int64_t need = svct_generation_size(from_fd);
    int r;

    svct_generation_prune(txn->dir_fd, txn->base, SVCT_GENERATIONS_KEPT);
    if (!svct_generation_room(txn->dir_fd, need))
        svct_generation_prune(txn->dir_fd, txn->base, 1);
    if (urgent && !svct_generation_room(txn->dir_fd, need))
        svct_generation_drop_reserve(txn->dir_fd);
    r = copy_parts(txn, from_fd, fault);
    if (r == SVCT_E_NOSPACE) {
        /* A quota, or somebody else was faster. */
        drop_copy(txn);
        svct_generation_prune(txn->dir_fd, txn->base, 1);
        if (urgent)
            svct_generation_drop_reserve(txn->dir_fd);
        r = copy_parts(txn, from_fd, fault);
    }
    return r;
}

/* ---- the file "names" ---- */

static int
add_account_name(void *arg, const struct svct_key *key,
                 struct svct_record *record)
{
    struct svct_namelist *list = arg;
    char name[SVCT_LOGIN_MAX + 1];
    size_t len = key->len - 9; /* kind and hash stand before the name */

    (void)record;
    if (key->len < 10 || len >= sizeof name)
        return SVCT_E_DAMAGED;
    memcpy(name, key->data + 9, len);
    name[len] = '\0';
    return svct_namelist_add(list, name) == SVCT_E_NOMEM ? SVCT_E_NOMEM : 0;
}

/* Adds the accounts of the generation that it began from: that one is what
 * readers see, and it holds none of the changes made so far. */
static int
list_accounts(struct svct_txn *txn, struct svct_namelist *list,
              struct svct_fault *fault)
{
    struct svct_snapshot *snapshot;
    int r;

    r = svct_snapshot_open(txn->dir_fd, SVCT_PART_PRIVATE, &snapshot, fault);
    if (r != 0)
        return r;
    r = svct_snapshot_each(snapshot, SVCT_KIND_ACCOUNT, add_account_name,
                           list, fault);
    svct_snapshot_free(snapshot);
    return r;
}

/* Also when that can't be told. */
static bool
is_there(const struct svct_txn *txn, const char *name)
{
    return faccessat(txn->dir_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
           errno != ENOENT;
}

/*
 * Writes "names" anew when it is stale or lost. Where that can't be done (a
 * full disk, a damaged record) the transaction goes on: revoking a token must
 * not depend on it.
 */
static void
mend_names(struct svct_txn *txn)
{
    struct svct_namelist list = { .count = 0 };

    if (!is_there(txn, NAMES_STALE_FILE) && is_there(txn, SVCT_NAMES_FILE))
        return;
    txn->names_unsure = list_accounts(txn, &list, NULL) != 0 ||
                        svct_namelist_write(&list, NULL, txn->dir_fd,
                                            NULL) != 0;
    svct_namelist_done(&list);
    if (!txn->names_unsure)
        unlinkat(txn->dir_fd, NAMES_STALE_FILE, 0);
}

static int
mark_names_stale(struct svct_txn *txn, struct svct_fault *fault)
{
    int fd = openat(txn->dir_fd, NAMES_STALE_FILE,
                    O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0 || fsync(txn->dir_fd) != 0) {
        int r = svct_fault_errno(fault, errno, "can't make the file %s",
                                 NAMES_STALE_FILE);

        if (fd >= 0)
            close(fd);
        return r;
    }
    close(fd);
    return 0;
}

/* What "names" lists now; from the accounts what can't be taken from it. */
static int
know_names(struct svct_txn *txn)
{
    int r;

    if (txn->names_known)
        return 0;
    r = svct_namelist_read(&txn->listed, txn->dir_fd, NULL);
    if (r == SVCT_E_DAMAGED || r == SVCT_E_UNSAFE) {
        svct_namelist_done(&txn->listed);
        txn->names_renew = true;
        r = 0;
    }
    if (r == 0 && (txn->names_renew || txn->names_unsure))
        r = list_accounts(txn, &txn->listed, NULL);
    txn->names_known = r == 0;
    return r;
}

int
svct_txn_name_added(struct svct_txn *txn, const char *name)
{
    int r = know_names(txn);

    if (r != 0)
        return r;
    svct_namelist_drop(&txn->removed, name);
    return svct_namelist_add(&txn->added, name);
}

int
svct_txn_name_removed(struct svct_txn *txn, const char *name)
{
    int r = know_names(txn);

    if (r != 0)
        return r;
    svct_namelist_drop(&txn->added, name);
    return svct_namelist_add(&txn->removed, name);
}

/* Writes what was listed, with the names that are added or without, and
 * without those that are removed or with them. */
static int
write_names(struct svct_txn *txn, bool with_added, bool without_removed,
            struct svct_fault *fault)
{
    struct svct_namelist list = { .count = 0 };
    int r;

    r = svct_namelist_add_all(&list, &txn->listed);
    if (r == 0 && with_added)
        r = svct_namelist_add_all(&list, &txn->added);
    if (r != 0)
        svct_fault_set(fault, r, 0, "the file names: %s", svct_err_text(r));
    else
        r = svct_namelist_write(&list,
                                without_removed ? &txn->removed : NULL,
                                txn->dir_fd, fault);
    svct_namelist_done(&list);
    return r;
}

/* Before the commit: all that the file had, and what is added. */
static int
names_before(struct svct_txn *txn, struct svct_fault *fault)
{
    int r;

    if (txn->added.count == 0 && txn->removed.count == 0 && !txn->names_renew)
        return 0;
    r = mark_names_stale(txn, fault);
    if (r != 0)
        return r;
    txn->names_touched = true;
    return txn->added.count > 0 ? write_names(txn, true, false, fault) : 0;
}

/* After the commit without the names that are gone; instead of it without
 * those that were to come. That it can't be written leaves the mark, and the
 * next writer mends it. */
static void
names_after(struct svct_txn *txn, bool published)
{
    bool good = true;

    if (!txn->names_touched)
        return;
    if (!published && txn->added.count > 0)
        good = write_names(txn, false, false, NULL) == 0;
    if (published && (txn->removed.count > 0 || txn->names_renew))
        good = write_names(txn, true, true, NULL) == 0;
    if (good && !txn->names_unsure)
        unlinkat(txn->dir_fd, NAMES_STALE_FILE, 0);
}

/* The folder of the current generation, whose number becomes the base. */
static int
open_current(struct svct_txn *txn, int *ret_fd, struct svct_fault *fault)
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

int
svct_txn_begin(const struct svct_txn_options *options,
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
        r = copy_current(txn, options->urgent, from_fd, fault);
    if (from_fd >= 0)
        close(from_fd);
    if (r != 0) {
        svct_txn_free(txn);
        return r;
    }
    mend_names(txn);
    *ret_txn = txn;
    return 0;
}

void
svct_txn_free(struct svct_txn *txn)
{
    if (txn == NULL)
        return;
    if (!txn->done)
        drop_copy(txn);
    detach(txn);
    if (txn->generation_fd >= 0)
        close(txn->generation_fd);
    svct_namelist_done(&txn->listed);
    svct_namelist_done(&txn->added);
    svct_namelist_done(&txn->removed);
    free(txn->changes);
    svct_lock_release(txn->lock_fd);
    if (txn->dir_fd >= 0)
        close(txn->dir_fd);
    free(txn);
}

const struct svct_snapshot *
svct_txn_view(const struct svct_txn *txn, enum svct_part part)
{
    return txn->part[part].view;
}

uint64_t
svct_txn_sequence(const struct svct_txn *txn)
{
    return txn->base + 1;
}

/* ---- changing ---- */

static int
remember(struct svct_txn *txn, enum svct_part part,
         const struct svct_key *key, uint64_t sum, bool gone,
         struct svct_fault *fault)
{
    size_t size = (txn->changes_count + 1) * sizeof *txn->changes;
    struct change *changes;

    if (txn->changes_lost || txn->changes_count == CHANGES_MAX) {
        txn->changes_lost = true;
        return 0;
    }
    changes = realloc(txn->changes, size);
    if (changes == NULL)
        return svct_fault_set(fault, SVCT_E_NOMEM, ENOMEM, "out of memory");
    txn->changes = changes;
    changes[txn->changes_count++] = (struct change){
        .part = part, .key = *key, .sum = sum, .gone = gone
    };
    return 0;
}

/* Size and sum of the record that a change replaces. SVCT_E_NOTFOUND: none. */
static int
old_record(struct svct_txn *txn, enum svct_part part,
           const struct svct_key *key, size_t *ret_size, uint64_t *ret_sum)
{
    struct svct_value value;
    int r = svct_snapshot_fetch(txn->part[part].view, key,
                                (enum svct_kind)key->data[0], &value);

    if (r == 0) {
        *ret_size = value.record.size;
        *ret_sum = value.record.sum;
    }
    return r;
}

static int
put(struct svct_txn *txn, enum svct_part part, const struct svct_key *key,
    const uint8_t *value, size_t size, struct svct_fault *fault)
{
    if (gdbm_store(txn->part[part].file, datum_of(key->data, key->len),
                   datum_of(value, size), GDBM_REPLACE) == 0)
        return 0;
    return gdbm_fault(txn, part, fault);
}

/* Zeros over a record that moves or goes: damage to the directory could
 * otherwise bring the old bytes, with a good check, back to light. */
static int
wipe(struct svct_txn *txn, enum svct_part part, const struct svct_key *key,
     size_t size, struct svct_fault *fault)
{
    static const uint8_t zeros[SVCT_RECORD_MAX];

    return put(txn, part, key, zeros, size, fault);
}

static int
store(struct svct_txn *txn, enum svct_part part, const struct svct_key *key,
      struct svct_record_writer *writer, struct svct_fault *fault)
{
    struct svct_meta *meta = &txn->part[part].meta;
    size_t old_size = 0, size;
    uint64_t old_sum = 0, sum;
    int r;

    r = old_record(txn, part, key, &old_size, &old_sum);
    if (r != 0 && r != SVCT_E_NOTFOUND)
        return svct_fault_set(fault, r, 0, "a record in %s: %s",
                              svct_part_file(part), svct_err_text(r));
    r = svct_record_end(writer, key, old_size, &size);
    if (r != 0)
        return svct_fault_set(fault, r, 0,
                              "the record gets too large: %d bytes are the "
                              "most",
                              SVCT_RECORD_MAX);
    if (old_size != 0 && size > old_size)
        r = wipe(txn, part, key, old_size, fault);
    if (r == 0)
        r = put(txn, part, key, writer->value, size, fault);
    if (r != 0)
        return r;
    sum = svct_record_sum(writer->value, size);
    meta->records += old_size == 0;
    meta->digest += sum - old_sum;
    return remember(txn, part, key, sum, false, fault);
}

int
svct_txn_store(struct svct_txn *txn, enum svct_part part,
               const struct svct_key *key, struct svct_record_writer *writer,
               struct svct_fault *fault)
{
    int r = store(txn, part, key, writer, fault);

    if (r != 0)
        txn->failed = true;
    return r;
}

int
svct_txn_delete(struct svct_txn *txn, enum svct_part part,
                const struct svct_key *key, struct svct_fault *fault)
{
    struct txn_part *p = &txn->part[part];
    size_t size;
    uint64_t sum;
    int r;

    r = old_record(txn, part, key, &size, &sum);
    if (r != 0)
        return svct_fault_set(fault, r, 0, "a record in %s: %s",
                              svct_part_file(part), svct_err_text(r));
    r = wipe(txn, part, key, size, fault);
    if (r == 0 && gdbm_delete(p->file, datum_of(key->data, key->len)) != 0)
        r = gdbm_fault(txn, part, fault);
    if (r == 0)
        r = remember(txn, part, key, 0, true, fault);
    if (r != 0) {
        txn->failed = true;
        return r;
    }
    p->meta.records--;
    p->meta.digest -= sum;
    return 0;
}

/* ---- committing ---- */

static int
write_meta(struct svct_txn *txn, int64_t now, struct svct_fault *fault)
{
    struct svct_key key = svct_key_single(SVCT_KIND_META);
    struct svct_record_writer writer;

    for (int i = 0; i < SVCT_PARTS; i++) {
        struct svct_meta *meta = &txn->part[i].meta;
        size_t size, old_size = 0;
        uint64_t old_sum;
        int r;

        meta->sequence = txn->base + 1;
        if (now > meta->committed)
            meta->committed = now;
        svct_meta_encode(meta, &writer);
        r = old_record(txn, (enum svct_part)i, &key, &old_size, &old_sum);
        if (r == 0 || r == SVCT_E_NOTFOUND)
            r = svct_record_end(&writer, &key, old_size, &size);
        if (r != 0)
            return svct_fault_set(fault, r, 0, "the meta record of %s: %s",
                                  svct_part_file((enum svct_part)i),
                                  svct_err_text(r));
        r = put(txn, (enum svct_part)i, &key, writer.value, size, fault);
        if (r != 0)
            return r;
    }
    return 0;
}

static int
sync_parts(struct svct_txn *txn, struct svct_fault *fault)
{
    for (int i = 0; i < SVCT_PARTS; i++)
        if (gdbm_sync(txn->part[i].file) != 0)
            return gdbm_fault(txn, (enum svct_part)i, fault);
    detach(txn);
    return 0;
}

static int
read_back_change(struct svct_snapshot *snapshot, const struct change *change)
{
    struct svct_value value;
    int r = svct_snapshot_fetch(snapshot, &change->key,
                                (enum svct_kind)change->key.data[0], &value);

    if (change->gone)
        return r == SVCT_E_NOTFOUND ? 0 : SVCT_E_DAMAGED;
    return r == 0 && value.record.sum != change->sum ? SVCT_E_DAMAGED : r;
}

/* Of several changes to one key the last one counts. */
static bool
is_last(const struct svct_txn *txn, size_t i)
{
    const struct change *change = &txn->changes[i];

    for (size_t k = i + 1; k < txn->changes_count; k++)
        if (txn->changes[k].part == change->part &&
            txn->changes[k].key.len == change->key.len &&
            memcmp(txn->changes[k].key.data, change->key.data,
                   change->key.len) == 0)
            return false;
    return true;
}

static int
see_nothing(void *arg, const struct svct_key *key,
            struct svct_record *record)
{
    (void)arg;
    (void)key;
    (void)record;
    return 0;
}

static int
read_back(struct svct_txn *txn, enum svct_part part,
          struct svct_fault *fault)
{
    const struct svct_meta *meta;
    struct svct_snapshot *snapshot;
    int r;

    r = svct_snapshot_open_generation(txn->generation_fd, part, &snapshot,
                                      fault);
    if (r != 0)
        return r;
    meta = svct_snapshot_meta(snapshot);
    if (memcmp(meta, &txn->part[part].meta, sizeof *meta) != 0)
        r = SVCT_E_DAMAGED;
    if (r == 0 && txn->changes_lost)
        r = svct_snapshot_each(snapshot, 0, see_nothing, NULL, fault);
    for (size_t i = 0; r == 0 && !txn->changes_lost &&
                       i < txn->changes_count; i++)
        if (txn->changes[i].part == part && is_last(txn, i))
            r = read_back_change(snapshot, &txn->changes[i]);
    svct_snapshot_free(snapshot);
    if (r == 0)
        return 0;
    return svct_fault_set(fault, r, 0,
                          "what was written to %s does not read back: the "
                          "disk or the memory may be faulty; nothing is "
                          "changed",
                          svct_part_file(part));
}

static int
sync_file(struct svct_txn *txn, enum svct_part part,
          struct svct_fault *fault)
{
    int fd = openat(txn->generation_fd, svct_part_file(part),
                    O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    int r = 0;

    if (fd < 0 || fsync(fd) != 0)
        r = svct_fault_errno(fault, errno, "can't sync %s",
                             svct_part_file(part));
    if (fd >= 0)
        close(fd);
    return r;
}

/* The new generation, whole and on the disk, but not yet the current one. */
static int
settle(struct svct_txn *txn, int64_t now, struct svct_fault *fault)
{
    int r;

    r = write_meta(txn, now, fault);
    if (r == 0)
        r = sync_parts(txn, fault);
    for (int i = 0; r == 0 && i < SVCT_PARTS; i++) {
        r = read_back(txn, (enum svct_part)i, fault);
        if (r == 0)
            r = sync_file(txn, (enum svct_part)i, fault);
    }
    if (r == 0 && fsync(txn->generation_fd) != 0)
        r = svct_fault_errno(fault, errno, "can't sync the generation");
    return r;
}

static void
tidy(struct svct_txn *txn)
{
    svct_generation_prune(txn->dir_fd, txn->base + 1, SVCT_GENERATIONS_KEPT);
    svct_generation_keep_reserve(txn->dir_fd,
                                 svct_generation_size(txn->generation_fd));
}

int
svct_txn_commit(struct svct_txn *txn, int64_t now, bool *ret_published,
                struct svct_fault *fault)
{
    bool published = false;
    int r;

    if (ret_published != NULL)
        *ret_published = false;
    if (txn->failed || txn->part[SVCT_PART_PRIVATE].file == NULL)
        return svct_fault_set(fault, SVCT_E_DAMAGED, 0,
                              "half a change can't be committed");
    r = settle(txn, now, fault);
    if (r == 0)
        r = names_before(txn, fault);
    if (r == 0)
        r = svct_generation_publish(txn->dir_fd, txn->base + 1, &published,
                                    fault);
    txn->failed = true;
    txn->done = published;
    names_after(txn, published);
    if (published)
        tidy(txn);
    if (ret_published != NULL)
        *ret_published = published;
    return r;
}
