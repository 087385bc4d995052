/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "lastchange.h"

#include "auditread.h"

#define TAIL (INT64_C(4) << 20) /* bytes; more than the longest line */

/* A change can have more than one line: the first says what was done. */
static json_t *find(struct svct_auditread *reader, uint64_t sequence)
{
    json_t *entry = NULL;
    int r = 0;

    while (r == 0 || r == SVCT_E_DAMAGED) {
        json_int_t number;

        r = svct_auditread_next(reader, &entry, NULL);
        if (r == SVCT_E_DAMAGED)
            continue;
        if (r < 0 || entry == NULL)
            return NULL;
        number = json_integer_value(json_object_get(entry, "sequence"));
        if ((uint64_t)number == sequence)
            return entry;
        json_decref(entry);
    }
    return NULL;
}

json_t *svct_lastchange_find(const char *db, uint64_t sequence)
{
    struct svct_auditread reader;
    json_t *entry = NULL;

    if (svct_auditread_open(db, &reader, NULL) < 0)
        return NULL;
    if (svct_auditread_tail(&reader, TAIL, NULL) == 0)
        entry = find(&reader, sequence);
    svct_auditread_done(&reader);
    return entry;
}
