/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/pubcheck.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "auth/lookup.h"
#include "base/publook.h"
#include "write/derive.h"
#include "write/pubdiff.h"
#include "write/pubsum.h"

/*
 * Each file is read once, from its beginning to its end: what the private one
 * implies and what the public one says are both summed up, whatever their
 * order, as the digest of a file is. Only when sums differ is it worth a look
 * at each of them. Roles and groups are few, and held against each other.
 */

/* As many as there can be, and some that there should not. */
#define ROLES_MAX (2 * SVCT_ROLES_MAX)

struct expected_role {
    struct svct_pubrole role; /* its record, if it has one */
    bool published;
};

struct state {
    struct svct_pubreport *check;
    size_t roles;
    struct expected_role role[ROLES_MAX];
    struct svct_pubsum users[SVCT_PARTS];
    struct svct_pubsum ids[SVCT_PARTS];
    struct svct_pubsum places[2]; /* by the users, and by the pages */
    uint64_t groups;              /* records that are there and right */
};

/* ---- what the private file implies ---- */

static struct expected_role *find_role(struct state *state, const char *name)
{
    for (size_t i = 0; i < state->roles; i++)
        if (strcmp(state->role[i].role.name, name) == 0)
            return &state->role[i];
    return NULL;
}

/* An account may come before its role. NULL: there are too many. */
static struct expected_role *have_role(struct state *state, const char *name)
{
    struct expected_role *role = find_role(state, name);

    if (role != NULL || state->roles == ROLES_MAX)
        return role;
    role = &state->role[state->roles++];
    snprintf(role->role.name, sizeof role->role.name, "%s", name);
    return role;
}

static int see_role(struct state *state, struct svct_record *record)
{
    struct expected_role *expected;
    struct svct_role role;
    int r = svct_role_decode(record, &role);

    if (r != 0)
        return r;
    expected = have_role(state, role.name);
    if (expected == NULL)
        return SVCT_E_TOOBIG;
    svct_derive_groups(&role, &expected->role);
    return 0;
}

static int see_account(struct state *state, struct svct_record *record)
{
    struct svct_account account;
    struct expected_role *role;
    struct svct_pubuser user;
    int r = svct_account_decode(record, &account);

    if (r != 0 || account.uid == 0)
        return r;
    svct_derive_user(&account, &user);
    svct_pubsum_user(&state->users[SVCT_PART_PRIVATE], &user);
    svct_pubsum_id(&state->ids[SVCT_PART_PRIVATE], user.uid, SVCT_PUBID_USER,
                   user.name);
    role = have_role(state, user.role);
    if (role == NULL)
        return SVCT_E_TOOBIG;
    role->role.members++;
    return 0;
}

static int see_private(void *arg, const struct svct_key *key,
                       struct svct_record *record)
{
    switch (key->data[0]) {
    case SVCT_KIND_ROLE:
        return see_role(arg, record);
    case SVCT_KIND_ACCOUNT:
        return see_account(arg, record);
    default:
        return 0;
    }
}

/* ---- what the public file says ---- */

static int see_user(struct state *state, const struct svct_key *key,
                    struct svct_record *record)
{
    struct svct_pubuser user;
    struct svct_key right;
    int r = svct_pubuser_decode(record, &user);

    if (r != 0)
        return r;
    right = svct_key_pubuser(user.name);
    svct_pubsum_user(&state->users[SVCT_PART_PUBLIC], &user);
    svct_pubsum_place(&state->places[0], user.role, user.member, user.name);
    return svct_key_equal(key, &right) ? 0 : SVCT_E_DAMAGED;
}

static int see_id(struct state *state, const struct svct_key *key,
                  struct svct_record *record)
{
    struct svct_pubid id;
    struct svct_key right;
    int r = svct_pubid_decode(record, &id);

    if (r != 0)
        return r;
    right = svct_key_pubid(id.id);
    svct_pubsum_id(&state->ids[SVCT_PART_PUBLIC], id.id, id.owner, id.name);
    return svct_key_equal(key, &right) ? 0 : SVCT_E_DAMAGED;
}

/* What stands behind kind and CRC in the key of a page. */
static int take_apart(const struct svct_key *key,
                      char ret_role[SVCT_ROLE_MAX + 1], uint32_t *ret_number)
{
    struct svct_cursor cursor;
    const uint8_t *name;
    size_t len;

    if (key->len < 9 + 4 || key->len > 9 + SVCT_ROLE_MAX + 4)
        return SVCT_E_DAMAGED;
    len = key->len - 9 - 4;
    svct_cursor_init(&cursor, key->data + 9, key->len - 9);
    name = svct_cursor_bytes(&cursor, len);
    memcpy(ret_role, name, len);
    ret_role[len] = '\0';
    *ret_number = svct_cursor_u32(&cursor);
    return 0;
}

