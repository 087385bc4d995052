/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_BASE_SNAPSHOT_H
#define SVCT_BASE_SNAPSHOT_H

/*
 * Reading one generation of the database.
 *
 * The database folder holds numbered generation folders and the symbolic link
 * "current" to one of them; a commit writes a new folder and moves the link.
 * A snapshot opens a file of the folder that "current" names, so that it sees
 * one generation, takes no lock, and goes on seeing it whatever is committed
 * meanwhile.
 *
 *     dir = svct_safefile_open_dir(SVCT_DBDIR)
 *     svct_snapshot_open(dir, SVCT_PART_PRIVATE, &snapshot, &fault)
 *     svct_snapshot_fetch(snapshot, &key, kind, &value) ...
 *     svct_snapshot_free(snapshot)
 *
 * The file is read by gdbmfile.h, without gdbm and without mmap (a file that
 * shrinks would raise SIGBUS in the host), and every value is checked by
 * record.h before anyone believes it. What the private part gives, or does not
 * have, is held against the roll of its generation (roll.h) besides: so a
 * record of an older one is damage, and so is one that was lost.
 * A snapshot belongs to one thread.
 */

#include "base/gdbmfile.h"
#include "base/roll.h"

enum svct_part {
    SVCT_PART_PUBLIC = 0, /* public.gdbm, 0644: what name lookups read */
    SVCT_PART_PRIVATE = 1 /* private.gdbm, 0600: all the rest */
};
#define SVCT_PARTS 2

#define SVCT_CURRENT "current"
#define SVCT_GENERATION_FORMAT "gen-%010llu" /* its sequence number */
#define SVCT_GENERATION_LEN 14               /* characters of such a name */
#define SVCT_SEQUENCE_MAX 9999999999ULL

/* The name of the file that holds a part. */
const char *svct_part_file(enum svct_part part);

/* The meta record of a file. */
struct svct_meta {
    uint64_t sequence; /* of the generation, 1 ..; equal in both files */
    int64_t committed; /* when, Unix seconds */
    uint64_t records;  /* in this file, the meta record not counted */
    uint64_t digest;   /* sum mod 2^64 of svct_record_sum of each of them */
};

/* Reads and writes the meta record's value. */
int svct_meta_decode(struct svct_record *record, struct svct_meta *ret_meta);
void svct_meta_encode(const struct svct_meta *meta,
                      struct svct_record_writer *writer);

struct svct_snapshot;

/* A fetched value, checked; the record points into it. */
struct svct_value {
    uint8_t data[SVCT_RECORD_MAX];
    struct svct_record record;
};

/*
 * Opens one file of the current generation. SVCT_E_NODB when there is none
 * ("current" is not there), SVCT_E_ACCESS, SVCT_E_UNSAFE, SVCT_E_DAMAGED,
 * SVCT_E_VERSION, SVCT_E_IO, SVCT_E_NOMEM.
 */
int svct_snapshot_open(int dir_fd, enum svct_part part,
                       struct svct_snapshot **ret_snapshot,
                       struct svct_fault *fault);

/* The same for a generation folder that is open already, whatever "current"
 * says: for verifying an older or a newly written one. */
int svct_snapshot_open_generation(int generation_fd, enum svct_part part,
                                  struct svct_snapshot **ret_snapshot,
                                  struct svct_fault *fault);

/* And without the roll, which may be what is damaged: only the meta record,
 * svct_snapshot_count and a whole svct_snapshot_each tell the truth then. */
int svct_snapshot_open_bare(int generation_fd, enum svct_part part,
                            struct svct_snapshot **ret_snapshot,
                            struct svct_fault *fault);

void svct_snapshot_free(struct svct_snapshot *snapshot);

/*
 * For who waits for somebody with no descriptor open, and goes on with what was
 * read before. Only for a private part of svct_snapshot_open; between the two
 * it can only be freed or asked for its meta record.
 *
 * Resuming opens both files through "current" anew. false: that is another
 * generation now, or they are not the very same files, unchanged; free it and
 * open another one. How the folder of the generation came to be as it is does
 * not matter then: its files are those that were opened when it was looked at.
 */
