/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "auth/entity.h"

#include <string.h>

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
    ACCOUNT_TOKENS = 9
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
    TOKEN_REVOKED_REASON = 16
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

enum page_tag {
    PAGE_IDS = 1
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

struct svct_key svct_key_page(const char *account, uint32_t number)
{
    if (svct_name_check_login(account) != 0)
        return svct_key_named(SVCT_KIND_PAGE, NULL);
    return svct_key_numbered(SVCT_KIND_PAGE, account, number);
}

/* ---- parts of fields ---- */

static int get_bool(const struct svct_field *field, bool *ret_value)
{
    uint8_t value;

    if (svct_field_u8(field, &value) != 0 || value > 1)
        return SVCT_E_DAMAGED;
    *ret_value = value != 0;
    return 0;
}

static int get_time(const struct svct_field *field, int64_t *ret_time)
{
    uint64_t value;

    if (svct_field_u64(field, &value) != 0 || value > INT64_MAX)
        return SVCT_E_DAMAGED;
    *ret_time = (int64_t)value;
    return 0;
}

static int get_u32(const struct svct_field *field, uint32_t *ret_value)
{
    uint64_t value;

    if (svct_field_u64(field, &value) != 0 || value > UINT32_MAX)
        return SVCT_E_DAMAGED;
    *ret_value = (uint32_t)value;
    return 0;
}

static void put_time(struct svct_record_writer *writer, unsigned tag,
                     int64_t time)
{
    svct_record_put_u64(writer, tag, (uint64_t)time);
}

/* A prefix with bits behind it would match other addresses than it shows. */
static bool ends_in_zeros(const uint8_t *bytes, size_t len, unsigned prefix)
{
    for (size_t bit = prefix; bit < len * 8; bit++)
        if ((bytes[bit / 8] & (0x80 >> bit % 8)) != 0)
            return false;
    return true;
}

/* local u8, then for each prefix: family u8, prefix u8, 4 or 16 bytes. */
static int get_sources(const struct svct_field *field,
                       struct svct_sources *ret_sources)
{
    struct svct_sources sources = {.count = 0};
    struct svct_cursor cursor;
    uint8_t local;

    svct_cursor_init(&cursor, field->data, field->len);
    local = svct_cursor_u8(&cursor);
    sources.local = local == 1;
    while (cursor.left > 0 && sources.count < SVCT_SOURCES_MAX) {
        struct svct_cidr *cidr = &sources.item[sources.count++];
        const uint8_t *bytes;
        size_t len;

        cidr->addr.family = svct_cursor_u8(&cursor);
        cidr->prefix = svct_cursor_u8(&cursor);
        len = cidr->addr.family == 4 ? 4 : 16;
        bytes = svct_cursor_bytes(&cursor, len);
        if (bytes == NULL || cidr->prefix > len * 8 ||
            (cidr->addr.family != 4 && cidr->addr.family != 6) ||
            !ends_in_zeros(bytes, len, cidr->prefix))
            return SVCT_E_DAMAGED;
        memcpy(cidr->addr.bytes, bytes, len);
    }
    if (cursor.failed || cursor.left > 0 || local > 1)
        return SVCT_E_DAMAGED;
    *ret_sources = sources;
    return 0;
}

static void put_sources(struct svct_record_writer *writer, unsigned tag,
                        const struct svct_sources *sources)
{
    uint8_t bytes[1 + SVCT_SOURCES_MAX * 18];
    struct svct_buf buf;

    if (sources->count > SVCT_SOURCES_MAX) {
        writer->fields.failed = true;
        return;
    }
    svct_buf_init(&buf, bytes, sizeof bytes);
    svct_buf_put_u8(&buf, sources->local);
    for (size_t i = 0; i < sources->count; i++) {
        const struct svct_cidr *cidr = &sources->item[i];

        svct_buf_put_u8(&buf, cidr->addr.family);
        svct_buf_put_u8(&buf, cidr->prefix);
        svct_buf_put(&buf, cidr->addr.bytes, cidr->addr.family == 4 ? 4 : 16);
    }
    svct_record_put(writer, tag, bytes, buf.len);
}

/* Words, each with its length before it as one byte. */
static bool get_word(struct svct_cursor *cursor, char *ret_word, size_t size)
{
    size_t len = svct_cursor_u8(cursor);
    const uint8_t *bytes = svct_cursor_bytes(cursor, len);

    if (bytes == NULL || len == 0 || len >= size ||
        memchr(bytes, 0, len) != NULL)
        return false;
    memcpy(ret_word, bytes, len);
    ret_word[len] = '\0';
    return true;
}

static void put_word(struct svct_buf *buf, const char *word)
{
    size_t len = strlen(word);

    svct_buf_put_u8(buf, (uint8_t)len);
    svct_buf_put(buf, word, len);
}

static int get_globs(const struct svct_field *field,
                     struct svct_globs *ret_globs)
{
    struct svct_globs globs = {.count = 0};
    struct svct_cursor cursor;

