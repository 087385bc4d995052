/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_TOKEN_HASH_H
#define SVCT_ADMIN_TOKEN_HASH_H

/*
 * "svctoken token hash": what an import line needs of a token, its id and its
 * hash, told anywhere; no database is opened.
 */

#include "out.h"

extern const struct svct_opt svct_token_hash_options[];
extern const struct svct_column svct_token_hash_columns[];

int svct_token_hash(const struct svct_call *call);

#endif
