/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "bringunix.h"

#include "base/publook.h"
#include "unixgroup.h"
#include "unixmake.h"
#include "unixuser.h"
#include "write/change_role.h"
#include "write/ids.h"

void svct_bringunix_done(struct svct_bringunix *bringunix)
{
    svct_hostids_done(&bringunix->host);
}

/* ---- numbers ---- */

/* The next of the range that neither svctoken nor the host knows. */
static int take_number(struct svct_bringunix *bringunix, uint32_t *ret_id,
                       struct svct_fault *fault)
{
    struct svct_unixid owner;
    uint32_t id;

    for (;;) {
        int r = svct_ids_candidate(bringunix->txn, bringunix->from, &id, fault);

        if (r == 0)
            r = svct_hostids_owner(&bringunix->host, id, false, &owner, fault);
        if (r != 0)
            return r;
        bringunix->from = id + 1;
        if (owner.kind == SVCT_UNIXID_NOBODY)
            break;
        if (bringunix->passed++ == 0)
            bringunix->first_passed = id;
    }
    *ret_id = id;
    return 0;
}

/* Files of somebody else would be the account's. */
static int check_uid(struct svct_bringunix *bringunix,
                     const struct svct_account *account,
                     struct svct_fault *fault)
{
    bool user_only = account->gid != account->uid;
    struct svct_unixid owner;
    int r = svct_hostids_owner(&bringunix->host, account->uid, user_only,
                               &owner, fault);

    if (r != 0 || owner.kind == SVCT_UNIXID_NOBODY ||
        strcmp(owner.name, account->name) == 0)
        return r;
    return svct_fault_set(fault, SVCT_E_POLICY, 0,
                          "%lu is the %s %s on this host: give another "
                          "\"uid\", or none for one that is free",
                          (unsigned long)account->uid, svct_unixid_what(&owner),
                          owner.name);
}

/* Its primary group: one of the host. A number that nobody has yet would be
 * given to somebody else one day, whose group the account would be in. */
static int check_gid(const struct svct_bringunix *bringunix,
                     const struct svct_account *account,
                     struct svct_fault *fault)
{
    struct svct_pubid ours;

    int r;

    if (svct_publook_id(svct_txn_view(bringunix->txn, SVCT_PART_PUBLIC),
                        account->gid, &ours) == 0)
        return svct_fault_set(fault, SVCT_E_POLICY, 0,
                              "the gid %lu is that of %s, which there is by "
                              "svctoken alone: a primary group is one of the "
                              "host, or leave \"gid\" out",
                              (unsigned long)account->gid, ours.name);
    r = svct_unixid_gid(account->gid, fault);
    if (r != SVCT_E_NOTFOUND)
        return r;
    return svct_fault_set(fault, SVCT_E_POLICY, 0,
                          "no group of this host has the gid %lu: make it "
                          "first (groupadd -g %lu NAME), or leave \"gid\" out",
                          (unsigned long)account->gid,
                          (unsigned long)account->gid);
}

/* Or a group of its own name. */
static int check_group(struct svct_bringunix *bringunix,
                       const struct svct_account *account,
                       struct svct_fault *fault)
{
    uint32_t gid;
    int r = svct_hostids_group(&bringunix->host, account->name, &gid, fault);

    if (r == SVCT_E_NOTFOUND)
        return 0;
    if (r != 0)
        return r;
    return svct_fault_set(fault, SVCT_E_POLICY, 0,
                          "there is a group %s on this host: \"gid\": %lu "
                          "makes it the primary group of the account",
                          account->name, (unsigned long)gid);
}

/* ---- accounts that are here ---- */

/* The first of these keys that the line has, or NULL. */
static const char *unix_key(const struct svct_line *line)
{
    static const char *const keys[] = {"uid", "gid", "home", "shell"};

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (svct_line_given(line, keys[i]))
            return keys[i];
    }
    return NULL;
}

static int say_stays(const struct svct_account *old, const char *key,
                     struct svct_fault *fault)
{
    if (old->uid == 0)
        return svct_fault_set(fault, SVCT_E_POLICY, 0,
                              "\"%s\" is a Unix user of the host here, and "
                              "stays so: leave \"%s\" out",
                              old->name, key);
    return svct_fault_set(
        fault, SVCT_E_POLICY, 0,
        "\"%s\" is a Unix user by svctoken alone here, with the "
        "uid %lu and the gid %lu, which never change: leave "
        "\"%s\" out",
        old->name, (unsigned long)old->uid, (unsigned long)old->gid, key);
}

/* "existing": false is a word, too. */
static bool wants_own(const struct svct_line *line)
{
    return svct_line_given(line, "existing") && !line->existing;
}

static int keep(const struct svct_line *line, const struct svct_account *old,
                struct svct_account *account, struct svct_fault *fault)
{
    const char *key = unix_key(line);

    if (old->uid == 0 && key == NULL && wants_own(line))
        key = "existing";
    if (old->uid == 0)
        return key != NULL ? say_stays(old, key, fault) : 0;
    if (line->existing)
        return say_stays(old, "existing", fault);
    if (svct_line_given(line, "uid") && account->uid != old->uid)
        return say_stays(old, "uid", fault);
    if (svct_line_given(line, "gid") && account->gid != old->gid)
        return say_stays(old, "gid", fault);
    account->uid = old->uid;
    account->gid = old->gid;
    if (!svct_line_given(line, "home"))
        memcpy(account->home, old->home, sizeof(account->home));
    if (!svct_line_given(line, "shell"))
        memcpy(account->shell, old->shell, sizeof(account->shell));
    return 0;
}

/* ---- new ones ---- */

