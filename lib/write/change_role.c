/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/change_role.h"

#include <string.h>

#include "auth/lookup.h"
#include "auth/role.h"
#include "write/edit.h"
#include "write/rolegids.h"

/* ---- what may stand in a role ---- */

static int check_globs(const struct svct_globs *globs, struct svct_fault *fault)
{
    struct svct_globs seen = {0};

    for (unsigned i = 0; i < globs->count; i++) {
        if (i >= SVCT_GLOBS_MAX || svct_globs_add(&seen, globs->item[i]) != 0)
            return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                                  "a list of services has at most %d "
                                  "patterns, none twice, of letters, digits "
                                  "and . _ + - * ?",
                                  SVCT_GLOBS_MAX);
    }
    return 0;
}

static bool is_before(const struct svct_role *role, unsigned index)
{
    for (unsigned i = 0; i < index; i++)
        if (strcmp(role->groups[i], role->groups[index]) == 0)
            return true;
    return false;
}

static int check_groups(const struct svct_role *role, struct svct_fault *fault)
{
    for (unsigned i = 0; i < role->groups_count; i++) {
        if (i >= SVCT_GROUPS_MAX || is_before(role, i) ||
            svct_name_check_group(role->groups[i]) != 0)
            return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                                  "a list of groups has at most %d names of "
                                  "Unix groups, none twice",
                                  SVCT_GROUPS_MAX);
    }
    return 0;
}

static int check_role(const struct svct_role *role, struct svct_fault *fault)
{
    int r;

    if (svct_name_check_role(role->name) != 0)
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "that is no name of a role: at most %d of A-Z "
                              "a-z 0-9 . _ -, beginning with a letter",
                              SVCT_ROLE_MAX);
    if (svct_name_check_text(role->description) != 0)
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "the description must be at most %d bytes of "
                              "UTF-8 without control characters",
                              SVCT_TEXT_MAX);
    r = check_globs(&role->allow, fault);
    if (r == 0)
        r = check_globs(&role->refuse, fault);
    return r == 0 ? check_groups(role, fault) : r;
}

static bool is_builtin(const char *name)
{
    struct svct_role role;

    for (unsigned i = 0; svct_role_builtin(i, &role); i++)
        if (strcmp(role.name, name) == 0)
            return true;
    return false;
}

/* ---- the order ---- */

struct spot {
    char name[SVCT_ROLE_MAX + 1];
    uint16_t place;
};

/* The roles there are, lowest first. */
struct order {
    size_t count;
    struct spot spot[SVCT_ROLES_MAX];
};

static void order_insert(struct order *order, const struct svct_role *role)
{
    size_t at = order->count++;

    for (; at > 0 && order->spot[at - 1].place > role->place; at--)
        order->spot[at] = order->spot[at - 1];
    memcpy(order->spot[at].name, role->name, sizeof role->name);
    order->spot[at].place = role->place;
}

static int get_list(const struct svct_txn *txn, struct svct_rolelist *ret_list,
                    struct svct_fault *fault)
{
    return svct_edit_lookup_fault(
        fault, svct_lookup_rolelist(svct_edit_view(txn), ret_list), "list",
        "roles");
}

/* One that is listed and not there is damage. */
static int get_order(const struct svct_txn *txn,
                     const struct svct_rolelist *list, struct order *ret_order,
                     struct svct_fault *fault)
{
    struct svct_role role;

    ret_order->count = 0;
    for (unsigned i = 0; i < list->count; i++) {
        int r = svct_lookup_role(svct_edit_view(txn), list->name[i], &role);

        if (r == SVCT_E_NOTFOUND)
            r = SVCT_E_DAMAGED;
        if (r != 0)
            return svct_edit_lookup_fault(fault, r, "role", list->name[i]);
        order_insert(ret_order, &role);
    }
    return 0;
}

/* Where above stands, and that something can stand there. */
static int find_above(const struct order *order, const char *above,
                      size_t *ret_index, struct svct_fault *fault)
{
    for (size_t i = 0; i < order->count; i++) {
        if (strcmp(order->spot[i].name, above) != 0)
            continue;
        if (i + 1 == order->count || strcmp(above, SVCT_ROLE_ADMIN) == 0)
            return svct_fault_set(fault, SVCT_E_POLICY, 0,
                                  "no role can stand above %s, the highest "
                                  "one",
                                  above);
        *ret_index = i;
        return 0;
    }
    return svct_edit_lookup_fault(fault, SVCT_E_NOTFOUND, "role", above);
}

static int move_role(struct svct_txn *txn, const char *name, uint16_t place,
                     struct svct_fault *fault)
{
    struct svct_role role;
    int r = svct_edit_get_role(txn, name, &role, fault);

    if (r != 0 || role.place == place)
        return r;
    role.place = place;
    return svct_edit_store_role(txn, &role, fault);
}

