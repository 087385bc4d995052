/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "base/pubrec.h"

#include <string.h>

#define C SVCT_TAG_CRITICAL

/* Tags: doc/FORMAT.md lists them. A number is never used again. */
enum user_tag {
    USER_NAME = 1,
    USER_UID = 2,
    USER_GID = 3,
    USER_GECOS = 4,
    USER_HOME = 5,
    USER_SHELL = 6,
    USER_ROLE = 7,
    USER_MEMBER = 8
};

enum id_tag {
    ID_NUMBER = 1,
    ID_OWNER = 2,
    ID_NAME = 3
};

enum role_tag {
    ROLE_NAME = 1,
    ROLE_MEMBERS = 2,
    ROLE_GROUPS = 3,
    ROLE_GIDS = 4
};

enum page_tag {
    PAGE_NAMES = 1
};

enum group_tag {
    GROUP_NAME = 1,
    GROUP_GID = 2,
    GROUP_ROLES = 3
};

bool svct_id_is_usable(uint32_t id)
{
    return id >= SVCT_ID_LEAST && id <= SVCT_ID_MOST && id != 65534 &&
           id != 65535;
}

/* ---- keys ---- */

static struct svct_key key_of(enum svct_kind kind, const char *name, int legal)
{
    return svct_key_named(kind, legal == 0 ? name : NULL);
}

struct svct_key svct_key_pubuser(const char *name)
{
    return key_of(SVCT_KIND_PUBUSER, name, svct_name_check_login(name));
}

struct svct_key svct_key_pubid(uint32_t id)
{
    return svct_key_id(SVCT_KIND_PUBID, id);
}

struct svct_key svct_key_pubrole(const char *name)
{
    return key_of(SVCT_KIND_PUBROLE, name, svct_name_check_role(name));
}

struct svct_key svct_key_pubpage(const char *role, uint32_t number)
{
    bool legal = svct_name_check_role(role) == 0;

    return svct_key_numbered(SVCT_KIND_PUBPAGE, legal ? role : NULL, number);
}

struct svct_key svct_key_pubgroup(const char *name)
{
    return key_of(SVCT_KIND_PUBGROUP, name, svct_name_check_group(name));
}

/* ---- decoding ---- */

#define UNKNOWN 1
#define ALL(last_tag) ((UINT32_C(2) << (last_tag)) - 2)

#define TEXT(member) svct_field_text(field, (member), sizeof(member))

/* Hands each field to take, and wants those of the mask. */
static int decode(struct svct_record *record,
                  int (*take)(void *ret, const struct svct_field *field),
                  uint32_t needed, void *ret)
{
    struct svct_field field;
    uint32_t seen = 0;

    while (svct_record_next(record, &field)) {
        int r = take(ret, &field);

        if (r == UNKNOWN && field.critical)
            return SVCT_E_VERSION;
        if (r < 0)
            return r;
        if (r == 0)
            seen |= UINT32_C(1) << field.tag;
    }
    return (seen & needed) == needed ? 0 : SVCT_E_DAMAGED;
}

/* A list of words each of which the check finds good. */
static bool are_legal(const svct_word *words, size_t count,
                      int (*check)(const char *name))
{
    for (size_t i = 0; i < count; i++) {
        if (check(words[i]) != 0)
            return false;
    }
    return true;
}

static int take_user(void *ret, const struct svct_field *field)
{
    struct svct_pubuser *user = ret;

    switch (field->tag) {
    case USER_NAME:
        return TEXT(user->name);
    case USER_UID:
        return svct_field_u32(field, &user->uid);
    case USER_GID:
        return svct_field_u32(field, &user->gid);
    case USER_GECOS:
        return TEXT(user->gecos);
    case USER_HOME:
        return TEXT(user->home);
    case USER_SHELL:
        return TEXT(user->shell);
    case USER_ROLE:
        return TEXT(user->role);
    case USER_MEMBER:
        return svct_field_u32(field, &user->member);
    default:
        return UNKNOWN;
    }
}