    svct_cursor_init(&cursor, field->data, field->len);
    while (cursor.left > 0) {
        char *item;

        if (globs.count == SVCT_GLOBS_MAX)
            return SVCT_E_DAMAGED;
        item = globs.item[globs.count++];
        if (!get_word(&cursor, item, sizeof globs.item[0]) ||
            svct_glob_check(item) != 0)
            return SVCT_E_DAMAGED;
    }
    *ret_globs = globs;
    return 0;
}

static void put_globs(struct svct_record_writer *writer, unsigned tag,
                      const struct svct_globs *globs)
{
    uint8_t bytes[SVCT_GLOBS_MAX * (1 + SVCT_GLOB_MAX)];
    struct svct_buf buf;

    if (globs->count > SVCT_GLOBS_MAX) {
        writer->fields.failed = true;
        return;
    }
    svct_buf_init(&buf, bytes, sizeof bytes);
    for (size_t i = 0; i < globs->count; i++)
        put_word(&buf, globs->item[i]);
    svct_record_put(writer, tag, bytes, buf.len);
}

static int get_groups(const struct svct_field *field, struct svct_role *role)
{
    struct svct_cursor cursor;

    svct_cursor_init(&cursor, field->data, field->len);
    role->groups_count = 0;
    while (cursor.left > 0) {
        if (role->groups_count == SVCT_GROUPS_MAX ||
            !get_word(&cursor, role->groups[role->groups_count],
                      sizeof role->groups[0]))
            return SVCT_E_DAMAGED;
        role->groups_count++;
    }
    return 0;
}

static void put_groups(struct svct_record_writer *writer,
                       const struct svct_role *role)
{
    uint8_t bytes[SVCT_GROUPS_MAX * (1 + SVCT_GROUP_NAME_MAX)];
    struct svct_buf buf;

    if (role->groups_count > SVCT_GROUPS_MAX) {
        writer->fields.failed = true;
        return;
    }
    svct_buf_init(&buf, bytes, sizeof bytes);
    for (size_t i = 0; i < role->groups_count; i++)
        put_word(&buf, role->groups[i]);
    svct_record_put(writer, ROLE_GROUPS | C, bytes, buf.len);
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

/*
 * The shape of every decode: each field is handed to take(), which returns 0,
 * an error, or UNKNOWN; the tags in "needed" (bit by tag) must all occur.
 */
#define UNKNOWN 1
typedef int take_fn(void *entity, const struct svct_field *field);

static int decode(struct svct_record *record, take_fn *take, void *entity,
                  struct svct_extra *extra, uint32_t needed)
{
    struct svct_field field;
    uint32_t seen = 0;

    while (svct_record_next(record, &field)) {
        int r = take(entity, &field);

        if (r == UNKNOWN)
            r = keep_unknown(extra, &field);
        if (r != 0)
            return r;
        if (field.tag < 32)
            seen |= UINT32_C(1) << field.tag;
    }
    return (seen & needed) == needed ? 0 : SVCT_E_DAMAGED;
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
        return get_bool(field, &account->disabled);
    case ACCOUNT_EXPIRES:
        return get_time(field, &account->expires);
    case ACCOUNT_SOURCES:
        return get_sources(field, &account->sources);
    case ACCOUNT_CREATED:
        return get_time(field, &account->created);
    case ACCOUNT_CREATED_BY:
        return TEXT(account->created_by);
    case ACCOUNT_TOKENS:
        return get_u32(field, &account->tokens);
    default:
        return UNKNOWN;
    }
}

int svct_account_decode(struct svct_record *record, struct svct_account *ret)
{
    struct svct_account account = {.tokens = 0};
    int r = decode(record, take_account, &account, &account.extra,
                   BIT(ACCOUNT_NAME) | BIT(ACCOUNT_ROLE) |
                       BIT(ACCOUNT_DISABLED) | BIT(ACCOUNT_EXPIRES) |
                       BIT(ACCOUNT_SOURCES) | BIT(ACCOUNT_TOKENS));

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
    put_time(writer, ACCOUNT_EXPIRES | C, account->expires);
    put_sources(writer, ACCOUNT_SOURCES | C, &account->sources);
    put_time(writer, ACCOUNT_CREATED, account->created);
    svct_record_put_text(writer, ACCOUNT_CREATED_BY, account->created_by);
    svct_record_put_u64(writer, ACCOUNT_TOKENS | C, account->tokens);
    put_extra(writer, &account->extra);
}

/* ---- token ---- */

static int get_hash(const struct svct_field *field, struct svct_token *token)
{
    if (field->len != sizeof token->hash)
        return SVCT_E_DAMAGED;
    memcpy(token->hash, field->data, sizeof token->hash);
    return 0;
}

/* Being there is being revoked; the time may be any. */
static int get_revoked(const struct svct_field *field, struct svct_token *token)
{
    token->revoked = true;
    return get_time(field, &token->revoked_at);
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
        return get_hash(field, token);
    case TOKEN_CREATED:
        return get_time(field, &token->created);
    case TOKEN_CREATED_BY:
        return TEXT(token->created_by);
    case TOKEN_NOT_BEFORE:
        return get_time(field, &token->not_before);
    case TOKEN_EXPIRES:
        return get_time(field, &token->expires);
    case TOKEN_CAP:
        return TEXT(token->cap);
    case TOKEN_SOURCES:
        return get_sources(field, &token->sources);
    case TOKEN_SERVICES:
        return get_globs(field, &token->services);
    case TOKEN_DISABLED:
        return get_bool(field, &token->disabled);
    case TOKEN_REVOKED_AT:
        return get_revoked(field, token);
    case TOKEN_REVOKED_BY:
        return TEXT(token->revoked_by);
    case TOKEN_REVOKED_REASON:
        return TEXT(token->revoked_reason);
    default:
        return UNKNOWN;
    }
}