/* The places between two built-in roles, cut into equal parts. */
struct gap {
    size_t low, high; /* of the order: the built-in roles at its ends */
    unsigned parts;
};

static uint16_t place_in(const struct order *order, const struct gap *gap,
                         size_t number)
{
    unsigned from = order->spot[gap->low].place;
    unsigned width = order->spot[gap->high].place - from;

    return (uint16_t)(from + number * width / gap->parts);
}

/* One part more than there will be custom roles: none is as its ends. */
static struct gap find_gap(const struct order *order, size_t index)
{
    struct gap gap = {index, index + 1, 0};

    while (gap.low > 0 && !is_builtin(order->spot[gap.low].name))
        gap.low--;
    while (gap.high + 1 < order->count &&
           !is_builtin(order->spot[gap.high].name))
        gap.high++;
    gap.parts = (unsigned)(gap.high - gap.low) + 1;
    return gap;
}

/* Spreads the custom roles of a gap evenly, and leaves out the place for one
 * more behind index. */
static int spread(struct svct_txn *txn, const struct order *order, size_t index,
                  uint16_t *ret_place, struct svct_fault *fault)
{
    struct gap gap = find_gap(order, index);

    if (place_in(order, &gap, 1) == order->spot[gap.low].place)
        return svct_fault_set(
            fault, SVCT_E_POLICY, 0, "there is no place left between %s and %s",
            order->spot[gap.low].name, order->spot[gap.high].name);
    for (size_t i = gap.low + 1; i < gap.high; i++) {
        size_t number = i - gap.low + (i > index);
        int r = move_role(txn, order->spot[i].name,
                          place_in(order, &gap, number), fault);

        if (r != 0)
            return r;
    }
    *ret_place = place_in(order, &gap, index - gap.low + 1);
    return 0;
}

static int find_place(struct svct_txn *txn, const struct order *order,
                      const char *above, uint16_t *ret_place,
                      struct svct_fault *fault)
{
    size_t index = 0;
    unsigned from, to;
    int r = find_above(order, above, &index, fault);

    if (r != 0)
        return r;
    from = order->spot[index].place;
    to = order->spot[index + 1].place;
    if (to - from < 2)
        return spread(txn, order, index, ret_place, fault);
    *ret_place = (uint16_t)(from + (to - from) / 2);
    return 0;
}

/* ---- the changes ---- */