static int see_page(struct state *state, const struct svct_key *key,
                    struct svct_record *record)
{
    const struct expected_role *role;
    char name[SVCT_ROLE_MAX + 1];
    struct svct_pubpage page;
    struct svct_key right;
    uint32_t number;
    int r = svct_pubpage_decode(record, &page);

    if (r == 0)
        r = take_apart(key, name, &number);
    if (r != 0)
        return r;
    role = find_role(state, name);
    right = svct_key_pubpage(name, number);
    if (role == NULL || !svct_key_equal(key, &right) ||
        (uint64_t)number * SVCT_PUBPAGE_NAMES + page.count >
            role->role.members) {
        svct_pubreport_tell(state->check,
                            "page %lu of the members of the role %s should not "
                            "have %u names",
                            (unsigned long)number, name, (unsigned)page.count);
        return 0;
    }
    for (uint32_t i = 0; i < page.count; i++)
        svct_pubsum_place(&state->places[1], name,
                          number * SVCT_PUBPAGE_NAMES + i, page.names[i]);
    return 0;
}

static int see_pubrole(struct state *state, const struct svct_key *key,
                       struct svct_record *record)
{
    struct expected_role *expected;
    struct svct_pubrole role;
    struct svct_key right;
    int r = svct_pubrole_decode(record, &role);

    if (r != 0)
        return r;
    right = svct_key_pubrole(role.name);
    if (!svct_key_equal(key, &right))
        return SVCT_E_DAMAGED;
    expected = find_role(state, role.name);
    if (expected == NULL ||
        (expected->role.members == 0 && expected->role.groups_count == 0)) {
        svct_pubreport_tell(
            state->check, "the role %s is there, and should not be", role.name);
        return 0;
    }
    expected->published = true;
    if (role.members != expected->role.members)
        svct_pubreport_tell(state->check,
                            "the role %s is said to have %lu members, and has "
                            "%lu",
                            role.name, (unsigned long)role.members,
                            (unsigned long)expected->role.members);
    if (!svct_derive_same_groups(&role, &expected->role))
        svct_pubreport_tell(state->check,
                            "the groups of the role %s are not those that it "
                            "has",
                            role.name);
    return 0;
}

static int see_public_kind(struct state *state, const struct svct_key *key,
                           struct svct_record *record)
{
    switch (key->data[0]) {
    case SVCT_KIND_PUBUSER:
        return see_user(state, key, record);
    case SVCT_KIND_PUBID:
        return see_id(state, key, record);
    case SVCT_KIND_PUBPAGE:
        return see_page(state, key, record);
    case SVCT_KIND_PUBROLE:
        return see_pubrole(state, key, record);
    case SVCT_KIND_PUBGROUP:
        state->groups++;
        return 0; /* see check_groups */
    default:
        return SVCT_E_VERSION;
    }
}

/* A record that can't be decoded is told, and the walk goes on. */
static int see_public(void *arg, const struct svct_key *key,
                      struct svct_record *record)
{
    struct state *state = arg;
    char text[2 * SVCT_KEY_MAX + 1] = "";
    int r = see_public_kind(state, key, record);

    if (r == 0)
        return 0;
    for (size_t i = 0; i < key->len; i++)
        snprintf(text + 2 * i, 3, "%02x", key->data[i]);
    svct_pubreport_tell(state->check, "the record with the key %s: %s", text,
                        svct_err_text(r));
    return 0;
}

/* ---- groups ---- */