int svct_token_decode(struct svct_record *record, struct svct_token *ret)
{
    struct svct_token token = {.expires = 0};
    int r = decode(
        record, take_token, &token, &token.extra,
        BIT(TOKEN_ID) | BIT(TOKEN_ACCOUNT) | BIT(TOKEN_NAME) | BIT(TOKEN_HASH) |
            BIT(TOKEN_NOT_BEFORE) | BIT(TOKEN_EXPIRES) | BIT(TOKEN_CAP) |
            BIT(TOKEN_SOURCES) | BIT(TOKEN_SERVICES) | BIT(TOKEN_DISABLED));

    if (r != 0)
        return r;
    if (!svct_token_is_id(token.id) ||
        svct_name_check_login(token.account) != 0 ||
        svct_name_check_token(token.name) != 0 ||
        (token.cap[0] != '\0' && svct_name_check_role(token.cap) != 0))
        return SVCT_E_DAMAGED;
    *ret = token;
    return 0;
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
    put_time(writer, TOKEN_CREATED, token->created);
    svct_record_put_text(writer, TOKEN_CREATED_BY, token->created_by);
    put_time(writer, TOKEN_NOT_BEFORE | C, token->not_before);
    put_time(writer, TOKEN_EXPIRES | C, token->expires);
    svct_record_put_text(writer, TOKEN_CAP | C, token->cap);
    put_sources(writer, TOKEN_SOURCES | C, &token->sources);
    put_globs(writer, TOKEN_SERVICES | C, &token->services);
    svct_record_put_u8(writer, TOKEN_DISABLED | C, token->disabled);
    if (token->revoked) {
        put_time(writer, TOKEN_REVOKED_AT | C, token->revoked_at);
        svct_record_put_text(writer, TOKEN_REVOKED_BY, token->revoked_by);
        svct_record_put_text(writer, TOKEN_REVOKED_REASON,
                             token->revoked_reason);
    }
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
        return get_bool(field, &role->builtin);
    case ROLE_DESCRIPTION:
        return TEXT(role->description);
    case ROLE_ALLOW:
        return get_globs(field, &role->allow);
    case ROLE_REFUSE:
        return get_globs(field, &role->refuse);
    case ROLE_GROUPS:
        return get_groups(field, role);
    default:
        return UNKNOWN;
    }
}

