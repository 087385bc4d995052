/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_UNIXSTATE_H
#define SVCT_ADMIN_UNIXSTATE_H

/*
 * Is the Unix user of an account there, so that a login can succeed? What the
 * host says now, for those who list accounts and show one.
 */

#include "auth/entity.h"

enum svct_unixstate {
    SVCT_UNIXSTATE_FINE,    /* or it can't be told */
    SVCT_UNIXSTATE_GONE,    /* the user of the host that it was */
    SVCT_UNIXSTATE_UNASKED, /* by svctoken alone, and the host does not ask */
    SVCT_UNIXSTATE_UNKNOWN, /* it asks, and knows no such user nevertheless */
    SVCT_UNIXSTATE_OTHER    /* the host has one of that name, another uid */
};

/* What of the host counts for all accounts. */
struct svct_unixstate_host {
    bool here; /* it is about the database of this host */
    bool asks; /* the name service asks svctoken about users */
};

void svct_unixstate_look(const char *db, struct svct_unixstate_host *ret_host);

/* looked, uid: what svct_unixuser_uid returned for the name, and its result.
 * Pure. */
enum svct_unixstate svct_unixstate_tell(const struct svct_unixstate_host *host,
                                        const struct svct_account *account,
                                        int looked, uint32_t uid);

/* Says what is wrong, and what to do; nothing when it is fine. */
void svct_unixstate_say(enum svct_unixstate state,
                        const struct svct_account *account, uint32_t uid);

#endif
