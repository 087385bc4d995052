/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/partfile.h"

#include <errno.h>
#include <fcntl.h>
#include <gdbm.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "write/gather.h"
#include "write/rollfilter.h"
#include "write/rollfile.h"

/* Of 8 KiB each, which gdbm keeps in memory; else it keeps all there are. What
 * it has to read again comes from the system's cache, in as little time. */
#define CACHE_BUCKETS 256

/* ---- gdbm ---- */

static datum datum_of(const void *bytes, size_t len)
{
    datum d = {.dptr = (char *)bytes, .dsize = (int)len};

    return d;
}

/* Was it a failed call of the system? One of EINVAL has an offset that is
 * none, which is damage. */
static bool is_of_system(int sys)
{
    return sys != 0 && sys != EINVAL && sys != EOVERFLOW;
}

/*
 * An error of the system is one, and no damage, whatever gdbm makes of it (a
 * file whose size can't be asked for has "a bad hash table"). To all later
 * calls gdbm says that the file needs recovery: so the first one is remembered.
 * errno was 0 before the call.
 */
static bool failed_in_system(struct svct_partfile *file, gdbm_error error)
{
    int sys = error == GDBM_MALLOC_ERROR ? ENOMEM : errno;

    if (file->sys_errno == 0 && is_of_system(sys))
        file->sys_errno = sys;
    return file->sys_errno != 0;
}

/* What a gdbm failure means for the reader. */
static int code_of_gdbm(struct svct_partfile *file, gdbm_error error)
{
    if (error == GDBM_ITEM_NOT_FOUND)
        return SVCT_E_NOTFOUND;
    return failed_in_system(file, error)
               ? svct_fault_errno(NULL, file->sys_errno, "-")
               : SVCT_E_DAMAGED;
}

static int gdbm_fault(struct svct_partfile *file, struct svct_fault *fault)
{
    int sys = gdbm_last_syserr(file->gdbm);
    gdbm_error error = gdbm_errno;

    if (sys != 0)
        errno = sys;
    if (failed_in_system(file, error))
        return svct_fault_errno(fault, file->sys_errno, "can't write %s",
                                svct_part_file(file->part));
    return svct_fault_set(fault, SVCT_E_DAMAGED, 0, "%s: gdbm: %s",
                          svct_part_file(file->part), gdbm_strerror(error));
}

static int open_fault(struct svct_partfile *file, struct svct_fault *fault)
{
    const char *name = svct_part_file(file->part);
    gdbm_error error = gdbm_errno;

    if (failed_in_system(file, error))
        return svct_fault_errno(fault, file->sys_errno,
                                "can't open the copy of %s", name);
    return svct_fault_set(fault, SVCT_E_DAMAGED, 0,
                          "gdbm can't open the copy of %s: %s", name,
                          gdbm_strerror(error));
}

/* A record that could not be read: why. "what" is for people. */
static int read_fault(const struct svct_partfile *file, int code,
                      const char *what, struct svct_fault *fault)
{
    const char *name = svct_part_file(file->part);

    if (code != SVCT_E_DAMAGED && code != SVCT_E_NOTFOUND &&
        file->sys_errno != 0)
        return svct_fault_errno(fault, file->sys_errno, "%s %s", what, name);
    return svct_fault_set(fault, code, 0, "%s %s: %s", what, name,
                          svct_err_text(code));
}

/* ---- reading it ---- */

/* Moves what gdbm found to where it is wanted. */
static int take(struct svct_partfile *file, datum found, uint8_t *ret_bytes,
                size_t room, size_t *ret_len)
{
    size_t len = (size_t)found.dsize;

    if (found.dptr == NULL)
        return code_of_gdbm(file, gdbm_errno);
    if (len <= room)
        memcpy(ret_bytes, found.dptr, len);
    free(found.dptr);
    if (len > room)
        return SVCT_E_DAMAGED;
    *ret_len = len;
    return 0;
}

/* Of the keys that are known not to be there, which one; or NULL. What is new
 * is looked for by each who makes sure of that, and by the store at last. */
static struct svct_key *find_absent(struct svct_partfile *file,
                                    const struct svct_key *key)
{
    for (unsigned i = 0; i < SVCT_PARTFILE_ABSENT; i++)
        if (svct_key_equal(&file->absent[i], key))
            return &file->absent[i];
    return NULL;
}

