/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_WRITE_ROLLFILTER_H
#define SVCT_WRITE_ROLLFILTER_H

/*
 * Which keys a roll certainly does not have, without a look at its pages: a bit
 * for each of many hashes, set when a record has it. For a transaction that
 * asks for many keys that are new. 2 MiB; with two million records one of eight
 * keys that are not on the roll has a bit set, with many more it is of no use,
 * and never wrong.
 */

#include "base/roll.h"

struct svct_rollfilter;

/* Of a roll as it is, all of which is read. SVCT_E_NOMEM, and as roll.h. */
int svct_rollfilter_new(struct svct_roll *roll,
                        struct svct_rollfilter **ret_filter);
void svct_rollfilter_free(struct svct_rollfilter *filter);

/* The roll gets a record of that key. */
void svct_rollfilter_add(struct svct_rollfilter *filter,
                         const struct svct_key *key);

/* true: there is none. false: there may be one. */
bool svct_rollfilter_lacks(const struct svct_rollfilter *filter,
                           const struct svct_key *key);

#endif
