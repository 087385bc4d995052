/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_AUTH_FIELDS_H
#define SVCT_AUTH_FIELDS_H

/*
 * The contents of the fields of which entity.h makes its records: flags,
 * times, lists of sources and of patterns; doc/FORMAT.md, "Types". Pure.
 *
 * A get returns 0 or SVCT_E_DAMAGED for what does not have its form, and
 * leaves its output alone then. A put that does not fit makes the end of the
 * record fail.
 */

#include "auth/cidr.h"
#include "auth/glob.h"
#include "base/words.h"

int svct_fields_get_bool(const struct svct_field *field, bool *ret_value);
int svct_fields_get_time(const struct svct_field *field, int64_t *ret_time);
void svct_fields_put_time(struct svct_record_writer *writer, unsigned tag,
                          int64_t time);

int svct_fields_get_sources(const struct svct_field *field,
                            struct svct_sources *ret_sources);
void svct_fields_put_sources(struct svct_record_writer *writer, unsigned tag,
                             const struct svct_sources *sources);

int svct_fields_get_globs(const struct svct_field *field,
                          struct svct_globs *ret_globs);
void svct_fields_put_globs(struct svct_record_writer *writer, unsigned tag,
                           const struct svct_globs *globs);

#endif
