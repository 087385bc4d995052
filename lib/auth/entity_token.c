/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <string.h>

#include "auth/entity.h"
#include "auth/fields.h"
#include "auth/shape.h"

#define C SVCT_TAG_CRITICAL

/* Tags: doc/FORMAT.md lists them. A number is never used again. */
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
    if (svct_field_u32(field, ret_uses) != 0 || *ret_uses == 0)
        return SVCT_E_DAMAGED;
    return 0;
}

/* Being there is having one, so it can't be 0. */
static int get_slot(const struct svct_field *field, uint32_t *ret_slot)
{
    if (svct_field_u32(field, ret_slot) != 0 || *ret_slot == 0 ||
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
        return SVCT_SHAPE_TEXT(token->id);
    case TOKEN_ACCOUNT:
        return SVCT_SHAPE_TEXT(token->account);
    case TOKEN_NAME:
        return SVCT_SHAPE_TEXT(token->name);
    case TOKEN_COMMENT:
        return SVCT_SHAPE_TEXT(token->comment);
    case TOKEN_HASH:
        return get_hash(field, token->hash);
    case TOKEN_CREATED:
        return svct_fields_get_time(field, &token->created);
    case TOKEN_CREATED_BY:
        return SVCT_SHAPE_TEXT(token->created_by);
    case TOKEN_NOT_BEFORE:
        return svct_fields_get_time(field, &token->not_before);
    case TOKEN_EXPIRES:
        return svct_fields_get_time(field, &token->expires);
    case TOKEN_CAP:
        return SVCT_SHAPE_TEXT(token->cap);
    case TOKEN_SOURCES:
        return svct_fields_get_sources(field, &token->sources);
    case TOKEN_SERVICES:
        return svct_fields_get_globs(field, &token->services);
    case TOKEN_DISABLED:
        return svct_fields_get_bool(field, &token->disabled);
    case TOKEN_REVOKED_AT:
        return get_revoked(field, token);
    case TOKEN_REVOKED_BY:
        return SVCT_SHAPE_TEXT(token->revoked_by);
    case TOKEN_REVOKED_REASON:
        return SVCT_SHAPE_TEXT(token->revoked_reason);
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
        return SVCT_SHAPE_TEXT(token->rotated_by);
    default:
        return SVCT_SHAPE_UNKNOWN;
    }
}

/* A limit of uses is nothing without a place to count them, and the hash of
 * a former secret nothing without the time when it ends. */
int svct_token_decode(struct svct_record *record, struct svct_token *ret)
{
    static const struct svct_shape shape = {
        .take = take_token,
        .needed =
            SVCT_SHAPE_BIT(TOKEN_ID) | SVCT_SHAPE_BIT(TOKEN_ACCOUNT) |
            SVCT_SHAPE_BIT(TOKEN_NAME) | SVCT_SHAPE_BIT(TOKEN_HASH) |
            SVCT_SHAPE_BIT(TOKEN_NOT_BEFORE) | SVCT_SHAPE_BIT(TOKEN_EXPIRES) |
            SVCT_SHAPE_BIT(TOKEN_CAP) | SVCT_SHAPE_BIT(TOKEN_SOURCES) |
            SVCT_SHAPE_BIT(TOKEN_SERVICES) | SVCT_SHAPE_BIT(TOKEN_DISABLED),
        .together = SVCT_SHAPE_BIT(TOKEN_FORMER_HASH) |
                    SVCT_SHAPE_BIT(TOKEN_FORMER_UNTIL) |
                    SVCT_SHAPE_BIT(TOKEN_ROTATED_AT),
    };
    struct svct_token token = {.expires = 0};
    int r = svct_shape_decode(record, &shape, &token, &token.extra);

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
    svct_shape_put_extra(writer, &token->extra);
}
