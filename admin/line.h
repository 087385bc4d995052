/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_LINE_H
#define SVCT_ADMIN_LINE_H

/*
 * One line of an export, a backup or an import: a JSON object with "kind" and
 * the keys of that kind; svctoken-import(5) lists them. Pure: no file, no
 * clock.
 *
 * Strict: an unknown key, a key given twice, a value of another type or out of
 * bounds is an error, since a slip must not drop a restriction. A key that
 * lacks has the value that svctoken-import(5) says; what the database or the
 * host has to add is left to the caller (svct_line_given tells). No line can
 * hold a secret.
 *
 * Faults name the key and what would be right, and never repeat a value.
 */

#include <jansson.h>

#include "auth/entity.h"
#include "auth/usage.h"

#define SVCT_LINE_MAX 16384 /* bytes of a line, without its end */
#define SVCT_LINE_VERSION 1

/* What a header says the file is. */
#define SVCT_LINE_EXPORT "svctoken-export"
#define SVCT_LINE_BACKUP "svctoken-backup"

enum svct_line_kind {
    SVCT_LINE_NONE = 0,
    SVCT_LINE_HEADER,
    SVCT_LINE_POLICY,
    SVCT_LINE_ROLE,
    SVCT_LINE_ACCOUNT,
    SVCT_LINE_TOKEN,
    SVCT_LINE_END
};

/* What the file "usage" knows of a token; in a backup. */
struct svct_line_usage {
    uint32_t uses;
    int64_t last_used; /* 0: never */
    char service[SVCT_USAGE_SERVICE_MAX + 1];
    char rhost[SVCT_USAGE_RHOST_MAX + 1];
};

struct svct_linekey;

struct svct_line {
    enum svct_line_kind kind;
    uint64_t given; /* which keys stood there; svct_line_given */
    /* header */
    char format[24];
    uint64_t version;
    uint64_t sequence; /* of the generation; in a backup */
    int64_t committed;
    /* end */
    uint64_t lines;                  /* before it */
    uint8_t digest[SVCT_DIGEST_LEN]; /* of all bytes before it; in a backup */
    /* the others, each of its kind; zeroed where a key lacks, but a role of an
     * account is Viewer, and an account or role without "expires" never ends */
    struct svct_policy policy;
    struct svct_role role;
    struct svct_account account; /* tokens is 0 */
    bool existing; /* it is a Unix user of the host; then its uid is 0 */
    struct svct_token token;
    int64_t ttl; /* of a token, from its begin; 0: not given */
    struct svct_line_usage usage;
};

/*
 * text: len bytes, without the line's end. SVCT_E_SYNTAX, SVCT_E_RANGE,
 * SVCT_E_TOOBIG, SVCT_E_NOMEM.
 */
int svct_line_parse(const char *text, size_t len, struct svct_line *ret_line,
                    struct svct_fault *fault);

/*
 * The same a key at a time, for who has objects of another form: begin, read
 * or clear each key that stands there, check. clear: it stands there and says
 * "none". gids: how many of these stood in a role.
 */
void svct_line_begin(struct svct_line *line, enum svct_line_kind kind);
int svct_line_read(struct svct_line *line, const char *name,
                   const json_t *value, struct svct_fault *fault);
void svct_line_clear(struct svct_line *line, const char *name);
int svct_line_check(struct svct_line *line, size_t gids,
                    struct svct_fault *fault);

/* What stood in the line takes the place of what "onto", of the same kind, has
 * there; which keys these were, it knows then, too. */
void svct_line_merge(const struct svct_line *line, struct svct_line *onto);

/* A line of a record: a struct svct_policy, svct_role, svct_account or
 * svct_token. Which keys are given plays no part. */
void svct_line_put(struct svct_line *line, enum svct_line_kind kind,
                   const void *record);

/* The keys of a kind; ends in a name of NULL. "account" */
const struct svct_linekey *svct_line_keys(enum svct_line_kind kind);
const char *svct_line_kind_name(enum svct_line_kind kind);

/* Stood this key in the line? */
bool svct_line_given(const struct svct_line *line, const char *key);

/* The first key of the line that only a backup may have, or NULL. */
const char *svct_line_backup_key(const struct svct_line *line);

/*
 * Writes the line, with its end and a NUL, to out. backup: with the keys that
 * only a backup has. SVCT_E_TOOBIG; SVCT_E_DAMAGED for a text that is no UTF-8
 * or has control characters, which this program never stores.
 */
int svct_line_format(const struct svct_line *line, bool backup, char *out,
                     size_t size, size_t *ret_len, struct svct_fault *fault);

#endif