/* That of the meta record is its number. */
static bool is_on_roll(const struct svct_partfile *file,
                       const struct svct_key *key)
{
    return file->roll != NULL &&
           !(key->len == 1 && key->data[0] == SVCT_KIND_META);
}

/* As base/snapshot.c has it of a published file. r: what gdbm found. */
static int hold(struct svct_partfile *file, const struct svct_key *key,
                const uint8_t *value, size_t size, int r)
{
    int held = 0;

    if (!is_on_roll(file, key))
        return r;
    if (r == 0 && size >= SVCT_RECORD_MIN) /* what is less, record.h refuses */
        held = svct_roll_confirm(file->roll, key, svct_record_sum(value, size));
    else if (r == SVCT_E_NOTFOUND)
        held = svct_roll_confirm_absent(file->roll, key);
    return held != 0 ? held : r;
}

/*
 * Where changes wait, most keys that are asked for are new, and for each gdbm
 * would read a bucket, and the roll a page. That the roll has none of it will
 * do: if gdbm has one all the same, which is damage, it will not store another.
 */
static bool roll_has_none(struct svct_partfile *file,
                          const struct svct_key *key)
{
    return file->filter != NULL && is_on_roll(file, key) &&
           svct_rollfilter_lacks(file->filter, key);
}

static int fetch_stored(struct svct_partfile *file, const struct svct_key *key,
                        uint8_t *ret_value, size_t *ret_size)
{
    size_t size = 0;
    int r;

    if (roll_has_none(file, key))
        return SVCT_E_NOTFOUND;
    errno = 0;
    r = take(file, gdbm_fetch(file->gdbm, datum_of(key->data, key->len)),
             ret_value, SVCT_RECORD_MAX, &size);
    r = hold(file, key, ret_value, size, r);
    if (r == 0)
        *ret_size = size;
    return r;
}

/* What a key will be. false: it does not wait. */
static bool find_waiting(const struct svct_partfile *file,
                         const struct svct_key *key,
                         struct svct_gather_item *ret_item)
{
    return file->gather != NULL &&
           svct_gather_find(file->gather, key, ret_item);
}

static int fetch_value(void *arg, const struct svct_key *key,
                       uint8_t *ret_value, size_t *ret_size)
{
    struct svct_partfile *file = arg;
    struct svct_gather_item item;
    int r;

    if (find_absent(file, key) != NULL)
        return SVCT_E_NOTFOUND;
    if (find_waiting(file, key, &item)) {
        memcpy(ret_value, item.value, item.size);
        *ret_size = item.size;
        return item.size != 0 ? 0 : SVCT_E_NOTFOUND;
    }
    r = fetch_stored(file, key, ret_value, ret_size);
    if (r == SVCT_E_NOTFOUND)
        file->absent[file->absent_next++ % SVCT_PARTFILE_ABSENT] = *key;
    return r;
}

/* ---- writing ---- */

static int put(struct svct_partfile *file, const struct svct_key *key,
               const uint8_t *value, size_t size, int mode,
               struct svct_fault *fault)
{
    int r;

    errno = 0;
    r = gdbm_store(file->gdbm, datum_of(key->data, key->len),
                   datum_of(value, size), mode);
    if (r == 0 && !gdbm_needs_recovery(file->gdbm)) /* it may keep to itself */
        return 0;
    if (r == 1)
        return svct_fault_set(fault, SVCT_E_DAMAGED, 0,
                              "%s has a record that it should not have",
                              svct_part_file(file->part));
    return gdbm_fault(file, fault);
}

/* Zeros over a record that moves or goes: damage to the directory could
 * otherwise bring the old bytes, with a good check, back to light. */
static int wipe(struct svct_partfile *file, const struct svct_key *key,
                size_t size, struct svct_fault *fault)
{
    static const uint8_t zeros[SVCT_RECORD_MAX];

    return put(file, key, zeros, size, GDBM_REPLACE, fault);
}

static int take_away(struct svct_partfile *file, const struct svct_key *key,
                     struct svct_fault *fault)
{
    errno = 0;
    if (gdbm_delete(file->gdbm, datum_of(key->data, key->len)) == 0 &&
        !gdbm_needs_recovery(file->gdbm)) /* as in put */
        return 0;
    return gdbm_fault(file, fault);
}

