/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_INVENTORY_H
#define SVCT_ADMIN_INVENTORY_H

/*
 * What "status", "report" and "metrics" show: one generation of the database
 * gathered into counts, and into lists of which only the first so many are
 * kept. In memory are these and 24 bytes an account; a token costs time alone.
 *
 * A token is live when it opens something now or will: it is active or not yet
 * valid, and its account is active. It ends when the first of both does.
 */

#include "access.h"
#include "auth/lists.h"
#include "dbsize.h"
#include "firstof.h"
#include "lastuse.h"
#include "rows.h"
#include "timescale.h"

struct svct_inventory_wish {
    int64_t now;    /* Unix seconds */
    int64_t unused; /* seconds without a use after which one is unused */
    size_t rows;    /* that each list keeps */
    bool all;       /* lists of all accounts and tokens, too */
};

struct svct_inventory_account {
    char name[SVCT_LOGIN_MAX + 1];
    char description[SVCT_TEXT_MAX + 1];
    char role[SVCT_ROLE_MAX + 1];
    enum svct_account_state state;
    bool apikey;
    int64_t expires; /* SVCT_TIME_NEVER: does not */
    int64_t created;
    uint32_t tokens; /* of any state */
    uint32_t live;   /* of these; filled at the end */
};

struct svct_inventory_token {
    char account[SVCT_LOGIN_MAX + 1];
    char name[SVCT_NAME_MAX + 1];
    char id[SVCT_TOKEN_ID_LEN + 1];
    char comment[SVCT_TEXT_MAX + 1];
    char role[SVCT_ROLE_MAX + 1]; /* the lower of its account's and its cap */
    enum svct_token_state state;
    enum svct_account_state account_state;
    int64_t ends; /* with its account; SVCT_TIME_NEVER */
    int64_t created;
    bool use_known;
    struct svct_seen seen; /* last_used 0: never, when that is known */
};

struct svct_inventory_role {
    char name[SVCT_ROLE_MAX + 1];
    uint16_t place;
    uint64_t accounts; /* that have it */
    uint64_t tokens;   /* live ones that have it, by account and cap */
    uint64_t immortal; /* of these */
    uint64_t unused;   /* likewise */
};

#define SVCT_INVENTORY_ACCOUNT_STATES 3
#define SVCT_INVENTORY_TOKEN_STATES 6
#define SVCT_INVENTORY_BARS (4 * SVCT_TIMESCALE_SECTIONS)

struct svct_inventory_counts {
    uint64_t accounts;
    uint64_t accounts_in[SVCT_INVENTORY_ACCOUNT_STATES];
    uint64_t apikeys;
    uint64_t tokens;
    uint64_t tokens_in[SVCT_INVENTORY_TOKEN_STATES]; /* their own state */
    uint64_t live;
    uint64_t shut;     /* as live ones, but that their account is not active */
    uint64_t immortal; /* live ones, that never end */
    uint64_t unused;   /* active live ones, not used for so long */
    uint64_t within_day, within_week, within_month; /* live ones that end */
    /* Live ones by when they end, in parts of timescale.h; behind the scale in
     * the last. */
    uint64_t ending[SVCT_INVENTORY_BARS + 1];
};

struct svct_inventory {
    struct svct_inventory_wish wish;
    struct svct_meta meta;
    bool clock_suspect;
    struct svct_dbsize size;
    struct svct_inventory_counts counts;
    struct svct_inventory_role role[SVCT_ROLES_MAX]; /* by their place */
    size_t roles;
    /* Sorted; .seen is how many there are. */
    struct svct_firstof next;        /* live tokens that end, the first first */
    struct svct_firstof immortals;   /* live tokens, the oldest first */
    struct svct_firstof unused_list; /* by their last use, or creation */
    struct svct_firstof accounts;    /* if wanted, by name */
    struct svct_firstof tokens;      /* if wanted, by account and name */
    struct svct_lastuse lastuse;     /* closed: code, fault and odd are told */
};

/* Fills ret_inventory, which is to be given back also when it is no success:
 * meta and size are right then, the rest is what was seen. SVCT_E_DAMAGED,
 * _VERSION, _IO, _NOMEM. */
int svct_inventory_gather(const struct svct_view *view,
                          const struct svct_inventory_wish *wish,
                          struct svct_inventory *ret_inventory,
                          struct svct_fault *fault);

/* Zeroed memory is fine. */
void svct_inventory_done(struct svct_inventory *inventory);

#endif
