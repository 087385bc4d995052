/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_AUTH_SHAPE_H
#define SVCT_AUTH_SHAPE_H

/*
 * How a record whose fields may grow is read and written (entity.h): which
 * fields there must be, and what becomes of those this program does not know:
 * a critical one is refused, another one carried along. Pure.
 */

#include "auth/entity.h"
#include "base/record.h"

/* The field is not in the table. */
#define SVCT_SHAPE_UNKNOWN 1

/* Tags in the masks; up to 31. */
#define SVCT_SHAPE_BIT(tag) (UINT32_C(1) << (tag))

/* The text of "field" into an array. */
#define SVCT_SHAPE_TEXT(member) svct_field_text(field, (member), sizeof(member))

struct svct_shape {
    /* Is handed each field: 0, an error, or SVCT_SHAPE_UNKNOWN. */
    int (*take)(void *entity, const struct svct_field *field);
    uint32_t needed;   /* all must occur */
    uint32_t together; /* all of them, or none */
};

/* SVCT_E_DAMAGED; SVCT_E_VERSION for what is to be refused, or more than
 * ret_extra (zeroed before) can carry. */
int svct_shape_decode(struct svct_record *record,
                      const struct svct_shape *shape, void *entity,
                      struct svct_extra *ret_extra);

/* What was carried along; last, since tags this program does not know are
 * newer and so higher than its own. */
void svct_shape_put_extra(struct svct_record_writer *writer,
                          const struct svct_extra *extra);

#endif