static int write_change(struct svct_partfile *file,
                        const struct svct_gather_item *item,
                        struct svct_fault *fault)
{
    int r = 0;

    if (item->old_size != 0 && item->size != item->old_size)
        r = wipe(file, &item->key, item->old_size, fault);
    if (r == 0 && item->size != 0)
        r = put(file, &item->key, item->value, item->size,
                item->old_size != 0 ? GDBM_REPLACE : GDBM_INSERT, fault);
    else if (r == 0 && item->old_size != 0)
        r = take_away(file, &item->key, fault);
    return r;
}

static int enroll_change(struct svct_rollfile_batch *batch,
                         const struct svct_gather_item *item,
                         struct svct_fault *fault)
{
    uint64_t sum =
        item->size != 0 ? svct_record_sum(item->value, item->size) : 0;

    if (item->size == 0 && item->old_size == 0)
        return 0;
    return svct_rollfile_batch_change(
        batch, &item->key, item->old_size != 0 ? &item->old_sum : NULL,
        item->size != 0 ? &sum : NULL, fault);
}

static int enroll_all(struct svct_partfile *file, struct svct_fault *fault)
{
    struct svct_rollfile_batch batch = {.roll = file->roll};
    struct svct_gather_item item;
    int r = 0;

    svct_gather_sort(file->gather, svct_rollfile_rank);
    for (size_t i = 0; r == 0 && i < svct_gather_count(file->gather); i++) {
        svct_gather_at(file->gather, i, &item);
        if (file->filter != NULL)
            svct_rollfilter_add(file->filter, &item.key);
        r = enroll_change(&batch, &item, fault);
    }
    return r == 0 ? svct_rollfile_batch_end(&batch, fault) : r;
}

/* In the order of gdbm's hash each of its buckets is read once, and what is new
 * lies beside what is in the same one. */
int svct_partfile_write_waiting(struct svct_partfile *file,
                                struct svct_fault *fault)
{
    struct svct_gather_item item;
    int r = 0;

    if (file->gather == NULL || svct_gather_count(file->gather) == 0)
        return 0;
    svct_gather_sort(file->gather, svct_gdbmfile_hash);
    for (size_t i = 0; r == 0 && i < svct_gather_count(file->gather); i++) {
        svct_gather_at(file->gather, i, &item);
        r = write_change(file, &item, fault);
    }
    if (r == 0 && file->roll != NULL)
        r = enroll_all(file, fault);
    if (r == 0)
        svct_gather_clear(file->gather);
    return r;
}

/* ---- all of it ---- */

static int key_behind(void *arg, const struct svct_key *from,
                      struct svct_key *ret_key)
{
    struct svct_partfile *file = arg;
    struct svct_key key;
    int r = svct_partfile_write_waiting(file, NULL);

    if (r != 0)
        return r;
    errno = 0;
    r = take(file,
             from->len == 0
                 ? gdbm_firstkey(file->gdbm)
                 : gdbm_nextkey(file->gdbm, datum_of(from->data, from->len)),
             key.data, sizeof key.data, &key.len);
    if (r == 0)
        *ret_key = key;
    return r == 0 && key.len == 0 ? SVCT_E_DAMAGED : r;
}

static int count_keys(void *arg, uint64_t *ret_count)
{
    struct svct_partfile *file = arg;
    gdbm_count_t count;
    int r = svct_partfile_write_waiting(file, NULL);

    if (r != 0)
        return r;
    errno = 0;
    if (gdbm_count(file->gdbm, &count) != 0)
        return code_of_gdbm(file, gdbm_errno);
    *ret_count = count;
    return 0;
}

static const struct svct_snapshot_source source = {fetch_value, key_behind,
                                                   count_keys};

/* ---- opening ---- */

/* Right after opening: gdbm can abort when this is changed later. */
static bool bound_cache(GDBM_FILE gdbm)
{
    size_t buckets = CACHE_BUCKETS;

    return gdbm_setopt(gdbm, GDBM_SETCACHESIZE, &buckets, sizeof buckets) == 0;
}

