/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "auth/entity.h"

#include <string.h>

#include "auth/fields.h"

#define C SVCT_TAG_CRITICAL

/* Tags: doc/FORMAT.md lists them. A number is never used again. */
enum account_tag {
    ACCOUNT_NAME = 1,
    ACCOUNT_DESCRIPTION = 2,
    ACCOUNT_ROLE = 3,
    ACCOUNT_DISABLED = 4,
    ACCOUNT_EXPIRES = 5,
    ACCOUNT_SOURCES = 6,
    ACCOUNT_CREATED = 7,
    ACCOUNT_CREATED_BY = 8,
    ACCOUNT_TOKENS = 9,
    ACCOUNT_APIKEY = 10
};

enum token_tag {
    TOKEN_ID = 1,
    TOKEN_ACCOUNT = 2,
    TOKEN_NAME = 3,
    TOKEN_COMMENT = 4,
    TOKEN_HASH = 5,
    TOKEN_CREATED = 6,
    TOKEN_CREATED_BY = 7,
    TOKEN_NOT_BEFORE = 8,
    TOKEN_EXPIRES = 9,
    TOKEN_CAP = 10,
    TOKEN_SOURCES = 11,
    TOKEN_SERVICES = 12,
    TOKEN_DISABLED = 13,
    TOKEN_REVOKED_AT = 14,
    TOKEN_REVOKED_BY = 15,
    TOKEN_REVOKED_REASON = 16,
    TOKEN_MAX_USES = 17,
    TOKEN_SLOT = 18,
    TOKEN_FORMER_HASH = 19,
    TOKEN_FORMER_UNTIL = 20,
    TOKEN_ROTATED_AT = 21,
    TOKEN_ROTATED_BY = 22
};

enum role_tag {
    ROLE_NAME = 1,
    ROLE_PLACE = 2,
    ROLE_BUILTIN = 3,
    ROLE_DESCRIPTION = 4,
    ROLE_ALLOW = 5,
    ROLE_REFUSE = 6,
    ROLE_GROUPS = 7
};

enum policy_tag {
    POLICY_DEFAULT_TTL = 1,
    POLICY_MAX_TTL = 2,
    POLICY_ALLOW_NO_EXPIRY = 3,
    POLICY_TOKENS_PER_ACCOUNT = 4,
    POLICY_WARN_BEFORE = 5
};

/* ---- keys ---- */

struct svct_key svct_key_account(const char *name)
{
    if (svct_name_check_login(name) != 0)
        return svct_key_named(SVCT_KIND_ACCOUNT, NULL);
    return svct_key_named(SVCT_KIND_ACCOUNT, name);
}

struct svct_key svct_key_token(const char *id)
{
    struct svct_key key = svct_key_single(SVCT_KIND_TOKEN);

    /* Ids are random: they need no hash before gdbm's. */
    key.len = 0;
    if (svct_token_is_id(id)) {
        memcpy(key.data + 1, id, SVCT_TOKEN_ID_LEN);
        key.len = 1 + SVCT_TOKEN_ID_LEN;
    }
    return key;
}

struct svct_key svct_key_role(const char *name)
{
    if (svct_name_check_role(name) != 0)
        return svct_key_named(SVCT_KIND_ROLE, NULL);
    return svct_key_named(SVCT_KIND_ROLE, name);
}

struct svct_key svct_key_policy(void)
{
    return svct_key_single(SVCT_KIND_POLICY);
}

/* A field this program does not know: refused, or carried along. */
static int keep_unknown(struct svct_extra *extra,
                        const struct svct_field *field)
{
    struct svct_buf buf;

    if (field->critical)
        return SVCT_E_VERSION;
    svct_buf_init(&buf, extra->data, sizeof extra->data);
    buf.len = extra->len;
    svct_buf_put_u16(&buf, (uint16_t)field->tag);
    svct_buf_put_u16(&buf, (uint16_t)field->len);
    svct_buf_put(&buf, field->data, field->len);
    if (buf.failed)
        return SVCT_E_VERSION; /* more than can be carried: hands off */
    extra->len = buf.len;
    return 0;
}

