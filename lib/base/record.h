/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_BASE_RECORD_H
#define SVCT_BASE_RECORD_H

/*
 * One record of the database: its key, and its value as tagged fields with a
 * check. doc/FORMAT.md has every byte; this is its only implementation.
 *
 * A value is
 *
 *     version u8 | kind u8 | length of fields u16 | fields | zeros | check u64
 *
 * and a field is tag u16, length u16, bytes. Tags ascend strictly, from 1. The
 * check is CRC-64 over key and value, so a record found under another key is
 * damage like a flipped bit. The size of a value is a power of two, and a
 * value that replaces another is at least as large, so that gdbm puts it in
 * the same place and no stale copy of it stays in the file.
 *
 * The top bit of a tag says "critical": a reader that does not know the field
 * can't decide about the record (SVCT_E_VERSION). Fields that are neither
 * known nor critical are kept through a rewrite.
 */

#include "base/buf.h"
#include "base/name.h"

#define SVCT_RECORD_VERSION 1
#define SVCT_RECORD_MIN 128
#define SVCT_RECORD_MAX 4096
#define SVCT_TAG_CRITICAL 0x8000

/* Kinds of record; also the first byte of their keys. */
enum svct_kind {
    SVCT_KIND_META = 'M',     /* one per file, see snapshot.h */
    SVCT_KIND_ACCOUNT = 'A',  /* by account name */
    SVCT_KIND_PAGE = 'G',     /* token ids of an account, by name and page */
    SVCT_KIND_TOKEN = 'T',    /* by token id */
    SVCT_KIND_ROLE = 'R',     /* by role name */
    SVCT_KIND_POLICY = 'P',   /* one */
    SVCT_KIND_ROLELIST = 'L', /* one: the names of all roles */
    SVCT_KIND_SLOTS = 'S',    /* one: the slots of the file "usage" */
    /* of the public file, see pubrec.h */
    SVCT_KIND_PUBUSER = 'U',  /* by account name */
    SVCT_KIND_PUBID = 'I',    /* by uid or gid */
    SVCT_KIND_PUBGROUP = 'N', /* by group name */
    SVCT_KIND_PUBROLE = 'O',  /* by role name */
    SVCT_KIND_PUBPAGE = 'B'   /* members of a role, by its name and page */
};

/* ---- keys ---- */

#define SVCT_KEY_MAX 64

struct svct_key {
    uint8_t data[SVCT_KEY_MAX];
    size_t len; /* 0: no key; an invalid name gives this, and no record */
};

/* A key that is the kind alone (META, POLICY). */
struct svct_key svct_key_single(enum svct_kind kind);

/* A key by a name people chose. The CRC-64 of the name stands before it:
 * gdbm's own hash is weak for names that look alike, and too many on one hash
 * value would make the directory overflow. */
struct svct_key svct_key_named(enum svct_kind kind, const char *name);

/* A key by a name and a number, for pages. */
struct svct_key svct_key_numbered(enum svct_kind kind, const char *name,
                                  uint32_t number);

/* A key by a number, that one's CRC-64 before it for the same reason. */
struct svct_key svct_key_id(enum svct_kind kind, uint32_t id);

bool svct_key_equal(const struct svct_key *a, const struct svct_key *b);

/* ---- writing ---- */

struct svct_record_writer {
    uint8_t value[SVCT_RECORD_MAX];
    struct svct_buf fields;
    int last_tag; /* tags must ascend; 0 before the first */
};

void svct_record_begin(struct svct_record_writer *writer, enum svct_kind kind);

/* tag without or with SVCT_TAG_CRITICAL; the order is that of the lower 15
 * bits. A field out of order or too long makes the end fail. */
void svct_record_put(struct svct_record_writer *writer, unsigned tag,
                     const void *bytes, size_t len);
void svct_record_put_text(struct svct_record_writer *writer, unsigned tag,
                          const char *text);
void svct_record_put_u8(struct svct_record_writer *writer, unsigned tag,
                        uint8_t value);
void svct_record_put_u64(struct svct_record_writer *writer, unsigned tag,
                         uint64_t value);

/*
 * Pads and seals the value. least is the size of the value it will replace,
 * or 0. SVCT_E_TOOBIG when the fields do not fit SVCT_RECORD_MAX or were out
 * of order. The result is writer->value, *ret_size bytes.
 */
int svct_record_end(struct svct_record_writer *writer,
                    const struct svct_key *key, size_t least, size_t *ret_size);

/* ---- reading ---- */

struct svct_record {
    enum svct_kind kind;
    size_t size;  /* of the whole value */
    uint64_t sum; /* its part in the digest of the file, see snapshot.h */
    struct svct_cursor fields;
};

struct svct_field {
    unsigned tag; /* without the critical bit */
    bool critical;
    const uint8_t *data;
    size_t len;
};

/*
 * Checks a value whole (size, check, version, kind, form of every field) and
 * sets ret_record to its first field. The record points into value. SVCT_E_
 * DAMAGED, or SVCT_E_VERSION for a good check over a newer version.
 */
int svct_record_open(const struct svct_key *key, enum svct_kind kind,
                     const uint8_t *value, size_t size,
                     struct svct_record *ret_record);

/* The next field; false when there is none. */
bool svct_record_next(struct svct_record *record, struct svct_field *ret_field);

/* What a sealed value adds to the digest of its file: its check, mixed so
 * that sums of many of them do not cancel out. */
uint64_t svct_record_sum(const uint8_t *value, size_t size);

/* Contents of a field, exact or SVCT_E_DAMAGED. A u32 is stored as a u64, and
 * must not be more. Text may hold no NUL and must fit size including the NUL
 * that is added. */
int svct_field_u8(const struct svct_field *field, uint8_t *ret_value);
int svct_field_u64(const struct svct_field *field, uint64_t *ret_value);
int svct_field_u32(const struct svct_field *field, uint32_t *ret_value);
int svct_field_text(const struct svct_field *field, char *ret_text,
                    size_t size);

#endif