/* It opens a file all the same that it could not sync. */
static int recovery_fault(struct svct_partfile *file, struct svct_fault *fault)
{
    const char *name = svct_part_file(file->part);

    errno = gdbm_last_syserr(file->gdbm);
    if (failed_in_system(file, gdbm_last_errno(file->gdbm)))
        return svct_fault_errno(fault, file->sys_errno,
                                "can't open the copy of %s", name);
    return svct_fault_set(fault, SVCT_E_DAMAGED, 0, "gdbm finds %s damaged",
                          name);
}

int svct_partfile_attach(struct svct_partfile *file, int fd, bool fresh,
                         struct svct_fault *fault)
{
    int mode = fresh ? GDBM_NEWDB : GDBM_WRITER;

    errno = file->sys_errno = 0;
    memset(file->absent, 0, sizeof file->absent);
    file->gdbm = gdbm_fd_open(
        fd, svct_part_file(file->part), SVCT_BLOCK_SIZE,
        mode | GDBM_NOLOCK | GDBM_NOMMAP | GDBM_BSEXACT | GDBM_CLOERROR, NULL);
    if (file->gdbm == NULL)
        return open_fault(file, fault);
    if (gdbm_needs_recovery(file->gdbm))
        return recovery_fault(file, fault);
    if (!bound_cache(file->gdbm))
        return gdbm_fault(file, fault);
    file->view = svct_snapshot_over(&source, file, &file->meta);
    if (file->view == NULL)
        return svct_fault_set(fault, SVCT_E_NOMEM, ENOMEM, "out of memory");
    return 0;
}

/*
 * gdbm_close syncs the file once more, at the price of another look at the disk,
 * and tells nobody what came of it. What is to stay was synced by then, and
 * what is given up needs none: so it is left with a descriptor of nothing that
 * can be synced. (Where none can be had, it syncs.)
 */
static void close_unsynced(GDBM_FILE gdbm)
{
    int nothing = open("/", O_PATH | O_CLOEXEC);

    if (nothing >= 0) {
        dup3(nothing, gdbm_fdesc(gdbm), O_CLOEXEC);
        close(nothing);
    }
    gdbm_close(gdbm);
}

void svct_partfile_hold_against(struct svct_partfile *file,
                                struct svct_roll *roll)
{
    file->roll = roll;
}

int svct_partfile_gather(struct svct_partfile *file, size_t bytes,
                         struct svct_fault *fault)
{
    int r = 0;

    if (file->roll != NULL && file->filter == NULL)
        r = svct_rollfilter_new(file->roll, &file->filter);
    if (r == 0 && file->gather == NULL)
        r = svct_gather_new(bytes, &file->gather);
    return r == 0 ? 0
                  : svct_fault_set(fault, r, r == SVCT_E_NOMEM ? ENOMEM : 0,
                                   "%s: %s", svct_part_file(file->part),
                                   svct_err_text(r));
}

void svct_partfile_detach(struct svct_partfile *file)
{
    svct_snapshot_free(file->view);
    svct_gather_free(file->gather);
    svct_rollfilter_free(file->filter);
    if (file->gdbm != NULL)
        close_unsynced(file->gdbm);
    file->view = NULL;
    file->gdbm = NULL;
    file->roll = NULL;
    file->gather = NULL;
    file->filter = NULL;
}

void svct_partfile_done(struct svct_partfile *file)
{
    svct_partfile_detach(file);
    svct_readback_done(&file->readback);
}

int svct_partfile_load_meta(struct svct_partfile *file, uint64_t sequence,
                            struct svct_fault *fault)
{
    struct svct_key key = svct_key_single(SVCT_KIND_META);
    struct svct_value value;
    int r;

    r = svct_snapshot_fetch(file->view, &key, SVCT_KIND_META, &value);
    if (r == 0)
        r = svct_meta_decode(&value.record, &file->meta);
    if (r == 0 && file->meta.sequence == sequence)
        return 0;
    if (r == 0 || r == SVCT_E_NOTFOUND)
        r = SVCT_E_DAMAGED;
    return read_fault(file, r, "the meta record of", fault);
}

/* ---- changing ---- */

/* Size and sum of the record that a change replaces. SVCT_E_NOTFOUND: none. */
static int old_record(struct svct_partfile *file, const struct svct_key *key,
                      size_t *ret_size, uint64_t *ret_sum)
{
    struct svct_value value;
    int r = svct_snapshot_fetch(file->view, key, (enum svct_kind)key->data[0],
                                &value);

    if (r == 0) {
        *ret_size = value.record.size;
        *ret_sum = value.record.sum;
    }
    return r;
}