/* Tags this program does not know are newer and so higher than its own. */
static void put_extra(struct svct_record_writer *writer,
                      const struct svct_extra *extra)
{
    struct svct_cursor cursor;

    svct_cursor_init(&cursor, extra->data, extra->len);
    while (cursor.left > 0 && !cursor.failed) {
        unsigned tag = svct_cursor_u16(&cursor);
        size_t len = svct_cursor_u16(&cursor);
        const uint8_t *bytes = svct_cursor_bytes(&cursor, len);

        if (bytes != NULL)
            svct_record_put(writer, tag, bytes, len);
    }
}

#define UNKNOWN 1
typedef int take_fn(void *entity, const struct svct_field *field);

/* How a kind of record is decoded: each field is handed to take(), which
 * returns 0, an error, or UNKNOWN. The tags in the masks have bit 1 << tag. */
struct shape {
    take_fn *take;
    uint32_t needed;   /* all must occur */
    uint32_t together; /* all of them, or none */
};

static int decode(struct svct_record *record, const struct shape *shape,
                  void *entity, struct svct_extra *extra)
{
    struct svct_field field;
    uint32_t seen = 0, together;

    while (svct_record_next(record, &field)) {
        int r = shape->take(entity, &field);

        if (r == UNKNOWN)
            r = keep_unknown(extra, &field);
        if (r != 0)
            return r;
        if (field.tag < 32)
            seen |= UINT32_C(1) << field.tag;
    }
    together = seen & shape->together;
    if ((seen & shape->needed) != shape->needed ||
        (together != 0 && together != shape->together))
        return SVCT_E_DAMAGED;
    return 0;
}

#define BIT(tag) (UINT32_C(1) << (tag))
#define TEXT(member) svct_field_text(field, (member), sizeof(member))

/* ---- account ---- */

static int take_account(void *entity, const struct svct_field *field)
{
    struct svct_account *account = entity;

    switch (field->tag) {
    case ACCOUNT_NAME:
        return TEXT(account->name);
    case ACCOUNT_DESCRIPTION:
        return TEXT(account->description);
    case ACCOUNT_ROLE:
        return TEXT(account->role);
    case ACCOUNT_DISABLED:
        return svct_fields_get_bool(field, &account->disabled);
    case ACCOUNT_EXPIRES:
        return svct_fields_get_time(field, &account->expires);
    case ACCOUNT_SOURCES:
        return svct_fields_get_sources(field, &account->sources);
    case ACCOUNT_CREATED:
        return svct_fields_get_time(field, &account->created);
    case ACCOUNT_CREATED_BY:
        return TEXT(account->created_by);
    case ACCOUNT_TOKENS:
        return svct_fields_get_u32(field, &account->tokens);
    case ACCOUNT_APIKEY:
        return svct_fields_get_bool(field, &account->apikey);
    default:
        return UNKNOWN;
    }
}

int svct_account_decode(struct svct_record *record, struct svct_account *ret)
{
    static const struct shape shape = {
        .take = take_account,
        .needed = BIT(ACCOUNT_NAME) | BIT(ACCOUNT_ROLE) |
                  BIT(ACCOUNT_DISABLED) | BIT(ACCOUNT_EXPIRES) |
                  BIT(ACCOUNT_SOURCES) | BIT(ACCOUNT_TOKENS),
    };
    struct svct_account account = {.tokens = 0};
    int r = decode(record, &shape, &account, &account.extra);

    if (r != 0)
        return r;
    if (svct_name_check_login(account.name) != 0 ||
        svct_name_check_role(account.role) != 0 ||
        account.tokens > SVCT_TOKENS_PER_ACCOUNT_MAX)
        return SVCT_E_DAMAGED;
    *ret = account;
    return 0;
}

void svct_account_encode(const struct svct_account *account,
                         struct svct_record_writer *writer)
{
    svct_record_begin(writer, SVCT_KIND_ACCOUNT);
    svct_record_put_text(writer, ACCOUNT_NAME | C, account->name);
    svct_record_put_text(writer, ACCOUNT_DESCRIPTION, account->description);
    svct_record_put_text(writer, ACCOUNT_ROLE | C, account->role);
    svct_record_put_u8(writer, ACCOUNT_DISABLED | C, account->disabled);
    svct_fields_put_time(writer, ACCOUNT_EXPIRES | C, account->expires);
    svct_fields_put_sources(writer, ACCOUNT_SOURCES | C, &account->sources);
    svct_fields_put_time(writer, ACCOUNT_CREATED, account->created);
    svct_record_put_text(writer, ACCOUNT_CREATED_BY, account->created_by);
    svct_record_put_u64(writer, ACCOUNT_TOKENS | C, account->tokens);
    if (account->apikey)
        svct_record_put_u8(writer, ACCOUNT_APIKEY | C, true);
    put_extra(writer, &account->extra);
}

