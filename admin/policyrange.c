/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "policyrange.h"

#include <grp.h>
#include <pwd.h>

#include "access.h"
#include "say.h"
#include "write/ids.h"

struct svct_idrange svct_policyrange_get(const struct svct_policy *policy)
{
    struct svct_idrange range;

    svct_ids_range(policy, &range.min, &range.max);
    return range;
}

uint32_t svct_policyrange_next(const struct svct_policy *policy,
                               uint32_t *ret_left)
{
    struct svct_idrange range = svct_policyrange_get(policy);
    uint32_t next = policy->id_next > range.min ? policy->id_next : range.min;

    while (next == 65534 || next == 65535)
        next++;
    *ret_left = svct_idrange_left(&range, next);
    return *ret_left > 0 ? next : 0;
}

/* ---- whose numbers are svctoken's own ---- */

struct own {
    const struct svct_snapshot *snapshot;
    struct svct_rolelist roles;
};

static bool is_account(const struct own *own, const char *name, uint32_t uid)
{
    struct svct_account account;

    return svct_lookup_account(own->snapshot, name, &account) == 0 &&
           account.uid == uid;
}

/* The group of an account that has its uid as gid, or that of a role. */
static bool is_own_group(const struct own *own, const char *name, uint32_t gid)
{
    struct svct_role role;

    if (is_account(own, name, gid))
        return true;
    for (unsigned i = 0; i < own->roles.count; i++) {
        if (svct_lookup_role(own->snapshot, own->roles.name[i], &role) != 0)
            continue;
        for (unsigned k = 0; k < role.groups_count; k++) {
            if (role.gids[k] == gid && strcmp(role.groups[k], name) == 0)
                return true;
        }
    }
    return false;
}

/* ---- telling ---- */

static void warn(void *arg, const char *text)
{
    (void)arg;
    svct_say("uid_range: %s", svct_say_bare_long(text).text);
}

static void find_users(const struct own *own, const struct svct_idrange *range)
{
    struct svct_idrange_found found = {.count = 0};
    struct passwd *pw;

    setpwent();
    while ((pw = getpwent()) != NULL) {
        if (svct_idrange_holds(range, pw->pw_uid) &&
            svct_id_is_usable(pw->pw_uid) &&
            !is_account(own, pw->pw_name, pw->pw_uid))
            svct_idrange_find(&found, pw->pw_name, pw->pw_uid);
    }
    endpwent();
    svct_idrange_found(&found, "user", warn, NULL);
}

static void find_groups(const struct own *own, const struct svct_idrange *range)
{
    struct svct_idrange_found found = {.count = 0};
    struct group *group;

    setgrent();
    while ((group = getgrent()) != NULL) {
        if (svct_idrange_holds(range, group->gr_gid) &&
            svct_id_is_usable(group->gr_gid) &&
            !is_own_group(own, group->gr_name, group->gr_gid))
            svct_idrange_find(&found, group->gr_name, group->gr_gid);
    }
    endgrent();
    svct_idrange_found(&found, "group", warn, NULL);
}

void svct_policyrange_warn(const struct svct_call *call,
                           const struct svct_policy *policy)
{
    struct svct_idrange range = svct_policyrange_get(policy);
    struct own own = {.snapshot = NULL};
    struct svct_view view;

    svct_idrange_host(&range, warn, NULL);
    if (svct_access_read(call, &view) != SVCT_EXIT_DONE)
        return;
    own.snapshot = view.snapshot;
    if (svct_lookup_rolelist(view.snapshot, &own.roles) != 0)
        own.roles.count = 0; /* "db verify" is for that */
    find_users(&own, &range);
    find_groups(&own, &range);
    svct_access_done(&view);
}

void svct_policyrange_say_more(const struct svct_policy *old,
                               const struct svct_policy *policy)
{
    struct svct_idrange was = svct_policyrange_get(old);
    struct svct_idrange range = svct_policyrange_get(policy);
    uint32_t left, next = svct_policyrange_next(policy, &left);

    if (left > 0 && (next < was.min || range.max > was.max))
        svct_say("uid_range: a number that was outside of it so far, and was "
                 "given with --uid or by an import to an account that is gone, "
                 "is not remembered and can come again");
}
