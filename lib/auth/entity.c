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
    ACCOUNT_APIKEY = 10,
    ACCOUNT_UID = 11,
    ACCOUNT_GID = 12,
    ACCOUNT_HOME = 13,
    ACCOUNT_SHELL = 14
};

enum role_tag {
    ROLE_NAME = 1,
    ROLE_PLACE = 2,
    ROLE_BUILTIN = 3,
    ROLE_DESCRIPTION = 4,
    ROLE_ALLOW = 5,
    ROLE_REFUSE = 6,
    ROLE_GROUPS = 7,
    ROLE_GIDS = 8
};

enum policy_tag {
    POLICY_DEFAULT_TTL = 1,
    POLICY_MAX_TTL = 2,
    POLICY_ALLOW_NO_EXPIRY = 3,
    POLICY_TOKENS_PER_ACCOUNT = 4,
    POLICY_WARN_BEFORE = 5,
    POLICY_ROLELIST = 6,
    POLICY_ID_MIN = 7,
    POLICY_ID_MAX = 8,
    POLICY_ID_NEXT = 9
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
        return svct_field_u32(field, &account->tokens);
    case ACCOUNT_APIKEY:
        return svct_fields_get_bool(field, &account->apikey);
    case ACCOUNT_UID:
        return svct_field_u32(field, &account->uid);
    case ACCOUNT_GID:
        return svct_field_u32(field, &account->gid);
    case ACCOUNT_HOME:
        return SVCT_SHAPE_TEXT(account->home);
    case ACCOUNT_SHELL:
        return SVCT_SHAPE_TEXT(account->shell);
    default:
        return SVCT_SHAPE_UNKNOWN;
    }
}

/* That it has none is said by having no such field, not by a uid of 0. */
static bool unix_is_legal(const struct svct_account *account)
{
    if (account->home[0] == '\0') /* no field of the four was there */
        return account->uid == 0;
    return svct_id_is_usable(account->uid) && account->gid != 0 &&
           account->gid <= SVCT_ID_MOST &&
           svct_name_check_path(account->home) == 0 &&
           svct_name_check_path(account->shell) == 0;
}

int svct_account_decode(struct svct_record *record, struct svct_account *ret)
{
    static const struct svct_shape shape = {
        .take = take_account,
        .needed =
            SVCT_SHAPE_BIT(ACCOUNT_NAME) | SVCT_SHAPE_BIT(ACCOUNT_ROLE) |
            SVCT_SHAPE_BIT(ACCOUNT_DISABLED) | SVCT_SHAPE_BIT(ACCOUNT_EXPIRES) |
            SVCT_SHAPE_BIT(ACCOUNT_SOURCES) | SVCT_SHAPE_BIT(ACCOUNT_TOKENS),
        .together = SVCT_SHAPE_BIT(ACCOUNT_UID) | SVCT_SHAPE_BIT(ACCOUNT_GID) |
                    SVCT_SHAPE_BIT(ACCOUNT_HOME) |
                    SVCT_SHAPE_BIT(ACCOUNT_SHELL),
    };
    struct svct_account account = {.tokens = 0};
    int r = svct_shape_decode(record, &shape, &account, &account.extra);

    if (r != 0)
        return r;
    if (svct_name_check_login(account.name) != 0 ||
        svct_name_check_role(account.role) != 0 ||
        account.tokens > SVCT_TOKENS_PER_ACCOUNT_MAX ||
        !unix_is_legal(&account))
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
    if (account->uid != 0) {
        svct_record_put_u64(writer, ACCOUNT_UID | C, account->uid);
        svct_record_put_u64(writer, ACCOUNT_GID | C, account->gid);
        svct_record_put_text(writer, ACCOUNT_HOME | C, account->home);
        svct_record_put_text(writer, ACCOUNT_SHELL | C, account->shell);
    }
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
        return svct_words_get(field, role->groups, SVCT_GROUPS_MAX,
                              &role->groups_count);
    case ROLE_GIDS: /* behind the groups, and as many */
        return svct_words_get_u32s(field, role->gids, role->groups_count);
    default:
        return SVCT_SHAPE_UNKNOWN;
    }
}

/* A role that is encoded may have any count. */
bool svct_role_has_gids(const struct svct_role *role)
{
    for (size_t i = 0; i < role->groups_count && i < SVCT_GROUPS_MAX; i++) {
        if (role->gids[i] != 0)
            return true;
    }
    return false;
}

static bool gids_are_legal(const struct svct_role *role)
{
    for (size_t i = 0; i < role->groups_count; i++) {
        if (role->gids[i] != 0 && !svct_id_is_usable(role->gids[i]))
            return false;
    }
    return true;
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
    if (svct_name_check_role(role.name) != 0 || !gids_are_legal(&role))
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
    svct_words_put(writer, ROLE_GROUPS | C, role->groups, SVCT_GROUPS_MAX,
                   role->groups_count);
    if (svct_role_has_gids(role))
        svct_words_put_u32s(writer, ROLE_GIDS | C, role->gids,
                            role->groups_count);
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
        return svct_field_u32(field, &policy->tokens_per_account);
    case POLICY_WARN_BEFORE:
        return svct_fields_get_time(field, &policy->warn_before);
    case POLICY_ROLELIST:
        return svct_fields_get_bool(field, &policy->rolelist);
    case POLICY_ID_MIN:
        return svct_field_u32(field, &policy->id_min);
    case POLICY_ID_MAX:
        return svct_field_u32(field, &policy->id_max);
    case POLICY_ID_NEXT:
        return svct_field_u32(field, &policy->id_next);
    default:
        return SVCT_SHAPE_UNKNOWN;
    }
}

static bool range_is_legal(const struct svct_policy *policy)
{
    if (policy->id_min == 0 && policy->id_max == 0)
        return true;
    return svct_id_is_usable(policy->id_min) &&
           svct_id_is_usable(policy->id_max) &&
           policy->id_min <= policy->id_max;
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
        .together =
            SVCT_SHAPE_BIT(POLICY_ID_MIN) | SVCT_SHAPE_BIT(POLICY_ID_MAX),
    };
    struct svct_policy policy = {.default_ttl = 0};
    int r = svct_shape_decode(record, &shape, &policy, &policy.extra);

    if (r != 0)
        return r;
    if (!range_is_legal(&policy))
        return SVCT_E_DAMAGED;
    *ret = policy;
    return 0;
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
    if (policy->id_max != 0) {
        svct_record_put_u64(writer, POLICY_ID_MIN | C, policy->id_min);
        svct_record_put_u64(writer, POLICY_ID_MAX | C, policy->id_max);
    }
    if (policy->id_next != 0)
        svct_record_put_u64(writer, POLICY_ID_NEXT | C, policy->id_next);
    svct_shape_put_extra(writer, &policy->extra);
}
