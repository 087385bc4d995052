/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

/*
 * Any bytes as a record of the database. What opens has a good check, and
 * what decodes encodes to a record that decodes to the same.
 *
 * An input is: how (u8), kind (u8), length of the key (u8), key, rest.
 *     how 0   the rest is the value
 *     how 1   the rest is the value, but its size and check are made right
 *     how 2   the rest is the fields of a value; all else is made right
 * Without the two others nothing would ever get past the check.
 */

#include <stdlib.h>
#include <string.h>

#include "auth/entity.h"
#include "auth/lists.h"
#include "base/crc64.h"
#include "base/pubrec.h"
#include "base/snapshot.h"
#include "fuzz.h"

#define HEAD 4  /* version, kind, length of the fields */
#define CHECK 8 /* bytes of the check */

struct value {
    uint8_t *data; /* an allocation of just the size */
    size_t size;
};

/* ---- making a value of the input ---- */

static void seal(const struct svct_key *key, uint8_t *value, size_t size)
{
    uint64_t crc = svct_crc64(0, key->data, key->len);
    struct svct_buf buf;

    crc = svct_crc64(crc, value, size - CHECK);
    svct_buf_init(&buf, value + size - CHECK, CHECK);
    svct_buf_put_u64(&buf, crc);
}

static size_t legal_size(size_t size)
{
    size_t legal = SVCT_RECORD_MIN;

    while (legal < size && legal < SVCT_RECORD_MAX)
        legal *= 2;
    return legal;
}

static struct value make_value(unsigned how, enum svct_kind kind,
                               const struct svct_key *key, const uint8_t *rest,
                               size_t len)
{
    struct value value = {.size = len};
    size_t head = how == 2 ? HEAD : 0;

    if (how != 0) {
        if (len > SVCT_RECORD_MAX - head - CHECK)
            len = SVCT_RECORD_MAX - head - CHECK;
        value.size = legal_size(head + len + CHECK);
    }
    value.data = calloc(1, value.size > 0 ? value.size : 1);
    MUST(value.data != NULL);
    if (len > 0)
        memcpy(value.data + head, rest, len);
    if (how == 2) {
        value.data[0] = SVCT_RECORD_VERSION;
        value.data[1] = (uint8_t)kind;
        value.data[2] = (uint8_t)(len >> 8);
        value.data[3] = (uint8_t)len;
    }
    if (how != 0)
        seal(key, value.data, value.size);
    return value;
}

/* ---- decoding and encoding again ---- */

union entity {
    struct svct_account account;
    struct svct_token token;
    struct svct_role role;
    struct svct_policy policy;
    struct svct_page page;
    struct svct_rolelist rolelist;
    struct svct_slots slots;
    struct svct_meta meta;
    struct svct_pubuser pubuser;
    struct svct_pubid pubid;
    struct svct_pubrole pubrole;
    struct svct_pubpage pubpage;
    struct svct_pubgroup pubgroup;
};

static int decode(struct svct_record *record, union entity *entity)
{
    switch (record->kind) {
    case SVCT_KIND_ACCOUNT:
        return svct_account_decode(record, &entity->account);
    case SVCT_KIND_TOKEN:
        return svct_token_decode(record, &entity->token);
    case SVCT_KIND_ROLE:
        return svct_role_decode(record, &entity->role);
    case SVCT_KIND_POLICY:
        return svct_policy_decode(record, &entity->policy);
    case SVCT_KIND_PAGE:
        return svct_page_decode(record, &entity->page);
    case SVCT_KIND_ROLELIST:
        return svct_rolelist_decode(record, &entity->rolelist);
    case SVCT_KIND_SLOTS:
        return svct_slots_decode(record, &entity->slots);
    case SVCT_KIND_META:
        return svct_meta_decode(record, &entity->meta);
    case SVCT_KIND_PUBUSER:
        return svct_pubuser_decode(record, &entity->pubuser);
    case SVCT_KIND_PUBID:
        return svct_pubid_decode(record, &entity->pubid);
    case SVCT_KIND_PUBROLE:
        return svct_pubrole_decode(record, &entity->pubrole);
    case SVCT_KIND_PUBPAGE:
        return svct_pubpage_decode(record, &entity->pubpage);
    case SVCT_KIND_PUBGROUP:
        return svct_pubgroup_decode(record, &entity->pubgroup);
    default:
        return SVCT_E_DAMAGED;
    }
}