/* ---- token ---- */

static int get_hash(const struct svct_field *field,
                    uint8_t ret_hash[SVCT_DIGEST_LEN])
{
    if (field->len != SVCT_DIGEST_LEN)
        return SVCT_E_DAMAGED;
    memcpy(ret_hash, field->data, SVCT_DIGEST_LEN);
    return 0;
}

/* Being there is a limit, so it can't be 0. */
static int get_max_uses(const struct svct_field *field, uint32_t *ret_uses)
{
    if (svct_fields_get_u32(field, ret_uses) != 0 || *ret_uses == 0)
        return SVCT_E_DAMAGED;
    return 0;
}

/* Being there is having one, so it can't be 0. */
static int get_slot(const struct svct_field *field, uint32_t *ret_slot)
{
    if (svct_fields_get_u32(field, ret_slot) != 0 || *ret_slot == 0 ||
        *ret_slot > SVCT_SLOT_MAX)
        return SVCT_E_DAMAGED;
    return 0;
}

/* Being there is having been rotated. */
static int get_rotated(const struct svct_field *field, struct svct_token *token)
{
    token->rotated = true;
    return svct_fields_get_time(field, &token->rotated_at);
}

/* Being there is being revoked; the time may be any. */
static int get_revoked(const struct svct_field *field, struct svct_token *token)
{
    token->revoked = true;
    return svct_fields_get_time(field, &token->revoked_at);
}

static int take_token(void *entity, const struct svct_field *field)
{
    struct svct_token *token = entity;

    switch (field->tag) {
    case TOKEN_ID:
        return TEXT(token->id);
    case TOKEN_ACCOUNT:
        return TEXT(token->account);
    case TOKEN_NAME:
        return TEXT(token->name);
    case TOKEN_COMMENT:
        return TEXT(token->comment);
    case TOKEN_HASH:
        return get_hash(field, token->hash);
    case TOKEN_CREATED:
        return svct_fields_get_time(field, &token->created);
    case TOKEN_CREATED_BY:
        return TEXT(token->created_by);
    case TOKEN_NOT_BEFORE:
        return svct_fields_get_time(field, &token->not_before);
    case TOKEN_EXPIRES:
        return svct_fields_get_time(field, &token->expires);
    case TOKEN_CAP:
        return TEXT(token->cap);
    case TOKEN_SOURCES:
        return svct_fields_get_sources(field, &token->sources);
    case TOKEN_SERVICES:
        return svct_fields_get_globs(field, &token->services);
    case TOKEN_DISABLED:
        return svct_fields_get_bool(field, &token->disabled);
    case TOKEN_REVOKED_AT:
        return get_revoked(field, token);
    case TOKEN_REVOKED_BY:
        return TEXT(token->revoked_by);
    case TOKEN_REVOKED_REASON:
        return TEXT(token->revoked_reason);
    case TOKEN_MAX_USES:
        return get_max_uses(field, &token->max_uses);
    case TOKEN_SLOT:
        return get_slot(field, &token->slot);
    case TOKEN_FORMER_HASH:
        return get_hash(field, token->former_hash);
    case TOKEN_FORMER_UNTIL:
        return svct_fields_get_time(field, &token->former_until);
    case TOKEN_ROTATED_AT:
        return get_rotated(field, token);
    case TOKEN_ROTATED_BY:
        return TEXT(token->rotated_by);
    default:
        return UNKNOWN;
    }
}

/* A limit of uses is nothing without a place to count them, and the hash of
 * a former secret nothing without the time when it ends. */