void svct_snapshot_suspend(struct svct_snapshot *snapshot);
bool svct_snapshot_resume(struct svct_snapshot *snapshot, int dir_fd);

const struct svct_meta *svct_snapshot_meta(
    const struct svct_snapshot *snapshot);

/*
 * Fetches one record. SVCT_E_NOTFOUND when there is no such key, which in a
 * damaged public part may be untrue: see names.h. SVCT_E_DAMAGED, SVCT_E_
 * VERSION, SVCT_E_IO, SVCT_E_NOMEM.
 */
int svct_snapshot_fetch(const struct svct_snapshot *snapshot,
                        const struct svct_key *key, enum svct_kind kind,
                        struct svct_value *ret_value);

/*
 * Calls visit for each record of one kind (0: of every kind but META), in no
 * particular order. A visit that returns other than 0 ends the walk, and that
 * is the result, once that record alone is held against the roll. Then, if all
 * were seen, the number of records and their digest are held against the meta
 * record, and all together against the roll: SVCT_E_DAMAGED when they differ.
 * So what visits were told is true when this returns 0, not before.
 * The key and the value are valid during the visit only.
 */
typedef int svct_snapshot_visit_fn(void *arg, const struct svct_key *key,
                                   struct svct_record *record);
int svct_snapshot_each(const struct svct_snapshot *snapshot, int kind,
                       svct_snapshot_visit_fn *visit, void *arg,
                       struct svct_fault *fault);

/*
 * The same a step at a time, for a walk that goes on from one call to the
 * next. A zeroed place is before the first record; each call moves it to the
 * next one, whose key is place->key then. SVCT_E_NOTFOUND behind the last, if
 * as many were seen as the meta record counts; SVCT_E_DAMAGED if not, or at
 * one more than it counts, so that a walk always ends; SVCT_E_IO,
 * SVCT_E_NOMEM: nothing moved. The value is svct_snapshot_fetch's to give, and
 * only it is checked. The place is good for any snapshot of that generation.
 */
struct svct_place {
    struct svct_key key;
    uint64_t seen; /* records, with this one */
};
int svct_snapshot_next(const struct svct_snapshot *snapshot,
                       struct svct_place *place);

/*
 * Are there as many records as the meta record says? Reads every bucket but no
 * record: much less than svct_snapshot_each, and it notices a block that is
 * lost, not a value that is altered. SVCT_E_DAMAGED, SVCT_E_IO, SVCT_E_NOMEM.
 */
int svct_snapshot_count(const struct svct_snapshot *snapshot,
                        struct svct_fault *fault);

/* Is every page of the roll whole and of this generation, and are as many
 * records on it? 0 where there is no roll. SVCT_E_DAMAGED, SVCT_E_VERSION,
 * SVCT_E_IO. */
int svct_snapshot_check_roll(const struct svct_snapshot *snapshot,
                             struct svct_fault *fault);

/*
 * For the transaction, which reads the copy that it is writing, through gdbm:
 * a snapshot over a file of another kind, which stays the caller's. The three
 * functions are as those of gdbmfile.h, and the roll is theirs to ask. meta must
 * outlive it and is the caller's to keep true.
 */
struct svct_snapshot_source {
    int (*fetch)(void *file, const struct svct_key *key, uint8_t *ret_value,
                 size_t *ret_size);
    int (*behind)(void *file, const struct svct_key *from,
                  struct svct_key *ret_key);
    int (*count)(void *file, uint64_t *ret_count);
};
struct svct_snapshot *svct_snapshot_over(
    const struct svct_snapshot_source *source, void *file,
    const struct svct_meta *meta);

/* The name "current" points to: SVCT_GENERATION_LEN characters and NUL into
 * ret_name. SVCT_E_NODB, SVCT_E_DAMAGED (not the name of a generation). */
int svct_snapshot_current(int dir_fd, char *ret_name, uint64_t *ret_sequence,
                          struct svct_fault *fault);

#endif