/* The first role that has it tells of a group. */
static bool was_before(const struct state *state, size_t role, const char *name)
{
    for (size_t i = 0; i < role; i++) {
        const struct expected_role *other = &state->role[i];

        for (size_t k = 0; other->published && k < other->role.groups_count;
             k++)
            if (strcmp(other->role.groups[k], name) == 0)
                return true;
    }
    return false;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* The record of a group that a role has. */
static struct svct_pubgroup group_of(const struct state *state,
                                     const char *name, uint32_t gid)
{
    struct svct_pubgroup group = {.gid = gid};

    snprintf(group.name, sizeof group.name, "%s", name);
    for (size_t i = 0; i < state->roles; i++) {
        const struct svct_pubrole *role = &state->role[i].role;

        for (size_t k = 0; state->role[i].published && k < role->groups_count;
             k++)
            if (strcmp(role->groups[k], name) == 0 &&
                group.roles_count < SVCT_PUBGROUP_ROLES)
                memcpy(group.roles[group.roles_count++], role->name,
                       sizeof role->name);
    }
    qsort(group.roles, group.roles_count, sizeof group.roles[0], by_bytes);
    return group;
}

static bool is_same_group(const struct svct_pubgroup *a,
                          const struct svct_pubgroup *b)
{
    if (a->gid != b->gid || a->roles_count != b->roles_count)
        return false;
    for (size_t i = 0; i < a->roles_count; i++)
        if (strcmp(a->roles[i], b->roles[i]) != 0)
            return false;
    return true;
}

static void check_group(struct state *state, const char *name, uint32_t gid)
{
    struct svct_pubgroup expected = group_of(state, name, gid), group;
    int r = svct_publook_group(state->check->public_part, name, &group);

    if (gid != 0)
        svct_pubsum_id(&state->ids[SVCT_PART_PRIVATE], gid, SVCT_PUBID_GROUP,
                       name);
    if (r != 0)
        svct_pubreport_tell(state->check, "the group %s: %s", name,
                            svct_err_text(r));
    else if (!is_same_group(&group, &expected))
        svct_pubreport_tell(state->check,
                            "the group %s is not what the roles say", name);
}

static void check_groups(struct state *state)
{
    uint64_t expected = 0;

    for (size_t i = 0; i < state->roles; i++) {
        const struct expected_role *role = &state->role[i];

        for (size_t k = 0; role->published && k < role->role.groups_count;
             k++) {
            if (was_before(state, i, role->role.groups[k]))
                continue;
            expected++;
            check_group(state, role->role.groups[k], role->role.gids[k]);
        }
    }
    if (expected != state->groups)
        svct_pubreport_tell(
            state->check, "there are %llu groups, and should be %llu",
            (unsigned long long)state->groups, (unsigned long long)expected);
}

/* ---- all of it ---- */

/* One of a database from before need not be published: it has no members and
 * no groups but the host's. */
static bool may_lack(const struct svct_pubrole *role)
{
    for (size_t i = 0; i < role->groups_count; i++)
        if (role->gids[i] != 0)
            return false;
    return role->members == 0;
}

static void check_roles(struct state *state)
{
    for (size_t i = 0; i < state->roles; i++)
        if (!state->role[i].published && !may_lack(&state->role[i].role))
            svct_pubreport_tell(state->check,
                                "the role %s is not there, and should be",
                                state->role[i].role.name);
}

static int compare_sums(struct state *state, struct svct_fault *fault)
{
    struct svct_pubreport *check = state->check;
    int r;

    if (svct_pubsum_equal(&state->users[0], &state->users[1]) &&
        svct_pubsum_equal(&state->ids[0], &state->ids[1]) &&
        svct_pubsum_equal(&state->places[0], &state->places[1]))
        return 0;
    r = svct_pubdiff_tell(check, fault);
    if (r == 0 && check->count == 0)
        svct_pubreport_tell(check, "users, numbers and members do not agree");
    return r;
}

static int run(struct state *state, struct svct_fault *fault)
{
    struct svct_pubreport *check = state->check;
    int r =
        svct_snapshot_each(check->private_part, 0, see_private, state, fault);

    if (r == 0)
        r = svct_snapshot_each(check->public_part, 0, see_public, state, fault);
    if (r != 0)
        return r;
    check_roles(state);
    check_groups(state);
    return compare_sums(state, fault);
}

int svct_pubcheck_run(const struct svct_snapshot *public_part,
                      const struct svct_snapshot *private_part,
                      svct_pubreport_fn *report, void *arg, uint64_t *ret_count,
                      struct svct_fault *fault)
{
    struct svct_pubreport check = {.public_part = public_part,
                                   .private_part = private_part,
                                   .report = report,
                                   .arg = arg};
    struct svct_fault why = {0};
    struct state *state = calloc(1, sizeof *state);
    int r;

    if (state == NULL)
        return svct_fault_set(fault, SVCT_E_NOMEM, ENOMEM, "out of memory");
    state->check = &check;
    r = run(state, &why);
    free(state);
    if (r != 0)
        return svct_fault_set(fault, r, why.sys_errno, "the public records: %s",
                              why.code != 0 ? why.what : svct_err_text(r));
    *ret_count = check.count;
    return 0;
}