int svct_token_decode(struct svct_record *record, struct svct_token *ret)
{
    static const struct shape shape = {
        .take = take_token,
        .needed = BIT(TOKEN_ID) | BIT(TOKEN_ACCOUNT) | BIT(TOKEN_NAME) |
                  BIT(TOKEN_HASH) | BIT(TOKEN_NOT_BEFORE) | BIT(TOKEN_EXPIRES) |
                  BIT(TOKEN_CAP) | BIT(TOKEN_SOURCES) | BIT(TOKEN_SERVICES) |
                  BIT(TOKEN_DISABLED),
        .together = BIT(TOKEN_FORMER_HASH) | BIT(TOKEN_FORMER_UNTIL) |
                    BIT(TOKEN_ROTATED_AT),
    };
    struct svct_token token = {.expires = 0};
    int r = decode(record, &shape, &token, &token.extra);

    if (r != 0)
        return r;
    if (!svct_token_is_id(token.id) ||
        svct_name_check_login(token.account) != 0 ||
        svct_name_check_token(token.name) != 0 ||
        (token.cap[0] != '\0' && svct_name_check_role(token.cap) != 0) ||
        (token.max_uses != 0 && token.slot == 0))
        return SVCT_E_DAMAGED;
    *ret = token;
    return 0;
}

static void put_use(const struct svct_token *token,
                    struct svct_record_writer *writer)
{
    if (token->max_uses != 0)
        svct_record_put_u64(writer, TOKEN_MAX_USES | C, token->max_uses);
    if (token->slot != 0)
        svct_record_put_u64(writer, TOKEN_SLOT, token->slot);
}

/* None of it is critical: who does not know it refuses the former secret. */
static void put_rotation(const struct svct_token *token,
                         struct svct_record_writer *writer)
{
    if (!token->rotated)
        return;
    svct_record_put(writer, TOKEN_FORMER_HASH, token->former_hash,
                    sizeof token->former_hash);
    svct_fields_put_time(writer, TOKEN_FORMER_UNTIL, token->former_until);
    svct_fields_put_time(writer, TOKEN_ROTATED_AT, token->rotated_at);
    svct_record_put_text(writer, TOKEN_ROTATED_BY, token->rotated_by);
}

void svct_token_encode(const struct svct_token *token,
                       struct svct_record_writer *writer)
{
    svct_record_begin(writer, SVCT_KIND_TOKEN);
    svct_record_put_text(writer, TOKEN_ID | C, token->id);
    svct_record_put_text(writer, TOKEN_ACCOUNT | C, token->account);
    svct_record_put_text(writer, TOKEN_NAME | C, token->name);
    svct_record_put_text(writer, TOKEN_COMMENT, token->comment);
    svct_record_put(writer, TOKEN_HASH | C, token->hash, sizeof token->hash);
    svct_fields_put_time(writer, TOKEN_CREATED, token->created);
    svct_record_put_text(writer, TOKEN_CREATED_BY, token->created_by);
    svct_fields_put_time(writer, TOKEN_NOT_BEFORE | C, token->not_before);
    svct_fields_put_time(writer, TOKEN_EXPIRES | C, token->expires);
    svct_record_put_text(writer, TOKEN_CAP | C, token->cap);
    svct_fields_put_sources(writer, TOKEN_SOURCES | C, &token->sources);
    svct_fields_put_globs(writer, TOKEN_SERVICES | C, &token->services);
    svct_record_put_u8(writer, TOKEN_DISABLED | C, token->disabled);
    if (token->revoked) {
        svct_fields_put_time(writer, TOKEN_REVOKED_AT | C, token->revoked_at);
        svct_record_put_text(writer, TOKEN_REVOKED_BY, token->revoked_by);
        svct_record_put_text(writer, TOKEN_REVOKED_REASON,
                             token->revoked_reason);
    }
    put_use(token, writer);
    put_rotation(token, writer);
    put_extra(writer, &token->extra);
}

/* ---- role ---- */

static int get_place(const struct svct_field *field, uint16_t *ret_place)
{
    uint64_t value;

    if (svct_field_u64(field, &value) != 0 || value > UINT16_MAX)
        return SVCT_E_DAMAGED;
    *ret_place = (uint16_t)value;
    return 0;
}