int svct_pubuser_decode(struct svct_record *record, struct svct_pubuser *ret)
{
    struct svct_pubuser user = {.uid = 0};
    int r = decode(record, take_user, ALL(USER_MEMBER), &user);

    if (r != 0)
        return r;
    if (svct_name_check_login(user.name) != 0 || !svct_id_is_usable(user.uid) ||
        user.gid == 0 || user.gid > SVCT_ID_MOST ||
        svct_name_check_text(user.gecos) != 0 ||
        strchr(user.gecos, ':') != NULL ||
        svct_name_check_path(user.home) != 0 ||
        svct_name_check_path(user.shell) != 0 ||
        svct_name_check_role(user.role) != 0)
        return SVCT_E_DAMAGED;
    *ret = user;
    return 0;
}

static int take_id(void *ret, const struct svct_field *field)
{
    struct svct_pubid *id = ret;
    uint8_t owner = 0;
    int r = 0;

    switch (field->tag) {
    case ID_NUMBER:
        return svct_field_u32(field, &id->id);
    case ID_OWNER:
        r = svct_field_u8(field, &owner);
        id->owner = owner;
        return r;
    case ID_NAME:
        return TEXT(id->name);
    default:
        return UNKNOWN;
    }
}

static bool owner_is_legal(const struct svct_pubid *id)
{
    switch (id->owner) {
    case SVCT_PUBID_USER:
        return svct_name_check_login(id->name) == 0;
    case SVCT_PUBID_GROUP:
        return svct_name_check_group(id->name) == 0;
    default:
        return false;
    }
}

int svct_pubid_decode(struct svct_record *record, struct svct_pubid *ret)
{
    struct svct_pubid id = {.id = 0};
    int r = decode(record, take_id, ALL(ID_NAME), &id);

    if (r != 0)
        return r;
    if (!svct_id_is_usable(id.id) || !owner_is_legal(&id))
        return SVCT_E_DAMAGED;
    *ret = id;
    return 0;
}

/* The numbers come behind the words, and there are as many. */
static int take_role(void *ret, const struct svct_field *field)
{
    struct svct_pubrole *role = ret;

    switch (field->tag) {
    case ROLE_NAME:
        return TEXT(role->name);
    case ROLE_MEMBERS:
        return svct_field_u32(field, &role->members);
    case ROLE_GROUPS:
        return svct_words_get(field, role->groups, SVCT_PUBROLE_GROUPS,
                              &role->groups_count);
    case ROLE_GIDS:
        return svct_words_get_u32s(field, role->gids, role->groups_count);
    default:
        return UNKNOWN;
    }
}

int svct_pubrole_decode(struct svct_record *record, struct svct_pubrole *ret)
{
    struct svct_pubrole role = {.members = 0};
    int r = decode(record, take_role, ALL(ROLE_GIDS), &role);

    if (r != 0)
        return r;
    if (svct_name_check_role(role.name) != 0 ||
        !are_legal(role.groups, role.groups_count, svct_name_check_group))
        return SVCT_E_DAMAGED;
    for (size_t i = 0; i < role.groups_count; i++) {
        if (role.gids[i] != 0 && !svct_id_is_usable(role.gids[i]))
            return SVCT_E_DAMAGED;
    }
    *ret = role;
    return 0;
}

static int take_page(void *ret, const struct svct_field *field)
{
    struct svct_pubpage *page = ret;

    if (field->tag != PAGE_NAMES)
        return UNKNOWN;
    return svct_words_get(field, page->names, SVCT_PUBPAGE_NAMES, &page->count);
}

int svct_pubpage_decode(struct svct_record *record, struct svct_pubpage *ret)
{
    struct svct_pubpage page = {.count = 0};
    int r = decode(record, take_page, ALL(PAGE_NAMES), &page);

    if (r != 0)
        return r;
    if (page.count == 0 ||
        !are_legal(page.names, page.count, svct_name_check_login))
        return SVCT_E_DAMAGED;
    *ret = page;
    return 0;
}

