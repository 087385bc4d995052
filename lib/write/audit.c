/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/audit.h"

#include <stdio.h>
#include <string.h>

#include "base/name.h"

static const char full_mark[] = " ...";

/* Room is kept for the mark, so that it can always be put. */
#define LINE_MAX_LEN (SVCT_AUDIT_MAX - sizeof(full_mark))

/* No value ends like this: blanks in values are escaped. */
static bool is_full(const struct svct_audit *audit)
{
    size_t mark = sizeof(full_mark) - 1;

    return audit->len >= mark &&
           memcmp(audit->line + audit->len - mark, full_mark, mark) == 0;
}

void svct_audit_begin(struct svct_audit *audit, const char *action)
{
    char word[SVCT_AUDIT_VALUE_MAX + 1];

    svct_name_escape(word, sizeof(word), action);
    audit->len = strlen(word);
    memcpy(audit->line, word, audit->len + 1);
}

void svct_audit_add(struct svct_audit *audit, const char *key,
                    const char *value)
{
    char word[SVCT_AUDIT_VALUE_MAX + 1];
    size_t add;

    if (is_full(audit))
        return;
    svct_name_escape(word, sizeof(word), value);
    add = 1 + strlen(key) + 1 + strlen(word);
    if (add > LINE_MAX_LEN - audit->len) {
        memcpy(audit->line + audit->len, full_mark, sizeof(full_mark));
        audit->len += sizeof(full_mark) - 1;
        return;
    }
    snprintf(audit->line + audit->len, SVCT_AUDIT_MAX - audit->len, " %s=%s",
             key, word);
    audit->len += add;
}
