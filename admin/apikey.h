/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_APIKEY_H
#define SVCT_ADMIN_APIKEY_H

/*
 * API keys: the command that makes one (apikey_create.c), for the table in
 * cmd_apikey.c, and their rows (apikeyrows.c). What one is:
 * write/change_apikey.h.
 */

#include "rows.h"

struct svct_apikey_row {
    struct svct_account account;
    struct svct_token_row token;
};
extern const struct svct_column svct_apikey_columns[];
int svct_apikey_compare(const void *a, const void *b); /* by name */

extern const struct svct_opt svct_apikey_create_options[];

int svct_apikey_create(const struct svct_call *call);

#endif