static void encode(enum svct_kind kind, const union entity *entity,
                   struct svct_record_writer *writer)
{
    switch (kind) {
    case SVCT_KIND_ACCOUNT:
        svct_account_encode(&entity->account, writer);
        break;
    case SVCT_KIND_TOKEN:
        svct_token_encode(&entity->token, writer);
        break;
    case SVCT_KIND_ROLE:
        svct_role_encode(&entity->role, writer);
        break;
    case SVCT_KIND_POLICY:
        svct_policy_encode(&entity->policy, writer);
        break;
    case SVCT_KIND_PAGE:
        svct_page_encode(&entity->page, writer);
        break;
    case SVCT_KIND_ROLELIST:
        svct_rolelist_encode(&entity->rolelist, writer);
        break;
    case SVCT_KIND_SLOTS:
        svct_slots_encode(&entity->slots, writer);
        break;
    case SVCT_KIND_PUBUSER:
        svct_pubuser_encode(&entity->pubuser, writer);
        break;
    case SVCT_KIND_PUBID:
        svct_pubid_encode(&entity->pubid, writer);
        break;
    case SVCT_KIND_PUBROLE:
        svct_pubrole_encode(&entity->pubrole, writer);
        break;
    case SVCT_KIND_PUBPAGE:
        svct_pubpage_encode(&entity->pubpage, writer);
        break;
    case SVCT_KIND_PUBGROUP:
        svct_pubgroup_encode(&entity->pubgroup, writer);
        break;
    case SVCT_KIND_META:
    default:
        svct_meta_encode(&entity->meta, writer);
    }
}

/* All of them together or none. */
static void check_unix(const struct svct_account *account)
{
    if (account->uid == 0) {
        MUST(account->gid == 0 && account->home[0] == '\0');
        MUST(account->shell[0] == '\0');
        return;
    }
    MUST(svct_id_is_usable(account->uid));
    MUST(account->gid > 0 && account->gid <= SVCT_ID_MOST);
    MUST(svct_name_check_path(account->home) == 0);
    MUST(svct_name_check_path(account->shell) == 0);
}

static void check_gids(const uint32_t *gids, size_t count)
{
    for (size_t i = 0; i < count; i++)
        MUST(gids[i] == 0 || svct_id_is_usable(gids[i]));
}

static void check_range(const struct svct_policy *policy)
{
    MUST((policy->id_min == 0) == (policy->id_max == 0));
    MUST(policy->id_min <= policy->id_max);
    MUST(policy->id_max == 0 || svct_id_is_usable(policy->id_min));
    MUST(policy->id_max == 0 || svct_id_is_usable(policy->id_max));
}

/* Nothing that a line of passwd or group could not be. */
static void check_pubuser(const struct svct_pubuser *user)
{
    MUST(svct_key_pubuser(user->name).len > 0);
    MUST(svct_key_pubrole(user->role).len > 0);
    MUST(svct_id_is_usable(user->uid));
    MUST(user->gid > 0 && user->gid <= SVCT_ID_MOST);
    MUST(strpbrk(user->gecos, ":\n") == NULL);
    MUST(user->home[0] == '/' && strpbrk(user->home, ":\n") == NULL);
    MUST(user->shell[0] == '/' && strpbrk(user->shell, ":\n") == NULL);
}

static void check_pubid(const struct svct_pubid *id)
{
    MUST(svct_id_is_usable(id->id));
    if (id->owner == SVCT_PUBID_USER)
        MUST(svct_key_pubuser(id->name).len > 0);
    else
        MUST(svct_key_pubgroup(id->name).len > 0);
}

static void check_pubrole(const struct svct_pubrole *role)
{
    MUST(svct_key_pubrole(role->name).len > 0);
    MUST(role->groups_count <= SVCT_PUBROLE_GROUPS);
    for (size_t i = 0; i < role->groups_count; i++)
        MUST(svct_key_pubgroup(role->groups[i]).len > 0);
    check_gids(role->gids, role->groups_count);
}

static void check_pubpage(const struct svct_pubpage *page)
{
    MUST(page->count > 0 && page->count <= SVCT_PUBPAGE_NAMES);
    for (size_t i = 0; i < page->count; i++)
        MUST(svct_key_pubuser(page->names[i]).len > 0);
}

static void check_pubgroup(const struct svct_pubgroup *group)
{
    MUST(svct_key_pubgroup(group->name).len > 0);
    MUST(group->roles_count > 0 && group->roles_count <= SVCT_PUBGROUP_ROLES);
    for (size_t i = 0; i < group->roles_count; i++)
        MUST(svct_key_pubrole(group->roles[i]).len > 0);
    check_gids(&group->gid, 1);
}

