/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/bulk_role.h"

#include <string.h>
#include <strings.h>

#include "auth/lookup.h"
#include "auth/role.h"
#include "write/edit.h"
#include "write/rolegids.h"

static bool find_builtin(const char *name, struct svct_role *ret_role)
{
    for (unsigned i = 0; svct_role_builtin(i, ret_role); i++)
        if (strcmp(ret_role->name, name) == 0)
            return true;
    return false;
}

/* Where the built-in roles stand is fixed, a custom one is between. */
static int check_place(const struct svct_role *role, struct svct_fault *fault)
{
    struct svct_role builtin, lowest, highest;

    if (find_builtin(role->name, &builtin)) {
        if (role->place == builtin.place && role->builtin)
            return 0;
        return svct_fault_set(fault, SVCT_E_POLICY, 0,
                              "the role %s is built in and has the place %u",
                              role->name, (unsigned)builtin.place);
    }
    if (role->builtin)
        return svct_fault_set(fault, SVCT_E_POLICY, 0,
                              "no role \"%s\" is built in", role->name);
    if (!find_builtin(SVCT_ROLE_NONE, &lowest) ||
        !find_builtin(SVCT_ROLE_ADMIN, &highest) ||
        role->place <= lowest.place || role->place >= highest.place)
        return svct_fault_set(fault, SVCT_E_POLICY, 0,
                              "the place of a role must be between those of "
                              "%s and %s, %u and %u",
                              SVCT_ROLE_NONE, SVCT_ROLE_ADMIN,
                              (unsigned)lowest.place, (unsigned)highest.place);
    return 0;
}

/* No other role has its place, or its name in other letters. */
static int check_others(const struct svct_txn *txn,
                        const struct svct_rolelist *list,
                        const struct svct_role *role, struct svct_fault *fault)
{
    struct svct_role other;

    for (size_t i = 0; i < list->count; i++) {
        int r = svct_lookup_role(svct_edit_view(txn), list->name[i], &other);

        if (r == SVCT_E_NOTFOUND)
            continue; /* a restore has not brought it yet */
        if (r != 0)
            return svct_edit_lookup_fault(fault, r, "role", list->name[i]);
        if (strcmp(other.name, role->name) == 0)
            continue;
        if (strcasecmp(other.name, role->name) == 0)
            return svct_fault_set(fault, SVCT_E_EXISTS, 0,
                                  "there is a role \"%s\" already", other.name);
        if (other.place == role->place)
            return svct_fault_set(fault, SVCT_E_EXISTS, 0,
                                  "the role %s has the place %u already",
                                  other.name, (unsigned)other.place);
    }
    return 0;
}

static int check_form(const struct svct_role *role, struct svct_fault *fault)
{
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
    return check_place(role, fault);
}

static bool is_listed(const struct svct_rolelist *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->name[i], name) == 0)
            return true;
    return false;
}

static int store(struct svct_txn *txn, const struct svct_role *role,
                 struct svct_rolelist *list, struct svct_fault *fault)
{
    int r = svct_edit_store_role(txn, role, fault);

    if (r != 0 || is_listed(list, role->name))
        return r;
    if (list->count == SVCT_ROLES_MAX)
        return svct_fault_set(fault, SVCT_E_POLICY, 0,
                              "there are %d roles already, more are not "
                              "possible",
                              SVCT_ROLES_MAX);
    memcpy(list->name[list->count++], role->name, sizeof role->name);
    return svct_edit_store_rolelist(txn, list, fault);
}

static bool is_same(const struct svct_role *a, const struct svct_role *b)
{
    struct svct_record_writer before, after;

    svct_role_encode(a, &before);
    svct_role_encode(b, &after);
    return memcmp(before.value, after.value, sizeof before.value) == 0;
}

int svct_bulk_role_store(struct svct_txn *txn,
                         const struct svct_bulk_options *options,
                         const struct svct_role *role, struct svct_ids *ids,
                         enum svct_bulk_outcome *ret_outcome,
                         struct svct_fault *fault)
{
    struct svct_role changed = *role, old;
    struct svct_rolelist list;
    bool there;
    int r = check_form(role, fault);

    if (r != 0)
        return r;
    r = svct_lookup_role(svct_edit_view(txn), role->name, &old);
    there = r == 0;
    if (r != 0 && r != SVCT_E_NOTFOUND)
        return svct_edit_lookup_fault(fault, r, "role", role->name);
    if (there && options->exact)
        return svct_fault_set(fault, SVCT_E_EXISTS, 0,
                              "the role %s is there twice", role->name);
    if (there)
        changed.extra = old.extra;
    if (there && is_same(&old, &changed)) {
        *ret_outcome = SVCT_BULK_SAME;
        return 0;
    }
    if (there && !options->update)
        return svct_fault_set(fault, SVCT_E_EXISTS, 0,
                              "the role %s is there already, and differs",
                              role->name);
    r = svct_edit_lookup_fault(fault,
                               svct_lookup_rolelist(svct_edit_view(txn), &list),
                               "list", "roles");
    if (r == 0)
        r = check_others(txn, &list, &changed, fault);
    if (r == 0)
        r = svct_rolegids_take(txn, there ? &old : NULL, &changed, ids, fault);
    if (r == 0)
        r = store(txn, &changed, &list, fault);
    if (r == 0)
        *ret_outcome = there ? SVCT_BULK_UPDATED : SVCT_BULK_ADDED;
    return r;
}