static int take_role(void *entity, const struct svct_field *field)
{
    struct svct_role *role = entity;

    switch (field->tag) {
    case ROLE_NAME:
        return TEXT(role->name);
    case ROLE_PLACE:
        return get_place(field, &role->place);
    case ROLE_BUILTIN:
        return svct_fields_get_bool(field, &role->builtin);
    case ROLE_DESCRIPTION:
        return TEXT(role->description);
    case ROLE_ALLOW:
        return svct_fields_get_globs(field, &role->allow);
    case ROLE_REFUSE:
        return svct_fields_get_globs(field, &role->refuse);
    case ROLE_GROUPS:
        return svct_fields_get_words(field, role->groups, SVCT_GROUPS_MAX,
                                     &role->groups_count);
    default:
        return UNKNOWN;
    }
}

int svct_role_decode(struct svct_record *record, struct svct_role *ret)
{
    static const struct shape shape = {
        .take = take_role,
        .needed = BIT(ROLE_NAME) | BIT(ROLE_PLACE) | BIT(ROLE_ALLOW) |
                  BIT(ROLE_REFUSE) | BIT(ROLE_GROUPS),
    };
    struct svct_role role = {.place = 0};
    int r = decode(record, &shape, &role, &role.extra);

    if (r != 0)
        return r;
    if (svct_name_check_role(role.name) != 0)
        return SVCT_E_DAMAGED;
    *ret = role;
    return 0;
}

void svct_role_encode(const struct svct_role *role,
                      struct svct_record_writer *writer)
{
    svct_record_begin(writer, SVCT_KIND_ROLE);
    svct_record_put_text(writer, ROLE_NAME | C, role->name);
    svct_record_put_u64(writer, ROLE_PLACE | C, role->place);
    svct_record_put_u8(writer, ROLE_BUILTIN, role->builtin);
    svct_record_put_text(writer, ROLE_DESCRIPTION, role->description);
    svct_fields_put_globs(writer, ROLE_ALLOW | C, &role->allow);
    svct_fields_put_globs(writer, ROLE_REFUSE | C, &role->refuse);
    svct_fields_put_words(writer, ROLE_GROUPS | C, role->groups,
                          SVCT_GROUPS_MAX, role->groups_count);
    put_extra(writer, &role->extra);
}

/* ---- policy ---- */

static int take_policy(void *entity, const struct svct_field *field)
{
    struct svct_policy *policy = entity;

    switch (field->tag) {
    case POLICY_DEFAULT_TTL:
        return svct_fields_get_time(field, &policy->default_ttl);
    case POLICY_MAX_TTL:
        return svct_fields_get_time(field, &policy->max_ttl);
    case POLICY_ALLOW_NO_EXPIRY:
        return svct_fields_get_bool(field, &policy->allow_no_expiry);
    case POLICY_TOKENS_PER_ACCOUNT:
        return svct_fields_get_u32(field, &policy->tokens_per_account);
    case POLICY_WARN_BEFORE:
        return svct_fields_get_time(field, &policy->warn_before);
    default:
        return UNKNOWN;
    }
}

int svct_policy_decode(struct svct_record *record, struct svct_policy *ret)
{
    static const struct shape shape = {
        .take = take_policy,
        .needed = BIT(POLICY_DEFAULT_TTL) | BIT(POLICY_MAX_TTL) |
                  BIT(POLICY_ALLOW_NO_EXPIRY) | BIT(POLICY_TOKENS_PER_ACCOUNT) |
                  BIT(POLICY_WARN_BEFORE),
    };
    struct svct_policy policy = {.default_ttl = 0};
    int r = decode(record, &shape, &policy, &policy.extra);

    if (r == 0)
        *ret = policy;
    return r;
}

void svct_policy_encode(const struct svct_policy *policy,
                        struct svct_record_writer *writer)
{
    svct_record_begin(writer, SVCT_KIND_POLICY);
    svct_fields_put_time(writer, POLICY_DEFAULT_TTL | C, policy->default_ttl);
    svct_fields_put_time(writer, POLICY_MAX_TTL | C, policy->max_ttl);
    svct_record_put_u8(writer, POLICY_ALLOW_NO_EXPIRY | C,
                       policy->allow_no_expiry);
    svct_record_put_u64(writer, POLICY_TOKENS_PER_ACCOUNT | C,
                        policy->tokens_per_account);
    svct_fields_put_time(writer, POLICY_WARN_BEFORE | C, policy->warn_before);
    put_extra(writer, &policy->extra);
}