static int take_group(void *ret, const struct svct_field *field)
{
    struct svct_pubgroup *group = ret;

    switch (field->tag) {
    case GROUP_NAME:
        return TEXT(group->name);
    case GROUP_GID:
        return svct_field_u32(field, &group->gid);
    case GROUP_ROLES:
        return svct_words_get(field, group->roles, SVCT_PUBGROUP_ROLES,
                              &group->roles_count);
    default:
        return UNKNOWN;
    }
}

int svct_pubgroup_decode(struct svct_record *record, struct svct_pubgroup *ret)
{
    struct svct_pubgroup group = {.gid = 0};
    int r = decode(record, take_group, ALL(GROUP_ROLES), &group);

    if (r != 0)
        return r;
    if (svct_name_check_group(group.name) != 0 ||
        (group.gid != 0 && !svct_id_is_usable(group.gid)) ||
        group.roles_count == 0 ||
        !are_legal(group.roles, group.roles_count, svct_name_check_role))
        return SVCT_E_DAMAGED;
    *ret = group;
    return 0;
}

/* ---- encoding ---- */

void svct_pubuser_encode(const struct svct_pubuser *user,
                         struct svct_record_writer *writer)
{
    svct_record_begin(writer, SVCT_KIND_PUBUSER);
    svct_record_put_text(writer, USER_NAME | C, user->name);
    svct_record_put_u64(writer, USER_UID | C, user->uid);
    svct_record_put_u64(writer, USER_GID | C, user->gid);
    svct_record_put_text(writer, USER_GECOS, user->gecos);
    svct_record_put_text(writer, USER_HOME | C, user->home);
    svct_record_put_text(writer, USER_SHELL | C, user->shell);
    svct_record_put_text(writer, USER_ROLE | C, user->role);
    svct_record_put_u64(writer, USER_MEMBER | C, user->member);
}

void svct_pubid_encode(const struct svct_pubid *id,
                       struct svct_record_writer *writer)
{
    svct_record_begin(writer, SVCT_KIND_PUBID);
    svct_record_put_u64(writer, ID_NUMBER | C, id->id);
    svct_record_put_u8(writer, ID_OWNER | C, (uint8_t)id->owner);
    svct_record_put_text(writer, ID_NAME | C, id->name);
}

void svct_pubrole_encode(const struct svct_pubrole *role,
                         struct svct_record_writer *writer)
{
    svct_record_begin(writer, SVCT_KIND_PUBROLE);
    svct_record_put_text(writer, ROLE_NAME | C, role->name);
    svct_record_put_u64(writer, ROLE_MEMBERS | C, role->members);
    svct_words_put(writer, ROLE_GROUPS | C, role->groups, SVCT_PUBROLE_GROUPS,
                   role->groups_count);
    svct_words_put_u32s(writer, ROLE_GIDS | C, role->gids, role->groups_count);
}

void svct_pubpage_encode(const struct svct_pubpage *page,
                         struct svct_record_writer *writer)
{
    svct_record_begin(writer, SVCT_KIND_PUBPAGE);
    svct_words_put(writer, PAGE_NAMES | C, page->names, SVCT_PUBPAGE_NAMES,
                   page->count);
}

void svct_pubgroup_encode(const struct svct_pubgroup *group,
                          struct svct_record_writer *writer)
{
    svct_record_begin(writer, SVCT_KIND_PUBGROUP);
    svct_record_put_text(writer, GROUP_NAME | C, group->name);
    svct_record_put_u64(writer, GROUP_GID | C, group->gid);
    svct_words_put(writer, GROUP_ROLES | C, group->roles, SVCT_PUBGROUP_ROLES,
                   group->roles_count);
}