int svct_role_decode(struct svct_record *record, struct svct_role *ret)
{
    struct svct_role role = {.place = 0};
    int r = decode(record, take_role, &role, &role.extra,
                   BIT(ROLE_NAME) | BIT(ROLE_PLACE) | BIT(ROLE_ALLOW) |
                       BIT(ROLE_REFUSE) | BIT(ROLE_GROUPS));

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
    put_globs(writer, ROLE_ALLOW | C, &role->allow);
    put_globs(writer, ROLE_REFUSE | C, &role->refuse);
    put_groups(writer, role);
    put_extra(writer, &role->extra);
}

/* ---- policy ---- */

static int take_policy(void *entity, const struct svct_field *field)
{
    struct svct_policy *policy = entity;

    switch (field->tag) {
    case POLICY_DEFAULT_TTL:
        return get_time(field, &policy->default_ttl);
    case POLICY_MAX_TTL:
        return get_time(field, &policy->max_ttl);
    case POLICY_ALLOW_NO_EXPIRY:
        return get_bool(field, &policy->allow_no_expiry);
    case POLICY_TOKENS_PER_ACCOUNT:
        return get_u32(field, &policy->tokens_per_account);
    case POLICY_WARN_BEFORE:
        return get_time(field, &policy->warn_before);
    default:
        return UNKNOWN;
    }
}

int svct_policy_decode(struct svct_record *record, struct svct_policy *ret)
{
    struct svct_policy policy = {.default_ttl = 0};
    int r =
        decode(record, take_policy, &policy, &policy.extra,
               BIT(POLICY_DEFAULT_TTL) | BIT(POLICY_MAX_TTL) |
                   BIT(POLICY_ALLOW_NO_EXPIRY) |
                   BIT(POLICY_TOKENS_PER_ACCOUNT) | BIT(POLICY_WARN_BEFORE));

    if (r == 0)
        *ret = policy;
    return r;
}

void svct_policy_encode(const struct svct_policy *policy,
                        struct svct_record_writer *writer)
{
    svct_record_begin(writer, SVCT_KIND_POLICY);
    put_time(writer, POLICY_DEFAULT_TTL | C, policy->default_ttl);
    put_time(writer, POLICY_MAX_TTL | C, policy->max_ttl);
    svct_record_put_u8(writer, POLICY_ALLOW_NO_EXPIRY | C,
                       policy->allow_no_expiry);
    svct_record_put_u64(writer, POLICY_TOKENS_PER_ACCOUNT | C,
                        policy->tokens_per_account);
    put_time(writer, POLICY_WARN_BEFORE | C, policy->warn_before);
    put_extra(writer, &policy->extra);
}

/* ---- page ---- */

int svct_page_decode(struct svct_record *record, struct svct_page *ret)
{
    struct svct_page page = {.count = 0};
    struct svct_field field;
    size_t count;

    if (!svct_record_next(record, &field) || field.tag != PAGE_IDS ||
        field.len == 0 || field.len % SVCT_TOKEN_ID_LEN != 0 ||
        field.len > SVCT_PAGE_IDS * SVCT_TOKEN_ID_LEN)
        return SVCT_E_DAMAGED;
    count = field.len / SVCT_TOKEN_ID_LEN;
    for (size_t i = 0; i < count; i++) {
        memcpy(page.id[i], field.data + i * SVCT_TOKEN_ID_LEN,
               SVCT_TOKEN_ID_LEN);
        if (!svct_token_is_id(page.id[i]))
            return SVCT_E_DAMAGED;
    }
    if (svct_record_next(record, &field))
        return SVCT_E_VERSION;
    page.count = (uint8_t)count;
    *ret = page;
    return 0;
}

void svct_page_encode(const struct svct_page *page,
                      struct svct_record_writer *writer)
{
    uint8_t ids[SVCT_PAGE_IDS * SVCT_TOKEN_ID_LEN];

    svct_record_begin(writer, SVCT_KIND_PAGE);
    if (page->count > SVCT_PAGE_IDS) {
        writer->fields.failed = true;
        return;
    }
    for (size_t i = 0; i < page->count; i++)
        memcpy(ids + i * SVCT_TOKEN_ID_LEN, page->id[i], SVCT_TOKEN_ID_LEN);
    svct_record_put(writer, PAGE_IDS | C, ids,
                    page->count * (size_t)SVCT_TOKEN_ID_LEN);
}
