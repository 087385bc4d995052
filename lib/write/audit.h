/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_WRITE_AUDIT_H
#define SVCT_WRITE_AUDIT_H

/*
 * The line that says who changed what. Formed here, written (syslog) by the
 * program.
 *
 *     account-create account=deploy role=Viewer by=alice uid=1000 ...
 */

#include "base/err.h"

#define SVCT_AUDIT_MAX 1024      /* bytes of a line, with its NUL */
#define SVCT_AUDIT_VALUE_MAX 256 /* bytes of a value when escaped */

struct svct_audit {
    char line[SVCT_AUDIT_MAX];
    size_t len;
};

/* action: a word of ours, as "token-revoke". */
void svct_audit_begin(struct svct_audit *audit, const char *action);

/* Appends " key=value" with the value escaped (base/name.h) and cut at
 * SVCT_AUDIT_VALUE_MAX, so that no long text pushes the others out. A line
 * that is full is cut behind its last whole pair and ends in " ...": what
 * matters most comes first. */
void svct_audit_add(struct svct_audit *audit, const char *key,
                    const char *value);

#endif
