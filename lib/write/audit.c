/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/audit.h"

#include <stdio.h>
#include <string.h>

#include "base/name.h"

static const char full_mark[] = " ...";

/* " by=" and an escaped name, " uid=" and a number. */
#define BY_MAX 100
#define SIGN_MAX (4 + BY_MAX + 5 + 20)

/* Room is kept for the mark and the signature, so that they can always be
 * put. */
#define LINE_MAX_LEN (SVCT_AUDIT_MAX - sizeof(full_mark) - SIGN_MAX)

static const char *text_of(const char *text)
{
    return text != NULL ? text : "";
}

/* ---- the line ---- */

static void append(struct svct_audit *audit, const char *text)
{
    size_t len = strlen(text);

    memcpy(audit->line + audit->len, text, len + 1);
    audit->len += len;
}

/* All of a piece or, once one did not fit, nothing. */
static void append_whole(struct svct_audit *audit, const char *piece)
{
    if (audit->full)
        return;
    if (strlen(piece) > LINE_MAX_LEN - audit->len) {
        audit->full = true;
        append(audit, full_mark);
        return;
    }
    append(audit, piece);
}

/* ---- the pairs ---- */

static bool has_room(const struct svct_audit *audit, size_t bytes)
{
    return audit->pairs < SVCT_AUDIT_PAIRS_MAX &&
           bytes <= sizeof(audit->text) - audit->text_len;
}

static uint16_t keep_text(struct svct_audit *audit, const char *text)
{
    size_t at = audit->text_len, size = strlen(text) + 1;

    memcpy(audit->text + at, text, size);
    audit->text_len += size;
    return (uint16_t)at;
}

static void keep(struct svct_audit *audit, const char *key, const char *value,
                 const char *old)
{
    size_t bytes = strlen(key) + 1 + strlen(value) + 1;
    size_t index = audit->pairs;

    if (old != NULL)
        bytes += strlen(old) + 1;
    if (!has_room(audit, bytes)) {
        audit->left_out = true;
        return;
    }
    audit->place[index].key = keep_text(audit, key);
    audit->place[index].value = keep_text(audit, value);
    audit->place[index].old = old != NULL ? keep_text(audit, old) : 0;
    audit->pairs++;
}

/* ---- what is said ---- */

void svct_audit_begin(struct svct_audit *audit, const char *action)
{
    char word[SVCT_AUDIT_VALUE_MAX + 1];

    svct_name_escape(word, sizeof(word), action);
    audit->len = 0;
    audit->full = false;
    audit->left_out = false;
    audit->pairs = 0;
    audit->text_len = 0;
    append(audit, word);
    keep_text(audit, word); /* at 0: no other text is there */
}

void svct_audit_add(struct svct_audit *audit, const char *key,
                    const char *value)
{
    char word[SVCT_AUDIT_VALUE_MAX + 1], piece[SVCT_AUDIT_MAX];

    keep(audit, key, text_of(value), NULL);
    svct_name_escape(word, sizeof(word), value);
    snprintf(piece, sizeof(piece), " %s=%s", key, word);
    append_whole(audit, piece);
}

void svct_audit_change(struct svct_audit *audit, const char *key,
                       const char *old, const char *value)
{
    char word[SVCT_AUDIT_VALUE_MAX + 1], was[SVCT_AUDIT_VALUE_MAX + 1];
    char piece[SVCT_AUDIT_MAX];

    old = text_of(old);
    value = text_of(value);
    if (strcmp(old, value) == 0)
        return;
    keep(audit, key, value, old);
    svct_name_escape(word, sizeof(word), value);
    svct_name_escape(was, sizeof(was), old);
    snprintf(piece, sizeof(piece), " %s=%s %s-was=%s", key, word, key, was);
    append_whole(audit, piece);
}

void svct_audit_sign(struct svct_audit *audit, const char *by,
                     unsigned long uid)
{
    char word[BY_MAX + 1], piece[SIGN_MAX + 1];

    svct_name_escape(word, sizeof(word), by);
    snprintf(piece, sizeof(piece), " by=%s uid=%lu", word, uid);
    append(audit, piece);
}

/* ---- what was said ---- */

const char *svct_audit_action(const struct svct_audit *audit)
{
    return audit->text;
}

bool svct_audit_pair(const struct svct_audit *audit, size_t index,
                     struct svct_audit_pair *ret_pair)
{
    if (index >= audit->pairs)
        return false;
    ret_pair->key = audit->text + audit->place[index].key;
    ret_pair->value = audit->text + audit->place[index].value;
    ret_pair->old = audit->place[index].old != 0
                        ? audit->text + audit->place[index].old
                        : NULL;
    return true;
}
