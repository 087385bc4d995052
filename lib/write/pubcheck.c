/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/pubcheck.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "auth/lookup.h"
#include "base/publook.h"

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

/* Of users, of numbers that are theirs, or of places in pages. */
struct sum {
    uint64_t count;
    uint64_t total; /* modulo 2^64 */
};

struct state {
    struct svct_pubcheck *check;
    size_t roles;
    struct expected_role role[ROLES_MAX];
    struct sum users[SVCT_PARTS];
    struct sum ids[SVCT_PARTS];
    struct sum places[2]; /* by the users, and by the pages */
    uint64_t groups;      /* records that are there and right */
};

void svct_pubcheck_tell(struct svct_pubcheck *check, const char *format, ...)
{
    char sentence[400];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    check->count++;
    check->report(check->arg, sentence);
}

/* ---- summing up ---- */

/* As it would be stored in an empty file. */
static void sum_up(struct sum *sum, struct svct_record_writer *writer,
                   const struct svct_key *key)
{
    size_t size;

    sum->count++;
    if (svct_record_end(writer, key, 0, &size) == 0)
        sum->total += svct_record_sum(writer->value, size);
}

static bool is_equal(const struct sum sum[2])
{
    return sum[0].count == sum[1].count && sum[0].total == sum[1].total;
}

static void sum_user(struct sum *sum, const struct svct_pubuser *user)
{
    struct svct_key key = svct_key_pubuser(user->name);
    struct svct_pubuser alike = *user;
    struct svct_record_writer writer;

    alike.member = 0; /* follows from no private record */
    svct_pubuser_encode(&alike, &writer);
    sum_up(sum, &writer, &key);
}

static void sum_id(struct sum *sum, uint32_t number,
                   enum svct_pubid_owner owner, const char *name)
{
    struct svct_pubid id = {.id = number, .owner = owner};
    struct svct_key key = svct_key_pubid(number);
    struct svct_record_writer writer;

    snprintf(id.name, sizeof id.name, "%s", name);
    svct_pubid_encode(&id, &writer);
    sum_up(sum, &writer, &key);
}

/* That the member has this place in the pages of the role. */
static void sum_place(struct sum *sum, const char *role, uint32_t member,
                      const char *name)
{
    struct svct_key key = svct_key_pubpage(role, member / SVCT_PUBPAGE_NAMES);
    struct svct_record_writer writer;
    struct svct_pubid place = {.id = member % SVCT_PUBPAGE_NAMES};

    snprintf(place.name, sizeof place.name, "%s", name);
    svct_pubid_encode(&place, &writer);
    sum_up(sum, &writer, &key);
}

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
    expected->role.groups_count = role.groups_count;
    memcpy(expected->role.groups, role.groups, sizeof role.groups);
    memcpy(expected->role.gids, role.gids, sizeof role.gids);
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
    svct_publish_user_of(&account, &user);
    sum_user(&state->users[SVCT_PART_PRIVATE], &user);
    sum_id(&state->ids[SVCT_PART_PRIVATE], user.uid, SVCT_PUBID_USER,
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

static bool is_key(const struct svct_key *key, const struct svct_key *right)
{
    return key->len == right->len &&
           memcmp(key->data, right->data, right->len) == 0;
}

static int see_user(struct state *state, const struct svct_key *key,
                    struct svct_record *record)
{
    struct svct_pubuser user;
    struct svct_key right;
    int r = svct_pubuser_decode(record, &user);

    if (r != 0)
        return r;
    right = svct_key_pubuser(user.name);
    sum_user(&state->users[SVCT_PART_PUBLIC], &user);
    sum_place(&state->places[0], user.role, user.member, user.name);
    return is_key(key, &right) ? 0 : SVCT_E_DAMAGED;
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
    sum_id(&state->ids[SVCT_PART_PUBLIC], id.id, id.owner, id.name);
    return is_key(key, &right) ? 0 : SVCT_E_DAMAGED;
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
    if (role == NULL || !is_key(key, &right) ||
        (uint64_t)number * SVCT_PUBPAGE_NAMES + page.count >
            role->role.members) {
        svct_pubcheck_tell(state->check,
                           "page %lu of the members of the role %s should not "
                           "have %u names",
                           (unsigned long)number, name, (unsigned)page.count);
        return 0;
    }
    for (uint32_t i = 0; i < page.count; i++)
        sum_place(&state->places[1], name, number * SVCT_PUBPAGE_NAMES + i,
                  page.names[i]);
    return 0;
}

static bool has_same_groups(const struct svct_pubrole *a,
                            const struct svct_pubrole *b)
{
    if (a->groups_count != b->groups_count)
        return false;
    for (size_t i = 0; i < a->groups_count; i++)
        if (a->gids[i] != b->gids[i] || strcmp(a->groups[i], b->groups[i]) != 0)
            return false;
    return true;
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
    if (!is_key(key, &right))
        return SVCT_E_DAMAGED;
    expected = find_role(state, role.name);
    if (expected == NULL ||
        (expected->role.members == 0 && expected->role.groups_count == 0)) {
        svct_pubcheck_tell(
            state->check, "the role %s is there, and should not be", role.name);
        return 0;
    }
    expected->published = true;
    if (role.members != expected->role.members)
        svct_pubcheck_tell(state->check,
                           "the role %s is said to have %lu members, and has "
                           "%lu",
                           role.name, (unsigned long)role.members,
                           (unsigned long)expected->role.members);
    if (!has_same_groups(&role, &expected->role))
        svct_pubcheck_tell(state->check,
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
    svct_pubcheck_tell(state->check, "the record with the key %s: %s", text,
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
        sum_id(&state->ids[SVCT_PART_PRIVATE], gid, SVCT_PUBID_GROUP, name);
    if (r != 0)
        svct_pubcheck_tell(state->check, "the group %s: %s", name,
                           svct_err_text(r));
    else if (!is_same_group(&group, &expected))
        svct_pubcheck_tell(state->check,
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
        svct_pubcheck_tell(
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
            svct_pubcheck_tell(state->check,
                               "the role %s is not there, and should be",
                               state->role[i].role.name);
}

static int compare_sums(struct state *state, struct svct_fault *fault)
{
    struct svct_pubcheck *check = state->check;
    int r;

    if (is_equal(state->users) && is_equal(state->ids) &&
        is_equal(state->places))
        return 0;
    r = svct_pubdiff_tell(check, fault);
    if (r == 0 && check->count == 0)
        svct_pubcheck_tell(check, "users, numbers and members do not agree");
    return r;
}

static int run(struct state *state, struct svct_fault *fault)
{
    struct svct_pubcheck *check = state->check;
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

int svct_publish_check(const struct svct_snapshot *public_part,
                       const struct svct_snapshot *private_part,
                       svct_publish_report_fn *report, void *arg,
                       uint64_t *ret_count, struct svct_fault *fault)
{
    struct svct_pubcheck check = {.public_part = public_part,
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
