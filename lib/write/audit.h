/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_WRITE_AUDIT_H
#define SVCT_WRITE_AUDIT_H

/*
 * Who changed what. Formed here, written by the program: as a line for syslog,
 * and as pairs for a file.
 *
 *     account-edit account=deploy role=Admin role-was=Viewer by=alice uid=1000
 *
 * Nothing secret is ever put in: no token, no hash.
 *
 *     svct_audit_begin
 *     svct_audit_add, svct_audit_change    what matters most comes first
 *     svct_audit_sign                      last, once
 *
 * The line is bounded and says so when it is cut; the pairs keep whole values.
 * Who did it is always in the line, however long the rest is.
 */

#include "base/err.h"

#define SVCT_AUDIT_MAX 2048       /* bytes of the line, with its NUL */
#define SVCT_AUDIT_VALUE_MAX 256  /* bytes of a value in the line, escaped */
#define SVCT_AUDIT_PAIRS_MAX 64   /* pairs that are kept */
#define SVCT_AUDIT_TEXT_MAX 16384 /* bytes of all that is kept */

struct svct_audit {
    char line[SVCT_AUDIT_MAX];
    size_t len;
    bool full;     /* the line is cut: nothing more but the signature */
    bool left_out; /* a pair or more could not be kept */
    size_t pairs;
    struct {
        uint16_t key; /* places within text */
        uint16_t value;
        uint16_t old; /* 0: no change, just a fact */
    } place[SVCT_AUDIT_PAIRS_MAX];
    size_t text_len;
    char text[SVCT_AUDIT_TEXT_MAX]; /* the action first, each with its NUL */
};

/* action: a word of ours, as "token-revoke". */
void svct_audit_begin(struct svct_audit *audit, const char *action);

/* A fact. In the line " key=value" with the value escaped (base/name.h) and
 * cut at SVCT_AUDIT_VALUE_MAX, so that no long text pushes the others out. A
 * line that is full is cut behind its last whole pair and gets " ...". NULL is
 * the empty text. */
void svct_audit_add(struct svct_audit *audit, const char *key,
                    const char *value);

/* A value that was one and is another now: " key=new key-was=old", both or
 * none. Nothing at all when they are equal. */
void svct_audit_change(struct svct_audit *audit, const char *key,
                       const char *old, const char *value);

/* Who did it, at the end of the line: " by=alice uid=1000". Not a pair. There
 * is always room for it. */
void svct_audit_sign(struct svct_audit *audit, const char *by,
                     unsigned long uid);

/* ---- for who writes more than the line ---- */

struct svct_audit_pair {
    const char *key;
    const char *value; /* as it was given, not escaped */
    const char *old;   /* NULL: no change, just a fact */
};

const char *svct_audit_action(const struct svct_audit *audit);

/* The pairs in their order, from index 0 on; false behind the last. They live
 * as long as the audit and are not changed by later ones. */
bool svct_audit_pair(const struct svct_audit *audit, size_t index,
                     struct svct_audit_pair *ret_pair);

#endif