static char small(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* By value: strcasecmp() asks the locale. */
static bool is_alike(const char *a, const char *b)
{
    while (*a != '\0' && small(*a) == small(*b)) {
        a++;
        b++;
    }
    return small(*a) == small(*b);
}

static int check_new(const struct svct_rolelist *list, const char *name,
                     struct svct_fault *fault)
{
    for (unsigned i = 0; i < list->count; i++) {
        if (strcmp(list->name[i], name) == 0)
            return svct_fault_set(fault, SVCT_E_EXISTS, 0,
                                  "there is a role %s already", name);
        if (is_alike(list->name[i], name))
            return svct_fault_set(fault, SVCT_E_EXISTS, 0,
                                  "there is a role %s already, and two that "
                                  "differ in capitals only would be mixed up",
                                  list->name[i]);
    }
    if (list->count >= SVCT_ROLES_MAX)
        return svct_fault_set(fault, SVCT_E_POLICY, 0,
                              "there are %d roles, and can't be more: delete "
                              "one that nobody has",
                              SVCT_ROLES_MAX);
    return 0;
}

static int add_to_list(struct svct_txn *txn, struct svct_rolelist *list,
                       const char *name, struct svct_fault *fault)
{
    snprintf(list->name[list->count], sizeof list->name[0], "%s", name);
    list->count++;
    return svct_edit_store_rolelist(txn, list, fault);
}

/* With the numbers that are new in it. */
static int store_role(struct svct_txn *txn, const struct svct_role *old,
                      const struct svct_role *role, struct svct_fault *fault)
{
    struct svct_ids ids;
    bool own = svct_role_has_gids(role);
    int r = svct_ids_begin(txn, &ids, fault);

    if (r == 0)
        r = svct_rolegids_take(txn, old, role, &ids, fault);
    if (r == 0)
        r = svct_edit_store_role(txn, role, fault);
    return r == 0 && own ? svct_ids_end(txn, &ids, fault) : r;
}

int svct_change_role_create(struct svct_txn *txn, const struct svct_role *role,
                            const char *above, struct svct_fault *fault)
{
    struct svct_role added = *role;
    struct svct_rolelist list;
    struct order order;
    int r;

    r = check_role(role, fault);
    if (r == 0)
        r = get_list(txn, &list, fault);
    if (r == 0)
        r = check_new(&list, role->name, fault);
    if (r == 0)
        r = get_order(txn, &list, &order, fault);
    if (r == 0)
        r = find_place(txn, &order, above, &added.place, fault);
    if (r != 0)
        return r;
    added.builtin = false;
    r = store_role(txn, NULL, &added, fault);
    return r == 0 ? add_to_list(txn, &list, added.name, fault) : r;
}

int svct_change_role_place(struct svct_txn *txn, const char *above,
                           uint16_t *ret_place, struct svct_fault *fault)
{
    struct svct_rolelist list;
    struct order order;
    int r = get_list(txn, &list, fault);

    if (r == 0)
        r = get_order(txn, &list, &order, fault);
    return r == 0 ? find_place(txn, &order, above, ret_place, fault) : r;
}

int svct_change_role_update(struct svct_txn *txn, const struct svct_role *role,
                            struct svct_fault *fault)
{
    struct svct_role old, updated = *role;
    int r;

    r = check_role(role, fault);
    if (r == 0)
        r = svct_edit_get_role(txn, role->name, &old, fault);
    if (r != 0)
        return r;
    updated.place = old.place;
    updated.builtin = old.builtin;
    return store_role(txn, &old, &updated, fault);
}

/* ---- who has it ---- */

struct search {
    const char *name;
    struct svct_role_users users;
};

static int see_account(struct search *search, struct svct_record *record)
{
    struct svct_role_users *users = &search->users;
    struct svct_account account;
    int r = svct_account_decode(record, &account);

    if (r != 0 || strcmp(account.role, search->name) != 0)
        return r;
    if (users->accounts < SVCT_ROLE_USERS_NAMED)
        memcpy(users->account[users->accounts], account.name,
               sizeof account.name);
    users->accounts++;
    return 0;
}

static int see_token(struct search *search, struct svct_record *record)
{
    struct svct_role_users *users = &search->users;
    struct svct_token token;
    int r = svct_token_decode(record, &token);

    if (r != 0 || strcmp(token.cap, search->name) != 0)
        return r;
    if (users->tokens < SVCT_ROLE_USERS_NAMED)
        snprintf(users->token[users->tokens], sizeof users->token[0], "%s/%s",
                 token.account, token.name);
    users->tokens++;
    return 0;
}

static int see(void *arg, const struct svct_key *key,
               struct svct_record *record)
{
    switch (key->data[0]) {
    case SVCT_KIND_ACCOUNT:
        return see_account(arg, record);
    case SVCT_KIND_TOKEN:
        return see_token(arg, record);
    default:
        return 0;
    }
}

int svct_change_role_users(const struct svct_snapshot *snapshot,
                           const char *name, struct svct_role_users *ret_users,
                           struct svct_fault *fault)
{
    struct svct_fault walk = {0};
    struct search search = {.name = name};
    int r = svct_snapshot_each(snapshot, 0, see, &search, &walk);

    if (r != 0)
        return svct_fault_set(fault, r, walk.sys_errno, "who has the role: %s",
                              walk.code != 0 ? walk.what : svct_err_text(r));
    *ret_users = search.users;
    return 0;
}

static int check_unused(const struct svct_txn *txn, const char *name,
                        struct svct_fault *fault)
{
    struct svct_role_users users;
    int r = svct_change_role_users(svct_edit_view(txn), name, &users, fault);

    if (r != 0 || (users.accounts == 0 && users.tokens == 0))
        return r;
    return svct_fault_set(fault, SVCT_E_EXISTS, 0,
                          "the role %s is in use: %llu accounts have it, and "
                          "%llu tokens are limited to it",
                          name, (unsigned long long)users.accounts,
                          (unsigned long long)users.tokens);
}

/* The last one takes its place. */
static int take_from_list(struct svct_txn *txn, const char *name,
                          struct svct_fault *fault)
{
    struct svct_rolelist list;
    int r = get_list(txn, &list, fault);

    if (r != 0)
        return r;
    for (unsigned i = 0; i < list.count; i++) {
        if (strcmp(list.name[i], name) != 0)
            continue;
        list.count--;
        memmove(list.name[i], list.name[list.count], sizeof list.name[0]);
        return svct_edit_store_rolelist(txn, &list, fault);
    }
    return svct_edit_lookup_fault(fault, SVCT_E_DAMAGED, "list", "roles");
}

int svct_change_role_delete(struct svct_txn *txn, const char *name,
                            struct svct_fault *fault)
{
    struct svct_role role;
    int r = svct_edit_get_role(txn, name, &role, fault);

    if (r != 0)
        return r;
    if (is_builtin(name))
        return svct_fault_set(fault, SVCT_E_POLICY, 0,
                              "the role %s is built in: it can be edited, not "
                              "deleted",
                              name);
    r = check_unused(txn, name, fault);
    if (r == 0)
        r = take_from_list(txn, name, fault);
    return r == 0 ? svct_edit_delete_role(txn, name, fault) : r;
}