static int look_at_user(struct svct_bringunix *bringunix, const char *name,
                        bool *ret_on_host, struct svct_fault *fault)
{
    struct svct_unixuser user;
    int r = svct_name_check_login(name) == 0
                ? svct_hostids_user(&bringunix->host, name, &user, fault)
                : svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                                 "that is no name of an account");

    if (r == 0 && user.exists)
        r = svct_unixuser_check(&user, name, bringunix->convert, fault);
    if (r == 0)
        *ret_on_host = user.exists;
    return r;
}

/* One that svctoken alone makes a Unix user. */
static int complete(struct svct_bringunix *bringunix,
                    const struct svct_line *line, struct svct_account *account,
                    bool on_host, struct svct_fault *fault)
{
    bool given = svct_line_given(line, "uid");
    int r = given ? 0 : take_number(bringunix, &account->uid, fault);

    if (r != 0)
        return r;
    if (!svct_line_given(line, "gid"))
        account->gid = account->uid;
    if (!svct_line_given(line, "home"))
        svct_unixmake_default_home(account->name, account->home);
    if (!svct_line_given(line, "shell"))
        memcpy(account->shell, SVCT_UNIXMAKE_SHELL,
               sizeof(SVCT_UNIXMAKE_SHELL));
    if (account->gid != account->uid)
        r = check_gid(bringunix, account, fault);
    else if (!on_host) /* who has its group, too */
        r = check_group(bringunix, account, fault);
    return r == 0 && given ? check_uid(bringunix, account, fault) : r;
}

int svct_bringunix_account(struct svct_bringunix *bringunix,
                           const struct svct_line *line,
                           const struct svct_account *old,
                           struct svct_account *account, bool *ret_on_host,
                           struct svct_fault *fault)
{
    bool on_host;
    int r;

    if (old != NULL)
        return keep(line, old, account, fault);
    r = look_at_user(bringunix, account->name, &on_host, fault);
    if (r == 0 && on_host && wants_own(line) && unix_key(line) == NULL)
        return svct_fault_set(fault, SVCT_E_POLICY, 0,
                              "\"%s\" is a Unix user of the host: say "
                              "\"existing\": true, or leave it out",
                              account->name);
    if (r == 0 && !line->existing && (!on_host || unix_key(line) != NULL))
        r = complete(bringunix, line, account, on_host, fault);
    if (r == 0)
        *ret_on_host = on_host;
    return r;
}

/* ---- roles ---- */

/* The gid that a group has in the roles that are here; 0: the host's. */
static int gid_here(const struct svct_bringunix *bringunix, const char *group,
                    bool *ret_known, uint32_t *ret_gid,
                    struct svct_fault *fault)
{
    return svct_change_role_group(
        svct_txn_view(bringunix->txn, SVCT_PART_PRIVATE), group, NULL,
        ret_known, ret_gid, fault);
}

static int find_gid(struct svct_bringunix *bringunix, const char *group,
                    uint32_t *ret_gid, struct svct_fault *fault)
{
    uint32_t of_host;
    bool known;
    int r = gid_here(bringunix, group, &known, ret_gid, fault);

    if (r != 0 || known)
        return r;
    r = svct_unixgroup_gid(group, &of_host, fault);
    if (r == 0)
        *ret_gid = 0; /* what number it has is the host's to say */
    return r == SVCT_E_NOTFOUND ? take_number(bringunix, ret_gid, fault) : r;
}

/* A number given that is somebody else's here: their files would be the
 * members'. A name that is another group's here: who says it means that one. */
static int check_own_gid(struct svct_bringunix *bringunix, const char *group,
                         uint32_t gid, struct svct_fault *fault)
{
    struct svct_unixid owner;
    uint32_t here;
    int r = svct_hostids_owner(&bringunix->host, gid, false, &owner, fault);

    if (r == 0 && owner.kind != SVCT_UNIXID_NOBODY &&
        (owner.kind == SVCT_UNIXID_USER || strcmp(owner.name, group) != 0))
        return svct_fault_set(
            fault, SVCT_E_POLICY, 0,
            "%lu is the %s %s on this host: give another gid to %s, or leave "
            "\"gids\" out",
            (unsigned long)gid, svct_unixid_what(&owner), owner.name, group);
    if (r == 0)
        r = svct_hostids_group(&bringunix->host, group, &here, fault);
    if (r == 0 && here != gid)
        return svct_fault_set(fault, SVCT_E_POLICY, 0,
                              "there is a group %s with the gid %lu on this "
                              "host: 0 among \"gids\" makes it that one",
                              group, (unsigned long)here);
    return r == SVCT_E_NOTFOUND ? 0 : r;
}

/* What the group has here already is not looked at again. */
static int check_gids(struct svct_bringunix *bringunix,
                      const struct svct_role *role, struct svct_fault *fault)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < role->groups_count; i++) {
        uint32_t here;
        bool known;

        if (role->gids[i] == 0)
            continue;
        r = gid_here(bringunix, role->groups[i], &known, &here, fault);
        if (r == 0 && (!known || here != role->gids[i]))
            r = check_own_gid(bringunix, role->groups[i], role->gids[i], fault);
    }
    return r;
}

int svct_bringunix_role(struct svct_bringunix *bringunix,
                        const struct svct_line *line, struct svct_role *role,
                        struct svct_fault *fault)
{
    int r = 0;

    if (svct_line_given(line, "gids"))
        return check_gids(bringunix, role, fault);
    for (size_t i = 0; r == 0 && i < role->groups_count; i++)
        r = find_gid(bringunix, role->groups[i], &role->gids[i], fault);
    return r;
}
