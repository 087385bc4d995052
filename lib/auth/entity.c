/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "auth/entity.h"

#include "auth/fields.h"
#include "auth/shape.h"

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
    POLICY_WARN_BEFORE = 5,
    POLICY_ROLELIST = 6
};

/* ---- keys ---- */

struct svct_key svct_key_account(const char *name)
{
    if (svct_name_check_login(name) != 0)
        return svct_key_named(SVCT_KIND_ACCOUNT, NULL);
    return svct_key_named(SVCT_KIND_ACCOUNT, name);
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

/* ---- account ---- */

static int take_account(void *entity, const struct svct_field *field)
{
    struct svct_account *account = entity;

    switch (field->tag) {
    case ACCOUNT_NAME:
        return SVCT_SHAPE_TEXT(account->name);
    case ACCOUNT_DESCRIPTION:
        return SVCT_SHAPE_TEXT(account->description);
    case ACCOUNT_ROLE:
        return SVCT_SHAPE_TEXT(account->role);
    case ACCOUNT_DISABLED:
        return svct_fields_get_bool(field, &account->disabled);
    case ACCOUNT_EXPIRES:
        return svct_fields_get_time(field, &account->expires);
    case ACCOUNT_SOURCES:
        return svct_fields_get_sources(field, &account->sources);
    case ACCOUNT_CREATED:
        return svct_fields_get_time(field, &account->created);
    case ACCOUNT_CREATED_BY:
        return SVCT_SHAPE_TEXT(account->created_by);
    case ACCOUNT_TOKENS:
        return svct_fields_get_u32(field, &account->tokens);
    case ACCOUNT_APIKEY:
        return svct_fields_get_bool(field, &account->apikey);
    default:
        return SVCT_SHAPE_UNKNOWN;
    }
}

int svct_account_decode(struct svct_record *record, struct svct_account *ret)
{
    static const struct svct_shape shape = {
        .take = take_account,
        .needed =
            SVCT_SHAPE_BIT(ACCOUNT_NAME) | SVCT_SHAPE_BIT(ACCOUNT_ROLE) |
            SVCT_SHAPE_BIT(ACCOUNT_DISABLED) | SVCT_SHAPE_BIT(ACCOUNT_EXPIRES) |
            SVCT_SHAPE_BIT(ACCOUNT_SOURCES) | SVCT_SHAPE_BIT(ACCOUNT_TOKENS),
    };
    struct svct_account account = {.tokens = 0};
    int r = svct_shape_decode(record, &shape, &account, &account.extra);

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
    svct_shape_put_extra(writer, &account->extra);
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
        return SVCT_SHAPE_TEXT(role->name);
    case ROLE_PLACE:
        return get_place(field, &role->place);
    case ROLE_BUILTIN:
        return svct_fields_get_bool(field, &role->builtin);
    case ROLE_DESCRIPTION:
        return SVCT_SHAPE_TEXT(role->description);
    case ROLE_ALLOW:
        return svct_fields_get_globs(field, &role->allow);
    case ROLE_REFUSE:
        return svct_fields_get_globs(field, &role->refuse);
    case ROLE_GROUPS:
        return svct_fields_get_words(field, role->groups, SVCT_GROUPS_MAX,
                                     &role->groups_count);
    default:
        return SVCT_SHAPE_UNKNOWN;
    }
}

int svct_role_decode(struct svct_record *record, struct svct_role *ret)
{
    static const struct svct_shape shape = {
        .take = take_role,
        .needed = SVCT_SHAPE_BIT(ROLE_NAME) | SVCT_SHAPE_BIT(ROLE_PLACE) |
                  SVCT_SHAPE_BIT(ROLE_ALLOW) | SVCT_SHAPE_BIT(ROLE_REFUSE) |
                  SVCT_SHAPE_BIT(ROLE_GROUPS),
    };
    struct svct_role role = {.place = 0};
    int r = svct_shape_decode(record, &shape, &role, &role.extra);

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
    svct_shape_put_extra(writer, &role->extra);
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
    case POLICY_ROLELIST:
        return svct_fields_get_bool(field, &policy->rolelist);
    default:
        return SVCT_SHAPE_UNKNOWN;
    }
}

int svct_policy_decode(struct svct_record *record, struct svct_policy *ret)
{
    static const struct svct_shape shape = {
        .take = take_policy,
        .needed = SVCT_SHAPE_BIT(POLICY_DEFAULT_TTL) |
                  SVCT_SHAPE_BIT(POLICY_MAX_TTL) |
                  SVCT_SHAPE_BIT(POLICY_ALLOW_NO_EXPIRY) |
                  SVCT_SHAPE_BIT(POLICY_TOKENS_PER_ACCOUNT) |
                  SVCT_SHAPE_BIT(POLICY_WARN_BEFORE),
    };
    struct svct_policy policy = {.default_ttl = 0};
    int r = svct_shape_decode(record, &shape, &policy, &policy.extra);

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
    if (policy->rolelist)
        svct_record_put_u8(writer, POLICY_ROLELIST, true);
    svct_shape_put_extra(writer, &policy->extra);
}