/* A second time there is room: for any record. */
static int wait_for_others(struct svct_partfile *file,
                           const struct svct_gather_item *item,
                           struct svct_fault *fault)
{
    int r = 0;

    if (svct_gather_put(file->gather, item))
        return 0;
    r = svct_partfile_write_waiting(file, fault);
    if (r == 0)
        svct_gather_put(file->gather, item);
    return r;
}

static int write_at_once(struct svct_partfile *file,
                         const struct svct_gather_item *item,
                         struct svct_fault *fault)
{
    struct svct_rollfile_batch batch = {.roll = file->roll};
    int r = write_change(file, item, fault);

    if (r == 0 && file->roll != NULL)
        r = enroll_change(&batch, item, fault);
    return r == 0 ? svct_rollfile_batch_end(&batch, fault) : r;
}

static int change(struct svct_partfile *file,
                  const struct svct_gather_item *item, struct svct_fault *fault)
{
    struct svct_key *absent = find_absent(file, &item->key);

    if (absent != NULL)
        absent->len = 0;
    return file->gather != NULL ? wait_for_others(file, item, fault)
                                : write_at_once(file, item, fault);
}

int svct_partfile_store(struct svct_partfile *file, const struct svct_key *key,
                        struct svct_record_writer *writer,
                        struct svct_fault *fault)
{
    struct svct_gather_item item = {.key = *key, .value = writer->value};
    struct svct_meta *meta = &file->meta;
    uint64_t sum;
    int r;

    r = old_record(file, key, &item.old_size, &item.old_sum);
    if (r != 0 && r != SVCT_E_NOTFOUND)
        return read_fault(file, r, "a record in", fault);
    r = svct_record_end(writer, key, item.old_size, &item.size);
    if (r != 0)
        return svct_fault_set(fault, r, 0,
                              "the record gets too large: %d bytes are the "
                              "most",
                              SVCT_RECORD_MAX);
    r = change(file, &item, fault);
    if (r != 0)
        return r;
    sum = svct_record_sum(writer->value, item.size);
    meta->records += item.old_size == 0;
    meta->digest += sum - item.old_sum;
    return svct_readback_note(&file->readback, key, sum, false, fault);
}

int svct_partfile_delete(struct svct_partfile *file, const struct svct_key *key,
                         struct svct_fault *fault)
{
    struct svct_gather_item item = {.key = *key};
    int r;

    r = old_record(file, key, &item.old_size, &item.old_sum);
    if (r != 0)
        return read_fault(file, r, "a record in", fault);
    r = change(file, &item, fault);
    if (r == 0)
        r = svct_readback_note(&file->readback, key, 0, true, fault);
    if (r != 0)
        return r;
    file->meta.records--;
    file->meta.digest -= item.old_sum;
    return 0;
}

/* ---- finishing ---- */

static int write_meta(struct svct_partfile *file, struct svct_fault *fault)
{
    struct svct_key key = svct_key_single(SVCT_KIND_META);
    struct svct_record_writer writer;
    size_t size, old_size = 0;
    uint64_t old_sum;
    int r;

    svct_meta_encode(&file->meta, &writer);
    r = old_record(file, &key, &old_size, &old_sum);
    if (r == 0 || r == SVCT_E_NOTFOUND)
        r = svct_record_end(&writer, &key, old_size, &size);
    if (r != 0)
        return read_fault(file, r, "the meta record of", fault);
    return put(file, &key, writer.value, size, GDBM_REPLACE, fault);
}

int svct_partfile_finish(struct svct_partfile *file, struct svct_fault *fault)
{
    int r = svct_partfile_write_waiting(file, fault);

    if (r == 0)
        r = write_meta(file, fault);
    errno = 0;
    if (r == 0 && gdbm_sync(file->gdbm) != 0)
        r = gdbm_fault(file, fault);
    if (r == 0)
        svct_partfile_detach(file);
    return r;
}

int svct_partfile_read_back(struct svct_partfile *file, int generation_fd,
                            struct svct_fault *fault)
{
    return svct_readback_compare(&file->readback, file->part, &file->meta,
                                 generation_fd, fault);
}
