/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/pubdiff.h"

#include <string.h>

#include "auth/lookup.h"
#include "base/publook.h"
#include "write/derive.h"

/* A record that was told as damaged already, or that says something. */
static bool is_told(int code)
{
    return code == SVCT_E_DAMAGED || code == SVCT_E_VERSION;
}

/* ---- what should be there ---- */

static int check_place(struct svct_pubreport *check,
                       const struct svct_pubuser *user)
{
    uint32_t number = user->member / SVCT_PUBPAGE_NAMES;
    uint32_t index = user->member % SVCT_PUBPAGE_NAMES;
    struct svct_pubpage page;
    int r = svct_publook_page(check->public_part, user->role, number, &page);

    if (is_told(r))
        return 0;
    if (r != 0 && r != SVCT_E_NOTFOUND)
        return r;
    if (r == SVCT_E_NOTFOUND || index >= page.count ||
        strcmp(page.names[index], user->name) != 0)
        svct_pubreport_tell(check,
                            "the user %s is not in its place, %lu, among the "
                            "members of the role %s",
                            user->name, (unsigned long)user->member,
                            user->role);
    return 0;
}

static int check_uid(struct svct_pubreport *check,
                     const struct svct_pubuser *user)
{
    struct svct_pubid id;
    int r = svct_publook_id(check->public_part, user->uid, &id);

    if (is_told(r))
        return 0;
    if (r == SVCT_E_NOTFOUND) {
        svct_pubreport_tell(check, "the uid %lu of %s is not there",
                            (unsigned long)user->uid, user->name);
        return 0;
    }
    if (r == 0 &&
        (id.owner != SVCT_PUBID_USER || strcmp(id.name, user->name) != 0))
        svct_pubreport_tell(check, "the uid %lu of %s is said to be of %s",
                            (unsigned long)user->uid, user->name, id.name);
    return r;
}

static int check_user(struct svct_pubreport *check,
                      const struct svct_pubuser *expected)
{
    struct svct_pubuser user;
    int r = svct_publook_user(check->public_part, expected->name, &user);

    if (is_told(r))
        return 0;
    if (r == SVCT_E_NOTFOUND) {
        svct_pubreport_tell(check, "the user %s is not there, and should be",
                            expected->name);
        return 0;
    }
    if (r != 0)
        return r;
    if (!svct_derive_same_user(&user, expected))
        svct_pubreport_tell(check, "the user %s is not what its account says",
                            user.name);
    return check_place(check, &user);
}

static int see_account(void *arg, const struct svct_key *key,
                       struct svct_record *record)
{
    struct svct_account account;
    struct svct_pubuser user;
    int r = svct_account_decode(record, &account);

    (void)key;
    if (r != 0 || account.uid == 0)
        return r;
    svct_derive_user(&account, &user);
    r = check_user(arg, &user);
    return r == 0 ? check_uid(arg, &user) : r;
}

/* ---- what should not ---- */

static int see_user(struct svct_pubreport *check, struct svct_record *record)
{
    struct svct_account account;
    struct svct_pubuser user;
    int r = svct_pubuser_decode(record, &user);

    if (r != 0)
        return 0; /* told */
    r = svct_lookup_account(check->private_part, user.name, &account);
    if (r != 0 && r != SVCT_E_NOTFOUND)
        return r;
    if (r == SVCT_E_NOTFOUND || account.uid == 0)
        svct_pubreport_tell(check, "the user %s is there, and should not be",
                            user.name);
    return 0;
}

static bool role_has(const struct svct_role *role, const struct svct_pubid *id)
{
    for (size_t i = 0; i < role->groups_count; i++)
        if (role->gids[i] == id->id && strcmp(role->groups[i], id->name) == 0)
            return true;
    return false;
}

/* Does any role say so? */
static int has_role(struct svct_pubreport *check, const struct svct_pubid *id,
                    bool *ret_has)
{
    struct svct_rolelist list;
    struct svct_role role;
    int r = svct_lookup_rolelist(check->private_part, &list);

    *ret_has = false;
    for (size_t i = 0; r == 0 && !*ret_has && i < list.count; i++) {
        r = svct_lookup_role(check->private_part, list.name[i], &role);
        *ret_has = r == 0 && role_has(&role, id);
    }
    return r;
}

static int has_user(struct svct_pubreport *check, const struct svct_pubid *id,
                    bool *ret_has)
{
    struct svct_account account;
    int r = svct_lookup_account(check->private_part, id->name, &account);

    *ret_has = r == 0 && account.uid == id->id;
    return r == SVCT_E_NOTFOUND ? 0 : r;
}

static int see_id(struct svct_pubreport *check, struct svct_record *record)
{
    struct svct_pubid id;
    bool has;
    int r = svct_pubid_decode(record, &id);

    if (r != 0)
        return 0; /* told */
    r = id.owner == SVCT_PUBID_USER ? has_user(check, &id, &has)
                                    : has_role(check, &id, &has);
    if (r == 0 && !has)
        svct_pubreport_tell(check, "the number %lu is said to be of %s",
                            (unsigned long)id.id, id.name);
    return r;
}

static int see_public(void *arg, const struct svct_key *key,
                      struct svct_record *record)
{
    switch (key->data[0]) {
    case SVCT_KIND_PUBUSER:
        return see_user(arg, record);
    case SVCT_KIND_PUBID:
        return see_id(arg, record);
    default:
        return 0;
    }
}

/* The gids of roles are few, but which are there tells the roles alone. */
static int check_gids(struct svct_pubreport *check)
{
    struct svct_rolelist list;
    struct svct_role role;
    struct svct_pubid id;
    int r = svct_lookup_rolelist(check->private_part, &list);

    for (size_t i = 0; r == 0 && i < list.count; i++) {
        r = svct_lookup_role(check->private_part, list.name[i], &role);
        for (size_t k = 0; r == 0 && k < role.groups_count; k++)
            if (role.gids[k] != 0 &&
                svct_publook_id(check->public_part, role.gids[k], &id) ==
                    SVCT_E_NOTFOUND)
                svct_pubreport_tell(check, "the gid %lu of %s is not there",
                                    (unsigned long)role.gids[k],
                                    role.groups[k]);
    }
    return r;
}

int svct_pubdiff_tell(struct svct_pubreport *check, struct svct_fault *fault)
{
    int r = svct_snapshot_each(check->private_part, SVCT_KIND_ACCOUNT,
                               see_account, check, fault);

    if (r == 0)
        r = check_gids(check);
    if (r == 0)
        r = svct_snapshot_each(check->public_part, 0, see_public, check, fault);
    return r;
}
