/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_AUTH_ENTITY_H
#define SVCT_AUTH_ENTITY_H

/*
 * What the private database knows: accounts, tokens, roles, policy; in memory
 * and as records. Pure; doc/FORMAT.md lists the tags.
 *
 * Zeroed memory is never a permission: a zeroed account or token has expired
 * (expires is 0, and "never" is SVCT_TIME_NEVER), a zeroed role allows no
 * service, a zeroed policy allows no token to be made.
 *
 * A decode returns SVCT_E_DAMAGED when a field lacks or is not of its form,
 * SVCT_E_VERSION for an unknown critical one. An encode returns SVCT_E_TOOBIG
 * when the whole exceeds SVCT_RECORD_MAX. "extra" carries the fields of a
 * newer program through a rewrite.
 */

#include "auth/cidr.h"
#include "auth/digest.h"
#include "auth/glob.h"
#include "auth/timefmt.h"
#include "auth/token.h"
#include "base/pubrec.h"

#define SVCT_GROUPS_MAX SVCT_PUBROLE_GROUPS
#define SVCT_SLOT_MAX UINT32_C(16777216) /* of the file "usage" */

struct svct_extra {
    size_t len;
    uint8_t data[512]; /* whole fields: tag, length, bytes */
};

struct svct_account {
    char name[SVCT_LOGIN_MAX + 1];
    char description[SVCT_TEXT_MAX + 1];
    char role[SVCT_ROLE_MAX + 1];
    bool disabled;
    int64_t expires; /* SVCT_TIME_NEVER: does not */
    struct svct_sources sources;
    int64_t created;
    char created_by[SVCT_ACTOR_MAX + 1];
    uint32_t tokens; /* how many it has; their pages hold exactly as many */
    bool apikey;     /* made with its one token, and ends with it */
    /* The Unix user that it is by svctoken alone; uid 0: none, there is one
     * of this name on the host, and the three others mean nothing. */
    uint32_t uid;
    uint32_t gid; /* the uid: a group of its own; else one of the host, not 0 */
    char home[SVCT_PUB_PATH_MAX + 1];
    char shell[SVCT_PUB_PATH_MAX + 1];
    struct svct_extra extra;
};

struct svct_token {
    char id[SVCT_TOKEN_ID_LEN + 1];
    char account[SVCT_LOGIN_MAX + 1];
    char name[SVCT_NAME_MAX + 1];
    char comment[SVCT_TEXT_MAX + 1];
    uint8_t hash[SVCT_DIGEST_LEN];
    int64_t created;
    char created_by[SVCT_ACTOR_MAX + 1];
    int64_t not_before;          /* 0: at once */
    int64_t expires;             /* SVCT_TIME_NEVER: does not */
    char cap[SVCT_ROLE_MAX + 1]; /* a second role; "": none */
    struct svct_sources sources;
    struct svct_globs services; /* none: every service the roles allow */
    bool disabled;
    bool revoked; /* for good */
    int64_t revoked_at;
    char revoked_by[SVCT_ACTOR_MAX + 1];
    char revoked_reason[SVCT_TEXT_MAX + 1];
    uint32_t max_uses; /* 0: any number; else slot is not 0 */
    uint32_t slot;     /* its place in the file "usage", from 1; 0: none */
    bool rotated;      /* got a new secret; the four below are only then set */
    uint8_t former_hash[SVCT_DIGEST_LEN]; /* of the secret before this one */
    int64_t former_until; /* when that ends: it is not taken at that second */
    int64_t rotated_at;
    char rotated_by[SVCT_ACTOR_MAX + 1];
    struct svct_extra extra;
};

struct svct_role {
    char name[SVCT_ROLE_MAX + 1];
    uint16_t place; /* in the order of roles; more is more; unique */
    bool builtin;
    char description[SVCT_TEXT_MAX + 1];
    struct svct_globs allow;  /* services; none: nothing */
    struct svct_globs refuse; /* taken out of these */
    uint8_t groups_count;
    char groups[SVCT_GROUPS_MAX][SVCT_GROUP_NAME_MAX + 1];
    uint32_t gids[SVCT_GROUPS_MAX]; /* of the groups that there are by svctoken
                                       alone; 0: one of the host */
    struct svct_extra extra;
};

struct svct_policy {
    int64_t default_ttl;         /* seconds, > 0 */
    int64_t max_ttl;             /* seconds; 0: no maximum */
    bool allow_no_expiry;        /* by asking for it, and without a maximum */
    uint32_t tokens_per_account; /* at most */
    int64_t warn_before;         /* seconds; 0: no warning */
    bool rolelist; /* there is a list of roles (lists.h): that it can't be found
                      is damage then */
    uint32_t id_min;  /* uids and gids that are handed out; 0 in both: the */
    uint32_t id_max;  /* default range, of a database before there was one */
    uint32_t id_next; /* none from here on was ever handed out; 0: none was.
                         It never goes back. */
    struct svct_extra extra;
};

#define SVCT_TOKENS_PER_ACCOUNT_MAX 10000

/*
 * The default range of uids and gids: between the 16 bits and where useradd(8)
 * begins with subordinate ids (100000), so that nobody has it by default:
 * useradd takes 1000 to 60000, systemd 60001 to 65519 for homed and dynamic
 * users and 524288 to 1879048191 for containers, directories (sssd, FreeIPA)
 * 200000 and up. /var/log/lastlog, as long as the highest uid, stays small.
 */
#define SVCT_ID_RANGE_MIN 65536
#define SVCT_ID_RANGE_MAX 99999

/* Keys. An illegal name or id gives a key of length 0. */
struct svct_key svct_key_account(const char *name);
struct svct_key svct_key_token(const char *id);
struct svct_key svct_key_role(const char *name);
struct svct_key svct_key_policy(void);

/* The decoded name or id must be the one the key was made of. */
int svct_account_decode(struct svct_record *record, struct svct_account *ret);
int svct_token_decode(struct svct_record *record, struct svct_token *ret);
int svct_role_decode(struct svct_record *record, struct svct_role *ret);
int svct_policy_decode(struct svct_record *record, struct svct_policy *ret);

/* Is there a group among its groups that is by svctoken alone? */
bool svct_role_has_gids(const struct svct_role *role);

void svct_account_encode(const struct svct_account *account,
                         struct svct_record_writer *writer);
void svct_token_encode(const struct svct_token *token,
                       struct svct_record_writer *writer);
void svct_role_encode(const struct svct_role *role,
                      struct svct_record_writer *writer);
void svct_policy_encode(const struct svct_policy *policy,
                        struct svct_record_writer *writer);

#endif