/* What a decoded entity may be relied on for. */
static void check_entity(enum svct_kind kind, const union entity *entity)
{
    switch (kind) {
    case SVCT_KIND_ACCOUNT:
        MUST(svct_key_account(entity->account.name).len > 0);
        MUST(svct_key_role(entity->account.role).len > 0);
        MUST(entity->account.expires >= 0);
        check_unix(&entity->account);
        break;
    case SVCT_KIND_TOKEN:
        MUST(svct_key_token(entity->token.id).len > 0);
        MUST(svct_key_account(entity->token.account).len > 0);
        MUST(svct_name_check_token(entity->token.name) == 0);
        MUST(entity->token.expires >= 0 && entity->token.not_before >= 0);
        MUST(entity->token.max_uses == 0 || entity->token.slot != 0);
        break;
    case SVCT_KIND_ROLE:
        MUST(svct_key_role(entity->role.name).len > 0);
        check_gids(entity->role.gids, entity->role.groups_count);
        break;
    case SVCT_KIND_PAGE:
        MUST(entity->page.count > 0 && entity->page.count <= SVCT_PAGE_IDS);
        break;
    case SVCT_KIND_ROLELIST:
        MUST(entity->rolelist.count <= SVCT_ROLES_MAX);
        break;
    case SVCT_KIND_SLOTS:
        MUST(entity->slots.next > 0);
        MUST(entity->slots.free_count <= SVCT_SLOTS_FREE_MAX);
        break;
    case SVCT_KIND_META:
        MUST(entity->meta.sequence > 0 && entity->meta.committed >= 0);
        break;
    case SVCT_KIND_POLICY:
        check_range(&entity->policy);
        break;
    case SVCT_KIND_PUBUSER:
        check_pubuser(&entity->pubuser);
        break;
    case SVCT_KIND_PUBID:
        check_pubid(&entity->pubid);
        break;
    case SVCT_KIND_PUBROLE:
        check_pubrole(&entity->pubrole);
        break;
    case SVCT_KIND_PUBPAGE:
        check_pubpage(&entity->pubpage);
        break;
    case SVCT_KIND_PUBGROUP:
        check_pubgroup(&entity->pubgroup);
        break;
    default:
        break;
    }
}

/* Compared as records: entities have padding. */
static void check_round_trip(const struct svct_key *key, enum svct_kind kind,
                             const union entity *entity, size_t size)
{
    static struct svct_record_writer first, second;
    struct svct_record record;
    union entity again;
    size_t first_size, second_size;

    memset(&again, 0, sizeof again);
    encode(kind, entity, &first);
    if (svct_record_end(&first, key, size, &first_size) != 0) {
        /* Only for lack of room: fields that were not there are written. */
        MUST(size == SVCT_RECORD_MAX);
        return;
    }
    MUST(svct_record_open(key, kind, first.value, first_size, &record) == 0);
    MUST(record.sum == svct_record_sum(first.value, first_size));
    MUST(decode(&record, &again) == 0);
    encode(kind, &again, &second);
    MUST(svct_record_end(&second, key, first_size, &second_size) == 0);
    MUST(second_size == first_size);
    MUST(memcmp(first.value, second.value, first_size) == 0);
}

/* Every field lies within the value, and their tags ascend. */
static void check_fields(struct svct_record record, const struct value *value)
{
    struct svct_field field;
    int last = 0;

    while (svct_record_next(&record, &field)) {
        MUST((int)field.tag > last);
        MUST(field.data >= value->data + HEAD);
        MUST(field.data + field.len <= value->data + value->size - CHECK);
        last = (int)field.tag;
    }
    MUST(record.fields.left == 0);
}

/* ---- one value ---- */

/* One bit off, or under another key, and it is damage. */
static void check_damage(const struct svct_key *key, enum svct_kind kind,
                         const struct value *value, size_t at)
{
    struct svct_key other = *key;
    struct svct_record record;

    value->data[at % value->size] ^= 0x10;
    MUST(svct_record_open(key, kind, value->data, value->size, &record) ==
         SVCT_E_DAMAGED);
    value->data[at % value->size] ^= 0x10;
    other.data[at % other.len] ^= 1;
    MUST(svct_record_open(&other, kind, value->data, value->size, &record) ==
         SVCT_E_DAMAGED);
}

static void run_value(const struct svct_key *key, enum svct_kind kind,
                      const struct value *value)
{
    struct svct_record record;
    union entity entity;
    int r = svct_record_open(key, kind, value->data, value->size, &record);

    MUST(r == 0 || r == SVCT_E_DAMAGED || r == SVCT_E_VERSION);
    MUST((r == SVCT_E_VERSION) ==
         (r != SVCT_E_DAMAGED && value->data[0] > SVCT_RECORD_VERSION));
    if (r != 0)
        return;
    MUST(record.kind == kind && record.size == value->size);
    check_fields(record, value);
    if (key->len > 0)
        check_damage(key, kind, value, value->data[value->size - 1]);
    memset(&entity, 0, sizeof entity);
    r = decode(&record, &entity);
    MUST(r == 0 || r == SVCT_E_DAMAGED || r == SVCT_E_VERSION);
    if (r != 0)
        return;
    check_entity(kind, &entity);
    if (key->len > 0)
        check_round_trip(key, kind, &entity, value->size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct svct_key key = {.len = 0};
    enum svct_kind kind;
    struct value value;
    unsigned how;

    if (size < 3)
        return 0;
    how = data[0] % 3;
    kind = (enum svct_kind)data[1];
    key.len = data[2] % (SVCT_KEY_MAX + 1);
    data += 3;
    size -= 3;
    if (key.len > size)
        key.len = size;
    memcpy(key.data, data, key.len);
    value = make_value(how, kind, &key, data + key.len, size - key.len);
    run_value(&key, kind, &value);
    free(value.data);
    return 0;
}
